//! Jobs and the licences that they use.

use protocol::LicenceId;

use super::world::{CODES, FONT, OCR, World, form, made, option, order};
use crate::core::{
    Command, EndReason, Failure, FileJob, FilePlace, Folder, Input, JobFault, JobKind, JobOrder, JobRowState, JobState,
    JobTask, LicenceNote, Place, Screen, Wanted,
};

fn scan(with: Option<&str>) -> Command {
    Command::Run(order(JobKind::Scan, with.as_slice()))
}

fn script(with: &[&str], offer: bool) -> FileJob {
    let task = with.iter().fold(JobTask::plain(JobKind::Print), |task, id| task.with(option(id)));
    FileJob { task, inputs: vec!["/in/a.txt".into()], place: FilePlace::File("/out/a.pdf".into()), offer }
}

fn focus(world: &World) -> crate::core::JobId {
    world.core.job_on_screen().unwrap()
}

fn state(world: &World) -> JobState {
    match world.screen() {
        Screen::Job(job) => job.state,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_job_that_needs_an_option_opens_the_offer_and_goes_on_after_the_purchase() {
    let mut world = World::new();
    world.command(Command::Go(Place::Job(JobKind::Scan)));
    world.settle();
    world.command(scan(Some(OCR)));
    let Screen::Offer { wanted_by, .. } = world.screen() else { panic!("{:?}", world.screen()) };
    assert_eq!(wanted_by, Some(JobKind::Scan));
    world.command(Command::Confirm);
    world.settle();
    world.command(Command::Choose(form("uses:3")));
    world.settle();
    assert!(matches!(world.screen(), Screen::Done { wanted_by: Some(JobKind::Scan), .. }));
    assert_eq!(world.jobs.len(), 1, "it has begun without being asked for again");
    world.command(Command::Dismiss);
    world.finish_job();
    let JobState::Finished { left, output, .. } = state(&world) else { panic!("{:?}", world.screen()) };
    assert_eq!(left, Some(LicenceNote::Uses(2)));
    assert!(output.starts_with("scan-letter-") && output.ends_with(".pdf"), "{output}");
}

#[test]
fn cancelling_the_offer_of_a_job_goes_back_to_the_job() {
    let mut world = World::new();
    world.command(Command::Go(Place::Job(JobKind::Scan)));
    world.settle();
    world.command(scan(Some(OCR)));
    world.command(Command::Cancel);
    let JobState::Needs { job, wanted, .. } = state(&world) else { panic!("{:?}", world.screen()) };
    assert_eq!(wanted, Wanted::Option(option(OCR)));
    world.command(Command::CancelJob(job));
    assert_eq!(state(&world), JobState::Idle);
    assert!(world.disk.loaded.jobs.is_empty());
}

#[test]
fn a_job_that_fails_or_is_cancelled_gives_the_use_back() {
    let mut world = World::new();
    world.buy(OCR, "uses:3");
    world.command(Command::Dismiss);
    world.command(scan(Some(OCR)));
    let job = world.jobs.pop_front().unwrap().job;
    world.input(Input::JobDone(job, Err(JobFault::DocumentUnsuitable)));
    assert_eq!(state(&world), JobState::Failed(Failure::Job(JobFault::DocumentUnsuitable)));
    world.command(Command::Dismiss);
    world.command(scan(Some(OCR)));
    world.command(Command::CancelJob(focus(&world)));
    assert_eq!(state(&world), JobState::Idle);
    assert_eq!(world.view().installed[0].left, LicenceNote::Uses(3));
}

#[test]
fn the_last_use_ends_the_licence_and_erases_key_and_package() {
    let mut world = World::new();
    world.buy(OCR, "uses:3");
    world.command(Command::Dismiss);
    for left in [2, 1, 0] {
        world.command(scan(Some(OCR)));
        world.finish_job();
        assert!(matches!(state(&world), JobState::Finished { left: Some(LicenceNote::Uses(n)), .. } if n == left));
        world.command(Command::Dismiss);
    }
    assert!(world.disk.keys.is_empty() && world.disk.packages.is_empty());
    world.command(Command::Go(Place::MyOptions));
    let Screen::MyOptions { ended } = world.screen() else { panic!("{:?}", world.screen()) };
    assert_eq!(ended[0].reason, EndReason::UsedUp);
    world.command(scan(Some(OCR)));
    assert!(matches!(world.screen(), Screen::Offer { .. }), "not installed any more");
}

#[test]
fn a_period_that_ends_during_a_job_lets_the_job_finish() {
    let mut world = World::new();
    world.buy(OCR, "days:30");
    world.command(Command::Dismiss);
    world.command(scan(Some(OCR)));
    world.pass_ms(31 * 24 * 3_600 * 1_000);
    assert_eq!(world.view().installed[0].left, LicenceNote::Ending);
    assert_eq!(world.disk.keys.len(), 1, "the job still needs it");
    world.finish_job();
    assert!(matches!(state(&world), JobState::Finished { .. }));
    assert!(world.disk.keys.is_empty() && world.view().installed.is_empty());
    world.check_at_rest();
}

#[test]
fn what_costs_nothing_is_used_first() {
    let mut world = World::new();
    world.buy(OCR, "uses:3");
    world.command(Command::Dismiss);
    world.buy(OCR, "days:30");
    world.command(Command::Dismiss);
    world.command(scan(Some(OCR)));
    world.finish_job();
    assert!(matches!(state(&world), JobState::Finished { left: Some(LicenceNote::TimeAndUses(_, 3)), .. }));
}

#[test]
fn removing_an_option_ends_every_licence_of_it_and_no_other() {
    let mut world = World::new();
    for form in ["uses:3", "uses:3", "days:30"] {
        world.buy(OCR, form);
        world.command(Command::Dismiss);
    }
    world.buy(FONT, "permanent");
    world.command(Command::Dismiss);
    let installed: Vec<LicenceId> = world.view().installed.iter().map(|o| o.licence).collect();
    assert_eq!((installed.len(), world.disk.keys.len(), world.disk.packages.len()), (2, 4, 2));
    world.command(Command::Remove(installed[1]));
    assert_eq!((world.disk.keys.len(), world.disk.packages.len()), (1, 1));
    world.check_at_rest();
    world.command(Command::Remove(installed[0]));
    assert_eq!((world.disk.keys.len(), world.disk.packages.len()), (0, 0));
    world.check_at_rest();
}

#[test]
fn a_script_may_use_only_what_is_installed() {
    let mut world = World::new();
    let run = |id| Command::RunFiles(script(&[id], false));
    world.command(run(FONT));
    assert_eq!(state(&world), JobState::Failed(Failure::Job(JobFault::NotInstalled)));
    world.buy(FONT, "permanent");
    world.command(run(FONT));
    world.finish_job();
    assert_eq!(world.disk.delivered.len(), 1);
}

#[test]
fn a_result_that_is_in_its_place_is_not_brought_there_again() {
    let mut world = World::new();
    world.buy(OCR, "uses:3");
    world.command(Command::Dismiss);
    world.command(scan(Some(OCR)));
    world.finish_job();
    assert_eq!(world.disk.loaded.job_results.len(), 1, "durable along with the use");
    world.pass_ms(2_000);
    assert!(world.disk.loaded.job_results.is_empty(), "forgotten after a moment");

    world.command(Command::Dismiss);
    world.command(scan(Some(OCR)));
    world.finish_job();
    world.input(Input::Stopping);
    assert!(world.disk.loaded.job_results.is_empty(), "forgotten when the panel is switched off");
    world.disk.delivered.clear();
    world.power_on();
    assert!(world.disk.delivered.is_empty());
}

#[test]
fn a_job_goes_on_without_what_is_missing_if_the_user_says_so() {
    let mut world = World::new();
    world.command(scan(Some(OCR)));
    world.settle();
    world.command(Command::Cancel);
    world.command(Command::GoOnWithout(focus(&world)));
    assert_eq!(world.jobs[0].programs, []);
    world.power_on();
    world.settle();
    assert_eq!(world.jobs[0].programs, [], "and after a power cut too");
    world.finish_job();
    assert_eq!(world.disk.delivered.len(), 1);
}

#[test]
fn a_chain_of_two_programs_costs_one_use_of_each() {
    let mut world = World::new();
    world.sell(CODES, &[("uses:5", 500)]);
    world.buy(OCR, "uses:3");
    world.command(Command::Dismiss);
    world.buy(CODES, "uses:5");
    world.command(Command::Dismiss);
    world.command(Command::Run(order(JobKind::Scan, &[CODES, OCR, CODES])));
    let programs: Vec<_> = world.jobs[0].programs.iter().map(|p| p.option.manifest.option.to_string()).collect();
    assert_eq!(programs, [CODES, OCR, CODES]);
    world.finish_job();
    assert_eq!((world.uses_left(OCR), world.uses_left(CODES)), (Some(2), Some(4)));
}

#[test]
fn a_feature_opens_the_offer_of_the_only_option_that_gives_it() {
    let mut world = World::new();
    world.command(Command::Run(wish(order(JobKind::Scan, &[]), "text-recognition")));
    world.settle();
    let Screen::Offer { option: offered, .. } = world.screen() else { panic!("{:?}", world.screen()) };
    assert_eq!(offered.id, option(OCR));
}

#[test]
fn several_options_that_give_a_feature_are_a_choice_and_the_job_goes_on_with_the_chosen_one() {
    let mut world = World::new();
    world.sell(CODES, &[("permanent", 500)]);
    world.command(Command::Run(wish(order(JobKind::Scan, &[]), "code-reading")));
    world.settle();
    let Screen::Providers { rows, .. } = world.screen() else { panic!("{:?}", world.screen()) };
    let ids: Vec<&str> = rows.iter().map(|row| row.option.id.as_str()).collect();
    assert_eq!(ids, [CODES, OCR], "the cheapest first");
    world.command(Command::OpenOffer(option(CODES)));
    world.command(Command::Confirm);
    world.settle();
    assert_eq!(world.jobs.len(), 1);
    assert_eq!(world.jobs[0].programs[0].option.manifest.option, option(CODES));
}

#[test]
fn what_nobody_sells_is_said_to_be_so() {
    let mut world = World::new();
    world.command(Command::Run(wish(order(JobKind::Scan, &[]), "deskew")));
    world.settle();
    assert_eq!(state(&world), JobState::Failed(Failure::Job(JobFault::NothingProvides)));
    assert!(world.disk.loaded.jobs.is_empty());
}

#[test]
fn what_reading_finds_missing_opens_the_offer_and_the_job_begins_again_with_it() {
    let mut world = World::new();
    world.command(Command::Run(order(JobKind::Print, &[])));
    world.settle();
    let job = world.jobs.pop_front().unwrap().job;
    world.input(Input::JobNeeds(job, vec!["face:Mincho".parse().unwrap()]));
    world.settle();
    let Screen::Offer { option: offered, wanted_by, .. } = world.screen() else { panic!("{:?}", world.screen()) };
    assert_eq!((offered.id, wanted_by), (option(FONT), Some(JobKind::Print)));
    world.command(Command::Confirm);
    world.settle();
    let run = world.jobs[0].clone();
    assert_eq!((run.job, run.fonts.len()), (job, 1));
    // A job that asks again for what it has been given would never end.
    world.input(Input::JobNeeds(job, vec!["face:Mincho".parse().unwrap()]));
    world.command(Command::Dismiss);
    assert_eq!(state(&world), JobState::Failed(Failure::Job(JobFault::OptionDamaged)));
}

#[test]
fn a_separator_sheet_that_is_not_to_be_divided_at_is_not_asked_for_again() {
    let mut world = World::new();
    world.command(Command::Run(order(JobKind::Scan, &[])));
    world.settle();
    let job = world.jobs.pop_front().unwrap().job;
    world.input(Input::JobNeeds(job, vec!["code-reading".parse().unwrap()]));
    world.settle();
    world.command(Command::Cancel);
    world.command(Command::GoOnWithout(job));
    assert_eq!(world.jobs[0].without, ["code-reading".parse().unwrap()]);
    assert_eq!(world.jobs[0].programs, []);
}

#[test]
fn a_font_pack_costs_a_use_only_if_the_job_names_its_face() {
    let mut world = World::new();
    world.sell(FONT, &[("uses:2", 500), ("permanent", 5_000)]);
    world.buy(FONT, "uses:2");
    world.command(Command::Dismiss);
    world.command(Command::Run(order(JobKind::Print, &[])));
    assert_eq!(world.jobs[0].fonts, [], "it would cost a use");
    world.finish_job();
    let mut named = order(JobKind::Print, &[]);
    named.task.face = Some("Mincho".to_owned());
    world.command(Command::Run(named));
    assert_eq!(world.jobs[0].fonts.len(), 1);
    world.finish_job();
    assert_eq!(world.uses_left(FONT), Some(1));
    world.buy(FONT, "permanent");
    world.command(Command::Dismiss);
    world.command(Command::Run(order(JobKind::Print, &[])));
    assert_eq!(world.jobs[0].fonts.len(), 1, "this one costs nothing, so it is there for watermarks too");
}

#[test]
fn what_a_script_wants_is_offered_and_bought_if_it_says_so() {
    let mut world = World::new();
    world.command(Command::RunFiles(script(&[OCR], true)));
    world.settle();
    assert!(matches!(world.screen(), Screen::Offer { .. }), "{:?}", world.screen());
    world.command(Command::Buy { option: option(OCR), form: form("uses:3"), contract: None, pin: None });
    world.settle();
    assert!(matches!(world.screen(), Screen::Done { .. }), "{:?}", world.screen());
    world.command(Command::Dismiss);
    world.finish_job();
    let JobState::Finished { output, .. } = state(&world) else { panic!("{:?}", world.screen()) };
    assert_eq!(output, "/out/a.pdf");
}

#[test]
fn a_scripts_job_ends_with_the_script_and_costs_nothing_later() {
    let mut world = World::new();
    world.buy(OCR, "uses:3");
    world.command(Command::Dismiss);
    world.command(Command::RunFiles(script(&[OCR], false)));
    assert_eq!(world.jobs.len(), 1);
    world.power_on();
    world.settle();
    assert!(world.jobs.is_empty() && world.view().jobs.is_empty());
    assert_eq!(world.uses_left(OCR), Some(3));
}

#[test]
fn files_of_a_scripts_job_lie_beside_one_another() {
    let mut world = World::new();
    world.command(Command::RunFiles(script(&[], false)));
    let run = world.jobs.pop_front().unwrap();
    let mut output = made(&run);
    for (stem, extension) in [("a", "txt"), ("invoice-7", "pdf")] {
        let file = crate::core::MadeFile { stem: stem.to_owned(), extension: extension.to_owned(), bytes: "x".into() };
        output.files.push(file);
    }
    world.input(Input::JobDone(run.job, Ok(output)));
    let JobState::Finished { files, .. } = state(&world) else { panic!("{:?}", world.screen()) };
    assert_eq!(files, ["/out/a.pdf", "/out/a.txt", "/out/invoice-7.pdf"]);
}

#[test]
fn what_is_sent_to_the_queue_is_printed_by_itself_and_once() {
    let mut world = World::new();
    world.send(Folder::Queue, "letter.txt");
    world.input(Input::Arrived(Folder::Queue, "letter.txt".to_owned()));
    assert_eq!(world.jobs.len(), 1);
    assert_eq!(world.jobs[0].kind, JobKind::Print);
    world.power_on();
    world.settle();
    world.finish_job();
    world.power_on();
    world.settle();
    assert!(world.jobs.is_empty());
    assert_eq!(world.disk.delivered.len(), 1);
    assert!(world.disk.spool.is_empty() && world.aside.is_empty());
}

#[test]
fn what_is_sent_and_cannot_be_printed_is_put_aside() {
    let mut world = World::new();
    world.send(Folder::Queue, "letter.txt");
    let job = world.jobs.pop_front().unwrap().job;
    world.input(Input::JobDone(job, Err(JobFault::DocumentUnsuitable)));
    assert_eq!(world.aside.len(), 1);
    let row = &world.view().jobs[0];
    assert_eq!(row.state, JobRowState::Failed(Failure::Job(JobFault::DocumentUnsuitable)));
    assert!(world.disk.loaded.jobs.is_empty());
}

#[test]
fn what_was_sent_needs_a_font_and_waits_until_somebody_is_there() {
    let mut world = World::new();
    world.command(Command::Go(Place::Settings));
    world.send(Folder::Queue, "letter.txt");
    let job = world.jobs.pop_front().unwrap().job;
    world.input(Input::JobNeeds(job, vec!["face:Mincho".parse().unwrap()]));
    assert_eq!(world.screen(), Screen::Settings, "nobody is disturbed");
    assert!(matches!(world.view().jobs[0].state, JobRowState::Needs(_)));
    world.command(Command::Go(Place::Jobs));
    world.command(Command::GetOption(job));
    world.settle();
    world.command(Command::Confirm);
    world.settle();
    world.finish_job();
    assert_eq!(world.disk.delivered.len(), 1);
}

/// The same job with this feature.
fn wish(mut order: JobOrder, feature: &str) -> JobOrder {
    let wanted = Wanted::Feature(feature.parse().unwrap());
    order.task.programs.push(crate::core::ProgramWish { wanted, settings: Vec::new() });
    order
}

//! Jobs and the licences that they use.

use protocol::LicenceId;

use super::world::{FONT, OCR, World, form, option};
use crate::core::{
    Command, EndReason, Failure, Input, JobFault, JobKind, JobOrder, JobState, LicenceNote, Place, Screen,
};

fn scan(with: Option<&str>) -> Command {
    Command::Run(JobOrder { kind: JobKind::Scan, document: "letter.txt".to_owned(), option: with.map(option) })
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
    world.command(Command::Dismiss);
    world.finish_job();
    let JobState::Finished { left, output } = state(&world) else { panic!("{:?}", world.screen()) };
    assert_eq!(left, Some(LicenceNote::Uses(2)));
    assert!(output.starts_with("scan-letter-") && output.ends_with(".txt"), "{output}");
}

#[test]
fn cancelling_the_offer_of_a_job_goes_back_to_the_job() {
    let mut world = World::new();
    world.command(Command::Go(Place::Job(JobKind::Scan)));
    world.settle();
    world.command(scan(Some(OCR)));
    world.command(Command::Cancel);
    assert_eq!(state(&world), JobState::Idle);
}

#[test]
fn a_job_that_fails_or_is_cancelled_gives_the_use_back() {
    let mut world = World::new();
    world.buy(OCR, "uses:3");
    world.command(Command::Dismiss);
    world.command(scan(Some(OCR)));
    let job = world.job.take().unwrap().job;
    world.input(Input::JobDone(job, Err(JobFault::DocumentUnsuitable)));
    assert_eq!(state(&world), JobState::Failed(Failure::Job(JobFault::DocumentUnsuitable)));
    world.command(Command::Dismiss);
    world.command(scan(Some(OCR)));
    world.command(Command::CancelJob);
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
    let run = |id| Command::RunFile { input: "/in/a.txt".into(), output: "/out/a.txt".into(), option: option(id) };
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

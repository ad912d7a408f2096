//! Several jobs at once: the machine's units, whose turn it is, and uses that are never overspent.

use super::world::{FONT, OCR, World, made, option, order};
use crate::core::{
    Command, Failure, Folder, Input, JobFault, JobId, JobKind, JobProgress, JobRowState, JobState, QUEUE_MAX, Screen,
};

/// Starts a job and returns its id.
fn start(world: &mut World, kind: JobKind, with: &[&str]) -> JobId {
    world.command(Command::Run(order(kind, with)));
    world.core.job_on_screen().unwrap()
}

/// The jobs whose work has begun.
fn begun(world: &World) -> Vec<JobId> {
    world.jobs.iter().map(|run| run.job).collect()
}

fn read(world: &mut World, job: JobId) {
    world.input(Input::JobRead(job, 1));
}

fn done(world: &mut World, job: JobId) {
    let run = world.jobs.iter().position(|run| run.job == job).and_then(|at| world.jobs.remove(at)).unwrap();
    world.input(Input::JobDone(job, Ok(made(&run))));
}

/// A device with three uses of the OCR package.
fn three_uses() -> World {
    let mut world = World::new();
    world.buy(OCR, "uses:3");
    world.command(Command::Dismiss);
    world
}

#[test]
fn the_reader_takes_one_job_at_a_time_and_is_free_once_the_document_is_read() {
    let mut world = World::new();
    let first = start(&mut world, JobKind::Scan, &[]);
    let second = start(&mut world, JobKind::Copy, &[]);
    assert_eq!(begun(&world), [first]);
    read(&mut world, first);
    assert_eq!(begun(&world), [first, second], "the first is still being worked on");
}

#[test]
fn jobs_that_need_no_common_unit_run_at_once() {
    let mut world = World::new();
    let scan = start(&mut world, JobKind::Scan, &[]);
    let print = start(&mut world, JobKind::Print, &[]);
    world.send(Folder::FaxIn, "fax.tif");
    let fax = world.view().jobs[2].job;
    assert_eq!(begun(&world), [scan, print, fax], "the reader, nothing, the line");
}

#[test]
fn no_more_than_four_jobs_are_in_the_works() {
    let mut world = World::new();
    let jobs: Vec<JobId> = (0..6).map(|_| start(&mut world, JobKind::Print, &[])).collect();
    assert_eq!(begun(&world), jobs[..4]);
    done(&mut world, jobs[0]);
    assert_eq!(begun(&world), jobs[1..5]);
}

#[test]
fn fax_reception_comes_before_copy_before_print_before_the_rest() {
    let mut world = World::new();
    let busy: Vec<JobId> = (0..4).map(|_| start(&mut world, JobKind::Print, &[])).collect();
    let scan = start(&mut world, JobKind::Scan, &[]);
    let print = start(&mut world, JobKind::Print, &[]);
    let copy = start(&mut world, JobKind::Copy, &[]);
    world.send(Folder::FaxIn, "fax.tif");
    let fax = world.view().jobs.iter().find(|row| row.document == "fax.tif").unwrap().job;
    for (ended, next) in busy.into_iter().zip([fax, copy, print, scan]) {
        done(&mut world, ended);
        assert_eq!(world.jobs.back().unwrap().job, next);
        if next == copy {
            read(&mut world, copy);
        }
    }
}

#[test]
fn the_printer_takes_one_result_at_a_time() {
    let mut world = World::new();
    world.deliveries = Some(std::collections::VecDeque::new());
    let first = start(&mut world, JobKind::Print, &[]);
    let second = start(&mut world, JobKind::Print, &[]);
    done(&mut world, first);
    done(&mut world, second);
    assert_eq!(world.disk.loaded.job_results.len(), 1, "the second waits for the printer");
    world.deliveries.as_mut().unwrap().pop_front();
    world.input(Input::Delivered(first, Ok(())));
    assert_eq!(world.deliveries.as_ref().unwrap().front(), Some(&second));
}

#[test]
fn three_uses_among_five_jobs_are_exactly_three_results() {
    let mut world = three_uses();
    let jobs: Vec<JobId> = (0..5).map(|_| start(&mut world, JobKind::Print, &[OCR])).collect();
    assert_eq!(begun(&world), jobs[..3], "the others could find nothing left");
    world.finish_all_jobs();
    assert_eq!(world.disk.delivered.len(), 3);
    assert!(world.view().installed.is_empty());
    let waiting = world.view().jobs.iter().filter(|row| matches!(row.state, JobRowState::Needs(_))).count();
    assert_eq!(waiting, 2);
    world.check_at_rest();
}

#[test]
fn a_reserved_use_that_is_given_back_is_the_next_jobs() {
    let mut world = three_uses();
    let jobs: Vec<JobId> = (0..4).map(|_| start(&mut world, JobKind::Print, &[OCR])).collect();
    world.command(Command::CancelJob(jobs[1]));
    assert_eq!(begun(&world), [jobs[0], jobs[2], jobs[3]]);
    world.input(Input::JobDone(jobs[0], Err(JobFault::ProgramFailed)));
    world.jobs.pop_front();
    world.finish_all_jobs();
    assert_eq!((world.disk.delivered.len(), world.uses_left(OCR)), (2, Some(1)));
}

#[test]
fn jobs_that_were_cut_off_begin_again_and_cost_one_use_each() {
    let mut world = three_uses();
    for _ in 0..2 {
        start(&mut world, JobKind::Print, &[OCR]);
    }
    let before = begun(&world);
    world.power_on();
    world.settle();
    assert_eq!(begun(&world), before);
    world.finish_all_jobs();
    assert_eq!((world.disk.delivered.len(), world.uses_left(OCR)), (2, Some(1)));
    world.power_on();
    world.settle();
    assert!(world.jobs.is_empty());
}

#[test]
fn a_full_queue_takes_no_more_and_says_so() {
    let mut world = World::new();
    for _ in 0..QUEUE_MAX {
        start(&mut world, JobKind::Print, &[]);
    }
    world.command(Command::Run(order(JobKind::Print, &[])));
    let Screen::Job(job) = world.screen() else { panic!("{:?}", world.screen()) };
    assert_eq!(job.state, JobState::Failed(Failure::Job(JobFault::QueueFull)));
    world.command(Command::Dismiss);
    let Screen::Job(job) = world.screen() else { panic!("{:?}", world.screen()) };
    assert_eq!(job.state, JobState::Idle);
    // What is sent waits in its folder.
    world.send(Folder::Queue, "letter.txt");
    assert_eq!((world.view().jobs.len(), world.disk.spool.len()), (QUEUE_MAX, 0));
}

#[test]
fn a_licence_that_ends_while_jobs_run_lets_all_of_them_finish() {
    let mut world = World::new();
    world.buy(OCR, "days:30");
    world.command(Command::Dismiss);
    start(&mut world, JobKind::Print, &[OCR]);
    start(&mut world, JobKind::Print, &[OCR]);
    world.pass_ms(31 * 24 * 3_600 * 1_000);
    start(&mut world, JobKind::Print, &[OCR]);
    assert_eq!(world.jobs.len(), 2, "no third one begins");
    world.finish_job();
    assert_eq!(world.disk.keys.len(), 1, "one still runs");
    world.finish_job();
    assert!(world.disk.keys.is_empty());
    assert_eq!(world.disk.delivered.len(), 2);
}

#[test]
fn progress_names_the_page_and_the_program() {
    let mut world = three_uses();
    let job = start(&mut world, JobKind::Scan, &[OCR]);
    world.input(Input::JobRead(job, 7));
    let progress = crate::core::WorkProgress { page: 3, pages: 7, program: Some(0) };
    world.input(Input::JobProgress(job, progress));
    let JobRowState::Running(JobProgress::Working { page, pages, program }) = &world.view().jobs[0].state else {
        panic!("{:?}", world.view().jobs)
    };
    assert_eq!((*page, *pages, program.as_ref().unwrap().en.as_str()), (3, 7, OCR));
}

/// Two jobs with two programs each, at once, to their end.
fn two_chains(world: &mut World) {
    for _ in 0..2 {
        world.command(Command::Run(order(JobKind::Print, &[OCR, FONT])));
    }
    for _ in 0..30 {
        world.finish_all_jobs();
        let waiting = world.view().jobs.iter().any(|row| row.state.is_live());
        if !waiting {
            return;
        }
    }
    panic!("the jobs never end: {:?}", world.view().jobs);
}

/// A device with three uses of each of two options.
fn both_counted() -> World {
    let mut world = World::new();
    world.sell(FONT, &[("uses:3", 500)]);
    for id in [OCR, FONT] {
        world.buy(id, "uses:3");
        world.command(Command::Dismiss);
    }
    world
}

#[test]
fn a_power_cut_after_any_effect_of_two_jobs_with_two_options_spends_what_was_delivered() {
    let mut world = both_counted();
    world.power_for = Some(usize::MAX);
    two_chains(&mut world);
    let effects = usize::MAX - world.power_for.unwrap();
    assert!(effects >= 8, "{effects}");
    assert_eq!((world.uses_left(OCR), world.uses_left(FONT)), (Some(1), Some(1)));
    for cut in 0..effects {
        let mut world = both_counted();
        world.power_for = Some(cut);
        two_chains(&mut world);
        world.power_for = None;
        let delivered = world.disk.delivered.len();
        // A wish that was not durable when the power went has not been heard.
        assert!((1..=2).contains(&delivered) || cut == 0, "{delivered} after {cut}");
        let left = 3 - u32::try_from(delivered).unwrap();
        assert_eq!((world.uses_left(OCR), world.uses_left(FONT)), (Some(left), Some(left)), "cut after {cut}");
        world.power_on();
        world.finish_all_jobs();
        assert_eq!(world.disk.delivered.len(), delivered, "nothing is done twice, cut after {cut}");
        world.check_at_rest();
    }
}

#[test]
fn a_write_that_fails_at_any_point_of_two_jobs_spends_what_was_delivered() {
    for failing in 0..6 {
        let mut world = both_counted();
        world.write_fails_after = Some(failing);
        two_chains(&mut world);
        world.write_fails_after = None;
        let left = 3 - u32::try_from(world.disk.delivered.len()).unwrap();
        assert_eq!((world.uses_left(OCR), world.uses_left(FONT)), (Some(left), Some(left)), "write {failing}");
        world.pass_ms(20_000);
        let before = world.disk.delivered.len();
        world.power_on();
        world.finish_all_jobs();
        assert_eq!(
            world.disk.delivered.len(),
            before,
            "what was said to have failed is not done later; write {failing}"
        );
        world.check_at_rest();
    }
}

#[test]
fn a_job_for_an_option_that_is_removed_waits_for_another() {
    let mut world = three_uses();
    let licence = world.view().installed[0].licence;
    let first = start(&mut world, JobKind::Copy, &[OCR]);
    let second = start(&mut world, JobKind::Copy, &[OCR]);
    world.command(Command::Remove(licence));
    done(&mut world, first);
    assert_eq!(world.disk.delivered.len(), 1, "the job that ran has finished");
    assert!(world.disk.keys.is_empty());
    let row = world.view().jobs.into_iter().find(|row| row.job == second).unwrap();
    assert_eq!(row.state, JobRowState::Needs(crate::core::Wanted::Option(option(OCR))));
}

//! Licences that are given back unused, and licences that the vendor suspends.

use protocol::time::{DAY_MS, HOUR_MS};
use protocol::{EndReason, LicenceId, LockReason, RefusalCode};

use super::world::{OCR, World, order};
use crate::core::{Command, Failure, Input, JobFault, JobKind, JobState, LicenceNote, Place, Returning, Screen};

fn bought(form: &str) -> (World, LicenceId) {
    let mut world = World::new();
    world.buy(OCR, form);
    world.command(Command::Dismiss);
    world.settle();
    let licence = world.view().installed[0].licence;
    (world, licence)
}

fn scan() -> Command {
    Command::Run(order(JobKind::Scan, &[OCR]))
}

fn use_once(world: &mut World) {
    world.command(scan());
    world.finish_job();
    world.command(Command::Dismiss);
}

#[test]
fn a_licence_that_was_never_used_goes_back_and_is_credited_with_its_receipt() {
    for form in ["uses:3", "days:30", "permanent"] {
        let (mut world, licence) = bought(form);
        assert_eq!(world.view().installed[0].returnable.map(|it| it.licence), Some(licence));
        world.command(Command::Return(licence));
        assert_eq!(world.view().returning, Returning::Asking(licence));
        assert_eq!(world.disk.keys.len(), 1, "nothing is erased before the vendor has said yes");
        world.answer_one();
        assert!(world.view().installed.is_empty() && world.disk.keys.is_empty() && world.disk.packages.is_empty());
        assert!(world.vendor.books.credited.is_empty());
        world.settle();
        assert_eq!(world.vendor.books.receipts[&licence].reason, EndReason::Returned);
        assert!(world.vendor.books.credited.contains(&licence), "{form}");
        world.check_at_rest();
    }
}

#[test]
fn what_was_used_or_is_too_old_is_not_returned_and_the_vendor_is_not_asked() {
    for form in ["uses:3", "days:30", "permanent"] {
        let (mut world, licence) = bought(form);
        use_once(&mut world);
        assert_eq!(world.view().installed[0].returnable, None);
        world.asks.clear();
        world.command(Command::Return(licence));
        assert_eq!(world.view().returning, Returning::Failed(Failure::Refused(RefusalCode::ReturnUsed)));
        assert!(world.asks.is_empty());
        world.power_on();
        assert_eq!(world.view().installed[0].returnable, None, "a restart makes it no newer: {form}");
    }
    let (mut world, licence) = bought("permanent");
    world.pass_ms(8 * DAY_MS);
    world.settle();
    world.command(Command::Return(licence));
    assert_eq!(world.view().returning, Returning::Failed(Failure::Refused(RefusalCode::ReturnTooLate)));
    world.command(Command::Go(Place::MyOptions));
    assert_eq!(world.view().returning, Returning::No);
}

#[test]
fn a_refused_return_changes_nothing() {
    let (mut world, licence) = bought("uses:3");
    world.command(Command::Return(licence));
    world.refuse_one(RefusalCode::ReturnTooLate);
    assert_eq!(world.view().returning, Returning::Failed(Failure::Refused(RefusalCode::ReturnTooLate)));
    use_once(&mut world);
    assert_eq!(world.view().installed[0].left, LicenceNote::Uses(2));
}

#[test]
fn a_return_whose_answer_is_lost_is_completed_by_the_next_report() {
    let (mut world, licence) = bought("uses:3");
    world.command(Command::Return(licence));
    world.lose_one(true);
    assert!(matches!(world.view().returning, Returning::Failed(_)) && world.disk.keys.len() == 1);
    world.power_on();
    world.settle();
    assert!(world.view().installed.is_empty() && world.vendor.books.credited.contains(&licence));
    world.check_at_rest();
}

#[test]
fn a_use_between_the_return_and_its_answer_makes_it_void() {
    for lost in [false, true] {
        let (mut world, licence) = bought("uses:3");
        world.command(Command::Return(licence));
        let ask = world.asks.pop_back().unwrap();
        world.settle();
        world.asks.push_back(ask);
        if lost {
            world.lose_one(true);
            use_once(&mut world);
        } else {
            world.command(scan());
            world.answer_one();
            world.finish_job();
            world.command(Command::Dismiss);
        }
        world.settle();
        assert_eq!(world.view().installed[0].left, LicenceNote::Uses(2), "{lost}");
        assert!(world.vendor.books.credited.is_empty() && world.vendor.books.returned.is_empty());
        use_once(&mut world);
    }
}

#[test]
fn a_job_that_fails_after_the_return_was_accepted_lets_it_come_about() {
    let (mut world, licence) = bought("uses:3");
    world.command(Command::Return(licence));
    world.command(scan());
    world.answer_one();
    let job = world.jobs.pop_front().unwrap().job;
    world.input(Input::JobDone(job, Err(JobFault::DocumentUnsuitable)));
    world.pass_ms(HOUR_MS);
    world.settle();
    assert!(world.view().installed.is_empty() && world.vendor.books.credited.contains(&licence));
}

#[test]
fn a_power_cut_after_any_effect_of_a_return_credits_it_once_or_not_at_all() {
    let go_back = |world: &mut World, licence| {
        for _ in 0..3 {
            if !world.view().installed.is_empty() {
                world.command(Command::Return(licence));
            }
            world.settle();
        }
    };
    let (mut world, licence) = bought("uses:3");
    world.power_for = Some(usize::MAX);
    go_back(&mut world, licence);
    let effects = usize::MAX - world.power_for.unwrap();
    assert!(effects > 4, "{effects}");
    for cut in 0..effects {
        let (mut world, licence) = bought("uses:3");
        world.power_for = Some(cut);
        go_back(&mut world, licence);
        world.power_for = None;
        world.settle();
        assert!(world.view().installed.is_empty(), "cut after {cut}");
        assert!(world.vendor.books.credited.contains(&licence), "cut after {cut}");
        world.check_at_rest();
    }
}

#[test]
fn an_end_that_cannot_be_written_leaves_the_licence_and_is_made_up_for() {
    let (mut world, licence) = bought("uses:3");
    world.command(Command::Return(licence));
    world.write_fails_after = Some(0);
    world.answer_one();
    assert!(world.write_fails_after.is_none() && world.disk.keys.len() == 1);
    assert!(matches!(world.view().returning, Returning::Failed(_)));
    world.pass_ms(HOUR_MS);
    world.settle();
    assert!(world.disk.keys.is_empty() && world.vendor.books.credited.contains(&licence));
}

#[test]
fn the_newest_of_several_licences_goes_back_first() {
    let (mut world, first) = bought("uses:3");
    world.buy(OCR, "uses:3");
    world.command(Command::Dismiss);
    use_once(&mut world);
    let row = world.view().installed[0].clone();
    let second = row.returnable.unwrap().licence;
    assert_ne!(first, second);
    world.command(Command::Return(second));
    world.settle();
    assert_eq!(world.view().installed[0].left, LicenceNote::Uses(2));
    world.check_at_rest();
}

#[test]
fn a_suspended_licence_cannot_be_used_from_the_next_contact_on_and_lives_on_when_it_is_reinstated() {
    for form in ["uses:3", "permanent"] {
        let (mut world, licence) = bought(form);
        use_once(&mut world);
        world.settle();
        let left = world.view().installed[0].left;
        world.vendor.books.suspended.insert(licence);
        use_once(&mut world);
        let after_use = world.view().installed[0].left;
        world.pass_ms(HOUR_MS);
        world.settle();
        assert_eq!(world.view().installed[0].left, LicenceNote::Locked(LockReason::Suspended));
        world.command(scan());
        assert!(world.jobs.is_empty());
        let Screen::Job(job) = world.screen() else { panic!("{:?}", world.screen()) };
        assert_eq!(job.state, JobState::Failed(Failure::Job(JobFault::Locked)));
        world.command(Command::Dismiss);
        world.power_on();
        world.settle();
        assert_eq!(world.view().installed[0].left, LicenceNote::Locked(LockReason::Suspended));
        assert_eq!((world.disk.keys.len(), world.disk.packages.len()), (1, 1), "nothing is erased");
        world.vendor.books.suspended.clear();
        world.pass_ms(HOUR_MS);
        world.settle();
        assert_eq!(world.view().installed[0].left, after_use, "{form}: not {left:?}");
        use_once(&mut world);
    }
}

#[test]
fn a_period_runs_on_while_it_is_suspended_and_ends() {
    let (mut world, licence) = bought("days:30");
    world.vendor.books.suspended.insert(licence);
    world.pass_ms(HOUR_MS);
    world.settle();
    world.pass_ms(30 * DAY_MS);
    world.settle();
    assert!(world.view().installed.is_empty() && world.disk.keys.is_empty());
    assert_eq!(world.vendor.books.receipts[&licence].reason, EndReason::PeriodOver);
}

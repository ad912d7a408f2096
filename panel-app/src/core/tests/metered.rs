//! Options that are charged by use: every use is counted with its result and charged once, whatever is lost; and a device
//! that the vendor does not hear of locks what it cannot charge.

use protocol::message::report::Standing;
use protocol::time::{DAY_MS, HOUR_MS};
use protocol::{EndReason, LicenceId, LockReason, RefusalCode, Timestamp};

use super::world::{METERED, OCR, World, option, order};
use crate::core::{Command, Failure, Input, JobFault, JobKind, JobState, LicenceNote, Screen, Soon, WarnAt};

fn scan(id: &str) -> Command {
    Command::Run(order(JobKind::Scan, &[id]))
}

fn use_once(world: &mut World) {
    world.command(scan(METERED));
    assert!(!world.jobs.is_empty(), "{:?}", world.screen());
    world.finish_job();
    world.command(Command::Dismiss);
}

fn bought() -> World {
    let mut world = World::with_metered();
    world.order(METERED);
    world.command(Command::Dismiss);
    world.settle();
    world
}

fn note(world: &World) -> LicenceNote {
    world.view().installed[0].left
}

fn id(world: &World) -> LicenceId {
    world.disk.loaded.licences[0].id
}

/// Uses that the vendor has charged.
fn charged(world: &World) -> u64 {
    world.vendor.books.charged.iter().map(|(_, uses)| uses).sum()
}

/// Time passes, and nobody answers.
fn offline_for(world: &mut World, ms: u64) {
    let mut left_ms = ms;
    while left_ms > 0 {
        let step_ms = left_ms.min(HOUR_MS);
        world.pass_ms(step_ms);
        while !world.asks.is_empty() {
            world.lose_one(false);
        }
        left_ms -= step_ms;
    }
}

#[test]
fn nothing_is_charged_at_the_purchase_and_each_use_once_it_is_reported() {
    let mut world = bought();
    assert_eq!((world.vendor.charges[0].1.amount(), charged(&world)), (0, 0));
    assert_eq!(note(&world), LicenceNote::Used(0));
    for uses in 1..=3 {
        use_once(&mut world);
        world.settle();
        assert_eq!((note(&world), charged(&world)), (LicenceNote::Used(uses), uses));
    }
    assert_eq!(world.vendor.books.charged.len(), 3);
    world.check_at_rest();
}

#[test]
fn uses_without_a_network_are_charged_together_once_it_is_back() {
    let mut world = bought();
    for _ in 0..5 {
        use_once(&mut world);
        offline_for(&mut world, HOUR_MS);
        world.power_on();
    }
    assert_eq!(charged(&world), 0);
    world.settle();
    assert_eq!(world.vendor.books.charged, [(id(&world), 5)]);
}

#[test]
fn whatever_answer_is_lost_each_use_is_charged_once() {
    for lost in 0..4 {
        for vendor_hears in [false, true] {
            let mut world = bought();
            for n in 0..4 {
                use_once(&mut world);
                world.pass_ms(4_000);
                while n == lost && !world.asks.is_empty() {
                    world.lose_one(vendor_hears);
                }
                world.settle();
            }
            world.pass_ms(HOUR_MS);
            world.settle();
            assert_eq!(charged(&world), 4, "{lost} {vendor_hears}");
            world.check_at_rest();
        }
    }
}

#[test]
fn a_power_cut_after_any_effect_of_a_use_counts_exactly_what_was_delivered() {
    for cut in 0..12 {
        let mut world = bought();
        world.power_for = Some(cut);
        for _ in 0..3 {
            world.command(scan(METERED));
            world.finish_job();
            world.command(Command::Dismiss);
        }
        world.power_for = None;
        world.settle();
        let delivered = world.disk.delivered.len() as u64;
        assert_eq!((note(&world), charged(&world)), (LicenceNote::Used(delivered), delivered), "cut after {cut}");
        world.check_at_rest();
    }
}

#[test]
fn a_job_that_fails_or_is_cancelled_counts_nothing() {
    let mut world = bought();
    world.command(scan(METERED));
    let cancelled = world.jobs.pop_front().unwrap();
    world.command(Command::CancelJob(cancelled.job));
    world.command(scan(METERED));
    let run = world.jobs.pop_front().unwrap();
    world.input(Input::JobDone(run.job, Err(JobFault::OptionDamaged)));
    world.command(Command::Dismiss);
    world.settle();
    assert_eq!((note(&world), charged(&world)), (LicenceNote::Used(0), 0));
}

#[test]
fn what_is_paid_for_is_used_before_what_is_charged_by_use() {
    let mut world = bought();
    world.vendor.offers.insert(option(METERED), super::world::offers(&[("metered", 30), ("uses:3", 60)]));
    world.vendor.catalogue_version += 1;
    world.command(Command::Refresh);
    world.settle();
    world.buy(METERED, "uses:3");
    world.command(Command::Dismiss);
    for left in [LicenceNote::Uses(2), LicenceNote::Uses(1), LicenceNote::Used(0)] {
        use_once(&mut world);
        world.settle();
        assert_eq!((world.view().installed.len(), note(&world), charged(&world)), (1, left, 0));
    }
    use_once(&mut world);
    world.settle();
    assert_eq!((note(&world), charged(&world)), (LicenceNote::Used(1), 1));
}

#[test]
fn two_weeks_without_a_report_lock_it_nothing_is_erased_and_the_next_report_unlocks_it() {
    let mut world = bought();
    use_once(&mut world);
    offline_for(&mut world, 14 * DAY_MS - 2 * HOUR_MS);
    assert_eq!(note(&world), LicenceNote::Used(1));
    use_once(&mut world);
    offline_for(&mut world, 3 * HOUR_MS);
    for _ in 0..2 {
        assert_eq!(note(&world), LicenceNote::Locked(LockReason::ContactDue));
        world.command(scan(METERED));
        assert!(world.jobs.is_empty(), "not usable");
        let Screen::Job(job) = world.screen() else { panic!("{:?}", world.screen()) };
        assert_eq!(job.state, JobState::Failed(Failure::Job(JobFault::Locked)));
        world.command(Command::Dismiss);
        // Nor after a restart.
        world.power_on();
        world.asks.clear();
    }
    assert_eq!((world.disk.keys.len(), world.disk.packages.len()), (1, 1), "not erased");
    world.power_on();
    world.settle();
    assert_eq!((note(&world), charged(&world)), (LicenceNote::Used(2), 2));
    use_once(&mut world);
}

#[test]
fn an_answer_that_is_no_acceptance_does_not_unlock_it() {
    let mut world = bought();
    offline_for(&mut world, 15 * DAY_MS);
    world.pass_ms(130_000);
    while !world.asks.is_empty() {
        world.refuse_one(RefusalCode::Busy);
    }
    assert_eq!(note(&world), LicenceNote::Locked(LockReason::ContactDue));
}

#[test]
fn a_clock_that_is_set_back_every_night_gains_no_day() {
    let mut world = bought();
    let mut days = 0;
    while note(&world) != LicenceNote::Locked(LockReason::ContactDue) {
        // A working day; then the machine is switched off, and its clock set back to the morning.
        offline_for(&mut world, 8 * HOUR_MS);
        world.wall = world.wall.plus_ms(16 * HOUR_MS);
        world.power_on();
        world.asks.clear();
        world.wall = Timestamp::from_ms(world.wall.as_ms() - DAY_MS);
        world.input(Input::Tick);
        days += 1;
        assert!(days <= 14, "locked by then");
    }
    assert_eq!(days, 14);
}

#[test]
fn a_clock_far_ahead_locks_nothing_before_the_vendor_has_said_so() {
    let mut world = bought();
    world.wall = world.wall.plus_days(3_650);
    world.power_on();
    world.asks.clear();
    assert_eq!(note(&world), LicenceNote::Used(0));
    use_once(&mut world);
}

#[test]
fn what_was_used_before_it_was_removed_without_a_network_is_charged_and_is_in_the_receipt() {
    let mut world = bought();
    (0..3).for_each(|_| use_once(&mut world));
    world.command(scan(METERED));
    world.command(Command::Remove(id(&world)));
    assert_eq!(note(&world), LicenceNote::Ending);
    // The job that was running when it was removed is finished, and counts.
    world.finish_job();
    world.command(Command::Dismiss);
    assert!(world.view().installed.is_empty() && world.disk.keys.is_empty());
    for _ in 0..3 {
        offline_for(&mut world, DAY_MS);
        world.power_on();
        while !world.asks.is_empty() {
            world.lose_one(false);
        }
    }
    assert_eq!(charged(&world), 0);
    world.pass_ms(130_000);
    world.settle();
    let receipt = &world.vendor.books.receipts[&id(&world)];
    assert_eq!((receipt.reason, receipt.used), (EndReason::Removed, Some(4)));
    assert_eq!(world.vendor.books.charged, [(id(&world), 4)]);
}

#[test]
fn what_was_used_before_it_was_revoked_is_charged() {
    let mut world = bought();
    use_once(&mut world);
    world.vendor.books.revoked.insert(id(&world));
    world.settle();
    world.pass_ms(HOUR_MS);
    world.settle();
    assert!(world.view().installed.is_empty() && world.disk.keys.is_empty());
    assert_eq!(charged(&world), 1);
    assert!(matches!(world.vendor.books.standings[&id(&world)], Standing::Ended(EndReason::Revoked, _)));
}

#[test]
fn an_edited_count_locks_and_the_vendors_count_is_taken_over() {
    for edited in [0, 1_000_000] {
        let mut world = bought();
        (0..2).for_each(|_| use_once(&mut world));
        world.settle();
        world.disk.loaded.licences[0].metering.as_mut().unwrap().used = edited;
        world.vendor.books.flagged = true;
        world.power_on();
        assert_eq!(note(&world), LicenceNote::Locked(LockReason::Edited));
        world.settle();
        assert_eq!(charged(&world), 2, "what an edited record says is not charged");
        world.vendor.books.flagged = false;
        world.pass_ms(HOUR_MS);
        world.settle();
        assert_eq!(note(&world), LicenceNote::Used(2));
    }
}

#[test]
fn a_store_that_is_put_back_gets_no_use_for_nothing_once_the_vendor_knows_of_it() {
    let mut world = bought();
    use_once(&mut world);
    world.settle();
    let (copy, keys) = (world.disk.loaded.clone(), world.disk.keys.clone());
    (0..3).for_each(|_| use_once(&mut world));
    world.settle();
    assert_eq!(charged(&world), 4);
    (world.disk.loaded, world.disk.keys) = (copy, keys);
    world.power_on();
    world.settle();
    assert!(world.vendor.books.flagged);
    assert_eq!((note(&world), charged(&world)), (LicenceNote::Locked(LockReason::Restored), 4));
    world.vendor.books.flagged = false;
    world.pass_ms(HOUR_MS);
    world.settle();
    assert_eq!((note(&world), charged(&world)), (LicenceNote::Used(4), 4), "it goes on from what was charged");
    use_once(&mut world);
    world.settle();
    assert_eq!(charged(&world), 5);
}

#[test]
fn a_use_that_ends_while_the_licence_is_being_released_is_not_forgotten() {
    let mut world = bought();
    world.command(scan(METERED));
    world.vendor.books.flagged = true;
    world.pass_ms(HOUR_MS);
    while !world.asks.is_empty() {
        world.answer_one();
    }
    assert_eq!(note(&world), LicenceNote::Locked(LockReason::Restored));
    world.vendor.books.flagged = false;
    world.pass_ms(HOUR_MS);
    world.answer_one();
    // The vendor has signed a licence with no use, and now there is one.
    world.finish_job();
    world.settle();
    world.pass_ms(HOUR_MS);
    world.settle();
    assert_eq!((note(&world), charged(&world)), (LicenceNote::Used(1), 1));
}

#[test]
fn uses_days_and_contact_are_warned_of_before_their_end_as_the_user_has_chosen() {
    let soon = |world: &World| world.view().installed[0].soon;
    let mut world = World::new();
    world.buy(OCR, "uses:3");
    assert_eq!(soon(&world), Some(Soon::Uses(3)));
    world.command(Command::WarnAt(WarnAt { uses: 2, days: 500 }));
    assert_eq!((soon(&world), world.view().warn), (None, WarnAt { uses: 2, days: WarnAt::DAYS_MAX }));
    world.power_on();
    assert_eq!(world.view().warn.uses, 2, "after a restart");
    world.command(Command::WarnAt(WarnAt { uses: 0, days: 0 }));
    assert_eq!(soon(&world), None);

    let mut world = World::new();
    world.buy(OCR, "days:30");
    world.pass_ms(27 * DAY_MS - HOUR_MS);
    world.settle();
    assert_eq!(soon(&world), None);
    world.pass_ms(2 * HOUR_MS);
    assert!(matches!(soon(&world), Some(Soon::Over(ms)) if ms < 3 * DAY_MS));

    let mut world = bought();
    offline_for(&mut world, 10 * DAY_MS);
    assert_eq!(soon(&world), None);
    offline_for(&mut world, DAY_MS + HOUR_MS);
    assert!(matches!(soon(&world), Some(Soon::Contact(ms)) if ms < 3 * DAY_MS));
    world.pass_ms(130_000);
    world.settle();
    assert_eq!(soon(&world), None, "the vendor was reached");
}

#[test]
fn a_panel_with_nothing_to_do_is_woken_for_a_warning_and_for_a_lock() {
    let mut world = World::new();
    world.buy(OCR, "days:30");
    world.command(Command::Dismiss);
    world.settle();
    for _ in 0..20_000 {
        let due_ms = world.core.poll_timeout().expect("there is always a report to come");
        assert!(due_ms > world.uptime_ms || !world.asks.is_empty(), "busy with nothing");
        world.pass_ms(due_ms - world.uptime_ms);
        while !world.asks.is_empty() {
            world.answer_one();
        }
        if world.view().installed.first().is_none_or(|row| row.soon.is_some()) {
            break;
        }
    }
    let row = &world.view().installed[0];
    assert_eq!(row.soon, Some(Soon::Over(3 * DAY_MS)), "not a moment too late");
}

//! Edited records, copied licences, restored stores, lost vaults, wrong clocks, and what the vendor hears of all that.

use protocol::message::report::{FaultKind, Standing};
use protocol::time::{DAY_MS, HOUR_MS};
use protocol::{EndReason, LicenceId, LockReason, Timestamp, UsageForm};

use super::world::{FONT, OCR, START, World, option, order};
use crate::core::{Command, Failure, Input, JobFault, JobKind, JobState, LicenceNote, LicenceState, Screen};

fn scan() -> Command {
    Command::Run(order(JobKind::Scan, &[OCR]))
}

fn use_once(world: &mut World) {
    world.command(scan());
    assert!(!world.jobs.is_empty(), "{:?}", world.screen());
    world.finish_job();
    world.command(Command::Dismiss);
}

fn bought(form: &str) -> World {
    let mut world = World::new();
    world.buy(OCR, form);
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

/// Cannot be used, is not erased, and says so.
fn assert_locked(world: &mut World, reason: LockReason) {
    assert_eq!(note(world), LicenceNote::Locked(reason));
    assert_eq!((world.disk.keys.len(), world.disk.packages.len()), (1, 1), "not erased");
    world.command(scan());
    assert!(world.jobs.is_empty(), "not usable");
    let Screen::Job(job) = world.screen() else { panic!("{:?}", world.screen()) };
    assert_eq!(job.state, JobState::Failed(Failure::Job(JobFault::Locked)));
    world.command(Command::Dismiss);
}

/// The vendor lets the device's licences live again.
fn release(world: &mut World) {
    world.vendor.books.flagged = false;
    world.pass_ms(HOUR_MS);
    world.settle();
}

#[test]
fn an_edited_counter_locks_the_licence_and_the_vendor_is_told_and_gives_back_what_is_really_left() {
    let mut world = bought("uses:3");
    use_once(&mut world);
    world.settle();
    world.disk.loaded.licences[0].uses_left = Some(1_000_000);
    // Until the vendor hears of it.
    world.vendor.books.flagged = true;
    world.power_on();
    assert_locked(&mut world, LockReason::Edited);
    world.settle();
    assert_locked(&mut world, LockReason::Edited);
    assert_eq!(world.vendor.books.faults, [FaultKind::RecordEdited(id(&world))]);
    world.power_on();
    world.settle();
    assert_locked(&mut world, LockReason::Edited);
    assert_eq!(world.vendor.books.faults.len(), 1, "told once");
    release(&mut world);
    assert_eq!(note(&world), LicenceNote::Uses(2));
    use_once(&mut world);
}

#[test]
fn whatever_is_edited_in_a_licence_is_noticed() {
    let edits: [fn(&mut crate::core::LicenceRecord); 5] = [
        |licence| licence.form = UsageForm::Permanent,
        |licence| licence.issued_at = licence.issued_at.plus_days(1_000),
        |licence| licence.uses_left = None,
        |licence| licence.option.id = option(FONT),
        |licence| licence.state = LicenceState::Ending(EndReason::Removed, START),
    ];
    for edit in edits {
        let mut world = bought("uses:3");
        edit(&mut world.disk.loaded.licences[0]);
        world.vendor.books.flagged = true;
        world.power_on();
        assert_eq!(note(&world), LicenceNote::Locked(LockReason::Edited));
        assert_eq!((world.disk.keys.len(), world.disk.packages.len()), (1, 1), "not erased");
        release(&mut world);
        assert_eq!(note(&world), LicenceNote::Uses(3), "as the vendor has signed it");
    }
}

#[test]
fn a_used_up_licence_that_is_edited_back_to_life_stays_dead() {
    let mut world = bought("uses:3");
    (0..3).for_each(|_| use_once(&mut world));
    world.settle();
    world.disk.loaded.licences[0].state = LicenceState::Active;
    world.disk.loaded.licences[0].uses_left = Some(3);
    world.power_on();
    world.settle();
    let licences = &world.disk.loaded.licences;
    assert!(world.view().installed.is_empty() && world.disk.keys.is_empty(), "{licences:?}");
    assert!(world.vendor.books.faults.contains(&FaultKind::RecordEdited(id(&world))));
}

#[test]
fn a_licence_from_another_devices_store_is_locked_and_then_taken_away() {
    let mut other = World::new();
    other.disk.loaded.records_key = crate::core::RecordsKey::from_bytes([9; 32]);
    let mut world = bought("permanent");
    let mut stolen = world.disk.loaded.licences[0].clone();
    stolen.id = LicenceId(protocol::uuid::Uuid::from_u128(99));
    world.disk.loaded.licences.push(stolen.clone());
    world.disk.keys.insert(stolen.id);
    world.power_on();
    let locked = world.view().installed.iter().any(|row| row.left == LicenceNote::Locked(LockReason::Edited));
    assert!(locked, "{:?}", world.view().installed);
    world.settle();
    assert!(!world.disk.keys.contains(&stolen.id));
    assert_eq!(world.view().installed.len(), 1, "its own stays");
    assert_eq!(note(&world), LicenceNote::Unlimited);
}

#[test]
fn a_licence_that_was_taken_away_and_a_broken_or_missing_seal_are_told_to_the_vendor() {
    let mut world = bought("uses:3");
    let gone = id(&world);
    world.disk.loaded.licences.clear();
    world.power_on();
    world.settle();
    assert_eq!(world.vendor.books.faults, [FaultKind::RecordMissing(gone)]);

    for missing in [false, true] {
        let mut world = bought("uses:3");
        let seal = world.disk.loaded.seal.as_mut().unwrap();
        seal.clock.now = START;
        seal.mark.sequence += 1;
        if missing {
            world.disk.loaded.seal = None;
        }
        world.vendor.books.flagged = true;
        world.power_on();
        assert_locked(&mut world, LockReason::Edited);
        world.settle();
        assert_eq!(world.vendor.books.faults[0], FaultKind::SealBroken);
    }
}

#[test]
fn a_forged_root_key_in_the_enrolment_locks_everything() {
    let mut world = bought("uses:3");
    world.vendor.books.flagged = true;
    let enrolment = world.disk.loaded.enrolment.as_mut().unwrap();
    enrolment.root_key = protocol::keys::RootKey::from_point(&[4; 65]).unwrap();
    world.power_on();
    assert_locked(&mut world, LockReason::Edited);
}

#[test]
fn a_restored_store_is_noticed_at_the_next_contact_and_locked_until_staff_decide() {
    let mut world = bought("uses:3");
    let copy = world.disk.clone();
    use_once(&mut world);
    use_once(&mut world);
    world.settle();
    assert!(!world.vendor.books.flagged);
    world.disk = copy;
    world.power_on();
    assert_eq!(note(&world), LicenceNote::Uses(3), "without a contact nothing can be known");
    world.settle();
    assert!(world.vendor.books.flagged);
    assert_locked(&mut world, LockReason::Restored);
    world.power_on();
    assert_locked(&mut world, LockReason::Restored);
    release(&mut world);
    assert_eq!(note(&world), LicenceNote::Uses(1), "what the vendor had heard of");
}

#[test]
fn a_restored_store_that_was_used_in_the_same_way_again_is_noticed_too() {
    let mut world = bought("uses:3");
    let copy = world.disk.clone();
    use_once(&mut world);
    world.settle();
    world.disk = copy;
    world.power_on();
    world.asks.clear();
    use_once(&mut world);
    world.power_on();
    world.settle();
    assert!(world.vendor.books.flagged);
}

#[test]
fn a_restored_store_leaves_what_was_bought_for_ever_alone() {
    let mut world = bought("permanent");
    let copy = world.disk.clone();
    world.buy(FONT, "permanent");
    world.settle();
    world.disk = copy;
    world.power_on();
    world.settle();
    assert_eq!(note(&world), LicenceNote::Unlimited);
}

#[test]
fn reports_and_answers_that_are_lost_are_no_sign_of_a_copy() {
    for vendor_hears in [false, true] {
        let mut world = bought("uses:3");
        for _ in 0..2 {
            use_once(&mut world);
            world.pass_ms(5_000);
            assert_eq!(world.asks.len(), 1, "a report");
            world.lose_one(vendor_hears);
            world.power_on();
            while !world.asks.is_empty() {
                world.lose_one(vendor_hears);
            }
        }
        world.settle();
        world.pass_ms(HOUR_MS);
        world.settle();
        world.check_at_rest();
        assert_eq!(world.vendor.books.uses_left(id(&world)), Some(1));
    }
}

#[test]
fn a_lost_vault_locks_until_the_licence_is_fetched_again_for_nothing() {
    let mut world = bought("uses:3");
    use_once(&mut world);
    world.settle();
    world.disk.keys.clear();
    world.power_on();
    assert_eq!(note(&world), LicenceNote::Locked(LockReason::KeyMissing));
    world.settle();
    assert_eq!(note(&world), LicenceNote::Uses(2));
    use_once(&mut world);
    assert_eq!(world.vendor.charges.len(), 1);
    world.settle();
    world.check_at_rest();
}

#[test]
fn a_clock_that_jumps_ten_years_locks_what_would_be_over_and_the_vendor_unlocks_it() {
    let mut world = bought("days:30");
    world.wall = world.wall.plus_days(3_650);
    world.power_on();
    assert!(world.view().clock_in_doubt);
    assert_locked(&mut world, LockReason::ClockInDoubt);
    assert!(
        !world.asks.is_empty() || world.core.poll_timeout() == Some(world.uptime_ms),
        "the vendor is asked at once"
    );
    world.settle();
    assert!(!world.view().clock_in_doubt);
    assert_eq!(note(&world), LicenceNote::Time(30 * DAY_MS - world.vendor_now.ms_since(START)));
    assert!(matches!(world.vendor.books.faults[..], [FaultKind::ClockJumped(_)]));
    // The clock stays wrong, and the machine is switched off and on without a network.
    world.pass_ms(DAY_MS);
    world.power_on();
    world.asks.clear();
    assert!(matches!(note(&world), LicenceNote::Time(left) if left < 29 * DAY_MS));
    use_once(&mut world);
}

#[test]
fn a_clock_that_was_right_all_along_ends_what_is_over_once_the_vendor_says_so() {
    let mut world = bought("days:30");
    world.wall = world.wall.plus_days(40);
    world.vendor_now = world.vendor_now.plus_days(40);
    world.power_on();
    assert_locked(&mut world, LockReason::ClockInDoubt);
    world.settle();
    assert!(world.view().installed.is_empty() && world.disk.keys.is_empty());
    assert_eq!(world.vendor.books.receipts[&id(&world)].reason, EndReason::PeriodOver);
}

#[test]
fn a_clock_set_back_gains_nothing_and_is_told_to_the_vendor() {
    for back_ms in [HOUR_MS, 25 * HOUR_MS, 400 * DAY_MS, START.as_ms()] {
        let mut world = bought("days:30");
        world.pass_ms(10 * DAY_MS);
        world.settle();
        world.wall = Timestamp::from_ms(world.wall.as_ms().saturating_sub(back_ms));
        world.input(Input::Tick);
        let LicenceNote::Time(before_ms) = note(&world) else { panic!() };
        world.power_on();
        let LicenceNote::Time(after_ms) = note(&world) else { panic!() };
        assert_eq!(before_ms, after_ms, "set back by {back_ms}");
        world.settle();
        let told =
            |fault: &FaultKind| matches!(fault, FaultKind::ClockSetBack(ms) if ms.abs_diff(back_ms) < 11 * DAY_MS);
        assert!(world.vendor.books.faults.iter().any(told), "{:?}", world.vendor.books.faults);
        world.pass_ms(21 * DAY_MS);
        assert!(world.view().installed.is_empty());
    }
}

#[test]
fn a_revoked_licence_ends_is_erased_and_has_a_receipt() {
    let mut world = bought("permanent");
    let licence = id(&world);
    world.vendor.books.revoked.insert(licence);
    world.pass_ms(HOUR_MS);
    world.settle();
    assert!(world.view().installed.is_empty() && world.disk.keys.is_empty() && world.disk.packages.is_empty());
    assert_eq!(world.vendor.books.receipts[&licence].reason, EndReason::Revoked);
    assert!(matches!(world.vendor.books.standings[&licence], Standing::Ended(EndReason::Revoked, _)));
}

#[test]
fn a_receipt_is_sent_until_the_vendor_has_it() {
    let mut world = bought("uses:3");
    (0..3).for_each(|_| use_once(&mut world));
    for _ in 0..3 {
        world.pass_ms(130_000);
        while !world.asks.is_empty() {
            world.lose_one(false);
        }
        world.power_on();
        while !world.asks.is_empty() {
            world.lose_one(false);
        }
    }
    assert!(world.vendor.books.receipts.is_empty());
    world.pass_ms(130_000);
    world.settle();
    assert_eq!(world.vendor.books.receipts[&id(&world)].reason, EndReason::UsedUp);
    let told = world.disk.loaded.licences[0].receipt;
    assert_eq!(told, crate::core::ReceiptState::Filed);
}

#[test]
fn room_is_given_back_when_nobody_needs_the_machine() {
    let mut world = World::new();
    world.vendor.content_bytes = 20 * 1024 * 1024;
    world.buy(OCR, "permanent");
    world.command(Command::Dismiss);
    world.command(Command::Remove(id(&world)));
    world.pass_ms(100_000);
    world.command(Command::Go(crate::core::Place::MyOptions));
    world.pass_ms(100_000);
    assert_eq!(world.compacted, 0, "somebody was there just now");
    world.pass_ms(30_000);
    assert_eq!(world.compacted, 1);
    world.pass_ms(HOUR_MS);
    assert_eq!(world.compacted, 1, "once");
}

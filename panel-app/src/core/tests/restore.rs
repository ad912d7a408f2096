//! A device whose store was replaced gets back what it has a right to, wherever messages and power go.

use protocol::LockReason;
use protocol::message::Reply;
use protocol::message::device::{DeviceReply, DeviceRequest};
use protocol::message::report::ReportAnswer;
use protocol::time::HOUR_MS;

use super::world::{FONT, OCR, START, World, option, order};
use crate::core::{Ask, Command, Input, JobKind, LicenceNote, Restoration, Screen, StorageFault};

fn use_once(world: &mut World) {
    world.command(Command::Run(order(JobKind::Scan, &[OCR])));
    assert!(!world.jobs.is_empty(), "{:?}", world.screen());
    world.finish_job();
    world.command(Command::Dismiss);
    world.settle();
}

/// A device with one option for ever, and another of which one use of three is used.
fn world() -> World {
    let mut world = World::new();
    for (id, form) in [(FONT, "permanent"), (OCR, "uses:3")] {
        world.buy(id, form);
        world.command(Command::Dismiss);
        world.settle();
    }
    use_once(&mut world);
    world
}

fn notes(world: &World) -> Vec<LicenceNote> {
    world.view().installed.iter().map(|row| row.left).collect()
}

fn assert_restored(world: &World) {
    assert_eq!(notes(world), [LicenceNote::Uses(2), LicenceNote::Unlimited]);
    assert_eq!(world.vendor.charges.len(), 2, "nothing is paid twice");
    assert_eq!(world.core.restoration(), Restoration::Complete);
    world.check_at_rest();
}

#[test]
fn a_device_whose_store_was_replaced_gets_its_licences_and_packages_back_and_pays_nothing() {
    let mut world = world();
    world.replace_store();
    assert!(world.view().installed.is_empty());
    world.settle();
    assert_restored(&world);
    use_once(&mut world);
    assert_eq!(notes(&world)[0], LicenceNote::Uses(1));
    world.power_on();
    world.settle();
    assert_eq!(notes(&world)[0], LicenceNote::Uses(1), "a restart fetches nothing again");
}

#[test]
fn power_cuts_and_failing_writes_anywhere_in_it_only_delay_it() {
    for effects in 0..40 {
        let mut world = world();
        world.replace_store();
        world.power_for = Some(effects);
        world.settle();
        world.check();
        world.power_for = None;
        world.settle();
        assert_restored(&world);
    }
    for writes in 0..10 {
        let mut world = world();
        world.replace_store();
        world.write_fails_after = Some(writes);
        world.settle();
        world.write_fails_after = None;
        world.pass_ms(HOUR_MS);
        world.settle();
        assert_restored(&world);
    }
}

#[test]
fn a_store_that_fails_is_told_to_whoever_waits_for_the_end() {
    let mut world = world();
    world.replace_store();
    world.write_fails_after = Some(0);
    while world.write_fails_after.is_some() {
        if world.asks.is_empty() { world.pass_ms(1) } else { world.answer_one() }
    }
    assert_eq!(world.core.restoration(), Restoration::NotWritten(StorageFault::DiskFull));
    world.pass_ms(HOUR_MS);
    world.settle();
    assert_restored(&world);
}

#[test]
fn every_message_may_be_lost_on_its_way_there_or_back() {
    for lost in 0..12 {
        for vendor_hears in [false, true] {
            let mut world = world();
            world.replace_store();
            for _ in 0..lost {
                world.answer_one();
                world.finish_transfer();
            }
            world.lose_one(vendor_hears);
            world.settle();
            world.pass_ms(HOUR_MS);
            world.settle();
            assert_restored(&world);
        }
    }
}

#[test]
fn until_its_package_is_complete_a_licence_is_locked_and_says_so() {
    let mut world = world();
    world.replace_store();
    while world.transfer.is_none() {
        world.answer_one();
    }
    assert_eq!(notes(&world), [LicenceNote::Locked(LockReason::PackageMissing)]);
    world.power_on();
    assert_eq!(notes(&world), [LicenceNote::Locked(LockReason::PackageMissing)], "also after a restart");
    world.settle();
    assert_restored(&world);
}

#[test]
fn a_package_that_is_lost_while_its_licence_lives_is_fetched_again() {
    let mut world = world();
    world.disk.packages.clear();
    world.power_on();
    assert_eq!(notes(&world), [LicenceNote::Locked(LockReason::PackageMissing); 2]);
    world.settle();
    assert_restored(&world);
}

#[test]
fn a_purchase_goes_first() {
    let mut world = World::new();
    world.buy(FONT, "permanent");
    world.command(Command::Dismiss);
    world.replace_store();
    while world.transfer.is_none() {
        world.answer_one();
    }
    let restoring = world.transfer.as_ref().unwrap().order;
    world.command(Command::OpenOffer(option(OCR)));
    while matches!(world.screen(), Screen::Store(_)) {
        world.answer_one();
    }
    world.command(Command::Confirm);
    while world.transfer.as_ref().is_some_and(|transfer| transfer.order == restoring) {
        world.answer_one();
    }
    world.settle();
    world.command(Command::Choose("permanent".parse().unwrap()));
    world.settle();
    assert_eq!(notes(&world), [LicenceNote::Unlimited; 2]);
    world.check_at_rest();
}

#[test]
fn what_is_just_being_bought_is_not_restored_as_well() {
    let mut world = World::new();
    world.order(OCR);
    world.command(Command::Choose("uses:3".parse().unwrap()));
    // The vendor has sold it; the answer is lost, and the next report does not name it.
    world.lose_one(true);
    world.power_on();
    let place = |world: &World| world.asks.iter().position(|(ask, _)| *ask == Ask::Report);
    world.pass_ms(1);
    while place(&world) != Some(0) {
        let other = world.asks.pop_front().unwrap();
        world.asks.push_back(other);
    }
    world.answer_one();
    assert!(!world.asks.iter().any(|(ask, _)| matches!(ask, Ask::Restore(_))), "{:?}", world.asks);
    world.settle();
    assert_eq!(notes(&world), [LicenceNote::Uses(3)]);
    world.check_at_rest();
}

#[test]
fn what_is_removed_while_it_is_restored_leaves_nothing_behind() {
    let mut world = world();
    world.replace_store();
    while world.transfer.is_none() {
        world.answer_one();
    }
    let licence = world.view().installed[0].licence;
    world.command(Command::Remove(licence));
    assert!(world.transfer.is_none(), "nothing is stored any more");
    world.settle();
    assert_eq!(world.view().installed.len(), 1);
    world.check_at_rest();
}

#[test]
fn a_device_that_staff_have_to_decide_about_gets_nothing_back_before() {
    let mut world = world();
    let mark = world.vendor.books.mark;
    world.replace_store();
    // An old activation code: nobody at the vendor knows of the new store.
    world.vendor.books.mark = mark;
    world.settle();
    assert!(world.vendor.books.flagged && world.view().installed.is_empty());
    world.vendor.books.flagged = false;
    world.pass_ms(HOUR_MS);
    world.settle();
    assert_restored(&world);
}

#[test]
fn a_command_that_has_nothing_to_do_with_it_restores_nothing() {
    let mut world = world();
    world.disk.packages.clear();
    world.resume = crate::core::Resume::Nothing;
    world.power_on();
    world.settle();
    assert_eq!(notes(&world), [LicenceNote::Locked(LockReason::PackageMissing); 2]);
}

fn told_by_another_vendor(world: &mut World, answer: ReportAnswer) {
    let reply = Reply { now: world.vendor_now, outcome: Ok(DeviceReply::Reported(answer)) };
    while !matches!(world.asks.front(), Some((Ask::Report, _))) {
        world.answer_one();
    }
    world.asks.pop_front();
    world.input(Input::Answer(Ask::Report, Ok(reply)));
}

#[test]
fn another_vendor_hears_nothing_of_a_licence_and_decides_nothing_about_it() {
    let mut world = world();
    let [uses, permanent] = [0, 1].map(|row| world.view().installed[row].licence);
    world.command(Command::Remove(permanent));
    let own = std::mem::take(&mut world.vendor.books);
    world.asks.clear();
    world.input(Input::Enrolled(Ok(world.vendor.enrolled(b"other"))));
    while world.asks.is_empty() || !matches!(world.asks.front(), Some((Ask::Report, _))) {
        if world.asks.is_empty() { world.pass_ms(1_000) } else { world.answer_one() }
    }
    let Some((_, DeviceRequest::Report(report))) = world.asks.front() else { unreachable!() };
    assert!(report.licences.is_empty() && report.receipts.is_empty(), "{report:?}");
    let acknowledged = report.mark;
    let answer = ReportAnswer { acknowledged, revoked: vec![uses], locked: vec![uses], ..ReportAnswer::default() };
    told_by_another_vendor(&mut world, answer);
    assert_eq!(notes(&world), [LicenceNote::Uses(2)]);
    world.settle();
    // And its receipt waits for the vendor whose licence it was.
    let other = std::mem::replace(&mut world.vendor.books, own);
    assert!(other.receipts.is_empty());
    world.input(Input::Enrolled(Ok(world.vendor.enrolled(b"ca"))));
    world.settle();
    assert!(world.vendor.books.receipts.contains_key(&permanent));
    assert!(!world.vendor.books.flagged, "there and back is nothing to be accused of");
}

#[test]
fn another_vendors_clock_gives_a_period_no_time_back() {
    let mut world = World::new();
    world.buy(OCR, "days:30");
    world.command(Command::Dismiss);
    world.settle();
    world.input(Input::Enrolled(Ok(world.vendor.enrolled(b"other"))));
    let (night_ms, before) = (16 * HOUR_MS, world.view().now);
    for _ in 0..5 {
        world.wall = world.wall.plus_ms(night_ms);
        world.power_on();
        // Its clock stands still.
        world.vendor_now = START;
        world.settle();
    }
    let passed_ms = world.view().now.ms_since(before);
    assert!(passed_ms >= 5 * night_ms, "{passed_ms}");
    assert!(matches!(notes(&world)[..], [LicenceNote::Time(_)]));
}

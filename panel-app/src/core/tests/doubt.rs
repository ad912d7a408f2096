//! What adds up over time, and what an honest device must not be accused of.

use protocol::LockReason;
use protocol::message::report::FaultKind;
use protocol::time::{DAY_MS, HOUR_MS, MINUTE_MS};

use super::world::{OCR, World, option, order};
use crate::core::{Command, Input, JobKind, Language, LicenceNote, Place, Resume, Stage};

fn bought(form: &str) -> World {
    let mut world = World::new();
    world.buy(OCR, form);
    world.command(Command::Dismiss);
    world.settle();
    world
}

fn use_once(world: &mut World) {
    world.command(Command::Run(order(JobKind::Scan, &[OCR])));
    world.finish_job();
    world.command(Command::Dismiss);
}

fn left_ms(world: &World) -> u64 {
    match world.view().installed[0].left {
        LicenceNote::Time(left_ms) => left_ms,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_start_that_could_not_be_written_accuses_no_record_of_being_edited() {
    let mut world = bought("days:30");
    world.pass_ms(29 * DAY_MS);
    world.settle();
    world.wall = world.wall.plus_days(2);
    world.vendor_now = world.vendor_now.plus_days(2);
    // The first step ends the licence, and the disk is full just then.
    world.write_fails_after = Some(0);
    world.power_on();
    world.command(Command::SetLanguage(Language::En));
    world.power_on();
    world.settle();
    assert_eq!(world.vendor.books.faults, []);
    assert!(world.view().installed.is_empty());
    world.check_at_rest();
}

#[test]
fn clocks_that_are_set_again_and_again_do_not_hide_an_edit() {
    let mut world = bought("uses:3");
    world.power_on();
    for round in 0..100 {
        world.asks.clear();
        let wall = world.wall;
        world.wall =
            if round % 2 == 0 { wall.plus_days(20) } else { protocol::Timestamp::from_ms(wall.as_ms() - 20 * DAY_MS) };
        world.power_on();
    }
    world.asks.clear();
    world.disk.loaded.licences[0].uses_left = Some(1_000);
    let licence = world.disk.loaded.licences[0].id;
    world.power_on();
    assert_eq!(world.view().installed[0].left, LicenceNote::Locked(LockReason::Edited));
    world.settle();
    assert!(world.vendor.books.faults.contains(&FaultKind::RecordEdited(licence)), "{:?}", world.vendor.books.faults);
}

#[test]
fn a_panel_that_is_stopped_again_and_again_on_a_clock_that_is_set_back_gains_no_time() {
    let mut world = bought("days:30");
    let (wall, before_ms) = (world.wall, left_ms(&world));
    for _ in 0..10 {
        world.pass_ms(9 * MINUTE_MS);
        world.input(Input::Stopping);
        world.wall = wall;
        world.power_on();
        world.asks.clear();
    }
    assert!(before_ms - left_ms(&world) >= 90 * MINUTE_MS, "{} ms", before_ms - left_ms(&world));
}

#[test]
fn orders_that_were_given_up_while_the_vendor_is_away_do_not_pile_up() {
    let mut world = World::new();
    world.command(Command::Go(Place::Store));
    world.settle();
    for _ in 0..120 {
        world.command(Command::OpenOffer(option(OCR)));
        world.command(Command::Confirm);
        world.command(Command::Cancel);
        world.asks.clear();
        world.power_on();
    }
    let telling = |world: &World| world.core.orders().filter(|o| matches!(o.stage, Stage::Abandoning(_))).count();
    assert_eq!(telling(&world), 50);
    world.settle();
    assert_eq!(telling(&world), 0);
    world.check_at_rest();
}

#[test]
fn room_that_was_left_before_a_restart_is_given_back_too() {
    let mut world = World::new();
    world.disk.loaded.freed_bytes = 20 * 1024 * 1024;
    world.power_on();
    world.settle();
    assert_eq!(world.compacted, 0, "somebody has just switched it on");
    world.pass_ms(121_000);
    assert_eq!(world.compacted, 1);
}

#[test]
fn commands_that_start_and_stop_the_panel_tell_the_vendor_what_the_one_before_has_done() {
    let mut world = bought("uses:3");
    world.resume = Resume::Nothing;
    world.power_on();
    use_once(&mut world);
    world.asks.clear();
    let licence = world.disk.loaded.licences[0].id;
    assert_eq!(world.vendor.books.uses_left(licence), Some(3));
    world.power_on();
    world.settle();
    assert_eq!(world.vendor.books.uses_left(licence), Some(2));
    world.power_on();
    world.pass_ms(HOUR_MS);
    assert!(world.asks.is_empty(), "nothing new is nothing to say: {:?}", world.asks);
}

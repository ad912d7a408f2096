//! Contract user IDs with PINs, the device's certificate, and devices that change their vendor.

use protocol::message::device::DeviceRequest;
use protocol::time::{DAY_MS, HOUR_MS};
use protocol::{ContractPin, ContractUserId, RefusalCode};

use super::world::{OCR, START, Vendor, World, form};
use crate::core::{Abandoned, CertificateTerm, Command, Failure, Input, LinkFault, Screen, Stage};

fn contract() -> ContractUserId {
    ContractUserId::from_body(123_456_789)
}

fn pin(digits: &str) -> ContractPin {
    digits.parse().unwrap()
}

fn enter(digits: &str) -> Command {
    Command::EnterContract { contract: contract(), pin: Some(pin(digits)) }
}

/// A device that belongs to nobody, before the keypad.
fn at_the_keypad() -> World {
    let mut world = World::new();
    world.vendor.contract = Some(contract());
    world.vendor.pin = Some(pin("0471"));
    world.order(OCR);
    assert!(matches!(world.screen(), Screen::ContractId { refused: None, blocked_until: None, .. }));
    world
}

fn refused(world: &World) -> Option<RefusalCode> {
    match world.screen() {
        Screen::ContractId { refused, .. } => refused,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_right_pin_buys_and_a_wrong_one_brings_the_keypad_back() {
    let mut world = at_the_keypad();
    world.command(enter("0472"));
    world.settle();
    assert_eq!(refused(&world), Some(RefusalCode::ContractRefused));
    world.command(enter("0471"));
    world.settle();
    assert!(matches!(world.screen(), Screen::Choose { .. }));
}

#[test]
fn a_pin_is_written_nowhere() {
    let mut world = at_the_keypad();
    world.command(enter("0471"));
    assert!(!format!("{:?}", world.disk.loaded).contains("0471"));
    let orders = protocol::codec::encode(&world.disk.loaded.orders);
    assert!(!orders.windows(4).any(|bytes| bytes == b"0471"));
}

#[test]
fn a_pin_whose_question_is_lost_is_sent_again_as_long_as_the_power_is_on() {
    let mut world = at_the_keypad();
    world.command(enter("0471"));
    world.lose_one(false);
    world.settle();
    assert!(matches!(world.screen(), Screen::Choose { .. }));
}

#[test]
fn after_a_power_cut_an_order_that_the_vendor_knows_goes_on_without_its_pin() {
    let mut world = at_the_keypad();
    world.command(enter("0471"));
    world.lose_one(true);
    world.power_on();
    assert!(world.asks.iter().any(|(_, request)| matches!(request, DeviceRequest::Status { .. })));
    world.settle();
    assert!(matches!(world.screen(), Screen::Choose { .. }));
    world.command(Command::Choose(form("uses:3")));
    world.settle();
    world.check_at_rest();
}

#[test]
fn after_a_power_cut_an_order_that_the_vendor_never_heard_of_asks_for_the_pin_again_and_counts_no_wrong_entry() {
    let mut world = at_the_keypad();
    world.command(enter("0471"));
    world.lose_one(false);
    world.power_on();
    world.settle();
    assert_eq!(refused(&world), None);
    assert_eq!(world.vendor.refused.len(), 1, "only the order without any contract was ever refused");
    world.command(enter("0471"));
    world.settle();
    assert!(matches!(world.screen(), Screen::Choose { .. }));
}

#[test]
fn whoever_has_to_wait_sees_for_how_long_and_then_tries_again_with_a_new_order() {
    let mut world = at_the_keypad();
    world.vendor.blocked_ms = Some(90_000);
    world.command(enter("0471"));
    world.settle();
    let Screen::ContractId { refused, blocked_until, .. } = world.screen() else { panic!("{:?}", world.screen()) };
    assert_eq!(refused, Some(RefusalCode::TooManyAttempts));
    assert_eq!(blocked_until, Some(world.wall.plus_ms(90_000)));
    world.vendor.blocked_ms = None;
    world.pass_ms(90_000);
    assert!(matches!(world.screen(), Screen::ContractId { blocked_until: None, .. }));
    world.command(enter("0471"));
    world.settle();
    assert!(matches!(world.screen(), Screen::Choose { .. }));
}

fn a_year() -> CertificateTerm {
    CertificateTerm { from: START, until: START.plus_days(366) }
}

#[test]
fn a_certificate_is_renewed_after_two_thirds_of_its_life() {
    let mut world = World::new();
    world.input(Input::Certified(a_year()));
    world.pass_ms(244 * DAY_MS - 1);
    assert_eq!(world.renewals, 0);
    assert_eq!(world.core.poll_timeout(), Some(world.uptime_ms + 1));
    world.pass_ms(1);
    assert_eq!(world.renewals, 1);
    world.pass_ms(DAY_MS);
    assert_eq!(world.renewals, 1, "one question at a time");
}

#[test]
fn a_renewal_that_fails_is_tried_every_hour_and_one_that_succeeds_is_enough() {
    let mut world = World::new();
    world.input(Input::Certified(a_year()));
    world.pass_ms(300 * DAY_MS);
    for attempt in 1..5 {
        assert_eq!(world.renewals, attempt);
        world.input(Input::Renewed(None));
        world.pass_ms(HOUR_MS - 1);
        assert_eq!(world.renewals, attempt);
        world.pass_ms(1);
    }
    let until = world.wall.plus_days(365);
    world.input(Input::Renewed(Some(CertificateTerm { from: world.wall, until })));
    world.pass_ms(200 * DAY_MS);
    assert_eq!(world.renewals, 5);
}

#[test]
fn a_new_certificate_that_looks_old_already_is_not_renewed_again_at_once() {
    let mut world = World::new();
    world.input(Input::Certified(a_year()));
    world.pass_ms(300 * DAY_MS);
    world.input(Input::Renewed(Some(a_year())));
    world.pass_ms(DAY_MS - 1);
    assert_eq!(world.renewals, 1);
    world.pass_ms(1);
    assert_eq!(world.renewals, 2);
}

#[test]
fn a_full_disk_does_not_stop_renewals() {
    let mut world = World::new();
    world.buy(OCR, "days:30");
    world.command(Command::Dismiss);
    world.input(Input::Certified(CertificateTerm { from: START, until: START.plus_days(30) }));
    world.pass_ms(20 * DAY_MS);
    assert_eq!(world.renewals, 1);
    // The time is due to be written along with the answer, and cannot be.
    world.uptime_ms += HOUR_MS;
    world.wall = world.wall.plus_ms(HOUR_MS);
    world.write_fails_after = Some(0);
    world.input(Input::Renewed(None));
    assert_eq!(world.write_fails_after, None, "a write has failed");
    world.pass_ms(HOUR_MS);
    assert_eq!(world.renewals, 2);
}

#[test]
fn a_certificate_that_has_run_out_says_so_and_the_purchase_waits() {
    let mut world = World::new();
    world.command(Command::OpenOffer(OCR.parse().unwrap()));
    world.settle();
    world.command(Command::Confirm);
    let (ask, _) = world.asks.pop_front().unwrap();
    world.input(Input::Answer(ask, Err(LinkFault::Expired)));
    let Screen::Failed { failure, .. } = world.screen() else { panic!("{:?}", world.screen()) };
    assert_eq!((failure, failure.code()), (Failure::CertificateExpired, "certificate-expired"));
}

/// The device enrols with a vendor whose CA has this name.
fn enrol(world: &mut World, ca: &[u8]) {
    world.vendor = Vendor::new();
    world.input(Input::Enrolled(Ok(world.vendor.enrolled(ca))));
    let is_about_itself = |request: &DeviceRequest| matches!(request, DeviceRequest::Hello | DeviceRequest::Report(_));
    assert!(world.asks.iter().all(|(_, request)| is_about_itself(request)), "{:?}", world.asks);
}

#[test]
fn a_device_that_enrols_elsewhere_asks_nobody_there_about_its_old_orders() {
    let mut world = World::new();
    world.order(OCR);
    assert!(matches!(world.screen(), Screen::Choose { .. }));
    world.asks.clear();
    enrol(&mut world, b"another");
    world.settle();
    assert_eq!(world.screen(), Screen::Home);
    let stages: Vec<Stage> = world.core.orders().map(|order| order.stage).collect();
    assert_eq!(stages, [Stage::Abandoned(Abandoned::Cancelled)]);
    assert!(world.disk.packages.is_empty(), "nobody will ever pay for the package");
    world.power_on();
    world.settle();
    assert_eq!(world.screen(), Screen::Home);
}

#[test]
fn what_may_be_paid_for_is_put_aside_and_fetched_when_the_device_comes_back() {
    let mut world = World::new();
    world.order(OCR);
    world.command(Command::Choose(form("uses:3")));
    world.lose_one(true);
    let first = std::mem::replace(&mut world.vendor, Vendor::new());
    assert_eq!(first.charges.len(), 1);
    world.input(Input::Enrolled(Ok(first.enrolled(b"another"))));
    world.power_on();
    for _ in 0..3 {
        world.pass_ms(60_000);
        let is_about_itself = |request| matches!(request, &DeviceRequest::Hello | &DeviceRequest::Report(_));
        assert!(world.asks.iter().all(|(_, request)| is_about_itself(request)), "{:?}", world.asks);
        world.asks.clear();
    }
    assert_eq!(world.core.unfinished().count(), 0);
    world.vendor = first;
    world.input(Input::Enrolled(Ok(world.vendor.enrolled(b"ca"))));
    world.settle();
    world.check_at_rest();
    assert_eq!(world.view().installed.len(), 1);
}

#[test]
fn an_old_vendors_answer_that_comes_late_changes_nothing() {
    let mut world = World::new();
    world.order(OCR);
    world.command(Command::Choose(form("uses:3")));
    let (ask, _) = world.asks.pop_front().unwrap();
    enrol(&mut world, b"another");
    world.input(Input::Answer(ask, Err(LinkFault::Lost)));
    assert!(!world.asks.iter().any(|(asked, _)| *asked == ask));
}

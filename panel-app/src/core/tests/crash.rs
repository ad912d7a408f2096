//! Power cuts, full disks and lost messages at every single point of a purchase, a use and an erasure.

use protocol::RefusalCode;

use super::world::{FONT, OCR, World, form, option, order};
use crate::core::{Command, FailureAdvice, JobKind, Language, Screen};

/// Whatever the user still has to do to bring a purchase of the OCR package by count to its end.
fn finish(world: &mut World) {
    for _ in 0..20 {
        world.settle();
        match world.screen() {
            Screen::Choose { .. } => world.command(Command::Choose(form("uses:3"))),
            Screen::Failed { option: Some(_), .. } => world.command(Command::Retry),
            Screen::Failed { option: None, .. } => world.command(Command::Dismiss),
            Screen::Offer { .. } => world.command(Command::Confirm),
            Screen::Done { .. } => return,
            _ if world.view().installed.is_empty() => world.command(Command::OpenOffer(option(OCR))),
            _ => return,
        }
    }
    panic!("the purchase never ends: {:?}", world.screen());
}

fn purchase_effects() -> usize {
    let mut world = World::new();
    world.power_for = Some(usize::MAX);
    finish(&mut world);
    usize::MAX - world.power_for.unwrap()
}

#[test]
fn a_power_cut_after_any_effect_of_a_purchase_loses_nothing_and_charges_once() {
    let effects = purchase_effects();
    assert!(effects > 8, "{effects}");
    for cut in 0..effects {
        let mut world = World::new();
        world.power_for = Some(cut);
        finish(&mut world);
        assert_eq!(world.vendor.charges.len(), 1, "cut after {cut} effects");
        assert_eq!(world.view().installed.len(), 1, "cut after {cut} effects");
        world.check_at_rest();
    }
}

#[test]
fn two_power_cuts_in_one_purchase_are_no_worse() {
    let effects = purchase_effects();
    for first in 0..effects {
        for second in 0..effects {
            let mut world = World::new();
            world.power_for = Some(first);
            while world.power_for.is_some() && world.view().installed.is_empty() {
                finish(&mut world);
            }
            world.power_for = Some(second);
            world.power_on();
            finish(&mut world);
            assert_eq!(world.vendor.charges.len(), 1, "cuts after {first} and {second}");
            world.power_for = None;
            world.check();
        }
    }
}

#[test]
fn a_transaction_that_cannot_be_written_has_not_happened_and_the_purchase_goes_on_later() {
    for failing in 0..12 {
        let mut world = World::new();
        world.write_fails_after = Some(failing);
        finish(&mut world);
        assert_eq!(world.vendor.charges.len(), 1, "transaction {failing}");
        world.check_at_rest();
    }
}

#[test]
fn any_question_or_answer_may_be_lost() {
    for lost in 0..6 {
        for vendor_hears in [false, true] {
            let mut world = World::new();
            world.command(Command::OpenOffer(option(FONT)));
            world.settle();
            world.command(Command::Confirm);
            let mut asked = 0;
            while !(world.asks.is_empty() && world.transfer.is_none()) {
                if world.asks.is_empty() {
                    world.finish_transfer();
                } else if asked == lost {
                    world.lose_one(vendor_hears);
                    asked += 1;
                } else {
                    world.answer_one();
                    asked += 1;
                }
            }
            world.settle();
            assert!(matches!(world.screen(), Screen::Done { .. }), "{lost} {vendor_hears}: {:?}", world.screen());
            assert_eq!(world.vendor.charges.len(), 1);
            world.check_at_rest();
        }
    }
}

/// Three uses, the third of which ends the licence.
fn use_up(world: &mut World) {
    for _ in 0..12 {
        if world.view().installed.is_empty() {
            return;
        }
        world.command(Command::Run(order(JobKind::Scan, &[OCR])));
        world.finish_all_jobs();
        world.command(Command::Dismiss);
    }
    panic!("the uses never end");
}

#[test]
fn a_power_cut_after_any_effect_of_a_use_spends_exactly_what_was_delivered() {
    let mut world = World::new();
    world.buy(OCR, "uses:3");
    world.power_for = Some(usize::MAX);
    use_up(&mut world);
    let effects = usize::MAX - world.power_for.unwrap();
    assert_eq!(world.disk.delivered.len(), 3);
    for cut in 0..effects {
        let mut world = World::new();
        world.buy(OCR, "uses:3");
        world.power_for = Some(cut);
        use_up(&mut world);
        world.power_for = None;
        assert_eq!(world.disk.delivered.len(), 3, "cut after {cut} effects");
        world.settle();
        world.check_at_rest();
        assert!(world.disk.keys.is_empty() && world.disk.packages.is_empty(), "erased, cut after {cut} effects");
    }
}

#[test]
fn a_use_whose_result_cannot_be_written_is_given_back() {
    let mut world = World::new();
    world.buy(OCR, "uses:3");
    world.command(Command::Run(order(JobKind::Scan, &[OCR])));
    world.write_fails_after = Some(0);
    world.finish_job();
    assert!(world.disk.delivered.is_empty());
    use_up(&mut world);
    assert_eq!(world.disk.delivered.len(), 3);
}

#[test]
fn a_refusal_that_does_not_close_the_order_ends_no_purchase_that_may_be_paid_for() {
    let mut world = World::new();
    world.order(OCR);
    world.command(Command::Choose(form("uses:3")));
    // The vendor hears the choice and charges; its answer is lost, and the next one turns the device away.
    world.lose_one(true);
    let due_ms = world.core.poll_timeout().unwrap();
    world.pass_ms(due_ms - world.uptime_ms);
    world.refuse_one(RefusalCode::DeviceRevoked);
    assert!(matches!(world.screen(), Screen::Failed { advice: FailureAdvice::Continue, .. }), "{:?}", world.screen());
    world.command(Command::Dismiss);
    world.settle();
    assert_eq!((world.vendor.charges.len(), world.view().installed.len()), (1, 1));
    world.check_at_rest();
}

#[test]
fn a_write_of_something_else_that_fails_does_not_disturb_a_download() {
    let mut world = World::new();
    world.command(Command::OpenOffer(option(OCR)));
    world.settle();
    world.command(Command::Confirm);
    world.answer_one();
    assert!(world.transfer.is_some());
    let screen = world.screen();
    world.write_fails_after = Some(0);
    world.command(Command::SetLanguage(Language::En));
    assert!(world.write_fails_after.is_none(), "the write has failed");
    assert_eq!(world.view().language, Language::Ja, "and the language is what it was");
    assert!(world.transfer.is_some() && world.screen() == screen, "{:?}", world.screen());
    finish(&mut world);
    assert_eq!(world.vendor.charges.len(), 1);
    world.check_at_rest();
}

#[test]
fn a_write_of_something_else_that_fails_does_not_disturb_a_job() {
    let mut world = World::new();
    world.buy(OCR, "uses:3");
    world.command(Command::Dismiss);
    world.command(Command::Run(order(JobKind::Scan, &[OCR])));
    world.write_fails_after = Some(0);
    world.command(Command::SetLanguage(Language::En));
    assert!(world.write_fails_after.is_none() && !world.jobs.is_empty());
    world.finish_all_jobs();
    assert_eq!(world.disk.delivered.len(), 1);
}

#[test]
fn a_download_whose_end_cannot_be_written_stops_and_goes_on_with_retry() {
    let mut world = World::new();
    world.command(Command::OpenOffer(option(OCR)));
    world.settle();
    world.command(Command::Confirm);
    world.answer_one();
    world.write_fails_after = Some(0);
    world.finish_transfer();
    assert!(matches!(world.screen(), Screen::Failed { advice: FailureAdvice::Continue, .. }), "{:?}", world.screen());
    finish(&mut world);
    assert_eq!(world.vendor.charges.len(), 1);
    world.check_at_rest();
}

#[test]
fn what_the_user_wanted_and_cannot_be_written_is_said_to_have_failed() {
    let mut world = World::new();
    world.command(Command::OpenOffer(option(OCR)));
    world.settle();
    world.write_fails_after = Some(0);
    world.command(Command::Confirm);
    assert!(matches!(world.screen(), Screen::Failed { .. }), "an order: {:?}", world.screen());
    assert!(world.asks.is_empty() && world.vendor.orders.is_empty());

    let mut world = World::new();
    world.order(OCR);
    world.write_fails_after = Some(0);
    world.command(Command::Cancel);
    assert!(matches!(world.screen(), Screen::Failed { .. }), "a cancellation: {:?}", world.screen());
    finish(&mut world);
    world.check_at_rest();
}

#[test]
fn a_full_disk_at_power_on_puts_erasing_off_and_grants_nothing() {
    let mut world = World::new();
    world.buy(OCR, "days:30");
    world.pass_ms(29 * 24 * 3_600 * 1_000);
    world.settle();
    world.wall = world.wall.plus_days(2);
    world.vendor_now = world.vendor_now.plus_days(2);
    world.write_fails_after = Some(0);
    world.power_on();
    assert!(world.view().installed.is_empty(), "over is over");
    for _ in 0..3 {
        world.pass_ms(31_000);
    }
    assert!(world.disk.keys.is_empty() && world.disk.packages.is_empty(), "erased once there is room");
    world.power_on();
    world.check_at_rest();
}

//! Whatever breaks in the middle: no double charge, no loss, no orphan.

use e2e::{Device, Relay};
use panel_app::core::{Command, LicenceNote, Screen, Stage};
use protocol::order::OrderState;

use crate::shop::{LARGE, OCR, stock_large, vendor};

#[test]
fn a_link_that_breaks_in_the_middle_is_continued_from_the_first_missing_chunk() {
    let mut vendor = vendor();
    stock_large(&vendor);
    let customer = vendor.customer("青空設計");
    let relay = Relay::to(vendor.addr());
    let code = vendor.register("HK-320-0001", Some(&customer));
    let device = Device::new();
    device.enrol(relay.addr(), vendor.ca_fingerprint(), "HK-320-0001", &code);
    device.apply(Command::OpenOffer(LARGE.parse().unwrap()));
    device.wait_screen(|screen| matches!(screen, Screen::Offer { .. }));
    relay.break_after(6 << 20);
    device.apply(Command::Confirm);
    relay.wait_broken();
    vendor.stop();
    relay.mend();
    vendor.start_again();
    device.wait_done();
    assert_eq!(vendor.charges().len(), 1);
    let order = &vendor.orders()[0];
    assert_eq!(order.state, OrderState::Licensed);
}

#[test]
fn a_device_switched_off_at_any_stage_goes_on_where_it_was() {
    let vendor = vendor();
    let customer = vendor.customer("青空設計");
    let mut device = Device::enrolled(&vendor, "HK-320-0001", Some(&customer));
    let stages: [fn(&Screen) -> bool; 3] = [
        |screen| !matches!(screen, Screen::Offer { .. }),
        |screen| !matches!(screen, Screen::Offer { .. } | Screen::Requesting { .. }),
        |screen| matches!(screen, Screen::Choose { .. }),
    ];
    for (bought, stage) in stages.into_iter().enumerate() {
        device.order(OCR);
        device.wait_screen(stage);
        device.switch_on();
        device.wait_screen(|screen| matches!(screen, Screen::Choose { .. }));
        device.apply(Command::Choose("uses:3".parse().unwrap()));
        device.switch_on();
        // What is bought again adds up.
        let uses = LicenceNote::Uses(3 * (u32::try_from(bought).unwrap() + 1));
        device.wait(move |core| core.view().installed.first().is_some_and(|installed| installed.left == uses));
        if matches!(device.screen(), Screen::Done { .. }) {
            device.apply(Command::Dismiss);
        }
        assert_eq!(vendor.charges().len(), bought + 1);
    }
    assert!(device.stages().iter().all(|stage| matches!(stage, Stage::Done(..))));
}

#[test]
fn a_server_restarted_between_any_two_steps_gives_the_same_answers() {
    let mut vendor = vendor();
    let customer = vendor.customer("青空設計");
    let device = Device::enrolled(&vendor, "HK-320-0001", Some(&customer));
    device.apply(Command::OpenOffer(OCR.parse().unwrap()));
    device.wait_screen(|screen| matches!(screen, Screen::Offer { .. }));
    vendor.start_again();
    device.apply(Command::Confirm);
    device.wait_screen(|screen| matches!(screen, Screen::Choose { .. }));
    vendor.start_again();
    device.apply(Command::Choose("permanent".parse().unwrap()));
    device.wait_done();
    vendor.start_again();
    assert_eq!(vendor.charges().len(), 1);
    assert_eq!(device.use_on(OCR, "O").unwrap(), b"0");
}

#[test]
fn while_the_vendor_is_away_the_purchase_waits_and_then_goes_on() {
    let mut vendor = vendor();
    let customer = vendor.customer("青空設計");
    let device = Device::enrolled(&vendor, "HK-320-0001", Some(&customer));
    device.order(OCR);
    device.wait_screen(|screen| matches!(screen, Screen::Choose { .. }));
    vendor.stop();
    device.apply(Command::Choose("uses:3".parse().unwrap()));
    assert!(matches!(device.screen(), Screen::Buying { .. }));
    assert!(device.installed().is_empty());
    vendor.start_again();
    device.wait_done();
    assert_eq!(vendor.charges().len(), 1);
}

//! The life of a licence after the purchase: topped up, renewed, bought for good, tried.

use e2e::{Device, OptionSpec, Vendor};
use panel_app::core::{Command, EndReason, LicenceNote, More, ReceiptState};
use protocol::message::staff::{Query, StaffReply, StaffRequest};
use protocol::package::OptionKind;

use crate::licences::ended;
use crate::shop::{LARGE, OCR, vendor};

const DAY_MS: u64 = 24 * 3_600 * 1_000;

/// A vendor that sells something large, so that a second download would be seen.
fn large_vendor(offers: &[(&str, u64)]) -> Vendor {
    let vendor = Vendor::start();
    let content: Vec<u8> = (0..3_u32 << 18).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    vendor.publish(&OptionSpec { id: LARGE, kind: OptionKind::FontPack, offers, content: &content });
    vendor
}

fn sent_bytes(vendor: &Vendor) -> u64 {
    vendor.metric("kobai_sent_bytes_total")
}

#[test]
fn an_installed_option_is_topped_up_and_bought_for_good_without_a_byte_of_its_package() {
    let vendor = large_vendor(&[("permanent", 9_800), ("uses:3", 900)]);
    let customer = vendor.customer("青空設計");
    let device = Device::enrolled(&vendor, "HK-320-0001", Some(&customer));
    device.buy(LARGE, "uses:3");
    let once = sent_bytes(&vendor);
    assert!(once > 3 << 20, "{once}");
    device.buy(LARGE, "uses:3");
    assert_eq!(device.installed().len(), 1);
    assert_eq!((device.installed()[0].left, device.installed()[0].more), (LicenceNote::Uses(6), Some(More::TopUp)));
    device.buy(LARGE, "permanent");
    assert_eq!(device.installed()[0].left, LicenceNote::Unlimited);
    assert_eq!(sent_bytes(&vendor), once, "nothing was fetched again");
    assert_eq!(vendor.charges().len(), 3);
    assert_eq!(ended(&device), [EndReason::Replaced; 2]);
    device.pass_ms(10_000);
    vendor.wait(|vendor| vendor.licences().iter().filter(|row| row.erased_at.is_some()).count() == 2);
}

#[test]
fn a_period_is_renewed_from_its_end_and_loses_no_day() {
    let mut vendor = vendor();
    let customer = vendor.customer("青空設計");
    let mut device = Device::enrolled(&vendor, "HK-320-0001", Some(&customer));
    device.buy(OCR, "days:30");
    device.buy(OCR, "days:30");
    let mut rows = vendor.licences();
    rows.sort_by_key(|row| row.starts_at);
    assert_eq!(Some(rows[1].starts_at), rows[0].ends_at);
    let LicenceNote::Time(left_ms) = device.installed()[0].left else { panic!() };
    assert!(left_ms > 59 * DAY_MS && left_ms <= 60 * DAY_MS, "{left_ms}");
    vendor.stop();
    device.pass_ms(31 * DAY_MS);
    device.wait(|core| core.view().installed.first().is_some_and(|row| row.licences.len() == 1));
    assert_eq!(ended(&device), [EndReason::PeriodOver]);
    assert!(device.use_on(OCR, "O").is_ok(), "the second period runs");
    device.switch_on();
    device.pass_ms(29 * DAY_MS);
    device.wait(|core| core.view().installed.is_empty());
}

#[test]
fn a_trial_is_granted_once_whatever_becomes_of_the_device() {
    let vendor = large_vendor(&[("uses:3", 900), ("uses:1", 0)]);
    let customer = vendor.customer("青空設計");
    let device = Device::enrolled(&vendor, "HK-320-0001", Some(&customer));
    device.buy(LARGE, "uses:1");
    assert_eq!(vendor.charges()[0].amount.amount(), 0);
    drop(device);
    // A new machine in its place, with the same serial number, an empty store and another key.
    let serial = "HK-320-0001".parse().unwrap();
    let code = vendor.new_code(&serial);
    let device = Device::new();
    device.enrol(vendor.addr(), vendor.ca_fingerprint(), "HK-320-0001", &code);
    device.order(LARGE);
    device.wait_screen(|screen| matches!(screen, panel_app::core::Screen::Choose { .. }));
    let panel_app::core::Screen::Choose { offers, .. } = device.screen() else { unreachable!("just waited for it") };
    assert!(offers.len() == 1 && !offers[0].trial, "{offers:?}");
}

#[test]
fn an_option_that_was_never_used_goes_back_and_its_price_is_credited() {
    let vendor = vendor();
    let StaffReply::Rules(rules) = vendor.staff(StaffRequest::SetReturnDays { days: 7 }) else { panic!() };
    assert_eq!(rules.return_days, 7);
    let customer = vendor.customer("青空設計");
    let device = Device::enrolled(&vendor, "HK-320-0001", Some(&customer));
    device.buy(OCR, "permanent");
    let back = device.installed()[0].returnable.unwrap();
    assert_eq!(back.price.amount(), 20_000);
    device.apply(Command::Return(back.licence));
    device.wait(|core| core.view().installed.is_empty());
    assert_eq!(ended(&device), [EndReason::Returned]);
    device.wait(move |core| core.receipt_of(back.licence) == Some(ReceiptState::Filed));
    let request = StaffRequest::Credits { query: Query::default(), customer: None, charge: None };
    let StaffReply::Credits(credits) = vendor.staff(request) else { panic!() };
    let given: Vec<_> = credits.rows.iter().map(|row| (row.amount.amount(), row.by.clone())).collect();
    assert_eq!(given, [(20_000, None)]);
    assert_eq!(vendor.charges()[0].credited.amount(), 20_000);
    device.buy(OCR, "uses:3");
    device.use_on(OCR, "O").unwrap();
    assert_eq!(device.installed()[0].returnable, None);
}

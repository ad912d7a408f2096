//! Licences on the device: used up, over, removed, and erased.

use e2e::Device;
use panel_app::core::{Command, EndReason, LicenceNote, Place, Screen};

use crate::shop::{OCR, STAMP, vendor};

const DAY_MS: u64 = 24 * 3_600 * 1_000;

pub(crate) fn ended(device: &Device) -> Vec<EndReason> {
    device.apply(Command::Go(Place::MyOptions));
    match device.screen() {
        Screen::MyOptions { ended } => ended.iter().map(|option| option.reason).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_licence_by_count_is_used_up_and_erased_while_the_vendor_is_away() {
    let mut vendor = vendor();
    let customer = vendor.customer("青空設計");
    let mut device = Device::enrolled(&vendor, "HK-320-0001", Some(&customer));
    device.buy(OCR, "uses:3");
    vendor.stop();
    for left in [2, 1, 0] {
        assert_eq!(device.use_on(OCR, "O").unwrap(), b"0");
        if left > 0 {
            assert_eq!(device.installed()[0].left, LicenceNote::Uses(left));
            device.switch_on();
        }
    }
    assert!(device.installed().is_empty());
    assert_eq!(ended(&device), [EndReason::UsedUp]);
    assert!(device.use_on(OCR, "O").is_err());
    device.switch_on();
    assert!(device.use_on(OCR, "O").is_err());
}

#[test]
fn a_licence_by_period_ends_on_the_devices_own_clock_which_nobody_turns_back() {
    let mut vendor = vendor();
    let customer = vendor.customer("青空設計");
    let mut device = Device::enrolled(&vendor, "HK-320-0001", Some(&customer));
    device.buy(OCR, "days:30");
    vendor.stop();
    device.pass_ms(29 * DAY_MS);
    assert_eq!(device.use_on(OCR, "O").unwrap(), b"0");
    device.set_wall_by_ms(-400 * 24 * 3_600 * 1_000);
    device.switch_on();
    let LicenceNote::Time(left_ms) = device.installed()[0].left else { panic!() };
    assert!(left_ms <= DAY_MS, "{left_ms}");
    device.pass_ms(DAY_MS);
    device.wait(|core| core.view().installed.is_empty());
    assert_eq!(ended(&device), [EndReason::PeriodOver]);
    assert!(device.use_on(OCR, "O").is_err());
}

#[test]
fn what_is_removed_is_gone_and_can_be_bought_again() {
    let vendor = vendor();
    let customer = vendor.customer("青空設計");
    let device = Device::enrolled(&vendor, "HK-320-0001", Some(&customer));
    device.buy(OCR, "permanent");
    device.apply(Command::Remove(device.installed()[0].licence));
    assert!(device.installed().is_empty() && device.use_on(OCR, "O").is_err());
    device.buy(OCR, "uses:3");
    assert_eq!(device.use_on(OCR, "O").unwrap(), b"0");
    assert_eq!(vendor.charges().len(), 2);
}

#[test]
fn books_that_were_restored_from_a_backup_take_no_right_away_and_accuse_nobody() {
    let mut vendor = vendor();
    let customer = vendor.customer("青空設計");
    let mut device = Device::enrolled(&vendor, "HK-320-0001", Some(&customer));
    device.buy(OCR, "uses:3");
    device.pass_ms(10_000);
    vendor.wait(|vendor| vendor.licences()[0].reported_at.is_some());
    vendor.stop();
    let backup = vendor.copy_folder();
    vendor.start_again();
    device.buy(STAMP, "permanent");
    device.pass_ms(10_000);
    vendor.wait(|vendor| vendor.licences().iter().all(|row| row.reported_at.is_some()));
    vendor.stop();
    vendor.restore_folder(&backup);
    vendor.start_again();
    assert_eq!(vendor.charges().len(), 1, "the second purchase is in no book any more");
    device.switch_on();
    let before = vendor.licences()[0].reported_at;
    device.pass_ms(2 * 3_600_000);
    vendor.wait(|vendor| vendor.licences()[0].reported_at != before);
    device.wait(|core| core.view().installed.len() == 2);
    assert!(vendor.alarms().iter().all(|row| row.flag.is_none()), "{:?}", vendor.alarms());
    assert_eq!(device.use_on(OCR, "O").unwrap(), b"0");
}

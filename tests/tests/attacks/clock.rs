//! The device's clock: set back to use longer, set forward by mistake, wrong from the factory.

use e2e::{Device, OptionSpec, Vendor};
use panel_app::core::{EndReason, LicenceNote, LicenceState, LinkState, LockReason};
use protocol::message::report::FaultKind;
use protocol::package::OptionKind;

use crate::Attack;

pub(crate) const ATTACKS: &[Attack] = &[
    Attack { name: "set back by an hour", expectation: "no second gained; told", run: || set_back(HOUR_MS) },
    Attack { name: "set back by 25 hours", expectation: "no second gained; told", run: || set_back(25 * HOUR_MS) },
    Attack { name: "set back by 400 days", expectation: "no second gained; told", run: || set_back(400 * DAY_MS) },
    Attack { name: "set back to 1970", expectation: "no second gained; told", run: || set_back(56 * 365 * DAY_MS) },
    Attack { name: "set back, off every night", expectation: "the nights count", run: nights_on_a_clock_set_back },
    Attack { name: "another vendor, whose clock stands", expectation: "the nights count", run: another_vendors_clock },
    Attack { name: "ten years forward", expectation: "locked, not erased; unlocked", run: ten_years_forward },
    Attack { name: "in 1970 from the factory", expectation: "enrols and buys", run: || wrong_from_the_factory(-56) },
    Attack { name: "in 2036 from the factory", expectation: "enrols and buys", run: || wrong_from_the_factory(11) },
];

const OCR: &str = "ocr-package";
const HOUR_MS: i64 = 3_600 * 1_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const RULES: &[u8] = b"format = \"kobai-rules/1\"\nname = \"x\"\n[[map]]\nfrom = \"O\"\nto = \"0\"\n";

fn vendor() -> Vendor {
    let vendor = Vendor::start();
    vendor.publish(&OptionSpec { id: OCR, kind: OptionKind::Program, offers: &[("days:30", 3_000)], content: RULES });
    vendor
}

fn bought() -> (Vendor, Device) {
    let vendor = vendor();
    let customer = vendor.customer("青空設計");
    let device = Device::enrolled(&vendor, "HK-320-0001", Some(&customer));
    device.buy(OCR, "days:30");
    (vendor, device)
}

fn left_ms(device: &Device) -> u64 {
    match device.installed()[0].left {
        LicenceNote::Time(ms) => ms,
        other => panic!("{other:?}"),
    }
}

fn set_back(by_ms: i64) -> String {
    let (mut vendor, mut device) = bought();
    vendor.stop();
    device.pass_ms(u64::try_from(10 * DAY_MS).unwrap());
    let before_ms = left_ms(&device);
    device.set_wall_by_ms(-by_ms);
    device.switch_on();
    let after_ms = left_ms(&device);
    assert!(after_ms <= before_ms, "{before_ms} became {after_ms}");
    vendor.start_again();
    device.switch_on();
    vendor.wait(|vendor| vendor.alarms().iter().any(|row| !row.faults.is_empty()));
    let FaultKind::ClockSetBack(told_ms) = vendor.alarms()[0].faults[0].kind else { panic!("{:?}", vendor.alarms()) };
    vendor.stop();
    device.pass_ms(u64::try_from(20 * DAY_MS).unwrap());
    device.wait(|core| core.view().installed.is_empty());
    format!("gained 0 s; {} h told to the vendor; over after 30 days", told_ms / 3_600_000)
}

fn nights_on_a_clock_set_back() -> String {
    let (mut vendor, mut device) = bought();
    vendor.stop();
    device.set_wall_by_ms(-400 * DAY_MS);
    device.switch_on();
    let mut nights = 0;
    while !device.installed().is_empty() {
        nights += 1;
        assert!(nights < 50, "the licence outlives its period");
        device.switch_off();
        device.pass_ms(u64::try_from(16 * HOUR_MS).unwrap());
        device.switch_on();
        device.pass_ms(u64::try_from(8 * HOUR_MS).unwrap());
        device.wait(|_| true);
    }
    assert!((29..=30).contains(&nights), "{nights}");
    format!("over after {nights} days and nights")
}

/// Anybody can run a server. The device enrols there between its nights, and that vendor's clock tells of none.
fn another_vendors_clock() -> String {
    let (mut vendor, mut device) = bought();
    let before_ms = left_ms(&device);
    vendor.stop();
    let other = Vendor::start();
    let code = other.register("HK-320-0001", None);
    device.enrol(other.addr(), other.ca_fingerprint(), "HK-320-0001", &code);
    let nights = 5;
    for _ in 0..nights {
        device.switch_off();
        device.pass_ms(u64::try_from(16 * HOUR_MS).unwrap());
        device.switch_on();
        device.wait(|core| core.view().link == LinkState::Up);
    }
    let gone_ms = before_ms - left_ms(&device);
    assert!(gone_ms >= u64::try_from(nights * 16 * HOUR_MS).unwrap(), "{gone_ms}");
    format!("{nights} nights cost {} h", gone_ms / 3_600_000)
}

fn ten_years_forward() -> String {
    let (mut vendor, mut device) = bought();
    vendor.stop();
    device.set_wall_by_ms(10 * 365 * DAY_MS);
    device.wait(|core| core.view().clock_in_doubt);
    device.switch_on();
    assert_eq!(device.installed()[0].left, LicenceNote::Locked(LockReason::ClockInDoubt));
    assert!(device.use_on(OCR, "O").is_err());
    assert!(device.on_disk().keys.len() == 1, "not erased");
    vendor.start_again();
    device.switch_on();
    device.wait(|core| !core.view().clock_in_doubt);
    assert_eq!(device.use_on(OCR, "O").unwrap(), b"0");
    let disk = device.on_disk();
    assert_eq!(disk.licences[0].state, LicenceState::Active);
    vendor.stop();
    device.switch_on();
    let left = left_ms(&device);
    assert_eq!(device.use_on(OCR, "O").unwrap(), b"0", "its known error is taken off, also without the vendor");
    assert!(!disk.licences.iter().any(|l| matches!(l.state, LicenceState::Ended(EndReason::PeriodOver, _))));
    format!("locked while in doubt; {} days left after contact", left / 86_400_000)
}

fn wrong_from_the_factory(years: i64) -> String {
    let vendor = vendor();
    let customer = vendor.customer("青空設計");
    let code = vendor.register("HK-320-0001", Some(&customer));
    let device = Device::with_wall_wrong_by_ms(years * 365 * DAY_MS);
    device.enrol(vendor.addr(), vendor.ca_fingerprint(), "HK-320-0001", &code);
    device.buy(OCR, "days:30");
    assert_eq!(device.use_on(OCR, "O").unwrap(), b"0");
    let days = left_ms(&device) / 86_400_000;
    assert_eq!(days, 29);
    format!("enrolled and bought; {days} days and some hours left")
}

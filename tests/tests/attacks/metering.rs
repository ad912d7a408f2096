//! Uses that are charged once they are reported: not reported, reported again, reported wrongly.

use e2e::peer::Peer;
use e2e::{Device, OptionSpec, Vendor};
use panel_app::core::{Change, Command, LicenceNote, LockReason};
use protocol::message::device::{DeviceReply, DeviceRequest};
use protocol::message::report::{DeviceReport, LicenceReport, ReportAnswer, Standing, UsageMark};
use protocol::message::staff::{DeviceDecision, FlagReason, StaffRequest};
use protocol::package::OptionKind;
use protocol::{Digest, LicenceId, Timestamp, UsageForm};

use crate::Attack;

pub(crate) const ATTACKS: &[Attack] = &[
    Attack { name: "reports again, late and out of order", expectation: "each use charged once", run: replayed },
    Attack { name: "fewer uses than reported before", expectation: "flagged; nothing given back", run: understated },
    Attack { name: "more uses than a machine makes", expectation: "flagged; not charged", run: overstated },
    Attack { name: "another device's uses", expectation: "charged to nobody", run: anothers },
    Attack {
        name: "reports blocked for two weeks",
        expectation: "locked, not erased; unlocked by a report",
        run: blocked,
    },
    Attack {
        name: "reports blocked, clock set back each night",
        expectation: "locked all the same",
        run: blocked_and_set_back,
    },
    Attack {
        name: "removed before the uses were reported",
        expectation: "charged with the receipt",
        run: removed_offline,
    },
    Attack {
        name: "power cut before the uses were reported",
        expectation: "charged after the next start",
        run: cut_before_report,
    },
    Attack { name: "edited count of uses", expectation: "locked; charged as it was", run: edited_count },
    Attack { name: "store put back to fewer uses", expectation: "flagged; locked; nothing given back", run: restored },
];

const OCR: &str = "ocr-package";
const RULES: &[u8] = b"format = \"kobai-rules/1\"\nname = \"x\"\n[[map]]\nfrom = \"O\"\nto = \"0\"\n";
const HOUR_MS: u64 = 3_600 * 1_000;
const DAY_MS: u64 = 24 * HOUR_MS;
const EACH: u64 = 30;

fn vendor() -> Vendor {
    let vendor = Vendor::start();
    vendor.publish(&OptionSpec { id: OCR, kind: OptionKind::Program, offers: &[("metered", EACH)], content: RULES });
    vendor
}

fn device(vendor: &Vendor) -> Device {
    let customer = vendor.customer("青空設計");
    let device = Device::enrolled(vendor, "HK-320-0001", Some(&customer));
    device.buy(OCR, "metered");
    device
}

fn peer(vendor: &Vendor, serial: &str) -> Peer {
    let customer = vendor.customer("青空設計");
    Peer::enrolled(vendor, serial, Some(&customer))
}

/// Uses and yen that were charged, and the lines that say so.
fn charged(vendor: &Vendor) -> (u64, u64, usize) {
    let charges = vendor.charges();
    assert!(charges.iter().all(|row| row.form == UsageForm::Metered));
    let lines: Vec<_> = charges.iter().filter_map(|row| row.uses).collect();
    let yen = charges.iter().map(|row| row.amount.amount()).sum();
    (lines.iter().map(|uses| u64::from(uses.count)).sum(), yen, lines.len())
}

fn assert_charged(vendor: &Vendor, uses: u64) {
    let (count, yen, _) = charged(vendor);
    assert_eq!((count, yen), (uses, uses * EACH));
}

/// Waits until so many uses are charged, and sees that it were no more.
fn wait_charged(vendor: &Vendor, device: &Device, uses: u64) {
    device.pass_ms(10_000);
    vendor.wait(|vendor| charged(vendor).0 >= uses);
    assert_charged(vendor, uses);
}

fn told(
    peer: &Peer,
    vendor: &Vendor,
    licence: LicenceId,
    (acknowledged, reported): (u64, u64),
    used: u64,
) -> ReportAnswer {
    let mark = |sequence| UsageMark { sequence, head: Digest([7; 32]) };
    let report = DeviceReport {
        acknowledged: mark(acknowledged),
        mark: mark(reported),
        clock: Timestamp::from_ms(1),
        licences: vec![LicenceReport {
            licence,
            standing: Standing::Active,
            uses_left: None,
            used: Some(used),
            was_used: used > 0,
        }],
        faults: vec![],
        receipts: vec![],
    };
    match peer.ask(vendor, &DeviceRequest::Report(Box::new(report))).unwrap() {
        DeviceReply::Reported(answer) => answer,
        other => panic!("{other:?}"),
    }
}

fn flag(vendor: &Vendor) -> Option<FlagReason> {
    vendor.alarms().first().and_then(|row| row.flag).map(|(reason, _)| reason)
}

fn replayed() -> String {
    let vendor = vendor();
    let peer = peer(&vendor, "HK-320-0001");
    let licence = peer.buy(&vendor, OCR, "metered").unwrap().id;
    let reports = [
        ((0, 1), 3),
        ((0, 1), 3),
        ((0, 1), 5),
        ((0, 1), 5),
        ((1, 2), 5),
        ((1, 2), 9),
        ((2, 3), 9),
        ((0, 1), 3),
        ((2, 3), 9),
    ];
    for (marks, used) in reports {
        told(&peer, &vendor, licence, marks, used);
    }
    assert_charged(&vendor, 9);
    format!("9 uses in {} lines after {} reports", charged(&vendor).2, reports.len())
}

fn understated() -> String {
    let vendor = vendor();
    let peer = peer(&vendor, "HK-320-0001");
    let licence = peer.buy(&vendor, OCR, "metered").unwrap().id;
    told(&peer, &vendor, licence, (0, 1), 9);
    assert_eq!(told(&peer, &vendor, licence, (1, 2), 2).locked, [licence]);
    assert_eq!(flag(&vendor), Some(FlagReason::Restored));
    assert_charged(&vendor, 9);
    let again = peer.ask(&vendor, &DeviceRequest::Licence { licence }).unwrap_err();
    format!("flagged `restored`; 9 uses stay charged; the licence again: {again}")
}

fn overstated() -> String {
    let vendor = vendor();
    let peer = peer(&vendor, "HK-320-0001");
    let licence = peer.buy(&vendor, OCR, "metered").unwrap().id;
    for used in [1_000_001, u64::MAX] {
        assert_eq!(told(&peer, &vendor, licence, (0, 1), used).locked, [licence]);
    }
    assert_eq!(flag(&vendor), Some(FlagReason::Implausible));
    assert_charged(&vendor, 0);
    "flagged `implausible`; ￥0".to_owned()
}

fn anothers() -> String {
    let vendor = vendor();
    let (owner, other) = (peer(&vendor, "HK-320-0001"), peer(&vendor, "HK-320-0002"));
    let licence = owner.buy(&vendor, OCR, "metered").unwrap().id;
    assert_eq!(told(&other, &vendor, licence, (0, 1), 50).revoked, [licence]);
    assert_charged(&vendor, 0);
    told(&owner, &vendor, licence, (0, 1), 2);
    assert_charged(&vendor, 2);
    "2 uses, the owner's".to_owned()
}

fn blocked() -> String {
    let mut vendor = vendor();
    let mut device = device(&vendor);
    vendor.stop();
    device.use_on(OCR, "O").unwrap();
    device.pass_ms(14 * DAY_MS - HOUR_MS);
    device.use_on(OCR, "O").unwrap();
    device.pass_ms(2 * HOUR_MS);
    device.wait(|core| core.view().installed[0].left == LicenceNote::Locked(LockReason::ContactDue));
    assert!(device.use_on(OCR, "O").is_err());
    device.switch_on();
    assert_eq!(device.installed()[0].left, LicenceNote::Locked(LockReason::ContactDue), "after a restart");
    vendor.start_again();
    device.switch_on();
    device.wait(|core| core.view().installed[0].left == LicenceNote::Used(2));
    wait_charged(&vendor, &device, 2);
    assert_eq!(device.use_on(OCR, "O").unwrap(), b"0");
    "locked after 14 days over restarts; 2 uses charged and usable with the next report".to_owned()
}

fn blocked_and_set_back() -> String {
    let mut vendor = vendor();
    let mut device = device(&vendor);
    vendor.stop();
    let mut days = 0;
    while device.use_on(OCR, "O").is_ok() {
        days += 1;
        assert!(days < 20, "it can be used for ever");
        device.pass_ms(8 * HOUR_MS);
        device.switch_off();
        device.pass_ms(16 * HOUR_MS);
        device.switch_on();
        device.set_wall_by_ms(-(24 * i64::try_from(HOUR_MS).unwrap()));
    }
    assert_eq!(device.installed()[0].left, LicenceNote::Locked(LockReason::ContactDue));
    vendor.start_again();
    device.switch_on();
    wait_charged(&vendor, &device, days);
    format!("locked after {days} days; each of {days} uses charged")
}

fn removed_offline() -> String {
    let mut vendor = vendor();
    let mut device = device(&vendor);
    vendor.stop();
    (0..3).for_each(|_| _ = device.use_on(OCR, "O").unwrap());
    let licence = device.installed()[0].licence;
    device.apply(Command::Remove(licence));
    device.wait(|core| core.view().installed.is_empty());
    device.switch_on();
    vendor.start_again();
    device.switch_on();
    wait_charged(&vendor, &device, 3);
    vendor.wait(|vendor| vendor.licences()[0].erased_at.is_some());
    assert_charged(&vendor, 3);
    "3 uses charged; receipt on file".to_owned()
}

fn cut_before_report() -> String {
    let vendor = vendor();
    let mut device = device(&vendor);
    for uses in 1..=4 {
        device.use_on(OCR, "O").unwrap();
        device.switch_on();
        wait_charged(&vendor, &device, uses);
    }
    "4 uses charged after 4 cuts".to_owned()
}

fn edited_count() -> String {
    let vendor = vendor();
    let mut device = device(&vendor);
    (0..3).for_each(|_| _ = device.use_on(OCR, "O").unwrap());
    wait_charged(&vendor, &device, 3);
    for edited in [0, 1_000_000] {
        device.switch_off();
        let (opened, loaded) = device.opened();
        let mut licence = loaded.licences[0].clone();
        licence.metering.as_mut().unwrap().used = edited;
        opened.store.commit(&[Change::Licence(licence.into())]).unwrap();
        drop(opened);
        device.switch_on();
        assert_eq!(device.installed()[0].left, LicenceNote::Locked(LockReason::Edited));
        vendor.wait(|vendor| flag(vendor) == Some(FlagReason::Edited));
        assert_charged(&vendor, 3);
        let serial = "HK-320-0001".parse().unwrap();
        vendor.staff(StaffRequest::DecideDevice { serial, decision: DeviceDecision::Release });
        device.pass_ms(2 * HOUR_MS);
        device.wait(|core| core.view().installed[0].left == LicenceNote::Used(3));
    }
    "locked twice; flagged `edited`; 3 uses charged; goes on from 3".to_owned()
}

fn restored() -> String {
    let vendor = vendor();
    let mut device = device(&vendor);
    device.use_on(OCR, "O").unwrap();
    wait_charged(&vendor, &device, 1);
    device.switch_off();
    let copy = device.copy_folder();
    device.switch_on();
    (0..3).for_each(|_| _ = device.use_on(OCR, "O").unwrap());
    wait_charged(&vendor, &device, 4);
    device.switch_off();
    device.restore_folder(&copy);
    device.switch_on();
    device.wait(|core| core.view().installed[0].left == LicenceNote::Locked(LockReason::Restored));
    assert_eq!(flag(&vendor), Some(FlagReason::Restored));
    assert_charged(&vendor, 4);
    let serial = "HK-320-0001".parse().unwrap();
    vendor.staff(StaffRequest::DecideDevice { serial, decision: DeviceDecision::Release });
    device.pass_ms(2 * HOUR_MS);
    device.wait(|core| core.view().installed[0].left == LicenceNote::Used(4));
    device.use_on(OCR, "O").unwrap();
    wait_charged(&vendor, &device, 5);
    "locked; flagged `restored`; 4 uses stay charged, the next is the fifth".to_owned()
}

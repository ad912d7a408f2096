//! The device's own storage: edited, copied from elsewhere, put back, searched for what is erased.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use e2e::peer::Peer;
use e2e::{Device, OptionSpec, Vendor};
use panel_app::core::{Change, Command, LicenceNote, LicenceRecord, LockReason, Restoration, Stage};
use panel_app::service::Power;
use panel_app::vault::KeyVault as _;
use protocol::message::device::{DeviceReply, DeviceRequest};
use protocol::message::report::{DeviceReport, FaultKind, LicenceReport, Standing, UsageMark};
use protocol::message::staff::{DeviceDecision, FlagReason, StaffRequest};
use protocol::net::DeviceKey;
use protocol::package::OptionKind;
use protocol::receipt::{EraseReceipt, SignedReceipt};
use protocol::{EndReason, LicenceId, Timestamp, UsageForm};

use crate::Attack;

pub(crate) const ATTACKS: &[Attack] = &[
    Attack { name: "edited counter", expectation: "locked; told; the true count back", run: edited_counter },
    Attack { name: "edited licence", expectation: "locked; told", run: edited_licence },
    Attack { name: "licence from another device's store", expectation: "locked; taken away", run: pasted_licence },
    Attack { name: "deleted licence, order set back", expectation: "what is left, not all of it", run: bought_twice },
    Attack { name: "restored store, offline", expectation: "not seen before contact", run: restored_offline },
    Attack { name: "restored store, online", expectation: "flagged; locked until staff decide", run: restored_online },
    Attack { name: "lost vault", expectation: "locked; fetched again for nothing", run: lost_vault },
    Attack {
        name: "emptied store, old activation code",
        expectation: "nothing before staff decide",
        run: emptied_store,
    },
    Attack { name: "search after used up", expectation: "no key, no plaintext", run: || search(EndReason::UsedUp) },
    Attack {
        name: "search after period over",
        expectation: "no key, no plaintext",
        run: || search(EndReason::PeriodOver),
    },
    Attack { name: "search after revoked", expectation: "no key, no plaintext", run: || search(EndReason::Revoked) },
    Attack { name: "search after returned", expectation: "no key, no plaintext", run: || search(EndReason::Returned) },
    Attack { name: "search after removed", expectation: "no key, no plaintext", run: || search(EndReason::Removed) },
    Attack { name: "power cut at each moment of an erasure", expectation: "erased at the start", run: cut_erasure },
    Attack { name: "forged erase receipts", expectation: "not on file; the alarm stays", run: forged_receipts },
    Attack { name: "uses that grow in a report", expectation: "flagged", run: growing_uses },
];

pub(crate) const OCR: &str = "ocr-package";
/// Text that no other file of the device has.
const SECRET: &[u8] = b"a rule that only the vendor knows";
const RULES: &[u8] =
    b"format = \"kobai-rules/1\"\nname = \"a rule that only the vendor knows\"\n[[map]]\nfrom = \"O\"\nto = \"0\"\n";
const HOUR_MS: u64 = 3_600 * 1_000;

pub(crate) fn vendor() -> Vendor {
    let vendor = Vendor::start();
    let offers = [("permanent", 20_000), ("uses:3", 2_000), ("days:30", 3_000)];
    vendor.publish(&OptionSpec { id: OCR, kind: OptionKind::Program, offers: &offers, content: RULES });
    vendor
}

pub(crate) fn device(vendor: &Vendor) -> Device {
    let customer = vendor.customer("青空設計");
    Device::enrolled(vendor, "HK-320-0001", Some(&customer))
}

/// A device with this licence, of which one use is used and told to the vendor, switched off.
fn used_once(form: &str) -> (Vendor, Device) {
    let vendor = vendor();
    let mut device = device(&vendor);
    device.buy(OCR, form);
    device.use_on(OCR, "O").unwrap();
    told(&vendor, &device);
    device.switch_off();
    (vendor, device)
}

/// Waits until the vendor knows what is left.
fn told(vendor: &Vendor, device: &Device) {
    let left = device.installed()[0].left;
    device.pass_ms(10_000);
    vendor.wait(|vendor| {
        let row = &vendor.licences()[0];
        row.reported_at.is_some()
            && (left == LicenceNote::Unlimited || left == LicenceNote::Uses(row.uses_left.unwrap()))
    });
}

fn edit(device: &Device, change: impl FnOnce(&mut LicenceRecord)) {
    let (opened, loaded) = device.opened();
    let mut licence = loaded.licences[0].clone();
    change(&mut licence);
    opened.store.commit(&[Change::Licence(licence.into())]).unwrap();
}

fn assert_locked(device: &Device, reason: LockReason) {
    assert_eq!(device.installed()[0].left, LicenceNote::Locked(reason));
    assert!(device.use_on(OCR, "O").is_err());
}

fn decide(vendor: &Vendor, device: &Device, decision: DeviceDecision) {
    let serial = "HK-320-0001".parse().unwrap();
    vendor.staff(StaffRequest::DecideDevice { serial, decision });
    device.pass_ms(2 * HOUR_MS);
}

fn edited_counter() -> String {
    let (vendor, mut device) = used_once("uses:3");
    edit(&device, |licence| licence.uses_left = Some(1_000_000));
    device.switch_on();
    assert_locked(&device, LockReason::Edited);
    vendor.wait(|vendor| vendor.alarms().first().is_some_and(|row| row.flag.is_some()));
    let row = vendor.alarms().remove(0);
    assert_eq!(row.flag.map(|(reason, _)| reason), Some(FlagReason::Edited));
    assert!(matches!(row.faults[0].kind, FaultKind::RecordEdited(_)));
    decide(&vendor, &device, DeviceDecision::Release);
    device.wait(|core| core.view().installed[0].left == LicenceNote::Uses(2));
    "locked; flagged `edited`; 2 of 3 uses after staff released it".to_owned()
}

fn edited_licence() -> String {
    let edits: [fn(&mut LicenceRecord); 3] = [
        |licence| licence.form = UsageForm::Permanent,
        |licence| licence.uses_left = None,
        |licence| licence.issued_at = licence.issued_at.plus_days(10_000),
    ];
    for change in edits {
        let (mut vendor, mut device) = used_once("uses:3");
        vendor.stop();
        edit(&device, change);
        device.switch_on();
        assert_locked(&device, LockReason::Edited);
    }
    format!("{} of {} edits locked, offline", edits.len(), edits.len())
}

fn pasted_licence() -> String {
    let vendor = vendor();
    let customer = vendor.customer("青空設計");
    let mut owner = Device::enrolled(&vendor, "HK-320-0001", Some(&customer));
    let mut thief = Device::enrolled(&vendor, "HK-320-0002", Some(&customer));
    owner.buy(OCR, "permanent");
    owner.switch_off();
    thief.switch_off();
    let (from, loaded) = owner.opened();
    let licence = loaded.licences[0].clone();
    let key = from.vault.get(licence.id).unwrap().unwrap();
    let package = licence.manifest.digest();
    let chunk = from.store.chunks().read(package, 0).unwrap().unwrap();
    let (to, _) = thief.opened();
    to.vault.keep(licence.id, &key).unwrap();
    to.store.chunks().insert(package, &[(0, chunk)], || true).unwrap();
    to.store.commit(&[Change::Licence(licence.into())]).unwrap();
    drop((from, to));
    thief.switch_on();
    assert!(thief.use_on(OCR, "O").is_err());
    thief.wait(|core| core.view().installed.is_empty());
    assert!(thief.on_disk().keys.is_empty(), "the stolen key is destroyed");
    owner.switch_on();
    assert_eq!(owner.use_on(OCR, "O").unwrap(), b"0");
    "never usable; erased after contact; the owner's works on".to_owned()
}

/// The record is deleted and the order set back to where the licence is fetched: what has been used is not given again.
fn bought_twice() -> String {
    let (vendor, mut device) = used_once("uses:3");
    let (opened, loaded) = device.opened();
    let licence = loaded.licences[0].clone();
    let mut order = loaded.orders[0].clone();
    order.stage = Stage::Buying(licence.form);
    opened.store.commit(&[Change::ForgetLicence(licence.id), Change::Order(order.into())]).unwrap();
    drop(opened);
    device.switch_on();
    vendor.wait(|vendor| vendor.alarms().iter().any(|row| row.flag.is_some()));
    let more = device.installed().iter().any(|row| matches!(row.left, LicenceNote::Uses(left) if left > 2));
    assert!(!more, "{:?}", device.installed());
    assert_eq!(vendor.charges().len(), 1);
    "flagged `edited`; no use given twice".to_owned()
}

fn restored_offline() -> String {
    let (mut vendor, mut device) = used_once("uses:3");
    vendor.stop();
    let copy = device.copy_folder();
    device.switch_on();
    device.use_on(OCR, "O").unwrap();
    device.switch_off();
    device.restore_folder(&copy);
    device.switch_on();
    // This is what SECURITY.md says: detection, not prevention.
    assert_eq!(device.installed()[0].left, LicenceNote::Uses(2));
    "one use twice while nobody could know of the first".to_owned()
}

fn restored_online() -> String {
    let (vendor, mut device) = used_once("uses:3");
    let copy = device.copy_folder();
    device.switch_on();
    device.use_on(OCR, "O").unwrap();
    told(&vendor, &device);
    device.switch_off();
    device.restore_folder(&copy);
    device.switch_on();
    vendor.wait(|vendor| vendor.alarms().iter().any(|row| row.flag.is_some()));
    device.wait(|core| core.view().installed[0].left == LicenceNote::Locked(LockReason::Restored));
    assert_eq!(vendor.alarms()[0].flag.map(|(reason, _)| reason), Some(FlagReason::Restored));
    assert_locked(&device, LockReason::Restored);
    device.switch_on();
    assert_locked(&device, LockReason::Restored);
    decide(&vendor, &device, DeviceDecision::End);
    device.wait(|core| core.view().installed.is_empty());
    device.pass_ms(10_000);
    vendor.wait(|vendor| vendor.licences()[0].erased_at.is_some());
    "flagged `restored`; locked over restarts; ended by staff, receipt on file".to_owned()
}

fn lost_vault() -> String {
    let (mut vendor, mut device) = used_once("uses:3");
    vendor.stop();
    std::fs::remove_file(device.path("vault")).unwrap();
    device.switch_on();
    assert_locked(&device, LockReason::KeyMissing);
    vendor.start_again();
    device.switch_on();
    device.wait(|core| core.view().installed[0].left == LicenceNote::Uses(2));
    assert_eq!(device.use_on(OCR, "O").unwrap(), b"0");
    assert_eq!(vendor.charges().len(), 1);
    "locked offline; 2 uses after contact; 1 charge".to_owned()
}

/// Whoever empties the store forgets what was used. The old code still gives the certificate, to the same key.
fn emptied_store() -> String {
    let vendor = vendor();
    let customer = vendor.customer("青空設計");
    let serial = "HK-320-0001".parse().unwrap();
    let code = vendor.register("HK-320-0001", Some(&customer));
    let mut device = Device::new();
    device.enrol(vendor.addr(), vendor.ca_fingerprint(), "HK-320-0001", &code);
    device.buy(OCR, "uses:3");
    device.use_on(OCR, "O").unwrap();
    told(&vendor, &device);
    let licence = device.installed()[0].licence;
    device.switch_off();
    for file in ["panel.redb", "vault"] {
        std::fs::remove_file(device.path(file)).unwrap();
    }
    device.switch_on();
    device.enrol(vendor.addr(), vendor.ca_fingerprint(), "HK-320-0001", &code);
    vendor.wait(|vendor| vendor.alarms().iter().any(|row| row.flag.is_some()));
    device.wait(|core| core.restoration() == Restoration::Complete);
    assert!(device.installed().is_empty());
    // Somebody with a program of his own and the device's key asks for what he remembers.
    let key = DeviceKey::from_pkcs8(&std::fs::read(device.path("identity/device.key")).unwrap()).unwrap();
    let peer = Peer::enrol(&vendor, &serial, &code, key).unwrap();
    let refused = peer.ask(&vendor, &DeviceRequest::Restore { licence }).unwrap_err();
    decide(&vendor, &device, DeviceDecision::Release);
    device.wait(|core| core.view().installed.first().is_some_and(|row| row.left == LicenceNote::Uses(2)));
    assert_eq!(vendor.charges().len(), 1);
    format!("flagged; asked for all the same: {refused}; 2 of 3 uses after staff released it")
}

fn search(over: EndReason) -> String {
    let vendor = vendor();
    let mut device = device(&vendor);
    let form = match over {
        EndReason::UsedUp => "uses:3",
        EndReason::PeriodOver => "days:30",
        EndReason::Revoked | EndReason::Removed => "permanent",
        EndReason::Replaced | EndReason::Moved => panic!("the key of the package lives on"),
        EndReason::Returned => "permanent",
    };
    vendor.staff(StaffRequest::SetReturnDays { days: 7 });
    device.buy(OCR, form);
    let licence = device.installed()[0].licence;
    let key = key_of(&mut device, licence);
    assert_eq!(device.files_with(&[&key]), [device.path("vault").display().to_string()], "in the vault alone");
    device.switch_on();
    match over {
        EndReason::UsedUp => (0..3).for_each(|_| _ = device.use_on(OCR, "O").unwrap()),
        EndReason::PeriodOver => device.pass_ms(30 * 24 * HOUR_MS),
        EndReason::Revoked => {
            vendor.staff(StaffRequest::RevokeLicence { licence });
            device.pass_ms(2 * HOUR_MS);
        }
        EndReason::Removed => device.apply(Command::Remove(licence)),
        EndReason::Replaced | EndReason::Moved => panic!("the key of the package lives on"),
        EndReason::Returned => device.apply(Command::Return(licence)),
    }
    device.wait(|core| core.view().installed.is_empty());
    device.pass_ms(10_000);
    vendor.wait(|vendor| vendor.licences()[0].erased_at.is_some());
    device.switch_off();
    assert_eq!(device.files_with(&[&key, SECRET]), [""; 0]);
    assert!(matches!(vendor.licences()[0].standing, Standing::Ended(reason, _) if reason == over));
    format!("0 files with key or plaintext; receipt `{}`", over.name())
}

/// The content key of a licence, from the vault of the device, which is off afterwards.
fn key_of(device: &mut Device, licence: LicenceId) -> Vec<u8> {
    device.switch_off();
    let (opened, _) = device.opened();
    opened.vault.get(licence).unwrap().unwrap().as_bytes().to_vec()
}

fn cut_erasure() -> String {
    let vendor = vendor();
    let mut device = device(&vendor);
    for moment in 0_usize.. {
        device.buy(OCR, "permanent");
        let licence = device.installed()[0].licence;
        let key = key_of(&mut device, licence);
        let passed = Arc::new(AtomicUsize::new(0));
        let counted = passed.clone();
        device.switch_on_with(Power::that(move || counted.fetch_add(1, Ordering::Relaxed) < moment));
        device.apply(Command::Remove(licence));
        device.switch_on();
        if device.installed().is_empty() {
            device.switch_off();
        } else {
            // The power went before the wish was heard.
            device.apply(Command::Remove(licence));
            device.switch_off();
        }
        assert_eq!(device.files_with(&[&key, SECRET]), [""; 0], "cut after {moment} moments");
        device.switch_on();
        device.wait(|core| core.view().installed.is_empty());
        if passed.load(Ordering::Relaxed) < moment {
            return format!("0 files with key or plaintext after each of {moment} cuts");
        }
    }
    unreachable!("an erasure has an end")
}

fn forged_receipts() -> String {
    let vendor = vendor();
    let customer = vendor.customer("青空設計");
    let owner = Peer::enrolled(&vendor, "HK-320-0001", Some(&customer));
    let forger = Peer::enrolled(&vendor, "HK-320-0002", Some(&customer));
    let licence = owner.buy(&vendor, OCR, "uses:3").unwrap();
    let receipt = |device: &Peer| EraseReceipt {
        device: device.serial.clone(),
        licence: licence.id,
        package: licence.package,
        reason: EndReason::UsedUp,
        erased_at: Timestamp::from_ms(1),
        used: None,
    };
    let forgers_key = forger.credentials.key.secret_pkcs8_der();
    let ended = Standing::Ended(EndReason::UsedUp, Timestamp::from_ms(1));
    // Signed by another key, and signed by its own key for another's licence.
    for (who, receipt) in [(&owner, receipt(&owner)), (&forger, receipt(&forger)), (&forger, receipt(&owner))] {
        let signed = SignedReceipt::sign(&receipt, forgers_key).unwrap();
        report(&vendor, who, 1, &licence.id, ended, vec![signed]);
        assert_eq!(vendor.licences()[0].erased_at, None);
    }
    "3 of 3 forgeries not on file".to_owned()
}

fn growing_uses() -> String {
    let vendor = vendor();
    let customer = vendor.customer("青空設計");
    let peer = Peer::enrolled(&vendor, "HK-320-0001", Some(&customer));
    let licence = peer.buy(&vendor, OCR, "uses:3").unwrap();
    let active = |sequence, uses_left| {
        let mark = UsageMark { sequence, ..UsageMark::default() };
        let row = LicenceReport {
            licence: licence.id,
            standing: Standing::Active,
            uses_left: Some(uses_left),
            used: None,
            was_used: true,
        };
        let report = DeviceReport {
            acknowledged: UsageMark { sequence: sequence - 1, ..UsageMark::default() },
            mark,
            clock: Timestamp::from_ms(1),
            licences: vec![row],
            faults: vec![],
            receipts: vec![],
        };
        match peer.ask(&vendor, &DeviceRequest::Report(Box::new(report))).unwrap() {
            DeviceReply::Reported(answer) => answer,
            other => panic!("{other:?}"),
        }
    };
    assert!(active(1, 1).locked.is_empty());
    assert_eq!(active(2, 3).locked, [licence.id]);
    assert_eq!(vendor.licences()[0].uses_left, Some(1));
    let again = peer.ask(&vendor, &DeviceRequest::Licence { licence: licence.id }).unwrap_err();
    format!("flagged; the licence again: {again}")
}

fn report(
    vendor: &Vendor,
    peer: &Peer,
    sequence: u64,
    licence: &LicenceId,
    standing: Standing,
    receipts: Vec<SignedReceipt>,
) {
    let report = DeviceReport {
        acknowledged: UsageMark::default(),
        mark: UsageMark { sequence, ..UsageMark::default() },
        clock: Timestamp::from_ms(1),
        licences: vec![LicenceReport { licence: *licence, standing, uses_left: Some(0), used: None, was_used: true }],
        faults: vec![],
        receipts,
    };
    peer.ask(vendor, &DeviceRequest::Report(Box::new(report))).unwrap();
}

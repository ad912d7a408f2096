//! More right than was sold: trials without end, periods that begin when it suits.

use e2e::peer::{Peer, order_id};
use e2e::{Device, OptionSpec, Vendor};
use panel_app::core::{Command, LicenceNote, Restoration};
use protocol::message::device::{DeviceReply, DeviceRequest};
use protocol::message::report::{LicenceReport, Standing};
use protocol::message::staff::{CreditRow, Query, StaffReply, StaffRequest};
use protocol::net::DeviceKey;
use protocol::package::OptionKind;
use protocol::{DeviceSerial, Licence, LicenceId, LockReason, OrderId, RefusalCode};
use vendor_console::client::StaffError;
use vendor_console::clock::Clock;

use crate::Attack;

pub(crate) const ATTACKS: &[Attack] = &[
    Attack {
        name: "a second trial",
        expectation: "refused, with another key too; nothing is on file",
        run: second_trial,
    },
    Attack { name: "two trials at once", expectation: "one of them is granted", run: two_trials },
    Attack {
        name: "a period that follows what is not its own",
        expectation: "begins at once, like any other",
        run: foreign_period,
    },
    Attack { name: "a return after a use", expectation: "refused; no credit", run: return_after_use },
    Attack {
        name: "a use after a return was accepted",
        expectation: "the return is void; no credit",
        run: use_after_return,
    },
    Attack { name: "a return over and over", expectation: "one credit", run: many_returns },
    Attack { name: "a return when the time is over", expectation: "refused", run: late_return },
    Attack { name: "a returned licence, asked for again", expectation: "refused", run: returned_again },
    Attack {
        name: "a move while the licence is still used",
        expectation: "each use is counted; nothing moves before the receipt",
        run: moved_while_used,
    },
    Attack {
        name: "a device that is called lost and is not",
        expectation: "refused until it is revoked; then it hears of nothing any more",
        run: lost_and_found,
    },
    Attack {
        name: "a suspended licence, kept offline",
        expectation: "usable until the first contact, each use counted; then locked",
        run: suspended_offline,
    },
];

const OCR: &str = "ocr-package";
const SERIAL: &str = "HK-320-0001";

fn vendor() -> Vendor {
    let vendor = Vendor::start();
    let offers = [("permanent", 20_000), ("uses:3", 0), ("days:30", 3_000)];
    vendor.publish(&OptionSpec { id: OCR, kind: OptionKind::Program, offers: &offers, content: b"the OCR program" });
    vendor
}

fn second_trial() -> String {
    let vendor = vendor();
    let customer = vendor.customer("青空設計");
    let peer = Peer::enrolled(&vendor, SERIAL, Some(&customer));
    peer.buy(&vendor, OCR, "uses:3").unwrap();
    let authorised = peer.order(&vendor, order_id(), OCR, None).unwrap();
    assert!(authorised.offers.iter().all(|offer| !offer.trial));
    peer.deliver(&vendor, &authorised).unwrap();
    let asked = peer.choose(&vendor, authorised.order, "uses:3");
    let refused = [asked.map(drop).unwrap_err(), {
        let code = vendor.new_code(&peer.serial);
        let again = Peer::enrol(&vendor, &peer.serial, &code, DeviceKey::generate().unwrap()).unwrap();
        again.buy(&vendor, OCR, "uses:3").map(drop).unwrap_err()
    }];
    assert_eq!(refused, [RefusalCode::OfferNotAvailable; 2]);
    assert_eq!((vendor.charges().len(), vendor.licences().len()), (1, 1));
    format!("{} {}; 1 licence", refused[0], refused[1])
}

fn two_trials() -> String {
    let vendor = vendor();
    let customer = vendor.customer("青空設計");
    let peer = Peer::enrolled(&vendor, SERIAL, Some(&customer));
    let orders: Vec<OrderId> = (0..2)
        .map(|_| {
            let authorised = peer.order(&vendor, order_id(), OCR, None).unwrap();
            peer.deliver(&vendor, &authorised).unwrap();
            authorised.order
        })
        .collect();
    let answers: Vec<_> = orders.iter().map(|order| peer.choose(&vendor, *order, "uses:3").map(drop)).collect();
    assert_eq!(answers, [Ok(()), Err(RefusalCode::TrialUsed)]);
    assert_eq!((vendor.charges().len(), vendor.licences().len()), (1, 1));
    peer.choose(&vendor, orders[1], "days:30").unwrap();
    "1 granted, then `trial-used`; the other order still buys".to_owned()
}

const HOUR_MS: u64 = 3_600_000;

fn returnable(clock: Clock) -> (Vendor, Peer, Licence) {
    let vendor = Vendor::start_with(clock);
    let offers = [("permanent", 20_000), ("uses:3", 2_000)];
    vendor.publish(&OptionSpec { id: OCR, kind: OptionKind::Program, offers: &offers, content: b"the OCR program" });
    vendor.staff(StaffRequest::SetReturnDays { days: 7 });
    let customer = vendor.customer("青空設計");
    let peer = Peer::enrolled(&vendor, SERIAL, Some(&customer));
    let licence = peer.buy(&vendor, OCR, "uses:3").unwrap();
    (vendor, peer, licence)
}

fn give_back(vendor: &Vendor, peer: &Peer, licence: &Licence) -> Result<(), RefusalCode> {
    peer.ask(vendor, &DeviceRequest::Return { licence: licence.id }).map(drop)
}

fn row(licence: &Licence, uses_left: u32) -> LicenceReport {
    let (standing, was_used) = (Standing::Active, uses_left < 3);
    LicenceReport { licence: licence.id, standing, uses_left: Some(uses_left), used: None, was_used }
}

fn credits(vendor: &Vendor) -> Vec<CreditRow> {
    let request = StaffRequest::Credits { query: Query::default(), customer: None, charge: None };
    match vendor.staff(request) {
        StaffReply::Credits(page) => page.rows,
        other => panic!("{other:?}"),
    }
}

fn return_after_use() -> String {
    let (vendor, peer, licence) = returnable(Clock::System);
    peer.report(&vendor, 1, row(&licence, 2));
    assert_eq!(give_back(&vendor, &peer, &licence), Err(RefusalCode::ReturnUsed));
    assert!(credits(&vendor).is_empty());
    "`return-used`; 0 credits".to_owned()
}

fn use_after_return() -> String {
    let (vendor, peer, licence) = returnable(Clock::System);
    give_back(&vendor, &peer, &licence).unwrap();
    assert_eq!(peer.report(&vendor, 1, row(&licence, 3)).returned, [licence.id]);
    let answer = peer.report(&vendor, 2, row(&licence, 2));
    assert!(answer.returned.is_empty() && answer.revoked.is_empty());
    assert_eq!(vendor.licences()[0].standing, Standing::Active);
    assert_eq!(give_back(&vendor, &peer, &licence), Err(RefusalCode::ReturnUsed));
    assert!(credits(&vendor).is_empty());
    "void; the licence lives with 2 uses; 0 credits".to_owned()
}

fn late_return() -> String {
    let clock = Clock::manual(Clock::System.now());
    let (vendor, peer, licence) = returnable(clock.clone());
    clock.advance_ms(7 * 24 * HOUR_MS);
    assert_eq!(give_back(&vendor, &peer, &licence), Err(RefusalCode::ReturnTooLate));
    "`return-too-late` after 7 days".to_owned()
}

fn returned_again() -> String {
    let (vendor, peer, licence) = returnable(Clock::System);
    give_back(&vendor, &peer, &licence).unwrap();
    let again = peer.ask(&vendor, &DeviceRequest::Licence { licence: licence.id });
    assert_eq!(again.map(drop), Err(RefusalCode::LicenceEnded));
    let chosen = peer.choose(&vendor, OrderId::from(licence.id), "uses:3");
    assert_eq!(chosen.map(drop), Err(RefusalCode::LicenceEnded));
    "`licence-ended`, as order and as licence".to_owned()
}

/// An honest panel, so that receipts are real.
fn many_returns() -> String {
    let vendor = Vendor::start();
    let offers = [("uses:3", 2_000)];
    vendor.publish(&OptionSpec { id: OCR, kind: OptionKind::Program, offers: &offers, content: b"the OCR program" });
    vendor.staff(StaffRequest::SetReturnDays { days: 7 });
    let customer = vendor.customer("青空設計");
    let mut device = Device::enrolled(&vendor, SERIAL, Some(&customer));
    device.buy(OCR, "uses:3");
    device.switch_off();
    let copy = device.copy_folder();
    device.switch_on();
    let licence = device.installed()[0].licence;
    for _ in 0..2 {
        device.apply(Command::Return(licence));
        device.wait(|core| core.view().installed.is_empty());
        device.pass_ms(HOUR_MS);
        vendor.wait(|vendor| !credits(vendor).is_empty());
        // Once more with the store as it was.
        device.switch_off();
        device.restore_folder(&copy);
        device.switch_on();
        device.pass_ms(2 * HOUR_MS);
    }
    let given = credits(&vendor);
    assert_eq!(given.iter().map(|row| row.amount.amount()).collect::<Vec<_>>(), [2_000]);
    "1 credit of ￥2,000".to_owned()
}

fn moved_while_used() -> String {
    let mut vendor = crate::store::vendor();
    let customer = vendor.customer("桜印刷");
    let mut old = Device::enrolled(&vendor, "HK-320-0001", Some(&customer));
    let new = Device::enrolled(&vendor, "HK-320-0002", Some(&customer));
    old.buy(crate::store::OCR, "uses:3");
    let licence = old.installed()[0].licence;
    let to: DeviceSerial = "HK-320-0002".parse().unwrap();
    vendor.staff(StaffRequest::MoveLicence { licence, to, lost: false });
    vendor.stop();
    old.use_on(crate::store::OCR, "O").unwrap();
    vendor.start_again();
    new.pass_ms(2 * HOUR_MS);
    new.wait(|core| core.restoration() == Restoration::Complete);
    assert!(new.installed().is_empty(), "nothing has come before the receipt");
    old.switch_on();
    old.wait(|core| core.view().installed.is_empty());
    old.pass_ms(HOUR_MS);
    vendor.wait(|vendor| vendor.licences().len() == 2);
    new.pass_ms(2 * HOUR_MS);
    new.wait(|core| core.view().installed.first().is_some_and(|row| row.left == LicenceNote::Uses(2)));
    new.use_on(crate::store::OCR, "O").unwrap();
    assert_eq!(vendor.charges().len(), 1);
    "1 use before, 2 uses moved; 1 charge".to_owned()
}

fn lost_and_found() -> String {
    let vendor = crate::store::vendor();
    let customer = vendor.customer("桜印刷");
    let old = Peer::enrolled(&vendor, "HK-320-0001", Some(&customer));
    Peer::enrolled(&vendor, "HK-320-0002", Some(&customer));
    let licence = old.buy(&vendor, crate::store::OCR, "uses:3").unwrap();
    let to: DeviceSerial = "HK-320-0002".parse().unwrap();
    let lost = StaffRequest::MoveLicence { licence: licence.id, to, lost: true };
    let refused = vendor.try_staff(lost.clone());
    assert!(
        matches!(&refused, Err(StaffError::Refused(refusal)) if refusal.code == RefusalCode::Conflict),
        "{refused:?}"
    );
    assert_eq!(vendor.licences().len(), 1);
    vendor.revoke(&old.serial);
    vendor.staff(lost);
    assert_eq!(vendor.licences().len(), 2);
    let again = old.ask(&vendor, &DeviceRequest::Licence { licence: licence.id });
    assert_eq!(again.map(drop), Err(RefusalCode::DeviceRevoked));
    "`conflict` before it is revoked; `device-revoked` after".to_owned()
}

fn suspended_offline() -> String {
    let mut vendor = crate::store::vendor();
    let mut device = crate::store::device(&vendor);
    device.buy(crate::store::OCR, "uses:3");
    let licence = device.installed()[0].licence;
    vendor.staff(StaffRequest::SuspendLicence { licence });
    vendor.stop();
    device.use_on(crate::store::OCR, "O").unwrap();
    vendor.start_again();
    device.switch_on();
    device.wait(|core| core.view().installed[0].left == LicenceNote::Locked(LockReason::Suspended));
    assert!(device.use_on(crate::store::OCR, "O").is_err());
    assert_eq!(vendor.licences()[0].uses_left, Some(2));
    vendor.staff(StaffRequest::ReinstateLicence { licence });
    device.pass_ms(2 * HOUR_MS);
    device.wait(|core| core.view().installed[0].left == LicenceNote::Uses(2));
    "1 use offline, counted; locked at contact; 2 uses once reinstated".to_owned()
}

fn foreign_period() -> String {
    let vendor = vendor();
    let customer = vendor.customer("青空設計");
    let (own, other) = (Peer::enrolled(&vendor, SERIAL, Some(&customer)), "HK-320-0002");
    let other = Peer::enrolled(&vendor, other, Some(&customer));
    let foreign = other.buy(&vendor, OCR, "days:30").unwrap();
    let follow = |follows: LicenceId| -> Licence {
        let authorised = own.order(&vendor, order_id(), OCR, None).unwrap();
        own.deliver(&vendor, &authorised).unwrap();
        let form = "days:30".parse().unwrap();
        let choice = DeviceRequest::Choose { order: authorised.order, form, follows: Some(follows) };
        match own.ask(&vendor, &choice).unwrap() {
            DeviceReply::Licensed(licence) => own.ring.verify(&licence).unwrap(),
            other => panic!("{other:?}"),
        }
    };
    for follows in [foreign.id, order_id().into()] {
        let licence = follow(follows);
        assert_eq!(licence.starts_at, licence.issued_at);
    }
    "both begin when they are bought".to_owned()
}

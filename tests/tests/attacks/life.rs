//! More right than was sold: trials without end, periods that begin when it suits.

use e2e::peer::{Peer, order_id};
use e2e::{OptionSpec, Vendor};
use protocol::message::device::{DeviceReply, DeviceRequest};
use protocol::net::DeviceKey;
use protocol::package::OptionKind;
use protocol::{Licence, LicenceId, OrderId, RefusalCode};

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

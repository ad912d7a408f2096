//! What is delivered: wrong, altered, replayed, endless, or to somebody else.

use e2e::peer::{Peer, order_id};
use e2e::{OptionSpec, Vendor};
use protocol::RefusalCode;
use protocol::package::OptionKind;

use crate::Attack;

pub(crate) const ATTACKS: &[Attack] =
    &[Attack { name: "another device's ticket", expectation: "refused; nothing is sent", run: another_devices_ticket }];

const OCR: &str = "ocr-package";

/// A vendor that sells one option.
fn vendor() -> Vendor {
    let vendor = Vendor::start();
    let offers = [("permanent", 20_000), ("uses:3", 2_000)];
    vendor.publish(&OptionSpec { id: OCR, kind: OptionKind::Program, offers: &offers, content: b"the OCR program" });
    vendor
}

fn another_devices_ticket() -> String {
    let vendor = vendor();
    let customer = vendor.customer("青空設計");
    let buyer = Peer::enrolled(&vendor, "HK-320-0001", Some(&customer));
    let thief = Peer::enrolled(&vendor, "HK-320-0002", Some(&customer));
    let authorised = buyer.order(&vendor, order_id(), OCR, None).unwrap();
    let refused = thief.fetch(&vendor, &authorised.ticket, 1).unwrap_err();
    assert_eq!(refused, RefusalCode::TicketInvalid);
    assert_eq!(buyer.deliver(&vendor, &authorised).map(|bytes| bytes.len()), Ok(15 + 16));
    refused.to_string()
}

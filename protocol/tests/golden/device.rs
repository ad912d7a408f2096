//! Messages of `kobai-device/1`.

use protocol::message::Reply;
use protocol::message::device::{AbandonReason, Authorised, DeviceInfo, DeviceReply, DeviceRequest, Restored};
use protocol::message::enrol::CertificateChain;
use protocol::{FailureCode, OrderState, RefusalCode, Signed};

use super::book::{Page, variants};
use super::world::{
    NOW, catalogue, contract, days, licence, licence_key, manifest, names, offers, option, order, pin, release_key,
    report, report_answer, signed_key_list, signed_ticket, text, uses,
};

variants! {
    DeviceRequest { Hello, Catalogue, Order, Received, Choose, Abandon, Status, Keys, Renew, Report, Licence, Restore, Return }
    DeviceReply { Hello, Catalogue, Authorised, Delivered, Licensed, Abandoned, Status, Keys, Renewed, Reported, Restored, Returned }
}

pub(crate) fn requests() -> Page {
    let (order, option) = (order(), option());
    let failed = AbandonReason::Failed(FailureCode::WrongContent);
    Page::new("device-requests.txt", "kobai-device/1, what a device asks.").every(vec![
        ("", DeviceRequest::Hello),
        ("", DeviceRequest::Catalogue),
        ("on the device's ID", DeviceRequest::Order { order, option: option.clone(), contract: None, pin: None }),
        (
            "on a contract user ID",
            DeviceRequest::Order { order, option: option.clone(), contract: Some(contract()), pin: None },
        ),
        ("with a PIN", DeviceRequest::Order { order, option, contract: Some(contract()), pin: Some(pin()) }),
        ("", DeviceRequest::Received { order, package: manifest().digest() }),
        ("uses:10", DeviceRequest::Choose { order, form: uses(), follows: None }),
        ("days:30 after another", DeviceRequest::Choose { order, form: days(), follows: Some(order.into()) }),
        ("by the user", DeviceRequest::Abandon { order, reason: AbandonReason::Cancelled }),
        ("wrong content", DeviceRequest::Abandon { order, reason: failed }),
        ("", DeviceRequest::Status { order }),
        ("", DeviceRequest::Keys),
        ("", DeviceRequest::Renew { csr: vec![0x30, 0x81, 0x01] }),
        ("", DeviceRequest::Report(Box::new(report()))),
        ("", DeviceRequest::Licence { licence: order.into() }),
        ("", DeviceRequest::Restore { licence: order.into() }),
        ("", DeviceRequest::Return { licence: order.into() }),
    ])
}

pub(crate) fn replies() -> Page {
    let chain = CertificateChain::new(vec![vec![0x30, 0x82, 0x01], vec![0x30, 0x82, 0x03]]).unwrap();
    let authorised = |content_server| {
        DeviceReply::Authorised(Box::new(Authorised {
            order: order(),
            manifest: Signed::new(&manifest(), &release_key()),
            offers: offers(),
            ticket: signed_ticket(),
            content_server,
        }))
    };
    let restored = Restored {
        licence: Signed::new(&licence(uses()), &licence_key()),
        name: names(),
        description: names(),
        manifest: Signed::new(&manifest(), &release_key()),
        ticket: signed_ticket(),
        content_server: None,
    };
    let refused = Reply::<DeviceReply> { now: NOW, outcome: Err(RefusalCode::ContractRequired.into()) };
    Page::new("device-replies.txt", "kobai-device/1, what a device is answered.")
        .every(vec![
            ("no customer", DeviceReply::Hello(DeviceInfo { customer: None, keys_version: 5 })),
            ("a customer", DeviceReply::Hello(DeviceInfo { customer: Some(text("青空設計")), keys_version: 5 })),
            ("", DeviceReply::Catalogue(Signed::new(&catalogue(), &release_key()))),
            ("same host", authorised(None)),
            ("another host", authorised(Some(text("content.example:4433")))),
            ("", DeviceReply::Delivered),
            ("", DeviceReply::Licensed(Signed::new(&licence(uses()), &licence_key()))),
            ("", DeviceReply::Abandoned),
            ("", DeviceReply::Status(OrderState::Delivered)),
            ("", DeviceReply::Keys(signed_key_list())),
            ("", DeviceReply::Renewed { chain }),
            ("", DeviceReply::Reported(report_answer())),
            ("", DeviceReply::Restored(Box::new(restored))),
            ("", DeviceReply::Returned),
        ])
        .value("Reply of DeviceReply::Delivered", Reply { now: NOW, outcome: Ok(DeviceReply::Delivered) })
        .value("Reply of DeviceReply, refused contract-required", refused)
}

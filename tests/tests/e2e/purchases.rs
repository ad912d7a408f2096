//! Purchases from the offer to the charge.

use e2e::{Device, Vendor};
use panel_app::core::{Command, Failure, LicenceNote, Place, Progress, Screen};
use protocol::message::staff::{StaffReply, StaffRequest};
use protocol::order::OrderState;
use protocol::{ContractUserId, RefusalCode, UsageForm};

use crate::shop::{OCR, STAMP, vendor};

#[test]
fn an_option_is_bought_for_ever_and_works() {
    let vendor = vendor();
    let customer = vendor.customer("青空設計");
    let device = Device::enrolled(&vendor, "HK-320-0001", Some(&customer));
    device.buy(OCR, "permanent");
    assert_eq!(device.use_on(OCR, "1OO yen").unwrap(), b"100 yen");

    let charges = vendor.charges();
    assert_eq!(charges.len(), 1);
    assert_eq!((charges[0].amount.amount(), charges[0].form), (20_000, UsageForm::Permanent));
    assert_eq!(charges[0].customer.id, customer.id);
}

#[test]
fn an_option_with_one_offer_is_bought_without_a_choice() {
    let vendor = vendor();
    let customer = vendor.customer("青空設計");
    let device = Device::enrolled(&vendor, "HK-320-0001", Some(&customer));
    device.order(STAMP);
    device.wait_done();
    assert_eq!(device.installed()[0].left, LicenceNote::Unlimited);
    assert_eq!(vendor.charges()[0].amount.amount(), 1_500);
}

#[test]
fn the_store_shows_what_staff_have_put_on_sale() {
    let vendor = vendor();
    let device = Device::enrolled(&vendor, "HK-320-0001", None);
    device.apply(Command::Go(Place::Store));
    device.wait_screen(|screen| matches!(screen, Screen::Store(Progress::Ready(rows)) if rows.len() == 2));
}

#[test]
fn a_device_of_no_customer_buys_with_a_contract_user_id_and_may_mistype_it() {
    let vendor = vendor();
    let customer = vendor.customer("青空設計");
    let device = Device::enrolled(&vendor, "HK-320-0001", None);
    device.order(STAMP);
    device.wait_screen(|screen| matches!(screen, Screen::ContractId { refused: None, .. }));

    let right = customer.contracts[0].id.clone();
    let wrong = (0..).map(ContractUserId::from_body).find(|id| *id != right).unwrap();
    device.apply(Command::EnterContract { contract: wrong, pin: None });
    let refused = Some(RefusalCode::ContractRefused);
    device.wait_screen(move |screen| matches!(screen, Screen::ContractId { refused: r, .. } if *r == refused));
    assert!(vendor.charges().is_empty());

    device.apply(Command::EnterContract { contract: right, pin: None });
    device.wait_done();
    assert_eq!(vendor.charges()[0].customer.id, customer.id);
}

#[test]
fn a_revoked_device_and_a_suspended_customer_buy_nothing() {
    let vendor = vendor();
    let customer = vendor.customer("青空設計");
    let (first, second) = (
        Device::enrolled(&vendor, "HK-320-0001", Some(&customer)),
        Device::enrolled(&vendor, "HK-320-0002", Some(&customer)),
    );
    for device in [&first, &second] {
        device.apply(Command::OpenOffer(STAMP.parse().unwrap()));
        device.wait_screen(|screen| matches!(screen, Screen::Offer { .. }));
    }
    // Both connections are open when the rights end.
    vendor.revoke(&"HK-320-0001".parse().unwrap());
    vendor.staff(StaffRequest::SuspendCustomer { customer: customer.id, suspended: true });
    for (device, code) in [(&first, RefusalCode::DeviceRevoked), (&second, RefusalCode::CustomerSuspended)] {
        device.apply(Command::Confirm);
        device.wait_screen(|screen| matches!(screen, Screen::Failed { .. }));
        let Screen::Failed { failure, .. } = device.screen() else { unreachable!() };
        assert_eq!(failure, Failure::Refused(code));
    }
    assert!(vendor.charges().is_empty());
}

#[test]
fn cancel_on_each_screen_costs_nothing_and_leaves_nothing() {
    let vendor = vendor();
    let customer = vendor.customer("青空設計");
    let device = Device::enrolled(&vendor, "HK-320-0001", Some(&customer));
    // Offer.
    device.apply(Command::OpenOffer(OCR.parse().unwrap()));
    device.wait_screen(|screen| matches!(screen, Screen::Offer { .. }));
    device.apply(Command::Cancel);
    assert!(vendor.orders().is_empty());
    // Requesting or downloading, whichever it is by now.
    device.order(OCR);
    device.apply(Command::Cancel);
    device.wait(|core| core.orders().all(|order| order.stage.is_final()));
    // Choose how to buy.
    device.order(OCR);
    device.wait_screen(|screen| matches!(screen, Screen::Choose { .. }));
    device.apply(Command::Cancel);
    device.wait(|core| core.orders().all(|order| order.stage.is_final()));

    assert!(device.installed().is_empty());
    assert!(vendor.charges().is_empty());
    assert!(vendor.orders().iter().all(|order| order.state == OrderState::Cancelled));
    // And the device may ask again.
    device.buy(OCR, "uses:3");
    assert_eq!(vendor.charges().len(), 1);
}

#[test]
fn contract_id_screen_can_be_cancelled() {
    let vendor = vendor();
    let device = Device::enrolled(&vendor, "HK-320-0001", None);
    device.order(STAMP);
    device.wait_screen(|screen| matches!(screen, Screen::ContractId { .. }));
    device.apply(Command::Cancel);
    assert!(matches!(device.screen(), Screen::Store(_)));
    assert!(vendor.charges().is_empty());
}

#[test]
fn an_invoice_holds_every_charge_once() {
    let vendor = vendor();
    let customer = vendor.customer("青空設計");
    let device = Device::enrolled(&vendor, "HK-320-0001", Some(&customer));
    device.buy(OCR, "permanent");
    device.buy(STAMP, "permanent");
    let make = || vendor.try_staff(StaffRequest::CreateInvoice { customer: customer.id, until: None });
    let StaffReply::Invoice(invoice) = make().unwrap() else { panic!() };
    assert_eq!((invoice.lines.len(), invoice.head.total.amount()), (2, 21_500));
    assert!(make().is_err(), "nothing is left to invoice");
    device.buy(OCR, "uses:3");
    let StaffReply::Invoice(invoice) = make().unwrap() else { panic!() };
    assert_eq!((invoice.lines.len(), invoice.head.total.amount()), (1, 2_000));
}

#[test]
fn a_wrong_fingerprint_or_code_enrols_nobody() {
    let vendor = Vendor::start();
    let code = vendor.register("HK-320-0001", None);
    let device = Device::new();
    let other = protocol::CaFingerprint::of(b"somebody else");
    device.enrol(vendor.addr(), other, "HK-320-0001", &code);
    assert!(
        matches!(device.screen(), Screen::ServerAddress { failed: Some(Failure::Distrust), .. }),
        "{:?}",
        device.screen()
    );
    let guessed = protocol::ActivationCode::from_random([3; 16]);
    device.enrol(vendor.addr(), vendor.ca_fingerprint(), "HK-320-0001", &guessed);
    let refused = Some(Failure::Refused(RefusalCode::ActivationRefused));
    assert!(matches!(device.screen(), Screen::ServerAddress { failed, .. } if failed == refused));
    // The right code still works, once.
    device.enrol(vendor.addr(), vendor.ca_fingerprint(), "HK-320-0001", &code);
    assert!(device.look(|core| core.enrolment().is_some()));
    let second = Device::new();
    second.enrol(vendor.addr(), vendor.ca_fingerprint(), "HK-320-0001", &code);
    assert!(matches!(second.screen(), Screen::ServerAddress { failed, .. } if failed == refused));
}

//! The screen of devices.

use protocol::message::staff::{DeviceFields, StaffRequest};
use protocol::text::Name;
use protocol::{ActivationCode, CaFingerprint, CustomerId, RefusalCode};

use crate::fake::FakeVendor;
use crate::{Hands, open};

#[test]
fn registering_a_device_shows_its_code_once_with_what_else_the_panel_needs() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    window.press("Devices");
    window.press("Register device");
    window.fill("Serial number", "MX-204-0099");
    window.fill("Model", "MX-204");
    window.press("Who pays");
    window.press("C-0003  みどり市役所");
    window.press("Register device");
    let fields = DeviceFields {
        serial: "MX-204-0099".parse().unwrap(),
        model: Name::new("MX-204").unwrap(),
        customer: Some(CustomerId(3)),
    };
    assert_eq!(vendor.last_change(), Some(StaffRequest::RegisterDevice(fields)));
    let code = ActivationCode::from_random([0xA5; 16]).to_string();
    assert!(window.shows(&code));
    assert!(window.shows("vendor.example:7443"));
    assert!(window.shows(&CaFingerprint::of(b"the vendor's CA").to_string()[..8]));
    window.press("Copy activation code");
    assert!(window.shows("Copied"));
    window.press("Written down");
    assert!(!window.shows(&code));
}

#[test]
fn a_serial_number_that_is_none_is_told_beside_the_field() {
    let vendor = FakeVendor::empty();
    let mut window = open(&vendor);
    window.press("Devices");
    assert!(window.shows("No devices yet"));
    window.press("Register device");
    window.fill("Serial number", "mx 1");
    window.press("Register device");
    assert!(window.shows("4 to 32 characters"));
    assert_eq!(vendor.last_change(), None);
}

#[test]
fn a_device_is_assigned_to_another_customer_or_to_nobody() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    window.press("Devices");
    window.press("MX-310-0107");
    window.press("Who pays");
    window.press("Nobody: contract ID at the panel");
    window.press("Save");
    let Some(StaffRequest::UpdateDevice { revision: 1, fields }) = vendor.last_change() else {
        panic!("{:?}", vendor.last_change())
    };
    assert_eq!((fields.serial.as_str(), fields.customer), ("MX-310-0107", None));
}

#[test]
fn revoking_asks_first_and_is_shown_when_it_is_refused() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    window.press("Devices");
    window.press("MX-204-0002");
    window.press("Revoke device");
    assert!(window.shows("Revoke MX-204-0002?"));
    window.press("Cancel");
    assert_eq!(vendor.last_change(), None);
    vendor.world().refuse_next = Some(RefusalCode::NotPermitted);
    window.press("Revoke device");
    window.press_topmost("Revoke device");
    assert!(window.shows(RefusalCode::NotPermitted.sentence()));
    window.press("Revoke device");
    window.press_topmost("Revoke device");
    assert_eq!(vendor.last_change(), Some(StaffRequest::RevokeDevice { serial: "MX-204-0002".parse().unwrap() }));
    assert!(window.shows("The device was revoked"));
}

#[test]
fn a_new_activation_code_replaces_the_old_one_after_a_question() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    window.press("Devices");
    window.press("MX-310-0108");
    assert!(window.shows("An activation code is waiting"));
    window.press("New activation code");
    window.press_topmost("New activation code");
    assert!(window.shows(&ActivationCode::from_random([0x5A; 16]).to_string()));
}

#[test]
fn a_certificate_that_two_machines_use_is_an_alarm_on_the_first_page_and_with_the_device() {
    let vendor = FakeVendor::busy();
    let serial = vendor.world().devices.iter().find(|row| row.cloned_at.is_some()).unwrap().serial.to_string();
    let mut window = open(&vendor);
    assert!(window.shows("Two machines use the certificate of one device"));
    window.press("Show devices");
    assert!(window.shows("Cloned"));
    window.press(&serial);
    assert!(window.shows("two machines have used this device's certificate"));
}

//! Licences, their erasure, and devices that need a decision.

use protocol::message::staff::{DeviceDecision, StaffRequest};
use vendor_console::cli::Lang;

use crate::fake::FakeVendor;
use crate::{Hands, open, open_in};

#[test]
fn what_is_over_and_not_erased_is_an_alarm_on_the_first_page_and_in_the_list() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    assert!(window.shows("1 licence is over and not erased") && window.shows("1 device needs a decision"));
    window.press("Look at licences");
    assert!(window.shows("Not erased"));
    window.press("Only over and not erased");
    let asked = vendor.world().asked.last().cloned();
    assert!(
        matches!(asked, Some(StaffRequest::Licences { filter, .. }) if filter.alarms_only),
        "filtered by the server"
    );
    assert!(open_in(&vendor, Lang::Ja).shows("終了後に未消去の利用権"));
}

#[test]
fn a_licence_is_revoked_after_a_question() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    window.press("Licences");
    let row = vendor.world().licences[0].clone();
    window.press("OCR package");
    window.press("Revoke licence");
    window.press_topmost("Revoke licence");
    assert_eq!(vendor.last_change(), Some(StaffRequest::RevokeLicence { licence: row.licence }));
    assert!(window.shows("Revoked") && !window.shows("Revoke licence"));
}

#[test]
fn a_licence_is_suspended_and_reinstated() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    window.press("Licences");
    let licence = vendor.world().licences[0].licence;
    window.press("OCR package");
    window.press("Suspend licence");
    assert_eq!(vendor.last_change(), Some(StaffRequest::SuspendLicence { licence }));
    assert!(window.shows("Suspended by staff."));
    window.press("Reinstate licence");
    assert_eq!(vendor.last_change(), Some(StaffRequest::ReinstateLicence { licence }));
    assert!(window.shows("Suspend licence"));
}

#[test]
fn a_flagged_device_is_released_after_a_question() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    window.press("Licences");
    assert!(window.shows("Devices to look at (2)"));
    window.press("MX-310-0107");
    assert!(window.shows("The seal over all records is broken."));
    window.press("Let them be used");
    window.press_topmost("Let them be used");
    let serial = vendor.world().alarms[0].serial.clone();
    assert_eq!(vendor.last_change(), Some(StaffRequest::DecideDevice { serial, decision: DeviceDecision::Release }));
    assert!(!window.shows("Let them be used"));
}

//! The staff, approvals, credits and the audit log at the window; and what a role greys out.

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use protocol::StaffRole;
use protocol::audit::ChainBreak;
use protocol::message::staff::{ProposalKind, StaffRequest, Verdict};
use vendor_console::client::{AuditAlarm, WatchEvent};

use crate::fake::FakeVendor;
use crate::{Hands, open};

#[test]
fn an_admin_adds_a_member_whose_key_goes_into_a_file() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    window.press("Staff");
    assert!(window.shows("ken.sato") && window.shows("Revoked"));
    window.press("Add member");
    window.press("Make certificate");
    assert!(window.shows("Fill in this field.") || window.shows("Choose a file."));
    window.fill("Name", "yuki");
    window.press("Accountant");
    window.press("Make certificate");
    let Some(StaffRequest::AddStaff { name, role, .. }) = vendor.last_change() else { panic!() };
    assert_eq!((name.as_str(), role), ("yuki", StaffRole::Accountant));
    assert_eq!(vendor.world().certified[0].to_str(), Some("yuki.pem"));
    assert!(window.shows("yuki has a certificate"));
}

#[test]
fn revoking_a_member_is_asked_for_first() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    window.press("Staff");
    window.press("mika");
    window.press("Revoke");
    assert!(window.shows("Revoke mika?") && vendor.last_change().is_none());
    window.press_topmost("Revoke");
    let request = vendor.last_change();
    assert!(matches!(request, Some(StaffRequest::RevokeStaff { name }) if name.as_str() == "mika"));
}

#[test]
fn what_somebody_else_proposed_can_be_approved_and_ones_own_only_taken_back() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    assert!(window.shows("2 things wait for a second person"));
    window.press("Look at them");
    window.press("Credit of charge 97");
    assert!(window.shows("You proposed this") && window.shows("Take back"));
    let approve = window.query_all_by_label("Approve").next().unwrap();
    assert!(approve.accesskit_node().is_disabled());

    window.press("ocr-package, release 3");
    window.press("Approve");
    let wanted = StaffRequest::Decide { kind: ProposalKind::Release, number: 3, verdict: Verdict::Approve };
    assert_eq!(vendor.last_change(), Some(wanted));
    assert!(window.shows("Approved"));
}

#[test]
fn a_part_of_a_charge_is_given_back() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    window.press("Charges");
    window.query_all_by_role(Role::Link).next().unwrap().click();
    window.run();
    assert!(window.shows("Nothing was credited."));
    window.fill("Amount (yen)", "500");
    window.fill("Why (the invoice shows it)", "blurred");
    window.press("Credit");
    let Some(StaffRequest::Credit { amount, reason, .. }) = vendor.last_change() else { panic!() };
    assert_eq!((amount.amount(), reason.as_str()), (500, "blurred"));
    assert!(window.shows("blurred") && window.shows("￥500"));
}

#[test]
fn the_audit_log_is_verified_and_says_what_is_wrong() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    window.press("Audit log");
    assert!(window.shows("role-forbids") && window.shows("found-vendor"));
    window.press("Verify the chain");
    assert!(window.shows("Whole: 6 lines"));
    vendor.world().broken = Some(ChainBreak::Altered(4));
    window.press("Verify the chain");
    assert!(window.shows("The audit log was tampered with") && window.shows("line 4 is not what was written"));
}

#[test]
fn an_alarm_of_the_audit_log_is_above_every_page() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    let alarm = AuditAlarm::from(ChainBreak::Truncated(9));
    vendor.world().events.push_back(WatchEvent::Alarm(alarm.into()));
    window.run();
    for screen in ["Customers", "Orders"] {
        window.press(screen);
        assert!(window.shows("The audit log is not what it was."), "{screen}");
    }
}

#[test]
fn what_a_role_may_not_do_is_greyed_out() {
    let vendor = FakeVendor::busy();
    vendor.world().role = Some(StaffRole::Clerk);
    let mut window = open(&vendor);
    let is_grey = |window: &egui_kittest::Harness<'_, _>, name: &str| {
        let control = window.query_all_by_label(name).rfind(|node| node.accesskit_node().role() == Role::Button);
        control.unwrap_or_else(|| panic!("no {name}")).accesskit_node().is_disabled()
    };
    for (screen, button, grey) in [
        ("Customers", "New customer", false),
        ("Devices", "Register device", false),
        ("Catalogue", "New option", true),
        ("Invoices", "Invoice now", true),
        ("Staff", "Add member", true),
    ] {
        window.press(screen);
        assert_eq!(is_grey(&window, button), grey, "{button}");
    }
    assert!(window.shows("hana (Clerk)"));
}

#[test]
fn a_vendor_of_one_person_says_so_on_its_first_page() {
    let vendor = FakeVendor::busy();
    assert!(!open(&vendor).shows("This vendor is one person"));
    vendor.world().rules.second_person = false;
    assert!(open(&vendor).shows("This vendor is one person"));
}

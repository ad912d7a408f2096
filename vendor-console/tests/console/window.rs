//! The window as a whole: first page, languages, connection.

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use protocol::net::LinkError;
use vendor_console::cli::Lang;
use vendor_console::client::{StaffError, WatchEvent};

use crate::fake::FakeVendor;
use crate::{Hands, open, open_in};

#[test]
fn the_first_page_shows_the_figures_and_the_latest_orders() {
    let mut window = open(&FakeVendor::busy());
    assert!(window.shows("￥33,300") && window.shows("￥13,300"));
    assert!(window.shows("Latest orders") && window.shows("Mincho font pack"));
    window.press("All orders");
    assert!(window.shows("Only open orders"));
}

#[test]
fn an_empty_vendor_is_told_what_to_do_first() {
    let mut window = open(&FakeVendor::empty());
    assert!(window.shows("Nothing has been ordered yet"));
    window.press("2. Register a device");
    assert!(window.shows("Serial number"));
}

#[test]
fn the_language_changes_at_once_and_keeps_what_was_typed() {
    let mut window = open(&FakeVendor::empty());
    window.press("Customers");
    window.press("New customer");
    window.fill("Name", "Acme");
    window.press("日本語");
    assert!(window.shows("名称") && window.shows("顧客を登録") && !window.shows("New customer"));
    assert!(window.query_all_by_value("Acme").next().is_some());
    window.press("English");
    assert!(window.shows("New customer"));
}

#[test]
fn a_lost_connection_is_told_and_everything_is_asked_again_when_it_is_back() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    assert!(window.shows("Connected"));
    let lost = WatchEvent::Lost(StaffError::Link(LinkError::Silent));
    vendor.world().events.push_back(lost);
    window.run();
    assert!(window.shows("Not connected"));
    let asked = vendor.world().asked.len();
    vendor.world().events.push_back(WatchEvent::Connected);
    window.run();
    assert!(window.shows("Connected") && vendor.world().asked.len() > asked);
}

#[test]
fn nothing_is_asked_again_while_nothing_changes() {
    let vendor = FakeVendor::busy();
    vendor.world().orders.retain(|row| !row.state.is_open());
    let mut window = open(&vendor);
    for screen in [
        "Customers",
        "Devices",
        "Catalogue",
        "Orders",
        "Charges",
        "Invoices",
        "Approvals",
        "Staff",
        "Audit log",
        "Overview",
    ] {
        window.press(screen);
        let asked = vendor.world().asked.len();
        window.run_steps(5);
        assert_eq!(vendor.world().asked.len(), asked, "{screen}");
    }
}

#[test]
fn every_control_of_every_screen_has_a_name_in_both_languages() {
    for lang in [Lang::En, Lang::Ja] {
        let vendor = FakeVendor::busy();
        let mut window = open_in(&vendor, lang);
        let screens = match lang {
            Lang::En => [
                "Customers",
                "Devices",
                "Catalogue",
                "Orders",
                "Charges",
                "Invoices",
                "Approvals",
                "Staff",
                "Audit log",
            ],
            Lang::Ja => ["顧客", "機器", "カタログ", "注文", "課金", "請求書", "承認", "担当者", "監査ログ"],
        };
        for screen in screens {
            window.query_all_by_label(screen).next().unwrap().click();
            window.run();
            // The first row of the table, where rows can be opened.
            if let Some(link) = window.query_all_by_role(Role::Link).next() {
                link.click();
            }
            window.run();
            for role in [Role::Button, Role::TextInput, Role::CheckBox, Role::ComboBox, Role::RadioButton, Role::Link] {
                for node in window.query_all_by_role(role) {
                    let name = node.accesskit_node().label().unwrap_or_default();
                    assert!(!name.is_empty(), "{screen}: {role:?} without a name at {:?}", node.rect());
                }
            }
        }
    }
}

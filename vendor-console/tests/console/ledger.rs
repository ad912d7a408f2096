//! The screens of orders, charges and invoices.

use std::path::Path;

use egui_kittest::kittest::Queryable;
use protocol::message::staff::{DeliveryRow, StaffRequest, Topic};
use protocol::{CustomerId, FailureCode, OrderState, RefusalCode};
use vendor_console::client::WatchEvent;

use crate::fake::FakeVendor;
use crate::{Hands, open};

#[test]
fn a_change_at_the_server_is_seen_without_asking() {
    let vendor = FakeVendor::busy();
    vendor.world().orders.drain(..2);
    let mut window = open(&vendor);
    window.press("Orders");
    vendor.world().orders[0].state = OrderState::Expired;
    window.run_steps(5);
    assert!(!window.shows("Expired"), "nothing was told yet");
    vendor.world().events.push_back(WatchEvent::Changed(vec![Topic::Orders]));
    window.run();
    assert!(window.shows("Expired"));
}

#[test]
fn a_running_transfer_is_looked_at_again_by_itself() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    window.press("Orders");
    assert!(window.shows("64 %"));
    let delivery = vendor.world().orders[0].delivery.unwrap();
    vendor.world().orders[0].delivery = Some(DeliveryRow { sending_bytes: Some(delivery.total_bytes), ..delivery });
    window.run_steps(5);
    assert!(window.shows("100 %"));
}

#[test]
fn only_open_orders_can_be_shown() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    window.press("Orders");
    assert!(window.shows("10 entries"));
    window.press("Only open orders");
    assert!(window.shows("3 entries") && !window.shows("Licensed"));
    vendor.world().orders.clear();
    vendor.world().events.push_back(WatchEvent::Changed(vec![Topic::Orders]));
    window.run();
    assert!(window.shows("No open orders"));
}

#[test]
fn a_refused_and_a_failed_order_say_why() {
    let vendor = FakeVendor::busy();
    vendor.world().orders.retain(|row| !row.state.is_open() && row.state != OrderState::Licensed);
    vendor.world().orders.truncate(1);
    let mut window = open(&vendor);
    window.press("Orders");
    window.query_all_by_label_contains("2026-").next().unwrap().click();
    window.run();
    assert!(window.shows(RefusalCode::DeviceRevoked.sentence()));
    vendor.world().orders[0].state = OrderState::Failed(FailureCode::DiskFull);
    vendor.world().events.push_back(WatchEvent::Changed(vec![Topic::Orders]));
    window.run();
    assert!(window.shows("The device's store is full."));
}

#[test]
fn charges_are_filtered_by_customer_and_period_and_summed() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    window.press("Charges");
    assert!(window.shows("￥33,300"));
    window.press("Only not invoiced");
    assert!(window.shows("￥13,300"));
    window.press("Customer");
    window.press("C-0002  Northwind Design Ltd.");
    assert!(window.shows("1 entry"));
    window.press("Last month");
    assert!(window.shows("Nothing found"));
    window.press("All time");
    window.fill("From", "2026-11-2");
    assert!(window.shows("1 entry"), "half a date is no filter");
    let asked = vendor.world().asked.clone();
    let filters =
        asked.iter().filter_map(|it| if let StaffRequest::Charges { filter, .. } = it { Some(filter) } else { None });
    assert!(filters.clone().any(|filter| filter.customer == Some(CustomerId(2)) && filter.from.is_some()));
}

#[test]
fn an_invoice_is_made_at_once_and_saved_as_a_file() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    window.press("Invoices");
    window.press("Invoice now");
    window.press("Make invoice");
    assert!(window.shows("Choose a customer.") && vendor.last_change().is_none());
    window.press("Customer");
    window.press("C-0002  Northwind Design Ltd.");
    window.press("Make invoice");
    let made = StaffRequest::CreateInvoice { customer: CustomerId(2), until: None };
    assert_eq!(vendor.last_change(), Some(made));
    assert!(window.shows("INV-0002 was made"));
    assert!(window.shows("OCR package, 10 uses"));
    window.fill("File (.csv or .txt)", "/srv/out.csv");
    window.press("Save file");
    let (path, content) = vendor.world().written.pop().unwrap();
    let csv = String::from_utf8(content).unwrap();
    assert_eq!(path, Path::new("/srv/out.csv"));
    assert!(csv.contains("\"INV-0002\"") && csv.contains("\"2000\""), "{csv}");
}

#[test]
fn the_settlement_needs_a_day_and_says_how_many_invoices_it_made() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    window.press("Invoices");
    window.press("INV-0001");
    assert!(window.shows("OCR package, Permanent"));
    window.press("Settlement");
    window.fill("End of the period (this day is not included)", "next week");
    window.press("Run settlement");
    assert!(window.shows("A day such as 2026-11-30.") && vendor.last_change().is_none());
    window.fill("End of the period (this day is not included)", "2026-12-01");
    window.press("Run settlement");
    assert!(matches!(vendor.last_change(), Some(StaffRequest::Settle { .. })));
    assert!(window.shows("2 invoices were made"));
}

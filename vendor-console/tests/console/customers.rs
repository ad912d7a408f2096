//! The screen of customers and contracts.

use protocol::message::staff::{CustomerFields, Settlement, StaffRequest, Topic};
use protocol::text::Name;
use protocol::{ContractUserId, CustomerId, RefusalCode, Text};

use vendor_console::client::WatchEvent;

use crate::fake::FakeVendor;
use crate::{Hands, open};

#[test]
fn a_customer_is_entered_with_what_was_typed_and_shows_its_contract_user_id() {
    let vendor = FakeVendor::empty();
    let mut window = open(&vendor);
    window.press("Customers");
    assert!(window.shows("No customers yet"));
    window.press("New customer");
    window.fill("Name", "  Acme Printing ");
    window.fill("E-mail for invoices", "pay@acme.example");
    window.press("On demand");
    window.press("Create");
    let fields = CustomerFields {
        name: Name::new("Acme Printing").unwrap(),
        email: Some(Text::new("pay@acme.example").unwrap()),
        settlement: Settlement::OnDemand,
    };
    assert_eq!(vendor.last_change(), Some(StaffRequest::CreateCustomer(fields)));
    assert!(window.shows("Acme Printing was entered"));
    let grouped = vendor.world().customers[0].contracts[0].id.grouped();
    assert!(window.shows(&grouped));
}

#[test]
fn enter_in_a_field_sends_the_form_once() {
    let vendor = FakeVendor::empty();
    let mut window = open(&vendor);
    window.press("Customers");
    window.press("New customer");
    window.fill("Name", "Acme");
    window.key_press(egui::Key::Enter);
    window.run();
    assert_eq!(vendor.world().customers.len(), 1);
}

#[test]
fn a_form_with_an_empty_name_says_so_beside_the_field_and_sends_nothing() {
    let vendor = FakeVendor::empty();
    let mut window = open(&vendor);
    window.press("Customers");
    window.press("New customer");
    assert!(!window.shows("Fill in this field."));
    window.press("Create");
    assert!(window.shows("Fill in this field."));
    window.fill("Name", &"x".repeat(81));
    assert!(window.shows("At most 80 characters."));
    window.press("Create");
    assert_eq!(vendor.last_change(), None);
}

#[test]
fn a_customer_can_be_renamed_and_suspended() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    window.press("Customers");
    window.press("C-0002");
    window.fill("Name", "Northwind Print");
    window.press("Save");
    let Some(StaffRequest::UpdateCustomer { customer, revision, fields }) = vendor.last_change() else {
        panic!("{:?}", vendor.last_change())
    };
    assert_eq!((customer, revision, fields.name.as_str()), (CustomerId(2), 1, "Northwind Print"));
    assert!(window.shows("Saved"));
    for (button, suspended) in [("Suspend purchases", true), ("Allow purchases again", false)] {
        window.press(button);
        let customer = CustomerId(2);
        assert_eq!(vendor.last_change(), Some(StaffRequest::SuspendCustomer { customer, suspended }));
    }
}

#[test]
fn a_form_that_somebody_else_has_overtaken_says_so_sends_what_it_was_made_from_and_loads_again() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    window.press("Customers");
    window.press("C-0002");
    window.fill("Name", "Typed here");
    {
        let mut world = vendor.world();
        let row = world.customers.iter_mut().find(|row| row.id == CustomerId(2)).unwrap();
        row.fields.name = Name::new("Renamed elsewhere").unwrap();
        row.revision += 1;
        world.events.push_back(WatchEvent::Changed(vec![Topic::Customers]));
    }
    window.run();
    assert!(window.shows(RefusalCode::Stale.sentence()));
    window.press("Save");
    let Some(StaffRequest::UpdateCustomer { revision: 1, .. }) = vendor.last_change() else { panic!() };
    assert!(window.shows(RefusalCode::Stale.sentence()), "refused, and what was typed is still there");
    window.press("Show it as it is now");
    assert!(!window.shows(RefusalCode::Stale.sentence()));
    window.press("Save");
    let Some(StaffRequest::UpdateCustomer { revision: 2, fields, .. }) = vendor.last_change() else { panic!() };
    assert_eq!(fields.name.as_str(), "Renamed elsewhere");
    assert!(window.shows("Saved"));
}

#[test]
fn contracts_are_added_ended_and_resumed() {
    let vendor = FakeVendor::busy();
    let (active, ended) = (vendor.world().customers[0].contracts[0].id.clone(), ContractUserId::from_body(555_000_123));
    let mut window = open(&vendor);
    window.press("Customers");
    window.press("C-0001");
    window.press(&format!("End contract {}", active.grouped()));
    assert_eq!(vendor.last_change(), Some(StaffRequest::SetContract { contract: active, active: false }));
    window.press(&format!("Resume contract {}", ended.grouped()));
    assert_eq!(vendor.last_change(), Some(StaffRequest::SetContract { contract: ended, active: true }));
    window.press("Add contract");
    assert_eq!(vendor.last_change(), Some(StaffRequest::AddContract { customer: CustomerId(1) }));
    assert!(window.shows("A contract was added"));
}

#[test]
fn a_refusal_is_shown_as_a_sentence_with_advice_and_keeps_what_was_typed() {
    let vendor = FakeVendor::empty();
    vendor.world().refuse_next = Some(RefusalCode::StorageFailed);
    let mut window = open(&vendor);
    window.press("Customers");
    window.press("New customer");
    window.fill("Name", "Acme");
    window.press("Create");
    assert!(window.shows(RefusalCode::StorageFailed.sentence()));
    assert!(window.shows(RefusalCode::StorageFailed.advice()));
    assert!(window.shows("storage-failed: as the test wants it"));
    window.press("Create");
    assert_eq!(vendor.world().customers[0].fields.name.as_str(), "Acme");
    assert!(!window.shows(RefusalCode::StorageFailed.sentence()));
}

#[test]
fn a_search_asks_the_server_and_says_when_nothing_fits() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    window.press("Customers");
    window.fill("Search", "north");
    assert!(window.shows("Northwind Design Ltd.") && !window.shows("C-0001"));
    window.fill("Search", "nobody of this name");
    assert!(window.shows("Nothing found"));
}

#[test]
fn a_contract_gets_a_pin_that_is_typed_as_dots_and_loses_it_again() {
    let vendor = FakeVendor::busy();
    let contract = vendor.world().customers[0].contracts[0].id.clone();
    let mut window = open(&vendor);
    window.press("Customers");
    window.press("C-0001");
    window.press(&format!("PIN of contract {}", contract.grouped()));
    window.fill("New PIN", "47");
    assert!(window.shows("A PIN has 4 to 12 digits."));
    window.press("Set PIN");
    assert_eq!(vendor.last_change(), None);
    window.fill("New PIN", "004711");
    assert!(!window.shows("004711"));
    window.press("Set PIN");
    let pin = Some("004711".parse().unwrap());
    assert_eq!(vendor.last_change(), Some(StaffRequest::SetContractPin { contract: contract.clone(), pin }));
    assert!(!window.shows("Set PIN"));
    window.press(&format!("PIN of contract {}", contract.grouped()));
    window.press("Remove PIN");
    assert_eq!(vendor.last_change(), Some(StaffRequest::SetContractPin { contract, pin: None }));
}

//! What staff ask, and how they hear of changes.

use protocol::codec::MESSAGE_BYTES_MAX;
use protocol::message::Reply;
use protocol::message::device::{DeviceReply, DeviceRequest};
use protocol::message::staff::{
    CustomerFields, DeviceFields, OptionFields, OptionRow, Page, Query, Settlement, StaffReply, StaffRequest, Topic,
};
use protocol::net::read_frame;
use protocol::package::OptionKind;
use protocol::{CustomerId, OrderState, RefusalCode};

use super::play::{Staff, Vendor, option_fields, order_id};

/// A watch that stands.
pub(super) struct Watching {
    _staff: Staff,
    _send: quinn::SendStream,
    recv: quinn::RecvStream,
}

pub(super) async fn watch(vendor: &Vendor) -> Watching {
    let staff = vendor.staff().await;
    let (send, recv) = staff.0.open(&StaffRequest::Watch).await.unwrap();
    let mut watching = Watching { _staff: staff, _send: send, recv };
    assert_eq!(next(&mut watching).await.len(), 10, "everything may have changed before");
    watching
}

pub(super) async fn next(watching: &mut Watching) -> Vec<Topic> {
    let reply: Reply<StaffReply> = read_frame(&mut watching.recv, MESSAGE_BYTES_MAX).await.unwrap();
    match reply.outcome.unwrap() {
        StaffReply::Changed(topics) => topics,
        other => panic!("{other:?}"),
    }
}

fn search(text: &str) -> Query {
    Query { search: Some(text.parse().unwrap()), ..Query::default() }
}

#[tokio::test]
async fn a_watcher_hears_of_a_purchase() {
    let (vendor, world) = Vendor::with_world().await;
    let mut watching = watch(&vendor).await;
    world.device.buy(&vendor, &world.option, "permanent").await.unwrap();
    let mut heard = Vec::new();
    while !(heard.contains(&Topic::Charges) && heard.contains(&Topic::Orders)) {
        heard.extend(next(&mut watching).await);
    }
    assert!(!heard.contains(&Topic::Devices));
}

#[tokio::test]
async fn staff_find_rows_by_number_and_by_part_of_a_name_in_whatever_case() {
    let (vendor, world) = Vendor::with_world().await;
    let staff = vendor.staff().await;
    staff.customer("緑商事 100% Ltd", Settlement::OnDemand).await;
    world.device.buy(&vendor, &world.option, "permanent").await.unwrap();
    let customers = async |text: &str| match staff.ask(StaffRequest::Customers(search(text))).await.unwrap() {
        StaffReply::Customers(page) => page.rows.iter().map(|row| row.id.0).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(customers("SAKURA").await, [1]);
    assert_eq!(customers("c-0002").await, [2]);
    assert_eq!(customers("商事").await, [2]);
    assert_eq!(customers("100%").await, [2]);
    assert_eq!(customers("%").await, [2], "not a wildcard");
    assert_eq!(customers("_").await, [0; 0], "not a wildcard");
    assert_eq!(customers(world.contract.as_str()).await, [1]);
    assert_eq!(customers("nobody").await, [0; 0]);

    for (text, found) in [("mx-204", 1), ("sakura", 1), ("OCR", 1), ("文字", 1), ("zzz", 0)] {
        let orders = StaffRequest::Orders { query: search(text), customer: None, open_only: false };
        let StaffReply::Orders(page) = staff.ask(orders).await.unwrap() else { panic!() };
        assert_eq!((page.total, page.rows.len() as u64), (found, found), "orders with {text}");
        let charges = StaffRequest::Charges { query: search(text), filter: Default::default() };
        let StaffReply::Charges { page, sum } = staff.ask(charges).await.unwrap() else { panic!() };
        assert_eq!((page.total, sum.amount()), (found, found * 20_000), "charges with {text}");
    }
    let devices = staff.ask(StaffRequest::Devices(search("204-0001"))).await.unwrap();
    let StaffReply::Devices(Page { total: 1, rows }) = devices else { panic!("{devices:?}") };
    assert_eq!(rows[0].customer.as_ref().map(|customer| customer.id), Some(world.customer));
}

#[tokio::test]
async fn a_list_comes_in_pages_that_fit_together() {
    let vendor = Vendor::open().await;
    let staff = vendor.staff().await;
    for number in 0..7 {
        staff.option(&format!("option-{number}"), &[("permanent", 1)]).await;
    }
    let mut seen = Vec::new();
    for offset in [0, 3, 6, 9] {
        let query = Query { search: None, offset, limit: 3 };
        let StaffReply::Options(page) = staff.ask(StaffRequest::Options(query)).await.unwrap() else { panic!() };
        assert_eq!(page.total, 7);
        seen.extend(page.rows.into_iter().map(|row: OptionRow| row.fields.id.to_string()));
    }
    assert_eq!(seen, (0..7).map(|number| format!("option-{number}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_does_not_exist_or_exists_already_is_refused() {
    let (vendor, world) = Vendor::with_world().await;
    let staff = vendor.staff().await;
    let fields = CustomerFields { name: "X".parse().unwrap(), email: None, settlement: Settlement::Monthly };
    let nobody = CustomerId(99);
    let device = |serial: &str, customer| {
        let (serial, model) = (serial.parse().unwrap(), "MX".parse().unwrap());
        DeviceFields { serial, model, customer }
    };
    let unknown = "MX-204-0099".parse().unwrap();
    let kind = OptionFields { kind: OptionKind::FontPack, ..option_fields("ocr-package", &[("permanent", 1)]) };
    for (request, code) in [
        (StaffRequest::UpdateCustomer { customer: nobody, revision: 1, fields }, RefusalCode::NotFound),
        (StaffRequest::SuspendCustomer { customer: nobody, suspended: true }, RefusalCode::NotFound),
        (StaffRequest::AddContract { customer: nobody }, RefusalCode::NotFound),
        (
            StaffRequest::SetContract { contract: protocol::ContractUserId::from_body(1), active: true },
            RefusalCode::NotFound,
        ),
        (StaffRequest::RegisterDevice(device("MX-204-0001", None)), RefusalCode::Conflict),
        (StaffRequest::RegisterDevice(device("MX-204-0002", Some(nobody))), RefusalCode::NotFound),
        (StaffRequest::UpdateDevice { revision: 1, fields: device("MX-204-0002", None) }, RefusalCode::NotFound),
        (StaffRequest::NewActivationCode { serial: unknown }, RefusalCode::NotFound),
        (StaffRequest::CreateOption(option_fields("ocr-package", &[("permanent", 1)])), RefusalCode::Conflict),
        (
            StaffRequest::UpdateOption { revision: 1, fields: option_fields("other", &[("permanent", 1)]) },
            RefusalCode::NotFound,
        ),
        (StaffRequest::UpdateOption { revision: 1, fields: kind }, RefusalCode::Conflict),
        (StaffRequest::CreateInvoice { customer: nobody, until: None }, RefusalCode::NotFound),
        (StaffRequest::CreateInvoice { customer: world.customer, until: None }, RefusalCode::Conflict),
        (StaffRequest::Invoice { number: protocol::InvoiceNumber(1) }, RefusalCode::NotFound),
    ] {
        assert_eq!(staff.ask(request.clone()).await, Err(code), "{request:?}");
    }
}

#[tokio::test]
async fn the_overview_counts_what_there_is() {
    let (vendor, world) = Vendor::with_world().await;
    let staff = vendor.staff().await;
    world.device.buy(&vendor, &world.option, "permanent").await.unwrap();
    world.device.order(&vendor, order_id(), &world.option, None).await.unwrap();
    let StaffReply::Overview(overview) = staff.ask(StaffRequest::Overview).await.unwrap() else { panic!() };
    assert_eq!((overview.customers, overview.devices_enrolled, overview.options_for_sale), (1, 1, 1));
    assert_eq!((overview.orders_open, overview.charged.amount(), overview.uninvoiced.amount()), (1, 20_000, 20_000));
    staff.ask(StaffRequest::CreateInvoice { customer: world.customer, until: None }).await.unwrap();
    let StaffReply::Overview(overview) = staff.ask(StaffRequest::Overview).await.unwrap() else { panic!() };
    assert_eq!((overview.charged.amount(), overview.uninvoiced.amount()), (20_000, 0));
    let whoami = staff.ask(StaffRequest::Whoami).await;
    assert!(matches!(whoami, Ok(StaffReply::Whoami { name, .. }) if name.as_str() == "admin"));
}

#[tokio::test]
async fn orders_that_nobody_finishes_are_swept_by_the_clock() {
    let (vendor, world) = Vendor::with_world().await;
    let order = order_id();
    world.device.order(&vendor, order, &world.option, None).await.unwrap();
    let mut watching = watch(&vendor).await;
    vendor.clock.advance_ms(protocol::order::ORDER_LIFE_MS);
    assert_eq!(next(&mut watching).await, [Topic::Orders]);
    let all = StaffRequest::Orders { query: Query::default(), customer: None, open_only: false };
    let StaffReply::Orders(page) = vendor.staff().await.ask(all).await.unwrap() else { panic!() };
    assert_eq!(page.rows[0].state, OrderState::Expired);
    let status = world.device.ask(&vendor, DeviceRequest::Status { order }).await;
    assert_eq!(status, Ok(DeviceReply::Status(OrderState::Expired)));
}

#[tokio::test]
async fn what_was_made_from_an_older_row_is_refused_and_undoes_nothing() {
    let (vendor, world) = Vendor::with_world().await;
    let staff = vendor.staff().await;
    // A form is opened, then somebody else stops the customer, withdraws the option and moves the device.
    let customer = CustomerFields { name: "Sakura".parse().unwrap(), email: None, settlement: Settlement::Monthly };
    let option = option_fields("ocr-package", &[("permanent", 20_000), ("uses:10", 2_000)]);
    let device = DeviceFields {
        serial: world.device.serial.clone(),
        model: "MX-204".parse().unwrap(),
        customer: Some(world.customer),
    };
    staff.ask(StaffRequest::SuspendCustomer { customer: world.customer, suspended: true }).await.unwrap();
    let renamed = CustomerFields { name: "Sakura Print".parse().unwrap(), ..customer.clone() };
    let withdrawn = OptionFields { for_sale: false, ..option.clone() };
    let moved = DeviceFields { customer: None, ..device.clone() };
    let id = world.customer;
    let update_customer = |revision, fields| StaffRequest::UpdateCustomer { customer: id, revision, fields };
    for (first, stale) in [
        (update_customer(1, renamed), update_customer(1, customer.clone())),
        (
            StaffRequest::UpdateOption { revision: 1, fields: withdrawn },
            StaffRequest::UpdateOption { revision: 1, fields: option.clone() },
        ),
        (
            StaffRequest::UpdateDevice { revision: 1, fields: moved },
            StaffRequest::UpdateDevice { revision: 1, fields: device.clone() },
        ),
    ] {
        staff.ask(first).await.unwrap();
        assert_eq!(staff.ask(stale.clone()).await, Err(RefusalCode::Stale), "{stale:?}");
    }
    for unborn in [
        update_customer(3, customer.clone()),
        StaffRequest::UpdateOption { revision: 3, fields: option },
        StaffRequest::UpdateDevice { revision: u32::MAX, fields: device },
    ] {
        assert_eq!(staff.ask(unborn.clone()).await, Err(RefusalCode::Stale), "{unborn:?}");
    }
    let StaffReply::Customers(page) = staff.ask(StaffRequest::Customers(Query::default())).await.unwrap() else {
        panic!()
    };
    let row = &page.rows[0];
    assert_eq!((row.fields.name.as_str(), row.suspended, row.revision), ("Sakura Print", true, 2));
    let refused = world.device.order(&vendor, super::play::order_id(), &world.option, None).await;
    assert!(refused.is_err(), "neither for sale nor the customer's device any more");
    let StaffReply::Customer(row) = staff.ask(update_customer(2, customer)).await.unwrap() else { panic!() };
    assert!(row.suspended, "other fields do not lift the suspension");
}

#[tokio::test]
async fn the_log_tells_every_price_that_changed_however_many() {
    let (vendor, _world) = Vendor::with_world().await;
    let staff = vendor.staff().await;
    let forms = |kind: &str, from: u32| (0..8).map(|i| format!("{kind}:{}", from + i)).collect::<Vec<_>>();
    let list = |forms: &[String], price: u64| {
        let offers: Vec<(&str, u64)> = forms.iter().map(|form| (form.as_str(), price)).collect();
        option_fields("ocr-package", &offers)
    };
    let (old, new) = (forms("uses", 999_990), forms("days", 3_650));
    let first = StaffRequest::UpdateOption { revision: 1, fields: list(&old, 999_999_999_999) };
    staff.ask(first).await.unwrap();
    let fields = OptionFields { for_sale: false, ..list(&new, 999_999_999_998) };
    staff.ask(StaffRequest::UpdateOption { revision: 2, fields }).await.unwrap();
    let StaffReply::Audit(log) = staff.ask(StaffRequest::Audit(Query::default())).await.unwrap() else { panic!() };
    let change = log.rows[0].line.change.as_ref().unwrap().as_str();
    for form in &old {
        assert!(change.contains(&format!("{form}=999999999999→none")), "{form} in {change}");
    }
    for form in &new {
        assert!(change.contains(&format!("{form}=none→999999999998")), "{form} in {change}");
    }
    assert!(change.ends_with("for sale true → false"), "{change}");
}

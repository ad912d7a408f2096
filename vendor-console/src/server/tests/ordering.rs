//! The life of an order, as devices see it.

use protocol::message::Service;
use protocol::message::device::{AbandonReason, DeviceReply, DeviceRequest};
use protocol::message::staff::{DeviceFields, OptionFields, Query, Settlement, StaffReply, StaffRequest};
use protocol::order::ORDER_LIFE_MS;
use protocol::{ContractUserId, FailureCode, OrderState, RefusalCode, Timestamp};

use super::play::{Vendor, ask, form, open_package, option_fields, order_id};

#[tokio::test]
async fn a_device_buys_and_what_it_fetched_opens_with_its_licence() {
    let (vendor, world) = Vendor::with_world().await;
    let device = &world.device;
    let authorised = device.order(&vendor, order_id(), &world.option, None).await.unwrap();
    assert_eq!(authorised.offers.as_slice().len(), 2);
    assert_eq!(authorised.content_server, None);
    let stored = device.deliver(&vendor, &authorised).await.unwrap();
    device.received(&vendor, &authorised).await.unwrap();
    let licence = device.choose(&vendor, authorised.order, "uses:10").await.unwrap();
    assert_eq!(open_package(&stored, &device.manifest(&authorised), &licence), b"the OCR program");
    assert_eq!((licence.form, licence.price.amount()), (form("uses:10"), 2_000));

    let (charges, sum) = vendor.staff().await.charges().await;
    assert_eq!((charges.len(), sum.amount()), (1, 2_000));
    assert_eq!(charges[0].order, authorised.order);
    assert_eq!((charges[0].number, charges[0].customer.id), (1, world.customer));
}

#[tokio::test]
async fn the_server_may_restart_between_any_two_steps_and_every_answer_can_be_asked_for_again() {
    let (mut vendor, world) = Vendor::with_world().await;
    let (device, order) = (&world.device, order_id());
    let first = device.order(&vendor, order, &world.option, None).await.unwrap();
    vendor.restart().await;
    let again = device.order(&vendor, order, &world.option, None).await.unwrap();
    assert_eq!((&first.manifest, &first.offers), (&again.manifest, &again.offers));
    assert_eq!(device.choose(&vendor, order, "permanent").await, Err(RefusalCode::NotDelivered));
    for _ in 0..2 {
        device.deliver(&vendor, &first).await.unwrap();
        vendor.restart().await;
    }
    for _ in 0..2 {
        device.received(&vendor, &first).await.unwrap();
        vendor.restart().await;
    }
    let licence = device.choose(&vendor, order, "permanent").await.unwrap();
    vendor.restart().await;
    vendor.clock.advance_ms(1_000);
    assert_eq!(device.choose(&vendor, order, "permanent").await.unwrap(), licence);
    assert_eq!(device.choose(&vendor, order, "uses:10").await, Err(RefusalCode::AlreadyChosen));
    device.received(&vendor, &first).await.unwrap();
    device.deliver(&vendor, &first).await.unwrap();
    assert_eq!(device.order(&vendor, order, &world.option, None).await.unwrap().manifest, first.manifest);
    let abandon = DeviceRequest::Abandon { order, reason: AbandonReason::Cancelled };
    assert_eq!(device.ask(&vendor, abandon).await, Err(RefusalCode::AlreadyLicensed));
    assert_eq!(vendor.staff().await.charges().await.0.len(), 1);
}

#[tokio::test]
async fn the_two_reports_of_a_delivery_are_both_needed() {
    let (vendor, world) = Vendor::with_world().await;
    let device = &world.device;
    let authorised = device.order(&vendor, order_id(), &world.option, None).await.unwrap();
    assert_eq!(device.received(&vendor, &authorised).await, Err(RefusalCode::NotDelivered));
    assert_eq!(device.choose(&vendor, authorised.order, "permanent").await, Err(RefusalCode::NotDelivered));
    device.deliver(&vendor, &authorised).await.unwrap();
    let status = device.ask(&vendor, DeviceRequest::Status { order: authorised.order }).await;
    assert_eq!(status, Ok(DeviceReply::Status(OrderState::Delivered)), "the device had reported before");
    device.choose(&vendor, authorised.order, "permanent").await.unwrap();
}

#[tokio::test]
async fn the_contract_that_is_named_pays_and_a_device_of_nobody_must_name_one() {
    let (vendor, world) = Vendor::with_world().await;
    let staff = vendor.staff().await;
    let other = staff.customer("Midori Shoji", Settlement::OnDemand).await;
    let stray = vendor.device("MX-204-0002", None).await;
    let refused = stray.order(&vendor, order_id(), &world.option, None).await;
    assert_eq!(refused.unwrap_err(), RefusalCode::ContractRequired);
    let unknown = ContractUserId::from_body(1);
    let refused = stray.order(&vendor, order_id(), &world.option, Some(&unknown)).await;
    assert_eq!(refused.unwrap_err(), RefusalCode::ContractRefused);

    let contract = other.contracts[0].id.clone();
    for device in [&stray, &world.device] {
        let authorised = device.order(&vendor, order_id(), &world.option, Some(&contract)).await.unwrap();
        device.deliver(&vendor, &authorised).await.unwrap();
        device.received(&vendor, &authorised).await.unwrap();
        device.choose(&vendor, authorised.order, "permanent").await.unwrap();
    }
    let (charges, _) = staff.charges().await;
    assert!(charges.len() == 2 && charges.iter().all(|charge| charge.customer.id == other.id));

    staff.ask(StaffRequest::SetContract { contract: contract.clone(), active: false }).await.unwrap();
    let refused = stray.order(&vendor, order_id(), &world.option, Some(&contract)).await;
    assert_eq!(refused.unwrap_err(), RefusalCode::ContractRefused);
}

#[tokio::test]
async fn a_refusal_is_on_file_and_the_same_for_ever() {
    let (vendor, world) = Vendor::with_world().await;
    let staff = vendor.staff().await;
    let nothing = "no-such-option".parse().unwrap();
    let order = order_id();
    for _ in 0..2 {
        let refused = world.device.order(&vendor, order, &nothing, None).await;
        assert_eq!(refused.unwrap_err(), RefusalCode::UnknownOption);
        // Even when it exists meanwhile.
        let _ = staff.ask(StaffRequest::CreateOption(option_fields("no-such-option", &[("permanent", 1)]))).await;
    }
    let unreleased = world.device.order(&vendor, order_id(), &nothing, None).await;
    assert_eq!(unreleased.unwrap_err(), RefusalCode::OptionNotForSale);
    let withdrawn = OptionFields { for_sale: false, ..option_fields("ocr-package", &[("permanent", 1)]) };
    staff.ask(StaffRequest::UpdateOption { revision: 1, fields: withdrawn }).await.unwrap();
    let refused = world.device.order(&vendor, order_id(), &world.option, None).await;
    assert_eq!(refused.unwrap_err(), RefusalCode::OptionNotForSale);

    let suspend = StaffRequest::SuspendCustomer { customer: world.customer, suspended: true };
    staff.ask(suspend).await.unwrap();
    let refused = world.device.order(&vendor, order_id(), &world.option, None).await;
    assert_eq!(refused.unwrap_err(), RefusalCode::CustomerSuspended);

    let all = StaffRequest::Orders { query: Query::default(), customer: None, open_only: false };
    let StaffReply::Orders(page) = staff.ask(all).await.unwrap() else { panic!() };
    assert_eq!(page.total, 4);
    assert_eq!(page.rows[0].state, OrderState::Refused(RefusalCode::CustomerSuspended));
    assert_eq!(page.rows[0].customer.as_ref().map(|customer| customer.id), Some(world.customer));
}

#[tokio::test]
async fn an_order_number_means_one_order_of_one_device() {
    let (vendor, world) = Vendor::with_world().await;
    let other = vendor.device("MX-204-0002", Some(world.customer)).await;
    let order = order_id();
    let authorised = world.device.order(&vendor, order, &world.option, None).await.unwrap();
    let altered = world.device.order(&vendor, order, &world.option, Some(&world.contract)).await;
    assert_eq!(altered.unwrap_err(), RefusalCode::OrderMismatch);
    let altered = world.device.order(&vendor, order, &"other-option".parse().unwrap(), None).await;
    assert_eq!(altered.unwrap_err(), RefusalCode::OrderMismatch);

    let foreign = other.order(&vendor, order, &world.option, None).await;
    assert_eq!(foreign.unwrap_err(), RefusalCode::UnknownOrder);
    let package = world.device.manifest(&authorised).digest();
    for request in [
        DeviceRequest::Received { order, package },
        DeviceRequest::Choose { order, form: form("permanent"), follows: None },
        DeviceRequest::Abandon { order, reason: AbandonReason::Cancelled },
        DeviceRequest::Status { order },
        DeviceRequest::Status { order: order_id() },
    ] {
        assert_eq!(other.ask(&vendor, request).await, Err(RefusalCode::UnknownOrder));
    }
    let status = world.device.ask(&vendor, DeviceRequest::Status { order }).await;
    assert_eq!(status, Ok(DeviceReply::Status(OrderState::Authorised)));
}

#[tokio::test]
async fn an_order_that_is_given_up_costs_nothing_and_stays_closed() {
    let (vendor, world) = Vendor::with_world().await;
    let device = &world.device;
    for (reason, state) in [
        (AbandonReason::Cancelled, OrderState::Cancelled),
        (AbandonReason::Failed(FailureCode::DiskFull), OrderState::Failed(FailureCode::DiskFull)),
    ] {
        let order = order_id();
        let authorised = device.order(&vendor, order, &world.option, None).await.unwrap();
        device.deliver(&vendor, &authorised).await.unwrap();
        for _ in 0..2 {
            let abandoned = device.ask(&vendor, DeviceRequest::Abandon { order, reason }).await;
            assert_eq!(abandoned, Ok(DeviceReply::Abandoned));
        }
        let status = device.ask(&vendor, DeviceRequest::Status { order }).await;
        assert_eq!(status, Ok(DeviceReply::Status(state)));
        assert_eq!(device.received(&vendor, &authorised).await, Err(RefusalCode::OrderClosed));
        assert_eq!(device.choose(&vendor, order, "permanent").await, Err(RefusalCode::OrderClosed));
        let repeated = device.order(&vendor, order, &world.option, None).await;
        assert_eq!(repeated.unwrap_err(), RefusalCode::OrderClosed);
    }
    assert_eq!(vendor.staff().await.charges().await.0.len(), 0);
}

#[tokio::test]
async fn an_order_expires_to_the_millisecond_whether_or_not_anybody_has_swept() {
    let (vendor, world) = Vendor::with_world().await;
    let device = &world.device;
    let authorised = device.order(&vendor, order_id(), &world.option, None).await.unwrap();
    device.deliver(&vendor, &authorised).await.unwrap();
    device.received(&vendor, &authorised).await.unwrap();
    vendor.clock.advance_ms(ORDER_LIFE_MS - 1);
    let status = DeviceRequest::Status { order: authorised.order };
    assert_eq!(device.ask(&vendor, status.clone()).await, Ok(DeviceReply::Status(OrderState::Delivered)));
    vendor.clock.advance_ms(1);
    assert_eq!(device.ask(&vendor, status).await, Ok(DeviceReply::Status(OrderState::Expired)));
    assert_eq!(device.choose(&vendor, authorised.order, "permanent").await, Err(RefusalCode::OrderClosed));
}

#[tokio::test]
async fn an_order_is_charged_at_the_price_that_was_authorised() {
    let (vendor, world) = Vendor::with_world().await;
    let device = &world.device;
    let authorised = device.order(&vendor, order_id(), &world.option, None).await.unwrap();
    device.deliver(&vendor, &authorised).await.unwrap();
    device.received(&vendor, &authorised).await.unwrap();
    let dearer = option_fields("ocr-package", &[("permanent", 99_000)]);
    vendor.staff().await.ask(StaffRequest::UpdateOption { revision: 1, fields: dearer }).await.unwrap();
    let licence = device.choose(&vendor, authorised.order, "uses:10").await.unwrap();
    assert_eq!(licence.price.amount(), 2_000);
    let new = device.order(&vendor, order_id(), &world.option, None).await.unwrap();
    assert_eq!(new.offers.only().map(|offer| offer.price.amount()), Some(99_000));
}

#[tokio::test]
async fn the_same_choice_many_times_at_once_is_one_charge() {
    let (vendor, world) = Vendor::with_world().await;
    let device = &world.device;
    let authorised = device.order(&vendor, order_id(), &world.option, None).await.unwrap();
    device.deliver(&vendor, &authorised).await.unwrap();
    device.received(&vendor, &authorised).await.unwrap();
    let client = vendor.connect(&device.credentials, Service::Device).await;
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (client, order) = (client.clone(), authorised.order);
        asked.spawn(async move {
            ask(&client, DeviceRequest::Choose { order, form: form("permanent"), follows: None }).await
        });
    }
    let answers = asked.join_all().await;
    assert!(matches!(answers[0], Ok(DeviceReply::Licensed(_))));
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(vendor.staff().await.charges().await.0.len(), 1);
}

#[tokio::test]
async fn a_hundred_purchases_at_once_are_a_hundred_charges_numbered_without_gaps() {
    let (vendor, world) = Vendor::with_world().await;
    let device = &world.device;
    let orders: Vec<_> = (0..100).map(|_| order_id()).collect();
    let client = vendor.connect(&device.credentials, Service::Device).await;
    let content = vendor.connect(&device.credentials, Service::Content).await;
    let mut purchases = tokio::task::JoinSet::new();
    for order in orders {
        let (client, content, device, option) = (client.clone(), content.clone(), device.clone(), world.option.clone());
        purchases.spawn(async move {
            let placed = ask(&client, DeviceRequest::Order { order, option, contract: None, pin: None }).await.unwrap();
            let DeviceReply::Authorised(authorised) = placed else { panic!("{placed:?}") };
            let package = device.manifest(&authorised).digest();
            let missing = protocol::package::MissingChunks::collect(1, |_| false);
            let mut transfer = super::play::fetch(content, &authorised.ticket, missing).await.unwrap();
            transfer.read_all().await;
            transfer.end(package).await.unwrap();
            ask(&client, DeviceRequest::Received { order, package }).await.unwrap();
            ask(&client, DeviceRequest::Choose { order, form: form("uses:10"), follows: None }).await.unwrap();
        });
    }
    purchases.join_all().await;
    let (charges, sum) = vendor.staff().await.charges().await;
    let numbers: Vec<u64> = charges.iter().rev().map(|charge| charge.number).collect();
    assert_eq!(numbers, (1..=100).collect::<Vec<_>>());
    assert_eq!(sum.amount(), 200_000);
}

#[tokio::test]
async fn the_catalogue_grows_with_every_change_and_says_when_it_must_be_fetched_anew() {
    let (vendor, world) = Vendor::with_world().await;
    let catalogue = async || {
        let reply = world.device.ask(&vendor, DeviceRequest::Catalogue).await.unwrap();
        let DeviceReply::Catalogue(signed) = reply else { panic!("{reply:?}") };
        world.device.ring.verify(&signed).unwrap()
    };
    let first = catalogue().await;
    assert_eq!(first.entries.len(), 1);
    assert!(first.expires_at > vendor.clock.now());
    assert_eq!(catalogue().await, first);
    let staff = vendor.staff().await;
    let cheaper = option_fields("ocr-package", &[("permanent", 1)]);
    staff.ask(StaffRequest::UpdateOption { revision: 1, fields: cheaper.clone() }).await.unwrap();
    let second = catalogue().await;
    assert!(second.version > first.version);
    assert_eq!(second.entries[0].offers, cheaper.offers);
    staff.ask(StaffRequest::UpdateOption { revision: 2, fields: cheaper }).await.unwrap();
    assert_eq!(catalogue().await.version, second.version, "nothing changed");
    staff.publish(&world.option, b"second release").await.unwrap();
    let third = catalogue().await;
    assert!(third.version > second.version);
    assert_eq!(third.entries[0].version.0, 2);
    vendor.clock.advance_ms(24 * 3_600_000);
    let much_later: Timestamp = catalogue().await.expires_at;
    assert!(much_later > vendor.clock.now());
}

#[tokio::test]
async fn what_staff_decide_between_delivery_and_choice_holds() {
    let (vendor, world) = Vendor::with_world().await;
    let (staff, device) = (vendor.staff().await, &world.device);
    let delivered = async |contract: Option<&ContractUserId>| {
        let authorised = device.order(&vendor, order_id(), &world.option, contract).await.unwrap();
        device.deliver(&vendor, &authorised).await.unwrap();
        device.received(&vendor, &authorised).await.unwrap();
        authorised.order
    };
    let choose = async |order| device.choose(&vendor, order, "permanent").await.map(drop);
    let (own, by_contract) = (delivered(None).await, delivered(Some(&world.contract)).await);

    let suspend = |suspended| StaffRequest::SuspendCustomer { customer: world.customer, suspended };
    staff.ask(suspend(true)).await.unwrap();
    assert_eq!(choose(own).await, Err(RefusalCode::CustomerSuspended));
    staff.ask(suspend(false)).await.unwrap();

    let contract = |active| StaffRequest::SetContract { contract: world.contract.clone(), active };
    staff.ask(contract(false)).await.unwrap();
    assert_eq!(choose(by_contract).await, Err(RefusalCode::ContractRefused));
    staff.ask(contract(true)).await.unwrap();
    choose(by_contract).await.unwrap();

    let other = staff.customer("Momo", Settlement::Monthly).await.id;
    let moved = |revision, customer| {
        let model = "MX-204".parse().unwrap();
        let fields = DeviceFields { serial: device.serial.clone(), model, customer: Some(customer) };
        StaffRequest::UpdateDevice { revision, fields }
    };
    staff.ask(moved(1, other)).await.unwrap();
    assert_eq!(choose(own).await, Err(RefusalCode::OrderClosed));
    staff.ask(moved(2, world.customer)).await.unwrap();
    choose(own).await.unwrap();
    assert_eq!(staff.charges().await.0.len(), 2);
}

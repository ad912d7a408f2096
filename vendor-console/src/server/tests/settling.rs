//! Charges onto invoices.

use std::collections::HashSet;

use protocol::message::staff::{InvoiceDocument, Query, Settlement, StaffReply, StaffRequest};
use protocol::{CustomerId, InvoiceNumber, RefusalCode, Timestamp, Yen};

use super::play::{Staff, Vendor, World};

async fn invoice(
    staff: &Staff,
    customer: CustomerId,
    until: Option<Timestamp>,
) -> Result<InvoiceDocument, RefusalCode> {
    match staff.ask(StaffRequest::CreateInvoice { customer, until }).await? {
        StaffReply::Invoice(document) => Ok(document),
        other => panic!("{other:?}"),
    }
}

async fn buy(vendor: &Vendor, world: &World, forms: &[&str]) {
    for form in forms {
        world.device.buy(vendor, &world.option, form).await.unwrap();
        vendor.clock.advance_ms(1_000);
    }
}

#[tokio::test]
async fn no_charge_is_on_two_invoices_and_none_is_forgotten() {
    let (mut vendor, world) = Vendor::with_world().await;
    let begin = vendor.clock.now();
    buy(&vendor, &world, &["permanent", "uses:10", "uses:10"]).await;
    let staff = vendor.staff().await;
    // Before the second charge: it is not included.
    let first = invoice(&staff, world.customer, Some(begin.plus_ms(1_000))).await.unwrap();
    assert_eq!((first.lines.len(), first.head.total.amount()), (1, 20_000));
    assert_eq!((first.head.from, first.head.until), (begin, begin.plus_ms(1_000)));
    let second = invoice(&staff, world.customer, None).await.unwrap();
    assert_eq!((second.lines.len(), second.head.total.amount()), (2, 4_000));
    assert_eq!(second.head.number, InvoiceNumber(2));
    assert_eq!(invoice(&staff, world.customer, None).await, Err(RefusalCode::Conflict));

    vendor.restart().await;
    let staff = vendor.staff().await;
    for document in [&first, &second] {
        let again = staff.ask(StaffRequest::Invoice { number: document.head.number }).await.unwrap();
        assert_eq!(again, StaffReply::Invoice(document.clone()));
        let sum = Yen::checked_sum(document.lines.iter().map(|line| line.amount)).unwrap();
        assert_eq!(sum, document.head.total);
        assert!(document.lines.iter().all(|line| line.invoice == Some(document.head.number)));
    }
    let (charges, _) = staff.charges().await;
    let numbers: HashSet<_> = first.lines.iter().chain(&second.lines).map(|line| line.number).collect();
    assert_eq!(numbers.len(), 3);
    assert!(charges.iter().all(|charge| numbers.contains(&charge.number) && charge.invoice.is_some()));
}

#[tokio::test]
async fn the_settlement_invoices_monthly_customers_once() {
    let (vendor, world) = Vendor::with_world().await;
    let staff = vendor.staff().await;
    let on_demand = staff.customer("Midori Shoji", Settlement::OnDemand).await;
    let idle = staff.customer("Quiet Office", Settlement::Monthly).await;
    let theirs = vendor.device("MX-204-0002", Some(on_demand.id)).await;
    theirs.buy(&vendor, &world.option, "permanent").await.unwrap();
    buy(&vendor, &world, &["uses:10", "permanent"]).await;
    let settle = StaffRequest::Settle { until: vendor.clock.now() };
    let StaffReply::Invoices(page) = staff.ask(settle.clone()).await.unwrap() else { panic!() };
    assert_eq!((page.total, page.rows.len()), (1, 1));
    assert_eq!((page.rows[0].customer.id, page.rows[0].total.amount()), (world.customer, 22_000));
    let StaffReply::Invoices(again) = staff.ask(settle).await.unwrap() else { panic!() };
    assert_eq!(again.total, 0);
    assert!(invoice(&staff, idle.id, None).await.is_err());
    assert_eq!(invoice(&staff, on_demand.id, None).await.unwrap().head.total.amount(), 20_000);

    let of = StaffRequest::Invoices { query: Query::default(), customer: Some(world.customer) };
    let StaffReply::Invoices(page) = staff.ask(of).await.unwrap() else { panic!() };
    assert_eq!(page.total, 1);
    let named = Query { search: Some("INV-0002".parse().unwrap()), ..Query::default() };
    let named = StaffRequest::Invoices { query: named, customer: None };
    let StaffReply::Invoices(page) = staff.ask(named).await.unwrap() else { panic!() };
    assert_eq!(page.rows[0].customer.id, on_demand.id);
}

#[tokio::test]
async fn an_invoice_never_covers_time_that_has_not_passed() {
    let (vendor, world) = Vendor::with_world().await;
    buy(&vendor, &world, &["permanent"]).await;
    let staff = vendor.staff().await;
    let document = invoice(&staff, world.customer, Some(Timestamp::from_ms(u64::MAX))).await.unwrap();
    assert_eq!(document.head.until, vendor.clock.now().plus_ms(1));
}

#[tokio::test]
async fn two_invoices_asked_for_at_once_share_no_charge() {
    let (vendor, world) = Vendor::with_world().await;
    buy(&vendor, &world, &["permanent", "uses:10"]).await;
    let (one, other) = (vendor.staff().await, vendor.staff().await);
    let (one, other) = tokio::join!(invoice(&one, world.customer, None), invoice(&other, world.customer, None));
    assert_eq!([&one, &other].iter().filter(|made| made.is_ok()).count(), 1);
    assert_eq!([one, other].into_iter().find_map(Result::err), Some(RefusalCode::Conflict));
}

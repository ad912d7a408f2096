//! Credits, second persons and the audit log, as the books have them.

use protocol::audit::{AuditLine, AuditRow, Link};
use protocol::message::staff::{
    InvoiceDocument, ProposalKind, Query, Reason, StaffReply, StaffRequest, StaffRow, Verdict,
};
use protocol::message::{Reply, Service};
use protocol::net::DeviceKey;
use protocol::{CustomerId, RefusalCode, StaffRole, Yen};

use super::play::{Staff, Vendor, packages_on_disk};

async fn member(vendor: &Vendor, name: &str, role: StaffRole) -> Staff {
    let key = DeviceKey::generate().unwrap();
    let csr = key.signing_request().unwrap();
    let request = StaffRequest::AddStaff { name: name.parse().unwrap(), role, csr };
    match vendor.staff().await.ask(request).await.unwrap() {
        StaffReply::StaffCertificate { chain, .. } => {
            let credentials = key.into_credentials(&chain, vendor.admin().root);
            Staff(vendor.connect(&credentials, Service::Staff).await)
        }
        other => panic!("{other:?}"),
    }
}

fn reason() -> Reason {
    "blurred".parse().unwrap()
}

fn credit(charge: u64, amount: u64) -> StaffRequest {
    StaffRequest::Credit { charge, amount: Yen::new(amount).unwrap(), reason: reason() }
}

async fn invoice(staff: &Staff, customer: CustomerId) -> InvoiceDocument {
    match staff.ask(StaffRequest::CreateInvoice { customer, until: None }).await.unwrap() {
        StaffReply::Invoice(document) => document,
        other => panic!("{other:?}"),
    }
}

async fn log(staff: &Staff) -> Vec<AuditRow> {
    match staff.ask(StaffRequest::AuditChain { after: 0, limit: 0 }).await.unwrap() {
        StaffReply::AuditChain(rows) => rows,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_credit_reduces_the_next_invoice_and_what_is_left_over_the_one_after() {
    let (vendor, world) = Vendor::with_world().await;
    let staff = vendor.staff().await;
    world.device.buy(&vendor, &world.option, "permanent").await.unwrap();
    world.device.buy(&vendor, &world.option, "uses:10").await.unwrap();
    let first = invoice(&staff, world.customer).await;
    assert_eq!((first.head.total.amount(), first.credits.len()), (22_000, 0));

    // Paid already; a part is given back.
    staff.ask(credit(1, 5_000)).await.unwrap();
    staff.ask(credit(2, 500)).await.unwrap();
    world.device.buy(&vendor, &world.option, "uses:10").await.unwrap();
    let second = invoice(&staff, world.customer).await;
    let head = &second.head;
    let yen = |yen: Yen| yen.amount();
    assert_eq!((yen(head.credited), yen(head.total), yen(head.carried)), (2_000, 0, 3_500));
    assert_eq!(second.credits.iter().map(|line| (line.credit, line.amount.amount())).collect::<Vec<_>>(), [(1, 2_000)]);

    world.device.buy(&vendor, &world.option, "permanent").await.unwrap();
    let third = invoice(&staff, world.customer).await;
    assert_eq!((yen(third.head.credited), yen(third.head.total), yen(third.head.carried)), (3_500, 16_500, 0));
    assert_eq!(
        third.credits.iter().map(|line| (line.credit, line.amount.amount())).collect::<Vec<_>>(),
        [(1, 3_000), (2, 500)]
    );
    let again = staff.ask(StaffRequest::Invoice { number: second.head.number }).await.unwrap();
    assert_eq!(again, StaffReply::Invoice(second), "an invoice never changes");
    let (charges, sum) = staff.charges().await;
    assert_eq!((sum.amount(), charges[3].credited.amount()), (44_000, 5_000), "charges stay as they are");
}

#[tokio::test]
async fn a_rejected_release_is_never_sold_and_its_number_never_used_again() {
    let (vendor, world) = Vendor::with_world().await;
    let staff = vendor.staff().await;
    staff.ask(StaffRequest::RequireSecondPerson).await.unwrap();
    assert_eq!(staff.ask(StaffRequest::RequireSecondPerson).await, Err(RefusalCode::Conflict));
    let second = member(&vendor, "second", StaffRole::Publisher).await;

    let two = staff.publish(&world.option, b"the second OCR program").await.unwrap();
    assert_eq!((two.release.unwrap().version.0, two.waiting.unwrap().0), (1, 2));
    assert_eq!(packages_on_disk(&vendor.data()), 2);
    let kind = ProposalKind::Release;
    let no = Verdict::Reject { reason: reason() };
    second.ask(StaffRequest::Decide { kind, number: 1, verdict: no.clone() }).await.unwrap();
    assert_eq!(packages_on_disk(&vendor.data()), 1, "nobody will ever fetch it");
    let again = second.ask(StaffRequest::Decide { kind, number: 1, verdict: Verdict::Approve }).await;
    assert_eq!(again, Err(RefusalCode::Conflict));

    staff.publish(&world.option, b"the third OCR program").await.unwrap();
    let four = staff.publish(&world.option, b"the fourth OCR program").await.unwrap();
    assert_eq!((four.release.unwrap().version.0, four.waiting.unwrap().0), (1, 4));
    second.ask(StaffRequest::Decide { kind, number: 3, verdict: Verdict::Approve }).await.unwrap();
    // What is older than what is sold can only be rejected; whoever proposed it takes it back.
    let older = second.ask(StaffRequest::Decide { kind, number: 2, verdict: Verdict::Approve }).await;
    assert_eq!(older, Err(RefusalCode::Conflict));
    staff.ask(StaffRequest::Decide { kind, number: 2, verdict: no }).await.unwrap();
    world.device.buy(&vendor, &world.option, "permanent").await.unwrap();
}

#[tokio::test]
async fn each_change_by_staff_is_one_line_and_what_is_refused_or_bought_is_none() {
    let (vendor, world) = Vendor::with_world().await;
    let staff = vendor.staff().await;
    let before = log(&staff).await;
    let told: Vec<_> = before.iter().map(|row| row.line.action.as_str()).collect();
    assert_eq!(told, ["found-vendor", "create-customer", "create-option", "publish", "register-device"]);
    assert_eq!(before[0].line.change.as_ref().unwrap().as_str(), "solo: no second person");

    world.device.buy(&vendor, &world.option, "permanent").await.unwrap();
    assert_eq!(staff.ask(StaffRequest::AddContract { customer: CustomerId(99) }).await, Err(RefusalCode::NotFound));
    staff.ask(StaffRequest::Overview).await.unwrap();
    assert_eq!(log(&staff).await, before);

    staff.ask(StaffRequest::SetContract { contract: world.contract.clone(), active: false }).await.unwrap();
    let after = log(&staff).await;
    let line = &after.last().unwrap().line;
    assert_eq!((after.len(), line.action.as_str(), line.subject.as_str()), (6, "set-contract", "C-0001"));
    assert_eq!(line.outcome.as_str(), AuditLine::DONE);
    let change = line.change.as_ref().unwrap().as_str();
    assert!(change.ends_with("active true → false") && !change.contains(world.contract.as_str()), "{change}");
    after.iter().try_fold(Link::START, |link, row| link.follow(row)).unwrap();
}

#[tokio::test]
async fn a_member_who_is_demoted_can_do_no_more_than_the_new_role() {
    let vendor = Vendor::open().await;
    let staff = vendor.staff().await;
    let mika = member(&vendor, "mika", StaffRole::Admin).await;
    let role = |role| StaffRequest::SetStaffRole { name: "mika".parse().unwrap(), role };
    mika.ask(role(StaffRole::Clerk)).await.unwrap();
    assert_eq!(mika.ask(role(StaffRole::Admin)).await, Err(RefusalCode::RoleForbids));
    let detail: Reply<StaffReply> = mika.0.request(&role(StaffRole::Admin)).await.unwrap();
    let detail = detail.outcome.unwrap_err().detail.unwrap();
    assert_eq!(detail.as_str(), "set-staff-role is for admin; you are clerk");
    let taken = member_row(&staff, "mika").await;
    assert_eq!((taken.role, taken.revoked_at), (StaffRole::Clerk, None));
    let again = StaffRequest::AddStaff { name: "mika".parse().unwrap(), role: StaffRole::Clerk, csr: vec![] };
    assert_eq!(staff.ask(again).await, Err(RefusalCode::Conflict));
    let bad = StaffRequest::AddStaff { name: "taro".parse().unwrap(), role: StaffRole::Clerk, csr: vec![0x30; 99] };
    assert_eq!(staff.ask(bad).await, Err(RefusalCode::InvalidInput));
}

async fn member_row(staff: &Staff, name: &str) -> StaffRow {
    match staff.ask(StaffRequest::Staff(Query::default())).await.unwrap() {
        StaffReply::Staff(page) => page.rows.into_iter().find(|row| row.name.as_str() == name).unwrap(),
        other => panic!("{other:?}"),
    }
}

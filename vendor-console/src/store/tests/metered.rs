//! Options that are charged by use: whatever devices report, in whatever order, each use is charged exactly once.

use protocol::message::report::{DeviceFault, ReportAnswer};
use protocol::message::report::{DeviceReport, FaultKind, LicenceReport, Standing, UsageMark};
use protocol::message::staff::{Ending, FlagReason, LicenceFilter, LicenceRow};
use protocol::receipt::{EraseReceipt, SignedReceipt};
use protocol::time::{DAY_MS, HOUR_MS};
use protocol::{EndReason, Licence, LicenceId, LockReason};

use super::*;

const EACH: u64 = 30;

fn mark(sequence: u64) -> UsageMark {
    UsageMark { sequence, head: Digest([u8::try_from(sequence % 251).unwrap(); 32]) }
}

/// What a device tells of its only licence.
#[derive(Debug, Clone, Copy)]
struct Told {
    used: u64,
    standing: Standing,
    /// With a receipt that says so many.
    receipt: Option<u64>,
}

impl Told {
    const fn active(used: u64) -> Self {
        Self { used, standing: Standing::Active, receipt: None }
    }

    fn report(self, licence: LicenceId, acknowledged: u64, reported: u64) -> DeviceReport {
        DeviceReport {
            acknowledged: mark(acknowledged),
            mark: mark(reported),
            clock: START,
            licences: vec![LicenceReport {
                licence,
                standing: self.standing,
                uses_left: None,
                used: Some(self.used),
                was_used: self.used > 0,
            }],
            faults: vec![],
            receipts: vec![],
        }
    }

    fn receipts(self, licence: LicenceId) -> Vec<(EraseReceipt, SignedReceipt)> {
        let receipt = |used| EraseReceipt {
            device: device(1),
            licence,
            package: Digest([0; 32]),
            reason: EndReason::Removed,
            erased_at: START,
            used: Some(used),
        };
        let signed = SignedReceipt { bytes: vec![], r: [0; 32], s: [0; 32] };
        self.receipt.into_iter().map(|used| (receipt(used), signed.clone())).collect()
    }
}

/// What was signed: a key's name, then a length, then the licence.
fn opened(signed: &Signed<Licence>) -> Licence {
    let all = protocol::codec::encode(signed);
    let (length, rest) = all[16..].split_first_chunk().unwrap();
    protocol::codec::decode(&rest[..usize::try_from(u64::from_le_bytes(*length)).unwrap()]).unwrap()
}

/// Books with one licence that is charged by use.
struct Shop {
    store: Store,
    licence: Licence,
    _folder: tempfile::TempDir,
}

impl Shop {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (store, package) = books(folder.path()).await;
        store.set_return_days(14).await.unwrap();
        let id = order_number(1);
        let request = OrderRequest { order: id, device: &device(1), option: &option(), contract: None, pin: None };
        store.place_order(request, START).await.unwrap();
        store.report(id, TransferOutcome::Sent(package), START).await.unwrap();
        store.received(id, &device(1), package, START).await.unwrap();
        let form = UsageForm::Metered;
        let licence = store.choose(id, (&device(1), CERTIFICATE), form.into(), &key(), START).await.unwrap();
        let licence = opened(&licence);
        Self { store, licence, _folder: folder }
    }

    async fn hear(&self, told: Told, acknowledged: u64, reported: u64, now: Timestamp) -> (ReportAnswer, bool) {
        let report = told.report(self.licence.id, acknowledged, reported);
        let receipts = told.receipts(self.licence.id);
        self.store.device_report(&device(1), &report, &receipts, &key(), now).await.unwrap()
    }

    /// Uses and yen of every line, oldest first; without that of the purchase.
    async fn charged(&self) -> Vec<(u32, u64)> {
        let (page, _) = self.store.charges(&Query::default(), &ChargeFilter::default()).await.unwrap();
        let mut lines: Vec<_> = page.rows.iter().rev().map(|row| (row.uses, row.amount.amount())).collect();
        assert_eq!(lines.remove(0), (None, 0), "the purchase");
        lines.into_iter().map(|(uses, amount)| (uses.unwrap().count, amount)).collect()
    }

    async fn row(&self, now: Timestamp) -> LicenceRow {
        let page = self.store.licences(&Query::default(), &LicenceFilter::default(), now).await.unwrap();
        page.rows.into_iter().next().unwrap()
    }

    async fn flag(&self) -> Option<FlagReason> {
        let alarms = self.store.device_alarms(&Query::default(), START).await.unwrap();
        alarms.rows.first().and_then(|row| row.flag).map(|(reason, _)| reason)
    }

    async fn ending(&self, now: Timestamp) -> u64 {
        let filter = LicenceFilter { ending: Some(Ending::default()), ..LicenceFilter::default() };
        let found = self.store.licences(&Query::default(), &filter, now).await.unwrap().total;
        assert_eq!(self.store.overview(now).await.unwrap().licences_ending, found);
        found
    }
}

fn told() -> impl Strategy<Value = Told> {
    let standing = prop_oneof![
        8 => Just(Standing::Active),
        1 => Just(Standing::Locked(LockReason::ContactDue)),
        1 => Just(Standing::Locked(LockReason::Restored)),
        1 => Just(Standing::Locked(LockReason::Edited)),
        1 => Just(Standing::Ended(EndReason::Removed, START)),
    ];
    let used = prop_oneof![9 => 0_u64..60, 1 => Just(u64::MAX)];
    let receipt = prop_oneof![9 => Just(None), 1 => (0_u64..60).prop_map(Some)];
    (used, standing, receipt).prop_map(|(used, standing, receipt)| Told { used, standing, receipt })
}

async fn any_reports(reports: Vec<(Told, u64, u64, bool)>) -> Result<(), TestCaseError> {
    let shop = Shop::open().await;
    let (mut known, mut lines, mut now) = (0, 0, START);
    for (told, acknowledged, reported, again) in reports {
        now = now.plus_ms(1_000);
        let counts = (told.standing != Standing::Locked(LockReason::Edited)).then_some(told.used);
        let most = counts.into_iter().chain(told.receipt).fold(known, Ord::max);
        let believed = most - known <= u64::from(UsageForm::MAX_USES);
        let (_, is_charged) = shop.hear(told, acknowledged, reported, now).await;
        prop_assert_eq!(is_charged, believed && most > known);
        if is_charged {
            (known, lines) = (most, lines + 1);
        }
        if again {
            prop_assert!(!shop.hear(told, acknowledged, reported, now).await.1 || !believed, "the same report again");
        }
        let charged = shop.charged().await;
        prop_assert_eq!(charged.len(), lines);
        prop_assert_eq!(charged.iter().map(|(uses, _)| u64::from(*uses)).sum::<u64>(), known);
        prop_assert_eq!(charged.iter().map(|(_, yen)| yen).sum::<u64>(), known * EACH);
        prop_assert_eq!(shop.row(now).await.used, Some(known));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_reported_in_whatever_order_each_use_is_charged_exactly_once(
        reports in prop::collection::vec((told(), 0_u64..8, 0_u64..8, any::<bool>()), 0..30),
    ) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(any_reports(reports))?;
    }
}

#[tokio::test]
async fn a_licence_that_is_charged_by_use_begins_with_a_line_of_nothing() {
    let shop = Shop::open().await;
    assert_eq!(shop.charged().await, []);
    let metering = shop.licence.metering.unwrap();
    assert_eq!((metering.used, metering.contact_within_days.get()), (0, 14));
    let row = shop.row(START).await;
    assert_eq!((row.used, row.contact_due_at), (Some(0), Some(START.plus_days(14))));
    assert_eq!(shop.licence.price.amount(), EACH);
}

#[tokio::test]
async fn the_uses_of_a_report_are_one_line_of_the_ledger_and_of_the_invoice() {
    let shop = Shop::open().await;
    shop.hear(Told::active(5), 0, 1, START).await;
    shop.hear(Told::active(12), 1, 2, START.plus_ms(HOUR_MS)).await;
    assert_eq!(shop.charged().await, [(5, 150), (7, 210)]);
    let invoice = shop.store.create_invoice(CustomerId(1), None, START.plus_days(1)).await.unwrap();
    assert_eq!((invoice.head.total.amount(), invoice.lines.len()), (360, 3));
    let uses = invoice.lines[2].uses.unwrap();
    assert_eq!((uses.count, uses.each.amount()), (7, EACH));
    // A line can be credited like any other.
    let credit = shop.store.credits(&Query::default(), None, Some(invoice.lines[2].number)).await.unwrap();
    assert_eq!(credit.total, 0);
}

#[tokio::test]
async fn fewer_uses_than_were_reported_are_flagged_and_given_back_to_nobody() {
    let shop = Shop::open().await;
    shop.hear(Told::active(9), 0, 1, START).await;
    let (answer, is_charged) = shop.hear(Told::active(4), 1, 2, START).await;
    assert_eq!((answer.locked, is_charged), (vec![shop.licence.id], false));
    assert_eq!(shop.flag().await, Some(FlagReason::Restored));
    assert_eq!((shop.charged().await, shop.row(START).await.used), (vec![(9, 270)], Some(9)));
    // What it is used beyond that is charged, also while it is flagged.
    shop.hear(Told { standing: Standing::Locked(LockReason::Restored), ..Told::active(10) }, 2, 3, START).await;
    assert_eq!(shop.charged().await, [(9, 270), (1, 30)]);
    let decision = protocol::message::staff::DeviceDecision::Release;
    shop.store.decide_device(&device(1), decision, START).await.unwrap();
    let again = shop.store.licence_again(shop.licence.id, &device(1), &key(), START).await.unwrap();
    assert_eq!(opened(&again).metering.unwrap().used, 10, "the device goes on from what was charged");
}

#[tokio::test]
async fn more_uses_at_once_than_a_machine_makes_are_flagged_and_not_charged() {
    let shop = Shop::open().await;
    let most = u64::from(UsageForm::MAX_USES);
    let (answer, is_charged) = shop.hear(Told::active(most + 1), 0, 1, START).await;
    assert_eq!((answer.locked, is_charged), (vec![shop.licence.id], false));
    assert_eq!(shop.flag().await, Some(FlagReason::Implausible));
    assert_eq!(shop.charged().await, []);
    let shop = Shop::open().await;
    assert!(shop.hear(Told::active(most), 0, 1, START).await.1);
    assert_eq!(shop.charged().await, [(UsageForm::MAX_USES, most * EACH)]);
}

#[tokio::test]
async fn the_last_uses_come_with_the_receipt_and_after_a_revocation() {
    let shop = Shop::open().await;
    shop.hear(Told::active(2), 0, 1, START).await;
    shop.store.revoke_licence(shop.licence.id, START).await.unwrap();
    let (answer, _) = shop.hear(Told::active(5), 1, 2, START).await;
    assert_eq!(answer.revoked, [shop.licence.id]);
    assert_eq!(shop.charged().await, [(2, 60), (3, 90)]);
    let ended = Standing::Ended(EndReason::Revoked, START);
    let last = Told { used: 5, standing: ended, receipt: Some(6) };
    let (answer, _) = shop.hear(last, 2, 3, START).await;
    assert_eq!(answer.receipts, [shop.licence.id]);
    assert!(!shop.hear(last, 2, 3, START).await.1);
    assert_eq!(shop.charged().await, [(2, 60), (3, 90), (1, 30)]);
    let row = shop.row(START).await;
    assert_eq!((row.used, row.contact_due_at), (Some(6), None));
}

#[tokio::test]
async fn another_devices_licence_is_charged_to_nobody_by_ones_report() {
    let shop = Shop::open().await;
    let report = Told::active(7).report(shop.licence.id, 0, 1);
    let (answer, is_charged) = shop.store.device_report(&device(2), &report, &[], &key(), START).await.unwrap();
    assert_eq!((answer.revoked, is_charged), (vec![shop.licence.id], false));
    assert_eq!(shop.charged().await, []);
}

#[tokio::test]
async fn the_report_of_a_licence_that_was_locked_for_want_of_one_unlocks_it() {
    let shop = Shop::open().await;
    let now = START.plus_days(20);
    let told = Told { standing: Standing::Locked(LockReason::ContactDue), ..Told::active(3) };
    let (answer, _) = shop.hear(told, 0, 1, now).await;
    assert_eq!(answer, ReportAnswer { acknowledged: mark(1), ..ReportAnswer::default() });
    let row = shop.row(now).await;
    assert_eq!((row.standing, row.contact_due_at), (Standing::Active, Some(now.plus_days(14))));
}

#[tokio::test]
async fn what_ends_or_locks_soon_is_found_by_those_who_call_customers() {
    let shop = Shop::open().await;
    assert_eq!(shop.ending(START).await, 0);
    assert_eq!(shop.ending(START.plus_ms(11 * DAY_MS - 1)).await, 0);
    assert_eq!(shop.ending(START.plus_days(11)).await, 1, "three days before it locks");
    shop.hear(Told::active(1), 0, 1, START.plus_days(11)).await;
    assert_eq!(shop.ending(START.plus_days(11)).await, 0);
    let gone = Told { used: 1, standing: Standing::Ended(EndReason::Removed, START), receipt: Some(1) };
    shop.hear(gone, 1, 2, START.plus_days(12)).await;
    assert_eq!(shop.ending(START.plus_days(40)).await, 0, "what has ended does not end soon");
}

#[tokio::test]
async fn an_edited_record_charges_nothing_and_the_device_is_flagged() {
    let shop = Shop::open().await;
    shop.hear(Told::active(2), 0, 1, START).await;
    let told = Told { standing: Standing::Locked(LockReason::Edited), ..Told::active(900) };
    let mut report = told.report(shop.licence.id, 1, 2);
    report.faults.push(DeviceFault { at: START, kind: FaultKind::RecordEdited(shop.licence.id) });
    shop.store.device_report(&device(1), &report, &[], &key(), START).await.unwrap();
    assert_eq!((shop.charged().await, shop.flag().await), (vec![(2, 60)], Some(FlagReason::Edited)));
}

/// As books were before there was metering.
const OLD_BOOKS: &str = "
INSERT INTO customer (id, name, monthly, suspended, search, created_at) VALUES (1, 'Sakura', 1, 0, 'sakura', 1);
INSERT INTO device (serial, model, customer_id, revoked, code_used, search) VALUES ('MX-204-0001', 'MX', 1, 0, 0, 'mx');
INSERT INTO purchase_order (id, device, option, customer_id, state, failed_attempts, created_at, updated_at, expires_at)
    VALUES ('01010101-0101-0101-0101-010101010101', 'MX-204-0001', 'ocr-package', 1, 'licensed', 0, 1, 1, 1);
INSERT INTO licence (\"order\", device, option, issued_at, signed)
    VALUES ('01010101-0101-0101-0101-010101010101', 'MX-204-0001', 'ocr-package', 1, x'00');
INSERT INTO charge (number, \"order\", customer_id, device, option, name_ja, name_en, form, amount, charged_at)
    VALUES (1, '01010101-0101-0101-0101-010101010101', 1, 'MX-204-0001', 'ocr-package', 'a', 'b', 'permanent', 500, 1);
INSERT INTO invoice (number, customer_id, customer_name, from_at, until_at, issued_at, line_count, total, credited, carried)
    VALUES (1, 1, 'Sakura', 1, 2, 2, 1, 400, 100, 0);
INSERT INTO invoice_line (charge, invoice) VALUES (1, 1);
INSERT INTO credit (number, charge, customer_id, amount, reason, issued_by, issued_at) VALUES (1, 1, 1, 100, 'late', 'admin', 2);
INSERT INTO invoice_credit (invoice, credit, amount) VALUES (1, 1, 100);
INSERT INTO proposal (number, kind, charge, amount, reason, proposed_by, proposed_at, state)
    VALUES (1, 'credit', 1, 50, 'late', 'admin', 3, 'waiting');
";

#[tokio::test]
async fn the_ledger_of_books_from_before_is_kept_with_all_that_refers_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("books.sqlite");
    let url = format!("sqlite://{}?mode=rwc", file.display());
    let before = Database::connect(url).await.unwrap();
    let steps = migration::Migrator::migrations();
    let steps_before = steps.iter().position(|step| step.name() == "m0007_metering").unwrap();
    migration::Migrator::up(&before, u32::try_from(steps_before).ok()).await.unwrap();
    before.execute_unprepared(OLD_BOOKS).await.unwrap();
    before.close().await.unwrap();
    let store = Store::open(&file).await.unwrap();
    let (page, sum) = store.charges(&Query::default(), &ChargeFilter::default()).await.unwrap();
    let row = &page.rows[0];
    assert_eq!((row.number, row.amount.amount(), row.uses, sum.amount()), (1, 500, None, 500));
    assert_eq!((row.invoice, row.credited.amount()), (Some(protocol::InvoiceNumber(1)), 100));
    let invoice = store.invoice(protocol::InvoiceNumber(1)).await.unwrap();
    assert_eq!((invoice.lines.len(), invoice.credits.len()), (1, 1));
    assert_eq!(store.proposals(&Query::default(), true).await.unwrap().total, 1);
    for gone in ["DELETE FROM charge", "DELETE FROM credit", "DELETE FROM licence"] {
        assert!(store.db.execute_unprepared(gone).await.is_err(), "{gone}: something refers to it");
    }
}

#[tokio::test]
async fn what_is_charged_by_use_has_no_price_to_give_back_and_nothing_left_to_move() {
    let shop = Shop::open().await;
    assert_eq!(shop.licence.return_until, None);
    let moved = shop.store.move_licence(shop.licence.id, (&device(2), false), &key(), START).await;
    assert!(matches!(moved, Err(StoreError::Refused(refusal)) if refusal.code == RefusalCode::Conflict));
}

//! The books against a model, without a network.

mod metered;
mod parallel;

use std::collections::HashMap;

use proptest::prelude::*;
use protocol::message::content::TransferOutcome;
use protocol::message::device::Bilingual;
use protocol::message::staff::{
    ChargeFilter, CustomerFields, DeviceFields, INVOICE_LINES_MAX, OptionFields, Query, Settlement,
};
use protocol::order::{ORDER_LIFE_MS, Order, OrderEvent, Transition};
use protocol::package::{FeatureList, Manifest, OptionKind, PackageContent, ProgramLimits};
use protocol::receipt::{EraseReceipt, SignedReceipt};
use protocol::signed::SigningKey;
use protocol::{
    ActivationCode, ContentKey, ContractUserId, CustomerId, DeviceSerial, Digest, EndReason, FailureCode, LicenceId,
    Offer, OfferList, OptionId, OrderId, OrderState, RefusalCode, ReleaseVersion, Signed, Timestamp, UsageForm, Yen,
    codec,
};
use sea_orm::{ActiveValue::Set, EntityTrait};
use uuid::Uuid;

use super::entity::{charge, licence, licence_life, order};
use super::*;

const START: Timestamp = Timestamp::from_ms(1_800_000_000_000);
const CERTIFICATE: &[u8] = b"of each device";
const WRONG: Digest = Digest([9; 32]);

fn key() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

fn option() -> OptionId {
    "ocr-package".parse().unwrap()
}

fn device(number: u8) -> DeviceSerial {
    format!("MX-204-000{number}").parse().unwrap()
}

fn order_number(number: u8) -> OrderId {
    OrderId(Uuid::from_bytes([number; 16]))
}

fn offers() -> OfferList {
    let offer = |form: &str, price| Offer::new(form.parse().unwrap(), Yen::new(price).unwrap());
    OfferList::new(vec![offer("permanent", 20_000), offer("uses:10", 2_000), offer("metered", 30)]).unwrap()
}

/// The books of this folder: a file in it, or a schema of its own in the database that `KOBAI_TEST_POSTGRES` names.
pub(super) async fn open(folder: &Path) -> Store {
    #[cfg(feature = "postgres")]
    if let Ok(url) = std::env::var("KOBAI_TEST_POSTGRES") {
        let name = folder.file_name().unwrap().to_string_lossy();
        let schema: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        let schema = format!("kobai_{schema}");
        let db = Database::connect(url.as_str()).await.unwrap();
        db.execute_unprepared(&format!("CREATE SCHEMA IF NOT EXISTS {schema}")).await.unwrap();
        db.close().await.unwrap();
        let mut options = ConnectOptions::new(url);
        options.max_connections(CONNECTIONS).sqlx_logging(false).set_schema_search_path(schema);
        return Store::connect(options).await.unwrap();
    }
    Store::open(&folder.join("books.sqlite")).await.unwrap()
}

/// Books with one customer, two devices of it, and one option with a release.
pub(super) async fn books(folder: &Path) -> (Store, Digest) {
    let store = open(folder).await;
    store.found(&"admin".parse().unwrap(), b"certificate", false, START).await.unwrap();
    let name = "Sakura".parse().unwrap();
    let fields = CustomerFields { name, email: None, settlement: Settlement::Monthly };
    let customer = store.create_customer(&fields, START).await.unwrap().id;
    for number in 1..=2 {
        let fields = DeviceFields { serial: device(number), model: "MX".parse().unwrap(), customer: Some(customer) };
        let code = ActivationCode::from_random([number; 16]);
        store.register_device(&fields, &code, START).await.unwrap();
        let enrolment = Enrolment { serial: &fields.serial, code: &code, key_hash: [number; 32] };
        store.enrol(enrolment, START, || Ok(CERTIFICATE.to_vec())).await.unwrap();
    }
    let fields = OptionFields {
        id: option(),
        kind: OptionKind::Program,
        name: Bilingual { ja: "文字認識".parse().unwrap(), en: "OCR".parse().unwrap() },
        description: Bilingual { ja: "説明".parse().unwrap(), en: "Reads".parse().unwrap() },
        offers: offers(),
        for_sale: true,
    };
    store.create_option(&fields).await.unwrap();
    let manifest = Manifest {
        option: option(),
        version: ReleaseVersion(1),
        content: PackageContent::Program(ProgramLimits::new(64, 1_000_000).unwrap()),
        provides: FeatureList::default(),
        content_bytes: 3,
        chunks: vec![Digest([2; 32])],
    };
    let content_key = ContentKey::from_bytes([3; 32]);
    let release = NewRelease { manifest: &manifest, signed: &Signed::new(&manifest, &key()), key: &content_key };
    store.publish(release, START).await.unwrap();
    (store, manifest.digest())
}

/// Something that happens to one of three orders, asked for by one of two devices.
#[derive(Debug, Clone, Copy)]
enum Happening {
    Place { order: u8, device: u8 },
    Event { order: u8, device: u8, event: OrderEvent },
    Wait { ms: u64 },
    Sweep,
    Restart,
}

fn happening() -> impl Strategy<Value = Happening> {
    let package = Digest([0; 32]); // stands for the real one, which is known later
    let form = prop_oneof![
        3 => Just(UsageForm::Permanent),
        2 => Just("uses:10".parse().unwrap()),
        2 => Just(UsageForm::Metered),
        1 => Just("days:7".parse().unwrap()),
    ];
    let event = prop_oneof![
        4 => Just(OrderEvent::Sent(package)),
        4 => Just(OrderEvent::Received(package)),
        1 => Just(OrderEvent::Received(WRONG)),
        1 => Just(OrderEvent::SendFailed),
        5 => form.prop_map(OrderEvent::Choose),
        1 => Just(OrderEvent::Cancel),
        1 => Just(OrderEvent::Fail(FailureCode::DiskFull)),
    ];
    // Order `n` belongs to device 1; device 2 tries its luck now and then.
    let device = || prop_oneof![9 => Just(1_u8), 1 => Just(2_u8)];
    prop_oneof![
        3 => (0_u8..3, device()).prop_map(|(order, device)| Happening::Place { order, device }),
        12 => (0_u8..3, device(), event).prop_map(|(order, device, event)| Happening::Event { order, device, event }),
        1 => Just(Happening::Wait { ms: 1_000 }),
        1 => Just(Happening::Wait { ms: ORDER_LIFE_MS / 2 }),
        1 => Just(Happening::Sweep),
        1 => Just(Happening::Restart),
    ]
}

/// What the model knows of an order.
struct Known {
    owner: u8,
    order: Order,
    placed_at: Timestamp,
}

impl Known {
    fn at(&mut self, now: Timestamp) -> &mut Order {
        if now.ms_since(self.placed_at) >= ORDER_LIFE_MS {
            let transition = self.order.decide(OrderEvent::Expire).unwrap();
            self.order.apply(transition);
        }
        &mut self.order
    }
}

pub(super) fn code<T>(result: Result<T, StoreError>) -> Result<T, RefusalCode> {
    result.map_err(|error| match error {
        StoreError::Refused(refusal) => refusal.code,
        failure => panic!("{failure}"),
    })
}

/// Does `event` to the books in the way that its message would.
async fn happen(
    store: &Store,
    id: OrderId,
    device: &DeviceSerial,
    event: OrderEvent,
    now: Timestamp,
) -> Result<(), RefusalCode> {
    code(match event {
        OrderEvent::Sent(package) => store.report(id, TransferOutcome::Sent(package), now).await,
        OrderEvent::SendFailed => store.report(id, TransferOutcome::Failed(FailureCode::LinkLost), now).await,
        OrderEvent::Received(package) => store.received(id, device, package, now).await,
        OrderEvent::Choose(form) => store.choose(id, (device, CERTIFICATE), form.into(), &key(), now).await.map(drop),
        event => store.abandon(id, device, event, now).await,
    })
}

async fn play(happenings: Vec<Happening>) -> Result<(), TestCaseError> {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, package) = books(folder.path()).await;
    let (mut model, mut charged, mut now) = (HashMap::<u8, Known>::new(), Vec::new(), START);
    for happening in happenings {
        match happening {
            Happening::Wait { ms } => now = now.plus_ms(ms),
            Happening::Sweep => drop(store.expire_orders(now).await.unwrap()),
            Happening::Restart => {
                store.close().await.unwrap();
                store = open(folder.path()).await;
            }
            Happening::Place { order, device: number } => {
                let request = OrderRequest {
                    order: order_number(order),
                    device: &device(number),
                    option: &option(),
                    contract: None,
                    pin: None,
                };
                let placed = code(store.place_order(request, now).await).map(drop);
                let new = Known { owner: number, order: Order::authorised(package, offers()), placed_at: now };
                let known = model.entry(order).or_insert(new);
                let owner = known.owner;
                let expected = match known.at(now).state {
                    _ if owner != number => Err(RefusalCode::UnknownOrder),
                    OrderState::Cancelled | OrderState::Failed(_) | OrderState::Expired => {
                        Err(RefusalCode::OrderClosed)
                    }
                    _ => Ok(()),
                };
                prop_assert_eq!(placed, expected);
            }
            Happening::Event { order, device: number, event } => {
                let event = match event {
                    OrderEvent::Sent(_) => OrderEvent::Sent(package),
                    OrderEvent::Received(digest) if digest != WRONG => OrderEvent::Received(package),
                    other => other,
                };
                let happened = happen(&store, order_number(order), &device(number), event, now).await;
                // Reports come from the distribution service, whatever the device.
                let report = matches!(event, OrderEvent::Sent(_) | OrderEvent::SendFailed);
                let known = model.get_mut(&order).filter(|known| report || known.owner == number);
                let Some(known) = known else {
                    prop_assert_eq!(happened, Err(RefusalCode::UnknownOrder));
                    continue;
                };
                let known = known.at(now);
                let decided = known.decide(event);
                if let Ok(transition) = decided {
                    if let Transition::License(offer) = transition {
                        charged.push((order_number(order), offer.form, offer.price_at_purchase()));
                    }
                    known.apply(transition);
                }
                // The device's report alone is on file, but is not yet a delivery.
                let expected = match (decided, event, known.state) {
                    (Ok(_), OrderEvent::Received(_), OrderState::Received) => Err(RefusalCode::NotDelivered),
                    (decided, ..) => decided.map(drop),
                };
                prop_assert_eq!(happened, expected, "{:?}", event);
            }
        }
    }
    for (order, mut known) in model {
        let state = store.order_state(order_number(order), &device(known.owner), now).await.unwrap();
        prop_assert_eq!(state, known.at(now).state);
    }
    let (page, sum) = store.charges(&Query::default(), &ChargeFilter::default()).await.unwrap();
    let ledger: Vec<_> = page.rows.iter().rev().map(|row| (row.order, row.form, row.amount)).collect();
    prop_assert_eq!(&ledger, &charged);
    prop_assert_eq!(sum, Yen::checked_sum(charged.iter().map(|(.., price)| *price)).unwrap());
    prop_assert!(page.rows.iter().rev().map(|row| row.number).eq(1..=charged.len() as u64));
    let licences = licence::Entity::find().all(&store.db).await.unwrap();
    prop_assert_eq!(licences.len(), charged.len());
    store.close().await.unwrap();
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_in_whatever_order_the_ledger_is_what_the_order_machine_says(
        happenings in prop::collection::vec(happening(), 0..60),
    ) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(play(happenings))?;
    }
}

/// Writes charges as if they had been bought, in one transaction.
pub(super) async fn ledger(store: &Store, amounts: impl IntoIterator<Item = i64>) {
    let write = store.write().await.unwrap();
    for (i, amount) in amounts.into_iter().enumerate() {
        let id = Uuid::from_u128(i as u128).to_string();
        let number = write.next_number(Sequence::Charges).await.unwrap();
        let at = i64::try_from(START.as_ms()).unwrap() + number;
        let row = order::ActiveModel {
            id: Set(id.clone()),
            device: Set(device(1).to_string()),
            option: Set(option().to_string()),
            state: Set("licensed".to_owned()),
            failed_attempts: Set(0),
            created_at: Set(at),
            updated_at: Set(at),
            expires_at: Set(at),
            ..Default::default()
        };
        order::Entity::insert(row).exec_without_returning(&write.tx).await.unwrap();
        let row = licence::ActiveModel {
            order: Set(id.clone()),
            device: Set(device(1).to_string()),
            option: Set(option().to_string()),
            issued_at: Set(at),
            signed: Set(vec![]),
        };
        licence::Entity::insert(row).exec_without_returning(&write.tx).await.unwrap();
        let row = charge::ActiveModel {
            number: Set(number),
            order: Set(id),
            customer_id: Set(1),
            device: Set(device(1).to_string()),
            option: Set(option().to_string()),
            name_ja: Set("文字認識".to_owned()),
            name_en: Set("OCR".to_owned()),
            form: Set("permanent".to_owned()),
            amount: Set(amount),
            charged_at: Set(at),
            used: Set(0),
            uses: Set(None),
            each: Set(None),
        };
        charge::Entity::insert(row).exec_without_returning(&write.tx).await.unwrap();
    }
    write.commit().await.unwrap();
}

#[tokio::test]
async fn more_charges_than_an_invoice_has_lines_go_onto_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = books(folder.path()).await;
    let count = INVOICE_LINES_MAX as i64 + 5;
    ledger(&store, (1..=count).map(|number| number * 10)).await;
    let now = START.plus_ms(3_600_000);
    let first = store.create_invoice(CustomerId(1), None, now).await.unwrap();
    assert_eq!(first.lines.len(), INVOICE_LINES_MAX);
    assert!(first.lines.iter().map(|line| line.number).eq(1..=INVOICE_LINES_MAX as u64), "the oldest first");
    let rest = store.settle(now, now).await.unwrap();
    assert_eq!((rest.total, rest.rows[0].line_count), (1, 5));
    let (_, sum) = store.charges(&Query::default(), &ChargeFilter::default()).await.unwrap();
    assert_eq!(first.head.total.checked_add(rest.rows[0].total), Ok(sum));
}

#[tokio::test]
async fn an_invoice_whose_sum_would_be_too_large_ends_before_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = books(folder.path()).await;
    let max = i64::try_from(Yen::MAX.amount()).unwrap();
    ledger(&store, [max, 1]).await;
    let settled = store.settle(START.plus_ms(3_600_000), START.plus_ms(3_600_000)).await.unwrap();
    let totals: Vec<_> = settled.rows.iter().map(|row| row.total.amount()).collect();
    assert_eq!(totals, [Yen::MAX.amount(), 1]);
}

#[tokio::test]
async fn a_number_of_a_transaction_that_failed_is_given_out_again() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = books(folder.path()).await;
    let write = store.write().await.unwrap();
    assert_eq!(write.next_number(Sequence::Charges).await.unwrap(), 1);
    drop(write);
    let write = store.write().await.unwrap();
    assert_eq!(write.next_number(Sequence::Charges).await.unwrap(), 1);
}

#[tokio::test]
async fn the_schema_itself_forbids_a_second_charge_of_an_order_and_a_charge_without_a_licence() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = books(folder.path()).await;
    ledger(&store, [1]).await;
    let found = charge::Entity::find().one(&store.db).await.unwrap().unwrap();
    let second = charge::Model { number: 2, ..found.clone() };
    assert!(charge::Entity::insert(charge::ActiveModel::from(second)).exec_without_returning(&store.db).await.is_err());
    let orphan = charge::Model { number: 2, order: Uuid::from_u128(77).to_string(), ..found };
    assert!(charge::Entity::insert(charge::ActiveModel::from(orphan)).exec_without_returning(&store.db).await.is_err());
}

#[tokio::test]
async fn a_connection_whose_transaction_did_not_end_serves_nobody_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = books(folder.path()).await;
    for _ in 0..CONNECTIONS {
        let write = store.write().await.unwrap();
        // As SQLite ends a transaction by itself when the disk is full: the rollback that follows fails.
        write.tx.execute_unprepared("ROLLBACK").await.unwrap();
        drop(write);
        // Refused half-way: nothing of it may stay.
        let write = store.write().await.unwrap();
        write.next_number(Sequence::Charges).await.unwrap();
        drop(write);
    }
    let other = open(folder.path()).await;
    let write = other.write().await.expect("nobody holds the books");
    assert_eq!(write.next_number(Sequence::Charges).await.unwrap(), 1);
    write.commit().await.unwrap();
}

#[tokio::test]
async fn a_try_counts_for_the_device_and_the_contract_that_it_was_begun_with_and_for_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = books(folder.path()).await;
    let (known, guessed) = (ContractUserId::from_body(1), ContractUserId::from_body(2));
    let order = order_number(1);
    store.begin_try(order, &device(1), &known, START).await.unwrap();
    store.begin_try(order, &device(1), &known, START).await.unwrap();
    for (device, contract) in [(device(1), &guessed), (device(2), &known)] {
        let begun = code(store.begin_try(order, &device, contract, START).await);
        assert_eq!(begun.err(), Some(RefusalCode::OrderMismatch));
    }
}

#[tokio::test]
async fn only_the_very_receipt_that_is_on_file_for_the_device_needs_no_second_look() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = books(folder.path()).await;
    ledger(&store, [1]).await;
    let order = order::Entity::find().one(&store.db).await.unwrap().unwrap();
    let receipt = |reason| EraseReceipt {
        device: order.device.parse().unwrap(),
        licence: LicenceId::from(order.id.parse::<OrderId>().unwrap()),
        package: WRONG,
        reason,
        erased_at: START,
        used: None,
    };
    let signed = |reason| SignedReceipt { bytes: codec::encode(&receipt(reason)), r: [1; 32], s: [2; 32] };
    let (known, other) = (signed(EndReason::UsedUp), signed(EndReason::Removed));
    let life = licence_life::ActiveModel {
        licence: Set(order.id.clone()),
        device: Set(order.device.clone()),
        option: Set(order.option.clone()),
        form: Set("uses:10".to_owned()),
        temporary: Set(true),
        issued_at: Set(1),
        state: Set("ended".to_owned()),
        receipt: Set(Some(codec::encode(&known))),
        ..Default::default()
    };
    licence_life::Entity::insert(life).exec_without_returning(&store.db).await.unwrap();
    let told = [known.clone(), other.clone(), SignedReceipt { s: [3; 32], ..known.clone() }];
    let owner = order.device.parse().unwrap();
    let looked = store.receipts_on_file(&owner, &told).await.unwrap();
    let known_ones: Vec<bool> = looked.iter().map(|(receipt, _)| receipt.is_some()).collect();
    assert_eq!(known_ones, [true, false, false]);
    assert_eq!(looked[0].0, Some(receipt(EndReason::UsedUp)));
    let foreign = store.receipts_on_file(&"MX-999-0001".parse().unwrap(), &[known]).await.unwrap();
    assert_eq!(foreign[0].0, None, "another device's");
}

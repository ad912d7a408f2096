//! A hundred at the same time: what is decided by what was read is decided by one after the other, on databases with many
//! writers too. Each of several processes has books of its own on the same database.

use futures_util::future::join_all;
use protocol::message::staff::{OptionFields, ProposalKind, Reason, Verdict};
use protocol::staff_role::Action;
use protocol::{StaffName, StaffRole};

use super::*;

const PROCESSES: usize = 4;
const AT_ONCE: u8 = 100;

/// Books with some of everything, as several processes see them.
async fn processes(folder: &Path, second_person: bool) -> Vec<Store> {
    let (store, _) = books(folder).await;
    if second_person {
        acting(&store, "admin", Action::RequireSecondPerson).require_second_person().await.unwrap();
    }
    let mut all = vec![store];
    while all.len() < PROCESSES {
        all.push(open(folder).await);
    }
    all
}

fn acting(store: &Store, who: &str, action: Action) -> Store {
    let who: StaffName = who.parse().unwrap();
    let certificate = b"certificate".to_vec();
    let (role, subject) = (StaffRole::Admin, "test".to_owned());
    store.acting(Act { who, role, certificate, action, subject, at: START })
}

async fn admin(store: &Store, name: &str) {
    let issue = || Ok(b"certificate".to_vec());
    let adding = acting(store, "admin", Action::AddStaff);
    adding.add_staff(&name.parse().unwrap(), StaffRole::Admin, START, issue).await.unwrap();
}

/// What became of a hundred of the same kind, asked of all processes in turn.
async fn at_once<T, F: Future<Output = Result<T, StoreError>>>(
    stores: &[Store],
    ask: impl Fn(Store, u8) -> F,
) -> (usize, Vec<RefusalCode>) {
    let asked = (0..AT_ONCE).map(|number| ask(stores[usize::from(number) % stores.len()].clone(), number));
    let (mut done, mut refused) = (0, Vec::new());
    for outcome in join_all(asked).await {
        match code(outcome) {
            Ok(_) => done += 1,
            Err(code) => refused.push(code),
        }
    }
    (done, refused)
}

fn yen(amount: u64) -> Yen {
    Yen::new(amount).unwrap()
}

fn reason() -> Reason {
    "broken".parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credits_of_one_charge_are_never_more_than_the_charge() {
    let folder = tempfile::tempdir().unwrap();
    let stores = processes(folder.path(), false).await;
    ledger(&stores[0], [1_000]).await;
    let credit =
        async |store: Store, _| acting(&store, "admin", Action::Credit).credit(1, yen(300), &reason(), START).await;
    let (done, refused) = at_once(&stores, credit).await;
    assert_eq!((done, refused), (3, vec![RefusalCode::InvalidInput; 97]));
    let audit = stores[0].audit_chain(0, 0).await.unwrap();
    assert!(audit.iter().zip(1..).all(|(row, number)| row.line.number == number), "no line twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credits_of_one_customer_without_a_second_person_stay_below_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let stores = processes(folder.path(), true).await;
    ledger(&stores[0], [4_000; 100]).await;
    let credit = async |store: Store, number: u8| {
        let charge = u64::from(number) + 1;
        match acting(&store, "admin", Action::Credit).credit(charge, yen(4_000), &reason(), START).await? {
            Outcome::Done(credit) => Ok(credit),
            Outcome::Waits(_) => Err(RefusalCode::SecondPersonNeeded.into()),
        }
    };
    let (done, refused) = at_once(&stores, credit).await;
    assert_eq!((done, refused), (2, vec![RefusalCode::SecondPersonNeeded; 98]), "10,000 without a second person");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proposal_is_decided_once() {
    let folder = tempfile::tempdir().unwrap();
    let stores = processes(folder.path(), true).await;
    admin(&stores[0], "hana").await;
    ledger(&stores[0], [50_000]).await;
    let credit = acting(&stores[0], "admin", Action::Credit).credit(1, yen(50_000), &reason(), START).await.unwrap();
    let Outcome::Waits(waiting) = credit else { panic!("{credit:?}") };
    let decide = async |store: Store, number: u8| {
        let verdict = if number.is_multiple_of(2) { Verdict::Approve } else { Verdict::Reject { reason: reason() } };
        let deciding = acting(&store, "hana", Action::DecideCredit);
        deciding.decide(ProposalKind::Credit, waiting.number, &verdict, START).await
    };
    let (done, refused) = at_once(&stores, decide).await;
    assert_eq!((done, refused), (1, vec![RefusalCode::Conflict; 99]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_admins_who_revoke_each_other_do_not_both_go() {
    let folder = tempfile::tempdir().unwrap();
    let stores = processes(folder.path(), false).await;
    for round in 0..10 {
        let name = format!("hana-{round}");
        admin(&stores[0], &name).await;
        let revoke = async |store: Store, number: u8| {
            let (who, whom) = if number.is_multiple_of(2) { ("admin", &*name) } else { (&*name, "admin") };
            acting(&store, who, Action::RevokeStaff).revoke_staff(&whom.parse().unwrap(), START).await
        };
        let (first, second) = tokio::join!(revoke(stores[0].clone(), 0), revoke(stores[1].clone(), 1));
        assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
        if second.is_ok() {
            // The test goes on with the one who is left: give the name back its place.
            let columns = entity::staff_member::ActiveModel { revoked_at: Set(None), ..Default::default() };
            entity::staff_member::Entity::update_many().set(columns).exec(&stores[0].db).await.unwrap();
            acting(&stores[0], "admin", Action::RevokeStaff).revoke_staff(&name.parse().unwrap(), START).await.unwrap();
        }
        entity::staff_member::Entity::delete_many()
            .filter(Expr::col(entity::staff_member::Column::Name).ne("admin"))
            .exec(&stores[0].db)
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_activation_code_enrols_one_key() {
    let folder = tempfile::tempdir().unwrap();
    let stores = processes(folder.path(), false).await;
    let (serial, activation) = (device(1), ActivationCode::from_random([77; 16]));
    stores[0].new_activation_code(&serial, &activation, START).await.unwrap();
    let enrol = async |store: Store, number: u8| {
        let enrolment = Enrolment { serial: &serial, code: &activation, key_hash: [number; 32] };
        store.enrol(enrolment, START, || Ok(vec![number])).await
    };
    let (done, refused) = at_once(&stores, enrol).await;
    assert_eq!((done, refused), (1, vec![RefusalCode::ActivationRefused; 99]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_changes_made_from_the_same_row_one_counts() {
    let folder = tempfile::tempdir().unwrap();
    let stores = processes(folder.path(), false).await;
    let page = stores[0].options(&Query::default()).await.unwrap();
    let fields = &page.rows[0].fields;
    let update = async |store: Store, number: u8| {
        let name = Bilingual { ja: fields.name.ja.clone(), en: format!("OCR {number}").parse().unwrap() };
        store.update_option(1, &OptionFields { name, ..fields.clone() }, START).await
    };
    let (done, refused) = at_once(&stores, update).await;
    assert_eq!((done, refused), (1, vec![RefusalCode::Stale; 99]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_catalogue_and_its_version_belong_together_and_a_name_is_given_once() {
    let folder = tempfile::tempdir().unwrap();
    let stores = processes(folder.path(), false).await;
    let page = stores[0].options(&Query::default()).await.unwrap();
    let fields = &page.rows[0].fields;
    let change = async {
        for revision in 1..=50 {
            let name = Bilingual { ja: fields.name.ja.clone(), en: format!("OCR {revision}").parse().unwrap() };
            stores[0].update_option(revision, &OptionFields { name, ..fields.clone() }, START).await.unwrap();
        }
    };
    let look = async {
        let mut seen = HashMap::new();
        for _ in 0..50 {
            let (version, entries) = stores[1].catalogue().await.unwrap();
            let before = seen.insert(version, entries[0].name.en.clone());
            assert!(before.is_none_or(|name| name == entries[0].name.en), "one version, two lists");
        }
    };
    tokio::join!(change, look);

    let create = async |store: Store, _| {
        let other = OptionFields { id: "another".parse().unwrap(), ..fields.clone() };
        store.create_option(&other).await
    };
    assert_eq!(at_once(&stores, create).await, (1, vec![RefusalCode::Conflict; 99]));
    let register = async |store: Store, number: u8| {
        let (serial, model) = ("MX-204-0099".parse().unwrap(), "MX".parse().unwrap());
        let registered = DeviceFields { serial, model, customer: None };
        store.register_device(&registered, &ActivationCode::from_random([number; 16]), START).await
    };
    assert_eq!(at_once(&stores, register).await, (1, vec![RefusalCode::Conflict; 99]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_charge_goes_onto_one_invoice() {
    let folder = tempfile::tempdir().unwrap();
    let stores = processes(folder.path(), false).await;
    ledger(&stores[0], [1_000; 5]).await;
    let invoice =
        async |store: Store, _| store.create_invoice(CustomerId(1), None, Timestamp::from_ms(u64::MAX / 4)).await;
    assert_eq!(at_once(&stores, invoice).await, (1, vec![RefusalCode::Conflict; 99]));
}

//! What survives a power cut, a full disk and a second process.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use protocol::package::OptionKind;
use protocol::{Digest, Offer, OrderId, ReleaseVersion, Text, Timestamp, UsageForm, Yen};
use redb::{Database, DatabaseError, StorageBackend};
use uuid::Uuid;

use super::Store;
use super::medium::{Medium, builder};
use crate::core::{
    Change, JobId, JobResult, Loaded, OptionSummary, OrderRecord, ResultFile, ResultPlace, Stage, StorageFault,
};

/// One thing that redb did to its storage.
#[derive(Debug, Clone)]
enum Op {
    Write(u64, Vec<u8>),
    SetLen(u64),
    Sync,
}

fn apply(bytes: &mut Vec<u8>, op: &Op) {
    match op {
        Op::Write(offset, data) => {
            let range = usize::try_from(*offset).unwrap()..usize::try_from(*offset).unwrap() + data.len();
            // As a file would, if the change of its length was lost.
            bytes.resize(bytes.len().max(range.end), 0);
            bytes[range].copy_from_slice(data);
        }
        Op::SetLen(length) => bytes.resize(usize::try_from(*length).unwrap(), 0),
        Op::Sync => {}
    }
}

/// A disk in memory that remembers what was done to it, and is full when it is told to be.
#[derive(Debug, Default)]
struct Disk {
    bytes: Vec<u8>,
    log: Vec<Op>,
    /// Writes that still succeed; without a number, all do.
    writes_left: Option<u32>,
    /// It cannot grow beyond this.
    length_max: Option<u64>,
    /// What a file system would say is free.
    free_bytes: Option<u64>,
}

impl Disk {
    fn act(&mut self, op: Op) -> Result<(), io::Error> {
        let too_long = |length| self.length_max.is_some_and(|max| length > max);
        if matches!(op, Op::SetLen(length) if too_long(length)) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        match &mut self.writes_left {
            Some(0) if !matches!(op, Op::Sync) => return Err(io::ErrorKind::StorageFull.into()),
            Some(left) => *left = left.saturating_sub(1),
            None => {}
        }
        apply(&mut self.bytes, &op);
        self.log.push(op);
        Ok(())
    }
}

#[derive(Debug, Clone, Default)]
struct TestMedium(Arc<Mutex<Disk>>);

impl TestMedium {
    fn of(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(Disk { bytes, ..Disk::default() })))
    }

    fn open_store(&self) -> Result<(Store, Loaded), crate::data::StorageError> {
        Store::on(Box::new(self.clone()))
    }

    fn disk(&self) -> std::sync::MutexGuard<'_, Disk> {
        self.0.lock().unwrap()
    }
}

impl Medium for TestMedium {
    fn open(&self) -> Result<Database, DatabaseError> {
        builder().create_with_backend(self.clone())
    }

    fn free_bytes(&self) -> io::Result<u64> {
        Ok(self.disk().free_bytes.unwrap_or(u64::MAX))
    }

    fn path(&self) -> &Path {
        Path::new("test")
    }
}

impl StorageBackend for TestMedium {
    fn len(&self) -> Result<u64, io::Error> {
        Ok(self.disk().bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        let disk = self.disk();
        let offset = usize::try_from(offset).unwrap();
        let there = disk.bytes.get(offset..offset + out.len());
        out.copy_from_slice(there.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?);
        Ok(())
    }

    fn set_len(&self, length: u64) -> Result<(), io::Error> {
        self.disk().act(Op::SetLen(length))
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        self.disk().act(Op::Sync)
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        self.disk().act(Op::Write(offset, data.to_vec()))
    }
}

fn order(n: u8, stage: Stage) -> OrderRecord {
    let text = |text: &str| protocol::message::device::Bilingual {
        ja: Text::new(text).unwrap(),
        en: Text::new(text).unwrap(),
    };
    let option = OptionSummary {
        id: "ocr-package".parse().unwrap(),
        name: text("OCR"),
        description: protocol::message::device::Bilingual {
            ja: Text::new("読み取り").unwrap(),
            en: Text::new("Reads").unwrap(),
        },
        kind: OptionKind::Program,
        version: ReleaseVersion(1),
        stored_bytes: 5_000,
    };
    let id = OrderId(Uuid::from_bytes([n; 16]));
    let shown_offers = protocol::OfferList::new(vec![Offer::new(UsageForm::Permanent, Yen::new(1).unwrap())]).unwrap();
    OrderRecord {
        vendor: protocol::CaFingerprint::of(b"ca"),
        with_pin: false,
        id,
        option,
        shown_offers,
        contract: None,
        created_at: Timestamp::from_ms(n.into()),
        stage,
        authorised: None,
    }
}

fn result(n: u8) -> JobResult {
    let place = ResultPlace::Tray(format!("scan-{n}.txt"));
    let file = ResultFile { place, bytes: vec![n; 3_000].into() };
    JobResult { job: JobId(Uuid::from_bytes([n; 16])), files: vec![file], sent: None }
}

fn clock(now: Timestamp) -> Change {
    let clock = crate::core::ClockRecord { now, ..crate::core::ClockRecord::default() };
    Change::Seal(Box::new(crate::core::SealRecord { clock, ..crate::core::SealRecord::default() }))
}

/// What each commit of the story writes.
fn story() -> Vec<Vec<Change>> {
    let mut story = Vec::new();
    for n in 1..=6 {
        story.push(vec![clock(Timestamp::from_ms(n.into())), Change::Order(order(n, Stage::Requested).into())]);
        story.push(vec![
            clock(Timestamp::from_ms(100 + u64::from(n))),
            Change::Order(order(n, Stage::Done(UsageForm::Permanent, Yen::new(n.into()).unwrap())).into()),
            Change::JobResult(result(n)),
        ]);
        story.push(vec![
            Change::ForgetOrder(OrderId(Uuid::from_bytes([n - 1; 16]))),
            Change::ForgetJobResult(JobId(Uuid::from_bytes([n; 16]))),
        ]);
    }
    story
}

fn load(store: &Store) -> Loaded {
    store.shared.read(super::records::load).unwrap()
}

/// Deterministic, and random enough to choose which writes a power cut loses.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

#[test]
fn after_a_power_cut_at_any_write_the_store_is_as_after_one_of_its_commits() {
    let medium = TestMedium::default();
    let (store, empty) = medium.open_store().unwrap();
    let created_ops = medium.disk().log.len();
    // The state after each commit, and how many operations the disk had done when it was acknowledged.
    let mut states = vec![(created_ops, empty)];
    for changes in story() {
        store.commit(&changes).unwrap();
        states.push((medium.disk().log.len(), load(&store)));
    }
    let log = std::mem::take(&mut medium.disk().log);
    drop(store);

    let mut seed = 1;
    let mut synced = Vec::new();
    let mut unsynced: Vec<&Op> = Vec::new();
    let mut cuts = 0;
    for (done, op) in log.iter().enumerate() {
        if done >= created_ops {
            let acknowledged = states.iter().rposition(|(ops, _)| *ops <= done).unwrap();
            let possible = &states[acknowledged..states.len().min(acknowledged + 2)];
            for variant in 0..3 {
                let mut bytes = synced.clone();
                for lost in &unsynced {
                    let arrives = match variant {
                        0 => true,
                        1 => false,
                        _ => random(&mut seed).is_multiple_of(2),
                    };
                    if arrives || matches!(lost, Op::SetLen(_)) {
                        apply(&mut bytes, lost);
                    }
                }
                let (_, loaded) = TestMedium::of(bytes).open_store().unwrap();
                assert!(
                    possible.iter().any(|(_, state)| *state == loaded),
                    "after {done} operations, variant {variant}"
                );
                cuts += 1;
            }
        }
        unsynced.push(op);
        if matches!(op, Op::Sync) {
            for op in unsynced.drain(..) {
                apply(&mut synced, op);
            }
        }
    }
    assert!(cuts > 100, "{cuts}");
}

#[test]
fn a_disk_that_cannot_grow_leaves_the_old_state_and_the_store_goes_on() {
    let medium = TestMedium::default();
    let (store, _) = medium.open_store().unwrap();
    store.commit(&[Change::Order(order(1, Stage::Requested).into())]).unwrap();
    let before = load(&store);
    let length = medium.disk().bytes.len() as u64;
    medium.disk().length_max = Some(length);

    let mut big = result(1);
    big.files[0].bytes = vec![1; usize::try_from(length).unwrap() + 1].into();
    let change = [Change::ForgetOrder(OrderId(Uuid::from_bytes([1; 16]))), Change::JobResult(big)];
    for _ in 0..3 {
        assert_eq!(store.commit(&change), Err(StorageFault::DiskFull));
        assert_eq!(load(&store), before);
    }
    store.commit(&[clock(Timestamp::from_ms(9))]).unwrap();
    medium.disk().length_max = None;
    store.commit(&change).unwrap();
    assert_eq!(load(&store).job_results.len(), 1);
}

#[test]
fn a_disk_that_is_full_at_any_write_leaves_the_old_state_or_the_new_one() {
    let (mut refused, mut done) = (0, 0);
    for writes_left in 0..40 {
        let medium = TestMedium::default();
        let (store, _) = medium.open_store().unwrap();
        store.commit(&[Change::Order(order(1, Stage::Requested).into())]).unwrap();
        let before = load(&store);
        let change = [Change::Order(order(2, Stage::Requested).into()), Change::JobResult(result(1))];

        medium.disk().writes_left = Some(writes_left);
        let outcome = store.commit(&change);
        medium.disk().writes_left = None;
        match outcome {
            Ok(()) => {
                assert_eq!(load(&store).orders.len(), 2);
                done += 1;
            }
            Err(StorageFault::DiskFull) => {
                store.commit(&[clock(Timestamp::from_ms(5))]).unwrap();
                let Change::Seal(seal) = clock(Timestamp::from_ms(5)) else { unreachable!() };
                let expected = Loaded { seal: Some(*seal), ..before };
                assert_eq!(load(&store), expected, "{writes_left}");
                refused += 1;
            }
            Err(StorageFault::Failed) => {
                assert_eq!(store.commit(&change), Err(StorageFault::Failed), "not before a restart");
                drop(store);
                let (_, loaded) = medium.open_store().unwrap();
                assert!(loaded == before || loaded.orders.len() == 2, "{writes_left}");
                refused += 1;
            }
        }
    }
    assert!(refused > 0 && done > 0, "{refused} {done}");
}

#[test]
fn a_download_leaves_room_for_licences_and_meters() {
    let medium = TestMedium::default();
    let (store, _) = medium.open_store().unwrap();
    medium.disk().free_bytes = Some(16 * 1024 * 1024 + 999);
    let chunk = [(0, vec![1; 1_000])];
    let package = Digest([1; 32]);
    let refused = store.chunks().insert(package, &chunk, || true).unwrap_err();
    assert_eq!(refused.fault(), StorageFault::DiskFull);
    store.commit(&[Change::Order(order(1, Stage::Requested).into())]).unwrap();
    medium.disk().free_bytes = None;
    assert!(store.chunks().insert(package, &chunk, || true).unwrap());
}

#[test]
fn a_store_whose_creation_was_cut_is_created_anew() {
    let whole = tempfile::tempdir().unwrap();
    drop(Store::open(whole.path()).unwrap());
    let bytes = std::fs::read(whole.path().join("panel.redb")).unwrap();
    for length in [0, 1, 100, 4_096, bytes.len() / 2, bytes.len()] {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("panel.redb.new"), &bytes[..length]).unwrap();
        let (store, loaded) = Store::open(dir.path()).unwrap();
        assert_eq!(loaded, Loaded::default());
        store.commit(&[clock(Timestamp::from_ms(7))]).unwrap();
        drop(store);
        assert_eq!(Store::open(dir.path()).unwrap().1.seal.unwrap().clock.now, Timestamp::from_ms(7));
        assert!(!dir.path().join("panel.redb.new").exists());
    }
}

#[test]
fn a_store_that_is_open_does_not_open_again() {
    let dir = tempfile::tempdir().unwrap();
    let (_store, _) = Store::open(dir.path()).unwrap();
    assert_eq!(Store::open(dir.path()).unwrap_err().code(), "data-in-use");
}

#[test]
fn a_file_that_is_no_store_is_damaged_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("panel.redb"), "my diary").unwrap();
    assert_eq!(Store::open(dir.path()).unwrap_err().code(), "data-damaged");
    assert_eq!(std::fs::read(dir.path().join("panel.redb")).unwrap(), b"my diary");
}

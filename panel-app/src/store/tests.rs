//! Packages in the store, and what it keeps of everything else.

use protocol::Digest;
use protocol::package::{CHUNK_STORED_MAX, CHUNKS_MAX};

use super::Store;
use crate::core::{
    Change, Folder, JobId, JobKind, JobOrder, JobRecord, JobResult, JobSource, JobTask, ResultFile, ResultPlace,
    SentFile,
};

fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(dir.path()).unwrap();
    (dir, store)
}

const PACKAGE: Digest = Digest([1; 32]);
const OTHER: Digest = Digest([2; 32]);

#[test]
fn chunks_are_found_again_by_package_and_index_after_a_restart() {
    let (dir, store) = store();
    let chunks = store.chunks();
    chunks.insert(PACKAGE, &[(0, b"a"), (9, b"b"), (CHUNKS_MAX - 1, b"c")], || true).unwrap();
    chunks.insert(OTHER, &[(1, b"d")], || true).unwrap();
    drop((store, chunks));

    let (store, loaded) = Store::open(dir.path()).unwrap();
    assert_eq!(loaded.packages, [PACKAGE, OTHER]);
    let chunks = store.chunks();
    assert_eq!(chunks.packages().unwrap(), [PACKAGE, OTHER]);
    assert_eq!(chunks.present(PACKAGE).unwrap().iter().collect::<Vec<_>>(), [0, 9, CHUNKS_MAX - 1]);
    assert_eq!(chunks.read(PACKAGE, 9).unwrap().unwrap(), b"b");
    assert_eq!(chunks.read(PACKAGE, 1).unwrap(), None);
    assert!(!chunks.present(Digest([3; 32])).unwrap().contains(0));
}

#[test]
fn a_dropped_package_is_gone_and_the_others_stay() {
    let (_dir, store) = store();
    let chunks = store.chunks();
    chunks.insert(PACKAGE, &[(0, b"a"), (1, b"b")], || true).unwrap();
    chunks.insert(OTHER, &[(0, b"c")], || true).unwrap();
    chunks.drop_package(PACKAGE).unwrap();
    chunks.drop_package(PACKAGE).unwrap();
    assert_eq!(chunks.packages().unwrap(), [OTHER]);
    assert_eq!(chunks.read(PACKAGE, 0).unwrap(), None);
    assert_eq!(chunks.read(OTHER, 0).unwrap().unwrap(), b"c");
}

#[test]
fn what_no_package_has_is_not_stored() {
    let (_dir, store) = store();
    let chunks = store.chunks();
    assert!(chunks.insert(PACKAGE, &[(0, vec![0; CHUNK_STORED_MAX + 1])], || true).is_err());
    assert!(chunks.insert(PACKAGE, &[(CHUNKS_MAX, vec![0; 1])], || true).is_err());
    assert_eq!(chunks.packages().unwrap(), []);
}

#[test]
fn full_chunks_take_little_more_room_than_their_bytes_and_compacting_gives_it_back() {
    let (dir, store) = store();
    let length = || std::fs::metadata(dir.path().join("panel.redb")).unwrap().len();
    let empty = length();
    let chunks = store.chunks();
    for first in (0..32).step_by(8) {
        let batch: Vec<_> = (first..first + 8).map(|index| (index, vec![7; CHUNK_STORED_MAX])).collect();
        chunks.insert(PACKAGE, &batch, || true).unwrap();
    }
    let growth = length() - empty;
    let bytes = 32 * CHUNK_STORED_MAX as u64;
    assert!(growth < bytes * 5 / 4, "{growth} for {bytes}");
    chunks.drop_package(PACKAGE).unwrap();
    assert!(store.compact().unwrap());
    assert!(length() < empty + bytes / 4, "{}", length());
    chunks.insert(PACKAGE, &[(0, b"still usable")], || true).unwrap();
}

#[cfg(unix)]
#[test]
fn a_result_for_a_path_that_is_no_unicode_finds_its_place_after_a_restart() {
    use std::os::unix::ffi::OsStrExt as _;
    let (dir, store) = store();
    let path = std::path::PathBuf::from(std::ffi::OsStr::from_bytes(b"/tmp/\xFF.txt"));
    let job = JobId(uuid::Uuid::from_u128(1));
    // Larger than any message of the protocol may be.
    let file = ResultFile { place: ResultPlace::File(path), bytes: vec![5; 6_000_000].into() };
    let result = JobResult { job, files: vec![file], sent: None };
    store.commit(&[Change::JobResult(result.clone())]).unwrap();
    drop(store);
    let (_, loaded) = Store::open(dir.path()).unwrap();
    assert!(loaded.job_results == [result]);
}

#[test]
fn room_that_a_package_leaves_is_remembered_until_the_file_is_compacted() {
    let (dir, store) = store();
    store.chunks().insert(PACKAGE, &[(0, b"a"), (1, b"b")], || true).unwrap();
    store.chunks().drop_package(PACKAGE).unwrap();
    drop(store);
    let (store, loaded) = Store::open(dir.path()).unwrap();
    assert_eq!(loaded.freed_bytes, 2 * CHUNK_STORED_MAX as u64);
    store.compact().unwrap();
    drop(store);
    assert_eq!(Store::open(dir.path()).unwrap().1.freed_bytes, 0);
}

#[test]
fn all_files_of_a_job_are_kept_and_forgotten_together() {
    let (dir, store) = store();
    let file = |name: &str| ResultFile { place: ResultPlace::Tray(name.to_owned()), bytes: name.to_owned().into() };
    let sent = SentFile { folder: Folder::Queue, name: "letter.txt".to_owned() };
    let result = |n: u128, sent| {
        let files = (0..300).map(|at| file(&format!("{n}-{at}"))).collect();
        JobResult { job: JobId(uuid::Uuid::from_u128(n)), files, sent }
    };
    let (one, other) = (result(1, Some(sent)), result(2, None));
    store.commit(&[Change::JobResult(one.clone()), Change::JobResult(other.clone())]).unwrap();
    drop(store);
    let (store, loaded) = Store::open(dir.path()).unwrap();
    assert!(loaded.job_results == [one.clone(), other.clone()]);
    store.commit(&[Change::ForgetJobResult(one.job)]).unwrap();
    drop(store);
    assert!(Store::open(dir.path()).unwrap().1.job_results == [other]);
}

#[test]
fn jobs_are_found_again_in_the_order_in_which_they_came() {
    let (dir, store) = store();
    let record = |id: u128, at_ms| JobRecord {
        id: JobId(uuid::Uuid::from_u128(id)),
        order: JobOrder {
            task: JobTask::plain(JobKind::Copy),
            source: JobSource::Glass(vec!["letter.png".to_owned()]),
        },
        created_at: protocol::Timestamp::from_ms(at_ms),
    };
    let (first, second) = (record(9, 1), record(3, 2));
    store.commit(&[Change::Job(second.clone().into()), Change::Job(first.clone().into())]).unwrap();
    drop(store);
    let (store, loaded) = Store::open(dir.path()).unwrap();
    assert_eq!(loaded.jobs, [first.clone(), second.clone()]);
    store.commit(&[Change::ForgetJob(first.id)]).unwrap();
    drop(store);
    assert_eq!(Store::open(dir.path()).unwrap().1.jobs, [second]);
}

//! Records to bytes and back.

use std::collections::HashMap;
use std::path::PathBuf;

use protocol::{LicenceId, codec};
use redb::{Error, ReadTransaction, ReadableTable as _, WriteTransaction};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::chunks::PresentChunks;
use super::shared::read_error;
use super::tables::{
    CATALOGUE, COUNTERS, ENROLMENT, FREED_BYTES, JOB_RESULTS, JOBS, KEYS, LICENCES, ORDERS, PACKAGES, SEAL, SETTINGS,
    STATE,
};
use crate::core::{
    Change, JobId, JobRecord, JobResult, LicenceRecord, Loaded, OrderRecord, ResultFile, ResultPlace, SentFile,
};
use crate::data::StorageError;
use protocol::Digest;

/// Writes changes into a transaction.
pub(super) fn apply(txn: &WriteTransaction, changes: &[Change]) -> Result<(), Error> {
    for change in changes {
        match change {
            Change::Settings(settings) => put_state(txn, SETTINGS, settings)?,
            Change::Enrolment(enrolment) => put_state(txn, ENROLMENT, enrolment)?,
            Change::Keys(list) => put_state(txn, KEYS, list)?,
            Change::Seal(seal) => put_state(txn, SEAL, seal)?,
            Change::Catalogue(catalogue) => put_state(txn, CATALOGUE, catalogue)?,
            Change::Order(order) => {
                txn.open_table(ORDERS)?.insert(order.id.0.as_bytes(), codec::encode(order).as_slice())?;
            }
            Change::ForgetOrder(order) => {
                txn.open_table(ORDERS)?.remove(order.0.as_bytes())?;
            }
            Change::Licence(licence) => {
                txn.open_table(LICENCES)?.insert(licence.id.0.as_bytes(), codec::encode(licence).as_slice())?;
            }
            Change::ForgetLicence(licence) => {
                txn.open_table(LICENCES)?.remove(licence.0.as_bytes())?;
            }
            Change::Job(job) => {
                txn.open_table(JOBS)?.insert(job.id.0.as_bytes(), codec::encode(job).as_slice())?;
            }
            Change::ForgetJob(job) => {
                txn.open_table(JOBS)?.remove(job.0.as_bytes())?;
            }
            Change::JobResult(result) => {
                let mut results = txn.open_table(JOB_RESULTS)?;
                for (at, file) in (0..).zip(&result.files) {
                    let stored = StoredResult { place: (&file.place).into(), sent: result.sent.clone() };
                    let key = (result.job.0.as_bytes(), at);
                    results.insert(key, (codec::encode(&stored).as_slice(), file.bytes.as_ref()))?;
                }
            }
            Change::ForgetJobResult(job) => {
                let id = job.0.as_bytes();
                txn.open_table(JOB_RESULTS)?.retain_in((id, 0)..=(id, u32::MAX), |_, _| false)?;
            }
        }
    }
    Ok(())
}

fn put_state<T: Serialize>(txn: &WriteTransaction, name: &str, value: &T) -> Result<(), Error> {
    txn.open_table(STATE)?.insert(name, codec::encode(value).as_slice())?;
    Ok(())
}

/// Reads every record.
pub(super) fn load(txn: &ReadTransaction) -> Result<Loaded, StorageError> {
    let mut loaded = Loaded {
        settings: state(txn, SETTINGS)?.unwrap_or_default(),
        enrolment: state(txn, ENROLMENT)?,
        key_list: state(txn, KEYS)?,
        seal: readable_state(txn, SEAL)?,
        catalogue: state(txn, CATALOGUE)?,
        freed_bytes: freed_bytes(txn)?,
        ..Loaded::default()
    };
    for entry in txn.open_table(ORDERS).map_err(read_error)?.iter().map_err(read_error)? {
        let (_, bytes) = entry.map_err(read_error)?;
        loaded.orders.push(decode::<OrderRecord>("order", bytes.value())?);
    }
    loaded.orders.sort_by_key(|order| (order.created_at, order.id));
    for entry in txn.open_table(LICENCES).map_err(read_error)?.iter().map_err(read_error)? {
        let (id, bytes) = entry.map_err(read_error)?;
        let id = LicenceId(Uuid::from_bytes(*id.value()));
        // Somebody's attempt at a record must not keep the panel from starting, and is told to the vendor.
        match codec::decode::<LicenceRecord>(bytes.value()) {
            Ok(licence) if licence.id == id => loaded.licences.push(licence),
            _ => loaded.unreadable.push(id),
        }
    }
    loaded.licences.sort_by_key(|licence| (licence.issued_at, licence.id));
    for entry in txn.open_table(JOB_RESULTS).map_err(read_error)?.iter().map_err(read_error)? {
        let (key, value) = entry.map_err(read_error)?;
        let ((job, _), (stored, bytes)) = (key.value(), value.value());
        let job = JobId(Uuid::from_bytes(*job));
        let StoredResult { place, sent } = decode("job result", stored)?;
        let file = ResultFile { place: place.into(), bytes: bytes::Bytes::copy_from_slice(bytes) };
        match loaded.job_results.last_mut().filter(|result| result.job == job) {
            Some(result) => result.files.push(file),
            None => loaded.job_results.push(JobResult { job, files: vec![file], sent }),
        }
    }
    let ordered = loaded.orders.iter().filter_map(|order| order.authorised.as_ref()).map(|a| &a.manifest);
    let manifests = ordered.chain(loaded.licences.iter().map(|licence| &licence.manifest));
    let chunk_counts: HashMap<Digest, u32> = manifests.map(|m| (m.digest(), m.chunk_count())).collect();
    for entry in txn.open_table(JOBS).map_err(read_error)?.iter().map_err(read_error)? {
        let (_, bytes) = entry.map_err(read_error)?;
        // One that is none is not done; it must not keep the panel from starting.
        match codec::decode::<JobRecord>(bytes.value()) {
            Ok(job) => loaded.jobs.push(job),
            Err(error) => tracing::error!(%error, "the record of a job is damaged"),
        }
    }
    loaded.jobs.sort_by_key(|job| (job.created_at, job.id));
    for entry in txn.open_table(PACKAGES).map_err(read_error)?.iter().map_err(read_error)? {
        let (package, bits) = entry.map_err(read_error)?;
        let package = Digest(*package.value());
        loaded.packages.push(package);
        let present = PresentChunks::from_bits(bits.value());
        if chunk_counts.get(&package).is_some_and(|count| (0..*count).all(|index| present.contains(index))) {
            loaded.complete.push(package);
        }
    }
    Ok(loaded)
}

fn freed_bytes(txn: &ReadTransaction) -> Result<u64, StorageError> {
    let counters = txn.open_table(COUNTERS).map_err(read_error)?;
    let bytes = counters.get(FREED_BYTES).map_err(read_error)?;
    Ok(bytes.map_or(0, |bytes| bytes.value()))
}

fn state<T: DeserializeOwned>(txn: &ReadTransaction, name: &'static str) -> Result<Option<T>, StorageError> {
    let table = txn.open_table(STATE).map_err(read_error)?;
    let bytes = table.get(name).map_err(read_error)?;
    bytes.map(|bytes| decode(name, bytes.value())).transpose()
}

/// A value that is none counts as absent; whoever needs it notices.
fn readable_state<T: DeserializeOwned>(txn: &ReadTransaction, name: &'static str) -> Result<Option<T>, StorageError> {
    let table = txn.open_table(STATE).map_err(read_error)?;
    let bytes = table.get(name).map_err(read_error)?;
    Ok(bytes.and_then(|bytes| codec::decode(bytes.value()).ok()))
}

fn decode<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T, StorageError> {
    codec::decode(bytes).map_err(|error| StorageError::damaged("store", format_args!("{what}: {error}")))
}

/// What is stored beside the content of a file.
#[derive(Serialize, Deserialize)]
struct StoredResult {
    place: StoredPlace,
    sent: Option<SentFile>,
}

/// A [`ResultPlace`] as stored: a path need not be Unicode, and one that is not must not stop a job.
#[derive(Serialize, Deserialize)]
enum StoredPlace {
    Tray(String),
    File(Vec<u8>),
}

impl From<&ResultPlace> for StoredPlace {
    fn from(place: &ResultPlace) -> Self {
        match place {
            ResultPlace::Tray(name) => Self::Tray(name.clone()),
            ResultPlace::File(path) => Self::File(path_bytes(path)),
        }
    }
}

impl From<StoredPlace> for ResultPlace {
    fn from(place: StoredPlace) -> Self {
        match place {
            StoredPlace::Tray(name) => Self::Tray(name),
            StoredPlace::File(bytes) => Self::File(path_of(bytes)),
        }
    }
}

#[cfg(unix)]
fn path_bytes(path: &std::path::Path) -> Vec<u8> {
    std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).to_vec()
}

#[cfg(unix)]
fn path_of(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(<std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(bytes))
}

#[cfg(not(unix))]
fn path_bytes(path: &std::path::Path) -> Vec<u8> {
    path.to_string_lossy().into_owned().into_bytes()
}

#[cfg(not(unix))]
fn path_of(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(&bytes).into_owned())
}

//! Packages, chunk by chunk. What is stored was verified by whoever brought it, and stays encrypted.

use std::sync::Arc;

use protocol::Digest;
use protocol::package::{CHUNK_STORED_MAX, CHUNKS_MAX};
use redb::{Error, ReadableTable as _, WriteTransaction};

use super::shared::{Shared, read_error};
use super::tables::{CHUNKS, COUNTERS, FREED_BYTES, PACKAGES};
use crate::data::StorageError;

/// Downloads leave this much of the disk to licences, meters and results.
const RESERVE_BYTES: u64 = 16 * 1024 * 1024;

/// The packages of a store, from any thread.
#[derive(Debug, Clone)]
pub struct ChunkStore {
    shared: Arc<Shared>,
}

/// Which chunks of a package are stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PresentChunks(Vec<u8>);

impl PresentChunks {
    /// From a bit for each chunk, lowest first.
    pub(super) fn from_bits(bits: &[u8]) -> Self {
        Self(bits.to_vec())
    }

    /// Whether this chunk is stored.
    pub fn contains(&self, index: u32) -> bool {
        let (byte, bit) = place(index);
        self.0.get(byte).is_some_and(|byte| byte & bit != 0)
    }

    /// The indices of the stored chunks, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        (0..CHUNKS_MAX.min(u32::try_from(self.0.len() * 8).unwrap_or(u32::MAX))).filter(|index| self.contains(*index))
    }

    fn add(&mut self, index: u32) {
        let (byte, bit) = place(index);
        if self.0.len() <= byte {
            self.0.resize(byte + 1, 0);
        }
        self.0[byte] |= bit;
    }
}

const fn place(index: u32) -> (usize, u8) {
    (index as usize / 8, 1 << (index % 8))
}

impl ChunkStore {
    pub(super) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Packages of which at least one chunk is stored.
    pub fn packages(&self) -> Result<Vec<Digest>, StorageError> {
        self.shared.read(|txn| {
            let packages = txn.open_table(PACKAGES).map_err(read_error)?;
            let entries = packages.iter().map_err(read_error)?;
            entries.map(|entry| Ok(Digest(*entry.map_err(read_error)?.0.value()))).collect()
        })
    }

    /// Which chunks of a package are stored.
    pub fn present(&self, package: Digest) -> Result<PresentChunks, StorageError> {
        self.shared.read(|txn| {
            let packages = txn.open_table(PACKAGES).map_err(read_error)?;
            let bits = packages.get(&package.0).map_err(read_error)?;
            Ok(bits.map_or_else(PresentChunks::default, |bits| PresentChunks(bits.value().to_vec())))
        })
    }

    /// Stores verified chunks, by index, in one durable transaction, unless `wanted` says no once nobody else can
    /// write: so a package that was dropped after `wanted` turned false stays dropped. Returns whether they are stored.
    ///
    /// # Errors
    /// [`StorageError::DiskFull`] also if the disk would be nearly full afterwards.
    pub fn insert<C: AsRef<[u8]>>(
        &self,
        package: Digest,
        chunks: &[(u32, C)],
        wanted: impl Fn() -> bool,
    ) -> Result<bool, StorageError> {
        let bytes: u64 = chunks.iter().map(|(_, chunk)| chunk.as_ref().len() as u64).sum();
        let misfit = |(index, chunk): &(u32, C)| *index >= CHUNKS_MAX || chunk.as_ref().len() > CHUNK_STORED_MAX;
        if chunks.iter().any(misfit) {
            return Err(StorageError::Failed("no package has such a chunk".to_owned()));
        }
        if self.shared.free_bytes()? < bytes + RESERVE_BYTES {
            return Err(StorageError::DiskFull);
        }
        self.shared.write(|txn| {
            if !wanted() {
                return Ok(false);
            }
            insert(txn, package, chunks)?;
            Ok(true)
        })
    }

    /// One chunk as stored; `None` if it is not.
    pub fn read(&self, package: Digest, index: u32) -> Result<Option<Vec<u8>>, StorageError> {
        self.shared.read(|txn| {
            let chunks = txn.open_table(CHUNKS).map_err(read_error)?;
            let chunk = chunks.get((&package.0, index)).map_err(read_error)?;
            Ok(chunk.map(|chunk| chunk.value().to_vec()))
        })
    }

    /// Deletes every chunk of a package in one durable transaction. Repeating it is harmless.
    pub fn drop_package(&self, package: Digest) -> Result<(), StorageError> {
        if self.present(package)? == PresentChunks::default() {
            return Ok(());
        }
        self.shared.write(|txn| {
            let bits = txn.open_table(PACKAGES)?.remove(&package.0)?.map(|bits| PresentChunks(bits.value().to_vec()));
            let mut chunks = txn.open_table(CHUNKS)?;
            let mut freed_bytes = 0;
            for index in bits.unwrap_or_default().iter() {
                chunks.remove((&package.0, index))?;
                freed_bytes += CHUNK_STORED_MAX as u64;
            }
            let mut counters = txn.open_table(COUNTERS)?;
            let before = counters.get(FREED_BYTES)?.map_or(0, |bytes| bytes.value());
            counters.insert(FREED_BYTES, before.saturating_add(freed_bytes))?;
            Ok(())
        })
    }
}

fn insert<C: AsRef<[u8]>>(txn: &WriteTransaction, package: Digest, chunks: &[(u32, C)]) -> Result<(), Error> {
    if chunks.is_empty() {
        return Ok(());
    }
    let mut packages = txn.open_table(PACKAGES)?;
    let mut present =
        packages.get(&package.0)?.map_or_else(PresentChunks::default, |b| PresentChunks(b.value().to_vec()));
    let mut table = txn.open_table(CHUNKS)?;
    for (index, chunk) in chunks {
        table.insert((&package.0, *index), chunk.as_ref())?;
        present.add(*index);
    }
    packages.insert(&package.0, present.0.as_slice())?;
    Ok(())
}

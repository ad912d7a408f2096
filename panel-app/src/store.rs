//! The device's records and packages in one redb file. Every commit is one durable, two-phase transaction.

mod chunks;
mod medium;
mod records;
mod shared;
mod tables;

#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

pub use chunks::{ChunkStore, PresentChunks};

use crate::core::{Change, Loaded, StorageFault};
use crate::data::StorageError;
use medium::{FileMedium, Medium};
use shared::Shared;
use tables::{COUNTERS, FREED_BYTES};

/// The device's store. There is one for each data folder; clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

impl Store {
    /// Opens the store in `dir`, creating it if there is none, and reads all records. `Loaded::keys` and
    /// `Loaded::records_key` are left empty: keys are in files of their own.
    pub fn open(dir: &Path) -> Result<(Self, Loaded), StorageError> {
        Self::on(Box::new(FileMedium::prepare(dir)?))
    }

    fn on(medium: Box<dyn Medium>) -> Result<(Self, Loaded), StorageError> {
        let shared = Arc::new(Shared::open(medium)?);
        let loaded = shared.read(records::load)?;
        Ok((Self { shared }, loaded))
    }

    /// Writes all changes in one durable transaction, or none of them.
    ///
    /// # Errors
    /// [`StorageFault::DiskFull`]: nothing was written, and the store goes on. [`StorageFault::Failed`]: every later
    /// call fails as well, until the store is opened again.
    pub fn commit(&self, changes: &[Change]) -> Result<(), StorageFault> {
        self.shared.write(|txn| records::apply(txn, changes)).map_err(|error| {
            tracing::error!(%error, "the changes of a step could not be written");
            error.fault()
        })
    }

    /// The packages, for transfers and jobs.
    pub fn chunks(&self) -> ChunkStore {
        ChunkStore::new(self.shared.clone())
    }

    /// Gives the room of what was deleted back to the file system. Takes time and stops every other use of the store
    /// meanwhile, so only for a device that is idle. Returns whether there was anything to gain.
    pub fn compact(&self) -> Result<bool, StorageError> {
        let gained = self.shared.compact()?;
        self.shared.write(|txn| Ok(txn.open_table(COUNTERS)?.insert(FREED_BYTES, 0).map(drop)?))?;
        Ok(gained)
    }
}

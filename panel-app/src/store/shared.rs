//! The open database and what becomes of it when a write fails. redb refuses every call after an I/O error until it is
//! opened again; a full disk must not mean a restart, so it is opened again here.

use std::path::Path;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use redb::{
    Database, Error, ReadTransaction, ReadableDatabase as _, ReadableTable as _, TableHandle as _, WriteTransaction,
};

use super::medium::Medium;
use super::tables;
use crate::data::StorageError;

#[derive(Debug)]
pub(super) struct Shared {
    medium: Box<dyn Medium>,
    open: RwLock<Open>,
}

#[derive(Debug)]
struct Open {
    /// `None` if it could not be opened again, which is tried once more with the next use.
    database: Option<Database>,
    /// The store must not be trusted any more.
    dead: bool,
    /// Grows each time the database is opened.
    generation: u64,
}

/// Where a write failed.
enum Failed {
    /// Nothing was written.
    Before(Error),
    /// It may have been written: the number of commits tells.
    Committing { error: Error, commits_before: u64 },
}

impl<E: Into<Error>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self::Before(error.into())
    }
}

impl Shared {
    pub(super) fn open(medium: Box<dyn Medium>) -> Result<Self, StorageError> {
        let database = medium.open().map_err(|error| open_error(medium.path(), error.into()))?;
        if let Some(table) = strange_table(&database).map_err(|error| open_error(medium.path(), error))? {
            return Err(StorageError::OtherVersion(table));
        }
        create_tables(&database).map_err(|error| open_error(medium.path(), error))?;
        Ok(Self { medium, open: RwLock::new(Open { database: Some(database), dead: false, generation: 0 }) })
    }

    /// Bytes that can still be written.
    pub(super) fn free_bytes(&self) -> Result<u64, StorageError> {
        self.medium.free_bytes().map_err(|error| StorageError::at(self.medium.path(), error))
    }

    /// Looks at one consistent state.
    pub(super) fn read<T>(
        &self,
        look: impl FnOnce(&ReadTransaction) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let guard = self.usable()?;
        let txn = database(&guard)?.begin_read().map_err(read_error)?;
        look(&txn)
    }

    /// Writes one durable transaction. `work` may be called twice, each time on a transaction of its own.
    pub(super) fn write<T>(
        &self,
        mut work: impl FnMut(&WriteTransaction) -> Result<T, Error>,
    ) -> Result<T, StorageError> {
        let mut last_chance = false;
        loop {
            let guard = self.usable()?;
            let generation = guard.generation;
            let failed = match attempt(database(&guard)?, &mut work) {
                Ok(done) => return Ok(done),
                Err(failed) => failed,
            };
            drop(guard);
            match failed {
                // Another thread's write broke the database; this one is innocent.
                Failed::Before(Error::PreviousIo) if !last_chance => {
                    last_chance = true;
                    self.reopen(generation)?;
                }
                Failed::Before(error) if is_disk_full(&error) => {
                    // If even that needs room, the next use tries again.
                    let _ = self.reopen(generation);
                    return Err(StorageError::DiskFull);
                }
                Failed::Committing { error, commits_before } if is_disk_full(&error) => {
                    return Err(self.after_full_disk(generation, commits_before));
                }
                Failed::Before(error) | Failed::Committing { error, .. } => {
                    return Err(self.give_up(&error.to_string()));
                }
            }
        }
    }

    /// A commit that found the disk full has not happened, unless the number of commits says otherwise; then nobody can
    /// know how much of it is durable.
    fn after_full_disk(&self, generation: u64, commits_before: u64) -> StorageError {
        let commits_now = self.reopen(generation).and_then(|()| {
            let guard = self.shared_guard();
            commits(database(&guard)?).map_err(read_error)
        });
        match commits_now {
            Ok(commits) if commits == commits_before => StorageError::DiskFull,
            Ok(_) => self.give_up("the disk was full while a commit was finished"),
            Err(error) => self.give_up(&error.to_string()),
        }
    }

    /// From now on every use fails, until the store is opened again.
    fn give_up(&self, why: &str) -> StorageError {
        tracing::error!(why, "the store is given up");
        let mut guard = self.exclusive_guard();
        guard.database = None;
        guard.dead = true;
        StorageError::Failed(why.to_owned())
    }

    /// Opens the database again, unless somebody did so since `generation`.
    fn reopen(&self, generation: u64) -> Result<(), StorageError> {
        let mut guard = self.exclusive_guard();
        if guard.generation != generation || guard.dead {
            return Ok(());
        }
        // Closed before it is opened: redb holds a lock on the file.
        guard.database = None;
        let opened = self.medium.open().map_err(|error| open_error(self.medium.path(), error.into()));
        guard.database = Some(opened.inspect_err(|error| tracing::error!(%error, "the store does not open again"))?);
        guard.generation += 1;
        Ok(())
    }

    pub(super) fn compact(&self) -> Result<bool, StorageError> {
        let mut guard = self.exclusive_guard();
        let database = guard.database.as_mut().ok_or_else(closed)?;
        match database.compact().map_err(Error::from) {
            Ok(gained) => Ok(gained),
            Err(error) => {
                let generation = guard.generation;
                drop(guard);
                self.reopen(generation)?;
                Err(if is_disk_full(&error) { StorageError::DiskFull } else { StorageError::Failed(error.to_string()) })
            }
        }
    }

    /// The open database, opened again if that did not work last time.
    fn usable(&self) -> Result<RwLockReadGuard<'_, Open>, StorageError> {
        let guard = self.shared_guard();
        if guard.database.is_some() || guard.dead {
            return Ok(guard);
        }
        let generation = guard.generation;
        drop(guard);
        self.reopen(generation)?;
        Ok(self.shared_guard())
    }

    fn shared_guard(&self) -> RwLockReadGuard<'_, Open> {
        self.open.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn exclusive_guard(&self) -> RwLockWriteGuard<'_, Open> {
        self.open.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn attempt<T>(database: &Database, work: &mut impl FnMut(&WriteTransaction) -> Result<T, Error>) -> Result<T, Failed> {
    let mut txn = database.begin_write()?;
    txn.set_two_phase_commit(true);
    let commits_before = {
        let mut counters = txn.open_table(tables::COUNTERS)?;
        let before = counters.get(tables::COMMITS)?.map_or(0, |number| number.value());
        counters.insert(tables::COMMITS, before + 1)?;
        before
    };
    let done = work(&txn)?;
    txn.commit().map_err(|error| Failed::Committing { error: error.into(), commits_before })?;
    Ok(done)
}

fn commits(database: &Database) -> Result<u64, Error> {
    let counters = database.begin_read()?.open_table(tables::COUNTERS)?;
    Ok(counters.get(tables::COMMITS)?.map_or(0, |number| number.value()))
}

/// A table that this version does not know.
fn strange_table(database: &Database) -> Result<Option<String>, Error> {
    let txn = database.begin_read()?;
    Ok(txn.list_tables()?.map(|table| table.name().to_owned()).find(|name| !tables::NAMES.contains(&name.as_str())))
}

/// Creates the tables that do not exist, so that reading never meets a missing one.
pub(super) fn create_tables(database: &Database) -> Result<(), Error> {
    let txn = database.begin_read()?;
    let complete = txn.list_tables()?.count() == tables::NAMES.len();
    drop(txn);
    if complete {
        return Ok(());
    }
    let mut txn = database.begin_write()?;
    txn.set_two_phase_commit(true);
    txn.open_table(tables::STATE)?;
    txn.open_table(tables::COUNTERS)?;
    txn.open_table(tables::ORDERS)?;
    txn.open_table(tables::LICENCES)?;
    txn.open_table(tables::JOBS)?;
    txn.open_table(tables::JOB_RESULTS)?;
    txn.open_table(tables::PACKAGES)?;
    txn.open_table(tables::CHUNKS)?;
    Ok(txn.commit()?)
}

fn database<'a>(guard: &'a RwLockReadGuard<'_, Open>) -> Result<&'a Database, StorageError> {
    guard.database.as_ref().ok_or_else(closed)
}

fn closed() -> StorageError {
    StorageError::Failed("an earlier write failed; restart the panel".to_owned())
}

fn is_disk_full(error: &Error) -> bool {
    matches!(error, Error::Io(error) if crate::data::is_disk_full(error))
}

/// An error while opening the file.
pub(super) fn open_error(path: &Path, error: Error) -> StorageError {
    match error {
        Error::DatabaseAlreadyOpen => StorageError::InUse(path.to_owned()),
        Error::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => StorageError::damaged("store", error),
        Error::Io(error) => StorageError::at(path, error),
        other => StorageError::damaged("store", other),
    }
}

/// An error while reading.
pub(super) fn read_error(error: impl Into<Error>) -> StorageError {
    StorageError::Failed(error.into().to_string())
}

//! What the store lies on: a file, or in tests something that fails when it is told to.

use std::fmt::Debug;
use std::io;
use std::path::{Path, PathBuf};

use redb::backends::FileBackend;
use redb::{Database, DatabaseError};

use super::shared;
use crate::data::{StorageError, open_private, sync_dir};

/// redb's own cache; its write buffer is at most half of it.
const CACHE_BYTES: usize = 32 * 1024 * 1024;

/// Something that holds a database.
pub(super) trait Medium: Debug + Send + Sync {
    /// Opens the database, after whatever happened to it last time.
    fn open(&self) -> Result<Database, DatabaseError>;

    /// Bytes that can still be written.
    fn free_bytes(&self) -> io::Result<u64>;

    /// For messages.
    fn path(&self) -> &Path;
}

/// A file in the data folder.
#[derive(Debug)]
pub(super) struct FileMedium {
    path: PathBuf,
}

impl FileMedium {
    /// Makes sure that the file exists and holds every table. A file that redb was creating when the power failed never
    /// opens again, so it is created under another name.
    pub(super) fn prepare(dir: &Path) -> Result<Self, StorageError> {
        let medium = Self { path: dir.join("panel.redb") };
        let new = dir.join("panel.redb.new");
        let at_new = |error| StorageError::at(&new, error);
        match std::fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at_new(error)),
            _ => {}
        }
        if !medium.path.try_exists().map_err(|error| StorageError::at(&medium.path, error))? {
            let file = open_private(&new).map_err(at_new)?;
            let handle = file.try_clone().map_err(at_new)?;
            let created =
                FileBackend::new(file).and_then(|file| builder().create_with_backend(file)).map_err(redb::Error::from);
            let created = created.and_then(|database| {
                shared::create_tables(&database)?;
                Ok(database.close()?)
            });
            created.map_err(|error| shared::open_error(&new, error))?;
            handle.sync_all().map_err(at_new)?;
            std::fs::rename(&new, &medium.path).map_err(at_new)?;
            sync_dir(dir)?;
        }
        Ok(medium)
    }
}

impl Medium for FileMedium {
    fn open(&self) -> Result<Database, DatabaseError> {
        builder().open(&self.path)
    }

    fn free_bytes(&self) -> io::Result<u64> {
        fs4::available_space(&self.path)
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

/// redb with this store's limits.
pub(super) fn builder() -> redb::Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_BYTES);
    builder
}

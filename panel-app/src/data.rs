//! The data folder: where everything durable of a device lies, and the lock that keeps a second process out of it.
//!
//! ```text
//! lock        held by the process that uses the folder
//! panel.redb  orders, licences, results, packages
//! vault       content keys
//! identity/   the device's private key and certificates, and the key of its records
//! glass/      documents to work on
//! queue/      what is to be printed; done/ and failed/ in it are what has become of it
//! fax-in/     faxes that have come in over the line, likewise
//! spool/      files of jobs that have not ended
//! tray/       what jobs have made
//! code/       compiled programs of options, encrypted; may be lost at any time
//! ```

mod error;
mod files;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use error::StorageError;
pub(crate) use error::is_disk_full;
pub(crate) use files::{create_private_dir, open_private, replace_file, sync_dir};

use crate::core::{Folder, Loaded};
use crate::identity::IdentityFiles;
use crate::runtime::CodeCache;
use crate::store::Store;
use crate::vault::{FileVault, KeyVault};

/// A data folder that no other process uses. Clones share the lock, which the last one gives up.
#[derive(Debug, Clone)]
pub struct DataDir {
    root: PathBuf,
    _lock: Arc<File>,
}

impl DataDir {
    /// Creates what is missing of the folder and locks it.
    ///
    /// # Errors
    /// [`StorageError::InUse`] if another process holds it, [`StorageError::Unusable`] if it cannot be read or written.
    pub fn open(root: &Path) -> Result<Self, StorageError> {
        create_private_dir(root)?;
        let path = root.join("lock");
        let lock = open_private(&path).map_err(|error| StorageError::at(&path, error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StorageError::InUse(root.to_owned())),
            Err(TryLockError::Error(error)) => return Err(StorageError::at(&path, error)),
        }
        let dir = Self { root: root.to_owned(), _lock: Arc::new(lock) };
        let watched = Folder::ALL.map(|folder| dir.watched(folder));
        let kept = watched.iter().flat_map(|folder| [folder.join("done"), folder.join("failed")]);
        for folder in [dir.identity(), dir.glass(), dir.spool(), dir.tray(), dir.code()].into_iter().chain(kept) {
            create_private_dir(&folder)?;
        }
        sync_dir(root)?;
        Ok(dir)
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Private key and certificates.
    pub fn identity(&self) -> PathBuf {
        self.root.join("identity")
    }

    /// Documents to work on.
    pub fn glass(&self) -> PathBuf {
        self.root.join("glass")
    }

    /// A folder in which files become jobs by themselves.
    pub fn watched(&self, folder: Folder) -> PathBuf {
        self.root.join(folder.name())
    }

    /// Files of jobs that have not ended.
    pub fn spool(&self) -> PathBuf {
        self.root.join("spool")
    }

    /// Compiled programs.
    pub fn code(&self) -> PathBuf {
        self.root.join("code")
    }

    /// What jobs have made.
    pub fn tray(&self) -> PathBuf {
        self.root.join("tray")
    }
}

/// Everything durable of a device, opened.
#[derive(Debug)]
pub struct Device {
    /// The folder and its lock.
    pub dir: DataDir,
    /// Records and packages.
    pub store: Store,
    /// Content keys.
    pub vault: Arc<FileVault>,
    /// The device's own key and certificates.
    pub identity: IdentityFiles,
    /// Compiled programs of living licences.
    pub code: CodeCache,
}

impl Device {
    /// Opens a data folder, creating it if it is new, and reads what the core starts from.
    pub fn open(root: &Path) -> Result<(Self, Loaded), StorageError> {
        let dir = DataDir::open(root)?;
        let vault = Arc::new(FileVault::open(dir.root())?);
        let (store, mut loaded) = Store::open(dir.root())?;
        loaded.keys = vault.list();
        let identity = IdentityFiles::new(dir.identity());
        loaded.records_key = identity.records_key()?;
        let code = CodeCache::new(dir.code(), loaded.records_key.clone());
        // A key may have died in the moment before the power failed.
        code.keep_only(&loaded.keys);
        Ok((Self { dir, store, vault, identity, code }, loaded))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_user_of_the_folder_is_told_so() {
        let temp = tempfile::tempdir().unwrap();
        let (device, loaded) = Device::open(temp.path()).unwrap();
        assert_eq!(Loaded { records_key: crate::core::RecordsKey::default(), ..loaded }, Loaded::default());
        let second = Device::open(temp.path()).unwrap_err();
        assert_eq!(second.code(), "data-in-use");
        drop(device);
        Device::open(temp.path()).unwrap();
    }

    #[test]
    fn a_path_that_cannot_be_a_folder_is_unusable() {
        let temp = tempfile::tempdir().unwrap();
        let file = temp.path().join("file");
        std::fs::write(&file, "x").unwrap();
        assert_eq!(Device::open(&file).unwrap_err().code(), "data-unusable");
        assert_eq!(Device::open(&file.join("below")).unwrap_err().code(), "data-unusable");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_look_into_the_folder() {
        use std::os::unix::fs::PermissionsExt as _;
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().join("device");
        let (device, _) = Device::open(&root).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&root), 0o700);
        assert_eq!(mode(&device.dir.identity()), 0o700);
        for file in ["lock", "vault", "panel.redb", "identity/records.key"] {
            assert_eq!(mode(&root.join(file)), 0o600, "{file}");
        }
    }
}

//! The vendor's data folder: which file is what, who may use it, and how a file comes into being whole or not at all.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::ServerError;
use crate::private_file;

/// A data folder that no other process uses as long as this exists.
#[derive(Debug)]
pub(super) struct DataFolder {
    root: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Locks an existing folder.
    pub(super) fn lock(root: PathBuf) -> Result<Self, ServerError> {
        match fs::metadata(&root) {
            Ok(found) if found.is_dir() => {}
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(ServerError::file(&root, error)),
            _ => return Err(ServerError::NotInitialised(root.display().to_string())),
        }
        let path = root.join("lock");
        let lock = File::options().create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(|error| ServerError::file(&path, error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { root, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(ServerError::InUse(root.display().to_string())),
            Err(TryLockError::Error(error)) => Err(ServerError::file(&path, error)),
        }
    }

    /// `NotInitialised` unless `init` has come to its end here.
    pub(super) fn require_initialised(&self) -> Result<(), ServerError> {
        match self.mark().try_exists() {
            Ok(true) => Ok(()),
            Ok(false) => Err(ServerError::NotInitialised(self.root.display().to_string())),
            Err(error) => Err(ServerError::file(&self.mark(), error)),
        }
    }

    /// Written last by `init`: the folder is complete.
    pub(super) fn mark(&self) -> PathBuf {
        mark_file(&self.root)
    }

    /// The root's certificate and key. Once the folder is made it may be kept elsewhere.
    pub(super) fn root_file(&self) -> PathBuf {
        self.root.join("root.pem")
    }

    /// The issuing CA's certificate, the root's, and the issuing CA's key.
    pub(super) fn issuer(&self) -> PathBuf {
        issuer_file(&self.root)
    }

    /// The server's certificate and key.
    pub(super) fn server(&self) -> PathBuf {
        self.root.join("server.pem")
    }

    /// The private keys that sign catalogues, manifests, tickets and licences.
    pub(super) fn signing_keys(&self) -> PathBuf {
        self.root.join("signing-keys")
    }

    /// The list of keys that count, signed by the root.
    pub(super) fn key_list(&self) -> PathBuf {
        key_list_file(&self.root)
    }

    /// The first administrator's certificate and key.
    pub(super) fn admin(&self) -> PathBuf {
        self.root.join("admin.pem")
    }

    /// The books.
    pub(super) fn database(&self) -> PathBuf {
        books_file(&self.root)
    }

    /// The packages.
    pub(super) fn packages(&self) -> PathBuf {
        self.root.join("packages")
    }
}

pub(super) fn books_file(root: &Path) -> PathBuf {
    root.join("books.sqlite")
}

pub(super) fn mark_file(root: &Path) -> PathBuf {
    root.join("vendor.json")
}

pub(super) fn issuer_file(root: &Path) -> PathBuf {
    root.join("issuer.pem")
}

pub(super) fn key_list_file(root: &Path) -> PathBuf {
    root.join("key-list.pem")
}

/// A folder that nobody else may look into, with those above it.
pub(super) fn create_private_folder(folder: &Path) -> Result<(), ServerError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| ServerError::file(folder, error))
}

pub(super) fn read_text(path: &Path) -> Result<String, ServerError> {
    fs::read_to_string(path).map_err(|error| ServerError::file(path, error))
}

/// The file's bytes; if it is not there, those that `make` makes, durable before they are returned. A kill at any
/// instant leaves the whole file or none.
pub(super) fn read_or_write(
    path: &Path,
    make: impl FnOnce() -> Result<Vec<u8>, ServerError>,
) -> Result<Vec<u8>, ServerError> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let bytes = make()?;
            write_secret(path, &bytes)?;
            Ok(bytes)
        }
        other => other.map_err(|error| ServerError::file(path, error)),
    }
}

/// Writes a file that nobody else may read, whole or not at all.
pub(super) fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), ServerError> {
    private_file::write(path, bytes).map_err(|error| ServerError::file(path, error))
}

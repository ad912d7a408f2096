//! The vendor's data folder: which file is what, who may use it, and how a file comes into being whole or not at all.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::ServerError;

/// A data folder that no other process uses as long as this exists.
#[derive(Debug)]
pub(super) struct DataFolder {
    root: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Locks an existing folder.
    pub(super) fn lock(root: PathBuf) -> Result<Self, ServerError> {
        if !root.is_dir() {
            return Err(ServerError::NotInitialised(root.display().to_string()));
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
        if self.mark().exists() { Ok(()) } else { Err(ServerError::NotInitialised(self.root.display().to_string())) }
    }

    /// Written last by `init`: the folder is complete.
    pub(super) fn mark(&self) -> PathBuf {
        self.root.join("vendor.json")
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
        self.root.join("books.sqlite")
    }

    /// The packages.
    pub(super) fn packages(&self) -> PathBuf {
        self.root.join("packages")
    }
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

/// Makes the name of a file or folder survive a power cut.
#[cfg(unix)]
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Other systems have no such call; their names are durable when the file is.
#[cfg(not(unix))]
pub(crate) fn sync_parent(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Writes a file that nobody else may read, whole or not at all.
pub(super) fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), ServerError> {
    let write = || {
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(".new");
        let temporary = PathBuf::from(temporary);
        let mut options = File::options();
        options.create(true).truncate(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        sync_parent(path)
    };
    write().map_err(|error: io::Error| ServerError::file(path, error))
}

//! Why the device's own storage cannot be used, with a stable code for scripts and support.

use std::io;
use std::path::{Path, PathBuf};

use crate::core::StorageFault;

/// Why something durable could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// Another process works on this data folder.
    #[error("the data folder {} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// A file or folder cannot be created, read or written.
    #[error("{} cannot be used: {source}", .path.display())]
    Unusable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No room.
    #[error("the disk is full")]
    DiskFull,
    /// A file is not what this program wrote.
    #[error("the {what} is damaged: {detail}")]
    Damaged {
        /// Which part of the data folder.
        what: &'static str,
        /// How.
        detail: String,
    },
    /// Another version of this program has written the folder.
    #[error("the data folder is of another version of this program: it has a table {0}")]
    OtherVersion(String),
    /// The store failed and must not be trusted before a restart.
    #[error("the store failed: {0}")]
    Failed(String),
}

impl StorageError {
    /// Names the place of an I/O error.
    pub(crate) fn at(path: &Path, source: io::Error) -> Self {
        if is_disk_full(&source) { Self::DiskFull } else { Self::Unusable { path: path.to_owned(), source } }
    }

    pub(crate) fn damaged(what: &'static str, detail: impl std::fmt::Display) -> Self {
        Self::Damaged { what, detail: detail.to_string() }
    }

    /// The stable code for scripts and support.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InUse(_) => "data-in-use",
            Self::Unusable { .. } => "data-unusable",
            Self::DiskFull => "disk-full",
            Self::Damaged { .. } => "data-damaged",
            Self::OtherVersion(_) => "data-of-another-version",
            Self::Failed(_) => "storage",
        }
    }

    /// What the core makes of it.
    pub const fn fault(&self) -> StorageFault {
        match self {
            Self::DiskFull => StorageFault::DiskFull,
            Self::InUse(_) | Self::Unusable { .. } | Self::Damaged { .. } | Self::OtherVersion(_) | Self::Failed(_) => {
                StorageFault::Failed
            }
        }
    }
}

/// No room on the disk or in the user's quota.
pub(crate) fn is_disk_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

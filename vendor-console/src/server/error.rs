//! Why a server does not start, with the code and exit status that scripts see.

use std::net::SocketAddr;
use std::path::Path;

use super::LimitsError;

/// Why a server could not be set up or started.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// `init` on a folder that has been initialised.
    #[error("{0} is initialised already; nothing was changed")]
    AlreadyInitialised(String),
    /// A file that would be overwritten.
    #[error("{0} exists already; nothing was changed")]
    FileExists(String),
    /// The folder has not been initialised.
    #[error("{0} is not a vendor's data folder; make one with vendor-server init --data {0}")]
    NotInitialised(String),
    /// Another process uses the folder.
    #[error("{0} is in use by another vendor-server or vendor-console")]
    InUse(String),
    /// A request to the root that it does not sign.
    #[error("nothing was signed: {0}")]
    Refused(String),
    /// A disk, file or database failed.
    #[error("{0}")]
    Storage(String),
    /// The address cannot be used.
    #[error("cannot listen on {listen}: {error}")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// What the system says.
        error: std::io::Error,
    },
    /// The file of limits cannot be used.
    #[error("{path}: {error}")]
    Limits {
        /// The file.
        path: String,
        /// What is wrong with it.
        error: LimitsError,
    },
    /// The machine has no thread or no random numbers left.
    #[error("the machine lacks a resource: {0}")]
    Machine(String),
}

impl ServerError {
    /// The stable code for scripts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AlreadyInitialised(_) => "already-initialised",
            Self::FileExists(_) => "file-exists",
            Self::NotInitialised(_) => "not-initialised",
            Self::InUse(_) => "data-in-use",
            Self::Refused(_) => "request-refused",
            Self::Storage(_) => "storage-failed",
            Self::Listen { .. } => "cannot-listen",
            Self::Limits { .. } => "bad-limits",
            Self::Machine(_) => "machine-failed",
        }
    }

    /// The exit status of a command: 2 usage, 3 refused, 4 network, 5 storage.
    pub const fn exit_status(&self) -> u8 {
        match self {
            Self::AlreadyInitialised(_) | Self::FileExists(_) | Self::Refused(_) => 3,
            Self::Limits { .. } => 2,
            Self::Listen { .. } => 4,
            Self::NotInitialised(_) | Self::InUse(_) | Self::Storage(_) | Self::Machine(_) => 5,
        }
    }

    pub(super) fn storage(error: impl std::fmt::Display) -> Self {
        Self::Storage(error.to_string())
    }

    pub(super) fn file(path: &Path, error: impl std::fmt::Display) -> Self {
        Self::Storage(format!("{}: {error}", path.display()))
    }

    pub(super) fn machine(error: impl std::fmt::Display) -> Self {
        Self::Machine(error.to_string())
    }

    pub(super) const fn listen(listen: SocketAddr, error: std::io::Error) -> Self {
        Self::Listen { listen, error }
    }
}

//! The staff's side of `kobai-staff/1`: what the window and the staff commands talk to, here or over the network.

mod members;
mod publish;
mod watch;
mod witness;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use protocol::keys::RootKey;
use protocol::message::staff::{StaffReply, StaffRequest};
use protocol::message::{Reply, Service};
use protocol::net::{self, CertificateDer, Client, Credentials, Identity, LinkError};
use protocol::package::file::PackageFileError;
use protocol::{CaFingerprint, Refusal, RefusalCode, StaffName, Timestamp};
use tokio::sync::Mutex;

pub use watch::{Watch, WatchEvent};
pub use witness::{AuditAlarm, Witnessed, head_file};

/// Why a staff request brought no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum StaffError {
    /// The server could not be asked. Whether it heard the request is not known.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The server turned the request down.
    #[error("{0}")]
    Refused(Refusal),
    /// The server answered, but to another question.
    #[error("the server's answer does not fit the request")]
    WrongAnswer,
    /// The file with the certificate cannot be used.
    #[error("the certificate file {} cannot be used: {reason}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The audit log is not what it was.
    #[error(transparent)]
    Audit(#[from] AuditAlarm),
    /// A file cannot be read or written.
    #[error("the file {} cannot be used: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file that is no package.
    #[error("{path}: {source}")]
    Package {
        /// The file.
        path: PathBuf,
        /// Why.
        source: PackageFileError,
    },
}

impl StaffError {
    /// The stable code for scripts and support.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Link(error) => error.code(),
            Self::Refused(refusal) => refusal.code.code(),
            Self::WrongAnswer => "bad-answer",
            Self::Certificate { .. } => "bad-certificate",
            Self::Audit(_) => "audit-broken",
            Self::File { .. } => "file-unusable",
            Self::Package { .. } => "package-file-unusable",
        }
    }

    /// The code of the refusal, if it is one.
    pub const fn refusal_code(&self) -> Option<RefusalCode> {
        match self {
            Self::Refused(refusal) => Some(refusal.code),
            _ => None,
        }
    }
}

/// A member of staff at a server. Cheap to clone; clones share one connection, which is made anew when it broke.
#[derive(Debug, Clone)]
pub struct StaffClient {
    shared: Arc<Shared>,
}

struct Shared {
    host_port: String,
    name: StaffName,
    fingerprint: CaFingerprint,
    root: CertificateDer<'static>,
    root_key: RootKey,
    config: net::ServiceConfig,
    /// Where the head of the audit log is kept.
    head_file: Option<PathBuf>,
    witnessing: Mutex<()>,
    connection: Mutex<Option<Client>>,
    server_now_ms: AtomicU64,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {}", self.name, self.host_port)
    }
}

/// Reads a staff certificate with its key and CA, as `vendor-server init` writes it.
pub fn read_credentials(path: &Path) -> Result<Credentials, StaffError> {
    let unusable = |reason: String| StaffError::Certificate { path: path.to_owned(), reason };
    let pem = std::fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
    Credentials::from_pem(&pem).map_err(|error| unusable(error.to_string()))
}

impl StaffClient {
    /// Connects to `HOST:PORT` as the holder of a certificate file. Must be called within a Tokio runtime.
    pub async fn connect(host_port: &str, certificate: &Path) -> Result<Self, StaffError> {
        let client = Self::with_file(host_port, certificate)?;
        client.connection().await?;
        Ok(client)
    }

    /// A client that connects with its first request. It keeps nothing of the audit log.
    pub fn new(host_port: &str, credentials: &Credentials) -> Result<Self, StaffError> {
        Self::with(host_port, credentials, None)
    }

    /// A client that connects with its first request as the holder of a certificate file, and keeps the head of the
    /// audit log beside it.
    pub fn with_file(host_port: &str, certificate: &Path) -> Result<Self, StaffError> {
        Self::with(host_port, &read_credentials(certificate)?, Some(head_file(certificate)))
    }

    fn with(host_port: &str, credentials: &Credentials, head_file: Option<PathBuf>) -> Result<Self, StaffError> {
        let Ok(Identity::Staff(name)) = credentials.identity() else {
            return Err(LinkError::NotPermitted.into());
        };
        let root_key =
            credentials.root_key().map_err(|error| StaffError::Link(LinkError::Distrust(error.to_string())))?;
        let config = net::client_config(credentials, Service::Staff)
            .map_err(|error| StaffError::Link(LinkError::Distrust(error.to_string())))?;
        Ok(Self {
            shared: Arc::new(Shared {
                host_port: host_port.to_owned(),
                name,
                fingerprint: credentials.fingerprint(),
                root: credentials.root.clone(),
                root_key,
                head_file,
                witnessing: Mutex::default(),
                config,
                connection: Mutex::new(None),
                server_now_ms: AtomicU64::new(0),
            }),
        })
    }

    /// Asks and waits for the answer. A request that may have been heard is never repeated by itself.
    pub async fn request(&self, request: StaffRequest) -> Result<StaffReply, StaffError> {
        let reply: Reply<StaffReply> = self.connection().await?.request(&request).await?;
        self.accept(reply)
    }

    /// Tells of changes until the returned [`Watch`] is dropped; connects again when the connection breaks.
    pub fn watch(&self) -> Watch {
        watch::start(self.clone())
    }

    /// Ends the connection and waits until the goodbye is sent.
    pub async fn close(&self) {
        if let Some(client) = self.shared.connection.lock().await.take() {
            client.close().await;
        }
    }

    /// `HOST:PORT` of the server.
    pub fn host_port(&self) -> &str {
        &self.shared.host_port
    }

    /// The name in the certificate.
    pub fn name(&self) -> &StaffName {
        &self.shared.name
    }

    /// The vendor's CA, as panels must pin it.
    pub fn ca_fingerprint(&self) -> CaFingerprint {
        self.shared.fingerprint
    }

    /// The server's clock at its last answer; `None` before the first.
    pub fn server_now(&self) -> Option<Timestamp> {
        match self.shared.server_now_ms.load(Ordering::Relaxed) {
            0 => None,
            ms => Some(Timestamp::from_ms(ms)),
        }
    }

    fn accept(&self, reply: Reply<StaffReply>) -> Result<StaffReply, StaffError> {
        self.shared.server_now_ms.fetch_max(reply.now.as_ms(), Ordering::Relaxed);
        reply.outcome.map_err(StaffError::Refused)
    }

    async fn connection(&self) -> Result<Client, StaffError> {
        let mut held = self.shared.connection.lock().await;
        if let Some(client) = held.as_ref().filter(|client| client.connection().close_reason().is_none()) {
            return Ok(client.clone());
        }
        let client = Client::connect_to(&self.shared.host_port, self.shared.config.clone()).await?;
        *held = Some(client.clone());
        Ok(client)
    }
}

#[cfg(test)]
mod tests;

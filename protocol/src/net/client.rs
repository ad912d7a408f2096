//! The asking side: a connection to one service, on which every request is a stream with one answer.

use std::net::SocketAddr;
use std::time::Duration;

use quinn::{ConnectionError, RecvStream, SendStream, TransportErrorCode};
use rustls::pki_types::CertificateDer;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::task::JoinSet;

use super::{CloseCode, FrameError, ServiceConfig, bind_client, read_frame, write_frame};
use crate::CaFingerprint;
use crate::codec::MESSAGE_BYTES_MAX;
use crate::message::Reply;

/// How long to wait for a connection and for an answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long until there is a first sign of the other side. Three packets were sent by then.
const SIGN_PATIENCE: Duration = Duration::from_secs(5);
/// TLS alert 45, certificate_expired, as QUIC carries it.
const CERTIFICATE_EXPIRED: u64 = 0x12d;
/// Addresses of one name that are tried.
const ADDRESSES_MAX: usize = 8;

/// Why a service could not be asked. Nothing is known about whether it has heard the request.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The name cannot be resolved or no socket can be had.
    #[error("the vendor's address cannot be used: {0}")]
    Address(#[from] std::io::Error),
    /// Nobody answers there, or no longer.
    #[error("the vendor's server does not answer")]
    Silent,
    /// TLS failed: another CA, a certificate that was refused, or a service that is not there.
    #[error("the vendor's server and this side do not trust each other: {0}")]
    Distrust(String),
    /// The server says that this side's certificate has run out.
    #[error("this side's certificate has run out")]
    Expired,
    /// The server ended the connection because the certificate does not give access.
    #[error("the vendor's server does not accept this certificate for the service")]
    NotPermitted,
    /// The server takes no more at the moment, of this peer or of anybody.
    #[error("the vendor's server is busy; try again in a minute")]
    Busy,
    /// The connection broke.
    #[error("the connection to the vendor's server broke: {0}")]
    Broken(String),
    /// The server answered something that is no message of this protocol.
    #[error("the vendor's server does not speak this version of the protocol: {0}")]
    Protocol(String),
}

impl LinkError {
    /// The stable code for scripts and support.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Address(_) => "bad-address",
            Self::Silent | Self::Broken(_) => "link-lost",
            Self::Distrust(_) => "distrust",
            Self::Expired => "certificate-expired",
            Self::NotPermitted => "not-permitted",
            Self::Busy => "busy",
            Self::Protocol(_) => "bad-answer",
        }
    }
}

impl From<ConnectionError> for LinkError {
    fn from(error: ConnectionError) -> Self {
        match error {
            ConnectionError::TimedOut => Self::Silent,
            ConnectionError::ApplicationClosed(ref close) if close.error_code == CloseCode::NotPermitted.var_int() => {
                Self::NotPermitted
            }
            ConnectionError::ApplicationClosed(ref close) if close.error_code == CloseCode::Busy.var_int() => {
                Self::Busy
            }
            ConnectionError::ConnectionClosed(ref close)
                if close.error_code == TransportErrorCode::CONNECTION_REFUSED =>
            {
                Self::Busy
            }
            // Said by the peer it is about this side's certificate; said by this side, about the peer's.
            ConnectionError::ConnectionClosed(ref close) if u64::from(close.error_code) == CERTIFICATE_EXPIRED => {
                Self::Expired
            }
            // A crypto alert: 0x100 to 0x1ff.
            ConnectionError::TransportError(ref e) if (0x100..0x200).contains(&u64::from(e.code)) => {
                Self::Distrust(e.reason.clone())
            }
            ConnectionError::ConnectionClosed(ref close) if (0x100..0x200).contains(&u64::from(close.error_code)) => {
                Self::Distrust(String::from_utf8_lossy(&close.reason).into_owned())
            }
            other => Self::Broken(other.to_string()),
        }
    }
}

impl From<FrameError> for LinkError {
    fn from(error: FrameError) -> Self {
        use quinn::{ReadError, WriteError};
        match error {
            FrameError::Read(ReadError::ConnectionLost(lost)) | FrameError::Write(WriteError::ConnectionLost(lost)) => {
                lost.into()
            }
            violation if violation.is_protocol_violation() => Self::Protocol(violation.to_string()),
            other => Self::Broken(other.to_string()),
        }
    }
}

/// A connection to one service.
#[derive(Debug, Clone)]
pub struct Client {
    endpoint: quinn::Endpoint,
    connection: quinn::Connection,
}

impl Client {
    /// Connects to `HOST:PORT`. A name may have several addresses, of which some are dead: all are tried at once, and
    /// the first that answers is taken. Must be called within a Tokio runtime.
    pub async fn connect_to(host_port: &str, config: ServiceConfig) -> Result<Self, LinkError> {
        let mut attempts = JoinSet::new();
        let found = tokio::time::timeout(PATIENCE, tokio::net::lookup_host(host_port)).await;
        for addr in found.map_err(|_| LinkError::Silent)??.take(ADDRESSES_MAX) {
            attempts.spawn(Self::connect(addr, config.clone()));
        }
        let mut failure = LinkError::from(std::io::Error::from(std::io::ErrorKind::NotFound));
        while let Some(attempt) = attempts.join_next().await {
            match attempt {
                Ok(Ok(client)) => return Ok(client),
                Ok(Err(error)) => failure = error,
                Err(died) => failure = LinkError::Broken(died.to_string()),
            }
        }
        Err(failure)
    }

    /// Connects with an endpoint of its own. Must be called within a Tokio runtime.
    pub async fn connect(addr: SocketAddr, config: ServiceConfig) -> Result<Self, LinkError> {
        let endpoint = bind_client(addr)?;
        let ServiceConfig { quic, server_name } = config;
        let mut connecting =
            endpoint.connect_with(quic, addr, server_name).map_err(|error| LinkError::Broken(error.to_string()))?;
        let connection = async {
            let sign = tokio::time::timeout(SIGN_PATIENCE, connecting.handshake_data());
            sign.await.map_err(|_| LinkError::Silent)??;
            Ok::<_, LinkError>(connecting.await?)
        };
        let connection = tokio::time::timeout(PATIENCE, connection).await.map_err(|_| LinkError::Silent)??;
        Ok(Self { endpoint, connection })
    }

    /// Asks and waits for the one answer.
    pub async fn request<Q, A>(&self, question: &Q) -> Result<Reply<A>, LinkError>
    where
        Q: Serialize + Sync,
        A: DeserializeOwned,
    {
        let exchange = async {
            let (mut send, mut recv) = self.open(question).await?;
            // The server may have answered and stopped reading already; the answer is what counts.
            let _ = send.finish();
            Ok(read_frame(&mut recv, MESSAGE_BYTES_MAX).await?)
        };
        tokio::time::timeout(PATIENCE, exchange).await.map_err(|_| LinkError::Silent)?
    }

    /// Opens a stream and sends a question on it; whatever follows is the caller's.
    pub async fn open<Q: Serialize + Sync>(&self, question: &Q) -> Result<(SendStream, RecvStream), LinkError> {
        let (mut send, recv) = self.connection.open_bi().await?;
        write_frame(&mut send, question).await?;
        Ok((send, recv))
    }

    /// The root with this fingerprint in the chain that the server showed.
    pub fn server_root(&self, fingerprint: CaFingerprint) -> Option<CertificateDer<'static>> {
        let chain = self.connection.peer_identity()?.downcast::<Vec<CertificateDer<'static>>>().ok()?;
        chain.into_iter().find(|certificate| CaFingerprint::of(certificate) == fingerprint)
    }

    /// The QUIC connection itself.
    pub const fn connection(&self) -> &quinn::Connection {
        &self.connection
    }

    /// Says goodbye and waits until it is sent.
    pub async fn close(self) {
        self.connection.close(CloseCode::Done.var_int(), b"");
        self.endpoint.wait_idle().await;
    }
}

//! QUIC: certificates, endpoints and framed requests. All of the crate's I/O is here.
//!
//! One UDP port carries every service; the ALPN names it ([`crate::message::Service`]). All but enrolment need a
//! client certificate of the vendor's issuing CA, and the certificate is the identity ([`Identity`]).

mod authority;
mod client;
mod credentials;
mod endpoint;
mod frame;
mod identity;
mod peer_time;
mod tls;

pub use authority::{Authority, AuthorityError, Root};
pub use client::{Client, LinkError};
pub use credentials::{Credentials, DeviceKey};
pub use endpoint::{TransportLimits, bind_client, bind_server, limit_server};
pub use frame::{FrameError, encode_frame, frame_length, read_body, read_frame, read_header, write_frame};
pub use identity::{CertificateTerm, Identity, IdentityError, certificate_term};
pub use peer_time::{NothingCertain, PastTime};
pub use quinn;
pub use rustls::pki_types::CertificateDer;
pub use tls::{
    ServiceConfig, TlsError, anonymous_config, client_config, device_config, enrol_config, report_config, server_config,
};

/// The name of the customer service. Addresses differ and change; the pinned root and this name are what counts.
pub const SERVER_NAME: &str = "vendor.kobai.internal";

/// The name of a distribution service. One on a host of its own has this name only, so it cannot pose as the customer
/// service; the customer service has both.
pub const CONTENT_NAME: &str = "content.kobai.internal";

/// Why an endpoint ends a connection, as QUIC application error codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum CloseCode {
    /// Nothing more to say.
    Done = 0,
    /// The peer sent what is no message.
    BadMessage = 1,
    /// The certificate does not give access to this service.
    NotPermitted = 2,
    /// The server stops.
    ShuttingDown = 3,
    /// The server holds or answers as much of this peer as it will; connect again later.
    Busy = 4,
    /// The device was revoked or enrolled anew, or the distribution service was revoked. Whoever connects again is told by
    /// a refusal.
    Revoked = 5,
}

impl CloseCode {
    /// For quinn.
    pub const fn var_int(self) -> quinn::VarInt {
        quinn::VarInt::from_u32(self as u32)
    }
}

//! The messages of the four services. Each request travels on a stream of its own and has one answer.

pub mod content;
pub mod device;
pub mod enrol;
pub mod report;
pub mod staff;

use serde::{Deserialize, Serialize};

use crate::{Refusal, Timestamp};

/// Every answer: the vendor's time, and what became of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply<T> {
    /// The vendor's clock when the answer was made; a device's clock never runs behind it.
    pub now: Timestamp,
    /// The answer.
    pub outcome: Result<T, Refusal>,
}

/// A service of the vendor, named by the ALPN of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// A device without a certificate asks for one.
    Enrol,
    /// Devices buy.
    Device,
    /// Devices fetch packages; distribution services report.
    Content,
    /// Staff work.
    Staff,
}

impl Service {
    /// Every service.
    pub const ALL: [Self; 4] = [Self::Enrol, Self::Device, Self::Content, Self::Staff];

    /// The ALPN protocol id.
    pub const fn alpn(self) -> &'static [u8] {
        match self {
            Self::Enrol => b"kobai-enrol/1",
            Self::Device => b"kobai-device/1",
            Self::Content => b"kobai-content/1",
            Self::Staff => b"kobai-staff/1",
        }
    }

    /// A short name for logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enrol => "enrol",
            Self::Device => "device",
            Self::Content => "content",
            Self::Staff => "staff",
        }
    }

    /// The service with this ALPN protocol id.
    pub fn from_alpn(alpn: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.alpn() == alpn)
    }
}

//! Distribution services that run on hosts of their own.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::text::Name;

/// A distribution service's identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DistributionRow {
    /// 1, 2, 3 ...
    pub number: u32,
    /// What whoever issued it calls it.
    pub name: Name,
    /// When its certificates were issued.
    pub issued_at: Timestamp,
    /// The first instant at which they are no longer valid, by the clock of certificates.
    pub certificate_until: Option<Timestamp>,
    /// Since when it may no longer report anything.
    pub revoked_at: Option<Timestamp>,
    /// Whether it is connected to the process that answers.
    pub is_connected: bool,
}

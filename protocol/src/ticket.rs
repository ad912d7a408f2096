//! Tickets: the right to fetch one package for one order, checked by the distribution service without asking anybody.

use serde::{Deserialize, Serialize};

use crate::keys::KeyRole;
use crate::signed::Signable;
use crate::time::DAY_MS;
use crate::{DeviceSerial, Digest, OrderId, Timestamp};

/// How long a ticket is good for. An order whose ticket ran out gets a new one by asking again.
pub const TICKET_LIFE_MS: u64 = DAY_MS;

/// Signed by a licence key of the vendor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// The order that the transfer belongs to.
    pub order: OrderId,
    /// The only device that may fetch with it.
    pub device: DeviceSerial,
    /// What may be fetched.
    pub package: Digest,
    /// Number of chunks of the package.
    pub chunk_count: u32,
    /// The first instant at which it is no longer good.
    pub expires_at: Timestamp,
}

impl Signable for Ticket {
    const CONTEXT: &'static str = "kobai ticket 1";
    const ROLE: KeyRole = KeyRole::Licence;
}

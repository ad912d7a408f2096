//! What one peer or one address holds and has used.

use tokio::time::Instant;

use super::bucket::Bucket;

/// The account of one holder.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Account {
    /// Connections, handshakes included.
    pub(super) connections: u32,
    /// Handshakes under way of an address that was proved before.
    pub(super) handshakes: u32,
    /// Requests under way.
    pub(super) requests: u32,
    /// Packages that are being sent, or wait for a place.
    pub(super) transfers: u32,
    /// Watches.
    pub(super) watchers: u32,
    /// New connections.
    pub(super) handshake_rate: Bucket,
    /// New requests.
    pub(super) request_rate: Bucket,
}

impl Account {
    /// Whether it can be forgotten: it says nothing that a new account would not say.
    pub(super) fn is_blank(&self, now: Instant) -> bool {
        let held = self.connections + self.handshakes + self.requests + self.transfers + self.watchers;
        held == 0 && self.handshake_rate.is_full(now) && self.request_rate.is_full(now)
    }
}

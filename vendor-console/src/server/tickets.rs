//! Whose signature makes a ticket, as the distribution service knows it: from the books beside it, or from a list that it
//! brought along and has renewed.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use protocol::keys::{RootKey, RootSigned};
use protocol::time::MINUTE_MS;
use protocol::{KeyList, KeyRing, RefusalCode, Signed, Ticket, Timestamp};
use tokio::sync::Mutex;

use super::ServerError;
use super::customers::Customers;
use super::passport::Passport;
use super::reports::Remote;
use crate::clock::Clock;

/// How often a distribution service on a host of its own asks for a newer list.
const RENEW_MS: u64 = 10 * MINUTE_MS;
/// A ticket with an unknown key makes it ask, but not more often than this: tickets can be forged as fast as one likes.
const ASK_AGAIN_MS: u64 = 5_000;

/// The keys of tickets.
pub(super) enum TicketKeys {
    /// The customer service is in this process.
    Local(Arc<Customers>),
    /// It is on another host.
    Remote(Box<RemoteKeys>),
}

/// A list that is renewed from the customer service.
pub(super) struct RemoteKeys {
    ring: RwLock<Arc<KeyRing>>,
    root: RootKey,
    remote: Arc<Remote>,
    clock: Clock,
    /// Where the list is kept, and when it was last asked for.
    kept: Mutex<Kept>,
}

struct Kept {
    passport: Passport,
    file: PathBuf,
    asked_at: Option<Timestamp>,
}

impl TicketKeys {
    pub(super) fn remote(
        passport: Passport,
        file: PathBuf,
        remote: Arc<Remote>,
        clock: Clock,
    ) -> Result<Self, ServerError> {
        let root = passport.client.root_key().map_err(|error| ServerError::file(&file, error))?;
        let ring = KeyRing::open(&passport.keys, &root).map_err(|error| ServerError::file(&file, error))?;
        let (ring, kept) = (RwLock::new(Arc::new(ring)), Mutex::new(Kept { passport, file, asked_at: None }));
        Ok(Self::Remote(RemoteKeys { ring, root, remote, clock, kept }.into()))
    }

    /// The ticket, if a key signed it that counts.
    pub(super) async fn verify(&self, ticket: &Signed<Ticket>) -> Result<Ticket, RefusalCode> {
        let verified = match self {
            Self::Local(customers) => customers.keys.signing().ring.verify(ticket),
            Self::Remote(keys) => {
                if keys.ring().may_be_newer(ticket.key()) {
                    keys.renew().await;
                }
                keys.ring().verify(ticket)
            }
        };
        verified.map_err(|_| RefusalCode::TicketInvalid)
    }

    /// Asks for newer lists, at once and then from time to time. A key may be revoked without any ticket showing it.
    pub(super) async fn keep_renewed(&self) {
        let Self::Remote(keys) = self else { return };
        loop {
            keys.renew().await;
            keys.clock.sleep_ms(RENEW_MS).await;
        }
    }
}

impl RemoteKeys {
    fn ring(&self) -> Arc<KeyRing> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks the customer service. Whoever comes while it is being asked waits for the answer.
    async fn renew(&self) {
        let mut kept = self.kept.lock().await;
        let now = self.clock.now();
        if kept.asked_at.is_some_and(|asked_at| now.ms_since(asked_at) < ASK_AGAIN_MS) {
            return;
        }
        kept.asked_at = Some(now);
        match self.remote.keys().await {
            Ok(list) => self.take(&mut kept, list),
            Err(refusal) => tracing::warn!("no newer list of keys: {refusal}"),
        }
    }

    fn take(&self, kept: &mut Kept, list: RootSigned<KeyList>) {
        let ring = match KeyRing::open(&list, &self.root) {
            Ok(ring) => ring,
            Err(error) => return tracing::warn!("a list of keys that is not the root's: {error}"),
        };
        if ring.version() <= self.ring().version() || ring.revives_a_key_of(&self.ring()) {
            return;
        }
        tracing::warn!(version = ring.version(), "a new list of keys counts");
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
        kept.passport.keys = list;
        if let Err(error) = kept.passport.write(&kept.file) {
            tracing::error!("the list of keys could not be kept: {error}");
        }
    }
}

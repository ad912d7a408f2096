//! The gate with a clock, a lock and metrics. What it grants is held by a [`Pass`] and comes back when that is dropped.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use quinn::Incoming;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::gate::{Arrival, Gate, Holder, Limit, Network};
use super::{Limits, Pace};
use crate::server::metrics::Metrics;

/// Keeps the limits of one server.
pub(in crate::server) struct Guard {
    pub(in crate::server) limits: Limits,
    pub(in crate::server) metrics: Metrics,
    gate: Mutex<Gate>,
    message_memory: Arc<Semaphore>,
    transfers: Arc<Semaphore>,
    /// A transfer has ended.
    transferred: Notify,
    uploads: Arc<Semaphore>,
}

/// Something that is held until this is dropped.
pub(in crate::server) struct Pass {
    guard: Arc<Guard>,
    held: Held,
}

enum Held {
    Handshake(Network, bool),
    Connection(Network),
    Seat(Holder),
    Request(Holder),
    /// The place is held as well.
    Transfer(Holder, #[allow(dead_code)] Option<OwnedSemaphorePermit>),
    Watcher(Holder),
    Upload(#[allow(dead_code)] OwnedSemaphorePermit),
    Memory(#[allow(dead_code)] OwnedSemaphorePermit),
}

/// A connection whose handshake begins.
pub(in crate::server) struct Begun {
    /// The connection, as long as it lasts.
    pub(in crate::server) connection: Pass,
    /// The handshake, as long as it lasts.
    pub(in crate::server) handshake: Pass,
    pub(in crate::server) incoming: Incoming,
    pub(in crate::server) network: Network,
    /// Whether the address was proved before the handshake.
    pub(in crate::server) was_proved: bool,
}

impl Guard {
    pub(in crate::server) fn new(limits: Limits) -> Arc<Self> {
        let places = |count: u32| Arc::new(Semaphore::new(count as usize));
        Arc::new(Self {
            metrics: Metrics::new(&limits),
            gate: Mutex::new(Gate::new(limits.clone())),
            message_memory: places(limits.message_memory_bytes),
            transfers: places(limits.transfers),
            transferred: Notify::new(),
            uploads: places(limits.uploads),
            limits,
        })
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hold(self: &Arc<Self>, held: Held) -> Pass {
        Pass { guard: self.clone(), held }
    }

    /// Counts a limit that was met.
    pub(in crate::server) fn met(&self, limit: Limit) {
        self.metrics.limit_met(limit);
    }

    fn counted<T>(&self, outcome: Result<T, Limit>) -> Result<T, Limit> {
        if let Err(limit) = &outcome {
            self.met(*limit);
        }
        outcome
    }

    /// A first packet: `Some` if its handshake may begin; otherwise it has been answered.
    pub(in crate::server) fn arrive(self: &Arc<Self>, incoming: Incoming) -> Option<Begun> {
        let network = Network::from(SocketAddr::ip(&incoming.remote_address()));
        let was_proved = incoming.remote_address_validated() || !incoming.may_retry();
        let arrival = self.gate().arrive(Instant::now(), network, was_proved);
        match arrival {
            Arrival::Begin => {
                self.metrics.connections.inc();
                self.metrics.handshakes_under_way.inc();
                let (connection, handshake) =
                    (self.hold(Held::Connection(network)), self.hold(Held::Handshake(network, was_proved)));
                Some(Begun { connection, handshake, incoming, network, was_proved })
            }
            Arrival::Prove => {
                self.metrics.handshake("retry");
                let _ = incoming.retry();
                None
            }
            Arrival::Refuse(limit) => {
                self.met(limit);
                self.metrics.handshake("refused");
                incoming.refuse();
                None
            }
        }
    }

    /// The handshake of `network` came to its end.
    pub(in crate::server) fn arrived(&self, network: Network, was_proved: bool) {
        self.gate().arrived(Instant::now(), network, was_proved);
        self.metrics.handshake("done");
    }

    /// The peer of a connection is known.
    pub(in crate::server) fn sit(self: &Arc<Self>, holder: &Holder) -> Result<Pass, Limit> {
        let seated = self.gate().sit(Instant::now(), holder);
        self.counted(seated)?;
        if matches!(holder, Holder::Network(_)) {
            self.metrics.strangers.inc();
        }
        Ok(self.hold(Held::Seat(holder.clone())))
    }

    /// A request begins.
    pub(in crate::server) fn ask(self: &Arc<Self>, holder: &Holder) -> Result<Pass, Limit> {
        let asked = self.gate().ask(Instant::now(), holder);
        self.counted(asked)?;
        self.metrics.requests_under_way.inc();
        Ok(self.hold(Held::Request(holder.clone())))
    }

    /// Memory for a message of so many bytes.
    pub(in crate::server) fn memory(self: &Arc<Self>, bytes: usize) -> Result<Pass, Limit> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let taken = self.message_memory.clone().try_acquire_many_owned(bytes);
        let permit = self.counted(taken.map_err(|_| Limit::MessageMemory))?;
        self.metrics.message_memory_bytes.inc_by(bytes.into());
        Ok(self.hold(Held::Memory(permit)))
    }

    /// A transfer begins, after it may have waited for others of the device and for a place.
    pub(in crate::server) async fn transfer(self: &Arc<Self>, holder: &Holder) -> Result<Pass, Limit> {
        let until = Instant::now() + self.patience();
        loop {
            // Before the look, so that no end is missed.
            let ended = self.transferred.notified();
            let Err(limit) = self.gate().fetch(Instant::now(), holder) else { break };
            if tokio::time::timeout_at(until, ended).await.is_err() {
                self.met(limit);
                return Err(limit);
            }
        }
        self.metrics.transfers.inc();
        let mut pass = self.hold(Held::Transfer(holder.clone(), None));
        let place = self.place(&self.transfers, Limit::Transfers).await?;
        pass.held = Held::Transfer(holder.clone(), Some(place));
        Ok(pass)
    }

    /// An upload begins, after it may have waited for a place.
    pub(in crate::server) async fn upload(self: &Arc<Self>) -> Result<Pass, Limit> {
        let place = self.place(&self.uploads, Limit::Uploads).await?;
        self.metrics.uploads.inc();
        Ok(self.hold(Held::Upload(place)))
    }

    fn patience(&self) -> Duration {
        Duration::from_millis(self.limits.transfer_wait_ms.into())
    }

    async fn place(&self, places: &Arc<Semaphore>, limit: Limit) -> Result<OwnedSemaphorePermit, Limit> {
        let place = tokio::time::timeout(self.patience(), places.clone().acquire_owned()).await;
        self.counted(place.ok().and_then(Result::ok).ok_or(limit))
    }

    /// A member of staff begins to watch.
    pub(in crate::server) fn watch(self: &Arc<Self>, holder: &Holder) -> Result<Pass, Limit> {
        let watching = self.gate().watch(Instant::now(), holder);
        self.counted(watching)?;
        self.metrics.watchers.inc();
        Ok(self.hold(Held::Watcher(holder.clone())))
    }

    /// The pace of a transfer that begins now.
    pub(in crate::server) fn pace(&self) -> Pace {
        Pace::new(Instant::now(), self.limits.transfer_bytes_per_second, self.limits.transfer_window_ms)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let metrics = &self.guard.metrics;
        match &self.held {
            Held::Handshake(network, was_proved) => {
                metrics.handshakes_under_way.dec();
                self.guard.gate().handshake_ended(*network, *was_proved);
            }
            Held::Connection(network) => {
                metrics.connections.dec();
                self.guard.gate().disconnected(*network);
            }
            Held::Seat(holder) => {
                if matches!(holder, Holder::Network(_)) {
                    metrics.strangers.dec();
                }
                self.guard.gate().rise(holder);
            }
            Held::Request(holder) => {
                metrics.requests_under_way.dec();
                self.guard.gate().asked(holder);
            }
            Held::Transfer(holder, _) => {
                metrics.transfers.dec();
                self.guard.gate().fetched(holder);
                self.guard.transferred.notify_waiters();
            }
            Held::Watcher(holder) => {
                metrics.watchers.dec();
                self.guard.gate().watched(holder);
            }
            Held::Upload(_) => {
                metrics.uploads.dec();
            }
            Held::Memory(permit) => {
                metrics.message_memory_bytes.dec_by(i64::try_from(permit.num_permits()).unwrap_or(i64::MAX));
            }
        }
    }
}

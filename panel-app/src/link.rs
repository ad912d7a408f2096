//! The vendor, as seen from the device: enrolment, requests to the customer service, and transfers of packages.

mod enrolment;
mod transfer;

#[cfg(test)]
pub(crate) mod test_vendor;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use protocol::message::device::{DeviceReply, DeviceRequest};
use protocol::message::{Reply, Service};
use protocol::net::{Client, Credentials, LinkError, PastTime, device_config};
use tokio::sync::Mutex;

pub use enrolment::{enrol, renew};
pub use transfer::{Pace, Transfer, TransferLimits, TransferRunner};

use crate::core::LinkFault;

/// A connection to the customer service that is made when it is needed and made anew when it broke. Clones share it.
#[derive(Debug, Clone)]
pub struct Link {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    vendor: String,
    credentials: Credentials,
    clock: Arc<dyn PastTime>,
    slot: Mutex<Slot>,
    /// Attempts to connect that have ended.
    attempts: AtomicU64,
}

#[derive(Debug, Default)]
struct Slot {
    client: Option<Client>,
    /// How the last attempt failed.
    failed: Option<LinkFault>,
}

impl Link {
    /// To the customer service at `vendor` (`HOST:PORT`), whose certificate is judged by `clock`. Nothing is connected
    /// yet.
    pub fn new(vendor: String, credentials: Credentials, clock: Arc<dyn PastTime>) -> Self {
        Self {
            shared: Arc::new(Shared {
                vendor,
                credentials,
                clock,
                slot: Mutex::default(),
                attempts: AtomicU64::new(0),
            }),
        }
    }

    /// What certificates are judged by, for transfers.
    pub fn clock(&self) -> Arc<dyn PastTime> {
        self.shared.clock.clone()
    }

    /// The certificate, for transfers.
    pub fn credentials(&self) -> &Credentials {
        &self.shared.credentials
    }

    /// Asks and waits for the answer, for at most three quarters of a minute. Must be called within a Tokio runtime, always the same
    /// one. Dropping the future gives up waiting.
    ///
    /// Every device request may be repeated without harm, so one that met a connection that had died unnoticed is sent
    /// once more over a new one.
    pub async fn ask(&self, request: &DeviceRequest) -> Result<Reply<DeviceReply>, LinkFault> {
        let (client, fresh) = self.client().await?;
        let error = match client.request(request).await {
            Ok(reply) => return Ok(reply),
            Err(error) => error,
        };
        self.forget(&client).await;
        if fresh || !matches!(error, LinkError::Broken(_) | LinkError::Silent) {
            return Err(fault(&error));
        }
        let (client, _) = self.client().await?;
        match client.request(request).await {
            Ok(reply) => Ok(reply),
            Err(error) => {
                self.forget(&client).await;
                Err(fault(&error))
            }
        }
    }

    /// A connection that is not known to be dead, and whether it is new. Whoever waits while another's attempt fails has
    /// had an attempt: a vendor that is down must not cost each of many requests the patience for one.
    async fn client(&self) -> Result<(Client, bool), LinkFault> {
        let seen = self.shared.attempts.load(Ordering::Acquire);
        let mut slot = self.shared.slot.lock().await;
        if let Some(client) = slot.client.as_ref().filter(|client| client.connection().close_reason().is_none()) {
            return Ok((client.clone(), false));
        }
        if let Some(failed) = slot.failed.filter(|_| self.shared.attempts.load(Ordering::Acquire) != seen) {
            return Err(failed);
        }
        let Shared { vendor, credentials, clock, attempts, .. } = &*self.shared;
        let connected = connect(vendor, credentials, Service::Device, clock.clone()).await;
        attempts.fetch_add(1, Ordering::Release);
        let connected = connected.map_err(|error| fault(&error));
        *slot = Slot { client: connected.as_ref().ok().cloned(), failed: connected.as_ref().err().copied() };
        connected.map(|client| (client, true))
    }

    async fn forget(&self, dead: &Client) {
        let mut slot = self.shared.slot.lock().await;
        let is_dead = |client: &Client| client.connection().stable_id() == dead.connection().stable_id();
        slot.client.take_if(|client| is_dead(client));
    }
}

async fn connect(
    host_port: &str,
    credentials: &Credentials,
    service: Service,
    clock: Arc<dyn PastTime>,
) -> Result<Client, LinkError> {
    let config = device_config(credentials, service, clock).map_err(|error| LinkError::Distrust(error.to_string()))?;
    Client::connect_to(host_port, config).await
}

/// What the core makes of it; the log keeps the rest.
fn fault(error: &LinkError) -> LinkFault {
    tracing::warn!(%error, "the vendor could not be asked");
    match error {
        LinkError::Address(_) | LinkError::Silent | LinkError::Busy | LinkError::Broken(_) => LinkFault::Lost,
        LinkError::Distrust(_) | LinkError::NotPermitted => LinkFault::Distrust,
        LinkError::Protocol(_) => LinkFault::Garbled,
        LinkError::Expired => LinkFault::Expired,
    }
}

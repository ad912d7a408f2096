//! How the distribution service tells the customer service that a transfer has ended: in this process, or over QUIC.

use std::sync::Arc;
use std::time::Duration;

use protocol::keys::RootSigned;
use protocol::message::content::{ContentReply, ContentRequest, TransferOutcome};
use protocol::message::staff::Topic;
use protocol::net::{Client, Credentials, LinkError, report_config};
use protocol::{DeviceSerial, KeyList, OrderId, Refusal, RefusalCode};
use tokio::sync::Mutex;

use super::customers::Customers;

/// How long a report may take. Shorter than the 15 s that a device waits for its end packet, so that the device hears
/// what is wrong.
const PATIENCE: Duration = Duration::from_secs(5);

/// The customer service, as the distribution service sees it.
pub(super) enum Reports {
    /// In this process.
    Local(Arc<Customers>),
    /// On another host.
    Remote(Arc<Remote>),
}

impl Reports {
    /// Whether the device may fetch. A distribution service without books relies on the ticket alone, which is short.
    pub(super) async fn permit(&self, device: &DeviceSerial, certificate: &[u8]) -> Result<(), Refusal> {
        match self {
            Self::Local(customers) => Ok(customers.store.permit(device, certificate).await.map(drop)?),
            Self::Remote(_) => Ok(()),
        }
    }

    /// When this returns the report is durable.
    pub(super) async fn report(&self, order: OrderId, outcome: TransferOutcome) -> Result<(), Refusal> {
        match self {
            Self::Local(customers) => record(customers, order, outcome).await,
            Self::Remote(remote) => remote.report(order, outcome).await,
        }
    }

    /// A transfer has begun or gone on.
    pub(super) fn moved(&self) {
        if let Self::Local(customers) = self {
            customers.changes.tell(&[Topic::Orders]);
        }
    }
}

/// What a distribution service is answered, as long as the books permit its certificate.
pub(super) async fn answer(
    customers: &Customers,
    certificate: &[u8],
    request: ContentRequest,
) -> Result<ContentReply, Refusal> {
    customers.store.permit_distribution(certificate).await?;
    match request {
        ContentRequest::Report { order, outcome } => {
            record(customers, order, outcome).await?;
            Ok(ContentReply::Reported)
        }
        ContentRequest::Keys => Ok(ContentReply::Keys(customers.keys.signing().list.clone())),
        ContentRequest::Fetch { .. } => Err(RefusalCode::NotPermitted.into()),
    }
}

/// The customer service's side of a report.
async fn record(customers: &Customers, order: OrderId, outcome: TransferOutcome) -> Result<(), Refusal> {
    customers.store.report(order, outcome, customers.clock.now()).await?;
    customers.changes.tell(&[Topic::Orders]);
    Ok(())
}

/// A customer service on another host. The connection is made when it is first needed, and again when it broke.
pub(super) struct Remote {
    credentials: Credentials,
    address: String,
    connection: Mutex<Option<Client>>,
}

impl Remote {
    /// The customer service at `address` (`HOST:PORT`).
    pub(super) fn new(credentials: Credentials, address: String) -> Self {
        Self { credentials, address, connection: Mutex::default() }
    }

    async fn report(&self, order: OrderId, outcome: TransferOutcome) -> Result<(), Refusal> {
        match self.exchange(ContentRequest::Report { order, outcome }).await? {
            ContentReply::Reported => Ok(()),
            _ => Err(RefusalCode::ServiceUnavailable.into()),
        }
    }

    /// The newest list of keys.
    pub(super) async fn keys(&self) -> Result<RootSigned<KeyList>, Refusal> {
        match self.exchange(ContentRequest::Keys).await? {
            ContentReply::Keys(list) => Ok(list),
            _ => Err(RefusalCode::ServiceUnavailable.into()),
        }
    }

    async fn exchange(&self, request: ContentRequest) -> Result<ContentReply, Refusal> {
        let answer = tokio::time::timeout(PATIENCE, async {
            match self.ask(&request).await {
                // A connection that was idle may be dead without knowing; both requests may be repeated.
                Err(LinkError::Broken(_)) => self.ask(&request).await,
                other => other,
            }
        });
        match answer.await.unwrap_or(Err(LinkError::Silent)) {
            Ok(Ok(answer)) => Ok(answer),
            // Not the device's fault.
            Ok(Err(refusal)) if refusal.code == RefusalCode::NotPermitted => {
                tracing::error!("the customer service at {} no longer permits this service", self.address);
                Err(RefusalCode::ServiceUnavailable.into())
            }
            Ok(Err(refusal)) => Err(refusal),
            Err(error) => {
                tracing::warn!("the customer service at {} was not reached: {error}", self.address);
                *self.connection.lock().await = None;
                Err(RefusalCode::ServiceUnavailable.into())
            }
        }
    }

    async fn ask(&self, request: &ContentRequest) -> Result<Result<ContentReply, Refusal>, LinkError> {
        let client = self.client().await?;
        match client.request(request).await {
            Ok(reply) => Ok(reply.outcome),
            Err(error) => {
                *self.connection.lock().await = None;
                Err(error)
            }
        }
    }

    async fn client(&self) -> Result<Client, LinkError> {
        let mut connection = self.connection.lock().await;
        if let Some(client) = connection.as_ref().filter(|client| client.connection().close_reason().is_none()) {
            return Ok(client.clone());
        }
        let config = report_config(&self.credentials);
        let config = config.map_err(|error| LinkError::Distrust(error.to_string()))?;
        let client = Client::connect_to(&self.address, config).await?;
        *connection = Some(client.clone());
        Ok(client)
    }
}

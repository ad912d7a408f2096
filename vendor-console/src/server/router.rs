//! Who is connected, for which service, and whether the certificate gives access: asked once for each connection,
//! before anything else. Then every stream is one request, answered on its own; a bad one harms no other.

use std::sync::Arc;
use std::time::Duration;

use protocol::message::content::{ContentReply, ContentRequest};
use protocol::message::{Reply, Service};
use protocol::net::{CertificateDer, CloseCode, FrameError, Identity, read_frame, write_frame};
use protocol::{DeviceSerial, Refusal, RefusalCode, StaffName};
use quinn::crypto::rustls::HandshakeData;
use quinn::{Connection, Incoming, RecvStream, SendStream};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::task::JoinSet;

use super::customers::Customers;
use super::distribution::Distribution;
use super::{device, enrol, reports, staff};
use crate::clock::Clock;

/// Connections at a time; 40 KiB each when idle.
const CONNECTIONS_MAX: usize = 10_000;
/// How long a request may take to arrive once its stream is open.
const REQUEST_PATIENCE: Duration = Duration::from_secs(10);
/// A ticket and the longest list of missing chunks, with room.
const CONTENT_REQUEST_BYTES_MAX: usize = 16 * 1024;

/// What this process serves.
pub(super) struct Services {
    pub(super) clock: Clock,
    pub(super) customers: Option<Arc<Customers>>,
    pub(super) distribution: Option<Arc<Distribution>>,
}

/// A connection that may speak.
enum Peer {
    Stranger(Arc<Customers>),
    Buyer(Arc<Customers>, DeviceSerial, CertificateDer<'static>),
    Fetcher(Arc<Distribution>, DeviceSerial, CertificateDer<'static>),
    Reporter(Arc<Customers>),
    Staff(Arc<Customers>, StaffName),
}

/// Takes a connection, unless there are too many.
pub(super) fn accept(services: &Arc<Services>, connections: &mut JoinSet<()>, incoming: Incoming) {
    if connections.len() >= CONNECTIONS_MAX {
        incoming.refuse();
        return;
    }
    // When it gets crowded, who connects must show first that the address is real.
    if connections.len() >= CONNECTIONS_MAX / 2 && incoming.may_retry() && !incoming.remote_address_validated() {
        let _ = incoming.retry();
        return;
    }
    let services = services.clone();
    connections.spawn(async move {
        let from = incoming.remote_address();
        match incoming.await {
            Ok(connection) => serve(services, connection).await,
            Err(error) => tracing::debug!(%from, "no connection: {error}"),
        }
    });
}

async fn serve(services: Arc<Services>, connection: Connection) {
    let Some(peer) = admit(&services, &connection) else {
        tracing::info!(from = %connection.remote_address(), "a certificate without access to the service");
        connection.close(CloseCode::NotPermitted.var_int(), b"");
        return;
    };
    let peer = Arc::new(peer);
    let mut requests = JoinSet::new();
    loop {
        tokio::select! {
            stream = connection.accept_bi() => {
                let Ok((send, recv)) = stream else { break };
                let (peer, clock) = (peer.clone(), services.clock.clone());
                requests.spawn(async move {
                    if let Err(error) = answer(&peer, &clock, send, recv).await {
                        tracing::debug!("a request was not answered: {error}");
                    }
                });
            }
            Some(_) = requests.join_next() => {}
        }
    }
    // A request that has begun is carried through; only its answer is lost.
    while requests.join_next().await.is_some() {}
}

/// The certificate has already been verified against the vendor's root; here it is read.
fn admit(services: &Services, connection: &Connection) -> Option<Peer> {
    let handshake = connection.handshake_data()?.downcast::<HandshakeData>().ok()?;
    let service = Service::from_alpn(handshake.protocol.as_deref()?)?;
    let customers = || services.customers.clone();
    if service == Service::Enrol {
        return Some(Peer::Stranger(customers()?));
    }
    let mut chain = connection.peer_identity()?.downcast::<Vec<CertificateDer<'static>>>().ok()?;
    let certificate = chain.drain(..).next()?;
    match (service, Identity::of_certificate(&certificate).ok()?) {
        (Service::Device, Identity::Device(serial)) => Some(Peer::Buyer(customers()?, serial, certificate)),
        (Service::Content, Identity::Device(serial)) => {
            Some(Peer::Fetcher(services.distribution.clone()?, serial, certificate))
        }
        (Service::Content, Identity::Distribution) => Some(Peer::Reporter(customers()?)),
        (Service::Staff, Identity::Staff(name)) => Some(Peer::Staff(customers()?, name)),
        _ => None,
    }
}

async fn answer(peer: &Peer, clock: &Clock, mut send: SendStream, mut recv: RecvStream) -> Result<(), FrameError> {
    match peer {
        Peer::Stranger(customers) => {
            let Some(request) = request(clock, &mut send, &mut recv, enrol::REQUEST_BYTES_MAX).await? else {
                return Ok(());
            };
            reply(clock, &mut send, enrol::answer(customers, request).await).await
        }
        Peer::Buyer(customers, serial, certificate) => {
            let Some(request) = request(clock, &mut send, &mut recv, device::REQUEST_BYTES_MAX).await? else {
                return Ok(());
            };
            reply(clock, &mut send, device::answer(customers, serial, certificate, request).await).await
        }
        Peer::Fetcher(distribution, serial, certificate) => {
            match request(clock, &mut send, &mut recv, CONTENT_REQUEST_BYTES_MAX).await? {
                Some(ContentRequest::Fetch { ticket, missing }) => {
                    let stream = (&mut send, &mut recv);
                    distribution.fetch(serial, certificate, &ticket, missing, stream).await
                }
                Some(ContentRequest::Report { .. }) => not_permitted(clock, &mut send).await,
                None => Ok(()),
            }
        }
        Peer::Reporter(customers) => match request(clock, &mut send, &mut recv, CONTENT_REQUEST_BYTES_MAX).await? {
            Some(ContentRequest::Report { order, outcome }) => {
                let recorded = reports::record(customers, order, outcome).await;
                reply(clock, &mut send, recorded.map(|()| ContentReply::Reported)).await
            }
            Some(ContentRequest::Fetch { .. }) => not_permitted(clock, &mut send).await,
            None => Ok(()),
        },
        Peer::Staff(customers, name) => {
            let Some(request) = request(clock, &mut send, &mut recv, staff::REQUEST_BYTES_MAX).await? else {
                return Ok(());
            };
            staff::answer(customers, name, request, &mut send, &mut recv).await
        }
    }
}

/// The request on a stream. What is no request is answered with a refusal, and `None` is returned.
async fn request<T: DeserializeOwned>(
    clock: &Clock,
    send: &mut SendStream,
    recv: &mut RecvStream,
    bytes_max: usize,
) -> Result<Option<T>, FrameError> {
    let bad = match tokio::time::timeout(REQUEST_PATIENCE, read_frame(recv, bytes_max)).await {
        Ok(Ok(request)) => return Ok(Some(request)),
        Ok(Err(error)) if error.is_protocol_violation() => Refusal::with_detail(RefusalCode::BadMessage, error),
        Ok(Err(error)) => return Err(error),
        Err(_) => Refusal::with_detail(RefusalCode::BadMessage, "the request did not arrive in time"),
    };
    // Nobody reads what still comes.
    let _ = recv.stop(CloseCode::BadMessage.var_int());
    reply::<()>(clock, send, Err(bad)).await?;
    Ok(None)
}

async fn not_permitted(clock: &Clock, send: &mut SendStream) -> Result<(), FrameError> {
    reply::<ContentReply>(clock, send, Err(RefusalCode::NotPermitted.into())).await
}

/// Sends an answer.
pub(super) async fn reply<T: Serialize>(
    clock: &Clock,
    send: &mut SendStream,
    outcome: Result<T, Refusal>,
) -> Result<(), FrameError> {
    write_frame(send, &Reply { now: clock.now(), outcome }).await?;
    let _ = send.finish();
    Ok(())
}

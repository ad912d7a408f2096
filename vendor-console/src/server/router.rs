//! Who is connected, for which service, and whether the certificate gives access: asked once for each connection,
//! before anything else. Then every stream is one request, answered on its own; a bad one harms no other.

use std::sync::Arc;
use std::time::Duration;

use protocol::message::Service;
use protocol::message::content::{ContentReply, ContentRequest};
use protocol::message::staff::StaffRequest;
use protocol::net::{CertificateDer, CloseCode, FrameError, Identity};
use protocol::{RefusalCode, StaffName};
use quinn::crypto::rustls::HandshakeData;
use quinn::{Connection, RecvStream, SendStream, VarInt};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::customers::Customers;
use super::desk::{Desk, busy};
use super::distribution::Distribution;
use super::limits::{Begun, Guard, Holder, Limit, Network};
use super::live::Session;
use super::reporters::Reporter;
use super::{device, enrol, reports, staff};
use crate::clock::Clock;

/// A ticket and the longest list of missing chunks, with room.
const CONTENT_REQUEST_BYTES_MAX: usize = 16 * 1024;

/// What this process serves.
pub(super) struct Services {
    pub(super) clock: Clock,
    pub(super) guard: Arc<Guard>,
    pub(super) customers: Option<Arc<Customers>>,
    pub(super) distribution: Option<Arc<Distribution>>,
}

/// A connection that may speak.
enum Peer {
    Stranger(Arc<Customers>, Network),
    Buyer(Arc<Customers>, Session),
    Fetcher(Arc<Distribution>, Session),
    Reporter(Arc<Customers>, Reporter),
    Staff(Arc<Customers>, StaffName, CertificateDer<'static>),
}

impl Peer {
    fn holder(&self, network: Network) -> Holder {
        match self {
            Self::Stranger(..) => Holder::Network(network),
            Self::Buyer(_, session) | Self::Fetcher(_, session) => Holder::Device(session.serial.clone()),
            Self::Reporter(..) => Holder::Distribution,
            Self::Staff(_, name, _) => Holder::Staff(name.clone()),
        }
    }
}

/// Carries a connection from its first packet to its end.
pub(super) async fn accept(services: Arc<Services>, begun: Begun) {
    let Begun { connection: _held, handshake, incoming, network, was_proved } = begun;
    let guard = &services.guard;
    let from = incoming.remote_address();
    let patience = Duration::from_millis(guard.limits.handshake_ms.into());
    let connected = match incoming.accept() {
        Ok(connecting) => tokio::time::timeout(patience, connecting).await,
        Err(error) => Ok(Err(error)),
    };
    drop(handshake);
    match connected {
        Ok(Ok(connection)) => {
            guard.arrived(network, was_proved);
            serve(&services, connection, network).await;
        }
        Ok(Err(error)) => {
            guard.metrics.handshake("failed");
            tracing::debug!(%from, "no connection: {error}");
        }
        Err(_) => {
            guard.met(Limit::HandshakeTime);
            guard.metrics.handshake("late");
        }
    }
}

async fn serve(services: &Services, connection: Connection, network: Network) {
    let Some((service, peer)) = admit(services, &connection, network) else {
        tracing::info!(from = %connection.remote_address(), "a certificate without access to the service");
        connection.close(CloseCode::NotPermitted.var_int(), b"");
        return;
    };
    let (guard, holder) = (services.guard.clone(), peer.holder(network));
    let Ok(_seat) = guard.sit(&holder) else {
        connection.close(CloseCode::Busy.var_int(), b"");
        return;
    };
    let limits = &guard.limits;
    let started = Instant::now();
    let mut last_at = started + Duration::from_millis(limits.first_request_ms.into());
    let is_stranger = matches!(peer, Peer::Stranger(..));
    if is_stranger {
        last_at = last_at.min(started + Duration::from_millis(limits.stranger_ms.into()));
    } else {
        connection.set_max_concurrent_bi_streams(VarInt::from_u32(limits.streams));
    }
    if matches!(peer, Peer::Fetcher(..)) {
        connection.set_send_window(limits.send_window_transfer_bytes.into());
    }
    let desk = Desk { guard: guard.clone(), clock: services.clock.clone(), service, holder, connection };
    let conversation = Arc::new((desk, peer));
    let connection = &conversation.0.connection;
    let mut requests = JoinSet::new();
    let (mut refusals, mut asked) = (0, false);
    loop {
        tokio::select! {
            stream = connection.accept_bi() => {
                let Ok(stream) = stream else { break };
                asked = true;
                let request = conversation.0.guard.ask(&conversation.0.holder);
                if request.is_err() {
                    refusals += 1;
                    if refusals > limits.refusals_per_connection {
                        guard.met(Limit::RefusalsPerConnection);
                        connection.close(CloseCode::Busy.var_int(), b"");
                        break;
                    }
                }
                let conversation = conversation.clone();
                requests.spawn(async move {
                    let (desk, peer) = &*conversation;
                    let (mut send, mut recv) = stream;
                    let answered = match request {
                        Ok(_request) => answer(desk, peer, &mut send, &mut recv).await,
                        Err(_) => desk.refuse(&mut send, &mut recv, busy()).await,
                    };
                    if let Err(error) = answered {
                        tracing::debug!("a request was not answered: {error}");
                    }
                });
            }
            Some(_) = requests.join_next() => {}
            () = tokio::time::sleep_until(last_at), if is_stranger || !asked => {
                guard.met(if asked { Limit::StrangerTime } else { Limit::FirstRequestTime });
                connection.close(CloseCode::Busy.var_int(), b"");
                break;
            }
        }
        if asked && is_stranger {
            last_at = started + Duration::from_millis(limits.stranger_ms.into());
        }
    }
    // A request that has begun is carried through; only its answer is lost.
    while requests.join_next().await.is_some() {}
}

/// The certificate has already been verified against the vendor's root; here it is read.
fn admit(services: &Services, connection: &Connection, network: Network) -> Option<(Service, Peer)> {
    let handshake = connection.handshake_data()?.downcast::<HandshakeData>().ok()?;
    let service = Service::from_alpn(handshake.protocol.as_deref()?)?;
    let customers = || services.customers.clone();
    if service == Service::Enrol {
        return Some((service, Peer::Stranger(customers()?, network)));
    }
    let mut chain = connection.peer_identity()?.downcast::<Vec<CertificateDer<'static>>>().ok()?;
    let certificate = chain.drain(..).next()?;
    let peer = match (service, Identity::of_certificate(&certificate).ok()?) {
        (Service::Device, Identity::Device(serial)) => {
            let customers = customers()?;
            let session = customers.live.enter(serial, certificate, connection.clone());
            Peer::Buyer(customers, session)
        }
        (Service::Content, Identity::Device(serial)) => {
            let distribution = services.distribution.clone()?;
            // Without books nobody can tell this process who was revoked.
            let live = customers().map(|customers| customers.live.clone()).unwrap_or_default();
            Peer::Fetcher(distribution, live.enter(serial, certificate, connection.clone()))
        }
        (Service::Content, Identity::Distribution) => {
            let customers = customers()?;
            let reporter = customers.reporters.enter(certificate, connection.clone());
            Peer::Reporter(customers, reporter)
        }
        (Service::Staff, Identity::Staff(name)) => Peer::Staff(customers()?, name, certificate),
        _ => return None,
    };
    Some((service, peer))
}

async fn answer(desk: &Desk, peer: &Peer, send: &mut SendStream, recv: &mut RecvStream) -> Result<(), FrameError> {
    match peer {
        Peer::Stranger(customers, from) => {
            let Some(request) = desk.request(send, recv, enrol::REQUEST_BYTES_MAX).await? else { return Ok(()) };
            desk.reply(send, enrol::answer(customers, *from, request).await).await
        }
        Peer::Buyer(customers, session) => {
            let Some(request) = desk.request(send, recv, device::REQUEST_BYTES_MAX).await? else { return Ok(()) };
            desk.reply(send, device::answer(customers, session, request).await).await
        }
        Peer::Fetcher(distribution, session) => match desk.request(send, recv, CONTENT_REQUEST_BYTES_MAX).await? {
            Some(ContentRequest::Fetch { ticket, missing }) => {
                let admitted = distribution.admit(&session.serial, &session.certificate, &ticket, missing).await;
                let admitted = match admitted {
                    Ok(admitted) => admitted,
                    Err(refusal) => return desk.reply::<ContentReply>(send, Err(refusal)).await,
                };
                // Who may not fetch takes nobody's place.
                let Ok(_transfer) = desk.guard.transfer(&desk.holder).await else {
                    return desk.refuse(send, recv, busy()).await;
                };
                distribution.fetch(desk, &admitted, (send, recv)).await
            }
            Some(ContentRequest::Report { .. } | ContentRequest::Keys) => not_permitted(desk, send).await,
            None => Ok(()),
        },
        Peer::Reporter(customers, reporter) => {
            let Some(request) = desk.request(send, recv, CONTENT_REQUEST_BYTES_MAX).await? else { return Ok(()) };
            desk.reply(send, reports::answer(customers, &reporter.certificate, request).await).await
        }
        Peer::Staff(customers, name, certificate) => {
            let Some(request) = desk.request(send, recv, staff::REQUEST_BYTES_MAX).await? else { return Ok(()) };
            if !matches!(request, StaffRequest::Publish { .. }) {
                return staff::answer(desk, customers, name, certificate, request, send, recv).await;
            }
            // Who may not publish takes nobody's place.
            if let Err(refusal) = staff::may(customers, name, certificate, &request).await {
                return desk.refuse(send, recv, refusal).await;
            }
            let Ok(_upload) = desk.guard.upload().await else {
                return desk.refuse(send, recv, busy()).await;
            };
            let limits = &desk.guard.limits;
            desk.connection.set_receive_window(VarInt::from_u32(limits.receive_window_upload_bytes));
            let answered = staff::answer(desk, customers, name, certificate, request, send, recv).await;
            desk.connection.set_receive_window(VarInt::from_u32(limits.receive_window_bytes));
            answered
        }
    }
}

async fn not_permitted(desk: &Desk, send: &mut SendStream) -> Result<(), FrameError> {
    desk.reply::<ContentReply>(send, Err(RefusalCode::NotPermitted.into())).await
}

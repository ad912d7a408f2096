//! Whoever has taken the vendor's server: at its address, with its certificate and, where a test says so, with its keys.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use protocol::keys::RootSigned;
use protocol::message::content::{ContentReply, ContentRequest, EndOfTransfer};
use protocol::message::device::{Authorised, Catalogue, DeviceInfo, DeviceReply, DeviceRequest};
use protocol::message::{Reply, Service};
use protocol::net::quinn::crypto::rustls::HandshakeData;
use protocol::net::quinn::{Connection, RecvStream, SendStream};
use protocol::net::{CertificateDer, Credentials, Identity, bind_server, read_frame, server_config, write_frame};
use protocol::signed::SigningKey;
use protocol::{
    DeviceSerial, KeyList, KeyRole, Manifest, OfferList, OrderId, Refusal, RefusalCode, Signed, Ticket, Timestamp,
};
use serde::Serialize;
use tokio::runtime::Runtime;

/// What was copied from a vendor's data folder.
pub struct Loot {
    server: Credentials,
    /// Signs catalogues and manifests.
    pub release: SigningKey,
    /// Signs tickets and licences.
    pub licence: Arc<SigningKey>,
}

impl Loot {
    /// Everything that lies in the folder of a server whose root is elsewhere.
    pub fn of(data: &Path) -> Self {
        let server = std::fs::read_to_string(data.join("server.pem")).unwrap();
        let key = |role: KeyRole| {
            let files = std::fs::read_dir(data.join("signing-keys")).unwrap();
            let mut files = files.map(|entry| entry.unwrap().path());
            let file = files.find(|path| path.file_name().unwrap().to_str().unwrap().starts_with(role.name()));
            SigningKey::from_pkcs8(&std::fs::read(file.unwrap()).unwrap()).unwrap()
        };
        let server = Credentials::from_pem(&server).unwrap();
        Self { server, release: key(KeyRole::Release), licence: key(KeyRole::Licence).into() }
    }
}

/// How packages are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// As they are in the script.
    Plain,
    /// As they are, but more is announced.
    AnnouncesMore,
    /// As they are, and then more, without end.
    Endless,
    /// A byte from time to time.
    Trickle,
}

/// What it says; whatever is missing is refused as `busy`.
pub struct Script {
    /// Its clock.
    pub now: Option<Timestamp>,
    /// The catalogue.
    pub catalogue: Option<Signed<Catalogue>>,
    /// The list of keys.
    pub keys: Option<RootSigned<KeyList>>,
    /// The answer to every order: a manifest as it is signed, and as it is, and the offers.
    pub order: Option<(Signed<Manifest>, Manifest, OfferList)>,
    /// The chunks of whatever is fetched.
    pub chunks: Vec<Vec<u8>>,
    /// And how.
    pub manner: Manner,
    /// Bytes of chunks that were sent.
    pub sent_bytes: u64,
    /// How often the list of keys was asked for.
    pub keys_asked: u32,
}

/// A server that does as its script says.
pub struct Rogue {
    addr: SocketAddr,
    script: Arc<Mutex<Script>>,
    _runtime: Runtime,
}

impl Rogue {
    /// Listens at `addr`, which must be free.
    pub fn start(addr: SocketAddr, loot: &Loot) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let config = server_config(&loot.server, &Service::ALL).unwrap();
        let endpoint = {
            let _guard = runtime.enter();
            bind_server(addr, config, &loot.server).unwrap()
        };
        let script = Script {
            now: None,
            catalogue: None,
            keys: None,
            order: None,
            chunks: Vec::new(),
            manner: Manner::Plain,
            sent_bytes: 0,
            keys_asked: 0,
        };
        let script = Arc::new(Mutex::new(script));
        let addr = endpoint.local_addr().unwrap();
        let licence = loot.licence.clone();
        runtime.spawn({
            let script = script.clone();
            async move {
                while let Some(incoming) = endpoint.accept().await {
                    let (script, licence) = (script.clone(), licence.clone());
                    tokio::spawn(async move {
                        if let Ok(connection) = incoming.await {
                            serve(connection, &script, &licence).await;
                        }
                    });
                }
            }
        });
        Self { addr, script, _runtime: runtime }
    }

    /// Where it listens.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What it says.
    pub fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }
}

async fn serve(connection: Connection, script: &Mutex<Script>, licence: &SigningKey) {
    let handshake = connection.handshake_data().unwrap().downcast::<HandshakeData>().unwrap();
    let service = Service::from_alpn(&handshake.protocol.unwrap()).unwrap();
    let Some(chain) = connection.peer_identity() else { return };
    let chain = chain.downcast::<Vec<CertificateDer<'static>>>().unwrap();
    let Ok(Identity::Device(device)) = Identity::of_certificate(&chain[0]) else { return };
    while let Ok((send, recv)) = connection.accept_bi().await {
        let _ = match service {
            Service::Device => answer(send, recv, &device, script, licence).await,
            Service::Content => fetch(send, recv, script).await,
            Service::Enrol | Service::Staff => None,
        };
    }
}

async fn reply<T: Serialize>(send: &mut SendStream, script: &Mutex<Script>, outcome: Result<T, Refusal>) -> Option<()> {
    let now = script.lock().unwrap().now.unwrap_or_else(|| vendor_console::clock::Clock::System.now());
    write_frame(send, &Reply { now, outcome }).await.ok()
}

async fn answer(
    mut send: SendStream,
    mut recv: RecvStream,
    device: &DeviceSerial,
    script: &Mutex<Script>,
    licence: &SigningKey,
) -> Option<()> {
    let request: DeviceRequest = read_frame(&mut recv, 10_000).await.ok()?;
    let said = {
        let mut script = script.lock().unwrap();
        match request {
            DeviceRequest::Hello => Some(DeviceReply::Hello(DeviceInfo { customer: None, keys_version: 0 })),
            DeviceRequest::Catalogue => script.catalogue.clone().map(DeviceReply::Catalogue),
            DeviceRequest::Keys => {
                script.keys_asked += 1;
                script.keys.clone().map(DeviceReply::Keys)
            }
            DeviceRequest::Order { order, .. } => script.order.clone().map(|(manifest, plain, offers)| {
                let ticket = ticket(licence, device, order, &plain);
                DeviceReply::Authorised(Box::new(Authorised { order, manifest, offers, ticket, content_server: None }))
            }),
            DeviceRequest::Received { .. } => Some(DeviceReply::Delivered),
            DeviceRequest::Abandon { .. } => Some(DeviceReply::Abandoned),
            _ => None,
        }
    };
    reply(&mut send, script, said.ok_or_else(|| RefusalCode::Busy.into())).await?;
    send.finish().ok()
}

/// A ticket for this package.
pub fn ticket(key: &SigningKey, device: &DeviceSerial, order: OrderId, manifest: &Manifest) -> Signed<Ticket> {
    let (package, chunk_count) = (manifest.digest(), manifest.chunk_count());
    let expires_at = Timestamp::from_ms(u64::MAX);
    Signed::new(&Ticket { order, device: device.clone(), package, chunk_count, expires_at }, key)
}

async fn fetch(mut send: SendStream, mut recv: RecvStream, script: &Mutex<Script>) -> Option<()> {
    let ContentRequest::Fetch { missing, .. } = read_frame(&mut recv, 100_000).await.ok()? else { return None };
    let (chunks, manner) = {
        let script = script.lock().unwrap();
        (script.chunks.clone(), script.manner)
    };
    let wanted: Vec<&Vec<u8>> = missing.indices().filter_map(|index| chunks.get(index as usize)).collect();
    let bytes = wanted.iter().map(|chunk| chunk.len() as u64).sum::<u64>();
    let bytes = bytes + u64::from(manner == Manner::AnnouncesMore);
    reply(&mut send, script, Ok(ContentReply::Sending { bytes })).await?;
    let sent = |bytes: usize| script.lock().unwrap().sent_bytes += bytes as u64;
    for chunk in wanted {
        if manner == Manner::Trickle {
            for byte in chunk {
                send.write_all(&[*byte]).await.ok()?;
                sent(1);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        send.write_all(chunk).await.ok()?;
        sent(chunk.len());
    }
    if manner == Manner::Endless {
        loop {
            send.write_all(&[0xee; 64 * 1024]).await.ok()?;
            sent(64 * 1024);
        }
    }
    let _: EndOfTransfer = read_frame(&mut recv, 1_000).await.ok()?;
    reply(&mut send, script, Ok(ContentReply::Ended)).await?;
    send.finish().ok()
}

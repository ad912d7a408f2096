//! A vendor for tests: a real server on loopback that behaves as it is told, well or badly.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use protocol::keys::KeyEntry;
use protocol::message::content::{ContentReply, ContentRequest, EndOfTransfer};
use protocol::message::device::{DeviceInfo, DeviceReply, DeviceRequest};
use protocol::message::enrol::{EnrolReply, EnrolRequest};
use protocol::message::{Reply, Service};
use protocol::net::quinn::{Connection, RecvStream, SendStream};
use protocol::net::{
    Authority, CloseCode, Credentials, Identity, Root, bind_server, read_frame, server_config, write_frame,
};
use protocol::package::{CHUNK_CONTENT_MAX, FeatureList, MissingChunks, OptionKind, PackageContent, ProgramLimits};
use protocol::signed::SigningKey;
use protocol::{
    ContentKey, DeviceSerial, Digest, KeyList, KeyRole, Manifest, OrderId, RefusalCode, ReleaseVersion, Signed, Ticket,
    Timestamp,
};
use serde::Serialize;
use uuid::Uuid;

use crate::core::TransferOrder;

pub(crate) const NOW: Timestamp = Timestamp::from_ms(1_795_000_000_000);

/// How the content service treats a fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// As it should.
    Honest,
    /// One byte of this chunk is wrong.
    WrongByteIn(u32),
    /// The stream is finished after so many chunks and a half.
    FinishAfter(usize),
    /// Nothing more comes after so many chunks and a half, but the connection stays.
    SilentAfter(usize),
    /// A byte comes from time to time.
    Trickle,
    /// More comes than was announced, without end.
    Endless,
    /// The announced length is wrong.
    WrongLength,
    /// The ticket is refused.
    Refuses(RefusalCode),
    /// The answer is no message.
    Babbles,
}

/// How the enrolment service answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Enrolling {
    Honest,
    /// The certificate is another device's.
    OtherSerial,
    /// The certificate is for another key.
    OtherKey,
    /// Another root has signed the list of keys.
    OtherRoot,
    /// The connection is closed instead of an answer.
    Closes,
    Refuses,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) manner: Manner,
    pub(crate) enrolling: Enrolling,
    /// What each fetch asked for.
    pub(crate) fetches: Vec<MissingChunks>,
    /// What each end of transfer said.
    pub(crate) ends: Vec<Digest>,
    /// The public keys of the enrolment requests.
    pub(crate) requests: Vec<Vec<u8>>,
    /// Connections by service, open or not.
    connections: Vec<(Service, Connection)>,
}

pub(crate) struct TestVendor {
    pub(crate) authority: Authority,
    pub(crate) addr: SocketAddr,
    pub(crate) package: Arc<TestPackage>,
    pub(crate) state: Arc<Mutex<State>>,
    _runtime: tokio::runtime::Runtime,
}

/// A package with its key, its content and its chunks as stored.
pub(crate) struct TestPackage {
    pub(crate) manifest: Manifest,
    pub(crate) key: ContentKey,
    pub(crate) chunks: Vec<Vec<u8>>,
}

impl TestPackage {
    pub(crate) fn new(kind: OptionKind, content: &[u8]) -> Self {
        let option: protocol::OptionId = "ocr-package".parse().unwrap();
        let version = ReleaseVersion(1);
        let key = ContentKey::from_bytes([7; 32]);
        let content_bytes = content.len() as u64;
        let cipher = key.cipher(protocol::content_key::ReleaseContext::new(&option, version, content_bytes));
        let chunks: Vec<Vec<u8>> = content
            .chunks(CHUNK_CONTENT_MAX)
            .zip(0..)
            .map(|(content, index)| {
                let mut chunk = content.to_vec();
                cipher.seal(index, &mut chunk).unwrap();
                chunk
            })
            .collect();
        let digests = chunks.iter().map(|chunk| Digest::of(chunk)).collect();
        let content = match kind {
            OptionKind::Program => PackageContent::Program(ProgramLimits::new(64, 1_000_000_000).unwrap()),
            OptionKind::FontPack => PackageContent::FontPack,
        };
        let provides = FeatureList::default();
        Self { manifest: Manifest { option, version, content, provides, content_bytes, chunks: digests }, key, chunks }
    }

    /// Of so many full chunks and a short one.
    pub(crate) fn of_chunks(full: usize) -> Self {
        let content: Vec<u8> = (0..=250).cycle().take(full * CHUNK_CONTENT_MAX + 1_000).collect();
        Self::new(OptionKind::Program, &content)
    }
}

impl TestVendor {
    pub(crate) fn start(package: TestPackage) -> Self {
        let root = Root::generate(NOW).unwrap();
        let authority = root.issue_authority(NOW).unwrap();
        let (pem, root_pem) = (authority.to_pem(), root.to_pem());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = authority.issue_server(NOW).unwrap();
        let config = server_config(&server, &Service::ALL).unwrap();
        let endpoint = {
            let _guard = runtime.enter();
            bind_server((Ipv4Addr::LOCALHOST, 0).into(), config, &server).unwrap()
        };
        let addr = endpoint.local_addr().unwrap();
        let package = Arc::new(package);
        let state = Arc::new(Mutex::new(State {
            manner: Manner::Honest,
            enrolling: Enrolling::Honest,
            fetches: Vec::new(),
            ends: Vec::new(),
            requests: Vec::new(),
            connections: Vec::new(),
        }));
        let served = (package.clone(), state.clone());
        runtime.spawn(async move {
            while let Some(incoming) = endpoint.accept().await {
                let (package, state) = served.clone();
                let cas = (Root::from_pem(&root_pem).unwrap(), Authority::from_pem(&pem).unwrap());
                tokio::spawn(async move {
                    let Ok(connection) = incoming.await else { return };
                    serve(connection, &package, &state, &cas).await;
                });
            }
        });
        Self { authority, addr, package, state, _runtime: runtime }
    }

    pub(crate) fn behave(&self, manner: Manner) {
        self.state.lock().unwrap().manner = manner;
    }

    /// Closes every connection, as a server that restarts would.
    pub(crate) fn hang_up(&self) {
        for (_, connection) in &self.state.lock().unwrap().connections {
            connection.close(CloseCode::ShuttingDown.var_int(), b"");
        }
    }

    pub(crate) fn connections(&self, service: Service) -> usize {
        self.state.lock().unwrap().connections.iter().filter(|(of, _)| *of == service).count()
    }

    pub(crate) fn device(&self) -> Credentials {
        self.authority.issue_client(&Identity::Device("MX-204-0001".parse().unwrap()), NOW).unwrap()
    }

    pub(crate) fn order(&self) -> TransferOrder {
        let manifest = self.package.manifest.clone();
        let ticket = Ticket {
            order: OrderId(Uuid::from_u128(1)),
            device: "MX-204-0001".parse::<DeviceSerial>().unwrap(),
            package: manifest.digest(),
            chunk_count: manifest.chunk_count(),
            expires_at: NOW,
        };
        let ticket = Signed::new(&ticket, &SigningKey::from_seed(&[3; 32]));
        TransferOrder { order: OrderId(Uuid::from_u128(1)), manifest, ticket, server: self.addr.to_string() }
    }
}

fn key_list() -> KeyList {
    let entry = |seed, role| KeyEntry { key: SigningKey::from_seed(&[seed; 32]).verify_key(), role };
    KeyList::new(1, vec![entry(2, KeyRole::Release), entry(3, KeyRole::Licence)], Vec::new()).unwrap()
}

async fn serve(connection: Connection, package: &TestPackage, state: &Mutex<State>, cas: &(Root, Authority)) {
    let handshake = connection.handshake_data().unwrap();
    let handshake = handshake.downcast::<protocol::net::quinn::crypto::rustls::HandshakeData>().unwrap();
    let service = Service::from_alpn(&handshake.protocol.unwrap()).unwrap();
    state.lock().unwrap().connections.push((service, connection.clone()));
    while let Ok((send, recv)) = connection.accept_bi().await {
        // A stream that breaks off is what many of these tests are about.
        let _ = match service {
            Service::Device => answer_device(send, recv).await,
            Service::Content => answer_content(send, recv, package, state).await,
            Service::Enrol => answer_enrol(&connection, send, recv, state, cas).await,
            Service::Staff => None,
        };
    }
}

async fn reply<T: Serialize>(send: &mut SendStream, answer: T) -> Option<()> {
    write_frame(send, &Reply { now: NOW, outcome: Ok::<T, protocol::Refusal>(answer) }).await.ok()
}

async fn answer_device(mut send: SendStream, mut recv: RecvStream) -> Option<()> {
    let _: DeviceRequest = read_frame(&mut recv, 10_000).await.ok()?;
    reply(&mut send, DeviceReply::Hello(DeviceInfo { customer: None, keys_version: 1 })).await?;
    send.finish().ok()
}

async fn answer_enrol(
    connection: &Connection,
    mut send: SendStream,
    mut recv: RecvStream,
    state: &Mutex<State>,
    (root, authority): &(Root, Authority),
) -> Option<()> {
    let EnrolRequest::Enrol { serial, csr, .. } = read_frame(&mut recv, 10_000).await.ok()?;
    let enrolling = state.lock().unwrap().enrolling;
    state.lock().unwrap().requests.push(csr.clone());
    let serial = if enrolling == Enrolling::OtherSerial { "MX-999".parse().unwrap() } else { serial };
    let csr = match enrolling {
        Enrolling::OtherKey => protocol::net::DeviceKey::generate().unwrap().signing_request().unwrap(),
        _ => csr,
    };
    match enrolling {
        Enrolling::Closes => connection.close(CloseCode::ShuttingDown.var_int(), b""),
        Enrolling::Refuses => {
            let refusal = protocol::Refusal::from(RefusalCode::ActivationRefused);
            write_frame(&mut send, &Reply { now: NOW, outcome: Err::<EnrolReply, _>(refusal) }).await.ok()?;
        }
        Enrolling::Honest | Enrolling::OtherSerial | Enrolling::OtherKey | Enrolling::OtherRoot => {
            let certificate = authority.sign_request(&csr, &Identity::Device(serial), NOW).unwrap().to_vec();
            let chain = authority.chain(certificate).unwrap();
            let other = Root::generate(NOW).unwrap();
            let signer = if enrolling == Enrolling::OtherRoot { &other } else { root };
            reply(&mut send, EnrolReply::Enrolled { chain, keys: signer.key().sign(&key_list()).unwrap() }).await?;
        }
    }
    send.finish().ok()
}

async fn answer_content(
    mut send: SendStream,
    mut recv: RecvStream,
    package: &TestPackage,
    state: &Mutex<State>,
) -> Option<()> {
    let ContentRequest::Fetch { missing, .. } = read_frame(&mut recv, 100_000).await.ok()? else { return None };
    let manner = state.lock().unwrap().manner;
    state.lock().unwrap().fetches.push(missing.clone());
    let wanted: Vec<u32> = missing.indices().collect();
    let mut bytes: u64 = wanted.iter().map(|&index| package.chunks[index as usize].len() as u64).sum();
    match manner {
        Manner::Refuses(code) => {
            let refusal = protocol::Refusal::from(code);
            return write_frame(&mut send, &Reply { now: NOW, outcome: Err::<ContentReply, _>(refusal) }).await.ok();
        }
        Manner::Babbles => return send.write_all(&[0xFF; 100]).await.ok(),
        Manner::WrongLength => bytes += 1,
        _ => {}
    }
    reply(&mut send, ContentReply::Sending { bytes }).await?;
    for (sent, index) in wanted.into_iter().enumerate() {
        let mut chunk = package.chunks[index as usize].clone();
        match manner {
            Manner::WrongByteIn(wrong) if wrong == index => chunk[500] ^= 1,
            Manner::Trickle => {
                for byte in &chunk {
                    send.write_all(&[*byte]).await.ok()?;
                    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                }
                return None;
            }
            Manner::FinishAfter(count) | Manner::SilentAfter(count) if count == sent => {
                send.write_all(&chunk[..chunk.len() / 2]).await.ok()?;
                if manner == Manner::SilentAfter(count) {
                    std::future::pending::<()>().await;
                }
                send.finish().ok()?;
                return None;
            }
            _ => {}
        }
        send.write_all(&chunk).await.ok()?;
    }
    if manner == Manner::Endless {
        loop {
            send.write_all(&[0xEE; 10_000]).await.ok()?;
        }
    }
    let end: EndOfTransfer = read_frame(&mut recv, 1_000).await.ok()?;
    state.lock().unwrap().ends.push(end.package);
    reply(&mut send, ContentReply::Ended).await?;
    send.finish().ok()
}

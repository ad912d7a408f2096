//! Servers and clients for the tests of the wire.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use protocol::Timestamp;
use protocol::message::{Reply, Service};
use protocol::net::quinn::crypto::rustls::QuicClientConfig;
use protocol::net::quinn::{Connection, Endpoint};
use protocol::net::{
    Authority, CertificateDer, Client, CloseCode, Credentials, Identity, LinkError, Root, SERVER_NAME, ServiceConfig,
    bind_server, client_config, read_frame, server_config, write_frame,
};

/// TLS reads the system's clock, so certificates are made for it.
#[allow(clippy::disallowed_methods)]
pub(crate) fn now() -> Timestamp {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_ms(u64::try_from(since_epoch.as_millis()).unwrap())
}

/// An instant so long ago that a certificate of that time has run out while the CAs above it still live.
pub(crate) fn twenty_years_ago() -> Timestamp {
    Timestamp::from_ms(now().as_ms() - 20 * 365 * protocol::time::DAY_MS)
}

/// A new issuing CA under a new root.
pub(crate) fn authority(now: Timestamp) -> Authority {
    Root::generate(now).unwrap().issue_authority(now).unwrap()
}

pub(crate) fn staff() -> Identity {
    Identity::Staff("sato".parse().unwrap())
}

pub(crate) fn device() -> Identity {
    Identity::Device("MX-204-0001".parse().unwrap())
}

/// A vendor: its CA, and an endpoint that serves with these credentials.
pub(crate) struct Vendor {
    pub(crate) authority: Authority,
    pub(crate) endpoint: Endpoint,
}

impl Vendor {
    pub(crate) fn new() -> Self {
        let authority = authority(now());
        let server = authority.issue_server(now()).unwrap();
        Self::with(authority, &server, &Service::ALL)
    }

    pub(crate) fn with(authority: Authority, server: &Credentials, services: &[Service]) -> Self {
        let config = server_config(server, services).unwrap();
        let endpoint = bind_server((Ipv4Addr::LOCALHOST, 0).into(), config, server).unwrap();
        Self { authority, endpoint }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.endpoint.local_addr().unwrap()
    }

    pub(crate) fn client_of(&self, service: Service, identity: &Identity) -> ServiceConfig {
        client_config(&self.authority.issue_client(identity, now()).unwrap(), service).unwrap()
    }

    /// A connection, seen from both ends.
    pub(crate) async fn pair(&self) -> (Client, Connection) {
        let config = self.client_of(Service::Staff, &staff());
        let (client, server) = tokio::join!(Client::connect(self.addr(), config), async {
            self.endpoint.accept().await.unwrap().await.unwrap()
        });
        (client.unwrap(), server)
    }

    /// What a client with this configuration is answered to a number by a service that doubles numbers, and that
    /// turns away whoever shows no certificate.
    pub(crate) async fn ask(&self, config: ServiceConfig, number: u32) -> Result<u32, LinkError> {
        let serve = async {
            while let Some(incoming) = self.endpoint.accept().await {
                let Ok(connection) = incoming.await else { continue };
                if identity(&connection).is_none() {
                    connection.close(CloseCode::NotPermitted.var_int(), b"");
                    continue;
                }
                double_numbers(connection).await;
            }
        };
        let ask = async {
            let client = Client::connect(self.addr(), config).await?;
            let reply: Reply<u32> = client.request(&number).await?;
            Ok(reply.outcome.unwrap())
        };
        tokio::select! {
            answer = ask => answer,
            () = serve => panic!("the server has ended"),
        }
    }
}

/// Answers every number on every stream of the connection with its double.
pub(crate) async fn double_numbers(connection: Connection) {
    while let Ok((mut send, mut recv)) = connection.accept_bi().await {
        let Ok(number) = read_frame::<u32>(&mut recv, 4).await else { continue };
        let _ = write_frame(&mut send, &Reply { now: now(), outcome: Ok(number * 2) }).await;
    }
}

/// Whose certificate the peer showed; none if it showed none.
pub(crate) fn identity(connection: &Connection) -> Option<Identity> {
    let chain = connection.peer_identity()?.downcast::<Vec<CertificateDer<'static>>>().ok()?;
    Identity::of_certificate(chain.first()?).ok()
}

/// A client that trusts this CA, shows no certificate and names any ALPN.
pub(crate) fn bare_client(authority: &Authority, alpn: &[u8]) -> ServiceConfig {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority.root().clone()).unwrap();
    let mut tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![alpn.to_vec()];
    let quic = protocol::net::quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).unwrap()));
    ServiceConfig { quic, server_name: SERVER_NAME }
}

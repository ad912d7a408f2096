//! Peers that do not play by the rules harm themselves only.

use protocol::message::device::{DeviceReply, DeviceRequest};
use protocol::message::staff::{StaffReply, StaffRequest};
use protocol::message::{Reply, Service};
use protocol::net::{
    Client, Credentials, Identity, LinkError, Root, SERVER_NAME, ServiceConfig, client_config, read_frame, write_frame,
};
use protocol::{RefusalCode, Timestamp};

use super::play::{Vendor, ask};

async fn hello(vendor: &Vendor, credentials: &Credentials, service: Service) -> Result<(), LinkError> {
    let config = client_config(credentials, service).unwrap();
    let client = Client::connect(vendor.server().local_addr(), config).await?;
    // TLS tells a client only at its first read that its certificate was not accepted.
    client.request::<_, DeviceReply>(&DeviceRequest::Hello).await.map(drop)
}

#[tokio::test]
async fn garbage_is_answered_on_its_stream_and_other_streams_go_on() {
    let (vendor, world) = Vendor::with_world().await;
    let client = vendor.connect(&world.device.credentials, Service::Device).await;
    let (mut held_send, mut held_recv) = client.connection().open_bi().await.unwrap();
    held_send.write_all(&[3]).await.unwrap();
    let oversized = u32::MAX.to_le_bytes().to_vec();
    let too_long = [&8_192_u32.to_le_bytes()[..], &[0; 8_192]].concat();
    let unknown_variant = [&4_u32.to_le_bytes()[..], &[0xff; 4]].concat();
    let trailing = [&5_u32.to_le_bytes()[..], &[0, 0, 0, 0, 0]].concat();
    let truncated = vec![9, 0, 0, 0, 1];
    for garbage in [oversized, too_long, unknown_variant, trailing, truncated] {
        let (mut send, mut recv) = client.connection().open_bi().await.unwrap();
        let _ = send.write_all(&garbage).await;
        let _ = send.finish();
        let reply: Reply<DeviceReply> = read_frame(&mut recv, 10_000).await.unwrap();
        assert_eq!(reply.outcome.unwrap_err().code, RefusalCode::BadMessage, "{:?}", &garbage[..4]);
        assert!(ask(&client, DeviceRequest::Hello).await.is_ok());
    }
    // The stream that had begun before all that is still alive.
    let body = protocol::codec::encode(&DeviceRequest::Hello);
    held_send.write_all(&[0, 0, 0]).await.unwrap();
    held_send.write_all(&body[..3]).await.unwrap();
    let reply: Reply<DeviceReply> = read_frame(&mut held_recv, 10_000).await.unwrap();
    assert_eq!(reply.outcome.unwrap_err().code, RefusalCode::BadMessage, "three bytes are no message");
}

#[tokio::test]
async fn a_stream_without_a_request_harms_nobody() {
    let (vendor, world) = Vendor::with_world().await;
    let client = vendor.connect(&world.device.credentials, Service::Device).await;
    let (mut send, _recv) = client.connection().open_bi().await.unwrap();
    send.finish().unwrap();
    let (mut send, recv) = client.connection().open_bi().await.unwrap();
    send.write_all(&[1, 2]).await.unwrap();
    send.reset(7_u32.into()).unwrap();
    drop(recv);
    assert!(ask(&client, DeviceRequest::Hello).await.is_ok());
}

#[tokio::test]
async fn a_certificate_opens_its_own_services_only() {
    let (vendor, world) = Vendor::with_world().await;
    let (device, admin) = (world.device.credentials.clone(), vendor.admin());
    for (credentials, service) in [(&device, Service::Staff), (&admin, Service::Device), (&admin, Service::Content)] {
        let refused = hello(&vendor, credentials, service).await;
        assert!(matches!(refused, Err(LinkError::NotPermitted)), "{service:?}: {refused:?}");
    }
    assert!(hello(&vendor, &device, Service::Device).await.is_ok());
}

#[tokio::test]
async fn without_a_certificate_there_is_enrolment_and_nothing_else() {
    let (vendor, _world) = Vendor::with_world().await;
    let addr = vendor.server().local_addr();
    for service in [Service::Device, Service::Content, Service::Staff] {
        let client = Client::connect(addr, stranger(service)).await.unwrap();
        let refused = client.request::<_, StaffReply>(&StaffRequest::Whoami).await;
        assert!(matches!(refused, Err(LinkError::NotPermitted)), "{service:?}: {refused:?}");
    }
}

/// A client that trusts anybody and shows no certificate.
fn stranger(service: Service) -> ServiceConfig {
    use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
    #[derive(Debug)]
    struct Anyone;
    impl ServerCertVerifier for Anyone {
        fn verify_server_cert(
            &self,
            _: &rustls::pki_types::CertificateDer<'_>,
            _: &[rustls::pki_types::CertificateDer<'_>],
            _: &rustls::pki_types::ServerName<'_>,
            _: &[u8],
            _: rustls::pki_types::UnixTime,
        ) -> Result<ServerCertVerified, rustls::Error> {
            Ok(ServerCertVerified::assertion())
        }
        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &rustls::pki_types::CertificateDer<'_>,
            _: &rustls::DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            Ok(HandshakeSignatureValid::assertion())
        }
        fn verify_tls13_signature(
            &self,
            _: &[u8],
            _: &rustls::pki_types::CertificateDer<'_>,
            _: &rustls::DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            Ok(HandshakeSignatureValid::assertion())
        }
        fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
            rustls::crypto::ring::default_provider().signature_verification_algorithms.supported_schemes()
        }
    }

    let mut tls = rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(std::sync::Arc::new(Anyone))
        .with_no_client_auth();
    tls.alpn_protocols = vec![service.alpn().to_vec()];
    let quic = quinn::crypto::rustls::QuicClientConfig::try_from(tls).unwrap();
    ServiceConfig { quic: quinn::ClientConfig::new(std::sync::Arc::new(quic)), server_name: SERVER_NAME }
}

#[tokio::test]
async fn a_certificate_of_another_ca_and_an_unknown_service_are_turned_away() {
    let (vendor, world) = Vendor::with_world().await;
    let now = Timestamp::from_ms(vendor.clock.now().as_ms());
    let foreign = Root::generate(now).unwrap().issue_authority(now).unwrap();
    let mut forged = foreign.issue_client(&Identity::Staff("admin".parse().unwrap()), now).unwrap();
    forged.root = vendor.admin().root;
    let refused = hello(&vendor, &forged, Service::Staff).await;
    assert!(matches!(refused, Err(LinkError::Distrust(_))), "{refused:?}");

    let endpoint = protocol::net::bind_client(vendor.server().local_addr()).unwrap();
    let mut tls = rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates({
            let mut roots = rustls::RootCertStore::empty();
            roots.add(vendor.admin().root).unwrap();
            roots
        })
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"kobai-unknown/1".to_vec()];
    let quic = quinn::crypto::rustls::QuicClientConfig::try_from(tls).unwrap();
    let config = quinn::ClientConfig::new(std::sync::Arc::new(quic));
    let connecting = endpoint.connect_with(config, vendor.server().local_addr(), SERVER_NAME).unwrap();
    assert!(connecting.await.is_err());
    assert!(world.device.ask(&vendor, DeviceRequest::Hello).await.is_ok());
}

#[tokio::test]
async fn a_report_from_a_device_is_not_believed() {
    let (vendor, world) = Vendor::with_world().await;
    let device = &world.device;
    let authorised = device.order(&vendor, super::play::order_id(), &world.option, None).await.unwrap();
    let outcome = protocol::message::content::TransferOutcome::Sent(device.manifest(&authorised).digest());
    let report = protocol::message::content::ContentRequest::Report { order: authorised.order, outcome };
    let client = vendor.connect(&device.credentials, Service::Content).await;
    let reply: Reply<protocol::message::content::ContentReply> = client.request(&report).await.unwrap();
    assert_eq!(reply.outcome.unwrap_err().code, RefusalCode::NotPermitted);
    assert_eq!(device.received(&vendor, &authorised).await, Err(RefusalCode::NotDelivered));
}

#[tokio::test]
async fn garbage_in_place_of_an_end_packet_is_a_failed_transfer() {
    let (vendor, world) = Vendor::with_world().await;
    let device = &world.device;
    let authorised = device.order(&vendor, super::play::order_id(), &world.option, None).await.unwrap();
    let missing = protocol::package::MissingChunks::collect(1, |_| false);
    let mut transfer = device.fetch(&vendor, &authorised.ticket, missing).await.unwrap();
    transfer.read_all().await;
    write_frame(&mut transfer.send, &"not an end packet").await.unwrap();
    assert!(read_frame::<Reply<DeviceReply>>(&mut transfer.recv, 1_000).await.is_err());
    assert_eq!(device.received(&vendor, &authorised).await, Err(RefusalCode::NotDelivered));
    device.deliver(&vendor, &authorised).await.unwrap();
}

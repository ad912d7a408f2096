//! Who is let in: the vendor's CA decides, certificates are good for one purpose, and the ALPN names the service.

use std::sync::Arc;

use protocol::Timestamp;
use protocol::message::Service;
use protocol::net::{
    Client, CloseCode, Credentials, DeviceKey, Identity, LinkError, PastTime, client_config, device_config,
    enrol_config, report_config,
};

use super::peers::{Vendor, authority, bare_client, device, identity, now, staff, twenty_years_ago};

#[track_caller]
fn assert_distrust(answer: Result<u32, LinkError>) {
    assert!(matches!(answer, Err(LinkError::Distrust(_))), "{answer:?}");
}

#[tokio::test]
async fn the_certificate_tells_the_server_who_asks_and_the_alpn_which_service() {
    let vendor = Vendor::new();
    for who in [staff(), device(), Identity::Distribution] {
        for service in Service::ALL {
            let config = vendor.client_of(service, &who);
            let (client, server) = tokio::join!(Client::connect(vendor.addr(), config), async {
                vendor.endpoint.accept().await.unwrap().await.unwrap()
            });
            client.unwrap();
            assert_eq!(identity(&server).as_ref(), Some(&who));
            let handshake = server.handshake_data().unwrap();
            let handshake = handshake.downcast::<protocol::net::quinn::crypto::rustls::HandshakeData>().unwrap();
            assert_eq!(Service::from_alpn(&handshake.protocol.unwrap()), Some(service));
        }
    }
    assert_eq!(vendor.ask(vendor.client_of(Service::Staff, &staff()), 21).await.unwrap(), 42);
}

#[tokio::test]
async fn an_alpn_that_the_server_does_not_serve_is_refused() {
    let vendor = Vendor::new();
    for alpn in [&b"kobai-device/2"[..], b"h3", b"kobai-device"] {
        assert_distrust(vendor.ask(bare_client(&vendor.authority, alpn), 1).await);
    }

    let server = vendor.authority.issue_server(now()).unwrap();
    let content_only = Vendor::with(vendor.authority, &server, &[Service::Content]);
    assert_distrust(content_only.ask(content_only.client_of(Service::Device, &device()), 1).await);
    assert_eq!(content_only.ask(content_only.client_of(Service::Content, &device()), 21).await.unwrap(), 42);
}

#[tokio::test]
async fn a_distribution_service_passes_for_nothing_else_and_the_customer_service_for_both() {
    let authority = authority(now());
    let content = authority.issue_content_server(now()).unwrap();
    let vendor = Vendor::with(authority, &content, &Service::ALL);
    for (service, who) in [(Service::Device, device()), (Service::Staff, staff()), (Service::Enrol, device())] {
        assert_distrust(vendor.ask(vendor.client_of(service, &who), 1).await);
    }
    assert_distrust(vendor.ask(enrol_config(vendor.authority.fingerprint()).unwrap(), 1).await);
    let reporter = vendor.authority.issue_client(&Identity::Distribution, now()).unwrap();
    assert_distrust(vendor.ask(report_config(&reporter).unwrap(), 1).await);
    assert_eq!(vendor.ask(vendor.client_of(Service::Content, &device()), 21).await.unwrap(), 42);

    let vendor = Vendor::new();
    let reporter = vendor.authority.issue_client(&Identity::Distribution, now()).unwrap();
    assert_eq!(vendor.ask(report_config(&reporter).unwrap(), 21).await.unwrap(), 42);
    assert_eq!(vendor.ask(vendor.client_of(Service::Content, &device()), 21).await.unwrap(), 42);
}

#[tokio::test]
async fn a_client_without_a_certificate_is_nobody_and_learns_that_it_is_not_permitted() {
    let vendor = Vendor::new();
    let answer = vendor.ask(bare_client(&vendor.authority, Service::Device.alpn()), 1).await;
    assert!(matches!(answer, Err(LinkError::NotPermitted)), "{answer:?}");
}

#[tokio::test]
async fn a_client_with_a_certificate_of_another_ca_is_refused() {
    let vendor = Vendor::new();
    let foreign = authority(now()).issue_client(&staff(), now()).unwrap();
    // It trusts the vendor, so only the vendor can turn it away.
    let foreign = Credentials { root: vendor.authority.root().clone(), ..foreign };
    assert_distrust(vendor.ask(client_config(&foreign, Service::Staff).unwrap(), 1).await);
}

#[tokio::test]
async fn a_server_with_a_certificate_of_another_ca_is_refused() {
    let vendor = Vendor::new();
    let trusts_another = authority(now()).issue_client(&staff(), now()).unwrap();
    assert_distrust(vendor.ask(client_config(&trusts_another, Service::Staff).unwrap(), 1).await);
}

#[tokio::test]
async fn a_certificate_that_has_run_out_is_refused_on_either_side() {
    let authority = authority(twenty_years_ago());
    let living = authority.issue_server(now()).unwrap();
    let expired_server = authority.issue_server(twenty_years_ago()).unwrap();
    let expired_client = authority.issue_client(&staff(), twenty_years_ago()).unwrap();

    let vendor = Vendor::with(authority, &living, &Service::ALL);
    let told = vendor.ask(client_config(&expired_client, Service::Staff).unwrap(), 1).await;
    assert!(matches!(told, Err(LinkError::Expired)), "whose it is, is told apart: {told:?}");
    assert_eq!(vendor.ask(vendor.client_of(Service::Staff, &staff()), 21).await.unwrap(), 42);

    let vendor = Vendor::with(vendor.authority, &expired_server, &Service::ALL);
    assert_distrust(vendor.ask(vendor.client_of(Service::Staff, &staff()), 1).await);
    let device = vendor.authority.issue_client(&device(), now()).unwrap();
    let past = |past| device_config(&device, Service::Device, Arc::new(Past(past))).unwrap();
    assert_distrust(vendor.ask(past(Some(now())), 1).await);
}

/// A machine that knows this to be past.
#[derive(Debug)]
struct Past(Option<Timestamp>);

impl PastTime for Past {
    fn past(&self) -> Option<Timestamp> {
        self.0
    }
}

#[tokio::test]
async fn a_machine_that_is_behind_or_knows_no_time_meets_the_vendor_all_the_same() {
    let vendor = Vendor::new();
    let device = vendor.authority.issue_client(&device(), now()).unwrap();
    for past in [None, Some(Timestamp::from_ms(0)), Some(twenty_years_ago()), Some(now())] {
        let config = device_config(&device, Service::Device, Arc::new(Past(past))).unwrap();
        assert_eq!(vendor.ask(config, 21).await.unwrap(), 42, "{past:?}");
    }
    // Who knows that it is later than the certificate lasts is right not to believe it.
    let late = Past(Some(now().plus_days(40 * 365)));
    assert_distrust(vendor.ask(device_config(&device, Service::Device, Arc::new(late)).unwrap(), 1).await);
    // Another root stays another root, whatever the time.
    let foreign = authority(now()).issue_client(&self::device(), now()).unwrap();
    assert_distrust(vendor.ask(device_config(&foreign, Service::Device, Arc::new(Past(None))).unwrap(), 1).await);
}

#[tokio::test]
async fn a_servers_certificate_is_no_client_and_a_devices_certificate_is_no_server() {
    let vendor = Vendor::new();
    let server = vendor.authority.issue_server(now()).unwrap();
    assert_distrust(vendor.ask(client_config(&server, Service::Device).unwrap(), 1).await);

    let as_device = vendor.authority.issue_client(&device(), now()).unwrap();
    let impostor = Vendor::with(vendor.authority, &as_device, &Service::ALL);
    assert_distrust(impostor.ask(impostor.client_of(Service::Device, &device()), 1).await);
    let enrolling = enrol_config(impostor.authority.fingerprint()).unwrap();
    assert_distrust(impostor.ask(enrolling, 1).await);
}

#[tokio::test]
async fn a_panel_that_pins_the_ca_finds_it_in_the_chain_and_enrols_into_it() {
    let vendor = Vendor::new();
    let fingerprint = vendor.authority.fingerprint();
    let (client, server) = tokio::join!(Client::connect(vendor.addr(), enrol_config(fingerprint).unwrap()), async {
        vendor.endpoint.accept().await.unwrap().await.unwrap()
    });
    let ca = client.unwrap().server_root(fingerprint).unwrap();
    assert_eq!(&ca, vendor.authority.root());
    assert_eq!(identity(&server), None);

    let key = DeviceKey::generate().unwrap();
    let certificate = vendor.authority.sign_request(&key.signing_request().unwrap(), &device(), now()).unwrap();
    let enrolled = key.into_credentials(&vendor.authority.chain(certificate.to_vec()).unwrap(), ca);
    assert_eq!(vendor.ask(client_config(&enrolled, Service::Device).unwrap(), 21).await.unwrap(), 42);
}

#[tokio::test]
async fn a_panel_that_pins_another_ca_does_not_enrol() {
    let vendor = Vendor::new();
    let another = authority(now()).fingerprint();
    assert_distrust(vendor.ask(enrol_config(another).unwrap(), 1).await);
}

#[tokio::test]
async fn an_impostor_that_shows_the_pinned_ca_beside_its_own_certificate_is_refused() {
    let real = authority(now());
    let own = authority(now()).issue_server(now()).unwrap();
    let fingerprint = real.fingerprint();
    let disguised = Credentials { root: real.root().clone(), ..own };
    let impostor = Vendor::with(real, &disguised, &Service::ALL);
    assert_distrust(impostor.ask(enrol_config(fingerprint).unwrap(), 1).await);
}

#[tokio::test]
async fn a_server_that_stops_is_not_taken_for_one_that_refuses() {
    let vendor = Vendor::new();
    let (client, server) = vendor.pair().await;
    server.close(CloseCode::ShuttingDown.var_int(), b"");
    let answer = client.request::<_, u32>(&1_u32).await;
    assert!(matches!(answer, Err(LinkError::Broken(_))), "{answer:?}");
}

//! TLS 1.3 for QUIC: mutual, with the vendor's root as the only one, AES-GCM first, no resumption and no early data.

use std::sync::Arc;

use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring as provider};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::{DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::peer_time::{NothingCertain, PeerTime};
use super::{CONTENT_NAME, Credentials, PastTime, SERVER_NAME, endpoint};
use crate::CaFingerprint;
use crate::message::Service;

/// Credentials that TLS cannot use.
#[derive(Debug, thiserror::Error)]
#[error("the certificate or key cannot be used for TLS: {0}")]
pub struct TlsError(String);

impl TlsError {
    fn new(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// How a client reaches a service: by which TLS, and which name the server's certificate must have.
#[derive(Debug, Clone)]
pub struct ServiceConfig {
    /// For quinn.
    pub quic: quinn::ClientConfig,
    /// The name to ask for.
    pub server_name: &'static str,
}

/// Whom a client of this service wants to reach.
const fn server_name(service: Service) -> &'static str {
    match service {
        Service::Content => CONTENT_NAME,
        Service::Enrol | Service::Device | Service::Staff => SERVER_NAME,
    }
}

fn crypto_provider() -> Arc<CryptoProvider> {
    let cipher_suites = vec![
        provider::cipher_suite::TLS13_AES_128_GCM_SHA256,
        provider::cipher_suite::TLS13_AES_256_GCM_SHA384,
        provider::cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
    ];
    Arc::new(CryptoProvider { cipher_suites, ..provider::default_provider() })
}

fn roots(root: &CertificateDer<'static>) -> Result<Arc<RootCertStore>, TlsError> {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).map_err(TlsError::new)?;
    Ok(Arc::new(roots))
}

/// A server of these services. A client may come without a certificate, because enrolment has none yet; whoever routes
/// the connection must ask [`super::Identity`] before anything else.
pub fn server_config(credentials: &Credentials, services: &[Service]) -> Result<quinn::ServerConfig, TlsError> {
    let provider = crypto_provider();
    let verifier = WebPkiClientVerifier::builder_with_provider(roots(&credentials.root)?, provider.clone())
        .allow_unauthenticated()
        .build()
        .map_err(TlsError::new)?;
    // The root goes with the chain: a panel that knows only its fingerprint finds it there.
    let chain = credentials.chain.iter().chain([&credentials.root]).cloned().collect();
    let mut tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(TlsError::new)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, credentials.private_key())
        .map_err(TlsError::new)?;
    tls.alpn_protocols = services.iter().map(|service| service.alpn().to_vec()).collect();
    tls.send_tls13_tickets = 0;
    let quic = QuicServerConfig::try_from(tls).map_err(TlsError::new)?;
    let mut config = quinn::ServerConfig::with_crypto(Arc::new(quic));
    endpoint::limit_server(&mut config, &endpoint::TransportLimits::default());
    Ok(config)
}

/// A client of `service` that shows its certificate and trusts the root above it.
pub fn client_config(credentials: &Credentials, service: Service) -> Result<ServiceConfig, TlsError> {
    let provider = crypto_provider();
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(TlsError::new)?
        .with_root_certificates(roots(&credentials.root)?)
        .with_client_auth_cert(credentials.chain.clone(), credentials.private_key())
        .map_err(TlsError::new)?;
    quic_client(tls, service)
}

/// A distribution service's client of the customer service, which hears its reports. Another distribution service must
/// not hear them in its place, so this asks for the customer service's name.
pub fn report_config(credentials: &Credentials) -> Result<ServiceConfig, TlsError> {
    Ok(ServiceConfig { server_name: SERVER_NAME, ..client_config(credentials, Service::Content)? })
}

/// A device's client of `service`: as [`client_config`], on a machine whose clock may be wrong.
pub fn device_config(
    credentials: &Credentials,
    service: Service,
    clock: Arc<dyn PastTime>,
) -> Result<ServiceConfig, TlsError> {
    let provider = crypto_provider();
    let inner = WebPkiServerVerifier::builder_with_provider(roots(&credentials.root)?, provider.clone())
        .build()
        .map_err(TlsError::new)?;
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(TlsError::new)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(PeerTime { inner, clock }))
        .with_client_auth_cert(credentials.chain.clone(), credentials.private_key())
        .map_err(TlsError::new)?;
    quic_client(tls, service)
}

/// A client of the enrolment service that has no certificate and knows the root by its fingerprint only. Nothing is certain
/// to it about the time, so it does not judge whether the server's certificate has run out.
pub fn enrol_config(fingerprint: CaFingerprint) -> Result<ServiceConfig, TlsError> {
    anonymous_config(fingerprint, Service::Enrol)
}

/// The same for any service; all but enrolment turn it away.
pub fn anonymous_config(fingerprint: CaFingerprint, service: Service) -> Result<ServiceConfig, TlsError> {
    let provider = crypto_provider();
    let pinned =
        PinnedRoot { fingerprint, algorithms: provider.signature_verification_algorithms, provider: provider.clone() };
    let verifier = PeerTime { inner: Arc::new(pinned), clock: Arc::new(NothingCertain) };
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(TlsError::new)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    quic_client(tls, service)
}

fn quic_client(mut tls: rustls::ClientConfig, service: Service) -> Result<ServiceConfig, TlsError> {
    tls.alpn_protocols = vec![service.alpn().to_vec()];
    tls.resumption = rustls::client::Resumption::disabled();
    let quic = QuicClientConfig::try_from(tls).map_err(TlsError::new)?;
    let mut config = quinn::ClientConfig::new(Arc::new(quic));
    config.transport_config(Arc::new(endpoint::client_transport()));
    Ok(ServiceConfig { quic: config, server_name: server_name(service) })
}

/// Finds the pinned root in the server's chain, then verifies the server against it as against any root.
#[derive(Debug)]
struct PinnedRoot {
    fingerprint: CaFingerprint,
    algorithms: WebPkiSupportedAlgorithms,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinnedRoot {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let pinned = intermediates.iter().find(|certificate| CaFingerprint::of(certificate) == self.fingerprint);
        let unknown = || rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let roots = roots(&pinned.ok_or_else(unknown)?.clone().into_owned()).map_err(|_| unknown())?;
        WebPkiServerVerifier::builder_with_provider(roots, self.provider.clone())
            .build()
            .map_err(|_| unknown())?
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

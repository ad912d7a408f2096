//! Whether a server's certificate is valid *now*, on a machine whose clock may be wrong.
//!
//! A device knows a time that is certainly past. A certificate that begins later than that proves, by its signature,
//! that the device is behind: it is no reason to turn the server away, who would tell the right time. A certificate
//! that ended before it is expired. A device that has never heard the vendor's time cannot judge either.

use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, SignatureScheme};

use crate::Timestamp;

/// A time that is certainly past.
pub trait PastTime: std::fmt::Debug + Send + Sync {
    /// `None` if nothing is certain yet.
    fn past(&self) -> Option<Timestamp>;
}

/// For machines that have never heard the vendor's time.
#[derive(Debug)]
pub struct NothingCertain;

impl PastTime for NothingCertain {
    fn past(&self) -> Option<Timestamp> {
        None
    }
}

/// Verifies with `inner`, at a time that is neither before the certificate's beginning nor, if nothing is certain, after
/// its end.
#[derive(Debug)]
pub(super) struct PeerTime {
    pub(super) inner: Arc<dyn ServerCertVerifier>,
    pub(super) clock: Arc<dyn PastTime>,
}

impl PeerTime {
    /// The time by which a certificate and its issuers are judged.
    fn time_for(&self, chain: &[&CertificateDer<'_>]) -> Result<UnixTime, rustls::Error> {
        let mut time_s = self.clock.past().map_or(0, |past| past.as_ms() / 1_000);
        for certificate in chain {
            let bad = || rustls::Error::InvalidCertificate(CertificateError::BadEncoding);
            let (_, parsed) = x509_parser::parse_x509_certificate(certificate).map_err(|_| bad())?;
            time_s = time_s.max(u64::try_from(parsed.validity().not_before.timestamp()).unwrap_or(0));
        }
        Ok(UnixTime::since_unix_epoch(Duration::from_secs(time_s)))
    }
}

impl ServerCertVerifier for PeerTime {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let now = match intermediates.first() {
            Some(issuer) => self.time_for(&[end_entity, issuer]),
            None => self.time_for(&[end_entity]),
        }?;
        self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

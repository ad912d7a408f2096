//! The vendor's certificate authority: one root, which panels pin, and the certificates that it issues.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateSigningRequestDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};

use super::{Identity, SERVER_NAME};
use crate::message::enrol::CSR_BYTES_MAX;
use crate::{CaFingerprint, Timestamp};

const CA_LIFE: Duration = Duration::days(365 * 30);
const LEAF_LIFE: Duration = Duration::days(365 * 10);
/// Clocks of peers may be behind.
const LEEWAY: Duration = Duration::days(1);

/// Why a certificate could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// The bytes are no certificate, key or signing request of the expected form.
    #[error("not a usable certificate, key or signing request: {0}")]
    Unusable(String),
    /// A file lacks one of its parts.
    #[error("the file has no {0}")]
    Missing(&'static str),
}

impl From<rcgen::Error> for AuthorityError {
    fn from(error: rcgen::Error) -> Self {
        Self::Unusable(error.to_string())
    }
}

/// The root and its private key.
pub struct Authority {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// A new root with a new ECDSA P-256 key.
    pub fn generate(now: Timestamp) -> Result<Self, AuthorityError> {
        let key = KeyPair::generate()?;
        let mut params = params("Kobai vendor root", now, CA_LIFE)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key)?.der().clone();
        Ok(Self { certificate, issuer: Issuer::new(params, key) })
    }

    /// The root from what [`Authority::to_pem`] wrote.
    pub fn from_pem(pem: &str) -> Result<Self, AuthorityError> {
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes())
            .map_err(|_| AuthorityError::Missing("certificate"))?
            .into_owned();
        let key =
            PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| AuthorityError::Missing("private key"))?;
        let key = KeyPair::try_from(&key)?;
        let issuer = Issuer::from_ca_cert_der(&certificate, key)?;
        Ok(Self { certificate, issuer })
    }

    /// Certificate and private key, for a file that nobody else may read.
    pub fn to_pem(&self) -> String {
        let mut pem = pem_block("CERTIFICATE", &self.certificate);
        pem.push_str(&self.issuer.key().serialize_pem());
        pem
    }

    /// The root's certificate.
    pub const fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// What panels pin.
    pub fn fingerprint(&self) -> CaFingerprint {
        CaFingerprint::of(&self.certificate)
    }

    /// A server's certificate with a new key.
    pub fn issue_server(&self, now: Timestamp) -> Result<Credentials, AuthorityError> {
        let mut params = params("Kobai vendor server", now, LEAF_LIFE)?;
        params.subject_alt_names = vec![SanType::DnsName(SERVER_NAME.try_into()?)];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.issue(params)
    }

    /// A client's certificate with a new key, for staff and services.
    pub fn issue_client(&self, identity: &Identity, now: Timestamp) -> Result<Credentials, AuthorityError> {
        self.issue(client_params(identity, now)?)
    }

    /// A certificate for the key of a PKCS#10 request. Everything else in the request is ignored: names come from the
    /// vendor's books. Errors if the request is not signed with its own key.
    pub fn sign_request(
        &self,
        csr_der: &[u8],
        identity: &Identity,
        now: Timestamp,
    ) -> Result<CertificateDer<'static>, AuthorityError> {
        if csr_der.len() > CSR_BYTES_MAX {
            return Err(AuthorityError::Unusable(format!("longer than {CSR_BYTES_MAX} bytes")));
        }
        let request = CertificateSigningRequestDer::from(csr_der);
        let mut request = CertificateSigningRequestParams::from_der(&request)?;
        request.params = client_params(identity, now)?;
        Ok(request.signed_by(&self.issuer)?.der().clone())
    }

    fn issue(&self, params: CertificateParams) -> Result<Credentials, AuthorityError> {
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?.der().clone();
        Ok(Credentials {
            certificate,
            ca: self.certificate.clone(),
            key: PrivatePkcs8KeyDer::from(key.serialize_der()),
        })
    }
}

fn params(common_name: &str, now: Timestamp, life: Duration) -> Result<CertificateParams, AuthorityError> {
    let now = i64::try_from(now.as_ms() / 1_000).ok().and_then(|s| OffsetDateTime::from_unix_timestamp(s).ok());
    let now = now.ok_or_else(|| AuthorityError::Unusable("the clock is out of range".to_owned()))?;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = now - LEEWAY;
    params.not_after = now + life;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    Ok(params)
}

fn client_params(identity: &Identity, now: Timestamp) -> Result<CertificateParams, AuthorityError> {
    let mut params = params(&identity.to_string(), now, LEAF_LIFE)?;
    params.subject_alt_names = vec![SanType::URI(identity.uri().try_into()?)];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    Ok(params)
}

/// A certificate, its private key, and the root that issued it.
pub struct Credentials {
    /// The holder's certificate.
    pub certificate: CertificateDer<'static>,
    /// The vendor's root.
    pub ca: CertificateDer<'static>,
    /// The holder's private key.
    pub key: PrivatePkcs8KeyDer<'static>,
}

impl Credentials {
    /// All three parts, for a file that nobody else may read.
    pub fn to_pem(&self) -> String {
        let mut pem = pem_block("CERTIFICATE", &self.certificate);
        pem.push_str(&pem_block("CERTIFICATE", &self.ca));
        pem.push_str(&pem_block("PRIVATE KEY", self.key.secret_pkcs8_der()));
        pem
    }

    /// What [`Credentials::to_pem`] wrote.
    pub fn from_pem(pem: &str) -> Result<Self, AuthorityError> {
        let mut certificates = CertificateDer::pem_slice_iter(pem.as_bytes());
        let mut next = |name| match certificates.next() {
            Some(Ok(certificate)) => Ok(certificate.into_owned()),
            _ => Err(AuthorityError::Missing(name)),
        };
        let certificate = next("certificate")?;
        let ca = next("certificate of the CA")?;
        let key = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes())
            .map_err(|_| AuthorityError::Missing("private key"))?
            .clone_key();
        Ok(Self { certificate, ca, key })
    }

    /// Who the holder is.
    pub fn identity(&self) -> Result<Identity, super::IdentityError> {
        Identity::of_certificate(&self.certificate)
    }

    pub(super) fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(self.key.clone_key())
    }
}

impl Clone for Credentials {
    fn clone(&self) -> Self {
        Self { certificate: self.certificate.clone(), ca: self.ca.clone(), key: self.key.clone_key() }
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(..)")
    }
}

/// A device's own key and what it needs to be enrolled.
pub struct DeviceKey(KeyPair);

impl DeviceKey {
    /// A new ECDSA P-256 key.
    pub fn generate() -> Result<Self, AuthorityError> {
        Ok(Self(KeyPair::generate()?))
    }

    /// From PKCS#8, as [`DeviceKey::to_pkcs8`] gives it.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, AuthorityError> {
        Ok(Self(KeyPair::try_from(der)?))
    }

    /// The private key as PKCS#8 in DER.
    pub fn to_pkcs8(&self) -> Vec<u8> {
        self.0.serialize_der()
    }

    /// A PKCS#10 request for a certificate, in DER.
    pub fn signing_request(&self) -> Result<Vec<u8>, AuthorityError> {
        let request = CertificateParams::default().serialize_request(&self.0)?;
        Ok(request.der().to_vec())
    }

    /// With the certificate that the vendor answered.
    pub fn into_credentials(self, certificate: CertificateDer<'static>, ca: CertificateDer<'static>) -> Credentials {
        Credentials { certificate, ca, key: PrivatePkcs8KeyDer::from(self.0.serialize_der()) }
    }
}

fn pem_block(label: &str, der: &[u8]) -> String {
    let body = data_encoding::BASE64.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in body.as_bytes().chunks(64) {
        pem.extend(line.iter().map(|b| char::from(*b)));
        pem.push('\n');
    }
    pem.push_str(&format!("-----END {label}-----\n"));
    pem
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_795_000_000_000);

    #[test]
    fn authority_and_credentials_survive_their_files() {
        let authority = Authority::generate(NOW).unwrap();
        let again = Authority::from_pem(&authority.to_pem()).unwrap();
        assert_eq!(again.fingerprint(), authority.fingerprint());

        let staff = Identity::Staff("sato".parse().unwrap());
        let credentials = again.issue_client(&staff, NOW).unwrap();
        let read = Credentials::from_pem(&credentials.to_pem()).unwrap();
        assert_eq!(read.identity().unwrap(), staff);
        assert_eq!(read.ca, *authority.certificate());
        assert_eq!(read.key, credentials.key);
    }

    #[test]
    fn a_device_gets_the_name_from_the_books_not_from_its_request() {
        let authority = Authority::generate(NOW).unwrap();
        let key = DeviceKey::generate().unwrap();
        let csr = key.signing_request().unwrap();
        let device = Identity::Device("MX-204-0001".parse().unwrap());
        let certificate = authority.sign_request(&csr, &device, NOW).unwrap();
        assert_eq!(Identity::of_certificate(&certificate).unwrap(), device);
    }

    #[test]
    fn an_altered_request_is_not_signed() {
        let authority = Authority::generate(NOW).unwrap();
        let mut csr = DeviceKey::generate().unwrap().signing_request().unwrap();
        let last = csr.len() - 1;
        csr[last] ^= 1;
        let device = Identity::Device("MX-204-0001".parse().unwrap());
        assert!(authority.sign_request(&csr, &device, NOW).is_err());
        assert!(authority.sign_request(&[0; CSR_BYTES_MAX + 1], &device, NOW).is_err());
        assert!(authority.sign_request(b"", &device, NOW).is_err());
    }

    #[test]
    fn a_file_that_lacks_a_part_says_which() {
        let credentials = Authority::generate(NOW).unwrap().issue_server(NOW).unwrap().to_pem();
        let (certificates, _key) = credentials.split_at(credentials.find("-----BEGIN PRIVATE").unwrap());
        let error = Credentials::from_pem(certificates).unwrap_err().to_string();
        assert_eq!(error, "the file has no private key");
        assert_eq!(Credentials::from_pem("").unwrap_err().to_string(), "the file has no certificate");
    }
}

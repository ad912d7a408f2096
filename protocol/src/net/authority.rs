//! The vendor's certificate authorities: the root, which panels pin and whose key can be kept away from every network, and
//! under it the issuing CA, which is online and makes every other certificate.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateSigningRequestDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};

use super::credentials::{certificates, pem_block};
use super::{CONTENT_NAME, Credentials, Identity, SERVER_NAME};
use crate::keys::{RootKey, RootSigningKey};
use crate::message::enrol::{CSR_BYTES_MAX, CertificateChain, CertificateChainError};
use crate::{CaFingerprint, Timestamp};

const ROOT_LIFE: Duration = Duration::days(365 * 30);
const ISSUER_LIFE: Duration = Duration::days(365 * 25);
const LEAF_LIFE: Duration = Duration::days(365 * 10);
/// Devices renew theirs by themselves.
const DEVICE_LIFE: Duration = Duration::days(365);
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

impl From<CertificateChainError> for AuthorityError {
    fn from(error: CertificateChainError) -> Self {
        Self::Unusable(error.to_string())
    }
}

/// The root and its private key.
pub struct Root {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    key: RootSigningKey,
}

impl Root {
    /// A new root with a new ECDSA P-256 key.
    pub fn generate(now: Timestamp) -> Result<Self, AuthorityError> {
        let key = KeyPair::generate()?;
        let params = ca_params("Kobai vendor root", 1, now, ROOT_LIFE)?;
        let certificate = params.self_signed(&key)?.der().clone();
        Self::of(certificate, key)
    }

    /// The root from what [`Root::to_pem`] wrote.
    pub fn from_pem(pem: &str) -> Result<Self, AuthorityError> {
        let certificate = certificates(pem).next().ok_or(AuthorityError::Missing("certificate"))??;
        Self::of(certificate, key_pair(pem)?)
    }

    fn of(certificate: CertificateDer<'static>, key: KeyPair) -> Result<Self, AuthorityError> {
        let unusable = |error| AuthorityError::Unusable(format!("{error}"));
        let signing = RootSigningKey::from_pkcs8(&key.serialize_der()).map_err(unusable)?;
        if signing.root_key() != root_key(&certificate)? {
            return Err(AuthorityError::Unusable("the key is not that of the certificate".to_owned()));
        }
        let issuer = Issuer::from_ca_cert_der(&certificate, key)?;
        Ok(Self { certificate, issuer, key: signing })
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

    /// Signs lists of keys.
    pub const fn key(&self) -> &RootSigningKey {
        &self.key
    }

    /// A new issuing CA with a new key. It can make certificates of servers and clients, but no further CA.
    pub fn issue_authority(&self, now: Timestamp) -> Result<Authority, AuthorityError> {
        let key = KeyPair::generate()?;
        let params = ca_params("Kobai vendor issuing CA", 0, now, ISSUER_LIFE)?;
        let certificate = params.signed_by(&key, &self.issuer)?.der().clone();
        let issuer = Issuer::from_ca_cert_der(&certificate, key)?;
        Ok(Authority { certificate, root: self.certificate.clone(), issuer })
    }
}

/// The issuing CA, its private key, and the root above it.
pub struct Authority {
    certificate: CertificateDer<'static>,
    root: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// The issuing CA from what [`Authority::to_pem`] wrote.
    pub fn from_pem(pem: &str) -> Result<Self, AuthorityError> {
        let mut certificates = certificates(pem);
        let certificate = certificates.next().ok_or(AuthorityError::Missing("certificate"))??;
        let root = certificates.next().ok_or(AuthorityError::Missing("certificate of the root"))??;
        let issuer = Issuer::from_ca_cert_der(&certificate, key_pair(pem)?)?;
        Ok(Self { certificate, root, issuer })
    }

    /// Both certificates and the private key, for a file that nobody else may read.
    pub fn to_pem(&self) -> String {
        let mut pem = pem_block("CERTIFICATE", &self.certificate);
        pem.push_str(&pem_block("CERTIFICATE", &self.root));
        pem.push_str(&self.issuer.key().serialize_pem());
        pem
    }

    /// The root's certificate.
    pub const fn root(&self) -> &CertificateDer<'static> {
        &self.root
    }

    /// What panels pin: the root's.
    pub fn fingerprint(&self) -> CaFingerprint {
        CaFingerprint::of(&self.root)
    }

    /// What verifies the root's signatures.
    pub fn root_key(&self) -> Result<RootKey, AuthorityError> {
        root_key(&self.root)
    }

    /// The chain of a certificate that this CA has issued.
    pub fn chain(&self, certificate: Vec<u8>) -> Result<CertificateChain, AuthorityError> {
        Ok(CertificateChain::new(vec![certificate, self.certificate.to_vec()])?)
    }

    /// The customer service's certificate with a new key. It can be the distribution service as well.
    pub fn issue_server(&self, now: Timestamp) -> Result<Credentials, AuthorityError> {
        self.issue(server_params("Kobai vendor server", &[SERVER_NAME, CONTENT_NAME], now)?)
    }

    /// The certificate, with a new key, that a distribution service on a host of its own serves with. It is good for nothing
    /// else.
    pub fn issue_content_server(&self, now: Timestamp) -> Result<Credentials, AuthorityError> {
        self.issue(server_params("Kobai distribution service", &[CONTENT_NAME], now)?)
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
            chain: vec![certificate, self.certificate.clone()],
            root: self.root.clone(),
            key: PrivatePkcs8KeyDer::from(key.serialize_der()),
        })
    }
}

/// The public key of a root's certificate.
pub(super) fn root_key(certificate: &CertificateDer<'_>) -> Result<RootKey, AuthorityError> {
    let unusable = || AuthorityError::Unusable("the root has no ECDSA key on P-256".to_owned());
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).map_err(|_| unusable())?;
    RootKey::from_point(&parsed.public_key().subject_public_key.data).ok_or_else(unusable)
}

fn key_pair(pem: &str) -> Result<KeyPair, AuthorityError> {
    let key = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| AuthorityError::Missing("private key"))?;
    Ok(KeyPair::try_from(&key)?)
}

fn ca_params(name: &str, below: u8, now: Timestamp, life: Duration) -> Result<CertificateParams, AuthorityError> {
    let mut params = params(name, now, life)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(below));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
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

fn server_params(common_name: &str, names: &[&str], now: Timestamp) -> Result<CertificateParams, AuthorityError> {
    let mut params = params(common_name, now, LEAF_LIFE)?;
    for name in names {
        params.subject_alt_names.push(SanType::DnsName((*name).try_into()?));
    }
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params)
}

fn client_params(identity: &Identity, now: Timestamp) -> Result<CertificateParams, AuthorityError> {
    let life = if matches!(identity, Identity::Device(_)) { DEVICE_LIFE } else { LEAF_LIFE };
    let mut params = params(&identity.to_string(), now, life)?;
    params.subject_alt_names = vec![SanType::URI(identity.uri().try_into()?)];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    Ok(params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::DeviceKey;

    const NOW: Timestamp = Timestamp::from_ms(1_795_000_000_000);

    #[test]
    fn root_authority_and_credentials_survive_their_files() {
        let root = Root::generate(NOW).unwrap();
        let root = Root::from_pem(&root.to_pem()).unwrap();
        let authority = root.issue_authority(NOW).unwrap();
        let again = Authority::from_pem(&authority.to_pem()).unwrap();
        assert_eq!((again.fingerprint(), again.root()), (root.fingerprint(), root.certificate()));
        assert_eq!(again.root_key().unwrap(), root.key().root_key());

        let staff = Identity::Staff("sato".parse().unwrap());
        let credentials = again.issue_client(&staff, NOW).unwrap();
        let read = Credentials::from_pem(&credentials.to_pem()).unwrap();
        assert_eq!(read.identity().unwrap(), staff);
        assert_eq!((&read.chain, &read.root), (&credentials.chain, root.certificate()));
        assert_eq!(read.root_key().unwrap(), root.key().root_key());
        assert_eq!(read.key, credentials.key);
    }

    #[test]
    fn a_device_gets_the_name_from_the_books_not_from_its_request() {
        let authority = Root::generate(NOW).unwrap().issue_authority(NOW).unwrap();
        let key = DeviceKey::generate().unwrap();
        let csr = key.signing_request().unwrap();
        let device = Identity::Device("MX-204-0001".parse().unwrap());
        let certificate = authority.sign_request(&csr, &device, NOW).unwrap();
        assert_eq!(Identity::of_certificate(&certificate).unwrap(), device);
    }

    #[test]
    fn a_devices_certificate_is_good_for_a_year_and_a_day_of_leeway_before() {
        let authority = Root::generate(NOW).unwrap().issue_authority(NOW).unwrap();
        let device = Identity::Device("MX-204-0001".parse().unwrap());
        let credentials = authority.issue_client(&device, NOW).unwrap();
        let term = crate::net::certificate_term(&credentials.chain[0]).unwrap();
        assert_eq!(term.from.plus_days(1), NOW);
        assert_eq!(term.until, NOW.plus_days(365).plus_ms(1_000));
        assert!(crate::net::certificate_term(b"none").is_err());
    }

    #[test]
    fn an_altered_request_is_not_signed() {
        let authority = Root::generate(NOW).unwrap().issue_authority(NOW).unwrap();
        let mut csr = DeviceKey::generate().unwrap().signing_request().unwrap();
        let last = csr.len() - 1;
        csr[last] ^= 1;
        let device = Identity::Device("MX-204-0001".parse().unwrap());
        assert!(authority.sign_request(&csr, &device, NOW).is_err());
        assert!(authority.sign_request(&[0; CSR_BYTES_MAX + 1], &device, NOW).is_err());
        assert!(authority.sign_request(b"", &device, NOW).is_err());
    }

    #[test]
    fn a_root_with_the_key_of_another_is_no_root() {
        let (root, other) = (Root::generate(NOW).unwrap().to_pem(), Root::generate(NOW).unwrap().to_pem());
        let key = |pem: &str| pem.find("-----BEGIN PRIVATE").unwrap();
        assert!(Root::from_pem(&format!("{}{}", &root[..key(&root)], &other[key(&other)..])).is_err());
        assert!(Root::from_pem(&root[..key(&root)]).is_err());
    }
}

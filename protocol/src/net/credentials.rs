//! What a holder of a certificate has: the chain up to the root, the root, and the private key.

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::authority::root_key;
use super::{AuthorityError, Identity, IdentityError};
use crate::CaFingerprint;
use crate::keys::RootKey;
use crate::message::enrol::CertificateChain;

/// A certificate with its chain, the root above it, and its private key.
pub struct Credentials {
    /// The holder's certificate, then that of its issuer and so on, without the root. Never empty.
    pub chain: Vec<CertificateDer<'static>>,
    /// The vendor's root.
    pub root: CertificateDer<'static>,
    /// The holder's private key.
    pub key: PrivatePkcs8KeyDer<'static>,
}

impl Credentials {
    /// All parts, for a file that nobody else may read.
    pub fn to_pem(&self) -> String {
        let certificates = self.chain.iter().chain([&self.root]);
        let mut pem: String = certificates.map(|certificate| pem_block("CERTIFICATE", certificate)).collect();
        pem.push_str(&pem_block("PRIVATE KEY", self.key.secret_pkcs8_der()));
        pem
    }

    /// What [`Credentials::to_pem`] wrote: the last certificate is the root.
    pub fn from_pem(pem: &str) -> Result<Self, AuthorityError> {
        let mut chain =
            certificates(pem).take(CertificateChain::CERTIFICATES_MAX + 2).collect::<Result<Vec<_>, _>>()?;
        if chain.len() > CertificateChain::CERTIFICATES_MAX + 1 {
            return Err(AuthorityError::Unusable("the chain is too long".to_owned()));
        }
        let root = chain.pop().ok_or(AuthorityError::Missing("certificate"))?;
        if chain.is_empty() {
            return Err(AuthorityError::Missing("certificate of the root"));
        }
        let key = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes())
            .map_err(|_| AuthorityError::Missing("private key"))?
            .clone_key();
        Ok(Self { chain, root, key })
    }

    /// What panels pin: the root's.
    pub fn fingerprint(&self) -> CaFingerprint {
        CaFingerprint::of(&self.root)
    }

    /// What verifies the root's signatures.
    pub fn root_key(&self) -> Result<RootKey, AuthorityError> {
        root_key(&self.root)
    }

    /// Who the holder is.
    pub fn identity(&self) -> Result<Identity, IdentityError> {
        Identity::of_certificate(self.chain.first().ok_or(IdentityError)?)
    }

    pub(super) fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(self.key.clone_key())
    }
}

impl Clone for Credentials {
    fn clone(&self) -> Self {
        Self { chain: self.chain.clone(), root: self.root.clone(), key: self.key.clone_key() }
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

    /// With the chain that the vendor answered, and the root that is pinned.
    pub fn into_credentials(self, chain: &CertificateChain, root: CertificateDer<'static>) -> Credentials {
        let chain = chain.certificates().iter().map(|der| CertificateDer::from(der.clone())).collect();
        Credentials { chain, root, key: PrivatePkcs8KeyDer::from(self.0.serialize_der()) }
    }
}

/// The certificates of a PEM file, in order.
pub(super) fn certificates(pem: &str) -> impl Iterator<Item = Result<CertificateDer<'static>, AuthorityError>> {
    CertificateDer::pem_slice_iter(pem.as_bytes())
        .map(|found| found.map_err(|error| AuthorityError::Unusable(error.to_string())))
}

/// A part of a PEM file.
pub(super) fn pem_block(label: &str, der: &[u8]) -> String {
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
    use crate::Timestamp;
    use crate::net::Root;

    const NOW: Timestamp = Timestamp::from_ms(1_795_000_000_000);

    #[test]
    fn a_file_that_lacks_a_part_says_which() {
        let credentials =
            Root::generate(NOW).unwrap().issue_authority(NOW).unwrap().issue_server(NOW).unwrap().to_pem();
        let (certificates, _key) = credentials.split_at(credentials.find("-----BEGIN PRIVATE").unwrap());
        let error = Credentials::from_pem(certificates).unwrap_err().to_string();
        assert_eq!(error, "the file has no private key");
        assert_eq!(Credentials::from_pem("").unwrap_err().to_string(), "the file has no certificate");
    }
}

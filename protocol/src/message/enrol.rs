//! `kobai-enrol/1`: a registered device with an activation code gets its certificate. The device is not yet known, so
//! this is the one service without a client certificate.

use serde::{Deserialize, Serialize};

use crate::keys::{KeyList, RootSigned};
use crate::{ActivationCode, DeviceSerial};

/// Largest certificate signing request, in bytes.
pub const CSR_BYTES_MAX: usize = 4_096;

/// What a device that has no certificate can ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum EnrolRequest {
    /// A certificate for a new key. Repeated with the same key it is answered alike, so a lost answer costs nothing;
    /// with another key the code counts as used.
    Enrol {
        /// The factory ID, as staff registered it.
        serial: DeviceSerial,
        /// The one-time code that staff handed over.
        code: ActivationCode,
        /// A PKCS#10 certificate signing request in DER, at most [`CSR_BYTES_MAX`] bytes. Only its key counts.
        csr: Vec<u8>,
    },
}

/// What it is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum EnrolReply {
    /// The device is enrolled.
    Enrolled {
        /// The device's certificate and those of the CAs that it needs below the root.
        chain: CertificateChain,
        /// The keys whose signatures count.
        keys: RootSigned<KeyList>,
    },
}

/// Certificates in DER: the holder's, then that of its issuer and so on, without the root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Vec<u8>>", into = "Vec<Vec<u8>>")]
pub struct CertificateChain(Vec<Vec<u8>>);

/// No chain: empty, too many certificates, or one that is empty or too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a chain has 1 to {} certificates of at most {} bytes",
    CertificateChain::CERTIFICATES_MAX,
    CertificateChain::CERTIFICATE_BYTES_MAX
)]
pub struct CertificateChainError;

impl CertificateChain {
    /// Most certificates.
    pub const CERTIFICATES_MAX: usize = 4;
    /// Largest certificate, in bytes.
    pub const CERTIFICATE_BYTES_MAX: usize = 4_096;

    /// A chain of these certificates.
    pub fn new(certificates: Vec<Vec<u8>>) -> Result<Self, CertificateChainError> {
        let number = (1..=Self::CERTIFICATES_MAX).contains(&certificates.len());
        let lengths = certificates.iter().all(|der| (1..=Self::CERTIFICATE_BYTES_MAX).contains(&der.len()));
        if number && lengths { Ok(Self(certificates)) } else { Err(CertificateChainError) }
    }

    /// The certificates, the holder's first.
    pub fn certificates(&self) -> &[Vec<u8>] {
        &self.0
    }
}

impl TryFrom<Vec<Vec<u8>>> for CertificateChain {
    type Error = CertificateChainError;
    fn try_from(certificates: Vec<Vec<u8>>) -> Result<Self, Self::Error> {
        Self::new(certificates)
    }
}

impl From<CertificateChain> for Vec<Vec<u8>> {
    fn from(chain: CertificateChain) -> Self {
        chain.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec;

    #[test]
    fn a_chain_is_neither_empty_nor_long_nor_of_huge_certificates() {
        let max = CertificateChain::CERTIFICATE_BYTES_MAX;
        for (certificates, good) in [
            (vec![vec![0; max]; 4], true),
            (vec![], false),
            (vec![vec![]], false),
            (vec![vec![0]; 5], false),
            (vec![vec![0; max + 1]], false),
        ] {
            assert_eq!(CertificateChain::new(certificates.clone()).is_ok(), good);
            assert_eq!(codec::decode::<CertificateChain>(&codec::encode(&certificates)).is_ok(), good);
        }
    }
}

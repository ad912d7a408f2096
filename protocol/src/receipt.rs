//! Erase receipts: a device says, signed with the key of its certificate, that the key of a licence is destroyed.

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use crate::licence::EndReason;
use crate::signed::SignatureError;
use crate::{DeviceSerial, Digest, LicenceId, Timestamp, codec};

/// What is signed comes after this and a zero byte.
const CONTEXT: &[u8] = b"kobai erase receipt 1\0";

/// What a device has erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EraseReceipt {
    /// Which device.
    pub device: DeviceSerial,
    /// Whose key is destroyed.
    pub licence: LicenceId,
    /// The package that the key opened.
    pub package: Digest,
    /// Why the licence ended.
    pub reason: EndReason,
    /// When, by the device's clock.
    pub erased_at: Timestamp,
    /// For licences that were charged by use: all uses there were.
    pub used: Option<u64>,
}

/// A receipt as the bytes that were signed, and the signature: ECDSA P-256 with SHA-256, 64 bytes, as two halves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedReceipt {
    /// An encoded [`EraseReceipt`].
    pub bytes: Vec<u8>,
    /// First half of the signature.
    pub r: [u8; 32],
    /// Second half of the signature.
    pub s: [u8; 32],
}

impl SignedReceipt {
    /// Signs with a device's private key in PKCS#8.
    pub fn sign(receipt: &EraseReceipt, key_pkcs8: &[u8]) -> Result<Self, SignatureError> {
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key_pkcs8, &random)
            .map_err(|_| SignatureError::Key)?;
        let bytes = codec::encode(receipt);
        let signature = key.sign(&random, &[CONTEXT, &bytes].concat()).map_err(|_| SignatureError::Key)?;
        let (mut r, mut s) = ([0; 32], [0; 32]);
        r.copy_from_slice(&signature.as_ref()[..32]);
        s.copy_from_slice(&signature.as_ref()[32..]);
        Ok(Self { bytes, r, s })
    }

    /// What it says, whoever signed it: enough to look for it, and for nothing else.
    pub fn unverified(&self) -> Result<EraseReceipt, SignatureError> {
        Ok(codec::decode(&self.bytes)?)
    }

    /// The receipt, if this key signed it: an uncompressed point of P-256, as in the device's certificate.
    pub fn verify(&self, public_key: &[u8]) -> Result<EraseReceipt, SignatureError> {
        let signature = [self.r, self.s].concat();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public_key)
            .verify(&[CONTEXT, &self.bytes].concat(), &signature)
            .map_err(|_| SignatureError::Invalid)?;
        Ok(codec::decode(&self.bytes)?)
    }
}

#[cfg(test)]
mod tests {
    use ring::signature::KeyPair as _;
    use uuid::Uuid;

    use super::*;

    fn key() -> (Vec<u8>, Vec<u8>) {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
        (pkcs8.as_ref().to_vec(), pair.public_key().as_ref().to_vec())
    }

    #[test]
    fn a_receipt_counts_for_its_key_and_its_bytes_only() {
        let receipt = EraseReceipt {
            device: "MX-204-0001".parse().unwrap(),
            licence: LicenceId(Uuid::from_u128(7)),
            package: Digest([1; 32]),
            reason: EndReason::UsedUp,
            erased_at: Timestamp::from_ms(9),
            used: Some(3),
        };
        let ((private, public), (_, other)) = (key(), key());
        let signed = SignedReceipt::sign(&receipt, &private).unwrap();
        assert_eq!(signed.verify(&public), Ok(receipt));
        assert_eq!(signed.verify(&other), Err(SignatureError::Invalid));
        assert_eq!(signed.verify(b"no key"), Err(SignatureError::Invalid));
        let mut altered = signed.clone();
        altered.bytes[0] ^= 1;
        assert_eq!(altered.verify(&public), Err(SignatureError::Invalid));
        let mut altered = signed;
        altered.s[31] ^= 1;
        assert_eq!(altered.verify(&public), Err(SignatureError::Invalid));
    }
}

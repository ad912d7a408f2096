//! Ed25519 signatures over encoded values. What is signed travels as the exact bytes that were signed, and names the key
//! that signed it; whether that key counts is said by the list of keys ([`crate::keys`]).

use std::fmt;
use std::marker::PhantomData;

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::codec;
use crate::keys::{KeyId, KeyRole};

/// A type that is signed. The context keeps a signature over one type from counting for another.
pub trait Signable: Serialize + DeserializeOwned {
    /// Unique among all signed types; changes with the type's layout.
    const CONTEXT: &'static str;
    /// The keys that may sign it.
    const ROLE: KeyRole;
}

/// Why a signed value is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Not signed by this key, or altered.
    #[error("the signature is not valid")]
    Invalid,
    /// The key is not in the list.
    #[error("key {0} is not known")]
    UnknownKey(KeyId),
    /// The key no longer counts.
    #[error("key {0} is revoked")]
    Revoked(KeyId),
    /// The key may sign, but not this.
    #[error("key {0} may not sign this")]
    WrongRole(KeyId),
    /// Signed, but not a value of this type.
    #[error(transparent)]
    Decode(#[from] codec::DecodeError),
    /// The private key file is not a key of this kind in PKCS#8.
    #[error("the signing key is not a usable key in PKCS#8")]
    Key,
}

/// A value of type `T`, as the bytes that were signed, the key that signed them, and the signature. The value comes out
/// of it through [`crate::keys::KeyRing::verify`] only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Signed<T> {
    key: KeyId,
    bytes: Vec<u8>,
    signature: Signature,
    #[serde(skip)]
    of: PhantomData<fn() -> T>,
}

/// 64 bytes, as two halves because serde stops at 32.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Signature([u8; 32], [u8; 32]);

impl<T: Signable> Signed<T> {
    /// Signs a value.
    pub fn new(value: &T, key: &SigningKey) -> Self {
        Self::of_bytes(codec::encode(value), key)
    }

    /// The same value, signed with another key.
    #[must_use]
    pub fn signed_again(&self, key: &SigningKey) -> Self {
        Self::of_bytes(self.bytes.clone(), key)
    }

    fn of_bytes(bytes: Vec<u8>, key: &SigningKey) -> Self {
        let signature = key.sign(&message(T::CONTEXT, &bytes));
        Self { key: key.verify_key().id(), bytes, signature, of: PhantomData }
    }

    /// Which key claims to have signed it.
    pub const fn key(&self) -> KeyId {
        self.key
    }

    /// The value, if `key` signed it.
    pub(crate) fn open(&self, key: &VerifyKey) -> Result<T, SignatureError> {
        key.verify(&message(T::CONTEXT, &self.bytes), &self.signature)?;
        Ok(codec::decode(&self.bytes)?)
    }
}

impl<T> fmt::Debug for Signed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signed({} bytes)", self.bytes.len())
    }
}

pub(crate) fn message(context: &str, bytes: &[u8]) -> Vec<u8> {
    [context.as_bytes(), &[0], bytes].concat()
}

/// A private Ed25519 key.
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// A new key as PKCS#8, for a file.
    pub fn generate_pkcs8() -> Result<Vec<u8>, SignatureError> {
        let random = ring::rand::SystemRandom::new();
        let document = Ed25519KeyPair::generate_pkcs8(&random).map_err(|_| SignatureError::Key)?;
        Ok(document.as_ref().to_vec())
    }

    /// From PKCS#8, as [`SigningKey::generate_pkcs8`] makes it.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, SignatureError> {
        Ed25519KeyPair::from_pkcs8(der).map(Self).map_err(|_| SignatureError::Key)
    }

    /// From 32 bytes of seed, for tests with fixed keys.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        // Every 32 bytes are a valid Ed25519 seed.
        #[allow(clippy::expect_used)]
        Self(Ed25519KeyPair::from_seed_unchecked(seed).expect("32 bytes"))
    }

    /// The public half.
    pub fn verify_key(&self) -> VerifyKey {
        let mut key = [0; 32];
        key.copy_from_slice(self.0.public_key().as_ref());
        VerifyKey(key)
    }

    fn sign(&self, message: &[u8]) -> Signature {
        let signature = self.0.sign(message);
        let (mut first, mut second) = ([0; 32], [0; 32]);
        first.copy_from_slice(&signature.as_ref()[..32]);
        second.copy_from_slice(&signature.as_ref()[32..]);
        Signature(first, second)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// A public Ed25519 key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VerifyKey(pub [u8; 32]);

impl VerifyKey {
    /// Its name.
    pub fn id(&self) -> KeyId {
        KeyId::of(self)
    }

    fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), SignatureError> {
        let signature = [signature.0, signature.1].concat();
        UnparsedPublicKey::new(&ED25519, self.0).verify(message, &signature).map_err(|_| SignatureError::Invalid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Apple(u32);
    impl Signable for Apple {
        const CONTEXT: &'static str = "apple";
        const ROLE: KeyRole = KeyRole::Release;
    }
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Pear(u32);
    impl Signable for Pear {
        const CONTEXT: &'static str = "pear";
        const ROLE: KeyRole = KeyRole::Release;
    }

    #[test]
    fn a_signature_counts_for_its_key_its_bytes_and_its_type_only() {
        let key = SigningKey::from_seed(&[1; 32]);
        let signed = Signed::new(&Apple(7), &key);
        assert_eq!(signed.open(&key.verify_key()), Ok(Apple(7)));

        let other = SigningKey::from_seed(&[2; 32]).verify_key();
        assert_eq!(signed.open(&other), Err(SignatureError::Invalid));

        let mut altered = signed.clone();
        altered.bytes[0] ^= 1;
        assert_eq!(altered.open(&key.verify_key()), Err(SignatureError::Invalid));

        let pear: Signed<Pear> = codec::decode(&codec::encode(&signed)).unwrap();
        assert_eq!(pear.open(&key.verify_key()), Err(SignatureError::Invalid));
    }

    #[test]
    fn signed_again_it_says_the_same_and_names_the_other_key() {
        let (key, other) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
        let again = Signed::new(&Apple(7), &key).signed_again(&other);
        assert_eq!(again.open(&other.verify_key()), Ok(Apple(7)));
        assert_eq!(again.key(), other.verify_key().id());
        assert_eq!(again.open(&key.verify_key()), Err(SignatureError::Invalid));
    }
}

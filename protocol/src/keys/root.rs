//! What the root signs: ECDSA on P-256 with SHA-256, because the root is an X.509 certificate authority of that kind and
//! panels pin nothing else.

use std::fmt;
use std::marker::PhantomData;

use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::codec;
use crate::signed::{SignatureError, message};

/// A type that the root signs.
pub trait RootSignable: Serialize + DeserializeOwned {
    /// Unique among all signed types; changes with the type's layout.
    const CONTEXT: &'static str;
}

/// The public key of the root: a point on P-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootKey {
    x: [u8; 32],
    y: [u8; 32],
}

impl RootKey {
    /// From an uncompressed point (SEC 1): `04`, then both coordinates. Whether it is on the curve shows when it is used.
    pub fn from_point(point: &[u8]) -> Option<Self> {
        let (tag, coordinates) = point.split_first()?;
        let (x, y) = coordinates.split_at_checked(32)?;
        (*tag == 4).then_some(())?;
        Some(Self { x: x.try_into().ok()?, y: y.try_into().ok()? })
    }

    fn point(&self) -> [u8; 65] {
        let mut point = [4; 65];
        point[1..33].copy_from_slice(&self.x);
        point[33..].copy_from_slice(&self.y);
        point
    }
}

/// A value of type `T`, as the bytes that were signed, and the root's signature.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct RootSigned<T> {
    bytes: Vec<u8>,
    /// Both numbers of the signature, big-endian.
    r: [u8; 32],
    s: [u8; 32],
    #[serde(skip)]
    of: PhantomData<fn() -> T>,
}

impl<T: RootSignable> RootSigned<T> {
    /// The value, if the root signed it.
    pub fn verify(&self, root: &RootKey) -> Result<T, SignatureError> {
        let signature = [self.r, self.s].concat();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, root.point())
            .verify(&message(T::CONTEXT, &self.bytes), &signature)
            .map_err(|_| SignatureError::Invalid)?;
        Ok(codec::decode(&self.bytes)?)
    }
}

impl<T> fmt::Debug for RootSigned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RootSigned({} bytes)", self.bytes.len())
    }
}

/// The root's private key.
pub struct RootSigningKey(EcdsaKeyPair);

impl RootSigningKey {
    /// From PKCS#8.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, SignatureError> {
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &SystemRandom::new());
        key.map(Self).map_err(|_| SignatureError::Key)
    }

    /// The public half.
    pub fn root_key(&self) -> RootKey {
        // The public half of a P-256 key is an uncompressed point.
        #[allow(clippy::expect_used)]
        RootKey::from_point(self.0.public_key().as_ref()).expect("a point")
    }

    /// Signs a value.
    pub fn sign<T: RootSignable>(&self, value: &T) -> Result<RootSigned<T>, SignatureError> {
        let bytes = codec::encode(value);
        let signature = self.0.sign(&SystemRandom::new(), &message(T::CONTEXT, &bytes));
        let signature = signature.map_err(|_| SignatureError::Key)?;
        let (mut r, mut s) = ([0; 32], [0; 32]);
        r.copy_from_slice(&signature.as_ref()[..32]);
        s.copy_from_slice(&signature.as_ref()[32..]);
        Ok(RootSigned { bytes, r, s, of: PhantomData })
    }
}

impl fmt::Debug for RootSigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootSigningKey(..)")
    }
}

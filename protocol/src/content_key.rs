//! The key that a package is encrypted with: no licence, no key; no key, no use.

use std::fmt;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::package::{CHUNK_STORED_MAX, Manifest, TAG_LEN};

/// An AES-256-GCM key, one for each release, wiped from memory when dropped and absent from every log.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContentKey([u8; 32]);

/// A chunk that does not decrypt: the key is another release's, or the bytes are not what was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the chunk does not decrypt with this key")]
pub struct ChunkError;

impl ContentKey {
    /// A key from 32 random bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key itself, for the vault.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A cipher for the chunks of one release.
    pub fn cipher(&self, release: ReleaseContext) -> ChunkCipher {
        // 32 bytes are always a valid AES-256 key.
        #[allow(clippy::expect_used)]
        let key = UnboundKey::new(&AES_256_GCM, &self.0).expect("32 bytes");
        ChunkCipher { key: LessSafeKey::new(key), release }
    }
}

impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentKey(..)")
    }
}

/// Binds a chunk to its release, so that no chunk of one decrypts as part of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReleaseContext([u8; 32]);

impl ReleaseContext {
    /// The context of `option`'s release `version` with `content_bytes` of content.
    pub fn new(option: &crate::OptionId, version: crate::ReleaseVersion, content_bytes: u64) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("kobai release context 1");
        hasher.update(&(option.as_str().len() as u64).to_le_bytes());
        hasher.update(option.as_str().as_bytes());
        hasher.update(&version.0.to_le_bytes());
        hasher.update(&content_bytes.to_le_bytes());
        Self(hasher.finalize().into())
    }
}

impl From<&Manifest> for ReleaseContext {
    fn from(manifest: &Manifest) -> Self {
        Self::new(&manifest.option, manifest.version, manifest.content_bytes)
    }
}

/// Seals and opens the chunks of one release.
///
/// Chunk `i` is sealed with the nonce `i` (96 bits, little-endian) and the release context as associated data. A key
/// seals one release only, so no nonce is ever used twice with it.
pub struct ChunkCipher {
    key: LessSafeKey,
    release: ReleaseContext,
}

impl ChunkCipher {
    fn nonce(index: u32) -> Nonce {
        let mut nonce = [0; 12];
        nonce[..4].copy_from_slice(&index.to_le_bytes());
        Nonce::assume_unique_for_key(nonce)
    }

    /// Encrypts `chunk` in place and appends the tag.
    pub fn seal(&self, index: u32, chunk: &mut Vec<u8>) -> Result<(), ChunkError> {
        if chunk.len() > CHUNK_STORED_MAX - TAG_LEN {
            return Err(ChunkError);
        }
        self.key.seal_in_place_append_tag(Self::nonce(index), Aad::from(self.release.0), chunk).map_err(|_| ChunkError)
    }

    /// Decrypts `chunk` in place; what it returns is the content, a prefix of `chunk`.
    pub fn open<'a>(&self, index: u32, chunk: &'a mut [u8]) -> Result<&'a mut [u8], ChunkError> {
        self.key.open_in_place(Self::nonce(index), Aad::from(self.release.0), chunk).map_err(|_| ChunkError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cipher(key: u8, option: &str) -> ChunkCipher {
        let release = ReleaseContext::new(&option.parse().unwrap(), crate::ReleaseVersion(1), 5);
        ContentKey::from_bytes([key; 32]).cipher(release)
    }

    #[test]
    fn a_chunk_opens_only_with_its_key_its_place_and_its_release() {
        let mut sealed = b"hello".to_vec();
        cipher(1, "ocr-package").seal(3, &mut sealed).unwrap();
        assert_eq!(sealed.len(), 5 + TAG_LEN);
        assert_eq!(cipher(1, "ocr-package").open(3, &mut sealed.clone()).unwrap(), b"hello");
        assert_eq!(cipher(2, "ocr-package").open(3, &mut sealed.clone()), Err(ChunkError));
        assert_eq!(cipher(1, "ocr-package").open(4, &mut sealed.clone()), Err(ChunkError));
        assert_eq!(cipher(1, "qr-package").open(3, &mut sealed.clone()), Err(ChunkError));
        sealed[0] ^= 1;
        assert_eq!(cipher(1, "ocr-package").open(3, &mut sealed), Err(ChunkError));
    }

    #[test]
    fn a_key_is_never_printed() {
        assert_eq!(format!("{:?}", ContentKey::from_bytes([9; 32])), "ContentKey(..)");
    }
}

//! Which keys count: a list that the vendor's root signs, as in the root role of The Update Framework. Keys sign for one
//! purpose; a new list brings new keys and takes old ones away, and nobody has to touch the devices for it.

mod list;
mod request;
mod root;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::signed::{Signable, SignatureError, Signed, VerifyKey};
pub use list::{KeyList, KeyListError};
pub use request::{KEY_FILE_BYTES_MAX, KeyFileError, KeyRequest};
pub use root::{RootKey, RootSignable, RootSigned, RootSigningKey};

/// What a key may sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum KeyRole {
    /// Catalogues and manifests.
    Release,
    /// Tickets and licences.
    Licence,
}

impl KeyRole {
    /// Every role.
    pub const ALL: [Self; 2] = [Self::Release, Self::Licence];

    /// The stable name for scripts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Licence => "licence",
        }
    }
}

impl fmt::Display for KeyRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The name of a key: 16 bytes of a hash of its public half; 32 hexadecimal digits as text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId([u8; 16]);

/// Not 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key's name is 32 hexadecimal digits")]
pub struct KeyIdError;

impl KeyId {
    /// The name of this key.
    pub fn of(key: &VerifyKey) -> Self {
        let hash = blake3::derive_key("kobai key id 1", &key.0);
        let mut id = [0; 16];
        id.copy_from_slice(&hash[..16]);
        Self(id)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key {self}")
    }
}

impl FromStr for KeyId {
    type Err = KeyIdError;
    fn from_str(text: &str) -> Result<Self, KeyIdError> {
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| KeyIdError)?;
        bytes.try_into().map(Self).map_err(|_| KeyIdError)
    }
}

/// A key and what it may sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyEntry {
    /// The public half.
    pub key: VerifyKey,
    /// What it may sign.
    pub role: KeyRole,
}

impl KeyEntry {
    /// The key's name.
    pub fn id(&self) -> KeyId {
        self.key.id()
    }
}

/// A list of keys that the root has signed: the one way from a [`Signed`] value to the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRing {
    list: KeyList,
    ids: Vec<(KeyId, KeyEntry)>,
}

impl KeyRing {
    /// The ring of a list, if the root has signed it.
    pub fn open(list: &RootSigned<KeyList>, root: &RootKey) -> Result<Self, SignatureError> {
        let list = list.verify(root)?;
        let ids = list.keys().iter().map(|entry| (entry.id(), *entry)).collect();
        Ok(Self { list, ids })
    }

    /// The list.
    pub const fn list(&self) -> &KeyList {
        &self.list
    }

    /// The list's version.
    pub const fn version(&self) -> u64 {
        self.list.version()
    }

    /// Whether signatures of this key count.
    pub fn is_in_force(&self, id: KeyId) -> bool {
        self.find(id).is_some()
    }

    /// Whether a newer list may know this key. A revoked one never counts again.
    pub fn may_be_newer(&self, id: KeyId) -> bool {
        !self.is_in_force(id) && !self.list.revoked().contains(&id)
    }

    /// Whether a key is in force here that `known` knows to be revoked: no list leads back there, whoever signed it.
    pub fn revives_a_key_of(&self, known: &Self) -> bool {
        known.list.revoked().iter().any(|id| self.is_in_force(*id))
    }

    /// The value, if a key signed it that is in the list and may.
    pub fn verify<T: Signable>(&self, signed: &Signed<T>) -> Result<T, SignatureError> {
        let id = signed.key();
        let Some(entry) = self.find(id) else {
            let revoked = self.list.revoked().contains(&id);
            return Err(if revoked { SignatureError::Revoked(id) } else { SignatureError::UnknownKey(id) });
        };
        if entry.role != T::ROLE {
            return Err(SignatureError::WrongRole(id));
        }
        signed.open(&entry.key)
    }

    fn find(&self, id: KeyId) -> Option<&KeyEntry> {
        self.ids.iter().find(|(known, _)| *known == id).map(|(_, entry)| entry)
    }
}

#[cfg(test)]
mod tests;

//! The list itself, and what a list is.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{KeyEntry, KeyId, KeyRole, RootSignable};

/// The keys whose signatures count, and the names of those that count no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub struct KeyList(Fields);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Fields {
    version: u64,
    keys: Vec<KeyEntry>,
    revoked: Vec<KeyId>,
}

/// What is no list of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyListError {
    /// A role has no key.
    #[error("the list has no {0} key")]
    NoKey(KeyRole),
    /// Too many keys, or too many revoked ones.
    #[error("the list has more than {} keys or {} revoked ones", KeyList::KEYS_MAX, KeyList::REVOKED_MAX)]
    TooLong,
    /// A key that is there twice, or both in force and revoked.
    #[error("the list names {0:?} twice")]
    Twice(KeyId),
}

impl KeyList {
    /// Most keys.
    pub const KEYS_MAX: usize = 16;
    /// Most names of revoked keys.
    pub const REVOKED_MAX: usize = 256;

    /// A list. A device refuses one of a lower version than it has.
    pub fn new(version: u64, keys: Vec<KeyEntry>, revoked: Vec<KeyId>) -> Result<Self, KeyListError> {
        if keys.len() > Self::KEYS_MAX || revoked.len() > Self::REVOKED_MAX {
            return Err(KeyListError::TooLong);
        }
        let mut named = HashSet::new();
        let ids = keys.iter().map(KeyEntry::id).chain(revoked.iter().copied());
        if let Some(twice) = ids.into_iter().find(|id| !named.insert(*id)) {
            return Err(KeyListError::Twice(twice));
        }
        let has = |role: &KeyRole| keys.iter().any(|entry| entry.role == *role);
        match KeyRole::ALL.into_iter().find(|role| !has(role)) {
            Some(role) => Err(KeyListError::NoKey(role)),
            None => Ok(Self(Fields { version, keys, revoked })),
        }
    }

    /// Grows with every change.
    pub const fn version(&self) -> u64 {
        self.0.version
    }

    /// The keys that count, those of a role from the oldest to the newest.
    pub fn keys(&self) -> &[KeyEntry] {
        &self.0.keys
    }

    /// The keys that never count again.
    pub fn revoked(&self) -> &[KeyId] {
        &self.0.revoked
    }
}

impl TryFrom<Fields> for KeyList {
    type Error = KeyListError;
    fn try_from(Fields { version, keys, revoked }: Fields) -> Result<Self, KeyListError> {
        Self::new(version, keys, revoked)
    }
}

impl From<KeyList> for Fields {
    fn from(list: KeyList) -> Self {
        list.0
    }
}

impl RootSignable for KeyList {
    const CONTEXT: &'static str = "kobai key list 1";
}

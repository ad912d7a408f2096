//! What a root has signed last, in a file beside its private key: `root.pem` has `root.pem.signed`. A request says which list
//! counts now, but whoever has the server can say an older one; this file cannot be talked into anything.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use protocol::keys::RootSigned;
use protocol::net::Root;
use protocol::time::DAY_MS;
use protocol::{KeyList, KeyRing, Timestamp};

use super::ServerError;
use super::folder::write_secret;

/// A version may be so far ahead of the clock, which can be a little wrong where the root is. Versions follow the clock, so
/// that nobody uses them up.
const AHEAD_MS: u64 = 366 * DAY_MS;

/// The record of a root.
pub(super) struct Record {
    file: PathBuf,
    last: Option<KeyList>,
}

impl Record {
    /// The record beside this root's file. A record that another root has signed is an error: somebody has mixed files up.
    pub(super) fn read(root_file: &Path, root: &Root) -> Result<Self, ServerError> {
        let mut name = root_file.file_name().unwrap_or_default().to_owned();
        name.push(".signed");
        let file = root_file.with_file_name(name);
        let failed = |error: &dyn std::fmt::Display| ServerError::file(&file, error);
        let last = match std::fs::read_to_string(&file) {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            text => {
                let text = text.map_err(|error| failed(&error))?;
                let list = RootSigned::from_text(&text).map_err(|error| failed(&error))?;
                let ring = KeyRing::open(&list, &root.key().root_key());
                Some(ring.map_err(|_| failed(&"it is not of this root"))?.list().clone())
            }
        };
        Ok(Self { file, last })
    }

    /// The list that this root has signed last, as far as it is known here.
    pub(super) const fn last(&self) -> Option<&KeyList> {
        self.last.as_ref()
    }

    /// Why `proposed` does not follow `present` and what this root has signed last; nothing if it does. What was signed last can
    /// be signed again: its answer may have been lost.
    pub(super) fn objection(&self, present: &KeyList, proposed: &KeyList, now: Timestamp) -> Option<&'static str> {
        if self.last.as_ref() == Some(proposed) {
            return None;
        }
        let known = || [Some(present), self.last.as_ref()].into_iter().flatten();
        if known().any(|list| proposed.version() <= list.version()) {
            return Some("the proposed list is not newer than the one that counts or that this root has signed last");
        }
        let newest = known().map(KeyList::version).max().unwrap_or_default();
        if proposed.version() > newest.saturating_add(1).max(now.as_ms().saturating_add(AHEAD_MS)) {
            return Some("the proposed list's version is far ahead of the clock: no list could follow it for long");
        }
        let revoked = || known().flat_map(KeyList::revoked);
        if proposed.keys().iter().any(|entry| revoked().any(|id| *id == entry.id())) {
            return Some("the proposed list brings back a key that is revoked");
        }
        let forgets = revoked().any(|id| !proposed.revoked().contains(id));
        if forgets && proposed.revoked().len() < KeyList::REVOKED_MAX {
            return Some(
                "the proposed list forgets that a key is revoked: import what this root has signed last, or ask for that \
                 revocation again",
            );
        }
        None
    }

    /// Signs a list. That is on record before anybody has the signature.
    pub(super) fn sign(&self, root: &Root, list: &KeyList) -> Result<RootSigned<KeyList>, ServerError> {
        let signed = root.key().sign(list).map_err(ServerError::machine)?;
        write_secret(&self.file, signed.to_text().as_bytes())?;
        Ok(signed)
    }
}

#[cfg(test)]
mod tests {
    use protocol::keys::KeyEntry;
    use protocol::signed::SigningKey;
    use protocol::{KeyId, KeyRole};

    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_795_000_000_000);

    fn entry(seed: u8, role: KeyRole) -> KeyEntry {
        KeyEntry { key: SigningKey::from_seed(&[seed; 32]).verify_key(), role }
    }

    fn id(seed: u8) -> KeyId {
        entry(seed, KeyRole::Release).id()
    }

    /// A list with a release key of this seed.
    fn list(version: u64, seed: u8, revoked: &[u8]) -> KeyList {
        let keys = vec![entry(seed, KeyRole::Release), entry(99, KeyRole::Licence)];
        KeyList::new(version, keys, revoked.iter().map(|seed| id(*seed)).collect()).unwrap()
    }

    #[test]
    fn an_older_list_shown_as_the_present_one_does_not_lead_back_behind_what_the_root_has_signed() {
        let folder = tempfile::tempdir().unwrap();
        let (root, file) = (Root::generate(NOW).unwrap(), folder.path().join("root.pem"));
        let first = Record::read(&file, &root).unwrap();
        assert_eq!(first.last(), None);
        let (old, signed) = (list(10, 1, &[]), list(20, 2, &[1]));
        assert_eq!(first.objection(&old, &signed, NOW), None);
        first.sign(&root, &signed).unwrap();

        let record = Record::read(&file, &root).unwrap();
        assert_eq!(record.last(), Some(&signed));
        let objects = |proposed: &KeyList| record.objection(&old, proposed, NOW).is_some();
        assert!(objects(&list(15, 3, &[1])), "newer than what is shown, older than what was signed");
        assert!(objects(&list(21, 1, &[])), "brings back the key that was revoked last");
        assert!(objects(&list(21, 3, &[])), "forgets that revocation");
        assert!(!objects(&list(21, 3, &[1])));
        assert!(!objects(&signed), "the answer was lost");
        assert!(Record::read(&file, &Root::generate(NOW).unwrap()).is_err(), "another root's record");
    }

    #[test]
    fn a_version_that_leaves_no_room_is_not_signed() {
        let folder = tempfile::tempdir().unwrap();
        let root = Root::generate(NOW).unwrap();
        let record = Record::read(&folder.path().join("root.pem"), &root).unwrap();
        let present = list(NOW.as_ms(), 1, &[]);
        let objects = |version| record.objection(&present, &list(version, 2, &[]), NOW).is_some();
        assert!(objects(u64::MAX) && objects(NOW.as_ms() + 2 * AHEAD_MS) && objects(NOW.as_ms()));
        assert!(!objects(NOW.as_ms() + 1) && !objects(NOW.as_ms() + AHEAD_MS));
        // Where the clock stands at 1970 the next version is still the next.
        let next = list(NOW.as_ms() + 1, 2, &[]);
        assert_eq!(record.objection(&present, &next, Timestamp::from_ms(0)), None);
    }
}

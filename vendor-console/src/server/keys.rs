//! What the customer service signs with, and how that changes while it runs.
//!
//! The root's private key may be here (`root.pem`) or somewhere without a network. Nothing but a change of the list of keys
//! needs it: here it is done at once, elsewhere by carrying a request there and the answer back.

mod files;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use protocol::keys::{KeyEntry, KeyListError, KeyRequest, RootKey, RootSigned};
use protocol::message::staff::{KeyChange, KeyStatus};
use protocol::net::{Authority, Credentials, Root};
use protocol::signed::{Signable, SigningKey};
use protocol::{KeyId, KeyList, KeyRing, KeyRole, Refusal, RefusalCode, Signed, Timestamp};

use super::ServerError;
use super::folder::{DataFolder, read_text, write_secret};
use super::record::Record;
pub(super) use files::KeyFiles;

/// Everything that the customer service proves itself and signs with.
pub(super) struct Keys {
    pub(super) authority: Authority,
    pub(super) server: Credentials,
    root: RootKey,
    root_file: PathBuf,
    list_file: PathBuf,
    files: KeyFiles,
    signing: RwLock<Arc<Signing>>,
    /// One change at a time.
    change: Mutex<()>,
}

/// The list that counts and the keys that sign by it.
pub(super) struct Signing {
    pub(super) list: RootSigned<KeyList>,
    pub(super) ring: KeyRing,
    /// Signs catalogues and manifests.
    pub(super) release: SigningKey,
    /// Signs tickets and licences.
    pub(super) licence: SigningKey,
}

/// What has come of a proposed change.
pub(super) enum Proposal {
    /// The root's key is here: the change is made.
    Made(KeyStatus),
    /// The root has to sign this first.
    ToSign(KeyRequest),
}

impl Keys {
    pub(super) fn read(folder: &DataFolder) -> Result<Self, ServerError> {
        let (issuer, server, list_file) = (folder.issuer(), folder.server(), folder.key_list());
        let authority = read_authority(&issuer)?;
        let credentials = Credentials::from_pem(&read_text(&server)?);
        let credentials = credentials.map_err(|error| ServerError::file(&server, error))?;
        let list = RootSigned::from_text(&read_text(&list_file)?);
        let list = list.map_err(|error| ServerError::file(&list_file, error))?;
        let root = authority.root_key().map_err(|error| ServerError::file(&issuer, error))?;
        let files = KeyFiles::new(folder.signing_keys());
        let signing = Signing::of(list, &root, &files)?;
        // Left over from a change that was cut off.
        files.remove(|id| !signing.ring.list().revoked().contains(&id));
        Ok(Self {
            authority,
            server: credentials,
            root,
            root_file: folder.root_file(),
            list_file,
            files,
            signing: RwLock::new(Arc::new(signing)),
            change: Mutex::default(),
        })
    }

    /// The keys as they are now.
    pub(super) fn signing(&self) -> Arc<Signing> {
        self.signing.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The same for staff.
    pub(super) fn status(&self) -> KeyStatus {
        let signing = self.signing();
        let ids = vec![signing.release.verify_key().id(), signing.licence.verify_key().id()];
        // Only for people to look at; what cannot be read is left out.
        let here = self.files.since().unwrap_or_default();
        let root_is_here = self.root_file.exists();
        KeyStatus { list: signing.ring.list().clone(), signing: ids, root_is_here, here }
    }

    /// Makes the list of the future, and the new key that it needs. A key that was made for an earlier request that has
    /// not come back is thrown away: whoever stole the folder may have it.
    pub(super) fn propose(&self, change: KeyChange, now: Timestamp) -> Result<Proposal, Refusal> {
        let _one_at_a_time = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        let signing = self.signing();
        let list = signing.ring.list();
        check(list, change)?;
        self.files.remove(|id| signing.ring.is_in_force(id));
        let root_is_here = self.root_file.exists();
        let root = root_is_here.then(|| self.root().map_err(storage)).transpose()?;
        // A list that was signed and then could not be kept has used up its version.
        let used = root.as_ref().and_then(|(_, record)| record.last()).map_or(0, KeyList::version);
        let after = list.version().max(used);
        let proposed = proposed(list, after, change, now, |role| self.files.create(role).map_err(storage))?;
        let Some((root, record)) = root else {
            return Ok(Proposal::ToSign(KeyRequest { present: signing.list.clone(), proposed }));
        };
        if let Some(objection) = record.objection(list, &proposed, now) {
            return Err(Refusal::with_detail(RefusalCode::Conflict, objection));
        }
        let signed = record.sign(&root, &proposed).map_err(storage)?;
        self.activate(signed)?;
        Ok(Proposal::Made(self.status()))
    }

    /// Takes a list that the root has signed. When this returns it is durable, and everything is signed by it.
    pub(super) fn import(&self, signed: RootSigned<KeyList>) -> Result<KeyStatus, Refusal> {
        let _one_at_a_time = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        self.activate(signed)?;
        Ok(self.status())
    }

    fn root(&self) -> Result<(Root, Record), ServerError> {
        let root = read_root(&self.root_file)?;
        let record = Record::read(&self.root_file, &root)?;
        Ok((root, record))
    }

    fn activate(&self, signed: RootSigned<KeyList>) -> Result<(), Refusal> {
        let conflict = |detail: &str| Refusal::with_detail(RefusalCode::Conflict, detail);
        let new = KeyRing::open(&signed, &self.root)
            .map_err(|_| Refusal::with_detail(RefusalCode::InvalidInput, "not signed by the root of this vendor"))?;
        let signing = self.signing();
        let old = &signing.ring;
        if new == *old {
            return Ok(());
        }
        if new.version() <= old.version() {
            return Err(conflict("the list that counts is newer"));
        }
        // A list that was made beside the present one, not after it, would undo what that one has changed.
        let present = [&signing.release, &signing.licence].map(|key| key.verify_key().id());
        let knows = |id: &KeyId| new.is_in_force(*id) || new.list().revoked().contains(id);
        if !present.iter().all(knows) || new.revives_a_key_of(old) {
            return Err(conflict("the list was not made from the one that counts: ask for the change again"));
        }
        // The answer to a request that another one has made void: its key was thrown away, and whoever has it still is a thief.
        let here = self.files.read_all().map_err(storage)?;
        let is_here = |entry: &KeyEntry| here.iter().any(|(_, key)| key.verify_key() == entry.key);
        let mut added = new.list().keys().iter().filter(|entry| !old.is_in_force(entry.id()));
        if !added.all(is_here) {
            return Err(conflict("the list has a key that is not on this server: ask for the change again"));
        }
        let signing = Signing::of(signed, &self.root, &self.files).map_err(|error| conflict(&error.to_string()))?;
        write_secret(&self.list_file, signing.list.to_text().as_bytes()).map_err(storage)?;
        tracing::warn!(version = signing.ring.version(), "a new list of keys counts");
        self.files.remove(|id| signing.ring.is_in_force(id));
        *self.signing.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(signing);
        Ok(())
    }
}

impl Signing {
    /// The newest key of each role that is both in the list and here.
    fn of(list: RootSigned<KeyList>, root: &RootKey, files: &KeyFiles) -> Result<Self, ServerError> {
        let ring = KeyRing::open(&list, root)
            .map_err(|error| ServerError::storage(format_args!("the list of keys is not the root's: {error}")))?;
        let mut here = files.read_all()?;
        let mut take = |role: KeyRole| {
            let mut listed = ring.list().keys().iter().rev().filter(|entry| entry.role == role);
            let found = listed.find_map(|entry| here.iter().position(|(_, key)| key.verify_key() == entry.key));
            let found = found.map(|position| here.swap_remove(position).1);
            found.ok_or_else(|| ServerError::storage(format_args!("no private {role} key of the list is here")))
        };
        let (release, licence) = (take(KeyRole::Release)?, take(KeyRole::Licence)?);
        Ok(Self { list, ring, release, licence })
    }

    /// What was signed once, as it can be handed out now: signed anew if its key no longer counts.
    pub(super) fn living<T: Signable>(&self, signed: Signed<T>) -> Signed<T> {
        let key = match T::ROLE {
            KeyRole::Release => &self.release,
            KeyRole::Licence => &self.licence,
        };
        if self.ring.is_in_force(signed.key()) { signed } else { signed.signed_again(key) }
    }
}

pub(super) fn read_root(path: &std::path::Path) -> Result<Root, ServerError> {
    Root::from_pem(&read_text(path)?).map_err(|error| ServerError::file(path, error))
}

pub(super) fn read_authority(path: &std::path::Path) -> Result<Authority, ServerError> {
    Authority::from_pem(&read_text(path)?).map_err(|error| ServerError::file(path, error))
}

/// Refuses what cannot be done before a key is made for it.
fn check(list: &KeyList, change: KeyChange) -> Result<(), Refusal> {
    match change {
        KeyChange::Rotate(_) => Ok(()),
        KeyChange::Revoke(id) if list.keys().iter().any(|entry| entry.id() == id) => Ok(()),
        KeyChange::Revoke(id) if list.revoked().contains(&id) => {
            Err(Refusal::with_detail(RefusalCode::Conflict, "the key is revoked already"))
        }
        KeyChange::Revoke(_) => Err(Refusal::with_detail(RefusalCode::NotFound, "no such key in the list")),
    }
}

/// The list after a change, of a version above `after`. Versions follow the clock as well, so that a vendor restored from a backup is not behind.
fn proposed(
    list: &KeyList,
    after: u64,
    change: KeyChange,
    now: Timestamp,
    create: impl FnOnce(KeyRole) -> Result<SigningKey, Refusal>,
) -> Result<KeyList, Refusal> {
    let version = after.saturating_add(1).max(now.as_ms());
    let (mut keys, mut revoked) = (list.keys().to_vec(), list.revoked().to_vec());
    let newest = |role: KeyRole| list.keys().iter().rev().find(|entry| entry.role == role).map(KeyEntry::id);
    match change {
        KeyChange::Rotate(role) => {
            keys.retain(|entry| entry.role != role || Some(entry.id()) == newest(role));
            keys.push(KeyEntry { key: create(role)?.verify_key(), role });
        }
        KeyChange::Revoke(id) => {
            let role = list.keys().iter().find(|entry| entry.id() == id).map(|entry| entry.role);
            let role = role.ok_or(RefusalCode::NotFound)?;
            keys.retain(|entry| entry.id() != id);
            if newest(role) == Some(id) {
                keys.push(KeyEntry { key: create(role)?.verify_key(), role });
            }
            revoked.push(id);
            let too_many = revoked.len().saturating_sub(KeyList::REVOKED_MAX);
            revoked.drain(..too_many);
        }
    }
    KeyList::new(version, keys, revoked).map_err(|error: KeyListError| storage(error))
}

fn storage(error: impl std::fmt::Display) -> Refusal {
    tracing::error!("the keys could not be changed: {error}");
    RefusalCode::StorageFailed.into()
}

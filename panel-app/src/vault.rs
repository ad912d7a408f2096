//! Content keys, in a small file outside the store: a key that dies is overwritten in place, and that is the erasure of
//! its package. (redb copies on write and leaves deleted bytes in its file.)
//!
//! The file is a row of slots of 128 bytes. The first is the header; each other one is empty (zeros) or holds a key:
//!
//! ```text
//!   0    4  "KEY1"
//!   4    8  age: grows with every key that is kept; of two keys of one licence the one with the higher age counts
//!  12   16  licence id
//!  28   32  key
//!  60   32  BLAKE3 of bytes 0..60
//!  92   36  zeros
//! ```
//!
//! A power cut may tear a write anywhere inside a slot. A torn slot fails its checksum and counts as empty: a key that
//! was being kept is not there yet, one that was being destroyed is gone. Opening the vault zeroes such slots.
//!
//! Overwriting reaches the medium on a disk; flash that levels its wear may keep a copy out of reach. On a machine with
//! a TPM, another [`KeyVault`] takes this one's place.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use protocol::{ContentKey, LicenceId};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::data::{StorageError, open_private, replace_file};

/// Keeps content keys until they are destroyed. Every call is durable when it returns, and may be repeated.
pub trait KeyVault: std::fmt::Debug + Send + Sync {
    /// Keeps the key of a licence, in place of one that it may have had.
    fn keep(&self, licence: LicenceId, key: &ContentKey) -> Result<(), StorageError>;

    /// Destroys the key of a licence, if there is one, for good.
    fn destroy(&self, licence: LicenceId) -> Result<(), StorageError>;

    /// The key of a licence.
    fn get(&self, licence: LicenceId) -> Result<Option<ContentKey>, StorageError>;

    /// The licences that have a key, ascending.
    fn list(&self) -> Vec<LicenceId>;
}

const SLOT_BYTES: usize = 128;
const MAGIC: &[u8; 16] = b"kobai vault 1\0\0\0";
const KEY_TAG: [u8; 4] = *b"KEY1";
/// The file grows by this many slots at a time: one page.
const GROWTH_SLOTS: u32 = 32;
/// Most slots: 8 MiB.
const SLOTS_MAX: u32 = 65_536;

type Slot = [u8; SLOT_BYTES];
const EMPTY: Slot = [0; SLOT_BYTES];

/// A vault in a file.
pub struct FileVault {
    path: PathBuf,
    slots: Mutex<Slots>,
}

struct Slots {
    file: File,
    /// Slot of each licence that has a key. The keys themselves are in the file only.
    taken: HashMap<LicenceId, u32>,
    /// Empty slots, the next one last.
    free: Vec<u32>,
    /// Slots in the file.
    count: u32,
    /// Age of the next key.
    next_age: u64,
}

impl FileVault {
    /// Opens the vault in the data folder `dir`, creating it if there is none, and zeroes what torn writes have left.
    pub fn open(dir: &Path) -> Result<Self, StorageError> {
        let path = dir.join("vault");
        let at_path = |error| StorageError::at(&path, error);
        if !path.try_exists().map_err(at_path)? {
            let mut header = EMPTY;
            header[..MAGIC.len()].copy_from_slice(MAGIC);
            replace_file(&path, &dir.join("vault.new"), &header).map_err(at_path)?;
        }
        let file = open_private(&path).map_err(at_path)?;
        let slots = Slots::open(file, &path)?;
        Ok(Self { path, slots: Mutex::new(slots) })
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for FileVault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileVault({})", self.path.display())
    }
}

impl KeyVault for FileVault {
    fn keep(&self, licence: LicenceId, key: &ContentKey) -> Result<(), StorageError> {
        self.slots().keep(licence, key).map_err(|error| StorageError::at(&self.path, error))
    }

    fn destroy(&self, licence: LicenceId) -> Result<(), StorageError> {
        self.slots().destroy(licence).map_err(|error| StorageError::at(&self.path, error))
    }

    fn get(&self, licence: LicenceId) -> Result<Option<ContentKey>, StorageError> {
        let slots = self.slots();
        let Some(&index) = slots.taken.get(&licence) else { return Ok(None) };
        let slot = slots.read(index).map_err(|error| StorageError::at(&self.path, error))?;
        match decode(&slot) {
            Some(kept) if kept.licence == licence => Ok(Some(kept.key)),
            _ => Err(StorageError::damaged("vault", format_args!("slot {index}"))),
        }
    }

    fn list(&self) -> Vec<LicenceId> {
        let mut licences: Vec<_> = self.slots().taken.keys().copied().collect();
        licences.sort_unstable();
        licences
    }
}

impl Slots {
    fn open(file: File, path: &Path) -> Result<Self, StorageError> {
        let at_path = |error| StorageError::at(path, error);
        let length = file.metadata().map_err(at_path)?.len();
        let count = u32::try_from(length.div_ceil(SLOT_BYTES as u64)).unwrap_or(u32::MAX);
        if count == 0 || count > SLOTS_MAX {
            return Err(StorageError::damaged("vault", format_args!("{length} bytes")));
        }
        if length != offset(count) {
            // The power failed while the file grew.
            file.set_len(offset(count)).and_then(|()| file.sync_all()).map_err(at_path)?;
        }
        let mut slots = Self { file, taken: HashMap::new(), free: Vec::new(), count, next_age: 1 };
        if !slots.read(0).map_err(at_path)?.starts_with(MAGIC) {
            return Err(StorageError::damaged("vault", "no header"));
        }
        slots.scan().map_err(at_path)?;
        Ok(slots)
    }

    /// Finds the keys, and zeroes every slot that holds none or a replaced one.
    fn scan(&mut self) -> io::Result<()> {
        let mut ages = HashMap::new();
        let mut dead = Vec::new();
        for index in 1..self.count {
            let slot = self.read(index)?;
            match decode(&slot) {
                Some(kept) => {
                    self.next_age = self.next_age.max(kept.age.saturating_add(1));
                    let older = match ages.insert(kept.licence, (kept.age, index)) {
                        Some(other) if other.0 > kept.age => {
                            ages.insert(kept.licence, other);
                            Some(index)
                        }
                        Some((_, other)) => Some(other),
                        None => None,
                    };
                    dead.extend(older);
                }
                None if *slot == EMPTY => self.free.push(index),
                None => dead.push(index),
            }
        }
        for &index in &dead {
            self.write(index, &EMPTY)?;
        }
        if !dead.is_empty() {
            self.file.sync_data()?;
        }
        self.free.extend(dead);
        self.free.sort_unstable_by(|a, b| b.cmp(a));
        self.taken = ages.into_iter().map(|(licence, (_, index))| (licence, index)).collect();
        Ok(())
    }

    fn keep(&mut self, licence: LicenceId, key: &ContentKey) -> io::Result<()> {
        let old = self.taken.get(&licence).copied();
        if let Some(index) = old
            && decode(&*self.read(index)?).is_some_and(|kept| kept.licence == licence && kept.key == *key)
        {
            return Ok(());
        }
        let index = self.take_free()?;
        // From here on the slot is neither free nor known, so a failed write is left alone until the next opening.
        let age = self.next_age;
        self.next_age += 1;
        self.write(index, &encode(age, licence, key))?;
        self.file.sync_data()?;
        self.taken.insert(licence, index);
        if let Some(old) = old {
            self.write(old, &EMPTY)?;
            self.file.sync_data()?;
            self.free.push(old);
        }
        Ok(())
    }

    fn destroy(&mut self, licence: LicenceId) -> io::Result<()> {
        let Some(&index) = self.taken.get(&licence) else { return Ok(()) };
        self.write(index, &EMPTY)?;
        self.file.sync_data()?;
        self.taken.remove(&licence);
        self.free.push(index);
        Ok(())
    }

    /// An empty slot whose room on the disk is durable.
    fn take_free(&mut self) -> io::Result<u32> {
        if self.free.is_empty() {
            let count = self.count + GROWTH_SLOTS;
            if count > SLOTS_MAX {
                return Err(io::Error::other("the vault holds as many keys as it can"));
            }
            let zeros = [0; SLOT_BYTES * GROWTH_SLOTS as usize];
            write_at(&self.file, offset(self.count), &zeros)?;
            self.file.sync_all()?;
            self.free.extend((self.count..count).rev());
            self.count = count;
        }
        self.free.pop().ok_or_else(|| io::Error::other("the vault has no empty slot"))
    }

    fn read(&self, index: u32) -> io::Result<Zeroizing<Slot>> {
        let mut slot = Zeroizing::new(EMPTY);
        read_at(&self.file, offset(index), &mut *slot)?;
        Ok(slot)
    }

    fn write(&self, index: u32, slot: &Slot) -> io::Result<()> {
        write_at(&self.file, offset(index), slot)
    }
}

const fn offset(slot: u32) -> u64 {
    slot as u64 * SLOT_BYTES as u64
}

struct Kept {
    age: u64,
    licence: LicenceId,
    key: ContentKey,
}

fn encode(age: u64, licence: LicenceId, key: &ContentKey) -> Zeroizing<Slot> {
    let mut slot = Zeroizing::new(EMPTY);
    slot[..4].copy_from_slice(&KEY_TAG);
    slot[4..12].copy_from_slice(&age.to_le_bytes());
    slot[12..28].copy_from_slice(licence.0.as_bytes());
    slot[28..60].copy_from_slice(key.as_bytes());
    let checksum = blake3::hash(&slot[..60]);
    slot[60..92].copy_from_slice(checksum.as_bytes());
    slot
}

fn decode(slot: &Slot) -> Option<Kept> {
    if slot[..4] != KEY_TAG || blake3::hash(&slot[..60]).as_bytes()[..] != slot[60..92] {
        return None;
    }
    Some(Kept {
        age: u64::from_le_bytes(slot[4..12].try_into().ok()?),
        licence: LicenceId(Uuid::from_bytes(slot[12..28].try_into().ok()?)),
        key: ContentKey::from_bytes(slot[28..60].try_into().ok()?),
    })
}

#[cfg(unix)]
fn read_at(file: &File, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(unix)]
fn write_at(file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(not(unix))]
fn read_at(mut file: &File, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
    use io::{Read as _, Seek as _};
    file.seek(io::SeekFrom::Start(offset))?;
    file.read_exact(bytes)
}

#[cfg(not(unix))]
fn write_at(mut file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
    use io::{Seek as _, Write as _};
    file.seek(io::SeekFrom::Start(offset))?;
    file.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn licence(n: u8) -> LicenceId {
        LicenceId(Uuid::from_bytes([n; 16]))
    }

    fn key(n: u8) -> ContentKey {
        ContentKey::from_bytes([n; 32])
    }

    fn raw(dir: &Path) -> Vec<u8> {
        std::fs::read(dir.join("vault")).unwrap()
    }

    fn at(slot: u32) -> usize {
        slot as usize * SLOT_BYTES
    }

    fn slot(dir: &Path, index: u32) -> Slot {
        raw(dir)[at(index)..at(index + 1)].try_into().unwrap()
    }

    fn contains(haystack: &[u8], needle: &[u8]) -> bool {
        haystack.windows(needle.len()).any(|window| window == needle)
    }

    #[test]
    fn a_key_is_kept_over_a_restart_and_repeating_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let vault = FileVault::open(dir.path()).unwrap();
        vault.keep(licence(1), &key(0xA1)).unwrap();
        let once = raw(dir.path());
        vault.keep(licence(1), &key(0xA1)).unwrap();
        assert_eq!(raw(dir.path()), once);
        drop(vault);
        let vault = FileVault::open(dir.path()).unwrap();
        assert_eq!(vault.get(licence(1)).unwrap(), Some(key(0xA1)));
        assert_eq!(vault.get(licence(2)).unwrap(), None);
        assert_eq!(vault.list(), [licence(1)]);
    }

    #[test]
    fn a_destroyed_key_is_no_longer_in_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let vault = FileVault::open(dir.path()).unwrap();
        vault.keep(licence(1), &key(0xA1)).unwrap();
        vault.keep(licence(2), &key(0xA2)).unwrap();
        assert!(contains(&raw(dir.path()), key(0xA1).as_bytes()));
        vault.destroy(licence(1)).unwrap();
        vault.destroy(licence(1)).unwrap();
        assert!(!contains(&raw(dir.path()), &[0xA1; 4]));
        assert_eq!(vault.get(licence(1)).unwrap(), None);
        assert_eq!(vault.get(licence(2)).unwrap(), Some(key(0xA2)));
    }

    #[test]
    fn a_replaced_key_is_no_longer_in_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let vault = FileVault::open(dir.path()).unwrap();
        vault.keep(licence(1), &key(0xA1)).unwrap();
        vault.keep(licence(1), &key(0xA2)).unwrap();
        assert!(!contains(&raw(dir.path()), &[0xA1; 4]));
        assert_eq!(vault.get(licence(1)).unwrap(), Some(key(0xA2)));
    }

    #[test]
    fn slots_are_used_again_and_the_file_grows_when_it_must() {
        let dir = tempfile::tempdir().unwrap();
        let vault = FileVault::open(dir.path()).unwrap();
        for n in 0..200 {
            vault.keep(licence(n), &key(n)).unwrap();
            vault.destroy(licence(n)).unwrap();
        }
        assert_eq!(raw(dir.path()).len() as u64, offset(1 + GROWTH_SLOTS));
        for n in 0..200 {
            vault.keep(licence(n), &key(n)).unwrap();
        }
        drop(vault);
        let vault = FileVault::open(dir.path()).unwrap();
        assert_eq!(vault.list(), (0..200).map(licence).collect::<Vec<_>>());
        assert!((0..200).all(|n| vault.get(licence(n)).unwrap() == Some(key(n))));
    }

    /// Every way in which a power cut can tear the write that turned `before` into `after`: a sector arrives from its
    /// beginning or from its end, up to any byte.
    fn torn(before: &[u8], after: &[u8]) -> Vec<Vec<u8>> {
        let slot = (0..before.len()).find(|&i| before[i] != after[i]).unwrap() / SLOT_BYTES * SLOT_BYTES;
        assert_eq!(before[slot + SLOT_BYTES..], after[slot + SLOT_BYTES..], "one slot at a time");
        let mut states = Vec::new();
        for cut in slot..=slot + SLOT_BYTES {
            states.push([&after[..cut], &before[cut..]].concat());
            states.push([&before[..cut], &after[cut..]].concat());
        }
        states
    }

    fn open_with(bytes: &[u8]) -> (tempfile::TempDir, FileVault) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("vault"), bytes).unwrap();
        let vault = FileVault::open(dir.path()).unwrap();
        (dir, vault)
    }

    #[test]
    fn a_write_torn_at_any_byte_leaves_the_old_state_or_the_new_one() {
        let dir = tempfile::tempdir().unwrap();
        let vault = FileVault::open(dir.path()).unwrap();
        vault.keep(licence(1), &key(0xA1)).unwrap();
        let before = raw(dir.path());
        vault.keep(licence(2), &key(0xA2)).unwrap();
        let after = raw(dir.path());

        for (from, to) in [(&before, &after), (&after, &before)] {
            let (mut without, mut with) = (0, 0);
            for state in torn(from, to) {
                let (dir, vault) = open_with(&state);
                assert_eq!(vault.get(licence(1)).unwrap(), Some(key(0xA1)));
                match vault.get(licence(2)).unwrap() {
                    Some(kept) => {
                        assert_eq!(kept, key(0xA2));
                        with += 1;
                    }
                    None => {
                        assert_eq!(slot(dir.path(), 2), EMPTY, "what is left of a dead key is zeroed");
                        without += 1;
                    }
                }
            }
            assert!(with > 0 && without > 0);
        }
    }

    #[test]
    fn a_replacement_cut_at_any_point_leaves_one_of_the_two_keys() {
        let dir = tempfile::tempdir().unwrap();
        let vault = FileVault::open(dir.path()).unwrap();
        vault.keep(licence(1), &key(0xA1)).unwrap();
        let old = raw(dir.path());
        vault.keep(licence(1), &key(0xA2)).unwrap();
        let new = raw(dir.path());
        let first = at(1)..at(2);
        let mut both = new.clone();
        both[first.clone()].copy_from_slice(&old[first]);

        for state in torn(&old, &both).into_iter().chain(torn(&both, &new)) {
            let (dir, vault) = open_with(&state);
            let kept = vault.get(licence(1)).unwrap().unwrap();
            let dead = if kept == key(0xA1) { 2 } else { 1 };
            assert_eq!(slot(dir.path(), dead), EMPTY);
        }
        let (_dir, vault) = open_with(&both);
        assert_eq!(vault.get(licence(1)).unwrap(), Some(key(0xA2)), "the younger one counts");
    }

    #[test]
    fn a_vault_that_was_growing_when_the_power_failed_opens() {
        let dir = tempfile::tempdir().unwrap();
        FileVault::open(dir.path()).unwrap().keep(licence(1), &key(0xA1)).unwrap();
        let whole = raw(dir.path());
        for length in [whole.len() - 1, at(2), at(2) + 1] {
            let (_dir, vault) = open_with(&whole[..length]);
            assert_eq!(vault.list(), [licence(1)]);
            vault.keep(licence(2), &key(0xA2)).unwrap();
        }
    }

    #[test]
    fn a_file_that_is_no_vault_is_left_alone() {
        for bytes in [&b""[..], b"x", &[0xFF; 4096]] {
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(dir.path().join("vault"), bytes).unwrap();
            assert_eq!(FileVault::open(dir.path()).unwrap_err().code(), "data-damaged");
            let unpadded = &raw(dir.path())[..bytes.len()];
            assert_eq!(unpadded, bytes);
        }
    }
}

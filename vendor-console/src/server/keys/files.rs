//! The private signing keys, one file each: `ROLE-KEYID.der`, PKCS#8.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use protocol::signed::SigningKey;
use protocol::{KeyId, KeyRole, Timestamp};

use crate::server::ServerError;
use crate::server::folder::{create_private_folder, write_secret};

/// The folder of private signing keys.
pub(in crate::server) struct KeyFiles {
    folder: PathBuf,
}

impl KeyFiles {
    pub(in crate::server) const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// All keys.
    pub(in crate::server) fn read_all(&self) -> Result<Vec<(KeyRole, SigningKey)>, ServerError> {
        let mut keys = Vec::new();
        for (path, role, id) in self.list()? {
            let der = fs::read(&path).map_err(|error| ServerError::file(&path, error))?;
            let key = SigningKey::from_pkcs8(&der).map_err(|error| ServerError::file(&path, error))?;
            if key.verify_key().id() != id {
                return Err(ServerError::file(&path, "another key than its name says"));
            }
            keys.push((role, key));
        }
        Ok(keys)
    }

    /// The key of this role; a new one, durable, if there is none.
    pub(in crate::server) fn first(&self, role: KeyRole) -> Result<SigningKey, ServerError> {
        create_private_folder(&self.folder)?;
        match self.read_all()?.into_iter().find(|(of, _)| *of == role) {
            Some((_, key)) => Ok(key),
            None => self.create(role),
        }
    }

    /// A new key, durable.
    pub(in crate::server) fn create(&self, role: KeyRole) -> Result<SigningKey, ServerError> {
        let der = SigningKey::generate_pkcs8().map_err(ServerError::machine)?;
        let key = SigningKey::from_pkcs8(&der).map_err(ServerError::machine)?;
        write_secret(&self.folder.join(format!("{role}-{}.der", key.verify_key().id())), &der)?;
        Ok(key)
    }

    /// Deletes the keys that shall not be kept. One that cannot be deleted is only a key that no longer counts.
    pub(in crate::server) fn remove(&self, keep: impl Fn(KeyId) -> bool) {
        for (path, _, id) in self.list().unwrap_or_default() {
            if !keep(id)
                && let Err(error) = fs::remove_file(&path)
            {
                tracing::warn!("{} cannot be deleted: {error}", path.display());
            }
        }
    }

    /// Which keys are here, and when their files were written.
    pub(in crate::server) fn since(&self) -> Result<Vec<(KeyId, Timestamp)>, ServerError> {
        let mut since = Vec::new();
        for (path, _, id) in self.list()? {
            let written = fs::metadata(&path).and_then(|file| file.modified());
            let written = written.map_err(|error| ServerError::file(&path, error))?;
            let ms = written.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
            since.push((id, Timestamp::from_ms(u64::try_from(ms).unwrap_or(u64::MAX))));
        }
        Ok(since)
    }

    fn list(&self) -> Result<Vec<(PathBuf, KeyRole, KeyId)>, ServerError> {
        let failed = |error| ServerError::file(&self.folder, error);
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if let Some((role, id)) = parse(&path) {
                found.push((path, role, id));
            }
        }
        found.sort();
        Ok(found)
    }
}

/// Role and name of the key in this file; `None` for files of other origin.
fn parse(path: &Path) -> Option<(KeyRole, KeyId)> {
    let (role, id) = path.file_name()?.to_str()?.strip_suffix(".der")?.split_once('-')?;
    let role = KeyRole::ALL.into_iter().find(|known| known.name() == role)?;
    Some((role, id.parse().ok()?))
}

//! Makes a vendor: root, certificates, signing keys, books and the first administrator.

use std::path::{Path, PathBuf};

use protocol::net::{Authority, AuthorityError, Credentials, Identity};
use protocol::signed::SigningKey;
use protocol::{CaFingerprint, StaffName};

use super::ServerError;
use super::folder::{DataFolder, read_or_write, write_secret};
use crate::clock::Clock;
use crate::store::Store;

/// What [`init`] has made.
#[derive(Debug, Clone)]
pub struct InitReport {
    /// What panels pin.
    pub ca_fingerprint: CaFingerprint,
    /// Certificate and key of the first administrator.
    pub admin: PathBuf,
}

/// Makes the data folder of a new vendor. Killed at any instant it can be run again and goes on where it stopped; a
/// folder that is complete is refused and not touched.
pub async fn init(data: &Path, clock: &Clock) -> Result<InitReport, ServerError> {
    create_private_folder(data)?;
    let folder = DataFolder::lock(data.to_owned())?;
    if folder.mark().exists() {
        return Err(ServerError::AlreadyInitialised(data.display().to_string()));
    }
    let now = clock.certificate_time();
    let pem = |made: Result<String, AuthorityError>| made.map(String::into_bytes).map_err(ServerError::machine);
    read_or_write(&folder.authority(), || pem(Authority::generate(now).map(|root| root.to_pem())))?;
    let authority = read_authority(&folder.authority())?;
    read_or_write(&folder.server(), || pem(authority.issue_server(now).map(|server| server.to_pem())))?;
    for key in [folder.release_key(), folder.licence_key()] {
        read_or_write(&key, || SigningKey::generate_pkcs8().map_err(ServerError::machine))?;
    }
    let books = folder.database();
    let store = Store::open(&books).await.map_err(|error| ServerError::file(&books, error))?;
    store.close().await.map_err(|error| ServerError::file(&books, error))?;
    let admin = folder.admin();
    let name: StaffName = "admin".parse().map_err(ServerError::machine)?;
    read_or_write(&admin, || pem(authority.issue_client(&Identity::Staff(name), now).map(|admin| admin.to_pem())))?;
    let ca_fingerprint = authority.fingerprint();
    let mark = serde_json::json!({ "format": 1, "ca_fingerprint": ca_fingerprint.to_string() });
    write_secret(&folder.mark(), mark.to_string().as_bytes())?;
    Ok(InitReport { ca_fingerprint, admin })
}

fn create_private_folder(data: &Path) -> Result<(), ServerError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(data).map_err(|error| ServerError::file(data, error))
}

fn read_text(path: &Path) -> Result<String, ServerError> {
    std::fs::read_to_string(path).map_err(|error| ServerError::file(path, error))
}

pub(super) fn read_authority(path: &Path) -> Result<Authority, ServerError> {
    Authority::from_pem(&read_text(path)?).map_err(|error| ServerError::file(path, error))
}

pub(super) fn read_signing_key(path: &Path) -> Result<SigningKey, ServerError> {
    let der = std::fs::read(path).map_err(|error| ServerError::file(path, error))?;
    SigningKey::from_pkcs8(&der).map_err(|error| ServerError::file(path, error))
}

/// Everything the customer service signs with.
pub(super) struct Keys {
    pub(super) authority: Authority,
    pub(super) server: Credentials,
    /// Signs catalogues and manifests.
    pub(super) release: SigningKey,
    /// Signs tickets and licences.
    pub(super) licence: SigningKey,
}

impl Keys {
    pub(super) fn read(folder: &DataFolder) -> Result<Self, ServerError> {
        let server = folder.server();
        Ok(Self {
            authority: read_authority(&folder.authority())?,
            server: Credentials::from_pem(&read_text(&server)?).map_err(|error| ServerError::file(&server, error))?,
            release: read_signing_key(&folder.release_key())?,
            licence: read_signing_key(&folder.licence_key())?,
        })
    }
}

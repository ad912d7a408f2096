//! Makes a vendor: root, issuing CA, certificates, signing keys and their list, books and the first administrator.

use std::path::{Path, PathBuf};

use protocol::keys::KeyEntry;
use protocol::net::{AuthorityError, Credentials, Identity, Root};
use protocol::{CaFingerprint, KeyList, KeyRole, StaffName};

use super::ServerError;
use super::folder::{DataFolder, create_private_folder, read_or_write, read_text, write_secret};
use super::keys::{KeyFiles, read_authority, read_root};
use super::record::Record;
use crate::clock::Clock;
use crate::store::Store;

/// What [`init`] has made.
#[derive(Debug, Clone)]
pub struct InitReport {
    /// What panels pin.
    pub ca_fingerprint: CaFingerprint,
    /// Certificate and key of the root, to be moved to a safe place.
    pub root: PathBuf,
    /// Certificate and key of the first administrator.
    pub admin: PathBuf,
}

/// Whether a second person looks at releases and large credits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondPerson {
    /// Nobody approves what is their own.
    Needed,
    /// The vendor is one person. The books and the overview say so.
    Solo,
}

/// Makes the data folder of a new vendor. Killed at any instant it can be run again and goes on where it stopped; a
/// folder that is complete is refused and not touched.
pub async fn init(data: &Path, second_person: SecondPerson, clock: &Clock) -> Result<InitReport, ServerError> {
    create_private_folder(data)?;
    let folder = DataFolder::lock(data.to_owned())?;
    if folder.mark().exists() {
        return Err(ServerError::AlreadyInitialised(data.display().to_string()));
    }
    let now = clock.certificate_time();
    let pem = |made: Result<String, AuthorityError>| made.map(String::into_bytes).map_err(ServerError::machine);
    read_or_write(&folder.root_file(), || pem(Root::generate(now).map(|root| root.to_pem())))?;
    let root = read_root(&folder.root_file())?;
    read_or_write(&folder.issuer(), || pem(root.issue_authority(now).map(|issuer| issuer.to_pem())))?;
    let authority = read_authority(&folder.issuer())?;
    if authority.root() != root.certificate() {
        return Err(ServerError::file(&folder.issuer(), "the issuing CA of another root"));
    }
    read_or_write(&folder.server(), || pem(authority.issue_server(now).map(|server| server.to_pem())))?;
    let keys = KeyFiles::new(folder.signing_keys());
    let entry = |role| keys.first(role).map(|key| KeyEntry { key: key.verify_key(), role });
    let entries = KeyRole::ALL.into_iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    let list = KeyList::new(now.as_ms(), entries, Vec::new()).map_err(ServerError::machine)?;
    read_or_write(&folder.key_list(), || {
        let record = Record::read(&folder.root_file(), &root)?;
        record.sign(&root, &list).map(|signed| signed.to_text().into_bytes())
    })?;
    let admin = folder.admin();
    let name: StaffName = "admin".parse().map_err(ServerError::machine)?;
    let identity = Identity::Staff(name.clone());
    read_or_write(&admin, || pem(authority.issue_client(&identity, now).map(|admin| admin.to_pem())))?;
    let credentials = Credentials::from_pem(&read_text(&admin)?).map_err(|error| ServerError::file(&admin, error))?;
    let certificate = credentials.chain.first().ok_or_else(|| ServerError::file(&admin, "it has no certificate"))?;
    let books = folder.database();
    let wrong = |error| ServerError::file(&books, error);
    let store = Store::open(&books).await.map_err(wrong)?;
    let second_person = second_person == SecondPerson::Needed;
    store.found(&name, certificate, second_person, clock.now()).await.map_err(wrong)?;
    store.close().await.map_err(wrong)?;
    let ca_fingerprint = root.fingerprint();
    let mark = serde_json::json!({ "format": 1, "ca_fingerprint": ca_fingerprint.to_string() });
    write_secret(&folder.mark(), mark.to_string().as_bytes())?;
    Ok(InitReport { ca_fingerprint, root: folder.root_file(), admin })
}

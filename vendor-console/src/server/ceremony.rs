//! Where the root's private key is: a request to change the keys is looked at, and signed. Nothing else is needed there,
//! no data folder and no network.

use std::path::Path;

use protocol::keys::{KEY_FILE_BYTES_MAX, KeyEntry, KeyRequest};
use protocol::net::Root;
use protocol::{KeyId, KeyList, KeyRing};

use super::ServerError;
use super::folder::{read_text, write_secret};
use super::keys::read_root;
use super::record::Record;
use crate::clock::Clock;

/// A request, checked against the root that shall sign it.
pub struct Ceremony {
    root: Root,
    record: Record,
    present: KeyList,
    proposed: KeyList,
}

impl Ceremony {
    /// Reads both files, and beside the root's the record of what it has signed last. A request is refused that does not come
    /// from a vendor of this root, or that would lead back: to an older list, or to a key that is revoked.
    pub fn open(root: &Path, request: &Path, clock: &Clock) -> Result<Self, ServerError> {
        let length = std::fs::metadata(request).map_err(|error| ServerError::file(request, error))?.len();
        if length > KEY_FILE_BYTES_MAX as u64 {
            return Err(ServerError::file(request, "too long for a request"));
        }
        let KeyRequest { present, proposed } =
            KeyRequest::from_text(&read_text(request)?).map_err(|error| ServerError::file(request, error))?;
        let root_file = root;
        let root = read_root(root_file)?;
        let record = Record::read(root_file, &root)?;
        let refused = |why: &str| ServerError::Refused(why.to_owned());
        let present = KeyRing::open(&present, &root.key().root_key()).map_err(|_| {
            refused("the request is another root's: this one has not signed the list that it would change")
        })?;
        let present = present.list().clone();
        if let Some(objection) = record.objection(&present, &proposed, clock.now()) {
            return Err(refused(objection));
        }
        Ok(Self { root, record, present, proposed })
    }

    /// What would change, line by line.
    pub fn describe(&self) -> Vec<String> {
        let Self { root, record, present, proposed } = self;
        let listed = |list: &KeyList, id: KeyId| list.keys().iter().any(|entry| entry.id() == id);
        let mut lines = vec![
            format!("root         {}", root.fingerprint()),
            match record.last() {
                Some(last) => format!("on record    version {} was signed last", last.version()),
                None => "NO RECORD    of what this root has signed before: does the present list look as you expect?"
                    .to_owned(),
            },
            format!("list         version {} in place of {}", proposed.version(), present.version()),
        ];
        let line = |what: &str, entry: &KeyEntry| format!("{what:<12} {:<8} {}", entry.role.name(), entry.id());
        for entry in proposed.keys() {
            lines.push(line(if listed(present, entry.id()) { "still counts" } else { "NEW KEY" }, entry));
        }
        for entry in present.keys().iter().filter(|entry| !listed(proposed, entry.id())) {
            let revoked = proposed.revoked().contains(&entry.id());
            lines.push(line(if revoked { "REVOKED" } else { "ends" }, entry));
        }
        lines
    }

    /// Signs it and writes the answer to a new file.
    pub fn sign(&self, out: &Path) -> Result<(), ServerError> {
        if out.exists() {
            return Err(ServerError::FileExists(out.display().to_string()));
        }
        let signed = self.record.sign(&self.root, &self.proposed)?;
        write_secret(out, signed.to_text().as_bytes())
    }
}

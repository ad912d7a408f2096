//! What a distribution service on a host of its own needs, in one file: two certificates and the
//! list of keys that tickets are verified with.
//!
//! The file is text: a line `kobai distribution service 1`, then three parts, each after a line with its name in
//! brackets: `[client]`, a PEM with certificate chain, root and private key to report with; `[server]`, the same to be
//! fetched from; `[keys]`, the list of keys as the root signed it. The service replaces the file when a newer list comes.

use std::path::Path;

use protocol::net::{Credentials, Identity};
use protocol::text::Name;
use protocol::{KeyList, keys::RootSigned};

use super::ServerError;
use super::folder::{books_file, issuer_file, key_list_file, mark_file, read_text, write_secret};
use super::keys::read_authority;
use crate::clock::Clock;
use crate::store::Store;

const HEADER: &str = "kobai distribution service 1";

/// The content of such a file.
pub(super) struct Passport {
    pub(super) client: Credentials,
    pub(super) server: Credentials,
    pub(super) keys: RootSigned<KeyList>,
}

/// Writes the identity of a distribution service to the new file `out`, which nobody else may read, and puts it on file
/// under this name; its number. Works while the customer service runs. Killed at any instant it leaves at most an identity on
/// file that nobody has.
pub async fn issue_distribution(data: &Path, name: &Name, out: &Path, clock: &Clock) -> Result<u32, ServerError> {
    if out.exists() {
        return Err(ServerError::FileExists(out.display().to_string()));
    }
    let (authority, list) = (issuer_file(data), key_list_file(data));
    if !mark_file(data).exists() {
        return Err(ServerError::NotInitialised(data.display().to_string()));
    }
    let (authority, now) = (read_authority(&authority)?, clock.certificate_time());
    let passport = Passport {
        client: authority.issue_client(&Identity::Distribution, now).map_err(ServerError::machine)?,
        server: authority.issue_content_server(now).map_err(ServerError::machine)?,
        keys: RootSigned::from_text(&read_text(&list)?).map_err(|error| ServerError::file(&list, error))?,
    };
    let certificate = passport.client.chain.first().ok_or_else(|| ServerError::file(out, "no certificate"))?;
    let books = books_file(data);
    let wrong = |error| ServerError::file(&books, error);
    let store = Store::open(&books).await.map_err(wrong)?;
    let number = store.add_distribution(name, certificate, clock.now()).await.map_err(wrong)?;
    store.close().await.map_err(wrong)?;
    passport.write(out)?;
    Ok(number)
}

impl Passport {
    fn to_text(&self) -> String {
        let Self { client, server, keys } = self;
        let (client, server, keys) = (client.to_pem(), server.to_pem(), keys.to_text());
        format!("{HEADER}\n[client]\n{client}[server]\n{server}[keys]\n{keys}")
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), ServerError> {
        write_secret(path, self.to_text().as_bytes())
    }

    pub(super) fn read(path: &Path) -> Result<Self, ServerError> {
        Self::parse(&read_text(path)?)
            .ok_or_else(|| ServerError::file(path, "not the identity of a distribution service"))
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix(HEADER)?.strip_prefix("\n[client]\n")?;
        let (client, text) = text.split_once("\n[server]\n")?;
        let (server, keys) = text.split_once("\n[keys]\n")?;
        let client = Credentials::from_pem(client).ok()?;
        (client.identity() == Ok(Identity::Distribution)).then_some(())?;
        let server = Credentials::from_pem(server).ok()?;
        Some(Self { client, server, keys: RootSigned::from_text(keys).ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_file_reads_back_and_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let (data, out) = (folder.path().join("data"), folder.path().join("distribution"));
        let name = "osaka".parse().unwrap();
        let issue = || issue_distribution(&data, &name, &out, &Clock::System);
        let missing = issue().await.unwrap_err();
        assert_eq!(missing.code(), "not-initialised");
        super::super::init(&data, super::super::SecondPerson::Solo, &Clock::System).await.unwrap();
        assert_eq!(issue().await.unwrap(), 1);
        let passport = Passport::read(&out).unwrap();
        assert_eq!(passport.keys.to_text(), read_text(&key_list_file(&data)).unwrap());
        assert_eq!(issue().await.unwrap_err().code(), "file-exists");
        assert!(Passport::read(&data.join("admin.pem")).is_err());
    }
}

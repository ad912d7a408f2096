//! What a distribution service on a host of its own needs, in one file: two certificates and the key of tickets.
//!
//! The file is text: a line `kobai distribution service 1`, then three parts, each after a line with its name in
//! brackets: `[client]`, a PEM with certificate, CA and private key to report with; `[server]`, the same to be fetched
//! from; `[ticket-key]`, the public Ed25519 key that tickets are verified with, 64 hexadecimal digits.

use std::path::Path;

use protocol::net::{Credentials, Identity};
use protocol::signed::VerifyKey;

use super::ServerError;
use super::folder::{authority_file, licence_key_file, write_secret};
use super::init::{read_authority, read_signing_key};
use crate::clock::Clock;

const HEADER: &str = "kobai distribution service 1";

/// The content of such a file.
pub(super) struct Passport {
    pub(super) client: Credentials,
    pub(super) server: Credentials,
    pub(super) ticket_key: VerifyKey,
}

/// Writes the identity of a distribution service to the new file `out`, which nobody else may read. Works while the
/// customer service runs.
pub fn issue_distribution(data: &Path, out: &Path, clock: &Clock) -> Result<(), ServerError> {
    if out.exists() {
        return Err(ServerError::FileExists(out.display().to_string()));
    }
    let authority = authority_file(data);
    if !authority.exists() {
        return Err(ServerError::NotInitialised(data.display().to_string()));
    }
    let (authority, now) = (read_authority(&authority)?, clock.certificate_time());
    let passport = Passport {
        client: authority.issue_client(&Identity::Distribution, now).map_err(ServerError::machine)?,
        server: authority.issue_server(now).map_err(ServerError::machine)?,
        ticket_key: read_signing_key(&licence_key_file(data))?.verify_key(),
    };
    write_secret(out, passport.to_text().as_bytes())
}

impl Passport {
    fn to_text(&self) -> String {
        let Self { client, server, ticket_key } = self;
        let key = data_encoding::HEXLOWER.encode(&ticket_key.0);
        format!("{HEADER}\n[client]\n{}[server]\n{}[ticket-key]\n{key}\n", client.to_pem(), server.to_pem())
    }

    pub(super) fn read(path: &Path) -> Result<Self, ServerError> {
        let text = std::fs::read_to_string(path).map_err(|error| ServerError::file(path, error))?;
        Self::parse(&text).ok_or_else(|| ServerError::file(path, "not the identity of a distribution service"))
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix(HEADER)?.strip_prefix("\n[client]\n")?;
        let (client, text) = text.split_once("\n[server]\n")?;
        let (server, key) = text.split_once("\n[ticket-key]\n")?;
        let key = data_encoding::HEXLOWER.decode(key.trim_end().as_bytes()).ok()?;
        let client = Credentials::from_pem(client).ok()?;
        (client.identity() == Ok(Identity::Distribution)).then_some(())?;
        let server = Credentials::from_pem(server).ok()?;
        Some(Self { client, server, ticket_key: VerifyKey(key.try_into().ok()?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_file_reads_back_and_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let (data, out) = (folder.path().join("data"), folder.path().join("distribution"));
        let missing = issue_distribution(&data, &out, &Clock::System).unwrap_err();
        assert_eq!(missing.code(), "not-initialised");
        super::super::init(&data, &Clock::System).await.unwrap();
        issue_distribution(&data, &out, &Clock::System).unwrap();
        let passport = Passport::read(&out).unwrap();
        let key = read_signing_key(&licence_key_file(&data)).unwrap();
        assert_eq!(passport.ticket_key, key.verify_key());
        assert_eq!(issue_distribution(&data, &out, &Clock::System).unwrap_err().code(), "file-exists");
        assert!(Passport::read(&data.join("admin.pem")).is_err());
    }
}

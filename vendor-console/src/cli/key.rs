//! `vendor-console key`: the keys that sign. A change needs the root's private key: on the server's machine, or where
//! `vendor-server root sign` runs.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use protocol::keys::{KEY_FILE_BYTES_MAX, RootSigned};
use protocol::message::staff::{KeyChange, KeyStatus, StaffReply, StaffRequest};
use protocol::{KeyId, KeyRole};

use super::output::{Output, Record};
use super::{CliError, Run, Session};
use crate::client::StaffError;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the keys: which sign, which count, which are revoked
    List,
    /// Let a new key sign; the one before it still counts, those before that no longer
    Rotate {
        /// What it signs: release (catalogues, manifests) or licence (tickets, licences)
        role: Role,
        /// Where to write what the root has to sign, if its private key is not on the server's machine
        #[arg(long, value_name = "FILE")]
        request: Option<PathBuf>,
    },
    /// Revoke a key: what it has signed counts no more, and it never comes back
    Revoke {
        /// Its name
        key: KeyId,
        /// Where to write what the root has to sign, if its private key is not on the server's machine
        #[arg(long, value_name = "FILE")]
        request: Option<PathBuf>,
    },
    /// Take the list that the root has signed: from now on it counts
    Import {
        /// What `vendor-server root sign` has written
        #[arg(value_name = "ANSWER")]
        answer: PathBuf,
    },
}

/// What a key signs.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Role {
    Release,
    Licence,
}

impl From<Role> for KeyRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Release => Self::Release,
            Role::Licence => Self::Licence,
        }
    }
}

impl Run for Command {
    async fn run(self, session: &Session) -> Result<Output, CliError> {
        match self {
            Self::List => status(session, StaffRequest::Keys).await,
            Self::Rotate { role, request } => {
                propose(session, KeyChange::Rotate(role.into()), request.as_deref()).await
            }
            Self::Revoke { key, request } => propose(session, KeyChange::Revoke(key), request.as_deref()).await,
            Self::Import { answer } => {
                let list = read_list(&answer)?;
                status(session, StaffRequest::ImportKeys(list)).await
            }
        }
    }
}

async fn propose(session: &Session, change: KeyChange, file: Option<&Path>) -> Result<Output, CliError> {
    // Before anything is asked: the answer must find its place.
    if let Some(file) = file
        && file.exists()
    {
        return Err(CliError::Io(std::io::Error::other(format!("{} exists already", file.display()))));
    }
    match (session.ask(StaffRequest::ProposeKeys(change)).await?, file) {
        (StaffReply::Keys(status), _) => Ok(document(&status)),
        (StaffReply::KeyRequest(request), Some(file)) => {
            let mut out = std::fs::File::options().write(true).create_new(true).open(file)?;
            out.write_all(request.to_text().as_bytes())?;
            out.sync_all()?;
            Ok(Output::One(Record::default().text("request", "REQUEST", file.display()).text(
                "next",
                "NEXT",
                "vendor-server root sign --root root.pem REQUEST --out ANSWER, then vendor-console key import ANSWER",
            )))
        }
        (StaffReply::KeyRequest(_), None) => Err(CliError::Usage(
            "the root's private key is not on the server's machine: say with --request FILE where to write what it has \
             to sign"
                .to_owned(),
        )),
        _ => Err(StaffError::WrongAnswer.into()),
    }
}

fn read_list(file: &Path) -> Result<RootSigned<protocol::KeyList>, CliError> {
    let length = std::fs::metadata(file)?.len();
    let too_long = || std::io::Error::other("too long for a list of keys");
    let text = if length > KEY_FILE_BYTES_MAX as u64 { Err(too_long()) } else { std::fs::read_to_string(file) };
    RootSigned::from_text(&text?).map_err(|error| CliError::Io(std::io::Error::other(error)))
}

async fn status(session: &Session, request: StaffRequest) -> Result<Output, CliError> {
    match session.ask(request).await? {
        StaffReply::Keys(status) => Ok(document(&status)),
        _ => Err(StaffError::WrongAnswer.into()),
    }
}

fn document(status: &KeyStatus) -> Output {
    let KeyStatus { list, signing, root_is_here, here } = status;
    let head = Record::default().number("version", "LIST VERSION", list.version()).flag(
        "root_is_here",
        "ROOT KEY IS HERE",
        *root_is_here,
    );
    let row = |id: KeyId, role: Option<KeyRole>, state: &str| {
        let since = here.iter().find(|(known, _)| *known == id).map(|(_, at)| *at);
        let record = Record::default().text("key", "KEY", id).optional("role", "ROLE", role);
        record.text("state", "STATE", state).time("here_since", "HERE SINCE", since)
    };
    let counting = list.keys().iter().map(|entry| {
        let signs = signing.contains(&entry.id());
        row(entry.id(), Some(entry.role), if signs { "signs" } else { "counts" })
    });
    let revoked = list.revoked().iter().map(|id| row(*id, None, "revoked"));
    Output::Document { head, lines: counting.chain(revoked).collect() }
}

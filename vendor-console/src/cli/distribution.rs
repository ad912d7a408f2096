//! `vendor-console distribution`: the services on hosts of their own that send packages and report it.

use clap::Subcommand;
use protocol::message::staff::{DistributionRow, Page, StaffReply, StaffRequest};

use super::output::{Output, Record};
use super::{CliError, ListArgs, Run, Session};
use crate::client::StaffError;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the identities that vendor-server issue-distribution has made
    List(ListArgs),
    /// Revoke an identity: whoever has its file can report nothing any more
    Revoke {
        /// Its number
        number: u32,
    },
}

impl Run for Command {
    async fn run(self, session: &Session) -> Result<Output, CliError> {
        match self {
            Self::List(args) => session.list(&args, StaffRequest::Distributions, page, record).await,
            Self::Revoke { number } => match session.ask(StaffRequest::RevokeDistribution { number }).await? {
                StaffReply::Distribution(row) => Ok(Output::One(record(&row))),
                _ => Err(StaffError::WrongAnswer.into()),
            },
        }
    }
}

fn page(reply: StaffReply) -> Option<Page<DistributionRow>> {
    match reply {
        StaffReply::Distributions(page) => Some(page),
        _ => None,
    }
}

fn record(row: &DistributionRow) -> Record {
    let state = match (row.revoked_at.is_some(), row.is_connected) {
        (true, _) => "revoked",
        (false, true) => "connected",
        (false, false) => "issued",
    };
    Record::default()
        .number("number", "NUMBER", u64::from(row.number))
        .text("name", "NAME", &row.name)
        .text("state", "STATE", state)
        .time("issued_at", "ISSUED", Some(row.issued_at))
        .time("certificate_until", "CERTIFICATE UNTIL", row.certificate_until)
        .time("revoked_at", "REVOKED", row.revoked_at)
}

//! `vendor-console audit`: what staff did, and whether the log of it is whole.

use clap::Subcommand;
use protocol::audit::AuditRow;
use protocol::message::staff::{Page, StaffReply, StaffRequest};

use super::output::{Output, Record};
use super::{CliError, ListArgs, Run, Session};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List what staff did, newest first
    List(ListArgs),
    /// Check the whole chain, its signed head, and the head that was kept beside the certificate
    Verify,
}

impl Run for Command {
    const DESPITE_ALARM: bool = true;

    async fn run(self, session: &Session) -> Result<Output, CliError> {
        match self {
            Self::List(args) => session.list(&args, StaffRequest::Audit, page, record).await,
            Self::Verify => {
                let head = session.client.verify_audit().await?;
                Ok(Output::One(
                    Record::default()
                        .number("lines", "LINES", head.link.number)
                        .text("head", "HEAD", head.link.hash)
                        .time("signed_at", "SIGNED", Some(head.at)),
                ))
            }
        }
    }
}

fn page(reply: StaffReply) -> Option<Page<AuditRow>> {
    match reply {
        StaffReply::Audit(page) => Some(page),
        _ => None,
    }
}

fn record(row: &AuditRow) -> Record {
    let line = &row.line;
    Record::default()
        .number("line", "LINE", line.number)
        .time("at", "AT", Some(line.at))
        .text("who", "WHO", &line.who)
        .text("role", "ROLE", line.role)
        .text("action", "ACTION", &line.action)
        .text("subject", "ON", &line.subject)
        .text("outcome", "OUTCOME", &line.outcome)
        .optional("change", "CHANGE", line.change.as_ref())
        .text("hash", "HASH", row.hash)
        .detail()
}

//! `vendor-console approval`: what waits for a second person, and what that person says.

use clap::Subcommand;
use protocol::message::staff::{Page, Proposal, ProposalKind, ProposalRow, Reason, StaffReply, StaffRequest, Verdict};

use super::output::{Output, Record};
use super::{CliError, ListArgs, Run, Session};
use crate::client::StaffError;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List what waits, newest first
    List {
        /// Also what was decided
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        list: ListArgs,
    },
    /// Let it take effect
    Approve {
        /// Its number in the list
        number: u32,
    },
    /// Turn it down; one's own is taken back
    Reject {
        /// Its number in the list
        number: u32,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Reason,
    },
}

impl Run for Command {
    async fn run(self, session: &Session) -> Result<Output, CliError> {
        let (number, verdict) = match self {
            Self::List { all, list } => {
                let request = |query| StaffRequest::Proposals { query, open_only: !all };
                return session.list(&list, request, page, record).await;
            }
            Self::Approve { number } => (number, Verdict::Approve),
            Self::Reject { number, reason } => (number, Verdict::Reject { reason }),
        };
        let request = |query| StaffRequest::Proposals { query, open_only: false };
        let found = session.find(&number.to_string(), request, page, |row: &ProposalRow| row.number == number).await?;
        let kind = found.proposal.kind();
        match session.ask(StaffRequest::Decide { kind, number, verdict }).await? {
            StaffReply::Proposal(row) => Ok(Output::One(record(&row))),
            _ => Err(StaffError::WrongAnswer.into()),
        }
    }
}

fn page(reply: StaffReply) -> Option<Page<ProposalRow>> {
    match reply {
        StaffReply::Proposals(page) => Some(page),
        _ => None,
    }
}

pub(super) fn record(row: &ProposalRow) -> Record {
    let (what, amount, reason) = match &row.proposal {
        Proposal::Release { option, version, .. } => (format!("{option} release {version}"), None, None),
        Proposal::Credit { charge, amount, reason, .. } => (format!("charge {charge}"), Some(*amount), Some(reason)),
        Proposal::CreditLimit { limit } => ("credit limit".to_owned(), Some(*limit), None),
    };
    let kind = match row.proposal.kind() {
        ProposalKind::Release => "release",
        ProposalKind::Credit => "credit",
        ProposalKind::CreditLimit => "credit-limit",
    };
    let package = match &row.proposal {
        Proposal::Release { package, .. } => Some(package),
        _ => None,
    };
    let decision = row.decision.as_ref();
    let (state, because) = match decision.map(|decision| &decision.verdict) {
        None => ("waiting", None),
        Some(Verdict::Approve) => ("approved", None),
        Some(Verdict::Reject { reason }) => ("rejected", Some(reason)),
    };
    Record::default()
        .number("proposal", "NUMBER", row.number)
        .text("kind", "KIND", kind)
        .text("what", "WHAT", what)
        .yen("amount_yen", "AMOUNT", amount)
        .optional("reason", "REASON", reason)
        .optional("package", "PACKAGE", package)
        .detail()
        .text("by", "BY", &row.by)
        .time("at", "AT", Some(row.at))
        .text("state", "STATE", state)
        .optional("decided_by", "DECIDED BY", decision.map(|decision| &decision.by))
        .time("decided_at", "DECIDED", decision.map(|decision| decision.at))
        .detail()
        .optional("rejected_because", "BECAUSE", because)
        .detail()
}

//! `vendor-console staff`: who works here, with which role.

use std::path::PathBuf;

use clap::Subcommand;
use protocol::message::staff::{Page, StaffReply, StaffRequest, StaffRow};
use protocol::{StaffName, StaffRole};

use super::output::{Output, Record};
use super::{CliError, ListArgs, Run, Session};
use crate::client::StaffError;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the staff
    List(ListArgs),
    /// Add a member of staff and write the certificate with its key
    Add {
        /// For example hana; never given to anybody else
        name: StaffName,
        /// clerk, publisher, accountant or admin
        #[arg(long)]
        role: StaffRole,
        /// The file to write; it must not exist
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Write another certificate; the one before counts no more
    Reissue {
        /// For example hana
        name: StaffName,
        /// The file to write; it must not exist
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Give another role
    SetRole {
        /// For example hana
        name: StaffName,
        /// clerk, publisher, accountant or admin
        #[arg(long)]
        role: StaffRole,
    },
    /// Revoke a member of staff for ever
    Revoke {
        /// For example hana
        name: StaffName,
    },
}

impl Run for Command {
    async fn run(self, session: &Session) -> Result<Output, CliError> {
        let client = &session.client;
        match self {
            Self::List(args) => session.list(&args, StaffRequest::Staff, page, record).await,
            Self::Add { name, role, out } => {
                let request = |csr| StaffRequest::AddStaff { name, role, csr };
                certified(&client.certify(&out, request).await?, out)
            }
            Self::Reissue { name, out } => {
                let request = |csr| StaffRequest::ReissueStaff { name, csr };
                certified(&client.certify(&out, request).await?, out)
            }
            Self::SetRole { name, role } => one(session.ask(StaffRequest::SetStaffRole { name, role }).await?),
            Self::Revoke { name } => one(session.ask(StaffRequest::RevokeStaff { name }).await?),
        }
    }
}

fn certified(row: &StaffRow, out: PathBuf) -> Result<Output, CliError> {
    Ok(Output::One(record(row).text("certificate", "CERTIFICATE", out.display())))
}

fn one(reply: StaffReply) -> Result<Output, CliError> {
    match reply {
        StaffReply::StaffMember(row) => Ok(Output::One(record(&row))),
        _ => Err(StaffError::WrongAnswer.into()),
    }
}

fn page(reply: StaffReply) -> Option<Page<StaffRow>> {
    match reply {
        StaffReply::Staff(page) => Some(page),
        _ => None,
    }
}

fn record(row: &StaffRow) -> Record {
    Record::default()
        .text("name", "NAME", &row.name)
        .text("role", "ROLE", row.role)
        .text("state", "STATE", if row.revoked_at.is_some() { "revoked" } else { "active" })
        .time("created_at", "SINCE", Some(row.created_at))
        .time("revoked_at", "REVOKED", row.revoked_at)
}

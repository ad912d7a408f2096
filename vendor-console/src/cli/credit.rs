//! `vendor-console credit`: what is given back of charges.

use clap::Subcommand;
use protocol::message::staff::{CreditRow, Page, Reason, StaffReply, StaffRequest};
use protocol::{CustomerId, Yen};

use super::output::{Output, Record};
use super::{CliError, ListArgs, Run, Session, approval};
use crate::client::StaffError;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List credits, newest first
    List {
        /// Of this customer only
        #[arg(long)]
        customer: Option<CustomerId>,
        /// Of this charge only
        #[arg(long, value_name = "NUMBER")]
        charge: Option<u64>,
        #[command(flatten)]
        list: ListArgs,
    },
    /// Give back a charge or a part of it; above the limit it waits for a second person
    Issue {
        /// Number of the charge
        charge: u64,
        /// Whole yen
        #[arg(long, value_name = "YEN", value_parser = yen)]
        amount: Yen,
        /// Why; the invoice shows it
        #[arg(long, value_name = "TEXT")]
        reason: Reason,
    },
}

/// Whole yen.
pub(super) fn yen(text: &str) -> Result<Yen, String> {
    let amount: u64 = text.parse().map_err(|_| "an amount is a number of whole yen".to_owned())?;
    Yen::new(amount).map_err(|error| error.to_string())
}

impl Run for Command {
    async fn run(self, session: &Session) -> Result<Output, CliError> {
        match self {
            Self::List { customer, charge, list } => {
                let request = |query| StaffRequest::Credits { query, customer, charge };
                session.list(&list, request, page, record).await
            }
            Self::Issue { charge, amount, reason } => {
                match session.ask(StaffRequest::Credit { charge, amount, reason }).await? {
                    StaffReply::Credit(row) => Ok(Output::One(record(&row))),
                    StaffReply::Proposal(row) => Ok(Output::One(approval::record(&row))),
                    _ => Err(StaffError::WrongAnswer.into()),
                }
            }
        }
    }
}

fn page(reply: StaffReply) -> Option<Page<CreditRow>> {
    match reply {
        StaffReply::Credits(page) => Some(page),
        _ => None,
    }
}

fn record(row: &CreditRow) -> Record {
    Record::default()
        .number("credit", "CREDIT", row.number)
        .time("issued_at", "ISSUED", Some(row.issued_at))
        .number("charge", "CHARGE", row.charge)
        .text("customer", "CUSTOMER", row.customer.id)
        .text("customer_name", "CUSTOMER NAME", &row.customer.name)
        .yen("amount_yen", "AMOUNT", Some(row.amount))
        .yen("used_yen", "USED", Some(row.used))
        .text("reason", "REASON", &row.reason)
        .optional("by", "BY", row.by.as_ref())
        .optional("approved_by", "APPROVED BY", row.approved_by.as_ref())
}

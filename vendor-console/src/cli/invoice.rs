//! `vendor-console invoice`: invoices at once, and the periodic settlement.

use clap::Subcommand;
use protocol::message::staff::{InvoiceCredit, InvoiceDocument, InvoiceRow, Page, StaffReply, StaffRequest};
use protocol::{CustomerId, InvoiceNumber};
use serde_json::json;

use super::input::InstantArg;
use super::output::{Output, Record};
use super::{CliError, ListArgs, Run, Session, charge};
use crate::client::StaffError;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List invoices, newest first
    List {
        /// Of this customer only
        #[arg(long)]
        customer: Option<CustomerId>,
        #[command(flatten)]
        list: ListArgs,
    },
    /// Show an invoice with its lines
    Show {
        /// For example INV-0001
        number: InvoiceNumber,
    },
    /// Invoice a customer's charges at once
    Create {
        /// For example C-0001
        customer: CustomerId,
        /// Only charges before this day or instant
        #[arg(long, value_name = "DATE")]
        until: Option<InstantArg>,
    },
    /// The periodic settlement: an invoice for every customer who is settled monthly and has charges
    Settle {
        /// The end of the period, not included
        #[arg(long, value_name = "DATE")]
        until: InstantArg,
    },
}

impl Run for Command {
    async fn run(self, session: &Session) -> Result<Output, CliError> {
        match self {
            Self::List { customer, list } => {
                let request = |query| StaffRequest::Invoices { query, customer };
                session.list(&list, request, page, record).await
            }
            Self::Show { number } => document(session.ask(StaffRequest::Invoice { number }).await?),
            Self::Create { customer, until } => {
                let request = StaffRequest::CreateInvoice { customer, until: until.map(|at| at.0) };
                document(session.ask(request).await?)
            }
            Self::Settle { until } => {
                let reply = session.ask(StaffRequest::Settle { until: until.0 }).await?;
                let made = page(reply).ok_or(StaffError::WrongAnswer)?;
                Ok(Output::List { rows: made.rows.iter().map(record).collect(), total: made.total, sum: None })
            }
        }
    }
}

fn document(reply: StaffReply) -> Result<Output, CliError> {
    match reply {
        StaffReply::Invoice(InvoiceDocument { head, lines, credits }) => {
            let text = credits.iter().map(|line| format!("credit {} {}", line.credit, line.amount));
            let value = |line: &InvoiceCredit| {
                json!({
                    "credit": line.credit,
                    "charge": line.charge,
                    "reason": line.reason.as_str(),
                    "amount_yen": line.amount.amount(),
                })
            };
            let text = text.collect::<Vec<_>>().join(", ");
            let head = record(&head).list("credits", "CREDITS", text, credits.iter().map(value).collect());
            Ok(Output::Document { head, lines: lines.iter().map(charge::record).collect() })
        }
        _ => Err(StaffError::WrongAnswer.into()),
    }
}

fn page(reply: StaffReply) -> Option<Page<InvoiceRow>> {
    match reply {
        StaffReply::Invoices(page) => Some(page),
        _ => None,
    }
}

fn record(row: &InvoiceRow) -> Record {
    Record::default()
        .text("number", "INVOICE", row.number)
        .text("customer", "CUSTOMER", row.customer.id)
        .text("customer_name", "CUSTOMER NAME", &row.customer.name)
        .time("from", "FROM", Some(row.from))
        .time("until", "UNTIL", Some(row.until))
        .time("issued_at", "ISSUED", Some(row.issued_at))
        .number("line_count", "LINES", row.line_count)
        .yen("credited_yen", "CREDITED", Some(row.credited))
        .yen("total_yen", "TOTAL", Some(row.total))
        .yen("carried_yen", "CREDIT LEFT", Some(row.carried))
        .detail()
}

//! `vendor-console customer`: who pays, and the contracts that panels name.

use std::path::PathBuf;

use clap::Subcommand;
use protocol::message::staff::{CustomerFields, CustomerRow, Page, StaffReply, StaffRequest};
use protocol::text::{Name, SearchText};
use protocol::{ContractUserId, CustomerId, Text};
use serde_json::json;

use super::input::{SettlementArg, read_pin, settlement_name};
use super::output::{Output, Record};
use super::{CliError, ListArgs, Run, Session};
use crate::client::StaffError;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List customers
    List(ListArgs),
    /// Find customers by number or name
    Search {
        /// Part of a number or name
        text: SearchText,
    },
    /// Show one customer
    Show {
        /// For example C-0001
        customer: CustomerId,
    },
    /// Enter a new customer, with a first contract
    Create {
        /// Name, as on the invoice
        #[arg(long)]
        name: Name,
        /// Where invoices go
        #[arg(long)]
        email: Option<Text<120>>,
        /// When charges are invoiced
        #[arg(long, value_enum, default_value = "monthly")]
        settlement: SettlementArg,
    },
    /// Change a customer; what is not named stays
    Edit {
        /// For example C-0001
        customer: CustomerId,
        /// Name, as on the invoice
        #[arg(long)]
        name: Option<Name>,
        /// Where invoices go
        #[arg(long, conflicts_with = "no_email")]
        email: Option<Text<120>>,
        /// Forget the address
        #[arg(long)]
        no_email: bool,
        /// When charges are invoiced
        #[arg(long, value_enum)]
        settlement: Option<SettlementArg>,
        /// Refuse purchases
        #[arg(long, conflicts_with = "resume")]
        suspend: bool,
        /// Allow purchases again
        #[arg(long)]
        resume: bool,
    },
    /// Contracts: add, end, resume
    #[command(subcommand)]
    Contract(Contract),
}

#[derive(Debug, Subcommand)]
pub(super) enum Contract {
    /// Add a contract to a customer
    Add {
        /// For example C-0001
        customer: CustomerId,
    },
    /// End a contract: purchases can no longer name it
    End {
        /// The contract user ID, grouped or not
        contract: ContractUserId,
    },
    /// Let an ended contract live again
    Resume {
        /// The contract user ID, grouped or not
        contract: ContractUserId,
    },
    /// Give a contract a PIN that must be typed with it, or none; panels that have to wait for it need not any more
    SetPin {
        /// The contract user ID, grouped or not
        contract: ContractUserId,
        /// File whose first line is the PIN, 4 to 12 digits; - reads it from standard input
        #[arg(long, value_name = "FILE", required_unless_present = "clear")]
        pin_file: Option<PathBuf>,
        /// The ID alone is enough
        #[arg(long, conflicts_with = "pin_file")]
        clear: bool,
    },
}

impl Run for Command {
    async fn run(self, session: &Session) -> Result<Output, CliError> {
        match self {
            Self::List(args) => session.list(&args, StaffRequest::Customers, page, record).await,
            Self::Search { text } => {
                let args = ListArgs { search: Some(text), ..ListArgs::default() };
                session.list(&args, StaffRequest::Customers, page, record).await
            }
            Self::Show { customer } => Ok(Output::One(record(&find(session, customer).await?))),
            Self::Create { name, email, settlement } => {
                let fields = CustomerFields { name, email, settlement: settlement.into() };
                one(session, StaffRequest::CreateCustomer(fields)).await
            }
            Self::Edit { customer, name, email, no_email, settlement, suspend, resume } => {
                // First what may be urgent.
                let suspended = match (suspend, resume) {
                    (false, false) => None,
                    (suspend, _) => {
                        Some(one(session, StaffRequest::SuspendCustomer { customer, suspended: suspend }).await?)
                    }
                };
                let is_edited = name.is_some() || email.is_some() || no_email || settlement.is_some();
                if let Some(suspended) = suspended.filter(|_| !is_edited) {
                    return Ok(suspended);
                }
                let CustomerRow { fields: old, revision, .. } = find(session, customer).await?;
                let fields = CustomerFields {
                    name: name.unwrap_or(old.name),
                    email: if no_email { None } else { email.or(old.email) },
                    settlement: settlement.map_or(old.settlement, Into::into),
                };
                one(session, StaffRequest::UpdateCustomer { customer, revision, fields }).await
            }
            Self::Contract(Contract::Add { customer }) => one(session, StaffRequest::AddContract { customer }).await,
            Self::Contract(Contract::End { contract }) => {
                one(session, StaffRequest::SetContract { contract, active: false }).await
            }
            Self::Contract(Contract::Resume { contract }) => {
                one(session, StaffRequest::SetContract { contract, active: true }).await
            }
            Self::Contract(Contract::SetPin { contract, pin_file, clear: _ }) => {
                let pin = pin_file.as_deref().map(read_pin).transpose()?;
                one(session, StaffRequest::SetContractPin { contract, pin }).await
            }
        }
    }
}

async fn find(session: &Session, customer: CustomerId) -> Result<CustomerRow, CliError> {
    session.find(&customer.to_string(), StaffRequest::Customers, page, |row: &CustomerRow| row.id == customer).await
}

async fn one(session: &Session, request: StaffRequest) -> Result<Output, CliError> {
    match session.ask(request).await? {
        StaffReply::Customer(row) => Ok(Output::One(record(&row))),
        _ => Err(StaffError::WrongAnswer.into()),
    }
}

fn page(reply: StaffReply) -> Option<Page<CustomerRow>> {
    match reply {
        StaffReply::Customers(page) => Some(page),
        _ => None,
    }
}

fn record(row: &CustomerRow) -> Record {
    let contract = |c: &protocol::message::staff::ContractRow| {
        let notes = match (c.active, c.has_pin) {
            (true, false) => "",
            (true, true) => " (PIN)",
            (false, false) => " (ended)",
            (false, true) => " (ended, PIN)",
        };
        c.id.grouped() + notes
    };
    let contracts = row.contracts.iter().map(contract).collect::<Vec<_>>().join(", ");
    let values =
        row.contracts.iter().map(|c| json!({"id": c.id.as_str(), "active": c.active, "has_pin": c.has_pin})).collect();
    Record::default()
        .text("id", "NUMBER", row.id)
        .text("name", "NAME", &row.fields.name)
        .optional("email", "E-MAIL", row.fields.email.as_ref())
        .detail()
        .text("settlement", "SETTLEMENT", settlement_name(row.fields.settlement))
        .flag("suspended", "SUSPENDED", row.suspended)
        .number("devices", "DEVICES", row.devices)
        .yen("uninvoiced_yen", "UNINVOICED", Some(row.uninvoiced))
        .list("contracts", "CONTRACT USER IDS", contracts, values)
        .time("created_at", "ENTERED", Some(row.created_at))
        .detail()
}

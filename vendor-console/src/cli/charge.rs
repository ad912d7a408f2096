//! `vendor-console charge`: the ledger.

use clap::Subcommand;
use protocol::CustomerId;
use protocol::message::staff::{ChargeFilter, ChargeRow, Page, StaffReply, StaffRequest};

use super::input::InstantArg;
use super::output::{Output, Record};
use super::{CliError, ListArgs, Run, Session};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List charges, newest first, with their sum
    List {
        /// Of this customer only
        #[arg(long)]
        customer: Option<CustomerId>,
        /// At or after this day or instant
        #[arg(long, value_name = "DATE")]
        from: Option<InstantArg>,
        /// Before this day or instant
        #[arg(long, value_name = "DATE")]
        until: Option<InstantArg>,
        /// Only charges that are on no invoice
        #[arg(long)]
        uninvoiced: bool,
        #[command(flatten)]
        list: ListArgs,
    },
}

impl Run for Command {
    async fn run(self, session: &Session) -> Result<Output, CliError> {
        let Self::List { customer, from, until, uninvoiced, list } = self;
        let filter = ChargeFilter {
            customer,
            from: from.map(|at| at.0),
            until: until.map(|at| at.0),
            uninvoiced_only: uninvoiced,
        };
        let sum_found = std::cell::Cell::new(None);
        let page = |reply| match reply {
            StaffReply::Charges { page, sum } => {
                sum_found.set(Some(sum));
                Some(page)
            }
            _ => None::<Page<ChargeRow>>,
        };
        let output = session.list(&list, |query| StaffRequest::Charges { query, filter }, page, record).await?;
        Ok(match output {
            Output::List { rows, total, .. } => Output::List { rows, total, sum: sum_found.get() },
            other => other,
        })
    }
}

pub(super) fn record(row: &ChargeRow) -> Record {
    Record::default()
        .number("number", "CHARGE", row.number)
        .time("charged_at", "CHARGED", Some(row.charged_at))
        .text("customer", "CUSTOMER", row.customer.id)
        .text("customer_name", "CUSTOMER NAME", &row.customer.name)
        .text("device", "DEVICE", &row.device)
        .text("option", "OPTION", &row.option)
        .text("option_name_ja", "NAME (JA)", &row.option_name.ja)
        .detail()
        .text("option_name_en", "NAME (EN)", &row.option_name.en)
        .detail()
        .text("form", "FORM", row.form)
        .optional_number("uses", "USES", row.uses.map(|uses| u64::from(uses.count)))
        .yen("each_yen", "EACH", row.uses.map(|uses| uses.each))
        .yen("amount_yen", "AMOUNT", Some(row.amount))
        .yen("credited_yen", "CREDITED", Some(row.credited))
        .optional("invoice", "INVOICE", row.invoice)
        .text("order", "ORDER", row.order)
        .detail()
}

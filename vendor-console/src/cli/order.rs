//! `vendor-console order`: orders and their deliveries.

use clap::Subcommand;
use protocol::message::staff::{OrderRow, Page, StaffReply, StaffRequest};
use protocol::{CustomerId, OrderState};

use super::output::{Output, Record};
use super::{CliError, ListArgs, Run, Session};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List orders, newest first
    List {
        /// Of this customer only
        #[arg(long)]
        customer: Option<CustomerId>,
        /// Only orders that are not finished
        #[arg(long)]
        open: bool,
        #[command(flatten)]
        list: ListArgs,
    },
}

impl Run for Command {
    async fn run(self, session: &Session) -> Result<Output, CliError> {
        let Self::List { customer, open, list } = self;
        let request = |query| StaffRequest::Orders { query, customer, open_only: open };
        session.list(&list, request, page, record).await
    }
}

fn page(reply: StaffReply) -> Option<Page<OrderRow>> {
    match reply {
        StaffReply::Orders(page) => Some(page),
        _ => None,
    }
}

fn record(row: &OrderRow) -> Record {
    let reason = match row.state {
        OrderState::Refused(code) => Some(code.code()),
        OrderState::Failed(code) => Some(code.code()),
        _ => None,
    };
    let delivery = row.delivery.as_ref();
    Record::default()
        .text("order", "ORDER", row.order)
        .text("device", "DEVICE", &row.device)
        .optional("customer", "CUSTOMER", row.customer.as_ref().map(|customer| customer.id))
        .text("option", "OPTION", &row.option)
        .text("state", "STATE", row.state.name())
        .optional("reason", "REASON", reason)
        .optional("form", "FORM", row.form)
        .yen("price_yen", "PRICE", row.price)
        .optional_number("total_bytes", "PACKAGE BYTES", delivery.map(|delivery| delivery.total_bytes))
        .detail()
        .optional_number("sending_bytes", "BYTES SENT", delivery.and_then(|delivery| delivery.sending_bytes))
        .detail()
        .optional_number("failed_attempts", "BROKEN OFF", delivery.map(|it| u64::from(it.failed_attempts)))
        .detail()
        .optional("last_failure", "LAST FAILURE", delivery.and_then(|delivery| delivery.last_failure))
        .detail()
        .time("created_at", "CREATED", Some(row.created_at))
        .time("updated_at", "UPDATED", Some(row.updated_at))
        .detail()
}

//! `vendor-console licence`: licences on their devices, and the devices that need a decision.

use clap::Subcommand;
use protocol::message::report::Standing;
use protocol::message::staff::{
    DeviceAlarmRow, DeviceDecision, Ending, LicenceFilter, LicenceRow, Page, StaffReply, StaffRequest,
};
use protocol::{CustomerId, DeviceSerial, OrderId};

use super::output::{Output, Record};
use super::{CliError, ListArgs, Run, Session};
use crate::client::StaffError;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List licences, newest first
    List {
        /// Paid for by this customer only
        #[arg(long)]
        customer: Option<CustomerId>,
        /// On this device only
        #[arg(long)]
        device: Option<DeviceSerial>,
        /// Only those that are over and of which no device has said that they are erased
        #[arg(long)]
        not_erased: bool,
        /// Only those that end soon, or lock soon for want of a report
        #[arg(long)]
        ending: bool,
        /// What is soon: so many uses or fewer are left
        #[arg(long, value_name = "N", default_value_t = Ending::default().uses, requires = "ending")]
        uses: u32,
        /// What is soon: so many days of 24 hours or fewer are left
        #[arg(long, value_name = "N", default_value_t = Ending::default().days, requires = "ending")]
        days: u16,
        #[command(flatten)]
        list: ListArgs,
    },
    /// End a licence before its time; the device erases it when it hears of it
    Revoke {
        /// The licence's number, which is that of its order
        licence: OrderId,
    },
    /// Keep a licence from being used, from the device's next contact on; nothing is erased
    Suspend {
        /// The licence's number, which is that of its order
        licence: OrderId,
    },
    /// Let a suspended licence be used again
    Reinstate {
        /// The licence's number, which is that of its order
        licence: OrderId,
    },
    /// Give what is left of a licence to another device of the same customer
    Move {
        /// The licence's number, which is that of its order
        licence: OrderId,
        /// Serial number of the device that gets it
        #[arg(long)]
        to: DeviceSerial,
        /// Its device is lost and proves no erasure; it must be revoked already
        #[arg(long)]
        lost: bool,
    },
    /// List devices that have noticed something, those that need a decision first
    Alarms {
        #[command(flatten)]
        list: ListArgs,
    },
    /// Let a device's locked licences be used again
    Release {
        /// Serial number
        serial: DeviceSerial,
    },
    /// End a device's locked licences
    End {
        /// Serial number
        serial: DeviceSerial,
    },
}

impl Run for Command {
    async fn run(self, session: &Session) -> Result<Output, CliError> {
        let decide = async |serial, decision| match session.ask(StaffRequest::DecideDevice { serial, decision }).await?
        {
            StaffReply::DeviceAlarm(row) => Ok(Output::One(alarm(&row))),
            _ => Err(StaffError::WrongAnswer.into()),
        };
        match self {
            Self::List { customer, device, not_erased, ending, uses, days, list } => {
                let ending = ending.then_some(Ending { uses, days });
                let filter = LicenceFilter { customer, device, alarms_only: not_erased, ending };
                let request = |query| StaffRequest::Licences { query, filter: filter.clone() };
                session.list(&list, request, page, record).await
            }
            Self::Revoke { licence } => {
                one(session.ask(StaffRequest::RevokeLicence { licence: licence.into() }).await?)
            }
            Self::Suspend { licence } => {
                one(session.ask(StaffRequest::SuspendLicence { licence: licence.into() }).await?)
            }
            Self::Move { licence, to, lost } => {
                one(session.ask(StaffRequest::MoveLicence { licence: licence.into(), to, lost }).await?)
            }
            Self::Reinstate { licence } => {
                one(session.ask(StaffRequest::ReinstateLicence { licence: licence.into() }).await?)
            }
            Self::Alarms { list } => session.list(&list, StaffRequest::DeviceAlarms, alarms, alarm).await,
            Self::Release { serial } => decide(serial, DeviceDecision::Release).await,
            Self::End { serial } => decide(serial, DeviceDecision::End).await,
        }
    }
}

fn one(reply: StaffReply) -> Result<Output, CliError> {
    match reply {
        StaffReply::Licence(row) => Ok(Output::One(record(&row))),
        _ => Err(StaffError::WrongAnswer.into()),
    }
}

fn page(reply: StaffReply) -> Option<Page<LicenceRow>> {
    match reply {
        StaffReply::Licences(page) => Some(page),
        _ => None,
    }
}

fn alarms(reply: StaffReply) -> Option<Page<DeviceAlarmRow>> {
    match reply {
        StaffReply::DeviceAlarms(page) => Some(page),
        _ => None,
    }
}

fn record(row: &LicenceRow) -> Record {
    let (state, reason, ended_at) = match row.standing {
        Standing::Active => ("active", None, None),
        Standing::Locked(reason) => ("locked", Some(reason.name()), None),
        Standing::Ended(reason, at) => ("ended", Some(reason.name()), Some(at)),
    };
    Record::default()
        .text("licence", "LICENCE", row.licence)
        .text("device", "DEVICE", &row.device)
        .optional("customer", "CUSTOMER", row.customer.as_ref().map(|customer| customer.id))
        .text("option", "OPTION", &row.option)
        .text("form", "FORM", row.form)
        .optional_number("uses_left", "LEFT", row.uses_left.map(u64::from))
        .optional_number("used", "USED", row.used)
        .time("ends_at", "ENDS", row.ends_at)
        .time("contact_due_at", "LOCKS", row.contact_due_at)
        .text("state", "STATE", state)
        .optional("reason", "REASON", reason)
        .time("ended_at", "ENDED", ended_at)
        .detail()
        .time("erased_at", "ERASED", row.erased_at)
        .text("not_erased", "NOT ERASED", if row.not_erased { "yes" } else { "no" })
        .time("issued_at", "ISSUED", Some(row.issued_at))
        .time("starts_at", "BEGINS", Some(row.starts_at))
        .time("return_until", "RETURNABLE UNTIL", row.return_until)
        .time("suspended_at", "SUSPENDED", row.suspended_at)
        .detail()
        .optional("moves_to", "MOVES TO", row.moves_to.as_ref())
        .detail()
        .flag("was_used", "WAS USED", row.was_used)
        .detail()
        .time("reported_at", "REPORTED", row.reported_at)
        .detail()
}

fn alarm(row: &DeviceAlarmRow) -> Record {
    let newest = row.faults.first();
    Record::default()
        .text("device", "DEVICE", &row.serial)
        .optional("customer", "CUSTOMER", row.customer.as_ref().map(|customer| customer.id))
        .optional("flag", "NEEDS A DECISION", row.flag.map(|(reason, _)| reason.name()))
        .time("flagged_at", "SINCE", row.flag.map(|(_, since)| since))
        .number("temporary", "TEMPORARY LICENCES", row.temporary)
        .optional("noticed", "NOTICED", newest.map(|fault| format!("{:?}", fault.kind)))
        .time("noticed_at", "AT", newest.map(|fault| fault.at))
}

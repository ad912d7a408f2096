//! `vendor-console device`: office machines, from the activation code to revocation.

use clap::Subcommand;
use protocol::message::staff::{DeviceFields, DeviceRow, Page, StaffReply, StaffRequest};
use protocol::text::{Name, SearchText};
use protocol::{CustomerId, DeviceSerial};

use super::output::{Output, Record};
use super::{CliError, ListArgs, Run, Session};
use crate::client::StaffError;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List devices
    List(ListArgs),
    /// Find devices by serial number, model or customer
    Search {
        /// Part of a serial number or name
        text: SearchText,
    },
    /// Show one device
    Show {
        /// Factory ID
        serial: DeviceSerial,
    },
    /// Enter a device; prints the activation code, this once
    Register {
        /// Factory ID
        serial: DeviceSerial,
        /// Model name
        #[arg(long)]
        model: Name,
        /// Who pays; without one the panel asks for a contract user ID
        #[arg(long)]
        customer: Option<CustomerId>,
    },
    /// Change a device's model name
    Edit {
        /// Factory ID
        serial: DeviceSerial,
        /// Model name
        #[arg(long)]
        model: Name,
    },
    /// Say who pays for what a device buys
    Assign {
        /// Factory ID
        serial: DeviceSerial,
        /// For example C-0001
        #[arg(required_unless_present = "nobody")]
        customer: Option<CustomerId>,
        /// Nobody: the panel asks for a contract user ID
        #[arg(long, conflicts_with = "customer")]
        nobody: bool,
    },
    /// Make a new activation code; an unused one ends, and enrolling with the new one replaces the certificate
    NewCode {
        /// Factory ID
        serial: DeviceSerial,
    },
    /// Revoke a device: it may do nothing any more
    Revoke {
        /// Factory ID
        serial: DeviceSerial,
    },
}

impl Run for Command {
    async fn run(self, session: &Session) -> Result<Output, CliError> {
        match self {
            Self::List(args) => session.list(&args, StaffRequest::Devices, page, record).await,
            Self::Search { text } => {
                let args = ListArgs { search: Some(text), ..ListArgs::default() };
                session.list(&args, StaffRequest::Devices, page, record).await
            }
            Self::Show { serial } => Ok(Output::One(record(&find(session, &serial).await?))),
            Self::Register { serial, model, customer } => {
                one(session, StaffRequest::RegisterDevice(DeviceFields { serial, model, customer })).await
            }
            Self::Edit { serial, model } => {
                let DeviceRow { customer, revision, .. } = find(session, &serial).await?;
                let fields = DeviceFields { serial, model, customer: customer.map(|customer| customer.id) };
                one(session, StaffRequest::UpdateDevice { revision, fields }).await
            }
            Self::Assign { serial, customer, nobody: _ } => {
                let DeviceRow { model, revision, .. } = find(session, &serial).await?;
                let fields = DeviceFields { serial, model, customer };
                one(session, StaffRequest::UpdateDevice { revision, fields }).await
            }
            Self::NewCode { serial } => one(session, StaffRequest::NewActivationCode { serial }).await,
            Self::Revoke { serial } => one(session, StaffRequest::RevokeDevice { serial }).await,
        }
    }
}

async fn find(session: &Session, serial: &DeviceSerial) -> Result<DeviceRow, CliError> {
    session.find(serial.as_str(), StaffRequest::Devices, page, |row: &DeviceRow| row.serial == *serial).await
}

async fn one(session: &Session, request: StaffRequest) -> Result<Output, CliError> {
    match session.ask(request).await? {
        StaffReply::Device(row) => Ok(Output::One(record(&row))),
        StaffReply::Activation { device, code } => {
            Ok(Output::One(record(&device).text("activation_code", "ACTIVATION CODE", code).text(
                "ca_fingerprint",
                "CA FINGERPRINT",
                session.client.ca_fingerprint(),
            )))
        }
        _ => Err(StaffError::WrongAnswer.into()),
    }
}

fn page(reply: StaffReply) -> Option<Page<DeviceRow>> {
    match reply {
        StaffReply::Devices(page) => Some(page),
        _ => None,
    }
}

fn record(row: &DeviceRow) -> Record {
    Record::default()
        .text("serial", "SERIAL", &row.serial)
        .text("model", "MODEL", &row.model)
        .text("state", "STATE", row.state.name())
        .optional("customer", "CUSTOMER", row.customer.as_ref().map(|customer| customer.id))
        .optional("customer_name", "CUSTOMER NAME", row.customer.as_ref().map(|customer| &customer.name))
        .time("code_expires_at", "CODE UNTIL", row.code_expires_at)
        .time("last_seen_at", "LAST SEEN", row.last_seen_at)
        .time("certificate_until", "CERTIFICATE UNTIL", row.certificate_until)
        .time("cloned_at", "CLONED", row.cloned_at)
}

//! Customers with their contracts, and devices.

use serde::{Deserialize, Serialize};

use crate::text::Name;
use crate::{ContractUserId, CustomerId, DeviceSerial, Text, Timestamp, Yen};

/// A customer in a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerRef {
    /// Number.
    pub id: CustomerId,
    /// Name.
    pub name: Name,
}

/// What staff enter about a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerFields {
    /// Name, as on the invoice.
    pub name: Name,
    /// Where invoices go.
    pub email: Option<Text<120>>,
    /// When charges are invoiced.
    pub settlement: Settlement,
}

/// When a customer's charges are invoiced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Settlement {
    /// At the periodic settlement.
    Monthly,
    /// Only when staff make an invoice.
    OnDemand,
}

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerRow {
    /// Number.
    pub id: CustomerId,
    /// What staff entered.
    pub fields: CustomerFields,
    /// Whether purchases are refused.
    pub suspended: bool,
    /// The contracts, oldest first.
    pub contracts: Vec<ContractRow>,
    /// Devices assigned to the customer.
    pub devices: u64,
    /// Charges that are on no invoice.
    pub uninvoiced: Yen,
    /// When the customer was entered.
    pub created_at: Timestamp,
    /// How often the fields were changed.
    pub revision: u32,
}

/// A contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractRow {
    /// What is typed at a panel.
    pub id: ContractUserId,
    /// Whether purchases can name it.
    pub active: bool,
    /// Whether a PIN must be given with it.
    pub has_pin: bool,
}

/// What staff enter about a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceFields {
    /// Factory ID; never changes.
    pub serial: DeviceSerial,
    /// Model name.
    pub model: Name,
    /// Who pays for what it buys; without one it asks for a contract user ID.
    pub customer: Option<CustomerId>,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRow {
    /// Factory ID.
    pub serial: DeviceSerial,
    /// Model name.
    pub model: Name,
    /// Who pays.
    pub customer: Option<CustomerRef>,
    /// Where it stands.
    pub state: DeviceState,
    /// When an unused activation code runs out.
    pub code_expires_at: Option<Timestamp>,
    /// When it last asked for anything.
    pub last_seen_at: Option<Timestamp>,
    /// The first instant at which its certificate is no longer valid, by the clock of certificates.
    pub certificate_until: Option<Timestamp>,
    /// When two machines were first seen to use its certificate; enrolling anew ends it.
    pub cloned_at: Option<Timestamp>,
    /// How often the fields were changed.
    pub revision: u32,
}

/// Where a device stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DeviceState {
    /// On file, without a certificate.
    Registered,
    /// Has a living certificate.
    Enrolled,
    /// May do nothing any more.
    Revoked,
}

impl DeviceState {
    /// The stable name for scripts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Enrolled => "enrolled",
            Self::Revoked => "revoked",
        }
    }
}

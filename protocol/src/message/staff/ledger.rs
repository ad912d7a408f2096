//! Charges and invoices.

use serde::{Deserialize, Serialize};

use super::{CustomerRef, InvoiceCredit};
use crate::message::device::Bilingual;
use crate::text::Name;
use crate::{CustomerId, DeviceSerial, InvoiceNumber, OptionId, OrderId, Timestamp, UsageForm, Yen};

/// Most charges on one invoice; what is left goes onto the next.
pub const INVOICE_LINES_MAX: usize = 2_000;

/// Which charges.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeFilter {
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// At or after.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// On no invoice yet.
    pub uninvoiced_only: bool,
}

/// Uses that were charged together, because they were reported together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargedUses {
    /// How many.
    pub count: u32,
    /// What each costs.
    pub each: Yen,
}

/// A charge: one ledger line, never edited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeRow {
    /// Ledger number.
    pub number: u64,
    /// The order that it was born with.
    pub order: OrderId,
    /// Who pays.
    pub customer: CustomerRef,
    /// Which device bought.
    pub device: DeviceSerial,
    /// What.
    pub option: OptionId,
    /// Its name when it was bought.
    pub option_name: Bilingual<Name>,
    /// In which form.
    pub form: UsageForm,
    /// For how much.
    pub amount: Yen,
    /// The reported uses that it is for; none if it is for the purchase.
    pub uses: Option<ChargedUses>,
    /// When.
    pub charged_at: Timestamp,
    /// On which invoice.
    pub invoice: Option<InvoiceNumber>,
    /// How much of it was given back.
    pub credited: Yen,
}

/// An invoice without its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceRow {
    /// Number.
    pub number: InvoiceNumber,
    /// Who pays.
    pub customer: CustomerRef,
    /// The oldest charge.
    pub from: Timestamp,
    /// The end of the period, not included.
    pub until: Timestamp,
    /// When it was made.
    pub issued_at: Timestamp,
    /// How many charges.
    pub line_count: u32,
    /// What credits take from their sum.
    pub credited: Yen,
    /// What is to be paid: the charges less the credits, never below nothing.
    pub total: Yen,
    /// The customer's credit that was left then, for the next invoice.
    pub carried: Yen,
}

/// An invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceDocument {
    /// Head.
    pub head: InvoiceRow,
    /// Its charges, oldest first; at most [`INVOICE_LINES_MAX`].
    pub lines: Vec<ChargeRow>,
    /// What credits take from it, oldest first; at most [`INVOICE_LINES_MAX`].
    pub credits: Vec<InvoiceCredit>,
}

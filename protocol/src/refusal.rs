//! Refusals: a request turned down, with a stable code, a sentence for the user, and what to do next.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Builds [`RefusalCode`] from one table, so that no code can lack its text.
macro_rules! refusal_codes {
    ($( $(#[$doc:meta])* $variant:ident = $code:literal, $retry:ident, $sentence:literal, $advice:literal; )*) => {
        /// Why a request was turned down. Append-only: the position is the wire format.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum RefusalCode { $( $(#[$doc])* $variant, )* }

        impl RefusalCode {
            /// Every code, in wire order.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The stable code for scripts and support, for example `unknown-option`.
            pub const fn code(self) -> &'static str {
                match self { $( Self::$variant => $code, )* }
            }

            /// What happened, in one English sentence.
            pub const fn sentence(self) -> &'static str {
                match self { $( Self::$variant => $sentence, )* }
            }

            /// What to do next, in one English sentence.
            pub const fn advice(self) -> &'static str {
                match self { $( Self::$variant => $advice, )* }
            }

            /// Whether and when the same request can succeed.
            pub const fn retry(self) -> Retry {
                match self { $( Self::$variant => Retry::$retry, )* }
            }
        }
    };
}

/// Whether a refused request is worth repeating.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The answer stays the same.
    Never,
    /// The same request, after a while.
    Later,
    /// A new request, once something has been put right by a person.
    Corrected,
}

refusal_codes! {
    /// The bytes are no message of this service.
    BadMessage = "bad-message", Never,
        "The request could not be understood.", "Update the software of this device or console.";
    /// The connection's certificate does not give this right.
    NotPermitted = "not-permitted", Never,
        "This certificate does not permit the request.", "Use a certificate issued for this purpose.";
    /// The device's certificate is valid but the device is not on file.
    UnknownDevice = "unknown-device", Corrected,
        "The vendor does not know this device.", "Ask the vendor to register the device's serial number.";
    /// Staff have revoked the device, or its certificate was replaced.
    DeviceRevoked = "device-revoked", Corrected,
        "This device may no longer buy.", "Ask the vendor why the device was revoked.";
    /// The serial or the activation code is wrong, used or expired; which one is not told.
    ActivationRefused = "activation-refused", Corrected,
        "The serial number or the activation code was not accepted.", "Check both, or ask the vendor for a new activation code.";
    /// The device belongs to no customer, so somebody must say who pays.
    ContractRequired = "contract-required", Corrected,
        "This device is not assigned to a customer.", "Enter the contract user ID.";
    /// No living contract has this ID, or the PIN is wrong or missing; which of these is not told.
    ContractRefused = "contract-refused", Corrected,
        "The contract user ID or its PIN was not accepted.", "Check both and enter them again.";
    /// Staff have suspended the customer.
    CustomerSuspended = "customer-suspended", Corrected,
        "This customer's purchases are suspended.", "Ask the vendor's customer service.";
    /// No such option.
    UnknownOption = "unknown-option", Corrected,
        "The option does not exist.", "Choose an option from the catalogue.";
    /// The option exists but cannot be bought now.
    OptionNotForSale = "option-not-for-sale", Corrected,
        "The option is not for sale at the moment.", "Choose another option, or ask the vendor.";
    /// No such order, or another device's: which one is not told.
    UnknownOrder = "unknown-order", Never,
        "The vendor has no such order of this device.", "Start the purchase again.";
    /// The order id was used before with other content.
    OrderMismatch = "order-mismatch", Never,
        "An order with this number but other content exists.", "Start the purchase again.";
    /// The order was cancelled, has failed or has expired.
    OrderClosed = "order-closed", Corrected,
        "This order is closed.", "Start the purchase again; nothing was charged.";
    /// The licence exists already, so the order cannot be undone.
    AlreadyLicensed = "already-licensed", Never,
        "The purchase is already complete.", "Ask for the licence of this order.";
    /// Both ends have not yet agreed that the package arrived.
    NotDelivered = "not-delivered", Later,
        "The delivery is not yet confirmed by both ends.", "Finish the download, then try again.";
    /// The digest that the device reports is not that of the package.
    DigestMismatch = "digest-mismatch", Corrected,
        "What arrived is not what was sent.", "Start the download again.";
    /// The order was authorised without an offer of this form.
    OfferNotAvailable = "offer-not-available", Corrected,
        "The option is not offered in this form.", "Choose one of the forms that are offered.";
    /// A usage form was chosen before, another one than now.
    AlreadyChosen = "already-chosen", Never,
        "This order was bought in another form.", "Ask for the licence of this order.";
    /// Not signed by the vendor, or for another device or package.
    TicketInvalid = "ticket-invalid", Corrected,
        "The ticket for the download is not valid.", "Start the purchase again.";
    /// The ticket's time is over.
    TicketExpired = "ticket-expired", Corrected,
        "The ticket for the download has expired.", "Ask for the order again to get a new ticket.";
    /// The request names chunks that the package does not have.
    NoSuchChunk = "no-such-chunk", Never,
        "The package has no such part.", "Start the download again.";
    /// The package is on file but its bytes are missing or damaged.
    PackageUnavailable = "package-unavailable", Later,
        "The package cannot be delivered at the moment.", "Try again later; the vendor has been told.";
    /// The service that must hear of it cannot be reached.
    ServiceUnavailable = "service-unavailable", Later,
        "A part of the vendor's service cannot be reached.", "Try again later.";
    /// Too many requests at once.
    Busy = "busy", Later,
        "The vendor's server is busy.", "Try again in a minute.";
    /// The vendor's store failed; nothing was changed.
    StorageFailed = "storage-failed", Later,
        "The vendor's server could not save the request.", "Try again later; nothing was charged.";
    /// Staff asked for something that is not there.
    NotFound = "not-found", Corrected,
        "There is no such entry.", "Check the number or name.";
    /// Staff tried to create what exists or to change what may not be changed.
    Conflict = "conflict", Corrected,
        "The entry exists already or cannot be changed in this state.", "Look at the entry as it is now.";
    /// A field's content is not allowed.
    InvalidInput = "invalid-input", Corrected,
        "The input is not valid.", "Correct the input.";
    /// The uploaded content ended early, is empty or too large.
    UploadIncomplete = "upload-incomplete", Corrected,
        "The upload did not have the announced length.", "Upload the file again.";
    /// Too many wrong contract user IDs, PINs or activation codes; the detail is the wait in whole seconds, see
    /// [`Refusal::wait_ms`].
    TooManyAttempts = "too-many-attempts", Later,
        "There were too many wrong entries.", "Wait a while, at most an hour, then try again.";
    /// The licence is over, by itself or by the vendor's decision.
    LicenceEnded = "licence-ended", Never,
        "This licence has ended.", "Buy the option again if it is still needed.";
    /// The device's temporary licences are locked until staff decide.
    LicenceLocked = "licence-locked", Corrected,
        "This licence is locked.", "Ask the vendor to look at this device.";
    /// The member of staff has another role than this takes.
    RoleForbids = "role-forbids", Corrected,
        "Your role does not include this.", "Ask somebody whose role does.";
    /// Nobody approves what is their own.
    SecondPersonNeeded = "second-person-needed", Corrected,
        "This takes a second person.", "Ask somebody else to approve it.";
    /// The entry is no longer as it was when the change was begun.
    Stale = "stale", Corrected,
        "Somebody else has changed this entry in the meantime.", "Look at it as it is now, then change it again.";
    /// The device has had its trial of the option.
    TrialUsed = "trial-used", Never,
        "This device has had its trial of the option.", "Choose one of the other forms.";
    /// The licence has been used.
    ReturnUsed = "return-used", Never,
        "What has been used cannot be returned.", "Ask the vendor's customer service.";
    /// The time in which the licence could be returned is over, or there never was one.
    ReturnTooLate = "return-too-late", Never,
        "This licence can no longer be returned.", "Ask the vendor's customer service.";
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// A refusal as sent: the code, and for staff what exactly was wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Why.
    pub code: RefusalCode,
    /// What exactly, for a log or a member of staff; never needed to act on the code.
    pub detail: Option<crate::Text<200>>,
}

impl Refusal {
    /// A refusal with something to add; what is too long is cut.
    pub fn with_detail(code: RefusalCode, detail: impl fmt::Display) -> Self {
        let shown: String = detail.to_string().chars().filter(|c| !c.is_control()).take(200).collect();
        Self { code, detail: crate::Text::new(shown).ok() }
    }
}

impl Refusal {
    /// `TooManyAttempts` for as long as this.
    pub fn too_many_attempts(wait_ms: u64) -> Self {
        Self::with_detail(RefusalCode::TooManyAttempts, wait_ms.div_ceil(1_000).max(1))
    }

    /// How long `TooManyAttempts` lasts; at most a day is believed.
    pub fn wait_ms(&self) -> Option<u64> {
        let seconds: u64 =
            self.detail.as_ref().filter(|_| self.code == RefusalCode::TooManyAttempts)?.as_str().parse().ok()?;
        Some(seconds.saturating_mul(1_000).min(crate::time::DAY_MS))
    }
}

impl From<RefusalCode> for Refusal {
    fn from(code: RefusalCode) -> Self {
        Self { code, detail: None }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.code.sentence(), self.code)?;
        match &self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_their_texts_are_sentences() {
        let mut seen = std::collections::HashSet::new();
        for code in RefusalCode::ALL {
            assert!(seen.insert(code.code()), "{code} twice");
            for text in [code.sentence(), code.advice()] {
                assert!(text.ends_with('.') && text.starts_with(char::is_uppercase), "{code}: {text}");
            }
        }
    }

    #[test]
    fn a_detail_never_makes_a_refusal_unsendable() {
        let refusal = Refusal::with_detail(RefusalCode::InvalidInput, "x\n".repeat(500));
        assert_eq!(refusal.detail.map(|d| d.as_str().len()), Some(200));
        assert_eq!(Refusal::with_detail(RefusalCode::Busy, "").detail, None);
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_and_never_as_none() {
        assert_eq!(Refusal::too_many_attempts(29_001).wait_ms(), Some(30_000));
        assert_eq!(Refusal::too_many_attempts(0).wait_ms(), Some(1_000));
        assert_eq!(Refusal::with_detail(RefusalCode::TooManyAttempts, u64::MAX).wait_ms(), Some(crate::time::DAY_MS));
        assert_eq!(Refusal::with_detail(RefusalCode::TooManyAttempts, "soon").wait_ms(), None);
        assert_eq!(Refusal::with_detail(RefusalCode::Busy, 30).wait_ms(), None);
    }
}

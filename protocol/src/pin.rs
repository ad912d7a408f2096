//! The PIN that a contract may have beside its user ID: a second thing to know, chosen by the customer.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Why a text is not a PIN. The text itself is never repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a PIN has 4 to 12 digits")]
pub struct PinError;

/// 4 to 12 digits. Never printed, wiped from memory when dropped; the vendor keeps an argon2id hash of it and the device
/// keeps nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContractPin(Zeroizing<String>);

impl ContractPin {
    /// Digits of the shortest PIN.
    pub const DIGITS_MIN: usize = 4;
    /// Digits of the longest PIN.
    pub const DIGITS_MAX: usize = 12;

    /// The digits, for whoever hashes or sends them.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for ContractPin {
    type Err = PinError;
    fn from_str(text: &str) -> Result<Self, PinError> {
        text.to_owned().try_into()
    }
}

impl TryFrom<String> for ContractPin {
    type Error = PinError;
    fn try_from(text: String) -> Result<Self, PinError> {
        let text = Zeroizing::new(text);
        let fits = (Self::DIGITS_MIN..=Self::DIGITS_MAX).contains(&text.len());
        if fits && text.bytes().all(|b| b.is_ascii_digit()) { Ok(Self(text)) } else { Err(PinError) }
    }
}

impl From<ContractPin> for String {
    fn from(pin: ContractPin) -> Self {
        pin.0.to_string()
    }
}

impl fmt::Debug for ContractPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContractPin(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_four_to_twelve_digits_and_stays_out_of_logs() {
        for good in ["0000", "123456", "123456789012"] {
            let pin: ContractPin = good.parse().unwrap();
            assert_eq!(pin.expose(), good);
            assert_eq!(format!("{pin:?}"), "ContractPin(..)");
        }
        for bad in ["", "123", "1234567890123", "12 34", "12-34", "１２３４", "abcd"] {
            assert_eq!(bad.parse::<ContractPin>(), Err(PinError), "{bad}");
        }
    }
}

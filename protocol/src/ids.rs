//! Identifiers. One that exists has passed its checks: parse, don't validate.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Why a string is not an identifier of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not a serial number.
    #[error("a serial number has 4 to 32 characters of A-Z, 0-9 and '-'")]
    DeviceSerial,
    /// Not an option id.
    #[error("an option id has 2 to 48 characters of a-z, 0-9 and '-', and starts with a letter")]
    OptionId,
    /// Not ten digits.
    #[error("a contract user ID has 10 digits")]
    ContractUserIdForm,
    /// Ten digits, but a typing error.
    #[error("the contract user ID has a wrong check digit: look for a mistyped digit")]
    ContractUserIdCheckDigit,
    /// Not an activation code.
    #[error("an activation code has 26 letters and digits (hyphens and case do not matter)")]
    ActivationCode,
    /// Not a staff name.
    #[error("a staff name has 2 to 40 characters of a-z, 0-9, '.' and '-'")]
    StaffName,
    /// Not a certificate fingerprint.
    #[error("a CA fingerprint has 64 hexadecimal digits")]
    CaFingerprint,
    /// Not a UUID.
    #[error("an order id is a UUID")]
    OrderId,
    /// Not `C-12`.
    #[error("a customer number looks like C-12")]
    CustomerId,
    /// Not `INV-12`.
    #[error("an invoice number looks like INV-12")]
    InvoiceNumber,
}

/// Implements the string forms (parse, `Display`, serde) of a newtype over `String` from its `parse` function.
macro_rules! string_id {
    ($name:ident) => {
        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// The factory ID of an office machine: 4 to 32 characters of `A-Z`, `0-9` and `-`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeviceSerial(String);
string_id!(DeviceSerial);

impl FromStr for DeviceSerial {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let fits = (4..=32).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-');
        if fits { Ok(Self(text.to_owned())) } else { Err(IdError::DeviceSerial) }
    }
}

/// What is sold: 2 to 48 characters of `a-z`, `0-9` and `-`, starting with a letter, for example `ocr-package`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OptionId(String);
string_id!(OptionId);

impl FromStr for OptionId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let fits = (2..=48).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits { Ok(Self(text.to_owned())) } else { Err(IdError::OptionId) }
    }
}

/// A member of staff, as in the certificate: 2 to 40 characters of `a-z`, `0-9`, `.` and `-`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StaffName(String);
string_id!(StaffName);

impl FromStr for StaffName {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-';
        let fits = (2..=40).contains(&text.len()) && text.bytes().all(allowed);
        if fits { Ok(Self(text.to_owned())) } else { Err(IdError::StaffName) }
    }
}

/// The SHA-256 hash of the vendor's CA certificate in DER: what a panel pins before it is enrolled.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaFingerprint([u8; 32]);

impl CaFingerprint {
    /// The fingerprint of a certificate in DER.
    pub fn of(certificate_der: &[u8]) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, certificate_der).as_ref());
        Self(hash)
    }
}

impl FromStr for CaFingerprint {
    type Err = IdError;
    /// Colons and spaces between digits are allowed, as other tools print them.
    fn from_str(text: &str) -> Result<Self, IdError> {
        if text.len() > 128 {
            return Err(IdError::CaFingerprint);
        }
        let digits: String = text.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(digits.as_bytes());
        bytes.ok().and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(IdError::CaFingerprint)
    }
}

impl fmt::Display for CaFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for CaFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The number that owner or administrator types at a panel: nine digits and a check digit (ISO/IEC 7064, MOD 11,10),
/// which finds every single mistyped digit and nearly every swap of two neighbours.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContractUserId(String);
string_id!(ContractUserId);

impl ContractUserId {
    /// Digits of a whole contract user ID.
    pub const DIGITS: usize = 10;

    /// The contract user ID with this body (its last nine decimal digits count).
    pub fn from_body(body: u32) -> Self {
        let body = format!("{:09}", body % 1_000_000_000);
        let check = iso7064_mod_11_10(&body);
        Self(format!("{body}{check}"))
    }

    /// `123 456 7890`, as printed on contracts.
    pub fn grouped(&self) -> String {
        format!("{} {} {}", &self.0[..3], &self.0[3..6], &self.0[6..])
    }
}

impl FromStr for ContractUserId {
    type Err = IdError;
    /// Spaces and hyphens between digits are allowed, as people copy them from paper.
    fn from_str(text: &str) -> Result<Self, IdError> {
        if text.len() > 32 {
            return Err(IdError::ContractUserIdForm);
        }
        let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        if digits.len() != Self::DIGITS || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(IdError::ContractUserIdForm);
        }
        let (body, check) = digits.split_at(Self::DIGITS - 1);
        if iso7064_mod_11_10(body).to_string() != check {
            return Err(IdError::ContractUserIdCheckDigit);
        }
        Ok(Self(digits))
    }
}

/// The check digit of ISO/IEC 7064 MOD 11,10 for a string of ASCII digits.
fn iso7064_mod_11_10(body: &str) -> u32 {
    let mut product = 10;
    for digit in body.bytes() {
        let mut sum = (u32::from(digit - b'0') + product) % 10;
        if sum == 0 {
            sum = 10;
        }
        product = (sum * 2) % 11;
    }
    (11 - product) % 10
}

/// The one-time code with which a registered device enrols: 128 random bits, shown as 26 base-32 characters in groups.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ActivationCode(String);

impl ActivationCode {
    /// From 128 random bits.
    pub fn from_random(bits: [u8; 16]) -> Self {
        Self(data_encoding::BASE32_NOPAD.encode(&bits))
    }

    /// What the server keeps: not the code, only its BLAKE3 hash.
    pub fn hash(&self) -> [u8; 32] {
        blake3::derive_key("kobai activation code 1", self.0.as_bytes())
    }
}

impl FromStr for ActivationCode {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        if text.len() > 64 {
            return Err(IdError::ActivationCode);
        }
        let code: String = text.chars().filter(|c| !matches!(c, '-' | ' ')).map(|c| c.to_ascii_uppercase()).collect();
        match data_encoding::BASE32_NOPAD.decode(code.as_bytes()) {
            Ok(bits) if bits.len() == 16 => Ok(Self(code)),
            _ => Err(IdError::ActivationCode),
        }
    }
}

impl TryFrom<String> for ActivationCode {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<ActivationCode> for String {
    fn from(code: ActivationCode) -> Self {
        code.0
    }
}

impl fmt::Display for ActivationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, c) in self.0.chars().enumerate() {
            if i > 0 && i.is_multiple_of(5) && i < 25 {
                f.write_str("-")?;
            }
            write!(f, "{c}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for ActivationCode {
    /// Never the code itself: logs are read by people who may not enrol devices.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ActivationCode(..)")
    }
}

/// One purchase request, made by the device as a UUIDv7 before anything is sent: the idempotency key of everything
/// that follows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderId(pub Uuid);

impl FromStr for OrderId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        Uuid::try_parse(text).map(Self).map_err(|_| IdError::OrderId)
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "order {}", self.0)
    }
}

/// A licence. An order yields at most one, so the licence bears the number of the order that paid for it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LicenceId(pub Uuid);

impl From<OrderId> for LicenceId {
    fn from(order: OrderId) -> Self {
        Self(order.0)
    }
}

impl From<LicenceId> for OrderId {
    fn from(licence: LicenceId) -> Self {
        Self(licence.0)
    }
}

impl fmt::Display for LicenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for LicenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "licence {}", self.0)
    }
}

/// Implements the `PREFIX-12` text form of a newtype over `u32`.
macro_rules! numbered_id {
    ($name:ident, $prefix:literal, $error:expr) => {
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let digits = text.strip_prefix($prefix).unwrap_or(text);
                let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
                if !plain {
                    return Err($error);
                }
                digits.parse().map(Self).map_err(|_| $error)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&format!(concat!($prefix, "{:04}"), self.0))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{:04}"), self.0)
            }
        }
    };
}

/// Who pays. Numbered by the vendor: `C-0001`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomerId(pub u32);
numbered_id!(CustomerId, "C-", IdError::CustomerId);

/// A document over charges, numbered without gaps: `INV-0001`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InvoiceNumber(pub u32);
numbered_id!(InvoiceNumber, "INV-", IdError::InvoiceNumber);

/// One version of an option: 1, 2, 3 … in the order of publishing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReleaseVersion(pub u32);

impl fmt::Display for ReleaseVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_is_that_of_the_standards_example() {
        // ISO/IEC 7064 gives 0794 with the check digit 5 for MOD 11,10.
        assert_eq!(iso7064_mod_11_10("0794"), 5);
    }

    #[test]
    fn every_single_mistyped_digit_is_found() {
        for body in [0, 1, 123_456_789, 999_999_999, 420_000_042] {
            let id = ContractUserId::from_body(body);
            for position in 0..ContractUserId::DIGITS {
                for digit in b'0'..=b'9' {
                    let mut typed = id.as_str().as_bytes().to_vec();
                    if typed[position] == digit {
                        continue;
                    }
                    typed[position] = digit;
                    let typed = String::from_utf8(typed).unwrap();
                    assert_eq!(typed.parse::<ContractUserId>(), Err(IdError::ContractUserIdCheckDigit), "{typed}");
                }
            }
        }
    }

    #[test]
    fn a_contract_user_id_may_be_typed_as_it_is_printed() {
        let id = ContractUserId::from_body(123_456_789);
        assert_eq!(id.grouped().parse(), Ok(id));
        assert_eq!("12345".parse::<ContractUserId>(), Err(IdError::ContractUserIdForm));
        assert_eq!("１２３４５６７８９０".parse::<ContractUserId>(), Err(IdError::ContractUserIdForm));
    }

    #[test]
    fn an_activation_code_survives_paper_and_stays_out_of_logs() {
        let code = ActivationCode::from_random([7; 16]);
        let printed = code.to_string();
        assert_eq!(printed.to_lowercase().replace('-', " ").parse(), Ok(code.clone()));
        assert!(!format!("{code:?}").contains(&printed[..5]));
        assert_eq!("AAAA".parse::<ActivationCode>(), Err(IdError::ActivationCode));
    }

    #[test]
    fn serials_option_ids_and_numbers_accept_only_their_form() {
        assert!("MX-204-0001".parse::<DeviceSerial>().is_ok());
        for bad in ["mx-204", "ABC", "A B C D", ""] {
            assert_eq!(bad.parse::<DeviceSerial>(), Err(IdError::DeviceSerial), "{bad}");
        }
        assert!("ocr-package".parse::<OptionId>().is_ok());
        for bad in ["OCR", "1st", "a", "../etc", ""] {
            assert_eq!(bad.parse::<OptionId>(), Err(IdError::OptionId), "{bad}");
        }
        assert_eq!("C-0012".parse(), Ok(CustomerId(12)));
        assert_eq!("12".parse(), Ok(CustomerId(12)));
        for bad in ["C-", "+1", "C-99999999999", "C--1"] {
            assert_eq!(bad.parse::<CustomerId>(), Err(IdError::CustomerId), "{bad}");
        }
        assert_eq!(CustomerId(12).to_string(), "C-0012");
    }
}

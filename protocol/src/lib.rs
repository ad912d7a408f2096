//! Kobai's wire protocol and the rules that both sides must agree on.
//!
//! The crate does no I/O; QUIC endpoints, certificates and framed requests are in [`net`], behind the feature of
//! that name. `protocol/README.md` is the specification from which another client could be written.

pub mod audit;
pub mod codec;
pub mod content_key;
pub mod ids;
pub mod keys;
pub mod licence;
pub mod message;
pub mod money;
#[cfg(feature = "net")]
pub mod net;
pub mod offer;
pub mod order;
pub mod package;
pub mod pin;
pub mod receipt;
pub mod refusal;
pub mod signed;
pub mod staff_role;
pub mod text;
pub mod ticket;
pub mod time;

pub use content_key::ContentKey;
pub use ids::{
    ActivationCode, CaFingerprint, ContractUserId, CustomerId, DeviceSerial, InvoiceNumber, LicenceId, OptionId,
    OrderId, ReleaseVersion, StaffName,
};
pub use keys::{KeyId, KeyList, KeyRing, KeyRole};
pub use licence::{DeviceKeyHash, EndReason, Licence, LockReason, Metering};
pub use money::Yen;
pub use offer::{Offer, OfferList, UsageForm};
pub use order::{FailureCode, OrderState};
pub use package::{Digest, Manifest};
pub use pin::ContractPin;
pub use refusal::{Refusal, RefusalCode};
pub use signed::Signed;
pub use staff_role::StaffRole;
pub use text::Text;
pub use ticket::Ticket;
pub use time::Timestamp;
pub use uuid;

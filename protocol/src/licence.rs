//! Licences: the signed right of one device to use one option in one form, and how such a right ends or is locked.

use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

use crate::keys::KeyRole;
use crate::signed::Signable;
use crate::{ContentKey, DeviceSerial, Digest, LicenceId, OptionId, ReleaseVersion, Timestamp, UsageForm, Yen};

/// The hash of a device's public key, by which a licence is bound to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceKeyHash(pub [u8; 32]);

impl DeviceKeyHash {
    /// Of a SubjectPublicKeyInfo in DER.
    pub fn of(public_key_info: &[u8]) -> Self {
        Self(blake3::derive_key("kobai device key 1", public_key_info))
    }
}

/// Why a licence ended. The position is the wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EndReason {
    /// The last use was used.
    UsedUp,
    /// The period is over.
    PeriodOver,
    /// The user removed the option.
    Removed,
    /// The vendor has taken the right back.
    Revoked,
    /// The same option was bought for ever, so what was left is not needed.
    Replaced,
    /// The user gave it back unused, for its price.
    Returned,
    /// The vendor has moved the right to another device.
    Moved,
}

impl EndReason {
    /// Every reason, in wire order.
    pub const ALL: [Self; 7] =
        [Self::UsedUp, Self::PeriodOver, Self::Removed, Self::Revoked, Self::Replaced, Self::Returned, Self::Moved];

    /// The stable name for scripts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UsedUp => "used-up",
            Self::PeriodOver => "period-over",
            Self::Removed => "removed",
            Self::Revoked => "revoked",
            Self::Replaced => "replaced",
            Self::Returned => "returned",
            Self::Moved => "moved",
        }
    }
}

/// Why a licence cannot be used although it has not ended. Nothing is erased. The position is the wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LockReason {
    /// Its key is not in the vault; the device fetches the licence again.
    KeyMissing,
    /// The device's own records of it are not as the device wrote them; the vendor decides.
    Edited,
    /// Its period would be over if the device's clock were right; the vendor's time decides.
    ClockInDoubt,
    /// The vendor holds that the device's store was put back to an earlier state; the vendor decides.
    Restored,
    /// Its package is not complete; the device fetches it again.
    PackageMissing,
    /// Its uses are charged by report, and the vendor has taken no report for too long; the next one unlocks it.
    ContactDue,
    /// The vendor has suspended it; the vendor reinstates it.
    Suspended,
}

impl LockReason {
    /// Every reason, in wire order.
    pub const ALL: [Self; 7] = [
        Self::KeyMissing,
        Self::Edited,
        Self::ClockInDoubt,
        Self::Restored,
        Self::PackageMissing,
        Self::ContactDue,
        Self::Suspended,
    ];

    /// The stable name for scripts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::KeyMissing => "key-missing",
            Self::Edited => "edited",
            Self::ClockInDoubt => "clock-in-doubt",
            Self::Restored => "restored",
            Self::PackageMissing => "package-missing",
            Self::ContactDue => "contact-due",
            Self::Suspended => "suspended",
        }
    }
}

/// What holds for a licence that is charged by use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metering {
    /// Uses so far. It grows for as long as the licence lives; in a signed licence, as far as the device has reported.
    pub used: u64,
    /// The licence locks so many days of 24 hours after the last report that the vendor has taken.
    pub contact_within_days: NonZeroU16,
}

impl Metering {
    /// The first instant at which the licence is locked, if this is when the vendor last took a report.
    pub fn contact_due(&self, reported_at: Timestamp) -> Timestamp {
        reported_at.plus_days(u32::from(self.contact_within_days.get()))
    }
}

/// Signed by a licence key of the vendor and sent to its device alone, over that device's own connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licence {
    /// The licence, numbered like the order that paid for it.
    pub id: LicenceId,
    /// The only device that may use it.
    pub device: DeviceSerial,
    /// The key of that device: a licence is worth nothing to another machine that claims the serial number.
    pub device_key: DeviceKeyHash,
    /// What may be used.
    pub option: OptionId,
    /// Which release.
    pub version: ReleaseVersion,
    /// The package that `content_key` opens.
    pub package: Digest,
    /// How it may be used.
    pub form: UsageForm,
    /// What was charged; for [`UsageForm::Metered`], what each use costs.
    pub price: Yen,
    /// When it was sold, by the vendor's clock.
    pub issued_at: Timestamp,
    /// When the right begins: then, or when the period that it follows is over. A period runs from here.
    pub starts_at: Timestamp,
    /// The first instant at which it can no longer be returned; `None` if it never can.
    pub return_until: Option<Timestamp>,
    /// For licences by count: what is left, as far as the device has reported; all of it at first.
    pub uses_left: Option<u32>,
    /// For licences that are charged by use, and for no others.
    pub metering: Option<Metering>,
    /// Opens the package.
    pub content_key: ContentKey,
}

impl Licence {
    /// The first instant at which a licence by period is over; `None` for the other forms.
    pub fn ends_at(&self) -> Option<Timestamp> {
        match self.form {
            UsageForm::Days(days) => Some(self.starts_at.plus_days(u32::from(days.get()))),
            UsageForm::Permanent | UsageForm::Uses(_) | UsageForm::Metered => None,
        }
    }
}

impl Signable for Licence {
    const CONTEXT: &'static str = "kobai licence 1";
    const ROLE: KeyRole = KeyRole::Licence;
}

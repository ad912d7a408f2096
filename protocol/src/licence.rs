//! Licences: the signed right of one device to use one option in one form.

use serde::{Deserialize, Serialize};

use crate::keys::KeyRole;
use crate::signed::Signable;
use crate::{ContentKey, DeviceSerial, Digest, LicenceId, OptionId, ReleaseVersion, Timestamp, UsageForm, Yen};

/// Signed by a licence key of the vendor and sent to its device alone, over that device's own connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licence {
    /// The licence, numbered like the order that paid for it.
    pub id: LicenceId,
    /// The only device that may use it.
    pub device: DeviceSerial,
    /// What may be used.
    pub option: OptionId,
    /// Which release.
    pub version: ReleaseVersion,
    /// The package that `content_key` opens.
    pub package: Digest,
    /// How it may be used.
    pub form: UsageForm,
    /// What was charged.
    pub price: Yen,
    /// When the right began, by the vendor's clock.
    pub issued_at: Timestamp,
    /// Opens the package.
    pub content_key: ContentKey,
}

impl Licence {
    /// The first instant at which a licence by period is over; `None` for the other forms.
    pub fn ends_at(&self) -> Option<Timestamp> {
        match self.form {
            UsageForm::Days(days) => Some(self.issued_at.plus_days(u32::from(days.get()))),
            UsageForm::Permanent | UsageForm::Uses(_) => None,
        }
    }
}

impl Signable for Licence {
    const CONTEXT: &'static str = "kobai licence 1";
    const ROLE: KeyRole = KeyRole::Licence;
}

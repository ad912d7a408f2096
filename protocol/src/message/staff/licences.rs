//! Licences after they were sold, and devices that staff should look at.

use serde::{Deserialize, Serialize};

use super::CustomerRef;
use crate::message::device::Bilingual;
use crate::message::report::{DeviceFault, Standing};
use crate::text::Name;
use crate::{CustomerId, DeviceSerial, LicenceId, OptionId, Timestamp, UsageForm};

/// Which licences.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenceFilter {
    /// Paid for by this customer.
    pub customer: Option<CustomerId>,
    /// On this device.
    pub device: Option<DeviceSerial>,
    /// Those that are over and not erased.
    pub alarms_only: bool,
    /// Those that end or lock soon.
    pub ending: Option<Ending>,
}

/// What is soon: living licences with so little left, so that staff can call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// By count: so many uses or fewer.
    pub uses: u32,
    /// By period, and for those that lock without contact: so many days of 24 hours or fewer.
    pub days: u16,
}

impl Default for Ending {
    fn default() -> Self {
        Self { uses: 3, days: 3 }
    }
}

/// A licence, as the vendor knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenceRow {
    /// The licence.
    pub licence: LicenceId,
    /// The device that holds it.
    pub device: DeviceSerial,
    /// Who paid.
    pub customer: Option<CustomerRef>,
    /// What may be used.
    pub option: OptionId,
    /// Its name.
    pub option_name: Option<Bilingual<Name>>,
    /// In which form.
    pub form: UsageForm,
    /// When it was sold.
    pub issued_at: Timestamp,
    /// When the right begins or began.
    pub starts_at: Timestamp,
    /// When its period is over.
    pub ends_at: Option<Timestamp>,
    /// For licences by count: what is left, as last reported.
    pub uses_left: Option<u32>,
    /// For licences that are charged by use: uses so far, as last reported and charged.
    pub used: Option<u64>,
    /// For licences that are charged by use: when it locks on the device unless a report comes before.
    pub contact_due_at: Option<Timestamp>,
    /// Whether a job has used it, as last reported.
    pub was_used: bool,
    /// The first instant at which it can no longer be returned.
    pub return_until: Option<Timestamp>,
    /// Since when it is suspended.
    pub suspended_at: Option<Timestamp>,
    /// The device that gets what is left of it.
    pub moves_to: Option<DeviceSerial>,
    /// Where it stands, as last reported or decided.
    pub standing: Standing,
    /// When the device last reported it.
    pub reported_at: Option<Timestamp>,
    /// When the device erased it, by its signed receipt.
    pub erased_at: Option<Timestamp>,
    /// It is over, should be erased by now, and there is no receipt.
    pub not_erased: bool,
}

/// Why the vendor locks a device's temporary licences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FlagReason {
    /// It reported a state that is older than one it had reported before.
    Restored,
    /// It found its own records altered.
    Edited,
    /// It reported more uses at once than a machine makes.
    Implausible,
}

impl FlagReason {
    /// Every reason, in wire order.
    pub const ALL: [Self; 3] = [Self::Restored, Self::Edited, Self::Implausible];

    /// The stable name for scripts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Restored => "restored",
            Self::Edited => "edited",
            Self::Implausible => "implausible",
        }
    }
}

/// What becomes of the temporary licences of a flagged device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DeviceDecision {
    /// They may be used again.
    Release,
    /// They end.
    End,
}

impl DeviceDecision {
    /// The stable name for the audit log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Release => "released",
            Self::End => "ended",
        }
    }
}

/// A device that staff should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceAlarmRow {
    /// Factory ID.
    pub serial: DeviceSerial,
    /// Who pays.
    pub customer: Option<CustomerRef>,
    /// Why its temporary licences are locked, and since when; none if they are not.
    pub flag: Option<(FlagReason, Timestamp)>,
    /// Temporary licences that it holds.
    pub temporary: u64,
    /// What it has noticed, newest first; at most [`DeviceAlarmRow::FAULTS_MAX`].
    pub faults: Vec<DeviceFault>,
}

impl DeviceAlarmRow {
    /// Most faults in a row.
    pub const FAULTS_MAX: usize = 10;
}

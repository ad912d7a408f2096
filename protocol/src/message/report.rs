//! What a device tells about the licences that it holds, so that the vendor knows what was used and erased and notices a
//! device whose store was edited or put back to an earlier state.

use serde::{Deserialize, Serialize};

use crate::licence::{EndReason, LockReason};
use crate::receipt::SignedReceipt;
use crate::{Digest, LicenceId, Timestamp};

/// Where a device's usage sequence stands. The sequence grows with every transaction of the device that changes what is
/// left of its licences; the head is a hash that only this device can compute, over the whole sequence so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageMark {
    /// How many such transactions there were.
    pub sequence: u64,
    /// Tells two histories of the same length apart.
    pub head: Digest,
}

impl Default for UsageMark {
    /// A device that has never had a licence.
    fn default() -> Self {
        Self { sequence: 0, head: Digest([0; 32]) }
    }
}

/// One report. The same mark may be reported again, with newer content, until it is acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceReport {
    /// The last mark that the vendor has acknowledged, as the device knows.
    pub acknowledged: UsageMark,
    /// The mark that is reported, durable on the device before it is sent. The vendor's last mark is one of the two, or
    /// the device's store was put back to an earlier state.
    pub mark: UsageMark,
    /// The device's time.
    pub clock: Timestamp,
    /// Licences that have not ended, and ended ones with something new to tell; at most
    /// [`DeviceReport::LICENCES_MAX`].
    pub licences: Vec<LicenceReport>,
    /// What the device has noticed, oldest first; at most [`DeviceReport::FAULTS_MAX`].
    pub faults: Vec<DeviceFault>,
    /// What was erased; at most [`DeviceReport::RECEIPTS_MAX`].
    pub receipts: Vec<SignedReceipt>,
}

impl DeviceReport {
    /// Most licences in one report.
    pub const LICENCES_MAX: usize = 500;
    /// Most faults in one report.
    pub const FAULTS_MAX: usize = 32;
    /// Most receipts in one report; further ones follow in the next.
    pub const RECEIPTS_MAX: usize = 64;
}

/// A licence on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenceReport {
    /// Which.
    pub licence: LicenceId,
    /// Where it stands.
    pub standing: Standing,
    /// For licences by count: what is left.
    pub uses_left: Option<u32>,
    /// For licences that are charged by use: uses so far.
    pub used: Option<u64>,
    /// Whether any job has used it.
    pub was_used: bool,
}

/// Where a licence stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// May be used.
    Active,
    /// Has not ended and cannot be used.
    Locked(LockReason),
    /// Has ended at this instant of the device's time. Whether it is erased is told by its receipt.
    Ended(EndReason, Timestamp),
}

/// Something that a device has noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceFault {
    /// When, by the device's time.
    pub at: Timestamp,
    /// What.
    pub kind: FaultKind,
}

/// What a device has noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FaultKind {
    /// The system clock was set back by so many milliseconds. Nothing was gained by it.
    ClockSetBack(u64),
    /// The system clock jumped forward by so many milliseconds, further than is believed.
    ClockJumped(u64),
    /// This licence's record is not as the device wrote it, or was never written by this device.
    RecordEdited(LicenceId),
    /// This licence's record is gone.
    RecordMissing(LicenceId),
    /// The record that seals all others is not as the device wrote it.
    SealBroken,
}

/// What the vendor makes of a report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportAnswer {
    /// The mark that the vendor keeps from now on.
    pub acknowledged: UsageMark,
    /// Licences that may not be used until staff have decided.
    pub locked: Vec<LicenceId>,
    /// Licences that the device reported as locked and that may be used again, as the vendor has them: the device asks
    /// for each with `Licence`.
    pub released: Vec<LicenceId>,
    /// Licences that end now.
    pub revoked: Vec<LicenceId>,
    /// Licences whose erase receipts are on file.
    pub receipts: Vec<LicenceId>,
    /// Living licences of the device that it did not report: a store that was replaced has forgotten them. The device asks
    /// for each with `Restore`. At most [`DeviceReport::LICENCES_MAX`].
    pub missing: Vec<LicenceId>,
    /// Licences that staff have suspended: not to be used until they are released.
    pub suspended: Vec<LicenceId>,
    /// Licences whose return was accepted and that end now, unless they have been used meanwhile.
    pub returned: Vec<LicenceId>,
    /// Licences that end now because their rights move to another device.
    pub moved: Vec<LicenceId>,
}

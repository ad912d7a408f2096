//! What the vendor knows of a device's licences, as far as the core's tests need it.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU16;

use protocol::message::report::{DeviceReport, FaultKind, ReportAnswer, Standing, UsageMark};
use protocol::receipt::{EraseReceipt, SignedReceipt};
use protocol::{LicenceId, LockReason, Metering, Refusal, RefusalCode, Timestamp, UsageForm, codec};

use super::world::START;

/// A receipt as it would be signed.
pub(super) fn unsigned(receipt: &EraseReceipt) -> SignedReceipt {
    SignedReceipt { bytes: codec::encode(receipt), r: [0; 32], s: [0; 32] }
}

/// The vendor's books.
#[derive(Default)]
pub(super) struct Books {
    /// Every licence and its form.
    pub(super) sold: BTreeMap<LicenceId, UsageForm>,
    /// When periods begin that follow others.
    pub(super) starts: BTreeMap<LicenceId, Timestamp>,
    /// The last mark.
    pub(super) mark: Option<UsageMark>,
    /// The device's temporary licences are locked.
    pub(super) flagged: bool,
    /// What is left, as last reported.
    pub(super) uses: BTreeMap<LicenceId, u32>,
    /// The uses that were charged, report by report.
    pub(super) charged: Vec<(LicenceId, u64)>,
    /// What was last reported.
    pub(super) standings: BTreeMap<LicenceId, Standing>,
    /// What was erased.
    pub(super) receipts: BTreeMap<LicenceId, EraseReceipt>,
    /// What was used, as last reported.
    pub(super) touched: BTreeSet<LicenceId>,
    /// Returns that were accepted.
    pub(super) returned: BTreeSet<LicenceId>,
    /// What was given back when the receipt of a return came.
    pub(super) credited: BTreeSet<LicenceId>,
    /// What staff have suspended.
    pub(super) suspended: BTreeSet<LicenceId>,
    /// What staff have revoked.
    pub(super) revoked: BTreeSet<LicenceId>,
    /// What the device has noticed.
    pub(super) faults: Vec<FaultKind>,
}

impl Books {
    pub(super) fn uses_left(&self, licence: LicenceId) -> Option<u32> {
        match self.sold[&licence] {
            UsageForm::Uses(uses) => Some(self.uses.get(&licence).copied().unwrap_or(uses.get())),
            UsageForm::Permanent | UsageForm::Days(_) | UsageForm::Metered => None,
        }
    }

    pub(super) fn metering(&self, licence: LicenceId) -> Option<Metering> {
        let contact_within_days = NonZeroU16::new(14).unwrap();
        let metering = Metering { used: self.used(licence), contact_within_days };
        (self.sold[&licence] == UsageForm::Metered).then_some(metering)
    }

    pub(super) fn used(&self, licence: LicenceId) -> u64 {
        self.charged.iter().filter(|(id, _)| *id == licence).map(|(_, uses)| uses).sum()
    }

    fn charge(&mut self, licence: LicenceId, used: Option<u64>) {
        let known = self.used(licence);
        match used {
            Some(used) if used > known => self.charged.push((licence, used - known)),
            _ => {}
        }
    }

    pub(super) fn starts_at(&self, licence: LicenceId) -> Timestamp {
        self.starts.get(&licence).copied().unwrap_or(START)
    }

    pub(super) fn ends_at(&self, licence: LicenceId) -> Timestamp {
        match self.sold[&licence] {
            UsageForm::Days(days) => self.starts_at(licence).plus_days(days.get().into()),
            other => panic!("{other} has no end"),
        }
    }

    pub(super) fn accept_return(&mut self, licence: LicenceId) -> Result<(), Refusal> {
        self.may_have(licence)?;
        if self.touched.contains(&licence) {
            return Err(RefusalCode::ReturnUsed.into());
        }
        self.returned.insert(licence);
        Ok(())
    }

    pub(super) fn may_have(&self, licence: LicenceId) -> Result<(), Refusal> {
        match self.sold.get(&licence) {
            None => Err(RefusalCode::UnknownOrder.into()),
            Some(_) if self.revoked.contains(&licence) || self.receipts.contains_key(&licence) => {
                Err(RefusalCode::LicenceEnded.into())
            }
            Some(_) if self.suspended.contains(&licence) => Err(RefusalCode::LicenceLocked.into()),
            Some(form) if self.flagged && *form != UsageForm::Permanent => Err(RefusalCode::LicenceLocked.into()),
            Some(_) => Ok(()),
        }
    }

    pub(super) fn report(&mut self, report: &DeviceReport) -> ReportAnswer {
        let is_older = |mark: UsageMark| {
            mark != report.acknowledged && mark != report.mark && report.acknowledged.sequence <= mark.sequence
        };
        self.flagged = self.flagged || self.mark.is_some_and(is_older);
        self.mark = Some(report.mark);
        self.faults.extend(report.faults.iter().map(|fault| fault.kind));
        let mut answer = ReportAnswer { acknowledged: report.mark, ..ReportAnswer::default() };
        let named = |id: &LicenceId| report.licences.iter().any(|row| row.licence == *id);
        for signed in &report.receipts {
            let receipt: EraseReceipt = codec::decode(&signed.bytes).unwrap();
            answer.receipts.push(receipt.licence);
            self.charge(receipt.licence, receipt.used);
            let was_used = report.licences.iter().any(|row| row.licence == receipt.licence && row.was_used);
            if self.returned.contains(&receipt.licence) && !was_used {
                self.credited.insert(receipt.licence);
            }
            self.receipts.insert(receipt.licence, receipt);
        }
        for row in &report.licences {
            let Some(form) = self.sold.get(&row.licence).copied() else {
                answer.revoked.push(row.licence);
                continue;
            };
            let left = self.uses_left(row.licence).zip(row.uses_left).map(|(known, told)| known.min(told));
            let edited = matches!(row.standing, Standing::Locked(LockReason::Edited));
            if !edited {
                self.charge(row.licence, row.used);
            }
            if let Some(left) = left.filter(|_| !edited) {
                self.uses.insert(row.licence, left);
            }
            self.standings.insert(row.licence, row.standing);
            if row.was_used {
                self.touched.insert(row.licence);
                self.returned.remove(&row.licence);
            }
            if matches!(row.standing, Standing::Ended(..)) {
                continue;
            }
            if self.returned.contains(&row.licence) {
                answer.returned.push(row.licence);
            } else if self.suspended.contains(&row.licence) {
                answer.suspended.push(row.licence);
            } else if self.revoked.contains(&row.licence) {
                answer.revoked.push(row.licence);
            } else if self.flagged && form != UsageForm::Permanent {
                answer.locked.push(row.licence);
            } else if matches!(
                row.standing,
                Standing::Locked(LockReason::Edited | LockReason::Restored | LockReason::Suspended)
            ) {
                answer.released.push(row.licence);
            }
        }
        if !self.flagged {
            answer.missing = self.sold.keys().filter(|id| self.is_living(**id) && !named(id)).copied().collect();
        }
        answer
    }

    /// Whether a device may have this licence, as far as is known.
    pub(super) fn is_living(&self, licence: LicenceId) -> bool {
        let over = self.revoked.contains(&licence) || self.receipts.contains_key(&licence);
        !over && self.uses_left(licence) != Some(0)
    }
}

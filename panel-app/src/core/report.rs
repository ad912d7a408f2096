//! What the vendor is told about the licences, and what becomes of its answer.
//!
//! One report is under way at a time. Its mark is durable before it is sent and is sent again until it is acknowledged,
//! so that whatever is lost, the vendor's last mark is the one that this device holds acknowledged or the one that it
//! reports; unless the store was put back to an earlier state.

use protocol::message::device::DeviceReply;
use protocol::message::report::{DeviceFault, DeviceReport, FaultKind, LicenceReport, ReportAnswer, Standing};
use protocol::receipt::EraseReceipt;
use protocol::{LicenceId, LockReason, Refusal};

use super::Core;
use super::effect::{Effect, LinkFault};
use super::outcome::Outcome;
use super::record::{Change, LicenceRecord, LicenceState, ReceiptState};
use super::view::EndReason;

/// After a change there may soon be another one.
pub(super) const REPORT_AFTER_MS: u64 = 3_000;
/// So that the vendor's decisions arrive.
const REPORT_EVERY_MS: u64 = 60 * 60 * 1_000;
/// After a failure.
const REPORT_AGAIN_MS: u64 = 120_000;

/// The report that is due or under way.
#[derive(Debug, Clone, Default)]
pub(super) struct Reporting {
    /// When to report, as uptime in milliseconds.
    pub(super) due_ms: Option<u64>,
    /// It is on its way, with so many faults.
    asking: Option<usize>,
    /// The vendor has answered one since the panel started or changed to it.
    answered: bool,
}

impl Core {
    /// Reports after `ms` at the latest.
    pub(super) fn report_within(&mut self, ms: u64) {
        let due_ms = self.clock.uptime_ms() + ms;
        self.reporting.due_ms = Some(self.reporting.due_ms.map_or(due_ms, |at_ms| at_ms.min(due_ms)));
    }

    /// Whether the vendor has answered a report.
    pub(super) const fn has_reported(&self) -> bool {
        self.reporting.answered
    }

    /// When a report is due; not while one is under way.
    pub(super) fn next_report_ms(&self) -> Option<u64> {
        self.reporting.due_ms.filter(|_| self.reporting.asking.is_none() && self.enrolment.is_some())
    }

    /// Something that the vendor should know.
    pub(super) fn fault(&mut self, kind: FaultKind, out: &mut Outcome) {
        let faults = &mut self.seal.record.faults;
        // Clocks can be set as often as anybody likes: that must not hide what was done to the records.
        if faults.len() >= DeviceReport::FAULTS_MAX
            && !is_of_clock(kind)
            && let Some(at) = faults.iter().rposition(|fault| is_of_clock(fault.kind))
        {
            faults.remove(at);
            self.reporting.asking = self.reporting.asking.map(|told| told - usize::from(at < told));
        }
        // The oldest ones tell how it began.
        if faults.len() < DeviceReport::FAULTS_MAX {
            faults.push(DeviceFault { at: self.clock.now(), kind });
            out.touch();
        }
        self.report_within(0);
    }

    /// Whether there is anything that the vendor has not been told.
    pub(super) fn has_news(&self) -> bool {
        let seal = &self.seal.record;
        let untold = seal.mark != seal.acknowledged || !seal.faults.is_empty();
        untold || self.own_licences().any(|licence| matches!(licence.receipt, ReceiptState::Due(_)))
    }

    pub(super) fn report_if_due(&mut self, out: &mut Outcome) {
        if self.next_report_ms().is_none_or(|due_ms| due_ms > self.clock.uptime_ms()) {
            return;
        }
        let Some(serial) = self.enrolment.as_ref().map(|enrolment| enrolment.serial.clone()) else { return };
        let mark = match self.seal.record.pending {
            Some(mark) => mark,
            None => {
                // What this very step changes belongs to the next report.
                let mark = self.seal.record.mark;
                self.seal.record.pending = Some(mark);
                out.touch();
                mark
            }
        };
        let receipts = self.own_licences().filter_map(|licence| match (licence.state, licence.receipt) {
            (LicenceState::Ended(reason, _), ReceiptState::Due(erased_at)) => Some(EraseReceipt {
                device: serial.clone(),
                licence: licence.id,
                package: licence.manifest.digest(),
                reason,
                erased_at,
                used: licence.metering.map(|metering| metering.used),
            }),
            _ => None,
        });
        let receipts = receipts.take(DeviceReport::RECEIPTS_MAX).collect();
        let living = self.own_licences().rev().filter_map(|licence| self.licence_report(licence));
        let report = DeviceReport {
            acknowledged: self.seal.record.acknowledged,
            mark,
            clock: self.clock.now(),
            licences: living.take(DeviceReport::LICENCES_MAX).collect(),
            faults: self.seal.record.faults.clone(),
            receipts: Vec::new(),
        };
        self.reporting.due_ms = None;
        self.reporting.asking = Some(report.faults.len());
        out.then(Effect::Report(Box::new(report), receipts));
    }

    fn licence_report(&self, licence: &LicenceRecord) -> Option<LicenceReport> {
        let standing = match (licence.state, licence.receipt) {
            (LicenceState::Active, _) => self.lock_of(licence).map_or(Standing::Active, Standing::Locked),
            (LicenceState::Ending(reason, at), _) | (LicenceState::Ended(reason, at), ReceiptState::Due(_)) => {
                Standing::Ended(reason, at)
            }
            (LicenceState::Ended(..), _) => return None,
        };
        let used = licence.metering.map(|metering| metering.used);
        let LicenceRecord { id, uses_left, was_used, .. } = *licence;
        Some(LicenceReport { licence: id, standing, uses_left, used, was_used })
    }

    pub(super) fn report_answered(
        &mut self,
        answer: Result<Result<DeviceReply, Refusal>, LinkFault>,
        out: &mut Outcome,
    ) {
        let told = self.reporting.asking.take().unwrap_or(0);
        let Ok(Ok(DeviceReply::Reported(answer))) = answer else {
            self.report_within(REPORT_AGAIN_MS);
            return;
        };
        self.reporting.answered = true;
        let now = self.clock.now();
        let seal = &mut self.seal.record;
        seal.reported_at = Some(now);
        seal.faults.drain(..told.min(seal.faults.len()));
        if seal.pending == Some(answer.acknowledged) {
            seal.acknowledged = answer.acknowledged;
            seal.pending = None;
        }
        out.touch();
        self.follow(answer, out);
        self.report_within(if self.has_news() { REPORT_AFTER_MS } else { REPORT_EVERY_MS });
    }

    /// Does what the vendor has decided.
    fn follow(&mut self, answer: ReportAnswer, out: &mut Outcome) {
        self.restore_licences(answer.missing);
        for id in answer.receipts {
            self.change_licence(id, out, |licence| {
                let due = matches!(licence.receipt, ReceiptState::Due(_));
                licence.receipt = if due { ReceiptState::Filed } else { licence.receipt };
            });
        }
        for id in answer.locked {
            self.change_licence(id, out, |licence| {
                licence.lock = licence.lock.or(Some(LockReason::Restored));
            });
        }
        for id in answer.suspended {
            self.change_licence(id, out, |licence| {
                licence.lock = licence.lock.or(Some(LockReason::Suspended));
            });
        }
        for id in answer.returned {
            self.give_back(id, out);
        }
        // What the device's own record says of such a licence counts no more: it is taken in anew.
        let locked = |id: &LicenceId| self.own_licences().any(|licence| licence.id == *id && licence.lock.is_some());
        let released: Vec<LicenceId> = answer.released.into_iter().filter(locked).collect();
        self.released.extend(released);
        let revoked = answer.revoked.into_iter().map(|id| (id, EndReason::Revoked));
        let moved = answer.moved.into_iter().map(|id| (id, EndReason::Moved));
        for (id, reason) in revoked.chain(moved) {
            if self.own_licences().any(|licence| licence.id == id && licence.state == LicenceState::Active) {
                self.end(id, reason, out);
            }
        }
        self.hunt_keys();
    }

    /// The licences of the present vendor.
    fn own_licences(&self) -> impl DoubleEndedIterator<Item = &LicenceRecord> {
        let vendor = self.vendor();
        self.licences.values().filter(move |licence| Some(licence.vendor) == vendor)
    }

    fn change_licence(&mut self, id: LicenceId, out: &mut Outcome, change: impl FnOnce(&mut LicenceRecord)) {
        let vendor = self.vendor();
        let own = self.licences.get_mut(&id).filter(|licence| Some(licence.vendor) == vendor);
        let Some(licence) = own else { return };
        let before = (licence.lock, licence.receipt);
        change(licence);
        if before != (licence.lock, licence.receipt) {
            out.change(Change::Licence(licence.clone().into()));
        }
    }

    /// A report that is due waits for a while.
    pub(super) fn put_report_off(&mut self) {
        let uptime_ms = self.clock.uptime_ms();
        if self.reporting.due_ms.is_some_and(|due_ms| due_ms <= uptime_ms) {
            self.reporting.due_ms = Some(uptime_ms + REPORT_AGAIN_MS);
        }
    }

    /// The report that was to be sent, or its answer, could not be written.
    pub(super) fn report_not_written(&mut self) {
        if self.reporting.asking.take().is_some() || self.reporting.due_ms.is_some() {
            self.reporting.due_ms = Some(self.clock.uptime_ms() + REPORT_AGAIN_MS);
        }
    }
}

/// Whether only a clock is wrong.
const fn is_of_clock(kind: FaultKind) -> bool {
    matches!(kind, FaultKind::ClockSetBack(_) | FaultKind::ClockJumped(_))
}

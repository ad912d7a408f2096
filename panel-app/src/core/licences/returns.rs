//! Licences that were never used and are given back for their price: the vendor is asked first, then the licence ends
//! like any other, and its erase receipt brings the credit.

use protocol::message::device::{DeviceReply, DeviceRequest};
use protocol::{FailureCode, LicenceId, Refusal, RefusalCode};

use crate::core::Core;
use crate::core::effect::{Ask, Effect, LinkFault, StorageFault};
use crate::core::outcome::Outcome;
use crate::core::purchase::storage_failure;
use crate::core::record::{LicenceRecord, LicenceState, ReceiptState};
use crate::core::view::{EndReason, Failure, Returnable, Returning};

impl Core {
    /// The user gives a licence back.
    pub(in crate::core) fn return_licence(&mut self, id: LicenceId, out: &mut Outcome) {
        if matches!(self.returning, Returning::Asking(_)) {
            return;
        }
        self.returning = match self.may_return(id) {
            Ok(()) => {
                out.then(Effect::Ask(Ask::Return(id), DeviceRequest::Return { licence: id }));
                Returning::Asking(id)
            }
            Err(failure) => Returning::Failed(failure),
        };
    }

    fn may_return(&self, id: LicenceId) -> Result<(), Failure> {
        let refused = |code| Err(Failure::Refused(code));
        let vendor = self.vendor();
        let living = self.licences.get(&id).filter(|l| l.state == LicenceState::Active && Some(l.vendor) == vendor);
        let Some(licence) = living else { return refused(RefusalCode::LicenceEnded) };
        if self.enrolment.is_none() {
            return Err(Failure::NotEnrolled);
        }
        if self.lock_of(licence).is_some() {
            return refused(RefusalCode::LicenceLocked);
        }
        if licence.was_used || self.machine.uses(id) {
            return refused(RefusalCode::ReturnUsed);
        }
        match licence.return_until {
            Some(until) if until > self.clock.now() => Ok(()),
            _ => refused(RefusalCode::ReturnTooLate),
        }
    }

    /// The newest of these licences that can be given back.
    pub(in crate::core) fn returnable(&self, licences: &[&LicenceRecord]) -> Option<Returnable> {
        let fitting = licences.iter().filter(|licence| self.may_return(licence.id).is_ok());
        let newest = fitting.max_by_key(|licence| (licence.issued_at, licence.id))?;
        Some(Returnable { licence: newest.id, price: newest.price, until: newest.return_until? })
    }

    pub(in crate::core) fn return_answered(
        &mut self,
        id: LicenceId,
        answer: Result<Result<DeviceReply, Refusal>, LinkFault>,
        out: &mut Outcome,
    ) {
        self.returning = match answer {
            Ok(Ok(DeviceReply::Returned)) => {
                self.give_back(id, out);
                Returning::No
            }
            Ok(Ok(_)) | Err(LinkFault::Garbled) => Returning::Failed(Failure::NotGenuine),
            Ok(Err(refusal)) => Returning::Failed(Failure::Refused(refusal.code)),
            Err(LinkFault::Lost) => Returning::Failed(Failure::Fault(FailureCode::LinkLost)),
            Err(LinkFault::Distrust) => Returning::Failed(Failure::Distrust),
            Err(LinkFault::Expired) => Returning::Failed(Failure::CertificateExpired),
        };
    }

    /// The vendor takes it back, so it ends. If a job uses it or has used it meanwhile, it does not: the vendor hears of
    /// that with the next report, and the return is void.
    pub(in crate::core) fn give_back(&mut self, id: LicenceId, out: &mut Outcome) {
        let vendor = self.vendor();
        let is_unused = |l: &LicenceRecord| l.state == LicenceState::Active && !l.was_used && Some(l.vendor) == vendor;
        if self.licences.get(&id).is_some_and(is_unused) && !self.machine.uses(id) {
            self.end(id, EndReason::Returned, out);
        }
    }

    /// The end of it could not be written; the next report brings it about.
    pub(in crate::core) fn return_not_written(&mut self, fault: StorageFault) {
        self.returning = Returning::Failed(storage_failure(fault));
        self.report_within(0);
    }

    /// The user has seen it.
    pub(in crate::core) fn forget_failed_return(&mut self) {
        if matches!(self.returning, Returning::Failed(_)) {
            self.returning = Returning::No;
        }
    }

    /// What the vendor knows of a licence's erasure; `None` if there is no such licence.
    pub fn receipt_of(&self, licence: LicenceId) -> Option<ReceiptState> {
        self.licences.get(&licence).map(|licence| licence.receipt)
    }
}

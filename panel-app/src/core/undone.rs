//! A step that could not be written has not happened. What it belonged to hears of it and waits, stops or is tried again;
//! whatever else is under way goes on.

use protocol::{LicenceId, OrderId};

use super::Core;
use super::command::Command;
use super::effect::{Ask, Effect, Input, StorageFault, TransferEvent};
use super::outcome::Outcome;
use super::present::Page;
use super::purchase::{Wait, storage_failure};
use super::record::JobId;
use super::renewal::CertificateTerm;
use super::view::{FailureAdvice, JobFault};

/// What a step belongs to: the input without its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The first step after power-on: everything that it began has not begun.
    Start,
    /// The purchase on the screen, or one that the user was about to make.
    Purchase,
    /// The job that the user was about to start.
    NewJob,
    /// The vendor's list of keys, and what waits for it.
    Keys,
    /// The catalogue.
    Catalogue,
    /// An answer of the vendor to this order.
    Order(OrderId),
    /// The vendor's answer to a report.
    Report,
    /// A licence that was fetched again.
    Licence(LicenceId),
    /// A licence that was restored.
    Restore,
    /// The vendor's answer to a return.
    Return,
    /// The end of this order's transfer.
    Transfer(OrderId),
    /// Enrolment.
    Enrolment,
    /// The certificate that is in use.
    Certificate(CertificateTerm),
    /// The end of an attempt to renew it.
    Renewal(Option<CertificateTerm>),
    /// The end of this job's work.
    Job(JobId),
    /// This job's file is in the spool.
    TakenIn(JobId),
    /// This job's document is read; it has this many pages.
    Read(JobId, u32),
    /// A job's result that is in its place, or waits for it.
    Delivered(JobId, Result<(), JobFault>),
    /// The erasure of this licence.
    Erasure(LicenceId),
    /// What was due by time alone.
    Time,
    /// Something that nobody waits for: the language, news, a look at a screen.
    Nothing,
}

impl From<&Input> for Cause {
    fn from(input: &Input) -> Self {
        match input {
            Input::Command(
                Command::Confirm
                | Command::EnterContract { .. }
                | Command::Cancel
                | Command::Choose(_)
                | Command::Retry
                | Command::Dismiss
                | Command::Buy { .. },
            ) => Self::Purchase,
            Input::Command(Command::Run(_) | Command::RunFiles(_)) => Self::NewJob,
            Input::Answer(Ask::Keys, _) => Self::Keys,
            Input::Answer(Ask::Catalogue, _) => Self::Catalogue,
            Input::Answer(Ask::Order(order, _), _) => Self::Order(*order),
            Input::Answer(Ask::Report, _) => Self::Report,
            Input::Answer(Ask::Licence(licence), _) => Self::Licence(*licence),
            Input::Answer(Ask::Return(_), _) => Self::Return,
            Input::Answer(Ask::Restore(_), _) => Self::Restore,
            Input::Transfer(order, TransferEvent::Ended | TransferEvent::Failed(_)) => Self::Transfer(*order),
            Input::Enrolled(_) => Self::Enrolment,
            Input::Certified(term) => Self::Certificate(*term),
            Input::Renewed(outcome) => Self::Renewal(*outcome),
            Input::JobDone(job, _) | Input::JobNeeds(job, _) | Input::TakenIn(job, Err(_)) => Self::Job(*job),
            Input::TakenIn(job, Ok(())) => Self::TakenIn(*job),
            Input::JobRead(job, pages) => Self::Read(*job, *pages),
            Input::Delivered(job, outcome) => Self::Delivered(*job, *outcome),
            Input::Erased(licence, _) => Self::Erasure(*licence),
            Input::Tick => Self::Time,
            _ => Self::Nothing,
        }
    }
}

impl Core {
    /// The step of this cause could not be written: it has not happened, and the core is as it was before it.
    pub(super) fn not_written(&mut self, cause: Cause, fault: StorageFault, out: &mut Outcome) {
        // A report that was due went along with whatever step came.
        self.put_report_off();
        self.pause_jobs();
        self.restoring.written(Some(fault));
        match cause {
            Cause::Start => {
                self.start_unwritten = true;
                self.transfer_not_written(out);
                let orders: Vec<OrderId> = self.asked.iter().copied().collect();
                for order in orders.into_iter().chain(self.purchase.as_ref().map(|p| p.order)) {
                    self.order_not_written(order, fault);
                }
                self.erasing.clear();
                self.erase_later();
                self.keys_not_written();
                self.report_not_written();
                self.hunts_not_written();
                self.restore_not_written();
            }
            Cause::Purchase => {
                self.transfer_not_written(out);
                self.purchase_not_written(fault);
            }
            Cause::NewJob => self.new_job_not_written(),
            Cause::Keys => {
                for ask in self.keys_not_written() {
                    match ask {
                        Ask::Catalogue => self.catalogue_not_written(fault),
                        Ask::Order(order, _) => self.order_not_written(order, fault),
                        Ask::Licence(licence) => self.hunt_not_written(licence),
                        Ask::Restore(_) => self.restore_not_written(),
                        Ask::Return(_) => self.return_not_written(fault),
                        Ask::Hello | Ask::Keys | Ask::Report => {}
                    }
                }
            }
            Cause::Catalogue => self.catalogue_not_written(fault),
            Cause::Order(order) => self.order_not_written(order, fault),
            Cause::Report => self.report_not_written(),
            Cause::Licence(licence) => self.hunt_not_written(licence),
            Cause::Return => self.return_not_written(fault),
            Cause::Restore => self.restore_not_written(),
            Cause::Transfer(order) => {
                if self.transferring == Some(order) {
                    self.transferring = None;
                    self.restore_not_written();
                    self.order_not_written(order, fault);
                }
            }
            Cause::Enrolment => self.enrolment_not_written(fault),
            // These are durable elsewhere: only what came with them has not happened.
            Cause::Certificate(term) => self.certified(term),
            Cause::Renewal(outcome) => self.renewed(outcome),
            Cause::Job(job) => self.job_not_written(job, out),
            Cause::TakenIn(job) => self.taken_in(job, Ok(()), out),
            Cause::Read(job, pages) => self.job_read(job, pages),
            Cause::Delivered(job, outcome) => self.delivered(job, outcome),
            Cause::Erasure(licence) => {
                self.erasing.remove(&licence);
                self.erase_later();
            }
            Cause::Time => self.due_not_written(fault),
            Cause::Nothing => {}
        }
    }

    fn transfer_not_written(&mut self, out: &mut Outcome) {
        if let Some(order) = self.transferring.take() {
            out.then(Effect::StopTransfer(order));
            self.restore_not_written();
        }
    }

    /// What the user wanted of a purchase.
    fn purchase_not_written(&mut self, fault: StorageFault) {
        let failure = storage_failure(fault);
        match &mut self.purchase {
            Some(purchase) => {
                let advice = match purchase.wait {
                    Wait::Stopped { advice, .. } => advice,
                    _ => FailureAdvice::Continue,
                };
                purchase.wait = Wait::Stopped { failure, advice };
            }
            None => self.page = Page::Trouble(failure),
        }
    }

    /// An answer that is used up without effect must be asked for again.
    fn order_not_written(&mut self, order: OrderId, fault: StorageFault) {
        self.asked.remove(&order);
        self.stop(order, storage_failure(fault), FailureAdvice::Continue);
    }

    /// What was due is put off, so that it is not tried at once again.
    fn due_not_written(&mut self, fault: StorageFault) {
        let uptime_ms = self.clock.uptime_ms();
        if let Some(purchase) = &mut self.purchase
            && matches!(purchase.wait, Wait::Retry { at_ms, .. } if at_ms <= uptime_ms)
        {
            let failure = storage_failure(fault);
            purchase.wait = Wait::Stopped { failure, advice: FailureAdvice::Continue };
        }
        self.put_background_off();
        if self.erase_again_ms.is_some() {
            self.erase_later();
        }
    }
}

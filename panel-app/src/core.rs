//! The panel's rules, pure: inputs and the moment come in, effects and a view come out. No clock, no randomness, no I/O.
//!
//! The service carries the effects of a step out in order. If the step's one [`Effect::Persist`] fails, the service puts
//! the core back to where it was before the step and says [`Input::PersistFailed`]: what is not durable has not happened.

mod clock;
mod command;
mod effect;
mod holdings;
mod jobs;
mod licences;
mod meter;
mod outcome;
mod present;
mod purchase;
mod record;
mod renewal;
mod report;
mod rooms;
mod seal;
mod shop;
mod soon;
mod start;
mod task;
mod trust;
mod undone;
mod vendors;
mod view;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use protocol::message::Reply;
use protocol::message::device::{CatalogueEntry, DeviceReply};
use protocol::message::report::FaultKind;
use protocol::text::Name;
use protocol::{Digest, LicenceId, OrderId, Refusal, Timestamp};

pub use clock::ClockRecord;
pub use command::{Command, EnrolForm, Place};
pub use effect::{
    Ask, DocumentSource, Effect, Input, JobOption, JobOutput, JobProgram, JobRun, LinkFault, MadeFile, Moment,
    OrderStep, StorageFault, TransferEvent, TransferFault, TransferOrder, WorkProgress,
};
pub use licences::Restoration;
pub use record::{
    Abandoned, AuthorisedOrder, CatalogueRecord, Change, Enrolled, Enrolment, JobId, JobRecord, JobResult,
    LicenceRecord, LicenceState, Loaded, Mark, OrderRecord, ReceiptState, ResultFile, ResultPlace, SentFile, Settings,
    Stage,
};
pub use renewal::CertificateTerm;
pub use seal::{Mac, RecordsKey, Seal, SealRecord};
pub use soon::{Soon, WarnAt};
pub use start::Resume;
pub use task::{
    FileJob, FilePlace, Folder, JobOrder, JobSource, JobTask, OutputFormat, PROGRAMS_MAX, ProgramWish, QUEUE_MAX,
    SETTING_VALUE_BYTES_MAX, STACK_MAX, SettingWish, Wanted,
};
pub use undone::Cause;
pub use view::{
    ActiveDownload, DocumentRow, EndReason, EndedOption, Failure, FailureAdvice, InstalledOption, JobFault, JobKind,
    JobOptionRow, JobProgress, JobRow, JobRowState, JobState, JobView, Language, LicenceNote, LinkState, LockReason,
    More, OfferRow, OptionSummary, Progress, Returnable, Returning, Screen, StoreRow, View,
};

use clock::Clock;
use jobs::Machine;
use licences::Restoring;
use outcome::Outcome;
use present::Page;
use purchase::{Payer, Purchase};
use renewal::Renewal;
use report::{REPORT_AFTER_MS, Reporting};
use rooms::Rooms;
use shop::Shop;
use trust::Trust;

/// A package that was given up may have left this much.
const PACKAGE_OF_UNKNOWN_SIZE_BYTES: u64 = 1024 * 1024;

/// How often the time is written while there is a licence that ends or locks by time.
const CLOCK_WRITE_MS: u64 = 10 * 60 * 1_000;

/// The panel's state. Everything that matters after a power cut is also in the records that were persisted.
#[derive(Debug, Clone)]
pub struct Core {
    settings: Settings,
    enrolment: Option<Enrolment>,
    customer: Option<Name>,
    link: LinkState,
    clock: Clock,
    clock_written: Timestamp,
    /// Authenticates the records.
    seal: Seal,
    reporting: Reporting,
    /// What the vendor's clock said last.
    vendor_now: Option<Timestamp>,
    trust: Trust,
    shop: Shop,
    orders: BTreeMap<OrderId, OrderRecord>,
    licences: BTreeMap<LicenceId, LicenceRecord>,
    /// Licences whose keys are in the vault.
    keys: BTreeSet<LicenceId>,
    /// Packages of which chunks may be stored.
    packages: BTreeSet<Digest>,
    /// Licences that are fetched again: when, as uptime in milliseconds.
    hunted: BTreeMap<LicenceId, u64>,
    /// Licences that the vendor has released and that count again once they are here.
    released: BTreeSet<LicenceId>,
    /// Licences and packages that are fetched again.
    restoring: Restoring,
    /// Room that deleted packages have left.
    rooms: Rooms,
    /// What becomes of the licence that the user gives back.
    returning: Returning,
    /// Ended licences that are being erased.
    erasing: BTreeSet<LicenceId>,
    /// When to try again to erase what could not be erased.
    erase_again_ms: Option<u64>,
    /// What the first step has decided is in no record yet.
    start_unwritten: bool,
    /// The purchase on the screen.
    purchase: Option<Purchase>,
    /// Orders that go on without the user: to be told to the vendor, or paid for and to be installed.
    background: BTreeMap<OrderId, purchase::Background>,
    /// What the vendor is being asked.
    asked: BTreeSet<OrderId>,
    /// The order whose chunks are being fetched.
    transferring: Option<OrderId>,
    machine: Machine,
    page: Page,
    renewal: Renewal,
}

impl Core {
    /// One step. The effects are to be carried out in order.
    pub fn handle(&mut self, input: Input, moment: Moment) -> Vec<Effect> {
        self.clock.advance(moment);
        let mut out = Outcome::default();
        if matches!(input, Input::Command(_)) {
            self.rooms.used(self.clock.uptime_ms());
        }
        match input {
            Input::Command(command) => self.command(command, moment, &mut out),
            Input::Tick => {}
            Input::Answer(ask, answer) => self.answer(ask, answer, moment, &mut out),
            Input::Transfer(order, event) => self.transfer_event(order, event, &mut out),
            Input::Enrolled(outcome) => self.enrolled(outcome, &mut out),
            Input::Certified(term) => self.certified(term),
            Input::Renewed(outcome) => self.renewed(outcome),
            Input::Documents(documents) => self.machine.documents = documents,
            Input::Arrived(folder, name) => self.arrived(folder, name, moment, &mut out),
            Input::TakenIn(job, outcome) => self.taken_in(job, outcome, &mut out),
            Input::JobRead(job, pages) => self.job_read(job, pages),
            Input::JobNeeds(job, needs) => self.job_needs(job, needs, &mut out),
            Input::JobProgress(job, progress) => self.job_progress(job, progress),
            Input::JobDone(job, outcome) => self.job_done(job, outcome, &mut out),
            Input::Described(package, outcome) => self.described(package, outcome),
            Input::Delivered(job, outcome) => self.delivered(job, outcome),
            Input::Erased(licence, outcome) => self.erased(licence, outcome, &mut out),
            Input::Compacted => {}
            Input::Stopping => {
                self.forget_delivered(&mut out);
                self.write_clock(&mut out);
            }
            // Nothing is written in this step: it would fail again.
            Input::PersistFailed(cause, fault) => {
                self.not_written(cause, fault, &mut out);
                return self.sealed(out, moment);
            }
        }
        self.drop_expired_catalogue(&mut out);
        self.tell_of_the_clock(&mut out);
        self.retry_what_is_due(&mut out);
        self.renew_if_due(&mut out);
        self.end_what_is_over(&mut out);
        self.go_on_with_jobs(&mut out);
        self.compact_if_idle(&mut out);
        if self.machine.forget_at_ms.is_some_and(|at_ms| at_ms <= self.clock.uptime_ms()) {
            self.forget_delivered(&mut out);
        }
        self.write_clock_if_due(&mut out);
        self.report_if_due(&mut out);
        self.sealed(out, moment)
    }

    /// The effects of a step, with the seal over what it writes.
    fn sealed(&mut self, mut out: Outcome, moment: Moment) -> Vec<Effect> {
        if out.is_written() && std::mem::take(&mut self.start_unwritten) {
            // A seal over licences that are not written along with it would accuse their records.
            self.licences.values().for_each(|licence| out.change(Change::Licence(licence.clone().into())));
        }
        let (clock, before) = (self.clock.kept(), self.seal.record.mark);
        let seal = &mut self.seal;
        let effects = out.into_effects(|changes| Change::Seal(Box::new(seal.write(changes, clock, moment.random))));
        if effects.iter().any(|effect| matches!(effect, Effect::Persist(_))) {
            self.clock_written = clock.now;
            self.restoring.written(None);
        }
        if self.seal.record.mark != before {
            self.report_within(REPORT_AFTER_MS);
        }
        effects
    }

    /// What the vendor should know of the system clock; a doubt is settled by asking it.
    fn tell_of_the_clock(&mut self, out: &mut Outcome) {
        if let Some(ms) = self.clock.take_set_back_ms() {
            self.fault(FaultKind::ClockSetBack(ms), out);
        }
        if let Some(ms) = self.clock.take_jumped_ms() {
            self.fault(FaultKind::ClockJumped(ms), out);
        }
    }

    /// A time that is certainly past, once the vendor has told its own.
    pub fn certain_time(&self) -> Option<Timestamp> {
        self.clock.certain()
    }

    /// The uptime, in milliseconds, at which [`Input::Tick`] is wanted; `None` if nothing waits for time to pass.
    pub fn poll_timeout(&self) -> Option<u64> {
        let due_ms = [
            self.next_retry_ms(),
            self.next_end_ms(),
            self.next_soon_ms(),
            self.next_clock_write_ms(),
            self.next_renewal_ms(),
            self.machine.forget_at_ms,
            self.machine.pause_until_ms,
            self.next_report_ms(),
            self.rooms.due_ms(),
        ];
        due_ms.into_iter().flatten().min()
    }

    /// The orders on file, oldest first.
    pub fn orders(&self) -> impl Iterator<Item = &OrderRecord> {
        self.orders.values()
    }

    /// Who the device is, once it is enrolled.
    pub const fn enrolment(&self) -> Option<&Enrolment> {
        self.enrolment.as_ref()
    }

    fn command(&mut self, command: Command, moment: Moment, out: &mut Outcome) {
        match command {
            Command::Go(place) => self.go(place, out),
            Command::OpenOffer(option) => self.open_offer(&option, out),
            Command::Confirm => self.confirm(moment, out),
            Command::EnterContract { contract, pin } => self.enter_contract(contract, pin, moment, out),
            Command::Cancel => self.cancel(out),
            Command::Choose(form) => self.choose(form, out),
            Command::Retry => self.retry(moment, out),
            Command::Dismiss => self.dismiss(out),
            Command::Buy { option, form, contract, pin } => {
                self.buy(&option, form, contract.map(|id| Payer { id, pin }), moment, out);
            }
            Command::Refresh => self.fetch_catalogue(out),
            Command::Remove(licence) => self.remove(licence, out),
            Command::Return(licence) => self.return_licence(licence, out),
            Command::Run(job) => self.run(job, moment, out),
            Command::RunFiles(job) => self.run_files(job, moment),
            Command::CancelJob(job) => self.cancel_job(job, out),
            Command::GetOption(job) => self.offer_for(job, out),
            Command::GoOnWithout(job) => self.go_on_without(job, out),
            Command::ShowJob(job) if self.purchase.is_none() => self.back_to_job(job, out),
            Command::ShowJob(_) => {}
            Command::Enrol(form) => self.enrol(form, out),
            Command::WarnAt(warn) => self.warn_at(warn, out),
            Command::SetLanguage(language) => {
                self.settings.language = language;
                out.change(Change::Settings(self.settings.clone()));
            }
        }
    }

    fn answer(&mut self, ask: Ask, answer: Result<Reply<DeviceReply>, LinkFault>, moment: Moment, out: &mut Outcome) {
        let answer = match answer {
            Ok(reply) => {
                self.link = LinkState::Up;
                let refutes = self.is_clock_of_all_periods();
                self.clock.learn(reply.now, moment.wall, refutes);
                self.vendor_now = Some(reply.now);
                Ok(reply.outcome)
            }
            Err(fault) => {
                self.link = LinkState::Down;
                Err(fault)
            }
        };
        match &answer {
            Ok(Ok(reply)) if self.wait_for_keys(ask, reply, out) => {}
            _ => self.settle_answer(ask, answer, moment, out),
        }
    }

    /// Whether every living licence by period is the present vendor's.
    fn is_clock_of_all_periods(&self) -> bool {
        let vendor = self.vendor();
        let mut timed = self.licences.values().filter(|l| l.state == LicenceState::Active && l.ends_at().is_some());
        timed.all(|licence| Some(licence.vendor) == vendor)
    }

    /// To whoever asked.
    fn settle_answer(
        &mut self,
        ask: Ask,
        answer: Result<Result<DeviceReply, Refusal>, LinkFault>,
        moment: Moment,
        out: &mut Outcome,
    ) {
        match ask {
            Ask::Hello => self.hello_answered(answer, out),
            Ask::Keys => self.keys_answered(answer, moment, out),
            Ask::Catalogue => self.catalogue_answered(answer, moment, out),
            Ask::Order(order, step) => self.order_answered(order, step, answer, out),
            Ask::Report => self.report_answered(answer, out),
            Ask::Licence(licence) => self.licence_answered(licence, answer, out),
            Ask::Return(licence) => self.return_answered(licence, answer, out),
            Ask::Restore(licence) => self.restore_answered(licence, answer, out),
        }
    }

    /// Whether there is a licence that ends or locks by the time.
    fn is_timed(&self) -> bool {
        let counts = |l: &LicenceRecord| l.ends_at().is_some() || l.metering.is_some();
        self.licences.values().any(|l| l.state == LicenceState::Active && counts(l))
    }

    /// Before an orderly end, so that nobody has a period for nothing by stopping the panel again and again.
    fn write_clock(&self, out: &mut Outcome) {
        if self.is_timed() && self.clock.now() > self.clock_written {
            out.touch();
        }
    }

    fn next_clock_write_ms(&self) -> Option<u64> {
        let since_ms = self.clock.now().ms_since(self.clock_written);
        self.is_timed().then(|| self.clock.uptime_ms() + CLOCK_WRITE_MS.saturating_sub(since_ms))
    }

    fn write_clock_if_due(&mut self, out: &mut Outcome) {
        if self.next_clock_write_ms().is_some_and(|due_ms| due_ms <= self.clock.uptime_ms()) {
            out.touch();
        }
    }

    /// Whether nothing needs the chunks of this package any more.
    fn is_unused(&self, package: &Digest) -> bool {
        let by_order = |order: &OrderRecord| {
            let wanted = !order.stage.is_final() && !matches!(order.stage, Stage::Abandoning(_));
            wanted && order.authorised.as_ref().is_some_and(|a| a.manifest.digest() == *package)
        };
        let by_licence = |l: &LicenceRecord| l.state == LicenceState::Active && l.manifest.digest() == *package;
        !self.orders.values().any(by_order) && !self.licences.values().any(by_licence)
    }

    fn drop_package_if_unused(&mut self, package: Digest, out: &mut Outcome) {
        if self.is_unused(&package) && self.packages.remove(&package) {
            self.rooms.freed(PACKAGE_OF_UNKNOWN_SIZE_BYTES, self.clock.uptime_ms());
            out.then(Effect::DropPackage(package));
        }
    }
}

/// The catalogue's entries are shared between the core and the copies that a step is undone with.
type Entries = Arc<Vec<CatalogueEntry>>;

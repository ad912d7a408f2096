//! What the panel shows: everything that a screen needs, already decided. Drawing adds nothing but language and layout.

use protocol::message::device::Bilingual;
use protocol::package::{Feature, FeatureList, OptionKind};
use protocol::text::{Description, Name};
use protocol::{
    DeviceSerial, FailureCode, LicenceId, Offer, OptionId, OrderId, RefusalCode, ReleaseVersion, Timestamp, UsageForm,
    Yen,
};
use serde::{Deserialize, Serialize};

pub use protocol::{EndReason, LockReason};

use super::record::JobId;
use super::soon::{Soon, WarnAt};
use super::task::Wanted;
use crate::program::Setting;

/// The language of the touchscreen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// Japanese.
    #[default]
    Ja,
    /// English.
    En,
}

/// The four functions of an office machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum JobKind {
    /// Reader to printer.
    Copy,
    /// Network to printer.
    Print,
    /// Reader to network.
    Scan,
    /// Reader to telephone line.
    Fax,
}

/// A snapshot of the panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// What fills the screen.
    pub screen: Screen,
    /// The language that was chosen.
    pub language: Language,
    /// The device's factory ID, once it is enrolled.
    pub serial: Option<DeviceSerial>,
    /// The vendor's address, once it is known.
    pub vendor: Option<String>,
    /// The vendor's CA, once it is known.
    pub ca_fingerprint: Option<String>,
    /// The customer that the device is assigned to, as far as the vendor has told.
    pub customer: Option<Name>,
    /// Whether the vendor can be reached.
    pub link: LinkState,
    /// The panel's time.
    pub now: Timestamp,
    /// The system clock is further ahead than is believed; the vendor is being asked.
    pub clock_in_doubt: bool,
    /// When the panel warns of what ends soon.
    pub warn: WarnAt,
    /// Options with living licences, newest first.
    pub installed: Vec<InstalledOption>,
    /// Jobs that have not ended, in the order in which they came, and then those that ended last.
    pub jobs: Vec<JobRow>,
    /// What becomes of a licence that the user gives back.
    pub returning: Returning,
}

/// What fills the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Screen {
    /// The four functions, the store, my options, settings.
    Home,
    /// The whole catalogue.
    Store(Progress<Vec<StoreRow>>),
    /// One option, its prices, OK and Cancel.
    Offer {
        /// What is offered.
        option: OptionSummary,
        /// At which prices, in the vendor's order; at least one.
        offers: Vec<OfferRow>,
        /// The job that needs it, if it was a job that opened the screen.
        wanted_by: Option<JobKind>,
    },
    /// The keypad for the contract user ID.
    ContractId {
        /// What is being bought.
        option: OptionSummary,
        /// The ID that was typed before was refused, for this reason.
        refused: Option<RefusalCode>,
        /// There were too many wrong entries: nothing is accepted before this instant, which has not come yet.
        blocked_until: Option<Timestamp>,
    },
    /// The purchase is being checked by the vendor; Cancel is possible.
    Requesting {
        /// What is being bought.
        option: OptionSummary,
    },
    /// The transfer runs; Cancel is possible.
    Downloading {
        /// What is being bought.
        option: OptionSummary,
        /// How far it has come.
        download: ActiveDownload,
    },
    /// The transfer is complete; permanent or temporary? Cancel is possible.
    Choose {
        /// What is being bought.
        option: OptionSummary,
        /// The forms to choose from. One only if its price has changed since the Offer screen.
        offers: Vec<OfferRow>,
    },
    /// The choice is on its way to the vendor; Cancel is no longer possible.
    Buying {
        /// What is being bought.
        option: OptionSummary,
        /// In which form.
        offer: Offer,
    },
    /// Bought and installed.
    Done {
        /// What.
        option: OptionSummary,
        /// In which form, at which price.
        offer: Offer,
        /// The order.
        order: OrderId,
        /// The job that waits for it, if a job opened the Offer screen; Dismiss goes back to it.
        wanted_by: Option<JobKind>,
    },
    /// Not bought.
    Failed {
        /// What; unknown if enrolment failed.
        option: Option<OptionSummary>,
        /// Why.
        failure: Failure,
        /// What the user can do.
        advice: FailureAdvice,
    },
    /// Living licences (`View::installed`) and the ones that have ended.
    MyOptions {
        /// Newest first, a limited number.
        ended: Vec<EndedOption>,
    },
    /// Language, server address, about.
    Settings,
    /// The vendor's address and enrolment.
    ServerAddress {
        /// Enrolment is under way.
        busy: bool,
        /// The last attempt failed, for this reason.
        failed: Option<Failure>,
    },
    /// One of the four functions.
    Job(JobView),
    /// Several options do what a job needs: which one? Cancel is possible.
    Providers {
        /// What the job needs.
        feature: Feature,
        /// The job's function.
        wanted_by: JobKind,
        /// The cheapest first; at least two.
        rows: Vec<StoreRow>,
    },
    /// The jobs (`View::jobs`).
    Jobs,
}

/// Something that is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress<T> {
    /// On its way, nothing to show yet.
    Loading,
    /// Here.
    Ready(T),
    /// Could not be had.
    Failed(Failure),
}

/// Whether the vendor can be reached, as of the last attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// The device is not enrolled, so there is nobody to ask.
    NotEnrolled,
    /// Not tried yet.
    Unknown,
    /// The last request was answered.
    Up,
    /// The last request was not answered.
    Down,
}

/// An option in a few words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionSummary {
    /// The option.
    pub id: OptionId,
    /// Its name.
    pub name: Bilingual<Name>,
    /// What it does.
    pub description: Bilingual<Description>,
    /// Program or font pack.
    pub kind: OptionKind,
    /// The release.
    pub version: ReleaseVersion,
    /// Bytes to download.
    pub stored_bytes: u64,
}

/// A row of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreRow {
    /// The option.
    pub option: OptionSummary,
    /// At which prices.
    pub offers: Vec<OfferRow>,
    /// It is installed and may be used.
    pub installed: bool,
}

/// A form and its price.
pub type OfferRow = Offer;

/// A transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActiveDownload {
    /// Bytes that are verified and durable.
    pub done_bytes: u64,
    /// Bytes in all; more than 0.
    pub total_bytes: u64,
    /// Over the last seconds; `None` while there is too little to tell.
    pub bytes_per_second: Option<u64>,
    /// The connection broke; the panel tries again by itself.
    pub reconnecting: bool,
}

/// Why something did not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The vendor turned it down.
    Refused(RefusalCode),
    /// The transfer or the device failed.
    Fault(FailureCode),
    /// The vendor's server and this device do not trust each other.
    Distrust,
    /// The vendor sent something with a wrong signature or for another device.
    NotGenuine,
    /// The vendor's catalogue has expired, or is older than one that was seen before.
    Outdated,
    /// The job could not be done; the use was given back.
    Job(JobFault),
    /// The device is not enrolled.
    NotEnrolled,
    /// The device's certificate has run out before it could be renewed.
    CertificateExpired,
}

impl Failure {
    /// The stable code for scripts and support.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Refused(code) => code.code(),
            Self::Fault(code) => code.code(),
            Self::Distrust => "distrust",
            Self::NotGenuine => "not-genuine",
            Self::Outdated => "catalogue-outdated",
            Self::Job(fault) => fault.code(),
            Self::NotEnrolled => "not-enrolled",
            Self::CertificateExpired => "certificate-expired",
        }
    }
}

/// Why a job could not be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobFault {
    /// The document cannot be read.
    DocumentUnreadable,
    /// The document is not of a kind that the option works on.
    DocumentUnsuitable,
    /// The document is larger than the machine's memory for it.
    DocumentTooLarge,
    /// The option's content is damaged.
    OptionDamaged,
    /// The option is not installed, or its licence has ended.
    NotInstalled,
    /// The option's licence is locked.
    Locked,
    /// Too many jobs wait already.
    QueueFull,
    /// More programs than a job can have.
    TooManyPrograms,
    /// Nothing that the vendor sells does what the job needs.
    NothingProvides,
    /// A setting is none of the program's, or outside its limits.
    SettingUnsuitable,
    /// An option's program broke off, or gave an answer that none may give.
    ProgramFailed,
    /// An option's program took more time, work or memory than it may.
    ProgramTooGreedy,
    /// The programs have left out every page.
    NothingLeft,
    /// The result cannot be kept; no use was spent.
    TrayUnwritable,
    /// The result is kept, and its use spent, but it cannot be brought to its place before the next start.
    ResultWaiting,
}

impl JobFault {
    /// The stable code for scripts and support.
    pub const fn code(self) -> &'static str {
        match self {
            Self::DocumentUnreadable => "document-unreadable",
            Self::DocumentUnsuitable => "document-unsuitable",
            Self::DocumentTooLarge => "document-too-large",
            Self::OptionDamaged => "option-damaged",
            Self::NotInstalled => "not-installed",
            Self::Locked => "option-locked",
            Self::QueueFull => "queue-full",
            Self::TooManyPrograms => "too-many-programs",
            Self::NothingProvides => "nothing-provides",
            Self::SettingUnsuitable => "setting-unsuitable",
            Self::ProgramFailed => "program-failed",
            Self::ProgramTooGreedy => "program-too-greedy",
            Self::NothingLeft => "nothing-left",
            Self::TrayUnwritable => "tray-unwritable",
            Self::ResultWaiting => "result-waiting",
        }
    }
}

/// What the user can do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureAdvice {
    /// Retry continues where it stopped; nothing that was downloaded is lost.
    Continue,
    /// Retry starts a new purchase.
    StartAgain,
    /// Only Dismiss makes sense.
    GiveUp,
}

/// An option with living licences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledOption {
    /// The licence that is used next.
    pub licence: LicenceId,
    /// What may be used.
    pub option: OptionSummary,
    /// In which form that licence was bought.
    pub form: UsageForm,
    /// For how much, all licences together.
    pub price: Yen,
    /// When the first of them was bought.
    pub since: Timestamp,
    /// What is left of all of them.
    pub left: LicenceNote,
    /// The licences, in the order in which they are used.
    pub licences: Vec<LicenceId>,
    /// What buying the option again would do.
    pub more: Option<More>,
    /// It ends or locks soon.
    pub soon: Option<Soon>,
    /// When it locks if the vendor is not reached before, if it is charged by use.
    pub contact_due: Option<Timestamp>,
    /// What can be given back.
    pub returnable: Option<Returnable>,
}

/// A licence that was never used and can be given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Returnable {
    /// Which.
    pub licence: LicenceId,
    /// What is credited.
    pub price: Yen,
    /// The first instant at which it can no longer be given back.
    pub until: Timestamp,
}

/// What becomes of a licence that the user gives back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Returning {
    /// Nothing is being given back.
    #[default]
    No,
    /// The vendor is being asked.
    Asking(LicenceId),
    /// The vendor did not take it; it can be used as before.
    Failed(Failure),
}

/// What buying an installed option again does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum More {
    /// Uses are added to those that are left.
    TopUp,
    /// A period begins when the one that runs is over.
    Renew,
}

/// What is left of a licence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LicenceNote {
    /// Everything, for ever.
    Unlimited,
    /// This many uses; 0 after the job that took the last one.
    Uses(u32),
    /// This many milliseconds.
    Time(u64),
    /// This many milliseconds, and uses beside them.
    TimeAndUses(u64, u32),
    /// Everything; so many uses so far, each of which is charged.
    Used(u64),
    /// A job still runs; then it ends.
    Ending,
    /// It cannot be used, for this reason.
    Locked(LockReason),
}

/// A licence that has ended; its package is erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedOption {
    /// The licence.
    pub licence: LicenceId,
    /// The option's name.
    pub name: Bilingual<Name>,
    /// In which form it was bought.
    pub form: UsageForm,
    /// Why it ended.
    pub reason: EndReason,
    /// When.
    pub ended_at: Timestamp,
}

/// One of the four functions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobView {
    /// Which.
    pub kind: JobKind,
    /// What lies on the glass or waits in the queue.
    pub documents: Vec<DocumentRow>,
    /// The options that a job can use: the installed ones and the rest of the catalogue as far as it is known.
    pub options: Vec<JobOptionRow>,
    /// What the machine is doing.
    pub state: JobState,
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentRow {
    /// File name.
    pub name: String,
    /// File length.
    pub bytes: u64,
}

/// An option that a job can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobOptionRow {
    /// The option.
    pub option: OptionSummary,
    /// At which prices.
    pub offers: Vec<OfferRow>,
    /// It is installed and may be used.
    pub installed: bool,
    /// What it gives to jobs.
    pub provides: FeatureList,
    /// What can be set; empty until the installed program has told it.
    pub settings: Vec<Setting>,
}

/// The job on the job screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobState {
    /// None: waiting for a wish.
    Idle,
    /// Waiting for its turn; can be cancelled.
    Waiting {
        /// The job.
        job: JobId,
        /// On which document.
        document: String,
    },
    /// Waiting for an option that is not installed; can be cancelled, or go on without it.
    Needs {
        /// The job.
        job: JobId,
        /// On which document.
        document: String,
        /// What it needs.
        wanted: Wanted,
    },
    /// Working; can be cancelled.
    Running {
        /// The job.
        job: JobId,
        /// On which document.
        document: String,
        /// How far it has come.
        progress: JobProgress,
    },
    /// The results are in their places.
    Finished {
        /// File name of the first in the tray, or its path.
        output: String,
        /// All of them.
        files: Vec<String>,
        /// What is left of the licence that was used.
        left: Option<LicenceNote>,
    },
    /// It could not be done; nothing was used up.
    Failed(Failure),
}

/// How far a job has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobProgress {
    /// The document is being read.
    Reading,
    /// Programs are at work.
    Working {
        /// Counted from 1; 0 before the first.
        page: u32,
        /// How many there are.
        pages: u32,
        /// The program's name.
        program: Option<Bilingual<Name>>,
    },
    /// The results are being put out.
    Output,
}

/// A row of the list of jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRow {
    /// The job.
    pub job: JobId,
    /// Its function.
    pub kind: JobKind,
    /// On which document.
    pub document: String,
    /// Where it stands.
    pub state: JobRowState,
}

/// Where a job stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobRowState {
    /// Waits for its turn.
    Waiting,
    /// Waits for an option that is not installed.
    Needs(Wanted),
    /// In the works.
    Running(JobProgress),
    /// Has ended; the first of the results.
    Finished(String),
    /// Has ended without results.
    Failed(Failure),
}

impl JobRowState {
    /// Whether the job has not ended.
    pub const fn is_live(&self) -> bool {
        !matches!(self, Self::Finished(_) | Self::Failed(_))
    }
}

//! What goes into the core and what comes out of it.

use std::path::PathBuf;

use bytes::Bytes;
use protocol::message::Reply;
use protocol::message::device::{DeviceReply, DeviceRequest};
use protocol::message::report::DeviceReport;
use protocol::package::Feature;
use protocol::receipt::EraseReceipt;
use protocol::{
    ContentKey, DeviceSerial, Digest, FailureCode, LicenceId, Manifest, OrderId, Signed, Ticket, Timestamp,
};

use super::command::{Command, EnrolForm};
use super::record::{Change, Enrolled, JobId, JobResult, SentFile};
use super::renewal::CertificateTerm;
use super::task::{Folder, OutputFormat, SettingWish};
use super::undone::Cause;
use super::view::{DocumentRow, Failure, JobFault, JobKind};
use crate::program::Setting;

/// The present: everything that the core cannot know by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// What the system clock says, right or wrong.
    pub wall: Timestamp,
    /// Milliseconds since the process started, from a clock that cannot be set.
    pub uptime_ms: u64,
    /// Fresh random bits for an id that may be made in this step.
    pub random: [u8; 16],
}

/// Something has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The user wants something.
    Command(Command),
    /// The time that `poll_timeout` named has come.
    Tick,
    /// The vendor has answered, or could not be asked.
    Answer(Ask, Result<Reply<DeviceReply>, LinkFault>),
    /// News of a transfer.
    Transfer(OrderId, TransferEvent),
    /// Enrolment has ended.
    Enrolled(Result<Enrolled, Failure>),
    /// The certificate that the vendor is shown from now on.
    Certified(CertificateTerm),
    /// An attempt to renew the certificate has ended: with one that is durable and in use, or not.
    Renewed(Option<CertificateTerm>),
    /// What lies on the glass or waits in the queue, by name.
    Documents(Vec<DocumentRow>),
    /// A file has come to a watched folder, and is complete. It is told again as long as it lies there.
    Arrived(Folder, String),
    /// The file of a job is in the spool, or has gone.
    TakenIn(JobId, Result<(), JobFault>),
    /// A job's document is read; it has this many pages.
    JobRead(JobId, u32),
    /// A job's document is read and has shown to need this. The work has ended.
    JobNeeds(JobId, Vec<Feature>),
    /// How far a job's programs have come.
    JobProgress(JobId, WorkProgress),
    /// A job's work has ended; nothing is granted yet.
    JobDone(JobId, Result<JobOutput, JobFault>),
    /// What the program of a package can be told, or why it does not say so.
    Described(Digest, Result<Vec<Setting>, JobFault>),
    /// A job's results are in their places, or cannot be brought there now.
    Delivered(JobId, Result<(), JobFault>),
    /// Key and package of an ended licence are gone, or could not be erased now.
    Erased(LicenceId, Result<(), StorageFault>),
    /// The store has given back the room of what was deleted, or could not.
    Compacted,
    /// The panel is about to be switched off in an orderly way.
    Stopping,
    /// The changes of the last step could not be written. The step has not happened: the service has put the core back
    /// to where it was before.
    PersistFailed(Cause, StorageFault),
}

/// The vendor could not be asked; whether it has heard the request is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkFault {
    /// Nobody answers, or the connection broke.
    Lost,
    /// TLS failed, or the certificate is not accepted.
    Distrust,
    /// The answer is no message of this protocol.
    Garbled,
    /// The device's certificate has run out.
    Expired,
}

/// News of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferEvent {
    /// So many bytes of the package are verified and durable.
    Durable {
        /// Bytes as stored.
        bytes: u64,
    },
    /// Every chunk is durable, and both sides have exchanged the end of the transfer.
    Ended,
    /// It broke off; what is durable stays.
    Failed(TransferFault),
}

/// Why a transfer broke off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferFault {
    /// The connection.
    Link(LinkFault),
    /// Nothing arrived for too long.
    Stalled,
    /// The content service turned it down.
    Refused(protocol::RefusalCode),
    /// A chunk's hash was not the manifest's.
    WrongContent,
    /// This device's store.
    Storage(StorageFault),
}

/// Why something could not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StorageFault {
    /// No room.
    DiskFull,
    /// Anything else; the store must not be trusted before a restart.
    Failed,
}

impl From<StorageFault> for FailureCode {
    fn from(fault: StorageFault) -> Self {
        match fault {
            StorageFault::DiskFull => Self::DiskFull,
            StorageFault::Failed => Self::Storage,
        }
    }
}

/// What is asked of the vendor. Nothing is asked twice at once, and of one order only one thing at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ask {
    /// Who am I to you?
    Hello,
    /// The catalogue.
    Catalogue,
    /// Which keys count?
    Keys,
    /// A step of an order.
    Order(OrderId, OrderStep),
    /// What became of the licences.
    Report,
    /// A licence whose key is lost or whose record is not to be trusted.
    Licence(LicenceId),
    /// A licence that is not here, or whose package is not complete.
    Restore(LicenceId),
    /// May this licence be returned?
    Return(LicenceId),
}

/// The steps of an order that the customer service is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderStep {
    /// May I buy?
    Authorise,
    /// Everything has arrived.
    Confirm,
    /// The licence, please.
    Choose,
    /// Forget it.
    Abandon,
}

/// Something is to be done. Effects are carried out in order; the first one that fails drops the rest. A step has at
/// most one [`Effect::Persist`], and only [`Effect::KeepKey`] comes before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Write these changes in one transaction, durably, before the next effect.
    Persist(Vec<Change>),
    /// Keep a content key in the vault, durably, before the next effect. Repeating it is harmless.
    KeepKey(LicenceId, ContentKey),
    /// Overwrite a licence's content key in the vault, durably, then delete every chunk of the package that nothing else
    /// uses, if there is one; comes back as [`Input::Erased`]. Repeating it is harmless.
    Erase(LicenceId, Option<Digest>),
    /// Overwrite a content key that belongs to no living licence. Repeating it is harmless.
    DestroyKey(LicenceId),
    /// Delete every chunk of a package. Repeating it is harmless.
    DropPackage(Digest),
    /// Ask the vendor; comes back as [`Input::Answer`].
    Ask(Ask, DeviceRequest),
    /// Sign these receipts with the device's key and send them along with the report; comes back as [`Input::Answer`]
    /// to [`Ask::Report`].
    Report(Box<DeviceReport>, Vec<EraseReceipt>),
    /// Give the room of what was deleted back to the file system; comes back as [`Input::Compacted`].
    Compact,
    /// Fetch the missing chunks of a package; comes back as [`Input::Transfer`].
    StartTransfer(TransferOrder),
    /// Stop fetching. No input follows for this order.
    StopTransfer(OrderId),
    /// Register the device with the vendor; comes back as [`Input::Enrolled`].
    Enrol(EnrolForm),
    /// Ask for another certificate and keep it, durably; comes back as [`Input::Renewed`]. Repeating it is harmless.
    Renew,
    /// Look what lies on the glass; comes back as [`Input::Documents`].
    ListDocuments,
    /// Bring a file from a watched folder to the spool; comes back as [`Input::TakenIn`]. Repeating it is harmless.
    TakeIn(JobId, SentFile),
    /// Put the file of a job without results among those that have failed. Repeating it is harmless.
    PutAside(JobId, SentFile),
    /// Put whatever is in the spool and belongs to none of these jobs among those that have failed.
    SweepSpool(Vec<JobId>),
    /// Do a job's work; comes back as [`Input::JobRead`], [`Input::JobProgress`] and in the end as [`Input::JobNeeds`] or
    /// [`Input::JobDone`].
    RunJob(Box<JobRun>),
    /// Stop working. No input follows for this job.
    StopJob(JobId),
    /// Bring results to their places, replacing what is there, and the file that was sent to the finished ones; comes
    /// back as [`Input::Delivered`]. Repeating it is harmless.
    Deliver(JobResult),
    /// Ask a program what it can be told; comes back as [`Input::Described`].
    Describe(JobOption),
}

/// A transfer to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferOrder {
    /// The order.
    pub order: OrderId,
    /// The package.
    pub manifest: Manifest,
    /// The right to fetch it.
    pub ticket: Signed<Ticket>,
    /// `HOST:PORT`.
    pub server: String,
}

/// A job's work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRun {
    /// The job.
    pub job: JobId,
    /// Which function of the machine.
    pub kind: JobKind,
    /// What to work on.
    pub source: DocumentSource,
    /// What people call it: a file name.
    pub document: String,
    /// What works on each page, in this order.
    pub programs: Vec<JobProgram>,
    /// Font packs whose faces can be used.
    pub fonts: Vec<JobOption>,
    /// The face that text is set in; none for the machine's own.
    pub face: Option<String>,
    /// Separator sheets begin a new document, which takes a program that reads codes.
    pub split: bool,
    /// What comes out.
    pub format: OutputFormat,
    /// What is not asked for, although the document needs it.
    pub without: Vec<Feature>,
    /// When the job was begun.
    pub started: Timestamp,
    /// The machine, once it is enrolled.
    pub device: Option<DeviceSerial>,
}

/// A program and what is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobProgram {
    /// The program.
    pub option: JobOption,
    /// What differs from its own settings.
    pub settings: Vec<SettingWish>,
}

/// How far a job's programs have come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WorkProgress {
    /// Counted from 1; 0 before the first.
    pub page: u32,
    /// How many there are.
    pub pages: u32,
    /// Which program is at work, counted from 0.
    pub program: Option<u8>,
}

/// What a job's work has made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobOutput {
    /// Documents and what belongs to them. No two have the same name.
    pub files: Vec<MadeFile>,
}

/// A file that a job has made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeFile {
    /// Its name without the extension; a plain file name.
    pub stem: String,
    /// `pdf`, `png`, `txt`, `json`.
    pub extension: String,
    /// Its content.
    pub bytes: Bytes,
}

/// Where a document is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentSource {
    /// On the glass, by file name, one file after the other.
    Glass(Vec<String>),
    /// In the spool, under the job's id; this is how it came.
    Spool(JobId, SentFile),
    /// Anywhere, one file after the other.
    Files(Vec<PathBuf>),
}

/// An option that a job uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobOption {
    /// Whose key opens the package.
    pub licence: LicenceId,
    /// The package.
    pub manifest: Manifest,
}

//! What the panel keeps durably. The store writes these; only the core makes them.

use bytes::Bytes;
use protocol::keys::{RootKey, RootSigned};
use protocol::message::device::Catalogue;
use protocol::package::Manifest;
use protocol::{
    CaFingerprint, ContractUserId, DeviceKeyHash, DeviceSerial, Digest, FailureCode, KeyId, KeyList, Licence,
    LicenceId, LockReason, Metering, OfferList, OptionId, OrderId, RefusalCode, Signed, Ticket, Timestamp, UsageForm,
    Yen,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::licences::uses_left;
use super::seal::{RecordsKey, SealRecord};
use super::soon::WarnAt;
use super::task::{Folder, JobOrder};
use super::view::{EndReason, Language, OptionSummary};

/// One thing to write. A list of changes is one transaction: all of it or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Choices of the user.
    Settings(Settings),
    /// The device is enrolled.
    Enrolment(Enrolment),
    /// From now on these keys count.
    Keys(RootSigned<KeyList>),
    /// Time, usage sequence and the seal over all that grants something; part of every transaction.
    Seal(Box<SealRecord>),
    /// The newest catalogue that was verified.
    Catalogue(CatalogueRecord),
    /// An order as it is now.
    Order(Box<OrderRecord>),
    /// An order that is no longer of interest.
    ForgetOrder(OrderId),
    /// A licence as it is now.
    Licence(Box<LicenceRecord>),
    /// An ended licence that is no longer of interest.
    ForgetLicence(LicenceId),
    /// A job that is to be done, even after a restart.
    Job(Box<JobRecord>),
    /// A job that has ended.
    ForgetJob(JobId),
    /// The results of a job, to be brought to their places even after a restart.
    JobResult(JobResult),
    /// The results have been brought to their places.
    ForgetJobResult(JobId),
}

/// Everything that was durable when the panel started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Choices of the user.
    pub settings: Settings,
    /// Set once the device is enrolled.
    pub enrolment: Option<Enrolment>,
    /// The newest list of the vendor's keys.
    pub key_list: Option<RootSigned<KeyList>>,
    /// What the last transaction sealed.
    pub seal: Option<SealRecord>,
    /// The key that the seal is made with.
    pub records_key: RecordsKey,
    /// The newest catalogue.
    pub catalogue: Option<CatalogueRecord>,
    /// Orders, oldest first.
    pub orders: Vec<OrderRecord>,
    /// Licences, oldest first.
    pub licences: Vec<LicenceRecord>,
    /// Licences whose records are no records.
    pub unreadable: Vec<LicenceId>,
    /// Jobs that have not ended, oldest first.
    pub jobs: Vec<JobRecord>,
    /// Results that were not yet brought to their places.
    pub job_results: Vec<JobResult>,
    /// Packages of which at least one chunk is stored.
    pub packages: Vec<Digest>,
    /// Packages of orders and licences of which every chunk is stored.
    pub complete: Vec<Digest>,
    /// Room in the store that deleted packages have left and that was not given back.
    pub freed_bytes: u64,
    /// Licences whose keys are in the vault.
    pub keys: Vec<LicenceId>,
}

/// Choices of the user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Of the touchscreen.
    pub language: Language,
    /// When to warn of what ends soon.
    pub warn: WarnAt,
}

/// Who the device is and whom it trusts. Its private key is not here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// Factory ID.
    pub serial: DeviceSerial,
    /// `HOST:PORT` of the customer service.
    pub vendor: String,
    /// Of the vendor's root.
    pub ca_fingerprint: CaFingerprint,
    /// Verifies the root's signatures.
    pub root_key: RootKey,
    /// Of the device's own key, which its licences are bound to.
    pub device_key: DeviceKeyHash,
}

/// What an enrolment has brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// Who the device is from now on.
    pub enrolment: Enrolment,
    /// The keys that count, verified with the root's.
    pub keys: RootSigned<KeyList>,
}

/// A catalogue as it came, and what is accepted no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueRecord {
    /// The signed list.
    pub signed: Signed<Catalogue>,
    /// One for each key that has signed an accepted catalogue and still counts.
    pub marks: Vec<Mark>,
}

/// How far the catalogues that one key has signed have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The key.
    pub key: KeyId,
    /// The highest version; nothing below it is accepted.
    pub version: u64,
    /// The vendor's clock when it came; nothing that had expired by then is accepted.
    pub heard_at: Timestamp,
}

/// A purchase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRecord {
    /// Made by this device.
    pub id: OrderId,
    /// What is bought.
    pub option: OptionSummary,
    /// The offers that the user saw and said OK to.
    pub shown_offers: OfferList,
    /// The CA of the vendor that it was begun with; no other is asked about it.
    pub vendor: CaFingerprint,
    /// The contract user ID that was typed.
    pub contract: Option<ContractUserId>,
    /// A PIN was typed with it, and it is not known whether the vendor has heard of the order. The PIN is kept nowhere.
    pub with_pin: bool,
    /// When it began.
    pub created_at: Timestamp,
    /// How far it has come.
    pub stage: Stage,
    /// Set once the vendor has authorised it.
    pub authorised: Option<AuthorisedOrder>,
}

/// What the vendor authorised, verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorisedOrder {
    /// What will be delivered.
    pub manifest: Manifest,
    /// At which prices.
    pub offers: OfferList,
    /// The right to fetch it.
    pub ticket: Signed<Ticket>,
    /// `HOST:PORT` of the distribution service, if it is not the customer service.
    pub content_server: Option<String>,
}

/// How far a purchase has come. Every stage can be the last one before a power cut; the next start continues from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// To be authorised by the vendor.
    Requested,
    /// Chunks are missing, or the end of the transfer has not been agreed on.
    Downloading,
    /// The transfer has ended on both sides; the customer service is to be told.
    Confirming,
    /// Delivered; the user is to choose.
    Choosing,
    /// The user has chosen; the licence is to be fetched.
    Buying(UsageForm),
    /// Licence and key are durable. Final.
    Done(UsageForm, Yen),
    /// Turned down. Final.
    Refused(RefusalCode),
    /// Given up; the vendor is to be told.
    Abandoning(Abandoned),
    /// Given up, and the vendor knows. Final.
    Abandoned(Abandoned),
}

/// Why a purchase was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Abandoned {
    /// By the user.
    Cancelled,
    /// After a fault.
    Failed(FailureCode),
}

impl Stage {
    /// Nothing more will happen to the order.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Done(..) | Self::Refused(_) | Self::Abandoned(_))
    }
}

/// A licence without its key, which is in the vault and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenceRecord {
    /// The licence.
    pub id: LicenceId,
    /// What may be used.
    pub option: OptionSummary,
    /// The package that its key opens.
    pub manifest: Manifest,
    /// How it may be used.
    pub form: UsageForm,
    /// What was charged; what each use costs, if it is charged by use.
    pub price: Yen,
    /// When it was sold.
    pub issued_at: Timestamp,
    /// When the right begins: then, or after the period that it follows.
    pub starts_at: Timestamp,
    /// The first instant at which it can no longer be returned; `None` if it never can.
    pub return_until: Option<Timestamp>,
    /// For licences by count: what is left.
    pub uses_left: Option<u32>,
    /// For licences that are charged by use: uses so far, reported or not, and how long the vendor may be out of reach.
    pub metering: Option<Metering>,
    /// Whether a job has used it.
    pub was_used: bool,
    /// Where it stands.
    pub state: LicenceState,
    /// Why it may not be used, if somebody has to decide about it.
    pub lock: Option<LockReason>,
    /// What the vendor knows of its erasure.
    pub receipt: ReceiptState,
    /// The CA of the vendor that it is from; no other is told or decides about it.
    pub vendor: CaFingerprint,
}

/// What the vendor knows of an erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReceiptState {
    /// Nothing is erased, or nobody was to be told.
    None,
    /// Erased at this time; the vendor is to be told until it has the receipt.
    Due(Timestamp),
    /// The vendor has the receipt.
    Filed,
}

/// Where a licence stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LicenceState {
    /// May be used.
    Active,
    /// May no longer be used; key and package are to be erased.
    Ending(EndReason, Timestamp),
    /// Erased.
    Ended(EndReason, Timestamp),
}

/// A job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub Uuid);

impl std::fmt::Display for JobId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A job that has not ended. It grants nothing: what it costs is decided when it begins, from the licences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRecord {
    /// The job.
    pub id: JobId,
    /// What is to be done.
    pub order: JobOrder,
    /// When it came.
    pub created_at: Timestamp,
}

/// What a job has made, durable together with the uses that it cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobResult {
    /// The job.
    pub job: JobId,
    /// At least one.
    pub files: Vec<ResultFile>,
    /// The file that was sent, if that is how the job came: it is put among the finished ones.
    pub sent: Option<SentFile>,
}

/// A file that a job has made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultFile {
    /// Where it belongs.
    pub place: ResultPlace,
    /// Its content.
    pub bytes: Bytes,
}

/// A file that came to a watched folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentFile {
    /// Where it came to.
    pub folder: Folder,
    /// Its name there.
    pub name: String,
}

/// Where a result belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResultPlace {
    /// A file of this name in the tray.
    Tray(String),
    /// This file.
    File(std::path::PathBuf),
}

impl ResultPlace {
    /// The name in the tray, or the path.
    pub fn shown(&self) -> String {
        match self {
            Self::Tray(name) => name.clone(),
            Self::File(path) => path.display().to_string(),
        }
    }
}

impl LicenceRecord {
    /// A licence as the vendor has signed it.
    pub(super) fn granted(licence: &Licence, option: OptionSummary, manifest: Manifest, vendor: CaFingerprint) -> Self {
        Self {
            id: licence.id,
            option,
            manifest,
            form: licence.form,
            price: licence.price,
            issued_at: licence.issued_at,
            starts_at: licence.starts_at,
            return_until: licence.return_until,
            was_used: false,
            uses_left: uses_left(licence),
            metering: licence.metering,
            state: LicenceState::Active,
            lock: None,
            receipt: ReceiptState::None,
            vendor,
        }
    }

    /// What may be used.
    pub const fn option_id(&self) -> &OptionId {
        &self.option.id
    }

    /// Whether the right has begun. What does not follow anything has, whatever the clock says.
    pub fn has_begun(&self, now: Timestamp) -> bool {
        self.starts_at <= now || self.starts_at == self.issued_at
    }

    /// The first instant at which a licence by period is over.
    pub fn ends_at(&self) -> Option<Timestamp> {
        match self.form {
            UsageForm::Days(days) => Some(self.starts_at.plus_days(u32::from(days.get()))),
            UsageForm::Permanent | UsageForm::Uses(_) | UsageForm::Metered => None,
        }
    }
}

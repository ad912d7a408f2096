//! What a user can ask of the panel, from the touchscreen or from a script.

use protocol::{
    ActivationCode, CaFingerprint, ContractPin, ContractUserId, DeviceSerial, LicenceId, OptionId, Text, UsageForm,
};

use super::record::JobId;
use super::soon::WarnAt;
use super::task::{FileJob, JobOrder};
use super::view::{JobKind, Language};

/// One wish of the user. A command that does not fit the present screen is ignored: it was meant for the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Opens a place. Ignored while a purchase is under way that must be answered or cancelled first.
    Go(Place),
    /// Opens the Offer screen of an option.
    OpenOffer(OptionId),
    /// OK on the Offer screen.
    Confirm,
    /// OK on the contract ID keypad.
    EnterContract {
        /// Who pays.
        contract: ContractUserId,
        /// The contract's PIN, if one was typed.
        pin: Option<ContractPin>,
    },
    /// Cancel, wherever there is one: Offer, contract ID, Downloading, Choose how to buy.
    Cancel,
    /// A form on the Choose screen.
    Choose(UsageForm),
    /// Try again on the Failed screen.
    Retry,
    /// Closes Done, Failed or a finished job.
    Dismiss,
    /// Buys without questions, for scripts: continues an unfinished purchase of the option, or starts one.
    Buy {
        /// What.
        option: OptionId,
        /// In which form.
        form: UsageForm,
        /// Who pays, if not the customer that the device is assigned to.
        contract: Option<ContractUserId>,
        /// The contract's PIN, if it has one.
        pin: Option<ContractPin>,
    },
    /// Asks the vendor for the catalogue again.
    Refresh,
    /// Removes an installed option for good: the whole row that this licence is in.
    Remove(LicenceId),
    /// Gives a licence back that was never used, for its price.
    Return(LicenceId),
    /// Starts a job on what lies on the glass.
    Run(JobOrder),
    /// Starts a job on files anywhere, for scripts.
    RunFiles(FileJob),
    /// Gives up a job whose results are not durable yet; uses that it would have cost are given back.
    CancelJob(JobId),
    /// Opens the Offer screen of what a job waits for.
    GetOption(JobId),
    /// Lets a job go on without what it waits for.
    GoOnWithout(JobId),
    /// Opens the job screen on this job.
    ShowJob(JobId),
    /// Registers this device with the vendor.
    Enrol(EnrolForm),
    /// When to warn of what ends soon, from now on and after a restart.
    WarnAt(WarnAt),
    /// Another language, from now on and after a restart.
    SetLanguage(Language),
}

/// Where a user can go from anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The first screen.
    Home,
    /// The catalogue.
    Store,
    /// What is installed.
    MyOptions,
    /// Language, server address, about.
    Settings,
    /// The vendor's address and enrolment.
    ServerAddress,
    /// Copy, print, scan or fax.
    Job(JobKind),
    /// What waits, what is in the works, and what has ended.
    Jobs,
}

/// What the server address screen collects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolForm {
    /// `HOST:PORT`.
    pub vendor: Text<120>,
    /// Of the vendor's CA.
    pub ca_fingerprint: CaFingerprint,
    /// The device's factory ID.
    pub serial: DeviceSerial,
    /// From the vendor's staff.
    pub code: ActivationCode,
}

//! What can be said on the command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use protocol::{ActivationCode, CaFingerprint, ContractUserId, DeviceSerial, OptionId, Text, UsageForm};

use super::programs::Programs;
use crate::core::{JobKind, Language, OutputFormat, WarnAt};

/// The office machine's panel: buys, keeps, uses and erases option software.
#[derive(Debug, Parser)]
#[command(
    name = "panel-app",
    version,
    after_help = "Exit codes: 0 done, 1 no window, 2 usage, 3 refused, 4 network, 5 storage."
)]
pub struct Args {
    /// Folder with everything durable of this device
    #[arg(long, global = true, value_name = "DIR", default_value = "panel-data")]
    pub data: PathBuf,
    /// Prints JSON instead of text
    #[arg(long, global = true)]
    pub json: bool,
    #[command(flatten)]
    pub(super) window: Window,
    #[command(subcommand)]
    pub(super) action: Option<Action>,
}

/// How the window opens.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct Window {
    /// Covers the whole screen
    #[arg(long)]
    pub(super) fullscreen: bool,
    /// Language of the window, from now on
    #[arg(long, value_enum)]
    pub(super) lang: Option<Lang>,
}

/// A language of the window.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Lang {
    /// Japanese
    Ja,
    /// English
    En,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Ja => Self::Ja,
            Lang::En => Self::En,
        }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Opens the window (also without any command)
    Gui(Window),
    /// Registers this device with the vendor
    Enrol(EnrolArgs),
    /// Lists what is for sale
    Catalogue,
    /// Lists what is installed
    Options,
    /// Lists purchases
    Orders,
    /// Buys an option, or continues an unfinished purchase of it
    Buy {
        /// Option id, as in the catalogue
        option: OptionId,
        /// permanent, uses:N, days:N or metered
        #[arg(long)]
        form: UsageForm,
        /// Contract user ID, for a device that is assigned to no customer
        #[arg(long)]
        contract_id: Option<ContractUserId>,
        /// File with the contract's PIN; - reads it from standard input
        #[arg(long, value_name = "FILE", requires = "contract_id")]
        pin_file: Option<PathBuf>,
    },
    /// Shows or sets when the panel warns of what ends soon
    Warn {
        /// So many uses left, or fewer; 0 is never
        #[arg(long, value_parser = clap::value_parser!(u32).range(..=i64::from(WarnAt::USES_MAX)))]
        uses: Option<u32>,
        /// So many days left, or fewer; 0 is never
        #[arg(long, value_parser = clap::value_parser!(u16).range(..=i64::from(WarnAt::DAYS_MAX)))]
        days: Option<u16>,
    },
    /// Cancels an unfinished purchase
    Cancel,
    /// Does a job: copy, print, scan or fax
    Job(JobArgs),
    /// Lists the jobs that wait
    Jobs {
        /// Gives one of them up
        #[arg(long, value_name = "JOB")]
        cancel: Option<uuid::Uuid>,
    },
    /// Does a job with one option
    Use {
        /// Option id
        option: OptionId,
        /// Document to work on
        #[arg(long)]
        input: PathBuf,
        /// File for the result
        #[arg(long)]
        output: PathBuf,
    },
    /// Fetches again what this device has a right to and does not have, at no charge
    Restore,
    /// Removes an option for good
    Remove {
        /// Option id
        option: OptionId,
    },
    /// Gives an option back that was never used, for its price
    Return {
        /// Option id
        option: OptionId,
    },
}

/// What a job needs to know.
#[derive(Debug, clap::Args)]
pub(super) struct JobArgs {
    /// The function of the machine
    #[arg(value_enum)]
    pub(super) kind: Kind,
    /// Document to work on; several are taken one after the other
    #[arg(long, required = true, value_name = "FILE")]
    pub(super) input: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) programs: Programs,
    /// Face that text is set in
    #[arg(long, value_name = "NAME")]
    pub(super) face: Option<String>,
    /// Begins a new document at each separator sheet
    #[arg(long)]
    pub(super) split: bool,
    /// What comes out
    #[arg(long, value_enum, default_value = "pdf")]
    pub(super) format: Format,
    /// Folder for the results, instead of the tray
    #[arg(long, value_name = "DIR")]
    pub(super) output: Option<PathBuf>,
    /// Accepts the offer of an option that is missing, in this form
    #[arg(long, value_name = "FORM")]
    pub(super) buy: Option<UsageForm>,
    /// Contract user ID, for a device that is assigned to no customer
    #[arg(long, requires = "buy")]
    pub(super) contract_id: Option<ContractUserId>,
    /// File with the contract's PIN; - reads it from standard input
    #[arg(long, value_name = "FILE", requires = "contract_id")]
    pub(super) pin_file: Option<PathBuf>,
}

/// A function of the machine.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Kind {
    /// Paper to paper
    Copy,
    /// Text or pages to paper
    Print,
    /// Paper to a document
    Scan,
    /// Paper to the telephone line
    Fax,
}

impl From<Kind> for JobKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Copy => Self::Copy,
            Kind::Print => Self::Print,
            Kind::Scan => Self::Scan,
            Kind::Fax => Self::Fax,
        }
    }
}

/// What comes out of a job.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// One PDF for each document
    Pdf,
    /// One PNG for each page
    Png,
}

impl From<Format> for OutputFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Pdf => Self::Pdf,
            Format::Png => Self::Png,
        }
    }
}

/// What enrolment needs to know.
#[derive(Debug, clap::Args)]
pub(super) struct EnrolArgs {
    /// HOST:PORT of the vendor's server
    #[arg(long)]
    pub(super) vendor: Text<120>,
    /// SHA-256 fingerprint of the vendor's CA, 64 hexadecimal digits
    #[arg(long)]
    pub(super) ca_fingerprint: CaFingerprint,
    /// Serial number of this device
    #[arg(long)]
    pub(super) serial: DeviceSerial,
    /// Activation code from the vendor
    #[arg(long)]
    pub(super) code: ActivationCode,
}

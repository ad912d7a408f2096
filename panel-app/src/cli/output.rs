//! The one place that prints: text or JSON on standard output, faults with their codes on standard error.

use std::io::Write as _;
use std::process::ExitCode;

use protocol::refusal::Retry;
use protocol::{FailureCode, RefusalCode};
use serde::Serialize;

use crate::core::{Failure, JobFault};
use crate::data::StorageError;

/// How results are printed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    json: bool,
}

impl Output {
    pub(super) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints one result: `text` for people, `value` for scripts.
    pub(super) fn print(self, value: &impl Serialize, text: impl FnOnce() -> String) {
        let line = if self.json { serde_json::to_string_pretty(value).unwrap_or_default() } else { text() };
        // A reader that has gone away is no failure of the command.
        let _ = writeln!(std::io::stdout(), "{line}");
    }

    /// Prints a fault.
    pub(super) fn fault(self, fault: &Fault) {
        let line = if self.json {
            serde_json::json!({ "error": { "code": fault.code, "message": fault.sentence } }).to_string()
        } else {
            format!("panel-app: {} [{}]", fault.sentence, fault.code)
        };
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

/// Why a command did not do what it was told.
#[derive(Debug)]
pub(super) struct Fault {
    exit: u8,
    code: String,
    sentence: String,
}

impl Fault {
    fn new(exit: u8, code: &str, sentence: impl Into<String>) -> Self {
        Self { exit, code: code.to_owned(), sentence: sentence.into() }
    }

    pub(super) fn usage(code: &str, sentence: impl Into<String>) -> Self {
        Self::new(2, code, sentence)
    }

    pub(super) fn refused(code: &str, sentence: impl Into<String>) -> Self {
        Self::new(3, code, sentence)
    }

    pub(super) fn storage(code: &str, sentence: impl Into<String>) -> Self {
        Self::new(5, code, sentence)
    }

    pub(super) fn network(code: &str, sentence: impl Into<String>) -> Self {
        Self::new(4, code, sentence)
    }

    /// The panel has not come to an end in time.
    pub(super) fn silent() -> Self {
        Self::network("timeout", "The panel did not finish in time. Run the command again; nothing is done twice.")
    }

    #[cfg(feature = "gui")]
    pub(super) fn window(error: &crate::ui::WindowError) -> Self {
        Self::new(1, "no-window", error.to_string())
    }

    pub(super) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.exit)
    }
}

impl From<&StorageError> for Fault {
    fn from(error: &StorageError) -> Self {
        let sentence = error.to_string();
        let mut letters = sentence.chars();
        let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
        Self::new(5, error.code(), format!("{first}{}.", letters.as_str()))
    }
}

impl From<RefusalCode> for Fault {
    fn from(code: RefusalCode) -> Self {
        let exit = if code.retry() == Retry::Later { 4 } else { 3 };
        Self::new(exit, code.code(), format!("{} {}", code.sentence(), code.advice()))
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        let (exit, sentence) = match failure {
            Failure::Refused(code) => return code.into(),
            Failure::Fault(FailureCode::LinkLost) => (4, "The vendor's server cannot be reached."),
            Failure::Fault(FailureCode::Timeout) => (4, "Nothing came from the vendor's server for too long."),
            Failure::Fault(FailureCode::WrongContent) => (4, "What arrived is not what the vendor signed."),
            Failure::Fault(FailureCode::DiskFull) => (5, "The disk is full."),
            Failure::Fault(FailureCode::Storage) => (5, "The data folder cannot be written."),
            Failure::Distrust => (4, "The vendor's server and this device do not trust each other."),
            Failure::NotGenuine => (4, "The vendor's answer is not genuine."),
            Failure::Outdated => (4, "The vendor's catalogue is out of date."),
            Failure::NotEnrolled => (3, "This device is not enrolled. Enrol it first."),
            Failure::CertificateExpired => {
                (3, "The device's certificate has run out. Ask the vendor for a new activation code and enrol again.")
            }
            Failure::Job(JobFault::DocumentUnreadable) => (5, "The document cannot be read."),
            Failure::Job(JobFault::DocumentUnsuitable) => (3, "The option does not work on a document of this kind."),
            Failure::Job(JobFault::DocumentTooLarge) => (3, "The document is too large."),
            Failure::Job(JobFault::OptionDamaged) => (5, "The option's content is damaged."),
            Failure::Job(JobFault::NotInstalled) => (3, "The option is not installed. Buy it first."),
            Failure::Job(JobFault::Locked) => (3, "The option is locked; `options` tells why."),
            Failure::Job(JobFault::QueueFull) => (3, "Too many jobs wait already."),
            Failure::Job(JobFault::TooManyPrograms) => (3, "A job has at most four programs."),
            Failure::Job(JobFault::NothingProvides) => (3, "Nothing that the vendor sells does what the job needs."),
            Failure::Job(JobFault::SettingUnsuitable) => {
                (3, "A setting is none of the option's, or not what the option allows.")
            }
            Failure::Job(JobFault::ProgramFailed) => (3, "The option's program broke off; no use was spent."),
            Failure::Job(JobFault::ProgramTooGreedy) => {
                (3, "The option's program took more time, work or memory than it may; no use was spent.")
            }
            Failure::Job(JobFault::NothingLeft) => (3, "No page is left of the document; no use was spent."),
            Failure::Job(JobFault::ResultWaiting) => {
                (5, "The result is safe but its place cannot be written; it is brought there at the next start.")
            }
            Failure::Job(JobFault::TrayUnwritable) => (5, "The result cannot be written; no use was spent."),
        };
        Self::new(exit, failure.code(), sentence)
    }
}

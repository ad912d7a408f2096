//! What a job is to do: the function of the machine, the document, the programs, and what comes out.

use std::path::PathBuf;

use protocol::OptionId;
use protocol::package::Feature;
use serde::{Deserialize, Serialize};

use super::view::JobKind;

/// Most programs of one job.
pub const PROGRAMS_MAX: usize = 4;
/// Most files that make one document.
pub const STACK_MAX: usize = 200;
/// Most jobs that wait or are in the works.
pub const QUEUE_MAX: usize = 32;
/// Most jobs in the works at a time.
pub(super) const WORKS_MAX: usize = 4;
/// Most bytes of a value that is set.
pub const SETTING_VALUE_BYTES_MAX: usize = 800;

/// What is to be done with a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobTask {
    /// Which function of the machine.
    pub kind: JobKind,
    /// What works on each page, in this order; at most [`PROGRAMS_MAX`].
    pub programs: Vec<ProgramWish>,
    /// The face that a print job is set in; none for the machine's own.
    pub face: Option<String>,
    /// Separator sheets (patch T) begin a new document.
    pub split: bool,
    /// What comes out.
    pub format: OutputFormat,
    /// What the job does without, although it asks for it: so the user has said.
    pub without: Vec<Feature>,
}

impl JobTask {
    /// Without programs, to one PDF.
    pub const fn plain(kind: JobKind) -> Self {
        Self { kind, programs: Vec::new(), face: None, split: false, format: OutputFormat::Pdf, without: Vec::new() }
    }

    /// The same with this option.
    #[must_use]
    pub fn with(mut self, option: OptionId) -> Self {
        self.programs.push(ProgramWish { wanted: Wanted::Option(option), settings: Vec::new() });
        self
    }
}

/// What comes out of a job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OutputFormat {
    /// One PDF for each document.
    #[default]
    Pdf,
    /// One PNG for each page.
    Png,
}

/// A program that is to work on each page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramWish {
    /// Which.
    pub wanted: Wanted,
    /// What differs from the program's own settings.
    pub settings: Vec<SettingWish>,
}

/// A setting and its value as it was typed: `true`, a position or a label, a number, a text. What it means is known once
/// the program has described itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingWish {
    /// The setting.
    pub id: String,
    /// At most [`SETTING_VALUE_BYTES_MAX`] bytes.
    pub value: String,
}

/// What a job asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wanted {
    /// Whatever option provides this.
    Feature(Feature),
    /// This option.
    Option(OptionId),
}

/// A job on something that lies in one of the machine's own folders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobOrder {
    /// What is to be done.
    pub task: JobTask,
    /// With what.
    pub source: JobSource,
}

/// A document in one of the machine's own folders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobSource {
    /// Files on the glass, one after the other; 1 to [`STACK_MAX`].
    Glass(Vec<String>),
    /// A file that was sent to a watched folder, and is kept in the spool from then on.
    Sent(Folder, String),
}

/// A watched folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Folder {
    /// The print queue.
    Queue,
    /// Faxes that have come in over the line.
    FaxIn,
}

impl Folder {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Queue, Self::FaxIn];

    /// Its name in the data folder.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::FaxIn => "fax-in",
        }
    }

    /// The function of the machine that takes what is sent there.
    pub const fn kind(self) -> JobKind {
        match self {
            Self::Queue => JobKind::Print,
            Self::FaxIn => JobKind::Fax,
        }
    }
}

impl JobSource {
    /// What people call it.
    pub fn document(&self) -> &str {
        match self {
            Self::Glass(names) => names.first().map_or("", String::as_str),
            Self::Sent(_, name) => name,
        }
    }
}

/// A job of a script, on files anywhere. It lasts as long as the script: one that is cut off is not done later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileJob {
    /// What is to be done.
    pub task: JobTask,
    /// With what, one file after the other; 1 to [`STACK_MAX`].
    pub inputs: Vec<PathBuf>,
    /// Where the result belongs.
    pub place: FilePlace,
    /// Open the Offer screen if an option is missing. Otherwise the job fails.
    pub offer: bool,
}

/// Where the files of a script's job belong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilePlace {
    /// This file; further ones beside it.
    File(PathBuf),
    /// Files in this folder, named after the document.
    Folder(PathBuf),
    /// The tray.
    Tray,
}

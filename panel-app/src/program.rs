//! What the machine and an option's program say to one another, as plain values: nothing of the sandbox is in here. The
//! limits are those of `protocol/wit/page.wit`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::core::JobKind;
use crate::page::Page;

mod settings;

pub use settings::{SettingError, complete};

/// Most bytes of a text that was read, or of a code.
pub const FOUND_TEXT_BYTES_MAX: usize = 4_000;
/// Most bytes of a symbology's name.
pub const SYMBOLOGY_BYTES_MAX: usize = 40;
/// Most findings of a page.
pub const FINDINGS_MAX: usize = 2_000;
/// Most bytes of the name of a document.
pub const DOCUMENT_NAME_BYTES_MAX: usize = 120;
/// Most settings of a program.
pub const SETTINGS_MAX: usize = 12;
/// Most bytes of a setting's id.
pub const SETTING_ID_BYTES_MAX: usize = 40;
/// Most bytes of a label, in each language.
pub const LABEL_BYTES_MAX: usize = 200;
/// Most choices of a setting.
pub const CHOICES_MAX: usize = 20;
/// Most characters of a text that is typed.
pub const TEXT_CHARS_MAX: u32 = 200;
/// Most bytes of a program's words for the log.
pub const DETAIL_BYTES_MAX: usize = 400;
/// Most characters of a line that the formatter sets.
pub const LINE_CHARS_MAX: usize = 200;
/// Most pixels an em of a line that the formatter sets.
pub const EM_PIXELS_MAX: u32 = 600;

/// A text in both languages of the machine: one line, neither of them empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

/// Something that a user can set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Names it in jobs and scripts: lower-case letters, digits and `-`. No two of a program are alike.
    pub id: String,
    /// What the panel writes beside it.
    pub label: Label,
    /// How it is set.
    pub control: Control,
}

/// How something is set. What is set at first is always within the limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Control {
    /// On or off.
    Toggle {
        /// At first.
        initial: bool,
    },
    /// One of several.
    Choice {
        /// 1 to [`CHOICES_MAX`].
        choices: Vec<Label>,
        /// Position of the one that is set at first.
        initial: u32,
    },
    /// A whole number from `min` to `max`, `min` and then every `step`.
    Number {
        /// Smallest.
        min: i32,
        /// Largest.
        max: i32,
        /// At least 1.
        step: u32,
        /// At first.
        initial: i32,
    },
    /// A short text: one line, which may be empty.
    Text {
        /// Most characters, 1 to [`TEXT_CHARS_MAX`].
        max_chars: u32,
        /// At first.
        initial: String,
    },
}

/// What is set: of the kind of the setting's control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// On or off.
    Toggle(bool),
    /// Position in the list.
    Choice(u32),
    /// A whole number.
    Number(i32),
    /// A short text.
    Text(String),
}

/// What a user has set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {
    /// The setting's id.
    pub id: String,
    /// Of the kind of its control.
    pub value: Value,
}

/// Where in a job a page is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The function of the machine.
    pub kind: JobKind,
    /// Counted from 1.
    pub number: u32,
    /// How many there are.
    pub pages: u32,
    /// When the job was started, by the machine's clock, for people: `2026-11-25 09:30`.
    pub started: String,
    /// The machine's serial number.
    pub device: String,
}

/// A part of a page, in pixels from its top left corner, within the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area {
    /// Columns to the left of it.
    pub x: u32,
    /// Rows above it.
    pub y: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Area {
    /// Whether it is on a page of this size, and not empty.
    pub fn is_within(&self, width: u32, height: u32) -> bool {
        let fits =
            |from: u32, length: u32, whole: u32| length > 0 && from.checked_add(length).is_some_and(|end| end <= whole);
        fits(self.x, self.width, width) && fits(self.y, self.height, height)
    }
}

/// A line of text that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextLine {
    /// What it says; one line.
    pub text: String,
    /// Where.
    pub area: Area,
    /// How sure the program is, in percent.
    pub confidence: u8,
}

/// A bar code or a matrix code that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// `qr`, `code-39`, `code-128`, `ean-13`, ...: lower-case letters, digits and `-`.
    pub symbology: String,
    /// What it says; may have line breaks and other control characters.
    pub text: String,
    /// Where.
    pub area: Area,
}

/// Something that was found on a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finding {
    /// A line of text.
    Line(TextLine),
    /// A bar code or a matrix code.
    Code(Code),
}

/// What becomes of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It goes on as it came.
    Keep,
    /// This goes on in its place.
    Replace(Page),
    /// It is left out.
    Omit,
}

/// What a program has made of a page. Everything in it is within the limits; areas are within the page that goes on, or
/// within the one that came if none does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageOutcome {
    /// What becomes of the page.
    pub fate: Fate,
    /// What was found on it.
    pub findings: Vec<Finding>,
    /// A new document begins here, with this name: one line, not empty. If the page is left out, it begins with the next
    /// one that is not.
    pub begins: Option<String>,
}

/// How much ink a shape puts on each pixel: one byte a pixel, 0 none, 255 full; rows from the top, no gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    /// Pixels in a row; 0 if there is nothing to see.
    pub width: u32,
    /// Rows; 0 if there is nothing to see.
    pub height: u32,
    /// `width * height` bytes.
    pub coverage: Vec<u8>,
}

/// Why the formatter sets no line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LetteringError {
    /// No such face.
    #[error("the machine has no such face")]
    UnknownFace,
    /// More than [`LINE_CHARS_MAX`] characters, or larger than [`EM_PIXELS_MAX`] pixels an em.
    #[error("the line is too long or too large")]
    TooLarge,
}

/// The machine's formatter, for programs that write on pages.
pub trait Lettering: Send + Sync {
    /// The faces that can be used: the machine's own first, then those of its font packs.
    fn faces(&self) -> Vec<String>;

    /// Sets one line; without a face, in the machine's own. What a face lacks becomes an empty box.
    fn set_line(&self, text: &str, face: Option<&str>, pixels_an_em: u32) -> Result<Mask, LetteringError>;
}

/// What a program cannot work on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsuitable {
    /// Such a page.
    Page,
    /// Something that is set.
    Setting,
}

impl fmt::Display for Unsuitable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Page => "page",
            Self::Setting => "setting",
        })
    }
}

/// Why a program has no answer. The texts are for the machine's log, at most [`DETAIL_BYTES_MAX`] bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProgramFault {
    /// It did something that no program may do: unreachable code, memory out of bounds, too deep a stack.
    #[error("the program broke off: {0}")]
    Trap(String),
    /// It used up the work that its manifest allows for a page.
    #[error("the program needs more work for a page than its manifest allows")]
    OutOfFuel,
    /// It asked for more memory than its manifest allows, or than the machine has.
    #[error("the program needs more memory than its manifest allows")]
    OutOfMemory,
    /// It took longer than the watchdog waits.
    #[error("the program took too long")]
    TimedOut,
    /// Its answer is not what the interface allows.
    #[error("the program's answer is not allowed: {0}")]
    Answer(String),
    /// It says that it cannot work on this.
    #[error("the program cannot work on such a {0}: {1}")]
    Unsuitable(Unsuitable, String),
    /// It says that it failed by its own fault, or failed its self-test.
    #[error("the program failed: {0}")]
    Failed(String),
    /// It is no program of this interface.
    #[error("no program for this machine: {0}")]
    Invalid(String),
    /// The user has cancelled the job.
    #[error("cancelled")]
    Cancelled,
}

impl ProgramFault {
    /// A stable name, for logs, scripts and texts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Trap(_) => "program-trap",
            Self::OutOfFuel => "program-out-of-fuel",
            Self::OutOfMemory => "program-out-of-memory",
            Self::TimedOut => "program-timed-out",
            Self::Answer(_) => "program-answer",
            Self::Unsuitable(Unsuitable::Page, _) => "program-unsuitable-page",
            Self::Unsuitable(Unsuitable::Setting, _) => "program-unsuitable-setting",
            Self::Failed(_) => "program-failed",
            Self::Invalid(_) => "program-invalid",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Somebody else's words for the log: one line, cut at [`DETAIL_BYTES_MAX`] bytes.
pub(crate) fn detail(words: impl fmt::Display) -> String {
    let mut text: String =
        words.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).take(DETAIL_BYTES_MAX).collect();
    text.truncate(text.floor_char_boundary(DETAIL_BYTES_MAX));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_is_within_a_page_or_it_is_not() {
        let area = |x, y, width, height| Area { x, y, width, height };
        assert!(area(0, 0, 10, 5).is_within(10, 5));
        assert!(area(9, 4, 1, 1).is_within(10, 5));
        for out in [area(0, 0, 0, 1), area(0, 0, 11, 1), area(9, 0, 2, 1), area(0, 5, 1, 1), area(u32::MAX, 0, 2, 1)] {
            assert!(!out.is_within(10, 5), "{out:?}");
        }
    }

    #[test]
    fn a_programs_words_are_one_line_of_bounded_length() {
        assert_eq!(detail("a\nb\u{1B}[31m"), "a b [31m");
        let long = detail("購".repeat(1_000));
        assert!(long.len() <= DETAIL_BYTES_MAX && long.len() > DETAIL_BYTES_MAX - 3);
    }
}

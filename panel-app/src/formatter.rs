//! The formatter: text, or a page description, set in a face becomes pages. What can be set, and how, is in
//! `docs/page-description.md`.

mod description;
mod draw;
mod face;
mod faces;
mod layout;
pub(crate) mod line_breaks;

use std::fmt;

use crate::cancel::Cancel;
use crate::page::{Page, PageError};

pub use description::{Align, Description, DescriptionFault, Style};
pub use face::{Face, FaceFault, FontPack, PACK_BYTES_MAX, PACK_FACES_MAX, face_key};
pub use faces::Faces;
#[cfg(feature = "gui")]
pub(crate) use faces::{OWN_BOLD, OWN_REGULAR};

/// Largest text, in bytes.
pub const TEXT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Most pages of a print job.
pub const PAGES_MAX: usize = 200;
/// Pixels an inch of what is set.
pub const DPI: u16 = 300;

/// Why a text cannot be printed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatFault {
    /// Not UTF-8.
    #[error("the document is no text")]
    NotText,
    /// More than [`TEXT_BYTES_MAX`].
    #[error("the text is too long")]
    TooLarge,
    /// More than [`PAGES_MAX`].
    #[error("the text takes more than {PAGES_MAX} pages")]
    TooManyPages,
    /// A page description that says what it may not.
    #[error("line {line} of the page description: {what}")]
    Description {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        what: DescriptionFault,
    },
    /// A face that the machine does not have.
    #[error("the machine has no face {0:?}")]
    NoSuchFace(String),
    /// A face that cannot be drawn.
    #[error("a face is damaged")]
    FaceDamaged,
    /// Somebody has said stop.
    #[error("cancelled")]
    Cancelled,
}

impl FormatFault {
    /// A stable name, for logs and scripts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotText => "print-not-text",
            Self::TooLarge => "print-too-large",
            Self::TooManyPages => "print-too-many-pages",
            Self::Description { .. } => "print-description",
            Self::NoSuchFace(_) => "print-no-such-face",
            Self::FaceDamaged => "print-face-damaged",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A text that is set: its lines have their places, and its pages are drawn one by one.
pub struct Formatted {
    layout: layout::Layout,
}

impl fmt::Debug for Formatted {
    /// Without the text: it is somebody's document.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Formatted({} pages)", self.layout.pages.len())
    }
}

impl Description {
    /// Sets the text in these faces. Errors with the first face that is named and not there.
    pub fn set(&self, faces: &Faces, cancel: &Cancel) -> Result<Formatted, FormatFault> {
        let layout = face::guarded(|| layout::set(self, faces, cancel))?;
        Ok(Formatted { layout })
    }
}

impl Formatted {
    /// How many pages there are: 1 to [`PAGES_MAX`].
    pub fn page_count(&self) -> u32 {
        // At most PAGES_MAX.
        u32::try_from(self.layout.pages.len()).unwrap_or(u32::MAX)
    }

    /// Draws a page, counted from 0. `None` if there are fewer.
    pub fn page(&self, index: u32, cancel: &Cancel) -> Option<Result<Page, FormatFault>> {
        let lines = self.layout.pages.get(index as usize)?;
        Some(face::guarded(|| draw::page(&self.layout, lines, cancel)))
    }

    /// All pages, one after the other.
    pub fn pages(&self, cancel: &Cancel) -> impl Iterator<Item = Result<Page, FormatFault>> {
        (0..).map_while(|index| self.page(index, cancel))
    }
}

impl From<PageError> for FormatFault {
    fn from(_: PageError) -> Self {
        Self::TooLarge
    }
}

/// Between steps: go on?
fn go_on(cancel: &Cancel) -> Result<(), FormatFault> {
    if cancel.is_stopped() { Err(FormatFault::Cancelled) } else { Ok(()) }
}

#[cfg(test)]
mod tests;

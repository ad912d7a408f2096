//! Documents from outside become pages: PNG, JPEG, TIFF and PDF, one page in memory at a time, with limits before anything
//! is decoded.

mod density;
mod jpeg;
mod pdf;
mod png;
mod samples;
mod tiff;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::Page;
use crate::cancel::Cancel;

/// Largest document, in bytes.
pub const DOCUMENT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most pages of a document, and of a job.
pub const PAGES_MAX: u32 = 200;
/// Pixels an inch of a page whose document does not say, or has no pixels.
pub const DPI: u16 = 300;

/// What a document is encoded as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentFormat {
    /// Portable Network Graphics: one page.
    Png,
    /// JPEG: one page.
    Jpeg,
    /// TIFF: one page or several.
    Tiff,
    /// PDF: one page or several, drawn at [`DPI`].
    Pdf,
}

impl DocumentFormat {
    /// By the first bytes; names say nothing.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let head = bytes.get(..bytes.len().min(1_024))?;
        match head {
            [0x89, b'P', b'N', b'G', ..] => Some(Self::Png),
            [0xFF, 0xD8, 0xFF, ..] => Some(Self::Jpeg),
            [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Some(Self::Tiff),
            // Readers take a PDF that begins late.
            _ if head.windows(5).any(|window| window == b"%PDF-") => Some(Self::Pdf),
            _ => None,
        }
    }
}

/// Why a document has no pages, or not this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReadFault {
    /// None of the formats.
    #[error("the document is no PNG, JPEG, TIFF or PDF")]
    Unknown,
    /// Not what its format prescribes, or cut off.
    #[error("the document is damaged")]
    Damaged,
    /// Well-formed, but in a way that this release does not read.
    #[error("the document is encoded in a way that the machine does not read")]
    Unsupported,
    /// Only with a password.
    #[error("the document is encrypted")]
    Encrypted,
    /// More bytes or pixels than the machine takes.
    #[error("the document is too large")]
    TooLarge,
    /// More than [`PAGES_MAX`].
    #[error("the document has more than {PAGES_MAX} pages")]
    TooManyPages,
    /// Would take more memory or time than a page deserves.
    #[error("a page of the document is too complex")]
    TooComplex,
    /// The document has fewer pages.
    #[error("the document has no such page")]
    NoSuchPage,
    /// Somebody has said stop.
    #[error("cancelled")]
    Cancelled,
}

impl ReadFault {
    /// A stable name, for logs and scripts.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "document-unknown",
            Self::Damaged => "document-damaged",
            Self::Unsupported => "document-unsupported",
            Self::Encrypted => "document-encrypted",
            Self::TooLarge => "document-too-large",
            Self::TooManyPages => "document-too-many-pages",
            Self::TooComplex => "document-too-complex",
            Self::NoSuchPage => "document-no-such-page",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A document whose pages can be read, in any order, as often as wanted.
#[derive(Debug)]
pub struct Document {
    format: DocumentFormat,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Png(Vec<u8>),
    Jpeg(Vec<u8>),
    Tiff(tiff::Pages),
    Pdf(Arc<pdf::Pages>),
}

impl Document {
    /// Looks at a document's structure; no page is decoded yet.
    pub fn open(bytes: Vec<u8>, cancel: &Cancel) -> Result<Self, ReadFault> {
        if bytes.len() > DOCUMENT_BYTES_MAX {
            return Err(ReadFault::TooLarge);
        }
        let format = DocumentFormat::of(&bytes).ok_or(ReadFault::Unknown)?;
        let source = guarded(|| {
            Ok(match format {
                DocumentFormat::Png => {
                    png::check(&bytes)?;
                    Source::Png(bytes)
                }
                DocumentFormat::Jpeg => {
                    jpeg::check(&bytes)?;
                    Source::Jpeg(bytes)
                }
                DocumentFormat::Tiff => Source::Tiff(tiff::Pages::open(bytes)?),
                DocumentFormat::Pdf => Source::Pdf(Arc::new(pdf::Pages::open(bytes, cancel)?)),
            })
        })?;
        Ok(Self { format, source })
    }

    /// What it is encoded as.
    pub const fn format(&self) -> DocumentFormat {
        self.format
    }

    /// How many pages it has: 1 to [`PAGES_MAX`].
    pub fn page_count(&self) -> u32 {
        match &self.source {
            Source::Png(_) | Source::Jpeg(_) => 1,
            Source::Tiff(pages) => pages.count(),
            Source::Pdf(pages) => pages.count(),
        }
    }

    /// Decodes a page, counted from 0.
    pub fn page(&self, index: u32, cancel: &Cancel) -> Result<Page, ReadFault> {
        if index >= self.page_count() {
            return Err(ReadFault::NoSuchPage);
        }
        if cancel.is_stopped() {
            return Err(ReadFault::Cancelled);
        }
        guarded(|| match &self.source {
            Source::Png(bytes) => png::read(bytes),
            Source::Jpeg(bytes) => jpeg::read(bytes),
            Source::Tiff(pages) => pages.read(index),
            Source::Pdf(pages) => pdf::read(pages, index, cancel),
        })
    }

    /// All pages, one after the other. Ends after the first fault.
    pub fn pages(&self, cancel: &Cancel) -> impl Iterator<Item = Result<Page, ReadFault>> {
        let mut failed = false;
        (0..self.page_count()).map_while(move |index| {
            if failed {
                return None;
            }
            let page = self.page(index, cancel);
            failed = page.is_err();
            Some(page)
        })
    }
}

/// The decoders are others', and a document may be made to hit their faults: one of them must not take the machine down.
fn guarded<T>(decode: impl FnOnce() -> Result<T, ReadFault>) -> Result<T, ReadFault> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|_| {
        tracing::warn!("a decoder has panicked over a document");
        Err(ReadFault::Damaged)
    })
}

/// Refuses a size that is no page before memory is taken for it.
fn check_size(width: u32, height: u32) -> Result<(), ReadFault> {
    match u64::from(width) * u64::from(height) {
        0 => Err(ReadFault::Damaged),
        pixels if pixels > u64::from(Page::PIXELS_MAX) => Err(ReadFault::TooLarge),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;

//! What a job reads: pages of images and PDFs, and texts set in faces.

use protocol::package::Feature;

use super::{Stop, go_on};
use crate::cancel::Cancel;
use crate::core::{JobFault, JobRun};
use crate::documents::DocumentFile;
use crate::formatter::{Description, Faces, FormatFault, Formatted};
use crate::page::Page;
use crate::page::patch::{self, Patch};
use crate::page::read::{Document, DocumentFormat, PAGES_MAX, ReadFault};

/// Everything that a job reads, one file after the other.
pub(super) struct Source {
    pieces: Vec<Piece>,
}

enum Piece {
    Pages(Document),
    Text(Formatted),
}

impl Piece {
    fn page_count(&self) -> u32 {
        match self {
            Self::Pages(document) => document.page_count(),
            Self::Text(text) => text.page_count(),
        }
    }
}

impl Source {
    /// Reads the files. Faces that are named and not there are what the job needs.
    pub(super) fn open(run: &JobRun, files: &[DocumentFile], faces: &Faces, cancel: &Cancel) -> Result<Self, Stop> {
        let chosen = run.face.as_deref();
        let mut missing: Vec<String> = chosen.filter(|face| !faces.has(face)).map(str::to_owned).into_iter().collect();
        let (mut pieces, mut texts) = (Vec::new(), Vec::new());
        for file in files {
            go_on(cancel)?;
            let bytes = file.read()?;
            if DocumentFormat::of(&bytes).is_some() {
                pieces.push(Some(Piece::Pages(Document::open(bytes, cancel).map_err(unreadable)?)));
            } else {
                let without: Vec<&str> = run.without.iter().filter_map(Feature::face_name).collect();
                let text = Description::parse(&bytes, chosen).map_err(unprintable)?.without(&without);
                missing.extend(text.faces().into_iter().filter(|face| !faces.has(face)));
                texts.push(text);
                pieces.push(None);
            }
        }
        let mut named = std::collections::HashSet::new();
        missing.retain(|face| named.insert(face.clone()));
        if !missing.is_empty() {
            // What cannot be the name of a feature can be had nowhere.
            let features: Result<Vec<Feature>, _> = missing.iter().map(|face| Feature::face(face)).collect();
            return Err(features.map_or(Stop::Fault(JobFault::NothingProvides), Stop::Needs));
        }
        let mut texts = texts.into_iter();
        let mut set = Vec::new();
        for piece in pieces {
            match (piece, texts.len()) {
                (Some(piece), _) => set.push(piece),
                (None, _) => {
                    let Some(text) = texts.next() else { continue };
                    set.push(Piece::Text(text.set(faces, cancel).map_err(unprintable)?));
                }
            }
        }
        let source = Self { pieces: set };
        match source.page_count() {
            0 => Err(JobFault::DocumentUnreadable.into()),
            1..=PAGES_MAX => Ok(source),
            _ => Err(JobFault::DocumentTooLarge.into()),
        }
    }

    pub(super) fn page_count(&self) -> u32 {
        self.pieces.iter().map(Piece::page_count).fold(0, u32::saturating_add)
    }

    /// A page, counted from 0.
    pub(super) fn page(&self, mut index: u32, cancel: &Cancel) -> Result<Page, Stop> {
        for piece in &self.pieces {
            if index < piece.page_count() {
                return match piece {
                    Piece::Pages(document) => document.page(index, cancel).map_err(unreadable),
                    Piece::Text(text) => match text.page(index, cancel) {
                        Some(page) => page.map_err(unprintable),
                        None => Err(JobFault::DocumentUnreadable.into()),
                    },
                };
            }
            index -= piece.page_count();
        }
        Err(JobFault::DocumentUnreadable.into())
    }

    /// A separator sheet, where documents are to be divided, takes a program that reads codes.
    pub(super) fn check_needs(&self, run: &JobRun, cancel: &Cancel) -> Result<(), Stop> {
        let reads = run.programs.iter().any(|p| p.option.manifest.provides.contains(Feature::CODE_READING));
        let declined = run.without.iter().any(|feature| feature.as_str() == Feature::CODE_READING);
        if !run.split || reads || declined {
            return Ok(());
        }
        for index in 0..self.page_count() {
            go_on(cancel)?;
            if patch::find(&self.page(index, cancel)?) == Some(Patch::Transfer) {
                let needs = Feature::CODE_READING.parse().map_err(|_| JobFault::NothingProvides)?;
                return Err(Stop::Needs(vec![needs]));
            }
        }
        Ok(())
    }
}

fn unreadable(fault: ReadFault) -> Stop {
    let job_fault = match fault {
        ReadFault::Cancelled => return Stop::Cancelled,
        ReadFault::TooLarge | ReadFault::TooManyPages | ReadFault::TooComplex => JobFault::DocumentTooLarge,
        ReadFault::Unknown | ReadFault::Unsupported | ReadFault::Encrypted => JobFault::DocumentUnsuitable,
        ReadFault::Damaged | ReadFault::NoSuchPage => JobFault::DocumentUnreadable,
    };
    tracing::warn!(%fault, code = fault.code(), "a document cannot be read");
    Stop::Fault(job_fault)
}

fn unprintable(fault: FormatFault) -> Stop {
    let job_fault = match &fault {
        FormatFault::Cancelled => return Stop::Cancelled,
        FormatFault::TooLarge | FormatFault::TooManyPages => JobFault::DocumentTooLarge,
        FormatFault::NotText | FormatFault::Description { .. } => JobFault::DocumentUnsuitable,
        FormatFault::NoSuchFace(_) => JobFault::NothingProvides,
        FormatFault::FaceDamaged => JobFault::OptionDamaged,
    };
    tracing::warn!(%fault, code = fault.code(), "a text cannot be printed");
    Stop::Fault(job_fault)
}

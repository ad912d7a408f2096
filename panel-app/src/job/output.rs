//! What comes out of a job: documents as PDF or pages as PNG, and beside each what was found in it.

use bytes::Bytes;
use serde_json::{Value, json};

use super::Stop;
use crate::core::{JobFault, JobOutput, JobRun, MadeFile, OutputFormat};
use crate::page::Page;
use crate::page::pdf::PdfWriter;
use crate::page::png;
use crate::program::{Area, Finding, TextLine};

/// Most bytes of all files of a job.
pub(super) const OUTPUT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most bytes of a file's stem.
const STEM_BYTES_MAX: usize = 100;

/// The documents of a job, in the making.
pub(super) struct Output {
    format: OutputFormat,
    base: String,
    /// The name of the document that begins with the next page.
    next: Option<String>,
    document: Option<OpenDocument>,
    /// Found on pages that were left out since the last one that was not.
    omitted: Vec<Finding>,
    files: Vec<MadeFile>,
    stems: Vec<String>,
    bytes: usize,
    documents: usize,
}

struct OpenDocument {
    name: Option<String>,
    pages: usize,
    pdf: PdfWriter,
    images: Vec<Vec<u8>>,
    text: String,
    index: Vec<Value>,
}

impl Output {
    pub(super) fn new(run: &JobRun) -> Self {
        let stem = run.document.rsplit_once('.').map_or(run.document.as_str(), |(stem, _)| stem);
        Self {
            format: run.format,
            base: plain(stem).unwrap_or_else(|| "document".to_owned()),
            next: None,
            document: None,
            omitted: Vec::new(),
            files: Vec::new(),
            stems: Vec::new(),
            bytes: 0,
            documents: 0,
        }
    }

    /// A new document begins with the next page that is not left out.
    pub(super) fn begin(&mut self, name: String) {
        self.next = Some(name);
    }

    /// A page is left out; what was found on it is kept with the document that the next page belongs to.
    pub(super) fn omit(&mut self, findings: Vec<Finding>) {
        self.omitted.extend(findings);
    }

    pub(super) fn add(&mut self, page: &Page, findings: Vec<Finding>) -> Result<(), Stop> {
        if let Some(name) = self.next.take() {
            self.close()?;
            self.document = Some(OpenDocument::new(Some(name)));
        }
        let document = self.document.get_or_insert_with(|| OpenDocument::new(None));
        document.note(None, &std::mem::take(&mut self.omitted));
        document.pages += 1;
        let lines: Vec<TextLine> = findings.iter().filter_map(Finding::line).cloned().collect();
        let grown = match self.format {
            OutputFormat::Pdf => {
                document.pdf.add(page, &lines);
                document.pdf.bytes()
            }
            OutputFormat::Png => {
                document.images.push(png::write(page));
                document.images.iter().map(Vec::len).sum()
            }
        };
        document.note(Some(document.pages), &findings);
        if self.bytes + grown > OUTPUT_BYTES_MAX {
            return Err(JobFault::DocumentTooLarge.into());
        }
        Ok(())
    }

    /// All files; none if every page was left out.
    pub(super) fn finish(mut self) -> Result<JobOutput, Stop> {
        self.close()?;
        Ok(JobOutput { files: self.files })
    }

    fn close(&mut self) -> Result<(), Stop> {
        let Some(document) = self.document.take() else { return Ok(()) };
        self.documents += 1;
        let wanted = document.name.as_deref().and_then(plain).unwrap_or_else(|| self.base.clone());
        let stem = self.unused(&wanted);
        let title = document.name.as_deref().unwrap_or(&stem).to_owned();
        match self.format {
            OutputFormat::Pdf => {
                let pdf = document.pdf.finish(Some(&title));
                self.push(stem.clone(), "pdf", pdf)?;
            }
            OutputFormat::Png if document.images.len() == 1 => {
                for image in document.images {
                    self.push(stem.clone(), "png", image)?;
                }
            }
            OutputFormat::Png => {
                for (number, image) in (1..).zip(document.images) {
                    self.push(format!("{stem}-p{number}"), "png", image)?;
                }
            }
        }
        if !document.text.is_empty() {
            self.push(stem.clone(), "txt", document.text.into_bytes())?;
        }
        if !document.index.is_empty() {
            let index = json!({ "document": title, "pages": document.pages, "found": document.index });
            let bytes = serde_json::to_vec_pretty(&index).map_err(|_| JobFault::ProgramFailed)?;
            self.push(stem, "json", bytes)?;
        }
        Ok(())
    }

    fn push(&mut self, stem: String, extension: &str, bytes: Vec<u8>) -> Result<(), Stop> {
        self.bytes += bytes.len();
        if self.bytes > OUTPUT_BYTES_MAX {
            return Err(JobFault::DocumentTooLarge.into());
        }
        self.files.push(MadeFile { stem, extension: extension.to_owned(), bytes: Bytes::from(bytes) });
        Ok(())
    }

    /// `invoice`, `invoice-2`, `invoice-3`. Names that differ only in case would meet on some systems.
    fn unused(&mut self, wanted: &str) -> String {
        let is_used =
            |stem: &str, stems: &[String]| stems.iter().any(|used| used.to_lowercase() == stem.to_lowercase());
        let mut stem = wanted.to_owned();
        for number in 2.. {
            if !is_used(&stem, &self.stems) {
                break;
            }
            stem = format!("{wanted}-{number}");
        }
        self.stems.push(stem.clone());
        stem
    }
}

impl OpenDocument {
    fn new(name: Option<String>) -> Self {
        let (pdf, images, index) = (PdfWriter::new(), Vec::new(), Vec::new());
        Self { name, pages: 0, pdf, images, text: String::new(), index }
    }

    /// `page` is none for one that was left out.
    fn note(&mut self, page: Option<usize>, findings: &[Finding]) {
        for finding in findings {
            self.index.push(match finding {
                Finding::Line(line) => json!({
                    "page": page, "text": line.text, "confidence": line.confidence, "area": area(line.area),
                }),
                Finding::Code(code) => json!({
                    "page": page, "symbology": code.symbology, "code": code.text, "area": area(code.area),
                }),
            });
        }
        let mut lines = findings.iter().filter_map(Finding::line).peekable();
        if lines.peek().is_some() && !self.text.is_empty() {
            self.text.push('\u{C}');
        }
        for line in lines {
            self.text.push_str(&line.text);
            self.text.push('\n');
        }
    }
}

impl Finding {
    fn line(&self) -> Option<&TextLine> {
        match self {
            Self::Line(line) => Some(line),
            Self::Code(_) => None,
        }
    }
}

fn area(area: Area) -> Value {
    json!([area.x, area.y, area.width, area.height])
}

/// A name that can be a file's on every system; `None` if nothing is left of it.
fn plain(name: &str) -> Option<String> {
    let fits = |c: char| if c.is_control() || "/\\:*?\"<>|".contains(c) { '-' } else { c };
    let mut stem: String = name.trim().trim_start_matches('.').chars().map(fits).collect();
    stem.truncate(stem.floor_char_boundary(STEM_BYTES_MAX));
    let stem = stem.trim().trim_end_matches('.');
    (!stem.is_empty()).then(|| stem.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_a_page_leads_nowhere_else() {
        assert_eq!(plain("../../etc/passwd").as_deref(), Some("-..-etc-passwd"));
        assert_eq!(plain("請求書 2026/11").as_deref(), Some("請求書 2026-11"));
        assert_eq!(plain(" ... "), None);
        assert!(plain(&"購".repeat(200)).unwrap().len() <= STEM_BYTES_MAX);
    }
}

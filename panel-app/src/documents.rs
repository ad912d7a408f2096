//! Documents to work on: what lies on the glass or in the spool, and files that a script names.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::core::{DocumentRow, DocumentSource, JobFault};
use crate::data::{DataDir, StorageError};
use crate::spool::Spool;

/// Largest document, in bytes.
pub const DOCUMENT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Most documents that are shown.
pub const DOCUMENTS_MAX: usize = 200;

/// Names in a folder are looked at up to this number, however many there are.
const ENTRIES_MAX: usize = 10_000;

/// The folder of the documents.
#[derive(Debug, Clone)]
pub struct Documents {
    glass: PathBuf,
    spool: Spool,
}

impl Documents {
    /// Of this data folder.
    pub fn new(dir: &DataDir) -> Self {
        Self { glass: dir.glass(), spool: Spool::new(dir) }
    }

    /// What lies on the glass, by name, at most [`DOCUMENTS_MAX`]. Hidden files, folders, links and names that are no
    /// plain Unicode file names are left out.
    pub fn list(&self) -> Result<Vec<DocumentRow>, StorageError> {
        let entries = std::fs::read_dir(&self.glass).map_err(|error| StorageError::at(&self.glass, error))?;
        let mut rows: Vec<DocumentRow> = entries
            .take(ENTRIES_MAX)
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let name = entry.file_name().into_string().ok().filter(|name| is_plain_name(name))?;
                // Does not follow links.
                let metadata = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
                Some(DocumentRow { name, bytes: metadata.len() })
            })
            .collect();
        rows.sort_by(|a, b| a.name.cmp(&b.name));
        rows.truncate(DOCUMENTS_MAX);
        Ok(rows)
    }

    /// The files of a document, in their order.
    pub fn files(&self, source: &DocumentSource) -> Vec<DocumentFile> {
        match source {
            DocumentSource::Glass(names) => names.iter().map(|name| self.on_the_glass(name)).collect(),
            DocumentSource::Spool(job, sent) => {
                let path = self.spool.path(*job, sent);
                vec![DocumentFile { path, name: sent.name.clone(), may_be_link: false, is_named_well: true }]
            }
            DocumentSource::Files(paths) => paths.iter().map(|path| file_anywhere(path)).collect(),
        }
    }

    fn on_the_glass(&self, name: &str) -> DocumentFile {
        let path = self.glass.join(name);
        DocumentFile { path, name: name.to_owned(), may_be_link: false, is_named_well: is_plain_name(name) }
    }
}

/// A file of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentFile {
    path: PathBuf,
    /// Its name, which tells what kind of file it is.
    pub name: String,
    may_be_link: bool,
    is_named_well: bool,
}

fn file_anywhere(path: &Path) -> DocumentFile {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    DocumentFile { path: path.to_owned(), name, may_be_link: true, is_named_well: true }
}

impl DocumentFile {
    /// Its content, at most [`DOCUMENT_BYTES_MAX`].
    pub fn read(&self) -> Result<Vec<u8>, JobFault> {
        if !self.is_named_well {
            return Err(JobFault::DocumentUnreadable);
        }
        let look = if self.may_be_link { std::fs::metadata(&self.path) } else { std::fs::symlink_metadata(&self.path) };
        // A pipe or a device has no end that a job could wait for.
        if !look.map_err(|error| unreadable(&self.path, &error))?.is_file() {
            return Err(JobFault::DocumentUnreadable);
        }
        read_file(&self.path)
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, JobFault> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    file.take(DOCUMENT_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    if bytes.len() as u64 > DOCUMENT_BYTES_MAX { Err(JobFault::DocumentTooLarge) } else { Ok(bytes) }
}

fn unreadable(path: &Path, error: &std::io::Error) -> JobFault {
    tracing::warn!(path = %path.display(), %error, "a document cannot be read");
    JobFault::DocumentUnreadable
}

/// A name that stays in its folder on every system, is not hidden and can be shown.
pub(crate) fn is_plain_name(name: &str) -> bool {
    let length = (1..=200).contains(&name.len());
    length && !name.starts_with('.') && !name.contains(|c: char| c.is_control() || matches!(c, '/' | '\\' | ':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents() -> (tempfile::TempDir, Documents) {
        let temp = tempfile::tempdir().unwrap();
        let documents = Documents::new(&DataDir::open(temp.path()).unwrap());
        (temp, documents)
    }

    fn read(documents: &Documents, source: &DocumentSource) -> Result<Vec<u8>, JobFault> {
        documents.files(source)[0].read()
    }

    fn glass(name: &str) -> DocumentSource {
        DocumentSource::Glass(vec![name.to_owned()])
    }

    #[test]
    fn documents_are_listed_by_name_with_their_sizes() {
        let (temp, documents) = documents();
        std::fs::write(temp.path().join("glass/b.txt"), "12345").unwrap();
        std::fs::write(temp.path().join("glass/請求書.txt"), "1").unwrap();
        std::fs::write(temp.path().join("glass/a.txt"), "").unwrap();
        let rows = documents.list().unwrap();
        let rows: Vec<_> = rows.iter().map(|row| (row.name.as_str(), row.bytes)).collect();
        assert_eq!(rows, [("a.txt", 0), ("b.txt", 5), ("請求書.txt", 1)]);
        assert_eq!(read(&documents, &glass("b.txt")).unwrap(), b"12345");
    }

    #[cfg(unix)]
    #[test]
    fn hidden_files_folders_and_links_are_not_on_the_glass() {
        let (temp, documents) = documents();
        let on_glass = temp.path().join("glass");
        std::fs::write(on_glass.join(".hidden"), "x").unwrap();
        std::fs::create_dir(on_glass.join("folder")).unwrap();
        std::os::unix::fs::symlink(temp.path().join("vault"), on_glass.join("link.txt")).unwrap();
        assert_eq!(documents.list().unwrap(), []);
        for name in [".hidden", "folder", "link.txt"] {
            assert_eq!(read(&documents, &glass(name)), Err(JobFault::DocumentUnreadable), "{name}");
        }
    }

    #[test]
    fn no_name_leads_out_of_the_glass() {
        let (temp, documents) = documents();
        std::fs::write(temp.path().join("secret"), "x").unwrap();
        for name in ["../secret", "..", ".", "", "/etc/passwd", "a/../../secret", "a\\b", "C:x", "a\0b", "a\nb"] {
            assert_eq!(read(&documents, &glass(name)), Err(JobFault::DocumentUnreadable), "{name:?}");
        }
    }

    #[test]
    fn a_document_may_have_the_largest_size_and_no_byte_more() {
        let (temp, documents) = documents();
        let file = File::create(temp.path().join("glass/big")).unwrap();
        file.set_len(DOCUMENT_BYTES_MAX).unwrap();
        assert_eq!(read(&documents, &glass("big")).unwrap().len() as u64, DOCUMENT_BYTES_MAX);
        file.set_len(DOCUMENT_BYTES_MAX + 1).unwrap();
        assert_eq!(read(&documents, &glass("big")), Err(JobFault::DocumentTooLarge));
    }

    #[test]
    fn no_more_documents_are_shown_than_a_screen_can_use() {
        let (temp, documents) = documents();
        for n in 0..DOCUMENTS_MAX + 5 {
            std::fs::write(temp.path().join(format!("glass/{n:03}")), "").unwrap();
        }
        assert_eq!(documents.list().unwrap().len(), DOCUMENTS_MAX);
    }

    #[cfg(unix)]
    #[test]
    fn a_script_cannot_make_a_job_wait_for_a_device() {
        let (_temp, documents) = documents();
        for path in ["/dev/zero", "/", "/nowhere"] {
            let source = DocumentSource::Files(vec![path.into()]);
            assert_eq!(read(&documents, &source), Err(JobFault::DocumentUnreadable), "{path}");
        }
    }
}

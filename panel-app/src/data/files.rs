//! Files that only the device may read, and replacing one so that a power cut leaves the old or the new, never neither.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use super::StorageError;

/// Creates a folder, and those above it, that only this user may enter. One that exists is left as it is.
pub(crate) fn create_private_dir(path: &Path) -> Result<(), StorageError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| StorageError::at(path, error))
}

/// Opens a file for reading and writing, creating it so that only this user may read it.
pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Gives `path` this content: written beside it, synced, renamed over it, and the rename synced. `part` is the
/// temporary name, in the same folder; what an earlier attempt left there is overwritten.
pub(crate) fn replace_file(path: &Path, part: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = open_private(part)?;
    file.set_len(0)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| std::fs::rename(part, path));
    if let Err(error) = written {
        // What could not be finished only takes up room.
        let _ = std::fs::remove_file(part);
        return Err(error);
    }
    sync_parent(path)
}

/// Makes creations and renames in a folder durable.
pub(crate) fn sync_dir(path: &Path) -> Result<(), StorageError> {
    sync(path).map_err(|error| StorageError::at(path, error))
}

fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => sync(Path::new(".")),
        Some(parent) => sync(parent),
        None => Ok(()),
    }
}

#[cfg(unix)]
fn sync(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Other systems make renames durable by themselves, and cannot open a folder.
#[cfg(not(unix))]
fn sync(_dir: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_attempt_left_does_not_leak_into_the_file() {
        let temp = tempfile::tempdir().unwrap();
        let (path, part) = (temp.path().join("a"), temp.path().join("a.part"));
        std::fs::write(&part, "a longer text that was never finished").unwrap();
        replace_file(&path, &part, b"short").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"short");
        assert!(!part.exists());
    }

    #[test]
    fn a_file_that_cannot_be_replaced_leaves_nothing_behind() {
        let temp = tempfile::tempdir().unwrap();
        let (path, part) = (temp.path().join("folder"), temp.path().join("a.part"));
        std::fs::create_dir(&path).unwrap();
        assert!(replace_file(&path, &part, b"text").is_err());
        assert!(!part.exists());
    }
}

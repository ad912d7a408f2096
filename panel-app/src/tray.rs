//! Where results go: the tray, or a file that a script names.

use std::io;
use std::path::{Path, PathBuf};

use crate::core::{JobFault, JobResult, ResultPlace};
use crate::data::{DataDir, replace_file};
use crate::documents::is_plain_name;
use crate::spool::Spool;

/// Brings results to their places.
#[derive(Debug, Clone)]
pub struct Tray {
    dir: PathBuf,
    spool: Spool,
}

impl Tray {
    /// Of this data folder.
    pub fn new(dir: &DataDir) -> Self {
        Self { dir: dir.tray(), spool: Spool::new(dir) }
    }

    /// Brings the files of a result to their places, durably, replacing what is there; repeating it is harmless. After a
    /// power cut the old file or the whole new one is there. What was sent for the job is then among what is done.
    pub fn deliver(&self, result: &JobResult) -> Result<(), JobFault> {
        let part = format!(".kobai-{}.part", result.job.0);
        for file in &result.files {
            let path = match &file.place {
                ResultPlace::Tray(name) if !is_plain_name(name) => return Err(JobFault::TrayUnwritable),
                ResultPlace::Tray(name) => self.dir.join(name),
                ResultPlace::File(path) => path.clone(),
            };
            deliver(&path, &part, &file.bytes).map_err(|error| {
                tracing::error!(path = %path.display(), %error, "a result cannot be written");
                JobFault::TrayUnwritable
            })?;
        }
        if let Some(sent) = &result.sent {
            self.spool.finish(result.job, sent);
        }
        Ok(())
    }
}

fn deliver(path: &Path, part: &str, bytes: &[u8]) -> io::Result<()> {
    // A link stays; what it points to is replaced.
    let path = match path.canonicalize() {
        Ok(real) => real,
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(error),
    };
    // Renaming over a device would put a file in its place.
    if std::fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(io::Error::other("not a file"));
    }
    replace_file(&path, &path.with_file_name(part), bytes)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::core::{JobId, ResultFile};

    fn tray() -> (tempfile::TempDir, Tray) {
        let temp = tempfile::tempdir().unwrap();
        let tray = Tray::new(&DataDir::open(temp.path()).unwrap());
        (temp, tray)
    }

    fn result(place: ResultPlace, bytes: &[u8]) -> JobResult {
        let file = ResultFile { place, bytes: bytes.to_vec().into() };
        JobResult { job: JobId(Uuid::from_u128(1)), files: vec![file], sent: None }
    }

    #[test]
    fn a_result_is_delivered_as_often_as_one_likes() {
        let (temp, tray) = tray();
        for bytes in [b"first".as_slice(), b"second", b"second"] {
            tray.deliver(&result(ResultPlace::Tray("scan.txt".to_owned()), bytes)).unwrap();
            assert_eq!(std::fs::read(temp.path().join("tray/scan.txt")).unwrap(), bytes);
        }
        assert_eq!(std::fs::read_dir(temp.path().join("tray")).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_script_gets_its_result_where_it_wants_it() {
        let (temp, tray) = tray();
        let output = temp.path().join("out.txt");
        tray.deliver(&result(ResultPlace::File(output.clone()), b"text")).unwrap();
        assert_eq!(std::fs::read(output).unwrap(), b"text");
        let nowhere = temp.path().join("no/such/folder/out.txt");
        let fault = tray.deliver(&result(ResultPlace::File(nowhere), b"text"));
        assert_eq!(fault, Err(JobFault::TrayUnwritable));
    }

    #[test]
    fn no_name_leads_out_of_the_tray() {
        let (temp, tray) = tray();
        for name in ["../vault", "/tmp/x", "", ".", "..", ".hidden", "a/b"] {
            let fault = tray.deliver(&result(ResultPlace::Tray(name.to_owned()), b"x"));
            assert_eq!(fault, Err(JobFault::TrayUnwritable), "{name:?}");
        }
        assert_eq!(std::fs::read_dir(temp.path().join("tray")).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_and_a_folder_or_device_is_not_replaced() {
        let (temp, tray) = tray();
        let (target, link) = (temp.path().join("target"), temp.path().join("link"));
        std::fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        tray.deliver(&result(ResultPlace::File(link.clone()), b"new")).unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::read(&target).unwrap(), b"new");
        for path in [PathBuf::from("/dev/null"), temp.path().join("tray")] {
            let fault = tray.deliver(&result(ResultPlace::File(path), b"x"));
            assert_eq!(fault, Err(JobFault::TrayUnwritable));
        }
    }
}

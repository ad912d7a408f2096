//! The watched folders and the spool. A file that is complete becomes a job, lies in the spool under the job's id until the
//! job has ended, and then among those that are done or have failed. Each move is one rename, and repeating it is harmless.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use uuid::Uuid;

use crate::core::{Folder, JobFault, JobId, SentFile};
use crate::data::{DataDir, sync_dir};
use crate::documents::is_plain_name;

/// Names in a folder are looked at up to this number, however many there are.
const ENTRIES_MAX: usize = 10_000;
/// How many looks pass before a file that has found no room in the queue is told of again.
const TOLD_AGAIN_AFTER: u32 = 5;

/// The watched folders and the spool of a data folder.
#[derive(Debug, Clone)]
pub struct Spool {
    dir: DataDir,
}

impl Spool {
    /// Of this data folder.
    pub fn new(dir: &DataDir) -> Self {
        Self { dir: dir.clone() }
    }

    /// Where the file of a job lies until the job has ended.
    pub fn path(&self, job: JobId, sent: &SentFile) -> PathBuf {
        self.dir.spool().join(format!("{}-{}-{}", sent.folder.name(), job.0.simple(), sent.name))
    }

    /// Brings a file from a watched folder to the spool.
    pub fn take_in(&self, job: JobId, sent: &SentFile) -> Result<(), JobFault> {
        if !is_plain_name(&sent.name) {
            return Err(JobFault::DocumentUnreadable);
        }
        let (from, to) = (self.dir.watched(sent.folder).join(&sent.name), self.path(job, sent));
        if to.exists() {
            return Ok(());
        }
        self.rename(&from, &to).map_err(|error| {
            tracing::warn!(path = %from.display(), %error, "a file that was sent cannot be taken in");
            JobFault::DocumentUnreadable
        })
    }

    /// Puts the file of a job that is done among the others.
    pub fn finish(&self, job: JobId, sent: &SentFile) {
        self.put(&self.path(job, sent), sent.folder, "done", job, &sent.name);
    }

    /// Puts the file of a job that has come to nothing among the others.
    pub fn put_aside(&self, job: JobId, sent: &SentFile) {
        self.put(&self.path(job, sent), sent.folder, "failed", job, &sent.name);
    }

    /// Puts aside what belongs to none of these jobs: what a power cut has left between a job's end and its file's.
    pub fn sweep(&self, kept: &[JobId]) {
        let Ok(entries) = std::fs::read_dir(self.dir.spool()) else { return };
        for entry in entries.flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let Some((folder, job, name)) = parse(&name) else { continue };
            if !kept.contains(&job) {
                self.put(&entry.path(), folder, "failed", job, name);
            }
        }
    }

    fn put(&self, from: &Path, folder: Folder, among: &str, job: JobId, name: &str) {
        if !from.exists() {
            return;
        }
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        let (dot, id) = (if extension.is_empty() { "" } else { "." }, job.0.simple().to_string());
        let to = self.dir.watched(folder).join(among).join(format!("{stem}-{}{dot}{extension}", &id[..8]));
        if let Err(error) = self.rename(from, &to) {
            // The next start tries again.
            tracing::error!(path = %from.display(), %error, "the file of a job cannot be put away");
        }
    }

    /// A rename that lasts: first where the file comes to, so that it is never in neither place.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)?;
        for folder in [to.parent(), from.parent()].into_iter().flatten() {
            sync_dir(folder).map_err(|error| io::Error::other(error.to_string()))?;
        }
        Ok(())
    }

    /// What lies in the watched folders now: plain files with plain names that are not hidden and not called `.part` or
    /// `.tmp`.
    pub fn list(&self) -> Vec<Lying> {
        let mut lying = Vec::new();
        for folder in Folder::ALL {
            let Ok(entries) = std::fs::read_dir(self.dir.watched(folder)) else { continue };
            lying.extend(entries.take(ENTRIES_MAX).filter_map(|entry| {
                let entry = entry.ok()?;
                let name = entry.file_name().into_string().ok().filter(|name| is_plain_name(name))?;
                let unfinished = [".part", ".tmp", ".crdownload"].iter().any(|end| name.ends_with(end));
                // Does not follow links.
                let metadata = entry.metadata().ok().filter(|metadata| metadata.is_file() && !unfinished)?;
                Some(Lying { folder, name, bytes: metadata.len(), modified: metadata.modified().ok() })
            }));
        }
        lying.sort_by(|a, b| (a.folder, &a.name).cmp(&(b.folder, &b.name)));
        lying
    }
}

/// `queue-0123...-letter.txt`.
fn parse(name: &str) -> Option<(Folder, JobId, &str)> {
    let folder = Folder::ALL.into_iter().find(|folder| name.starts_with(&format!("{}-", folder.name())))?;
    let (job, name) = name.get(folder.name().len() + 1..)?.split_once('-')?;
    Some((folder, JobId(Uuid::try_parse(job).ok()?), name))
}

/// A file in a watched folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lying {
    /// Where.
    pub folder: Folder,
    /// Its name.
    pub name: String,
    /// Its length so far.
    pub bytes: u64,
    /// When it was last written.
    pub modified: Option<SystemTime>,
}

/// Finds out which files are complete: those that two looks in a row have found alike, and not empty.
#[derive(Debug, Default)]
pub struct Watch {
    seen: BTreeMap<(Folder, String), Seen>,
}

#[derive(Debug)]
struct Seen {
    bytes: u64,
    modified: Option<SystemTime>,
    /// How many looks ago the file was told of.
    told: Option<u32>,
}

impl Watch {
    /// The files to tell of, given what lies there now.
    pub fn look(&mut self, lying: Vec<Lying>) -> Vec<(Folder, String)> {
        let before = std::mem::take(&mut self.seen);
        let mut complete = Vec::new();
        for Lying { folder, name, bytes, modified } in lying {
            let key = (folder, name);
            let same = before.get(&key).filter(|seen| seen.bytes == bytes && seen.modified == modified && bytes > 0);
            let told = match same.map(|seen| seen.told) {
                None => None,
                Some(Some(looks)) if looks < TOLD_AGAIN_AFTER => Some(looks + 1),
                Some(_) => {
                    complete.push(key.clone());
                    Some(0)
                }
            };
            self.seen.insert(key, Seen { bytes, modified, told });
        }
        complete
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: JobId = JobId(Uuid::from_u128(0x1a2b_3c4d_0000_0000_0000_0000_0000_0001));

    fn spool() -> (tempfile::TempDir, Spool) {
        let temp = tempfile::tempdir().unwrap();
        let spool = Spool::new(&DataDir::open(temp.path()).unwrap());
        (temp, spool)
    }

    fn sent(name: &str) -> SentFile {
        SentFile { folder: Folder::Queue, name: name.to_owned() }
    }

    fn lying(name: &str, bytes: u64, second: u64) -> Lying {
        let modified = Some(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(second));
        Lying { folder: Folder::Queue, name: name.to_owned(), bytes, modified }
    }

    #[test]
    fn a_file_is_complete_when_it_grows_no_more() {
        let mut watch = Watch::default();
        assert_eq!(watch.look(vec![lying("a", 1, 1)]), []);
        assert_eq!(watch.look(vec![lying("a", 2, 1)]), [], "longer");
        assert_eq!(watch.look(vec![lying("a", 2, 2)]), [], "written again");
        assert_eq!(watch.look(vec![lying("a", 2, 2)]), [(Folder::Queue, "a".to_owned())]);
        for _ in 0..TOLD_AGAIN_AFTER {
            assert_eq!(watch.look(vec![lying("a", 2, 2)]), [], "it was told");
        }
        assert_eq!(watch.look(vec![lying("a", 2, 2)]).len(), 1, "it still lies there");
        assert_eq!(watch.look(vec![]), []);
        assert_eq!(watch.look(vec![lying("a", 2, 2)]), [], "another one of the same name");
        assert_eq!(Watch::default().look(vec![lying("empty", 0, 1)]), []);
    }

    #[test]
    fn hidden_and_unfinished_files_and_folders_are_no_jobs() {
        let (temp, spool) = spool();
        for name in [".hidden", "a.part", "b.tmp", "letter.txt"] {
            std::fs::write(temp.path().join("queue").join(name), "x").unwrap();
        }
        std::fs::write(temp.path().join("fax-in/fax.tif"), "x").unwrap();
        let names: Vec<String> = spool.list().into_iter().map(|file| file.name).collect();
        assert_eq!(names, ["letter.txt", "fax.tif"]);
    }

    #[test]
    fn a_file_goes_from_the_queue_through_the_spool_to_those_that_are_done_however_often_it_is_moved() {
        let (temp, spool) = spool();
        std::fs::write(temp.path().join("queue/letter.txt"), "one").unwrap();
        spool.take_in(JOB, &sent("letter.txt")).unwrap();
        // Meanwhile another one of the same name comes; it is not this job's.
        std::fs::write(temp.path().join("queue/letter.txt"), "two").unwrap();
        spool.take_in(JOB, &sent("letter.txt")).unwrap();
        assert_eq!(std::fs::read(spool.path(JOB, &sent("letter.txt"))).unwrap(), b"one");
        for _ in 0..2 {
            spool.finish(JOB, &sent("letter.txt"));
            assert_eq!(std::fs::read(temp.path().join("queue/done/letter-1a2b3c4d.txt")).unwrap(), b"one");
        }
        assert_eq!(std::fs::read(temp.path().join("queue/letter.txt")).unwrap(), b"two");
    }

    #[test]
    fn a_file_that_has_gone_is_no_job() {
        let (_temp, spool) = spool();
        assert_eq!(spool.take_in(JOB, &sent("letter.txt")), Err(JobFault::DocumentUnreadable));
        assert_eq!(spool.take_in(JOB, &sent("../vault")), Err(JobFault::DocumentUnreadable));
    }

    #[test]
    fn what_a_power_cut_has_left_in_the_spool_is_put_aside() {
        let (temp, spool) = spool();
        let other = JobId(Uuid::from_u128(7));
        for (job, name) in [(JOB, "kept.txt"), (other, "left")] {
            std::fs::write(temp.path().join("queue").join(name), name).unwrap();
            spool.take_in(job, &sent(name)).unwrap();
        }
        spool.sweep(&[JOB]);
        assert!(spool.path(JOB, &sent("kept.txt")).exists());
        assert!(temp.path().join("queue/failed/left-00000000").exists());
    }
}

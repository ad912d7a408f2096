//! Jobs: a document and the unsealed content of an option become a result, in memory. Nothing here costs a use; the core
//! grants use and result together, or neither.

mod content;
mod font;
mod rules;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

use protocol::package::OptionKind;

use crate::cancel::Cancel;
use crate::core::{Input, JobFault, JobKind, JobOption, JobOutput, JobRun, MadeFile, WorkProgress};
use crate::documents::Documents;
use crate::program::Setting;
use crate::store::ChunkStore;
use crate::vault::KeyVault;

/// Largest result, in bytes, and the most that a text may grow to on the way.
pub const RESULT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Why a job has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    Cancelled,
    Fault(JobFault),
}

impl From<JobFault> for Stop {
    fn from(fault: JobFault) -> Self {
        Self::Fault(fault)
    }
}

/// What jobs work with.
#[derive(Debug, Clone)]
pub struct JobTools {
    /// Where documents are.
    pub documents: Documents,
    /// Where packages are.
    pub chunks: ChunkStore,
    /// Where their keys are.
    pub vault: Arc<dyn KeyVault>,
}

impl JobTools {
    /// Does a job's work on this thread. `None` if it was cancelled.
    pub fn run(&self, run: &JobRun, cancel: &Cancel, tell: &dyn Fn(Input)) -> Option<Result<JobOutput, JobFault>> {
        // A face or a program that this release cannot cope with must not take the panel down.
        let worked = catch_unwind(AssertUnwindSafe(|| self.work(run, cancel, tell)));
        match worked.unwrap_or(Err(Stop::Fault(JobFault::OptionDamaged))) {
            _ if cancel.is_stopped() => None,
            Ok(result) => Some(Ok(result)),
            Err(Stop::Cancelled) => None,
            Err(Stop::Fault(fault)) => Some(Err(fault)),
        }
    }

    /// What a program can be told. The first rule programs can be told nothing.
    pub fn describe(&self, _option: &JobOption) -> Result<Vec<Setting>, JobFault> {
        Ok(Vec::new())
    }

    fn work(&self, run: &JobRun, cancel: &Cancel, tell: &dyn Fn(Input)) -> Result<JobOutput, Stop> {
        let files = self.documents.files(&run.source);
        let mut document = files.first().ok_or(JobFault::DocumentUnreadable)?.read()?;
        tell(Input::JobRead(run.job, 1));
        let (stem, mut extension) = run.document.rsplit_once('.').unwrap_or((&run.document, "bin"));
        let text = |document: Vec<u8>| String::from_utf8(document).map_err(|_| JobFault::DocumentUnsuitable);
        for (at, program) in (0..).zip(&run.programs) {
            tell(Input::JobProgress(run.job, WorkProgress { page: 1, pages: 1, program: Some(at) }));
            let content = content::unseal(&program.option, &self.chunks, self.vault.as_ref(), cancel)?;
            document = rules::Program::parse(&content)?.run(text(document)?, cancel)?.into_bytes();
        }
        if let Some(font) = run.fonts.first().filter(|_| run.kind == JobKind::Print || run.programs.is_empty()) {
            let content = content::unseal(font, &self.chunks, self.vault.as_ref(), cancel)?;
            (document, extension) = (font::print(&content, &text(document)?, cancel)?, "png");
        }
        let (stem, extension) = (stem.to_owned(), extension.to_owned());
        Ok(JobOutput { files: vec![MadeFile { stem, extension, bytes: document.into() }] })
    }
}

/// A job on its own thread. Dropping it cancels the job.
#[derive(Debug)]
pub struct Job {
    cancel: Cancel,
    thread: Option<JoinHandle<()>>,
}

impl Job {
    /// Starts it. `tell` is called on the job's thread: with news of the work, and at last with its end, unless the job is
    /// cancelled. Errors if there is no thread to be had.
    pub fn start(tools: JobTools, run: JobRun, tell: impl Fn(Input) + Send + 'static) -> std::io::Result<Self> {
        let cancel = Cancel::new();
        let stopped = cancel.clone();
        let thread = std::thread::Builder::new().name("job".to_owned()).spawn(move || {
            if let Some(end) = tools.run(&run, &stopped, &tell) {
                tell(Input::JobDone(run.job, end));
            }
        })?;
        Ok(Self { cancel, thread: Some(thread) })
    }

    /// Stops it at its next step, without waiting.
    pub fn stop(&self) {
        self.cancel.stop();
    }

    /// Waits until its thread has ended.
    pub fn join(mut self) {
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by the panic hook.
            let _ = thread.join();
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.cancel.stop();
    }
}

/// Applies an option's content to a text as a job would, but with no licence, store or thread, and without keeping a panic
/// from the caller: for trying content.
pub fn try_content(kind: OptionKind, content: &[u8], text: &str) -> Result<Vec<u8>, JobFault> {
    let cancel = Cancel::new();
    let worked = match kind {
        OptionKind::Program => rules::Program::parse(content)
            .map_err(Stop::from)
            .and_then(|program| program.run(text.to_owned(), &cancel))
            .map(String::into_bytes),
        OptionKind::FontPack => font::print(content, text, &cancel),
    };
    worked.map_err(|stop| match stop {
        Stop::Fault(fault) => fault,
        Stop::Cancelled => JobFault::OptionDamaged,
    })
}

/// Between steps: go on?
fn go_on(cancel: &Cancel) -> Result<(), Stop> {
    if cancel.is_stopped() { Err(Stop::Cancelled) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use protocol::LicenceId;
    use uuid::Uuid;

    use super::*;
    use crate::core::{DocumentSource, JobId, JobOption, JobProgram, OutputFormat};
    use crate::data::Device;
    use crate::link::test_vendor::TestPackage;

    const LICENCE: LicenceId = LicenceId(Uuid::from_u128(1));

    struct World {
        _temp: tempfile::TempDir,
        device: Device,
        tools: JobTools,
        package: TestPackage,
    }

    /// A device on which an option is installed and `letter.txt` lies on the glass.
    fn world(kind: OptionKind, content: &[u8], document: &[u8]) -> World {
        let temp = tempfile::tempdir().unwrap();
        let (device, _) = Device::open(temp.path()).unwrap();
        let package = TestPackage::new(kind, content);
        let chunks: Vec<_> = (0..).zip(package.chunks.iter().cloned()).collect();
        device.store.chunks().insert(package.manifest.digest(), &chunks, || true).unwrap();
        device.vault.keep(LICENCE, &package.key).unwrap();
        std::fs::write(temp.path().join("glass/letter.txt"), document).unwrap();
        let tools = JobTools {
            documents: Documents::new(&device.dir),
            chunks: device.store.chunks(),
            vault: device.vault.clone(),
        };
        World { _temp: temp, device, tools, package }
    }

    impl World {
        fn order(&self) -> JobRun {
            let manifest = self.package.manifest.clone();
            let option = JobOption { licence: LICENCE, manifest };
            let (mut programs, mut fonts) = (Vec::new(), Vec::new());
            match option.manifest.kind() {
                OptionKind::Program => programs.push(JobProgram { option, settings: Vec::new() }),
                OptionKind::FontPack => fonts.push(option),
            }
            JobRun {
                job: JobId(Uuid::from_u128(2)),
                kind: JobKind::Scan,
                source: DocumentSource::Glass(vec!["letter.txt".to_owned()]),
                document: "letter.txt".to_owned(),
                programs,
                fonts,
                face: None,
                split: false,
                format: OutputFormat::Pdf,
                without: Vec::new(),
                started: protocol::Timestamp::from_ms(0),
                device: None,
            }
        }

        fn run(&self) -> Result<Vec<u8>, JobFault> {
            Self::bytes(self.tools.run(&self.order(), &Cancel::new(), &|_| ()).unwrap())
        }

        fn bytes(end: Result<JobOutput, JobFault>) -> Result<Vec<u8>, JobFault> {
            end.map(|made| made.files[0].bytes.to_vec())
        }
    }

    const PROGRAM: &[u8] = b"format = \"kobai-rules/1\"\nname = \"t\"\n[[map]]\nfrom = \"a\"\nto = \"b\"\n";

    #[test]
    fn a_program_works_on_a_document() {
        assert_eq!(world(OptionKind::Program, PROGRAM, b"banana").run().unwrap(), b"bbnbnb");
    }

    #[test]
    fn without_an_option_a_document_stays_as_it_is() {
        let world = world(OptionKind::Program, PROGRAM, &[0xFF, 0xFE, 0]);
        let order = JobRun { programs: Vec::new(), ..world.order() };
        let made = world.tools.run(&order, &Cancel::new(), &|_| ()).unwrap();
        assert_eq!(World::bytes(made).unwrap(), [0xFF, 0xFE, 0]);
        assert_eq!(world.run(), Err(JobFault::DocumentUnsuitable), "an option works on text");
    }

    #[test]
    fn no_key_no_use() {
        let world = world(OptionKind::Program, PROGRAM, b"banana");
        world.device.vault.destroy(LICENCE).unwrap();
        assert_eq!(world.run(), Err(JobFault::NotInstalled));
    }

    #[test]
    fn a_package_that_is_damaged_or_gone_is_not_run() {
        let world = world(OptionKind::Program, PROGRAM, b"banana");
        let digest = world.package.manifest.digest();
        let mut chunk = world.package.chunks[0].clone();
        chunk[3] ^= 1;
        world.tools.chunks.insert(digest, &[(0, chunk)], || true).unwrap();
        assert_eq!(world.run(), Err(JobFault::OptionDamaged));
        world.tools.chunks.drop_package(digest).unwrap();
        assert_eq!(world.run(), Err(JobFault::OptionDamaged));
    }

    #[test]
    fn content_that_is_no_program_and_no_face_is_damaged() {
        for kind in [OptionKind::Program, OptionKind::FontPack] {
            for content in
                [b"x".as_slice(), &[0; 5_000], b"\0\x01\0\0\0\x01cmap\0\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"]
            {
                assert_eq!(world(kind, content, b"text").run(), Err(JobFault::OptionDamaged));
            }
        }
    }

    #[test]
    fn content_of_several_chunks_is_unsealed_as_one() {
        let content: Vec<u8> = (0..=250).cycle().take(2 * protocol::package::CHUNK_CONTENT_MAX + 7).collect();
        let world = world(OptionKind::Program, &content, b"");
        let option = world.order().programs.remove(0).option;
        let unseal =
            |cancel: &Cancel| content::unseal(&option, &world.tools.chunks, world.device.vault.as_ref(), cancel);
        assert!(*unseal(&Cancel::new()).unwrap() == content);
        let cancel = Cancel::new();
        cancel.stop();
        assert_eq!(unseal(&cancel).err(), Some(Stop::Cancelled));
    }

    #[test]
    fn a_job_on_its_own_thread_reports_once_and_a_cancelled_one_never() {
        let world = world(OptionKind::Program, PROGRAM, b"banana");
        let (send, receive) = mpsc::channel();
        let again = send.clone();
        let job = Job::start(world.tools.clone(), world.order(), move |input| send.send(input).unwrap()).unwrap();
        let end = receive.iter().find_map(|input| match input {
            Input::JobDone(_, end) => Some(end),
            _ => None,
        });
        assert_eq!(World::bytes(end.unwrap()).unwrap(), b"bbnbnb");
        drop(job);

        let cancel = Cancel::new();
        cancel.stop();
        assert!(world.tools.run(&world.order(), &cancel, &|_| ()).is_none());
        drop(again);
        assert!(receive.recv().is_err());
    }
}

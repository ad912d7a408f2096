//! Jobs: documents become pages, the programs of options work on them, and what is left becomes documents again, one page in
//! memory at a time. Nothing here costs a use; the core grants uses and results together, or neither.

mod content;
mod output;
mod programs;
mod rules;
mod source;

#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

use protocol::package::Feature;

use crate::cancel::Cancel;
use crate::core::{DocumentSource, Folder, Input, JobFault, JobKind, JobOption, JobOutput, JobRun, WorkProgress};
use crate::documents::Documents;
use crate::formatter::{Faces, FontPack};
use crate::page::Page;
use crate::page::fax::FaxPage;
use crate::program::{Fate, Lettering, Place, ProgramFault, Setting, Unsuitable};
use crate::store::ChunkStore;
use crate::vault::KeyVault;
use output::Output;
pub use programs::{Content, PageProgram, Programs, Sandbox};
use source::Source;

/// Why a job has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// Somebody has said stop.
    Cancelled,
    /// The document has shown to need this.
    Needs(Vec<Feature>),
    /// It cannot be done.
    Fault(JobFault),
}

impl From<JobFault> for Stop {
    fn from(fault: JobFault) -> Self {
        Self::Fault(fault)
    }
}

impl From<ProgramFault> for Stop {
    fn from(fault: ProgramFault) -> Self {
        let job_fault = match &fault {
            ProgramFault::Cancelled => return Self::Cancelled,
            ProgramFault::Trap(_) | ProgramFault::Answer(_) | ProgramFault::Failed(_) => JobFault::ProgramFailed,
            ProgramFault::OutOfFuel | ProgramFault::OutOfMemory | ProgramFault::TimedOut => JobFault::ProgramTooGreedy,
            ProgramFault::Unsuitable(Unsuitable::Page, _) => JobFault::DocumentUnsuitable,
            ProgramFault::Unsuitable(Unsuitable::Setting, _) => JobFault::SettingUnsuitable,
            ProgramFault::Invalid(_) => JobFault::OptionDamaged,
        };
        tracing::warn!(%fault, code = fault.code(), "an option's program has no answer");
        Self::Fault(job_fault)
    }
}

/// What jobs work with.
#[derive(Clone)]
pub struct JobTools {
    /// Where documents are.
    pub documents: Documents,
    /// Where packages are.
    pub chunks: ChunkStore,
    /// Where their keys are.
    pub vault: Arc<dyn KeyVault>,
    /// Where programs run.
    pub programs: Arc<dyn Programs>,
}

impl JobTools {
    /// Does a job's work on this thread and tells of it, at last of its end, unless it is cancelled.
    pub fn run(&self, run: &JobRun, cancel: &Cancel, tell: &dyn Fn(Input)) {
        // A document or a face that this release cannot cope with must not take the panel down.
        let worked = catch_unwind(AssertUnwindSafe(|| self.work(run, cancel, tell)));
        match worked.unwrap_or(Err(Stop::Fault(JobFault::DocumentUnreadable))) {
            _ if cancel.is_stopped() => {}
            Ok(output) => tell(Input::JobDone(run.job, Ok(output))),
            Err(Stop::Cancelled) => {}
            Err(Stop::Needs(needs)) => tell(Input::JobNeeds(run.job, needs)),
            Err(Stop::Fault(fault)) => tell(Input::JobDone(run.job, Err(fault))),
        }
    }

    /// What an installed program can be told.
    pub fn describe(&self, option: &JobOption) -> Result<Vec<Setting>, JobFault> {
        let described = self.program(option, &Cancel::new()).and_then(|program| Ok(program.describe()?));
        described.map_err(|stop| match stop {
            Stop::Fault(fault) => fault,
            Stop::Cancelled | Stop::Needs(_) => JobFault::OptionDamaged,
        })
    }

    fn work(&self, run: &JobRun, cancel: &Cancel, tell: &dyn Fn(Input)) -> Result<JobOutput, Stop> {
        if let Some(output) = self.apply_rules(run, cancel, tell)? {
            return Ok(output);
        }
        let faces = self.faces(run, cancel)?;
        let source = Source::open(run, &self.documents.files(&run.source), &faces, cancel)?;
        source.check_needs(run, cancel)?;
        let pages = source.page_count();
        tell(Input::JobRead(run.job, pages));
        let mut chain = Vec::new();
        for program in &run.programs {
            let opened = self.program(&program.option, cancel)?;
            let settings = programs::settings(&opened.describe()?, &program.settings)?;
            chain.push((opened, settings));
        }
        let lettering: Arc<dyn Lettering> = Arc::new(faces);
        let mut output = Output::new(run);
        for index in 0..pages {
            let page = source.page(index, cancel)?;
            let place = place(run, index + 1, pages);
            self.page(run, page, &chain, &place, &lettering, &mut output, cancel, tell)?;
        }
        output.finish()
    }

    /// Rule programs, which were sold before there were components: they work on a text as a whole.
    fn apply_rules(&self, run: &JobRun, cancel: &Cancel, tell: &dyn Fn(Input)) -> Result<Option<JobOutput>, Stop> {
        let mut rules = Vec::new();
        for program in &run.programs {
            let key = self.vault.get(program.option.licence).ok().flatten().ok_or(JobFault::NotInstalled)?;
            let content = content::unseal(&program.option, &self.chunks, &key, cancel)?;
            match rules::Program::parse(&content) {
                Ok(program) => rules.push(program),
                Err(_) => return Ok(None),
            }
        }
        let file = self.documents.files(&run.source).into_iter().next().filter(|_| !rules.is_empty());
        let Some(file) = file else { return Ok(None) };
        let mut text = String::from_utf8(file.read()?).map_err(|_| JobFault::DocumentUnsuitable)?;
        tell(Input::JobRead(run.job, 1));
        for (at, program) in (0..).zip(&rules) {
            tell(Input::JobProgress(run.job, WorkProgress { page: 1, pages: 1, program: Some(at) }));
            text = program.run(text, cancel)?;
        }
        let (stem, extension) = run.document.rsplit_once('.').unwrap_or((&run.document, "txt"));
        let (stem, extension) = (stem.to_owned(), extension.to_owned());
        Ok(Some(JobOutput { files: vec![crate::core::MadeFile { stem, extension, bytes: text.into() }] }))
    }

    /// One page through the whole chain.
    #[allow(clippy::too_many_arguments)]
    fn page(
        &self,
        run: &JobRun,
        mut page: Page,
        chain: &[(Arc<dyn PageProgram>, Vec<crate::program::Chosen>)],
        place: &Place,
        lettering: &Arc<dyn Lettering>,
        output: &mut Output,
        cancel: &Cancel,
        tell: &dyn Fn(Input),
    ) -> Result<(), Stop> {
        if chain.is_empty() {
            tell(Input::JobProgress(run.job, WorkProgress { page: place.number, pages: place.pages, program: None }));
        }
        let mut findings = Vec::new();
        for (at, (program, settings)) in (0..).zip(chain) {
            go_on(cancel)?;
            let progress = WorkProgress { page: place.number, pages: place.pages, program: Some(at) };
            tell(Input::JobProgress(run.job, progress));
            let outcome = program.process(&page, settings, place, lettering.clone(), cancel)?;
            findings.extend(outcome.findings);
            if let Some(name) = outcome.begins {
                output.begin(name);
            }
            match outcome.fate {
                Fate::Keep => {}
                Fate::Replace(other) => page = other,
                Fate::Omit => {
                    output.omit(findings);
                    return Ok(());
                }
            }
        }
        go_on(cancel)?;
        let is_reception = matches!(&run.source, DocumentSource::Spool(_, sent) if sent.folder == Folder::FaxIn);
        if run.kind == JobKind::Fax && !is_reception {
            // What the line carries is black and white.
            let fax = FaxPage::new(&page).and_then(|fax| fax.to_page());
            page = fax.map_err(|_| JobFault::DocumentUnsuitable)?;
        }
        output.add(&page, findings)
    }

    fn program(&self, option: &JobOption, cancel: &Cancel) -> Result<Arc<dyn PageProgram>, Stop> {
        let limits = option.manifest.content.limits().ok_or(JobFault::OptionDamaged)?;
        let key = self.vault.get(option.licence).map_err(|error| {
            tracing::error!(%error, "the vault cannot be read");
            JobFault::OptionDamaged
        })?;
        let key = key.ok_or(JobFault::NotInstalled)?;
        let content = || content::unseal(option, &self.chunks, &key, cancel);
        self.programs.open(option, &key, limits, &content)
    }

    /// The machine's own faces and those of the font packs that the job may use.
    fn faces(&self, run: &JobRun, cancel: &Cancel) -> Result<Faces, Stop> {
        let mut packs = Vec::new();
        for font in &run.fonts {
            let key = self.vault.get(font.licence).ok().flatten().ok_or(JobFault::NotInstalled)?;
            let content = content::unseal(font, &self.chunks, &key, cancel)?;
            packs.push(FontPack::open(content).map_err(|fault| {
                tracing::error!(option = %font.manifest.option, %fault, "a font pack cannot be used");
                Stop::Fault(JobFault::OptionDamaged)
            })?);
        }
        Ok(Faces::with(&packs))
    }
}

impl std::fmt::Debug for JobTools {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JobTools")
    }
}

fn place(run: &JobRun, number: u32, pages: u32) -> Place {
    let started = i64::try_from(run.started.as_ms()).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    let zone = jiff::tz::TimeZone::system();
    let started =
        started.map(|at| at.to_zoned_datetime(zone).strftime("%Y-%m-%d %H:%M").to_string()).unwrap_or_default();
    let device = run.device.as_ref().map(|serial| serial.as_str().to_owned()).unwrap_or_default();
    Place { kind: run.kind, number, pages, started, device }
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
            tools.run(&run, &stopped, &tell);
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

/// Largest text that rules may make, in bytes.
pub(crate) const RESULT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Applies a rule program to a text as a job would, but with no licence, store or thread, and without keeping a panic from
/// the caller: for trying content.
pub fn try_rules(content: &[u8], text: &str) -> Result<String, JobFault> {
    let tried = rules::Program::parse(content).map_err(Stop::from);
    tried.and_then(|program| program.run(text.to_owned(), &Cancel::new())).map_err(|stop| match stop {
        Stop::Fault(fault) => fault,
        Stop::Cancelled | Stop::Needs(_) => JobFault::OptionDamaged,
    })
}

/// Between steps: go on?
fn go_on(cancel: &Cancel) -> Result<(), Stop> {
    if cancel.is_stopped() { Err(Stop::Cancelled) } else { Ok(()) }
}

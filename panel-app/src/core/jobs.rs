//! Jobs: a document, perhaps an option, a result. The result and the use that it cost become durable together.

use std::path::PathBuf;

use protocol::{LicenceId, OptionId};

use super::command::JobOrder;
use super::effect::{DocumentSource, Effect, JobOption, JobOutput, JobRun, Moment};
use super::outcome::Outcome;
use super::present::Page;
use super::purchase::job_uuid;
use super::record::{Change, JobId, JobResult, ResultPlace};
use super::view::{DocumentRow, Failure, JobFault, JobKind, JobState};
use super::{Core, LicenceNote};

/// How soon a result that is in its place is forgotten, if no further job comes first.
const FORGET_AFTER_MS: u64 = 1_000;

/// The image path of the machine: one job at a time.
#[derive(Debug, Clone)]
pub(super) struct Machine {
    pub(super) kind: JobKind,
    pub(super) documents: Vec<DocumentRow>,
    pub(super) state: JobState,
    running: Option<Running>,
    /// Results that are in their places, to be forgotten: along with the next job's transaction if it comes soon, so
    /// that a use costs one transaction, and soon in any case, so that no restart brings them there again.
    delivered: Vec<JobId>,
    /// When they are forgotten at the latest, as uptime in milliseconds.
    pub(super) forget_at_ms: Option<u64>,
}

#[derive(Debug, Clone)]
struct Running {
    job: JobId,
    licence: Option<LicenceId>,
    document: String,
    /// Where the result belongs, if not in the tray.
    file: Option<PathBuf>,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            kind: JobKind::Copy,
            documents: Vec::new(),
            state: JobState::Idle,
            running: None,
            delivered: Vec::new(),
            forget_at_ms: None,
        }
    }
}

impl Machine {
    /// Whether a job runs.
    pub(super) const fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Whether the running job uses this licence.
    pub(super) fn uses(&self, licence: LicenceId) -> bool {
        self.running.as_ref().is_some_and(|r| r.licence == Some(licence))
    }
}

impl Core {
    pub(super) fn open_machine(&mut self, kind: JobKind) {
        if self.machine.running.is_none() {
            self.machine.kind = kind;
            self.machine.state = JobState::Idle;
        }
    }

    /// Start on a job screen. A job whose option is not installed opens the Offer screen by itself.
    pub(super) fn run(&mut self, job: JobOrder, moment: Moment, out: &mut Outcome) {
        if self.purchase.is_some() || self.machine.running.is_some() {
            return;
        }
        self.open_machine(job.kind);
        if let Some(option) = &job.option
            && self.usable_licence(option).is_none()
        {
            if self.has_locked(option) {
                self.page = Page::Job;
                self.machine.state = JobState::Failed(Failure::Job(JobFault::Locked));
                return;
            }
            let option = option.clone();
            self.open_offer(&option, Some(job), out);
            return;
        }
        self.page = Page::Job;
        let source = DocumentSource::Glass(job.document.clone());
        self.start_job(source, job.document, None, job.option.as_ref(), moment, out);
    }

    /// A job from a script, on any file.
    pub(super) fn run_file(
        &mut self,
        input: PathBuf,
        output: PathBuf,
        option: &OptionId,
        moment: Moment,
        out: &mut Outcome,
    ) {
        if self.purchase.is_some() || self.machine.running.is_some() {
            return;
        }
        self.page = Page::Job;
        if self.usable_licence(option).is_none() {
            let fault = if self.has_locked(option) { JobFault::Locked } else { JobFault::NotInstalled };
            self.machine.state = JobState::Failed(Failure::Job(fault));
            return;
        }
        let document = input.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        self.start_job(DocumentSource::File(input), document, Some(output), Some(option), moment, out);
    }

    fn start_job(
        &mut self,
        source: DocumentSource,
        document: String,
        file: Option<PathBuf>,
        option: Option<&OptionId>,
        moment: Moment,
        out: &mut Outcome,
    ) {
        let job = JobId(job_uuid(moment));
        let licence = option.and_then(|option| self.usable_licence(option));
        let option = licence.map(|l| JobOption { licence: l.id, kind: l.option.kind, manifest: l.manifest.clone() });
        let licence = option.as_ref().map(|o| o.licence);
        self.machine.state = JobState::Running { document: document.clone() };
        self.machine.running = Some(Running { job, licence, document, file });
        out.then(Effect::RunJob(JobRun { job, document: source, option }));
    }

    pub(super) fn job_done(&mut self, job: JobId, outcome: Result<JobOutput, JobFault>, out: &mut Outcome) {
        let Some(running) = self.machine.running.take_if(|r| r.job == job) else { return };
        match outcome {
            Ok(made) => {
                let left = running.licence.and_then(|id| {
                    self.spend_use(id, out);
                    self.licence_note(id)
                });
                let (output, place) = match running.file {
                    Some(path) => (path.display().to_string(), ResultPlace::File(path)),
                    None => {
                        let name = tray_name(job, self.machine.kind, &running.document, made.extension);
                        (name.clone(), ResultPlace::Tray(name))
                    }
                };
                let result = JobResult { job, place, bytes: made.bytes };
                self.forget_delivered(out);
                out.change(Change::JobResult(result.clone()));
                out.then(Effect::Deliver(result));
                self.machine.state = JobState::Finished { output, left };
            }
            Err(fault) => self.machine.state = JobState::Failed(Failure::Job(fault)),
        }
        // What ended while the job ran ends now.
        if let Some(licence) = running.licence {
            self.erase_if_idle(licence, out);
        }
    }

    /// The result could not be written, so the use was not spent and the job has not been done.
    pub(super) fn job_not_written(&mut self, job: JobId) {
        if self.machine.running.take_if(|running| running.job == job).is_some() {
            self.machine.state = JobState::Failed(Failure::Job(JobFault::TrayUnwritable));
        }
    }

    /// The job has not begun.
    pub(super) fn new_job_not_written(&mut self) {
        if self.purchase.is_none() && self.machine.running.is_none() {
            self.page = Page::Job;
            self.machine.state = JobState::Failed(Failure::Job(JobFault::TrayUnwritable));
        }
    }

    pub(super) fn delivered(&mut self, job: JobId, outcome: Result<(), JobFault>) {
        match outcome {
            Ok(()) => {
                self.machine.delivered.push(job);
                self.machine.forget_at_ms.get_or_insert(self.clock.uptime_ms() + FORGET_AFTER_MS);
            }
            // It stays durable and is brought to its place at the next start.
            Err(_) => self.machine.state = JobState::Failed(Failure::Job(JobFault::ResultWaiting)),
        }
    }

    pub(super) fn deliver_again(&mut self, results: Vec<JobResult>, out: &mut Outcome) {
        for result in results {
            out.then(Effect::Deliver(result));
        }
    }

    pub(super) fn forget_delivered(&mut self, out: &mut Outcome) {
        self.machine.forget_at_ms = None;
        for delivered in self.machine.delivered.drain(..) {
            out.change(Change::ForgetJobResult(delivered));
        }
    }

    pub(super) fn cancel_job(&mut self, out: &mut Outcome) {
        if let Some(running) = self.machine.running.take() {
            out.then(Effect::StopJob(running.job));
            self.machine.state = JobState::Idle;
            if let Some(licence) = running.licence {
                self.erase_if_idle(licence, out);
            }
        }
    }

    pub(super) fn dismiss_job(&mut self, out: &mut Outcome) {
        if self.machine.running.is_none() {
            self.machine.state = JobState::Idle;
            out.then(Effect::ListDocuments);
        }
    }

    fn licence_note(&self, id: LicenceId) -> Option<LicenceNote> {
        self.left_with(id)
    }
}

/// `scan-letter-1a2b3c4d.txt`: the function, the document, and enough of the job's id to tell results apart.
fn tray_name(job: JobId, kind: JobKind, document: &str, made: Option<&str>) -> String {
    let kind = match kind {
        JobKind::Copy => "copy",
        JobKind::Print => "print",
        JobKind::Scan => "scan",
        JobKind::Fax => "fax",
    };
    let (stem, extension) = document.rsplit_once('.').unwrap_or((document, "bin"));
    let id = job.0.simple().to_string();
    format!("{kind}-{stem}-{}.{}", &id[..8], made.unwrap_or(extension))
}

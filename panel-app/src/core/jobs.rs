//! Jobs: documents, perhaps options, results. A job's results and the uses that they cost become durable together.
//!
//! A job that the user has started, or that was sent to a watched folder, is durable before it begins; one that is cut off
//! before its results are durable begins again. What a job is in the middle of is in no record: it follows from the rest.

mod needs;
mod queue;
mod show;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use protocol::package::{Feature, OptionKind};
use protocol::{Digest, LicenceId, Timestamp};

use super::effect::{DocumentSource, Effect, JobOption, JobOutput, MadeFile, Moment, WorkProgress};
use super::outcome::Outcome;
use super::present::Page;
use super::purchase::job_uuid;
use super::record::{Change, JobId, JobRecord, JobResult, LicenceState, ResultFile, ResultPlace, SentFile};
use super::task::{
    FileJob, FilePlace, Folder, JobOrder, JobSource, JobTask, PROGRAMS_MAX, QUEUE_MAX, STACK_MAX, Wanted,
};
use super::view::{DocumentRow, Failure, JobFault, JobKind, LicenceNote};
use super::{Core, start::Resume};
use crate::program::Setting;

/// How soon a result that is in its place is forgotten, if no further job comes first.
const FORGET_AFTER_MS: u64 = 1_000;
/// How long jobs pause when something could not be written.
const PAUSE_MS: u64 = 5_000;
/// Jobs that have ended and are still shown.
const ENDED_MAX: usize = 20;

/// The image path of the machine and the jobs that want it.
#[derive(Debug, Clone)]
pub(super) struct Machine {
    /// Of the job screen.
    pub(super) kind: JobKind,
    pub(super) documents: Vec<DocumentRow>,
    /// In the order in which they came.
    jobs: Vec<Job>,
    /// The newest last.
    ended: VecDeque<EndedJob>,
    /// The job on the job screen.
    focus: Option<JobId>,
    /// Why the last wish did not become a job.
    refused: Option<Failure>,
    /// What the programs of installed packages have said about themselves; `None` while one is being asked.
    descriptions: BTreeMap<Digest, Option<Vec<Setting>>>,
    /// Results that are in their places, to be forgotten: along with the next job's transaction if it comes soon, so
    /// that a use costs one transaction, and soon in any case, so that no restart brings them there again.
    delivered: Vec<JobId>,
    /// When they are forgotten at the latest, as uptime in milliseconds.
    pub(super) forget_at_ms: Option<u64>,
    /// Jobs that have ended and whose records could not be deleted.
    unforgotten: Vec<JobId>,
    /// Nothing begins or ends before, as uptime in milliseconds.
    pub(super) pause_until_ms: Option<u64>,
}

/// A job that has not ended.
#[derive(Debug, Clone)]
struct Job {
    id: JobId,
    task: JobTask,
    from: Origin,
    /// What people call it.
    document: String,
    created_at: Timestamp,
    /// What reading the document has shown it to need.
    found: Vec<Feature>,
    stage: Stage,
}

/// Where a job has come from.
#[derive(Debug, Clone)]
enum Origin {
    /// The panel; its record is durable.
    Panel(JobSource),
    /// A script, for as long as it waits.
    Script(FileJob),
}

/// How far a job has come.
#[derive(Debug, Clone)]
enum Stage {
    /// Not to be done by this process.
    Asleep,
    /// Its file is to be brought to the spool.
    Sent { asked: bool },
    /// Waits for its turn.
    Queued,
    /// Waits for an option.
    Held(Wanted),
    /// The reader, or whatever brings the document, is at work.
    Reading { licences: Vec<LicenceId> },
    /// Its programs are at work on the pages.
    Working { licences: Vec<LicenceId>, progress: WorkProgress },
    /// The results are made, but not durable; whatever puts them out is not free.
    Made { licences: Vec<LicenceId>, output: JobOutput },
    /// The results are durable and on their way.
    Output { names: Vec<String>, left: Option<LicenceNote> },
}

/// A job that has ended.
#[derive(Debug, Clone)]
struct EndedJob {
    id: JobId,
    kind: JobKind,
    document: String,
    end: End,
}

#[derive(Debug, Clone)]
enum End {
    Finished { names: Vec<String>, left: Option<LicenceNote> },
    Failed(Failure),
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            kind: JobKind::Copy,
            documents: Vec::new(),
            jobs: Vec::new(),
            ended: VecDeque::new(),
            focus: None,
            refused: None,
            descriptions: BTreeMap::new(),
            delivered: Vec::new(),
            forget_at_ms: None,
            unforgotten: Vec::new(),
            pause_until_ms: None,
        }
    }
}

impl Machine {
    /// With the jobs that the power has cut off.
    pub(super) fn new(records: Vec<JobRecord>, resume: Resume) -> Self {
        let job = |record: JobRecord| {
            let JobRecord { id, order: JobOrder { task, source }, created_at } = record;
            let stage = match (resume, &source) {
                (Resume::Nothing | Resume::Licences, _) => Stage::Asleep,
                (Resume::Purchases, JobSource::Sent(..)) => Stage::Sent { asked: false },
                (Resume::Purchases, JobSource::Glass(_)) => Stage::Queued,
            };
            let document = source.document().to_owned();
            Job { id, task, from: Origin::Panel(source), document, created_at, found: Vec::new(), stage }
        };
        Self { jobs: records.into_iter().map(job).collect(), pause_until_ms: Some(0), ..Self::default() }
    }

    /// Whether any job is in the works.
    pub(super) fn is_running(&self) -> bool {
        self.jobs.iter().any(Job::is_in_the_works)
    }

    /// Whether a job that is in the works needs this licence.
    pub(super) fn uses(&self, licence: LicenceId) -> bool {
        self.reserved(licence) > 0
    }

    /// How many uses of this licence the jobs in the works may still cost.
    fn reserved(&self, licence: LicenceId) -> u32 {
        let count = self.jobs.iter().filter(|job| job.licences().contains(&licence)).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// The function of the machine that a job is of.
    pub(super) fn kind_of(&self, job: JobId) -> Option<JobKind> {
        let live = self.jobs.iter().find(|live| live.id == job).map(|live| live.task.kind);
        live.or_else(|| self.ended.iter().find(|ended| ended.id == job).map(|ended| ended.kind))
    }

    /// The jobs that have not ended, by id.
    pub(super) fn ids(&self) -> impl Iterator<Item = JobId> {
        self.jobs.iter().map(|job| job.id)
    }

    fn job(&self, id: JobId) -> Option<&Job> {
        self.jobs.iter().find(|job| job.id == id)
    }

    fn job_mut(&mut self, id: JobId) -> Option<&mut Job> {
        self.jobs.iter_mut().find(|job| job.id == id)
    }

    fn take(&mut self, id: JobId) -> Option<Job> {
        let at = self.jobs.iter().position(|job| job.id == id)?;
        Some(self.jobs.remove(at))
    }

    fn note_end(&mut self, job: &Job, end: End) {
        self.ended.push_back(EndedJob { id: job.id, kind: job.task.kind, document: job.document.clone(), end });
        if self.ended.len() > ENDED_MAX {
            self.ended.pop_front();
        }
    }
}

impl Job {
    const fn is_in_the_works(&self) -> bool {
        use Stage::{Made, Output, Reading, Working};
        matches!(self.stage, Reading { .. } | Working { .. } | Made { .. } | Output { .. })
    }

    /// The licences whose uses it has reserved.
    fn licences(&self) -> &[LicenceId] {
        match &self.stage {
            Stage::Reading { licences } | Stage::Working { licences, .. } | Stage::Made { licences, .. } => licences,
            _ => &[],
        }
    }

    fn sent(&self) -> Option<SentFile> {
        match &self.from {
            Origin::Panel(JobSource::Sent(folder, name)) => Some(SentFile { folder: *folder, name: name.clone() }),
            _ => None,
        }
    }

    const fn is_reception(&self) -> bool {
        matches!(self.from, Origin::Panel(JobSource::Sent(Folder::FaxIn, _)))
    }

    const fn is_durable(&self) -> bool {
        matches!(self.from, Origin::Panel(_))
    }

    fn source(&self) -> DocumentSource {
        match &self.from {
            Origin::Panel(JobSource::Glass(names)) => DocumentSource::Glass(names.clone()),
            Origin::Panel(JobSource::Sent(folder, name)) => {
                DocumentSource::Spool(self.id, SentFile { folder: *folder, name: name.clone() })
            }
            Origin::Script(job) => DocumentSource::Files(job.inputs.clone()),
        }
    }

    /// Where a file belongs that the job has made.
    fn place(&self, at: usize, stem: &str, extension: &str) -> ResultPlace {
        match &self.from {
            Origin::Script(FileJob { place: FilePlace::File(path), .. }) if at == 0 => ResultPlace::File(path.clone()),
            // `letter.pdf`, `letter.txt`, and further documents by their own names.
            Origin::Script(FileJob { place: FilePlace::File(path), .. }) => {
                let beside = path.with_extension(extension);
                let is_own = stem == stem_of(&self.document) && beside != *path;
                ResultPlace::File(if is_own { beside } else { path.with_file_name(format!("{stem}.{extension}")) })
            }
            Origin::Script(FileJob { place: FilePlace::Folder(folder), .. }) => {
                ResultPlace::File(folder.join(format!("{stem}.{extension}")))
            }
            Origin::Script(_) | Origin::Panel(_) => {
                ResultPlace::Tray(tray_name(self.id, self.task.kind, stem, extension))
            }
        }
    }
}

impl Core {
    /// The job screen of a function opens, without any job on it.
    pub(super) fn open_machine(&mut self, kind: JobKind, out: &mut Outcome) {
        self.machine.kind = kind;
        (self.machine.focus, self.machine.refused) = (None, None);
        self.page = Page::Job;
        out.then(Effect::ListDocuments);
        self.describe_what_is_installed(out);
    }

    /// Start on a job screen.
    pub(super) fn run(&mut self, order: JobOrder, moment: Moment, out: &mut Outcome) {
        if self.purchase.is_some() {
            return;
        }
        let documents = match &order.source {
            JobSource::Glass(names) => names.len(),
            JobSource::Sent(..) => return,
        };
        if self.admit(&order.task, documents) {
            let id = self.add(order, moment, out);
            self.machine.focus = Some(id);
        }
    }

    /// A job of a script.
    pub(super) fn run_files(&mut self, job: FileJob, moment: Moment) {
        if self.purchase.is_some() || !self.admit(&job.task, job.inputs.len()) {
            return;
        }
        let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let document = job.inputs.first().and_then(|path| name(path)).unwrap_or_default();
        let (id, task) = (JobId(job_uuid(moment)), job.task.clone());
        let (from, stage) = (Origin::Script(job), Stage::Queued);
        let created_at = self.clock.now();
        self.machine.jobs.push(Job { id, task, from, document, created_at, found: Vec::new(), stage });
        self.machine.focus = Some(id);
    }

    /// A file has come to a watched folder, and is complete. It becomes a job by itself.
    pub(super) fn arrived(&mut self, folder: Folder, name: String, moment: Moment, out: &mut Outcome) {
        let is_known = |job: &Job| {
            let waits = matches!(job.stage, Stage::Sent { .. } | Stage::Asleep);
            waits && job.sent().is_some_and(|sent| sent.folder == folder && sent.name == name)
        };
        // One that finds no room stays where it is and is told of again.
        if self.machine.jobs.iter().any(is_known) || self.machine.jobs.len() >= QUEUE_MAX {
            return;
        }
        let order = JobOrder { task: JobTask::plain(folder.kind()), source: JobSource::Sent(folder, name) };
        self.add(order, moment, out);
    }

    /// Whether there is room for such a job; if not, the job screen says why.
    fn admit(&mut self, task: &JobTask, documents: usize) -> bool {
        self.page = Page::Job;
        self.machine.kind = task.kind;
        (self.machine.focus, self.machine.refused) = (None, None);
        let refused = match () {
            () if self.machine.jobs.len() >= QUEUE_MAX => JobFault::QueueFull,
            () if task.programs.len() > PROGRAMS_MAX => JobFault::TooManyPrograms,
            () if documents == 0 || documents > STACK_MAX => JobFault::DocumentUnreadable,
            () => return true,
        };
        self.machine.refused = Some(Failure::Job(refused));
        false
    }

    fn add(&mut self, order: JobOrder, moment: Moment, out: &mut Outcome) -> JobId {
        let (id, created_at) = (JobId(job_uuid(moment)), self.clock.now());
        out.change(Change::Job(Box::new(JobRecord { id, order: order.clone(), created_at })));
        let JobOrder { task, source } = order;
        let stage = match source {
            JobSource::Sent(..) => Stage::Sent { asked: false },
            JobSource::Glass(_) => Stage::Queued,
        };
        let document = source.document().to_owned();
        let from = Origin::Panel(source);
        self.machine.jobs.push(Job { id, task, from, document, created_at, found: Vec::new(), stage });
        id
    }

    /// The file of a job is in the spool, or has gone.
    pub(super) fn taken_in(&mut self, id: JobId, outcome: Result<(), JobFault>, out: &mut Outcome) {
        match outcome {
            Ok(()) => {
                if let Some(job) = self.machine.job_mut(id).filter(|job| matches!(job.stage, Stage::Sent { .. })) {
                    job.stage = Stage::Queued;
                }
            }
            Err(fault) => self.fail(id, Failure::Job(fault), out),
        }
    }

    /// The document is read: the reader is free for the next job.
    pub(super) fn job_read(&mut self, id: JobId, pages: u32) {
        if let Some(job) = self.machine.job_mut(id)
            && let Stage::Reading { licences } = &mut job.stage
        {
            let licences = std::mem::take(licences);
            job.stage = Stage::Working { licences, progress: WorkProgress { page: 0, pages, program: None } };
        }
    }

    /// How far its programs have come.
    pub(super) fn job_progress(&mut self, id: JobId, now: WorkProgress) {
        if let Some(Stage::Working { progress, .. }) = self.machine.job_mut(id).map(|job| &mut job.stage) {
            *progress = now;
        }
    }

    /// A job's work has ended.
    pub(super) fn job_done(&mut self, id: JobId, outcome: Result<JobOutput, JobFault>, out: &mut Outcome) {
        let Some(job) = self.machine.job_mut(id) else { return };
        let licences = match &mut job.stage {
            Stage::Reading { licences } | Stage::Working { licences, .. } => std::mem::take(licences),
            _ => return,
        };
        match outcome {
            Ok(output) if output.files.is_empty() => {
                job.stage = Stage::Working { licences, progress: WorkProgress::default() };
                self.fail(id, Failure::Job(JobFault::NothingLeft), out);
            }
            Ok(output) => job.stage = Stage::Made { licences, output },
            Err(fault) => {
                job.stage = Stage::Working { licences, progress: WorkProgress::default() };
                self.fail(id, Failure::Job(fault), out);
            }
        }
    }

    /// Results and uses become durable together; then the results are brought to their places.
    fn put_out(&mut self, id: JobId, out: &mut Outcome) {
        let Some(job) = self.machine.job_mut(id) else { return };
        let Stage::Made { licences, output } = &mut job.stage else { return };
        let (licences, output) = (std::mem::take(licences), std::mem::take(output));
        job.stage = Stage::Output { names: Vec::new(), left: None };
        let file = |(at, made): (usize, &MadeFile)| ResultFile {
            place: job.place(at, &made.stem, &made.extension),
            bytes: made.bytes.clone(),
        };
        let files: Vec<ResultFile> = output.files.iter().enumerate().map(file).collect();
        let names = files.iter().map(|file| file.place.shown()).collect();
        let (is_durable, result) = (job.is_durable(), JobResult { job: id, files, sent: job.sent() });
        // A chain that uses one option twice costs one use of it.
        let distinct: BTreeSet<LicenceId> = licences.iter().copied().collect();
        for licence in &distinct {
            self.spend_use(*licence, out);
        }
        let left = licences.first().and_then(|id| self.left_with(*id));
        self.forget_delivered(out);
        if is_durable {
            out.change(Change::ForgetJob(id));
        }
        out.change(Change::JobResult(result.clone()));
        out.then(Effect::Deliver(result));
        if let Some(job) = self.machine.job_mut(id) {
            job.stage = Stage::Output { names, left };
        }
        // What ended while the job ran ends now.
        for licence in distinct {
            self.erase_if_idle(licence, out);
        }
    }

    /// A result is in its place, or cannot be brought there now.
    pub(super) fn delivered(&mut self, id: JobId, outcome: Result<(), JobFault>) {
        let job = self.machine.take(id);
        let end = match outcome {
            Ok(()) => {
                self.machine.delivered.push(id);
                self.machine.forget_at_ms.get_or_insert(self.clock.uptime_ms() + FORGET_AFTER_MS);
                None
            }
            // It stays durable and is brought to its place at the next start.
            Err(_) => Some(End::Failed(Failure::Job(JobFault::ResultWaiting))),
        };
        if let Some(job) = job {
            let finished = match &job.stage {
                Stage::Output { names, left } => End::Finished { names: names.clone(), left: *left },
                _ => End::Finished { names: Vec::new(), left: None },
            };
            self.machine.note_end(&job, end.unwrap_or(finished));
        }
    }

    pub(super) fn deliver_again(&mut self, results: Vec<JobResult>, out: &mut Outcome) {
        let kept = self.machine.ids().chain(results.iter().map(|result| result.job)).collect();
        out.then(Effect::SweepSpool(kept));
        for result in results {
            out.then(Effect::Deliver(result));
        }
    }

    pub(super) fn forget_delivered(&mut self, out: &mut Outcome) {
        self.machine.forget_at_ms = None;
        for delivered in self.machine.delivered.drain(..) {
            out.change(Change::ForgetJobResult(delivered));
        }
        for ended in self.machine.unforgotten.drain(..) {
            out.change(Change::ForgetJob(ended));
        }
    }

    /// Gives a job up. Nothing was used.
    pub(super) fn fail(&mut self, id: JobId, failure: Failure, out: &mut Outcome) {
        let Some(job) = self.machine.take(id) else { return };
        self.let_go(&job, out);
        self.machine.note_end(&job, End::Failed(failure));
    }

    pub(super) fn cancel_job(&mut self, id: JobId, out: &mut Outcome) {
        // What is durable is done.
        if self.machine.job(id).is_none_or(|job| matches!(job.stage, Stage::Output { .. })) {
            return;
        }
        let Some(job) = self.machine.take(id) else { return };
        if matches!(job.stage, Stage::Reading { .. } | Stage::Working { .. }) {
            out.then(Effect::StopJob(id));
        }
        self.let_go(&job, out);
        if self.machine.focus == Some(id) {
            self.machine.focus = None;
        }
    }

    /// A job that is no more, without results.
    fn let_go(&mut self, job: &Job, out: &mut Outcome) {
        if job.is_durable() {
            out.change(Change::ForgetJob(job.id));
        }
        if let Some(sent) = job.sent() {
            out.then(Effect::PutAside(job.id, sent));
        }
        for licence in job.licences() {
            self.erase_if_idle(*licence, out);
        }
    }

    pub(super) fn dismiss_job(&mut self, out: &mut Outcome) {
        let lives = |id: JobId| self.machine.job(id).is_some();
        if !self.machine.focus.is_some_and(lives) {
            (self.machine.focus, self.machine.refused) = (None, None);
            out.then(Effect::ListDocuments);
        }
    }

    /// The end of a job could not be written, so no use was spent and the job has not been done.
    pub(super) fn job_not_written(&mut self, id: JobId, out: &mut Outcome) {
        let Some(job) = self.machine.take(id) else { return };
        if let Some(sent) = job.sent() {
            out.then(Effect::PutAside(job.id, sent));
        }
        if job.is_durable() {
            self.machine.unforgotten.push(id);
            self.machine.forget_at_ms.get_or_insert(self.clock.uptime_ms() + PAUSE_MS);
        }
        self.machine.note_end(&job, End::Failed(Failure::Job(JobFault::TrayUnwritable)));
        for licence in job.licences() {
            self.erase_if_idle(*licence, out);
        }
    }

    /// The job has not begun.
    pub(super) fn new_job_not_written(&mut self) {
        if self.purchase.is_none() {
            self.page = Page::Job;
            self.machine.focus = None;
            self.machine.refused = Some(Failure::Job(JobFault::TrayUnwritable));
        }
    }

    /// Something could not be written: what jobs have written with it comes again, a little later.
    pub(super) fn pause_jobs(&mut self) {
        self.machine.pause_until_ms = Some(self.clock.uptime_ms() + PAUSE_MS);
    }

    /// What can be set is the programs' own affair: those that are installed are asked.
    fn describe_what_is_installed(&mut self, out: &mut Outcome) {
        let usable = self.licences.values().filter(|l| l.state == LicenceState::Active && self.lock_of(l).is_none());
        let options: Vec<JobOption> = usable
            .filter(|l| l.manifest.kind() == OptionKind::Program)
            .map(|l| JobOption { licence: l.id, manifest: l.manifest.clone() })
            .collect();
        let living: BTreeSet<Digest> = options.iter().map(|option| option.manifest.digest()).collect();
        self.machine.descriptions.retain(|package, _| living.contains(package));
        for option in options {
            let package = option.manifest.digest();
            if let std::collections::btree_map::Entry::Vacant(entry) = self.machine.descriptions.entry(package) {
                entry.insert(None);
                out.then(Effect::Describe(option));
            }
        }
    }

    pub(super) fn described(&mut self, package: Digest, outcome: Result<Vec<Setting>, JobFault>) {
        match outcome {
            Ok(settings) => _ = self.machine.descriptions.insert(package, Some(settings)),
            // Asked again with the next look at a job screen.
            Err(_) => _ = self.machine.descriptions.remove(&package),
        }
    }
}

/// `letter` of `letter.png`.
fn stem_of(document: &str) -> &str {
    document.rsplit_once('.').map_or(document, |(stem, _)| stem)
}

/// `scan-letter-1a2b3c4d.pdf`: the function, the document, and enough of the job's id to tell results apart.
fn tray_name(job: JobId, kind: JobKind, stem: &str, extension: &str) -> String {
    let kind = match kind {
        JobKind::Copy => "copy",
        JobKind::Print => "print",
        JobKind::Scan => "scan",
        JobKind::Fax => "fax",
    };
    let id = job.0.simple().to_string();
    format!("{kind}-{stem}-{}.{extension}", &id[..8])
}

//! The panel's thread: one step after the other, and effects in the core's order.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use protocol::OrderId;
use protocol::message::device::DeviceRequest;
use protocol::message::report::DeviceReport;
use protocol::net::{Credentials, certificate_term};
use protocol::receipt::{EraseReceipt, SignedReceipt};
use tokio::runtime::Runtime;

use super::clock::TrustedTime;
use super::{Clock, Display, Message, Power, Watcher};
use crate::cancel::Cancel;
use crate::core::{
    Ask, Cause, CertificateTerm, Change, Core, Effect, EnrolForm, Input, JobFault, JobId, JobOption, JobRun, LinkFault,
    StorageFault, TransferEvent, TransferFault, TransferOrder,
};
use crate::data::{Device, StorageError};
use crate::documents::Documents;
use crate::job::{Job, JobTools, Sandbox};
use crate::link::{Link, Transfer, TransferLimits, TransferRunner, enrol, renew};
use crate::runtime::RuntimeConfig;
use crate::spool::{Spool, Watch};
use crate::tray::Tray;
use crate::vault::KeyVault as _;

/// What is shown grows old: the time of day, what is left of a period.
const VIEW_AGE: Duration = Duration::from_secs(5);
/// How long requests that are under way may take to notice that the panel stops.
const FAREWELL: Duration = Duration::from_millis(500);
/// After a failed transaction, what is due by time alone waits this long.
const WRITE_PAUSE: Duration = Duration::from_secs(5);
/// How often the watched folders are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

pub(super) struct Worker {
    core: Core,
    device: Device,
    clock: Clock,
    power: Power,
    /// The power has failed: nothing more is done.
    dark: bool,
    runtime: Runtime,
    link: Option<Link>,
    trusted: Arc<TrustedTime>,
    compacting: Option<JoinHandle<()>>,
    transfer: Option<(OrderId, Transfer)>,
    /// Dropping one cancels it.
    jobs: BTreeMap<JobId, Job>,
    documents: Documents,
    tray: Tray,
    spool: Spool,
    programs: Arc<Sandbox>,
    /// `None` if nobody is at work here who would do what comes.
    watch: Option<Watch>,
    look_at: Instant,
    /// When the view was last compared with what is shown.
    shown_at: Instant,
    inbox: Sender<Message>,
    display: Arc<Display>,
    watchers: Vec<Watcher>,
    pause_until: Option<Instant>,
}

impl Worker {
    pub(super) fn new(
        core: Core,
        device: Device,
        clock: Clock,
        power: Power,
        inbox: Sender<Message>,
        display: Arc<Display>,
        watch: Option<Watch>,
    ) -> Result<Self, StorageError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("link")
            .enable_all()
            .build()
            .map_err(|error| StorageError::Failed(error.to_string()))?;
        let mut worker = Self {
            documents: Documents::new(&device.dir),
            tray: Tray::new(&device.dir),
            spool: Spool::new(&device.dir),
            programs: Arc::new(sandbox(&device)?),
            watch,
            look_at: Instant::now(),
            shown_at: Instant::now(),
            core,
            device,
            clock,
            power,
            dark: false,
            runtime,
            link: None,
            trusted: Arc::default(),
            compacting: None,
            transfer: None,
            jobs: BTreeMap::new(),
            inbox,
            display,
            watchers: Vec::new(),
            pause_until: None,
        };
        worker.trusted.set(worker.core.certain_time());
        worker.relink();
        Ok(worker)
    }

    /// Carries out what the start has decided, then lives until it is told to stop.
    pub(super) fn run(mut self, effects: Vec<Effect>, messages: &Receiver<Message>) {
        let before = self.core.clone();
        let mut inputs = self.carry_out(effects, before, Cause::Start);
        inputs.extend(self.certified());
        self.steps(inputs);
        while !self.dark {
            match messages.recv_timeout(self.patience()) {
                Ok(Message::Input(input)) => self.steps(VecDeque::from([input])),
                Ok(Message::Apply(command, done)) => {
                    self.steps(VecDeque::from([Input::Command(command)]));
                    // Whoever asked may have gone.
                    let _ = done.send(());
                }
                Ok(Message::Watch(mut watcher)) => {
                    if !watcher(&self.core) {
                        self.watchers.push(watcher);
                    }
                }
                Err(RecvTimeoutError::Timeout) if self.is_due() => self.steps(VecDeque::from([Input::Tick])),
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => break,
            }
            let arrived = self.look_around();
            if !arrived.is_empty() {
                self.steps(arrived);
            }
        }
        self.stop_transfer();
        self.stop_jobs();
        if let Some(compacting) = self.compacting.take() {
            // A panic there has been reported by the panic hook.
            let _ = compacting.join();
        }
        self.steps(VecDeque::from([Input::Stopping]));
        // Nobody waits for the name of a server that is not found.
        self.runtime.shutdown_timeout(FAREWELL);
    }

    /// How long to wait for a message before the clock is looked at again.
    fn patience(&self) -> Duration {
        let look = self.watch.as_ref().map(|_| self.look_at.saturating_duration_since(Instant::now()));
        let view = (self.shown_at + VIEW_AGE).saturating_duration_since(Instant::now());
        [self.due_in(), look].into_iter().flatten().min().map_or(view, |wait| wait.min(view))
    }

    /// How long until the core wants to be told of the time.
    fn due_in(&self) -> Option<Duration> {
        self.core.poll_timeout().map(|at_ms| {
            let wait = Duration::from_millis(at_ms.saturating_sub(self.clock.uptime_ms()));
            let pause = self.pause_until.map(|until| until.saturating_duration_since(Instant::now()));
            wait.max(pause.unwrap_or_default())
        })
    }

    fn is_due(&self) -> bool {
        self.due_in().is_some_and(|wait| wait.is_zero()) || self.shown_at.elapsed() >= VIEW_AGE
    }

    /// What has come to the watched folders since the last look, if it is time for one.
    fn look_around(&mut self) -> VecDeque<Input> {
        let Some(watch) = self.watch.as_mut().filter(|_| self.look_at <= Instant::now()) else {
            return VecDeque::new();
        };
        self.look_at = Instant::now() + LOOK_EVERY;
        watch.look(self.spool.list()).into_iter().map(|(folder, name)| Input::Arrived(folder, name)).collect()
    }

    /// Takes a step for each input, and for each input that the effects bring at once.
    fn steps(&mut self, mut inputs: VecDeque<Input>) {
        while let Some(input) = inputs.pop_front() {
            if !self.goes_on() {
                return;
            }
            if let Input::Transfer(order, TransferEvent::Ended | TransferEvent::Failed(_)) = &input {
                // It writes no more; its thread only says goodbye to the server.
                self.transfer.take_if(|(running, _)| running == order);
            }
            if let Input::JobDone(job, _) | Input::JobNeeds(job, _) = &input {
                // Its thread has nothing more to do.
                self.jobs.remove(job);
            }
            if let Input::Renewed(Some(_)) = &input {
                self.relink();
            }
            let (before, cause) = (self.core.clone(), Cause::from(&input));
            let effects = self.core.handle(input, self.clock.moment());
            self.trusted.set(self.core.certain_time());
            let more = self.carry_out(effects, before, cause);
            inputs.extend(more);
        }
        self.shown_at = Instant::now();
        self.display.show(self.core.view());
        let core = &self.core;
        self.watchers.retain_mut(|watcher| !watcher(core));
    }

    /// Whether there is power for one thing more.
    fn goes_on(&mut self) -> bool {
        self.dark = self.dark || !self.power.lasts();
        !self.dark
    }

    /// Carries effects out in order. If the step cannot be made durable, the core goes back to `before` it.
    fn carry_out(&mut self, effects: Vec<Effect>, before: Core, cause: Cause) -> VecDeque<Input> {
        let mut inputs = VecDeque::new();
        for effect in effects {
            if !self.goes_on() {
                return VecDeque::new();
            }
            match self.effect(effect) {
                Ok(input) => inputs.extend(input),
                Err(fault) => {
                    self.core = before;
                    self.pause_until = Some(Instant::now() + WRITE_PAUSE);
                    return VecDeque::from([Input::PersistFailed(cause, fault)]);
                }
            }
        }
        inputs
    }

    fn effect(&mut self, effect: Effect) -> Result<Option<Input>, StorageFault> {
        match effect {
            Effect::Persist(changes) => {
                self.device.store.commit(&changes)?;
                if changes.iter().any(|change| matches!(change, Change::Enrolment(_))) {
                    self.relink();
                    return Ok(self.certified());
                }
            }
            Effect::KeepKey(licence, key) => self.device.vault.keep(licence, &key).map_err(|e| reported(&e))?,
            Effect::Erase(licence, package) => {
                let destroyed = self.device.vault.destroy(licence);
                self.device.code.forget(licence);
                let erased = destroyed.and_then(|()| match package {
                    Some(package) => self.device.store.chunks().drop_package(package),
                    None => Ok(()),
                });
                return Ok(Some(Input::Erased(licence, erased.map_err(|e| reported(&e)))));
            }
            // What is left over is swept again at the next start.
            Effect::DestroyKey(licence) => {
                let _ = self.device.vault.destroy(licence).map_err(|e| reported(&e));
                self.device.code.forget(licence);
            }
            Effect::DropPackage(package) => {
                let _ = self.device.store.chunks().drop_package(package).map_err(|e| reported(&e));
            }
            Effect::Ask(ask, request) => return Ok(self.ask(ask, request)),
            Effect::Report(report, receipts) => return Ok(self.report(report, receipts)),
            Effect::Compact => self.compact(),
            Effect::StartTransfer(order) => return Ok(self.start_transfer(order)),
            Effect::StopTransfer(_) => self.stop_transfer(),
            Effect::Enrol(form) => self.enrol(form),
            Effect::Renew => return Ok(self.renew()),
            Effect::ListDocuments => {
                let documents = self.documents.list().map_err(|e| reported(&e)).unwrap_or_default();
                return Ok(Some(Input::Documents(documents)));
            }
            Effect::TakeIn(job, sent) => return Ok(Some(Input::TakenIn(job, self.spool.take_in(job, &sent)))),
            Effect::PutAside(job, sent) => self.spool.put_aside(job, &sent),
            Effect::SweepSpool(kept) => self.spool.sweep(&kept),
            Effect::RunJob(run) => return Ok(self.run_job(*run)),
            Effect::StopJob(job) => _ = self.jobs.remove(&job),
            Effect::Describe(option) => self.describe(option),
            Effect::Deliver(result) => {
                let delivered = self.tray.deliver(&result);
                return Ok(Some(Input::Delivered(result.job, delivered)));
            }
        }
        Ok(None)
    }

    fn relink(&mut self) {
        let Some(enrolment) = self.core.enrolment() else { return };
        self.link = match self.device.identity.credentials(enrolment) {
            Ok(credentials) => Some(Link::new(enrolment.vendor.clone(), credentials, self.trusted.clone())),
            Err(error) => {
                tracing::error!(%error, "the device's certificate cannot be used");
                None
            }
        };
    }

    /// What the certificate in use says.
    fn certified(&self) -> Option<Input> {
        self.link.as_ref().and_then(|link| term(link.credentials())).map(Input::Certified)
    }

    fn renew(&self) -> Option<Input> {
        let (Some(link), Some(enrolment)) = (self.link.clone(), self.core.enrolment().cloned()) else {
            return Some(Input::Renewed(None));
        };
        let (identity, inbox) = (self.device.identity.clone(), self.inbox.clone());
        self.runtime.spawn(async move {
            let renewed = renew(&link, &enrolment, &identity).await;
            let _ = inbox.send(Message::Input(Input::Renewed(renewed.as_ref().and_then(term))));
        });
        None
    }

    fn ask(&self, ask: Ask, request: DeviceRequest) -> Option<Input> {
        let Some(link) = self.link.clone() else { return Some(Input::Answer(ask, Err(LinkFault::Distrust))) };
        let inbox = self.inbox.clone();
        self.runtime.spawn(async move {
            let answer = link.ask(&request).await;
            // The panel may have stopped meanwhile.
            let _ = inbox.send(Message::Input(Input::Answer(ask, answer)));
        });
        None
    }

    /// Signs the receipts and sends them along. One that cannot be signed stays due.
    fn report(&self, mut report: Box<DeviceReport>, receipts: Vec<EraseReceipt>) -> Option<Input> {
        if let Some(link) = &self.link {
            let key = link.credentials().key.secret_pkcs8_der();
            let signed = receipts.iter().map(|receipt| SignedReceipt::sign(receipt, key));
            report.receipts = signed
                .filter_map(|signed| {
                    signed
                        .map_err(|error| {
                            tracing::error!(%error, "an erase receipt could not be signed");
                        })
                        .ok()
                })
                .collect();
        }
        self.ask(Ask::Report, DeviceRequest::Report(report))
    }

    /// On a thread of its own: what does not need the store goes on meanwhile.
    fn compact(&mut self) {
        let (store, inbox) = (self.device.store.clone(), self.inbox.clone());
        let work = move || {
            match store.compact() {
                Ok(gained) => tracing::info!(gained, "the store was compacted"),
                Err(error) => tracing::warn!(%error, "the store could not be compacted"),
            }
            // The panel may have stopped meanwhile.
            let _ = inbox.send(Message::Input(Input::Compacted));
        };
        match std::thread::Builder::new().name("compact".to_owned()).spawn(work) {
            Ok(thread) => self.compacting = Some(thread),
            Err(error) => tracing::warn!(%error, "no thread to compact the store"),
        }
    }

    fn enrol(&self, form: EnrolForm) {
        let (identity, inbox) = (self.device.identity.clone(), self.inbox.clone());
        self.runtime.spawn(async move {
            let enrolled = enrol(&form, &identity).await;
            let _ = inbox.send(Message::Input(Input::Enrolled(enrolled)));
        });
    }

    fn start_transfer(&mut self, order: TransferOrder) -> Option<Input> {
        self.stop_transfer();
        let id = order.order;
        let failed = |fault| Some(Input::Transfer(id, TransferEvent::Failed(fault)));
        let Some(link) = &self.link else { return failed(TransferFault::Link(LinkFault::Distrust)) };
        let runner = TransferRunner {
            order,
            credentials: link.credentials().clone(),
            clock: link.clock(),
            chunks: self.device.store.chunks(),
            limits: TransferLimits::default(),
            cancel: Cancel::new(),
        };
        let inbox = self.inbox.clone();
        let events = move |event| {
            let _ = inbox.send(Message::Input(Input::Transfer(id, event)));
        };
        match Transfer::start(runner, events) {
            Ok(transfer) => {
                self.transfer = Some((id, transfer));
                None
            }
            Err(error) => {
                tracing::error!(%error, "no thread for a transfer");
                failed(TransferFault::Storage(StorageFault::Failed))
            }
        }
    }

    /// Stops the transfer and waits until it writes no more.
    fn stop_transfer(&mut self) {
        if let Some((_, transfer)) = self.transfer.take() {
            transfer.stop();
            transfer.join();
        }
    }

    /// Stops the jobs and waits until they use the data folder no more.
    fn stop_jobs(&mut self) {
        let jobs: Vec<Job> = std::mem::take(&mut self.jobs).into_values().collect();
        jobs.iter().for_each(Job::stop);
        jobs.into_iter().for_each(Job::join);
    }

    fn tools(&self) -> JobTools {
        JobTools {
            documents: self.documents.clone(),
            chunks: self.device.store.chunks(),
            vault: self.device.vault.clone(),
            programs: self.programs.clone(),
        }
    }

    fn run_job(&mut self, run: JobRun) -> Option<Input> {
        let (id, inbox) = (run.job, self.inbox.clone());
        // The panel may have stopped meanwhile.
        let tell = move |input| _ = inbox.send(Message::Input(input));
        match Job::start(self.tools(), run, tell) {
            Ok(job) => {
                self.jobs.insert(id, job);
                None
            }
            Err(error) => {
                tracing::error!(%error, "no thread for a job");
                Some(Input::JobDone(id, Err(JobFault::DocumentUnreadable)))
            }
        }
    }

    /// On a thread of its own: a program may take its time.
    fn describe(&self, option: JobOption) {
        let (tools, inbox) = (self.tools(), self.inbox.clone());
        let package = option.manifest.digest();
        let work = move || {
            let described = tools.describe(&option);
            let _ = inbox.send(Message::Input(Input::Described(package, described)));
        };
        if let Err(error) = std::thread::Builder::new().name("describe".to_owned()).spawn(work) {
            tracing::warn!(%error, "no thread to ask a program what it can be told");
        }
    }
}

/// Where programs run.
fn sandbox(device: &Device) -> Result<Sandbox, StorageError> {
    let runtime = crate::runtime::Runtime::new(RuntimeConfig::default());
    let runtime = runtime.map_err(|error| StorageError::Failed(error.to_string()))?;
    Ok(Sandbox { runtime, cache: device.code.clone() })
}

fn term(credentials: &Credentials) -> Option<CertificateTerm> {
    let term = certificate_term(credentials.chain.first()?).ok()?;
    Some(CertificateTerm { from: term.from, until: term.until })
}

fn reported(error: &StorageError) -> StorageFault {
    tracing::error!(%error, "the data folder cannot be written");
    error.fault()
}

//! A device: the panel's service on a folder of its own, which can be switched off and on again at any moment.

use std::net::SocketAddr;
use std::path::PathBuf;

use panel_app::core::{
    Command, Core, EnrolForm, FileJob, FilePlace, InstalledOption, JobKind, JobState, JobTask, Loaded, Place, Resume,
    Screen, Stage, View,
};
use panel_app::service::{Clock, Power, Service};
use protocol::{ActivationCode, CaFingerprint, OptionId, UsageForm};
use tempfile::TempDir;

use crate::{PATIENCE, Vendor, folder};

/// A device with its data folder.
pub struct Device {
    folder: TempDir,
    clock: Clock,
    service: Option<Service>,
}

/// What a user does next.
pub enum Next {
    /// This.
    Do(Command),
    /// Wait until the screen changes.
    Wait,
    /// Nothing more.
    Over,
}

impl Device {
    /// A new device that knows nobody yet.
    pub fn new() -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), Clock::default());
        let mut device = Self { folder, clock, service: None };
        device.switch_on();
        device
    }

    /// A new device whose wall clock is wrong by so much from the beginning.
    pub fn with_wall_wrong_by_ms(ms: i64) -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), Clock::default());
        clock.set_wall_by_ms(ms);
        let mut device = Self { folder, clock, service: None };
        device.switch_on();
        device
    }

    /// A device that is registered at the vendor and enrolled.
    pub fn enrolled(vendor: &Vendor, serial: &str, customer: Option<&protocol::message::staff::CustomerRow>) -> Self {
        let code = vendor.register(serial, customer);
        let device = Self::new();
        device.enrol(vendor.addr(), vendor.ca_fingerprint(), serial, &code);
        assert!(device.look(|core| core.enrolment().is_some()), "{:?}", device.screen());
        device
    }

    /// Enrols by way of `addr`, and waits for the end of it.
    pub fn enrol(&self, addr: SocketAddr, ca: CaFingerprint, serial: &str, code: &ActivationCode) {
        self.apply(Command::Go(Place::ServerAddress));
        self.apply(Command::Enrol(EnrolForm {
            vendor: addr.to_string().parse().unwrap(),
            ca_fingerprint: ca,
            serial: serial.parse().unwrap(),
            code: code.clone(),
        }));
        self.wait(|core| !matches!(core.view().screen, Screen::ServerAddress { busy: true, .. }));
    }

    /// The power goes.
    pub fn switch_off(&mut self) {
        self.service = None;
    }

    /// And comes back.
    pub fn switch_on(&mut self) {
        self.switch_on_with(Power::mains());
    }

    /// It comes back from a supply that may fail; then the panel stops dead, in the middle of whatever it does.
    pub fn switch_on_with(&mut self, power: Power) {
        self.service = None;
        let service = Service::open_on(self.folder.path(), Resume::Purchases, self.clock.clone(), power);
        self.service = Some(service.unwrap());
    }

    /// Goes on as a user would: does what `next` says to do on each screen, waits while there is nothing to do, switches
    /// the device on again whenever its power has failed, until `next` says that it is over.
    pub fn live(&mut self, mut next: impl FnMut(&View) -> Next) {
        for _ in 0..1_000 {
            let Some(view) = self.service().inspect(Core::view) else {
                self.switch_on();
                continue;
            };
            match next(&view) {
                Next::Over => return,
                Next::Do(command) => self.apply(command),
                Next::Wait => {
                    let changed = move |core: &Core| (core.view().screen != view.screen).then_some(());
                    self.service().watch(PATIENCE, changed);
                }
            }
        }
        panic!("it is never over; the screen is {:?}", self.service().view().screen);
    }

    /// Goes on until `next` says that it is over, or until the power fails; whether it was over. While there is nothing to
    /// do, it waits for the jobs to go on.
    pub fn work(&mut self, mut next: impl FnMut(&View) -> Next) -> bool {
        while let Some(view) = self.service().inspect(Core::view) {
            match next(&view) {
                Next::Over => return true,
                Next::Do(command) => self.apply(command),
                Next::Wait => {
                    let changed = move |core: &Core| (core.view().jobs != view.jobs).then_some(());
                    self.service().watch(PATIENCE, changed);
                }
            }
        }
        false
    }

    /// What the device's folder holds. The device is off afterwards.
    pub fn on_disk(&mut self) -> Loaded {
        self.switch_off();
        panel_app::data::Device::open(self.folder.path()).unwrap().1
    }

    fn service(&self) -> &Service {
        self.service.as_ref().expect("the device is on")
    }

    /// A command, until its step is done.
    pub fn apply(&self, command: Command) {
        self.service().apply(command);
    }

    /// What is on the screen.
    pub fn screen(&self) -> Screen {
        self.view().screen
    }

    /// The whole view.
    pub fn view(&self) -> View {
        self.look(Core::view)
    }

    /// Living licences.
    pub fn installed(&self) -> Vec<InstalledOption> {
        self.view().installed
    }

    /// Stages of all orders, oldest first.
    pub fn stages(&self) -> Vec<Stage> {
        self.look(|core| core.orders().map(|order| order.stage).collect())
    }

    /// Looks at the core.
    pub fn look<T: Send + 'static>(&self, look: impl FnOnce(&Core) -> T + Send + 'static) -> T {
        self.service().inspect(look).expect("the panel's thread lives")
    }

    /// Waits until the core is as it should be.
    pub fn wait(&self, mut is_so: impl FnMut(&Core) -> bool + Send + 'static) {
        let came = self.service().watch(PATIENCE, move |core| is_so(core).then_some(()));
        assert!(came.is_some(), "waited in vain; the screen is {:?}", self.screen());
    }

    /// Whether the core becomes as it should be before the power fails.
    pub fn outlives(&self, mut is_so: impl FnMut(&Core) -> bool + Send + 'static) -> bool {
        self.service().watch(PATIENCE, move |core| is_so(core).then_some(())).is_some()
    }

    /// Waits for a screen.
    pub fn wait_screen(&self, mut is_so: impl FnMut(&Screen) -> bool + Send + 'static) {
        self.wait(move |core| is_so(&core.view().screen));
    }

    /// From the store to the screen after the download.
    pub fn order(&self, option: &str) {
        self.apply(Command::OpenOffer(id(option)));
        self.wait_screen(|screen| matches!(screen, Screen::Offer { .. } | Screen::Failed { .. }));
        self.apply(Command::Confirm);
    }

    /// The whole purchase, in this form.
    pub fn buy(&self, option: &str, form: &str) {
        self.order(option);
        self.wait_screen(|screen| matches!(screen, Screen::Choose { .. } | Screen::Done { .. }));
        if matches!(self.screen(), Screen::Choose { .. }) {
            self.apply(Command::Choose(usage(form)));
        }
        self.wait_done();
    }

    /// Waits for the Done screen and closes it.
    pub fn wait_done(&self) {
        self.wait_screen(|screen| matches!(screen, Screen::Done { .. }));
        self.apply(Command::Dismiss);
    }

    /// Uses an option on a text; what it has made of it, or why not.
    pub fn use_on(&self, option: &str, text: &str) -> Result<Vec<u8>, JobState> {
        let (input, output) = (self.path("input.txt"), self.path("output"));
        std::fs::write(&input, text).unwrap();
        let _ = std::fs::remove_file(&output);
        let (task, place) = (JobTask::plain(JobKind::Scan).with(id(option)), FilePlace::File(output.clone()));
        self.apply(Command::RunFiles(FileJob { task, inputs: vec![input], place, offer: false }));
        let ended = |state: &JobState| matches!(state, JobState::Finished { .. } | JobState::Failed(_));
        self.wait_screen(move |screen| matches!(screen, Screen::Job(job) if ended(&job.state)));
        let Screen::Job(job) = self.screen() else { unreachable!("just waited for it") };
        self.apply(Command::Dismiss);
        match job.state {
            JobState::Finished { .. } => Ok(std::fs::read(output).unwrap()),
            failed => Err(failed),
        }
    }

    /// Lets time pass on the device.
    pub fn pass_ms(&self, ms: u64) {
        self.clock.pass_ms(ms);
        if let Some(service) = &self.service {
            service.wake();
        }
    }

    /// Sets the device's wall clock forward or back.
    pub fn set_wall_by_ms(&self, ms: i64) {
        self.clock.set_wall_by_ms(ms);
        if let Some(service) = &self.service {
            service.wake();
        }
    }

    /// A copy of everything that the device has, which is off.
    pub fn copy_folder(&self) -> TempDir {
        folder::copy(self.folder.path())
    }

    /// Puts a copy back in the place of what the device has, which is off.
    pub fn restore_folder(&self, copy: &TempDir) {
        folder::restore(self.folder.path(), copy);
    }

    /// Every file of the device that holds one of these, by name.
    pub fn files_with(&self, needles: &[&[u8]]) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let bytes = std::fs::read(&path).unwrap();
                let holds = |needle: &&[u8]| bytes.windows(needle.len()).any(|window| window == *needle);
                if needles.iter().any(holds) {
                    found.push(path.display().to_string());
                }
            }
        }
        found
    }

    /// The stored side of the device, which is off: for whoever edits it.
    pub fn opened(&self) -> (panel_app::data::Device, Loaded) {
        panel_app::data::Device::open(self.folder.path()).unwrap()
    }

    /// A path in the data folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Default for Device {
    fn default() -> Self {
        Self::new()
    }
}

/// An option id.
fn id(text: &str) -> OptionId {
    text.parse().unwrap()
}

/// A usage form.
fn usage(text: &str) -> UsageForm {
    text.parse().unwrap()
}

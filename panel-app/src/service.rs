//! The running panel: a thread that feeds the core and carries out what it decides. Windows and commands talk to it.

mod clock;
mod power;
mod worker;

use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

pub use clock::Clock;
pub use power::Power;

use crate::core::{Command, Core, Input, Resume, View};
use crate::data::{Device, StorageError};
use crate::spool::Watch;
use worker::Worker;

/// What the worker's thread is told.
enum Message {
    Input(Input),
    /// A command, and somebody who waits until its step is done.
    Apply(Command, Sender<()>),
    /// Called with the core after this message and after every further step, until it returns true.
    Watch(Watcher),
    Stop,
}

type Watcher = Box<dyn FnMut(&Core) -> bool + Send>;
type Waker = Box<dyn Fn() + Send + Sync>;

/// What the worker shows to other threads.
struct Display {
    view: Mutex<Arc<View>>,
    waker: Mutex<Option<Waker>>,
}

impl Display {
    fn show(&self, view: View) {
        {
            let mut shown = self.view.lock().unwrap_or_else(PoisonError::into_inner);
            if **shown == view {
                return;
            }
            *shown = Arc::new(view);
        }
        if let Some(wake) = self.waker.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            wake();
        }
    }
}

/// A running panel on one data folder. Dropping it stops it; whatever was under way goes on at the next start.
pub struct Service {
    inbox: Sender<Message>,
    display: Arc<Display>,
    thread: Option<JoinHandle<()>>,
}

impl Service {
    /// Opens the data folder and starts.
    ///
    /// # Errors
    /// The folder is in use, unreadable or damaged, or the system gives no thread.
    pub fn open(data: &Path, resume: Resume, clock: Clock) -> Result<Self, StorageError> {
        Self::open_on(data, resume, clock, Power::mains())
    }

    /// The same, on a power supply that may fail.
    ///
    /// # Errors
    /// As [`Service::open`].
    pub fn open_on(data: &Path, resume: Resume, clock: Clock, power: Power) -> Result<Self, StorageError> {
        let (device, loaded) = Device::open(data)?;
        let (core, effects) = Core::start(loaded, resume, clock.moment());
        let display = Arc::new(Display { view: Mutex::new(Arc::new(core.view())), waker: Mutex::new(None) });
        let (inbox, messages) = mpsc::channel();
        let watch = (resume == Resume::Purchases).then(Watch::default);
        let worker = Worker::new(core, device, clock, power, inbox.clone(), display.clone(), watch)?;
        let thread = std::thread::Builder::new()
            .name("panel".to_owned())
            .spawn(move || worker.run(effects, &messages))
            .map_err(|error| StorageError::Failed(error.to_string()))?;
        Ok(Self { inbox, display, thread: Some(thread) })
    }

    /// The present snapshot.
    pub fn view(&self) -> Arc<View> {
        self.display.view.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Hands over a wish without waiting.
    pub fn send(&self, command: Command) {
        self.tell(Message::Input(Input::Command(command)));
    }

    /// Hands over a wish and waits until the panel has taken its step.
    pub fn apply(&self, command: Command) {
        let (done, wait) = mpsc::channel();
        self.tell(Message::Apply(command, done));
        // An error means that the worker is gone, and then nothing will be done.
        let _ = wait.recv();
    }

    /// Looks at the core now.
    pub fn inspect<T: Send + 'static>(&self, look: impl FnOnce(&Core) -> T + Send + 'static) -> Option<T> {
        let mut look = Some(look);
        self.watch(Duration::from_secs(60), move |core| look.take().map(|look| look(core)))
    }

    /// Looks at the core now and after every step, until `look` finds what it waits for; `None` after `patience`.
    pub fn watch<T: Send + 'static>(
        &self,
        patience: Duration,
        mut look: impl FnMut(&Core) -> Option<T> + Send + 'static,
    ) -> Option<T> {
        let (found, wait): (Sender<T>, Receiver<T>) = mpsc::channel();
        let watcher = move |core: &Core| match look(core) {
            Some(value) => {
                // Nobody hears it if the patience is over.
                let _ = found.send(value);
                true
            }
            None => false,
        };
        self.tell(Message::Watch(Box::new(watcher)));
        wait.recv_timeout(patience).ok()
    }

    /// Lets the panel look at the clock at once, for clocks that jump.
    pub fn wake(&self) {
        self.tell(Message::Input(Input::Tick));
    }

    /// Calls `wake` from any thread whenever the view has changed.
    pub fn set_waker(&self, wake: Waker) {
        *self.display.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(wake);
    }

    fn tell(&self, message: Message) {
        // It fails only when the worker has ended, which it does only when it is told to, when its power is cut, or when it
        // has panicked; whoever waits for an answer then sees the closed channel.
        let _ = self.inbox.send(message);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.tell(Message::Stop);
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by the panic hook.
            let _ = thread.join();
        }
    }
}

#[cfg(feature = "gui")]
impl crate::ui::Panel for Service {
    fn view(&self) -> Arc<View> {
        Self::view(self)
    }

    fn send(&self, command: Command) {
        Self::send(self, command);
    }

    fn set_waker(&self, wake: Box<dyn Fn() + Send + Sync>) {
        Self::set_waker(self, wake);
    }
}

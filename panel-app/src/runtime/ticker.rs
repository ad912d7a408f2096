//! The watchdog's beat: a thread that lives while a program runs, and stirs the engine so that programs are looked at.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use wasmtime::Engine;

/// How often a program is looked at; so soon it hears that it is cancelled.
pub(super) const TICK: Duration = Duration::from_millis(20);

/// Beats while somebody holds a [`Running`].
pub(super) struct Ticker(Arc<Shared>);

struct Shared {
    engine: Engine,
    state: Mutex<State>,
    idle: Condvar,
}

#[derive(Default)]
struct State {
    running: usize,
    has_thread: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn beat(&self) {
        let mut state = self.state();
        while state.running > 0 {
            let waited = self.idle.wait_timeout(state, TICK).unwrap_or_else(PoisonError::into_inner);
            state = waited.0;
            if waited.1.timed_out() {
                self.engine.increment_epoch();
            }
        }
        state.has_thread = false;
    }
}

impl Ticker {
    pub(super) fn new(engine: Engine) -> Self {
        Self(Arc::new(Shared { engine, state: Mutex::default(), idle: Condvar::new() }))
    }

    /// Beats until what this returns is dropped. An error if there is no thread to be had.
    pub(super) fn run(&self) -> io::Result<Running> {
        let mut state = self.0.state();
        if !state.has_thread {
            let shared = self.0.clone();
            std::thread::Builder::new().name("watchdog".to_owned()).spawn(move || shared.beat())?;
            state.has_thread = true;
        }
        state.running += 1;
        Ok(Running(self.0.clone()))
    }
}

/// A program runs.
pub(super) struct Running(Arc<Shared>);

impl Drop for Running {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.running -= 1;
        if state.running == 0 {
            self.0.idle.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has_thread(ticker: &Ticker) -> bool {
        ticker.0.state().has_thread
    }

    #[test]
    fn there_is_a_thread_only_while_something_runs() {
        let ticker = Ticker::new(Engine::default());
        assert!(!has_thread(&ticker));
        let (one, two) = (ticker.run().unwrap(), ticker.run().unwrap());
        drop(one);
        assert!(has_thread(&ticker));
        drop(two);
        while has_thread(&ticker) {
            std::thread::yield_now();
        }
        let _again = ticker.run().unwrap();
        assert!(has_thread(&ticker));
    }
}

//! Option programs in their sandbox: WebAssembly components of the world in `protocol/wit`, each call in a fresh instance with
//! the memory and the work that the signed manifest allows. A program sees what it is passed and nothing else, and whatever
//! it does ends as a [`ProgramFault`] of that call.

mod answer;
mod bindings;
mod cache;
mod host;
#[cfg(test)]
mod tests;
mod ticker;

use std::sync::Arc;
use std::time::Duration;

pub use cache::{CodeCache, CodeEntry};
use protocol::package::ProgramLimits;
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Config, Engine, Store, Trap};

use self::bindings::{PageProgram, PageProgramPre};
use self::host::{Boxes, Host};
use self::ticker::{TICK, Ticker};
use crate::cancel::Cancel;
use crate::page::Page;
use crate::program::{Chosen, Lettering, PageOutcome, Place, ProgramFault, Setting, detail};

/// Largest program, in bytes of WebAssembly.
pub const COMPONENT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Room for the calls of a program, beside its own memory: in bytes of the machine's stack.
const STACK_BYTES: usize = 512 * 1024;
/// Most that a program may hand out at a time, in bytes: the largest page, and findings.
const HANDED_OUT_BYTES_MAX: usize = Page::PIXELS_MAX as usize * 3 + 32 * 1024 * 1024;

/// How programs are run.
#[derive(Debug, Clone)]
pub struct RuntimeConfig {
    /// How long a program may take for a page. By the wall clock, so that work that fuel does not measure ends as well.
    pub watchdog: Duration,
    /// Keeps where in a program a fault happened, for those who write programs: it goes to the log.
    pub backtraces: bool,
}

impl Default for RuntimeConfig {
    fn default() -> Self {
        Self { watchdog: Duration::from_secs(30), backtraces: false }
    }
}

/// This machine cannot run programs.
#[derive(Debug, thiserror::Error)]
#[error("this machine cannot run option programs: {0}")]
pub struct RuntimeError(String);

/// Runs programs. One for each process; clones share it.
#[derive(Clone)]
pub struct Runtime(Arc<Shared>);

struct Shared {
    engine: Engine,
    linker: Linker<Host>,
    ticker: Ticker,
    watchdog_ticks: u32,
    backtraces: bool,
}

impl Runtime {
    /// Without a program yet.
    pub fn new(config: RuntimeConfig) -> Result<Self, RuntimeError> {
        let failed = |error: wasmtime::Error| RuntimeError(error.to_string());
        let engine = Engine::new(&engine_config(config.backtraces)).map_err(failed)?;
        let mut linker = Linker::new(&engine);
        PageProgram::add_to_linker::<_, HasSelf<Host>>(&mut linker, |host| host).map_err(failed)?;
        let ticks = config.watchdog.as_millis().div_ceil(TICK.as_millis());
        let watchdog_ticks = u32::try_from(ticks).unwrap_or(u32::MAX);
        let ticker = Ticker::new(engine.clone());
        Ok(Self(Arc::new(Shared { engine, linker, ticker, watchdog_ticks, backtraces: config.backtraces })))
    }

    /// Compiles a program, which may take a second. [`ProgramFault::Invalid`] if it is no component of the world.
    pub fn compile(&self, component: &[u8], limits: ProgramLimits) -> Result<Program, ProgramFault> {
        // In front of the compiler, which in some builds would take a text for a program.
        if !component.starts_with(b"\0asm") || component.len() > COMPONENT_BYTES_MAX {
            let what = format_args!("not WebAssembly, or longer than {COMPONENT_BYTES_MAX} bytes");
            return Err(ProgramFault::Invalid(what.to_string()));
        }
        let component = Component::from_binary(&self.0.engine, component).map_err(invalid)?;
        self.link(&component, limits)
    }

    /// A program out of the cache; if it is not there, `content` is compiled and kept.
    ///
    /// # Errors
    /// Those of `content`, and those of [`Self::compile`]. What is wrong with the cache is no error.
    pub fn load<C: AsRef<[u8]>, E: From<ProgramFault>>(
        &self,
        entry: &CodeEntry,
        limits: ProgramLimits,
        content: impl FnOnce() -> Result<C, E>,
    ) -> Result<Program, E> {
        if let Some(component) = entry.read(&self.0.engine) {
            return Ok(self.link(&component, limits)?);
        }
        let program = self.compile(content()?.as_ref(), limits)?;
        entry.write(program.pre.instance_pre().component());
        Ok(program)
    }

    fn link(&self, component: &Component, limits: ProgramLimits) -> Result<Program, ProgramFault> {
        let pre = self.0.linker.instantiate_pre(component).map_err(invalid)?;
        let pre = PageProgramPre::new(pre).map_err(invalid)?;
        Ok(Program { runtime: self.clone(), pre, limits })
    }
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Runtime")
    }
}

/// Nothing but computing: no threads, no shared or growing address spaces, no answers that differ between machines.
fn engine_config(backtraces: bool) -> Config {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(STACK_BYTES)
        .concurrency_support(false)
        .wasm_multi_memory(false)
        .wasm_memory64(false)
        .wasm_relaxed_simd(false)
        .wasm_backtrace_max_frames(if backtraces { std::num::NonZeroUsize::new(20) } else { None })
        .generate_address_map(backtraces);
    config
}

fn invalid(error: wasmtime::Error) -> ProgramFault {
    // The chain says which import or export is wrong.
    ProgramFault::Invalid(detail(format_args!("{error:#}")))
}

/// A program, ready to run. Clones share its code.
#[derive(Clone)]
pub struct Program {
    runtime: Runtime,
    pre: PageProgramPre<Host>,
    limits: ProgramLimits,
}

impl Program {
    /// What can be set.
    pub fn describe(&self) -> Result<Vec<Setting>, ProgramFault> {
        let answer = self.enter(Arc::new(Boxes), &Cancel::new(), |store, program| {
            program.kobai_page_program().call_describe(store)
        })?;
        answer::settings(answer.settings)
    }

    /// Lets it try itself on what it carries with it. The formatter sets boxes meanwhile.
    pub fn self_test(&self) -> Result<(), ProgramFault> {
        let answer = self.enter(Arc::new(Boxes), &Cancel::new(), |store, program| {
            program.kobai_page_program().call_self_test(store)
        })?;
        answer.map_err(|why| ProgramFault::Failed(detail(why)))
    }

    /// Lets it work on a page. The settings are those of [`crate::program::complete`].
    pub fn process(
        &self,
        page: &Page,
        settings: &[Chosen],
        place: &Place,
        lettering: Arc<dyn Lettering>,
        cancel: &Cancel,
    ) -> Result<PageOutcome, ProgramFault> {
        let settings: Vec<_> = settings.iter().map(Into::into).collect();
        let answer = self.enter(lettering, cancel, |store, program| {
            program.kobai_page_program().call_process(store, page.into(), &settings, place.into())
        })?;
        answer::outcome(answer, page)
    }

    /// Makes an instance, calls it, and lets nothing of it stay.
    fn enter<T>(
        &self,
        lettering: Arc<dyn Lettering>,
        cancel: &Cancel,
        call: impl FnOnce(&mut Store<Host>, &PageProgram) -> wasmtime::Result<T>,
    ) -> Result<T, ProgramFault> {
        if cancel.is_stopped() {
            return Err(ProgramFault::Cancelled);
        }
        let shared = &self.runtime.0;
        // Without a thread for the watchdog nothing is run.
        let _running = shared.ticker.run().map_err(|_| ProgramFault::OutOfMemory)?;
        let host = Host::new(lettering, cancel.clone(), self.limits, shared.watchdog_ticks);
        let mut store = Store::new(&shared.engine, host);
        store.limiter(Host::limiter);
        store.set_hostcall_fuel(HANDED_OUT_BYTES_MAX);
        store.set_fuel(self.limits.fuel_per_page()).map_err(invalid)?;
        store.epoch_deadline_callback(Host::tick);
        store.set_epoch_deadline(1);
        let instance = self.pre.instantiate(&mut store);
        let program = instance.map_err(|error| self.fault(&error, store.data(), ProgramFault::Invalid))?;
        call(&mut store, &program).map_err(|error| self.fault(&error, store.data(), ProgramFault::Answer))
    }

    /// What an error of the sandbox means; `other` if it is neither a trap nor a limit.
    fn fault(&self, error: &wasmtime::Error, host: &Host, other: fn(String) -> ProgramFault) -> ProgramFault {
        if self.runtime.0.backtraces {
            tracing::info!("{error:?}");
        }
        if let Some(stopped) = host.stopped() {
            return stopped;
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => ProgramFault::OutOfFuel,
            // A program whose memory ran out cannot do much but break off.
            _ if host.was_refused_memory() => ProgramFault::OutOfMemory,
            Some(trap) => ProgramFault::Trap(detail(trap)),
            None => other(detail(error.root_cause())),
        }
    }
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Program({:?})", self.limits)
    }
}

//! The machine's side of a running program: its limits, who may stop it, and the formatter.

use std::sync::Arc;

use protocol::package::ProgramLimits;
use wasmtime::{ResourceLimiter, StoreContextMut, UpdateDeadline};

use super::bindings::kobai::page::{formatter, types};
use crate::cancel::Cancel;
use crate::program::{Lettering, LetteringError, Mask, ProgramFault};

/// Most entries of all tables of a program: addresses of functions.
const TABLE_ELEMENTS_MAX: usize = 200_000;
/// A program is one module, and what the component model puts around it.
const INSTANCES_MAX: usize = 40;
const TABLES_MAX: usize = 40;
const MEMORIES_MAX: usize = 4;

/// What a program's instance has of the machine.
pub(super) struct Host {
    lettering: Arc<dyn Lettering>,
    cancel: Cancel,
    ticks_left: u32,
    stopped: Option<ProgramFault>,
    limiter: Limiter,
}

impl Host {
    pub(super) fn new(
        lettering: Arc<dyn Lettering>,
        cancel: Cancel,
        limits: ProgramLimits,
        watchdog_ticks: u32,
    ) -> Self {
        let limiter =
            Limiter { memory_left: limits.memory_bytes(), elements_left: TABLE_ELEMENTS_MAX, was_refused: false };
        Self { lettering, cancel, ticks_left: watchdog_ticks, stopped: None, limiter }
    }

    pub(super) fn limiter(&mut self) -> &mut dyn ResourceLimiter {
        &mut self.limiter
    }

    /// Why the machine has stopped it, if it has.
    pub(super) fn stopped(&self) -> Option<ProgramFault> {
        self.stopped.clone()
    }

    /// Whether it ever asked for more than it may have.
    pub(super) const fn was_refused_memory(&self) -> bool {
        self.limiter.was_refused
    }

    /// At each beat of the watchdog: may it go on?
    pub(super) fn tick(mut store: StoreContextMut<'_, Self>) -> wasmtime::Result<UpdateDeadline> {
        let host = store.data_mut();
        host.ticks_left = host.ticks_left.saturating_sub(1);
        let stop = match (host.cancel.is_stopped(), host.ticks_left) {
            (true, _) => ProgramFault::Cancelled,
            (false, 0) => ProgramFault::TimedOut,
            _ => return Ok(UpdateDeadline::Continue(1)),
        };
        host.stopped = Some(stop.clone());
        Err(wasmtime::Error::msg(stop))
    }
}

impl types::Host for Host {}

impl formatter::Host for Host {
    fn faces(&mut self) -> Vec<String> {
        self.lettering.faces()
    }

    fn set_line(
        &mut self,
        text: String,
        face: Option<String>,
        pixels_an_em: u32,
    ) -> Result<formatter::Mask, formatter::FormatterError> {
        match self.lettering.set_line(&text, face.as_deref(), pixels_an_em) {
            Ok(Mask { width, height, coverage }) => Ok(formatter::Mask { width, height, coverage }),
            Err(LetteringError::UnknownFace) => Err(formatter::FormatterError::UnknownFace),
            Err(LetteringError::TooLarge) => Err(formatter::FormatterError::TooLarge),
        }
    }
}

/// Counts the memory of all of a program's memories and tables together.
struct Limiter {
    memory_left: usize,
    elements_left: usize,
    was_refused: bool,
}

impl Limiter {
    fn take(left: &mut usize, current: usize, desired: usize) -> bool {
        match left.checked_sub(desired.saturating_sub(current)) {
            Some(rest) => {
                *left = rest;
                true
            }
            None => false,
        }
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let fits = Self::take(&mut self.memory_left, current, desired);
        self.was_refused |= !fits;
        Ok(fits)
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.was_refused = true;
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let fits = Self::take(&mut self.elements_left, current, desired);
        self.was_refused |= !fits;
        Ok(fits)
    }

    fn table_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.was_refused = true;
        Ok(())
    }

    fn instances(&self) -> usize {
        INSTANCES_MAX
    }

    fn tables(&self) -> usize {
        TABLES_MAX
    }

    fn memories(&self) -> usize {
        MEMORIES_MAX
    }
}

/// A formatter for programs that only describe or test themselves: one face, whose every character is a box of half an em.
pub(super) struct Boxes;

impl Lettering for Boxes {
    fn faces(&self) -> Vec<String> {
        vec!["Boxes".to_owned()]
    }

    fn set_line(&self, text: &str, face: Option<&str>, pixels_an_em: u32) -> Result<Mask, LetteringError> {
        use crate::program::{EM_PIXELS_MAX, LINE_CHARS_MAX};
        if face.is_some_and(|face| face != "Boxes") {
            return Err(LetteringError::UnknownFace);
        }
        let count = text.chars().take(LINE_CHARS_MAX + 1).count();
        if count > LINE_CHARS_MAX || pixels_an_em > EM_PIXELS_MAX {
            return Err(LetteringError::TooLarge);
        }
        let (wide, high) = (count * (pixels_an_em as usize / 2), pixels_an_em as usize);
        let width = u32::try_from(wide).map_err(|_| LetteringError::TooLarge)?;
        Ok(Mask { width, height: pixels_an_em, coverage: vec![0xFF; wide * high] })
    }
}

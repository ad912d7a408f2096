//! Room that deleted packages leave in the store: given back when the machine is idle, because that stops everything else.

use super::Core;
use super::effect::Effect;
use super::outcome::Outcome;

/// Less is not worth the trouble: the next download takes it up again.
const WORTH_BYTES: u64 = 8 * 1024 * 1024;
/// Nobody has touched the panel for so long.
const IDLE_MS: u64 = 120_000;

/// What was freed, and when it may be given back.
#[derive(Debug, Clone, Default)]
pub(super) struct Rooms {
    freed_bytes: u64,
    idle_at_ms: u64,
}

impl Rooms {
    /// After power-on: so much was freed and not given back.
    pub(super) fn new(freed_bytes: u64, uptime_ms: u64) -> Self {
        Self { freed_bytes, idle_at_ms: uptime_ms.saturating_add(IDLE_MS) }
    }

    /// A package of this size was deleted.
    pub(super) fn freed(&mut self, bytes: u64, uptime_ms: u64) {
        self.freed_bytes = self.freed_bytes.saturating_add(bytes);
        self.used(uptime_ms);
    }

    /// The machine is in use.
    pub(super) const fn used(&mut self, uptime_ms: u64) {
        self.idle_at_ms = uptime_ms.saturating_add(IDLE_MS);
    }

    /// When the room may be given back, if there is enough of it.
    pub(super) fn due_ms(&self) -> Option<u64> {
        (self.freed_bytes >= WORTH_BYTES).then_some(self.idle_at_ms)
    }
}

impl Core {
    pub(super) fn compact_if_idle(&mut self, out: &mut Outcome) {
        let uptime_ms = self.clock.uptime_ms();
        if self.rooms.due_ms().is_none_or(|due_ms| due_ms > uptime_ms) {
            return;
        }
        let busy = self.transferring.is_some() || self.purchase.is_some() || self.machine.is_running();
        if busy || !self.erasing.is_empty() {
            self.rooms.used(uptime_ms);
        } else {
            self.rooms = Rooms::default();
            out.then(Effect::Compact);
        }
    }
}

//! What ends or locks soon, said before it does. How soon is a choice of the user.

use protocol::Timestamp;
use protocol::time::DAY_MS;
use serde::{Deserialize, Serialize};

use super::Core;
use super::outcome::Outcome;
use super::record::{Change, LicenceRecord, LicenceState};
use super::view::LicenceNote;

/// When the panel warns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WarnAt {
    /// So many uses left, or fewer; 0 is never.
    pub uses: u32,
    /// So many days of 24 hours left, or fewer; 0 is never.
    pub days: u16,
}

impl WarnAt {
    /// Most uses.
    pub const USES_MAX: u32 = 1_000;
    /// Most days.
    pub const DAYS_MAX: u16 = 90;

    const fn ms(self) -> u64 {
        DAY_MS * self.days as u64
    }
}

impl Default for WarnAt {
    fn default() -> Self {
        Self { uses: 3, days: 3 }
    }
}

/// What ends or locks soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Soon {
    /// This many uses are left.
    Uses(u32),
    /// It is over in so many milliseconds.
    Over(u64),
    /// It locks in so many milliseconds unless the vendor is reached before.
    Contact(u64),
}

impl Core {
    /// What the user should know of an installed option before it is too late: these licences, with so much left.
    pub(super) fn soon(&self, left: LicenceNote, row: &[&LicenceRecord]) -> Option<Soon> {
        let (now, warn) = (self.clock.now(), self.settings.warn);
        let little = match left {
            LicenceNote::Uses(left) if left > 0 && left <= warn.uses => Some(Soon::Uses(left)),
            LicenceNote::Time(left_ms) if left_ms <= warn.ms() => Some(Soon::Over(left_ms)),
            _ => None,
        };
        let silent = row.iter().filter(|licence| self.lock_of(licence).is_none());
        let due = silent.filter(|licence| self.contact_soon_at(licence).is_some_and(|from| from <= now));
        let due = due.filter_map(|licence| self.contact_due(licence)).min();
        little.or(due.map(|due| Soon::Contact(due.ms_since(now))))
    }

    /// From when on the end of a period is near.
    fn over_soon_at(&self, licence: &LicenceRecord) -> Option<Timestamp> {
        let warn_ms = self.settings.warn.ms();
        licence.ends_at().filter(|_| warn_ms > 0).map(|end| before(end, warn_ms))
    }

    /// From when on the lock for want of contact is near: not in the first half of its time, whatever the user chose.
    fn contact_soon_at(&self, licence: &LicenceRecord) -> Option<Timestamp> {
        let half_ms = DAY_MS * u64::from(licence.metering?.contact_within_days.get()) / 2;
        let warn_ms = self.settings.warn.ms().min(half_ms);
        self.contact_due(licence).filter(|_| warn_ms > 0).map(|due| before(due, warn_ms))
    }

    /// When a licence that is charged by use locks if the vendor takes no report before.
    pub(super) fn contact_due(&self, licence: &LicenceRecord) -> Option<Timestamp> {
        if licence.state != LicenceState::Active {
            return None;
        }
        // Another vendor takes no report of it.
        let is_own = self.vendor() == Some(licence.vendor);
        let heard_at = self.seal.record.reported_at.filter(|_| is_own).unwrap_or_default().max(licence.issued_at);
        licence.metering.map(|metering| metering.contact_due(heard_at))
    }

    /// When the next warning or lock begins, as uptime in milliseconds.
    pub(super) fn next_soon_ms(&self) -> Option<u64> {
        let now = self.clock.now();
        let active = self.licences.values().filter(|l| l.state == LicenceState::Active);
        let moments = active.flat_map(|l| [self.over_soon_at(l), self.contact_soon_at(l), self.contact_due(l)]);
        let next = moments.flatten().filter(|at| *at > now).min();
        next.map(|at| self.clock.uptime_ms().saturating_add(at.ms_since(now)))
    }

    /// The user chooses when to be warned.
    pub(super) fn warn_at(&mut self, warn: WarnAt, out: &mut Outcome) {
        let uses = warn.uses.min(WarnAt::USES_MAX);
        self.settings.warn = WarnAt { uses, days: warn.days.min(WarnAt::DAYS_MAX) };
        out.change(Change::Settings(self.settings.clone()));
    }
}

fn before(at: Timestamp, ms: u64) -> Timestamp {
    Timestamp::from_ms(at.as_ms().saturating_sub(ms))
}

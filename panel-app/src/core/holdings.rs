//! What the device holds, option by option: licences of one option that were bought one after the other are used one
//! after the other, and are one row with one total.

use std::cmp::Reverse;

use protocol::{LicenceId, LockReason, OptionId, UsageForm, Yen};

use super::Core;
use super::record::{LicenceRecord, LicenceState};
use super::view::{EndReason, InstalledOption, LicenceNote, More};

/// What the licences of one row have in common.
type RowKey<'a> = (&'a OptionId, Option<LockReason>);

impl LicenceRecord {
    /// Licences of one option are used in this order: what costs nothing first, then what ends first.
    pub(super) fn order_of_use(&self) -> (u8, u64, LicenceId) {
        let (class, at) = match self.form {
            UsageForm::Permanent => (0, self.issued_at.as_ms()),
            UsageForm::Days(_) => (1, self.ends_at().map_or(0, protocol::Timestamp::as_ms)),
            UsageForm::Uses(_) => (2, self.issued_at.as_ms()),
            UsageForm::Metered => (3, self.issued_at.as_ms()),
        };
        (class, at, self.id)
    }
}

impl Core {
    /// What is installed, newest first: one row for an option, and one of its own for what is locked of it.
    pub(super) fn installed(&self) -> Vec<InstalledOption> {
        let mut rows: Vec<(RowKey<'_>, Vec<&LicenceRecord>)> = Vec::new();
        let mut held: Vec<&LicenceRecord> = self.licences.values().filter(|l| self.is_held(l)).collect();
        held.sort_by_key(|licence| Reverse((licence.issued_at, licence.id)));
        for licence in held {
            let key = (licence.option_id(), self.shown_lock(licence));
            match rows.iter_mut().find(|(other, _)| *other == key) {
                Some((_, row)) => row.push(licence),
                None => rows.push((key, vec![licence])),
            }
        }
        rows.into_iter().filter_map(|(_, row)| self.installed_row(row)).collect()
    }

    fn installed_row(&self, mut row: Vec<&LicenceRecord>) -> Option<InstalledOption> {
        let newest = row.first()?.option.clone();
        row.sort_by_key(|licence| licence.order_of_use());
        let living = row.iter().find(|licence| licence.state == LicenceState::Active);
        let next = living.or(row.first())?;
        let left = self.left_of(&row);
        let more = match left {
            LicenceNote::Uses(_) => Some(More::TopUp),
            LicenceNote::Time(_) | LicenceNote::TimeAndUses(..) => Some(More::Renew),
            LicenceNote::Unlimited | LicenceNote::Used(_) | LicenceNote::Ending | LicenceNote::Locked(_) => None,
        };
        // What each use costs is no part of what was paid.
        let paid = row.iter().filter(|licence| licence.form != UsageForm::Metered).map(|licence| licence.price);
        let price = if next.form == UsageForm::Metered { Ok(next.price) } else { Yen::checked_sum(paid) };
        Some(InstalledOption {
            licence: next.id,
            option: newest,
            form: next.form,
            price: price.unwrap_or(Yen::MAX),
            since: row.iter().map(|licence| licence.issued_at).min()?,
            left,
            soon: self.soon(left, &row),
            contact_due: row.iter().filter_map(|licence| self.contact_due(licence)).min(),
            licences: row.iter().map(|licence| licence.id).collect(),
            more,
            returnable: self.returnable(&row),
        })
    }

    /// The licences of the row that this one is in.
    pub(super) fn row_of(&self, id: LicenceId) -> Vec<LicenceId> {
        let Some(licence) = self.licences.get(&id) else { return Vec::new() };
        let key = |l: &LicenceRecord| (l.option_id().clone(), self.shown_lock(l));
        let (held, wanted) = (self.licences.values().filter(|l| self.is_held(l)), key(licence));
        held.filter(|l| key(l) == wanted).map(|l| l.id).collect()
    }

    /// What is left of the option of this licence, which may have ended just now.
    pub(super) fn left_with(&self, id: LicenceId) -> Option<LicenceNote> {
        let licence = self.licences.get(&id)?;
        let same = |l: &&LicenceRecord| {
            l.id == id || (l.option_id() == licence.option_id() && self.is_held(l) && self.shown_lock(l).is_none())
        };
        Some(self.left_of(&self.licences.values().filter(same).collect::<Vec<_>>()))
    }

    /// Whether the user still has it: it lives, or a job that began while it lived still runs.
    fn is_held(&self, licence: &LicenceRecord) -> bool {
        match licence.state {
            LicenceState::Active => true,
            LicenceState::Ending(..) => self.machine.uses(licence.id),
            LicenceState::Ended(..) => false,
        }
    }

    fn shown_lock(&self, licence: &LicenceRecord) -> Option<LockReason> {
        self.lock_of(licence).filter(|_| licence.state == LicenceState::Active)
    }

    /// What is left of these licences together, all of one option and alike in being locked or not.
    fn left_of(&self, licences: &[&LicenceRecord]) -> LicenceNote {
        let now = self.clock.now();
        let (mut time_ms, mut uses, mut used) = (None, None, None);
        let mut ended_by = None;
        for licence in licences {
            match (licence.state, licence.form) {
                (LicenceState::Active, _) if self.lock_of(licence).is_some() => {
                    return self.lock_of(licence).map_or(LicenceNote::Ending, LicenceNote::Locked);
                }
                (LicenceState::Active, UsageForm::Permanent) => return LicenceNote::Unlimited,
                (LicenceState::Active, UsageForm::Days(_)) => {
                    let more_ms = licence.ends_at().map_or(0, |end| end.ms_since(now.max(licence.starts_at)));
                    time_ms = Some(time_ms.unwrap_or(0_u64).saturating_add(more_ms));
                }
                (LicenceState::Active, UsageForm::Uses(_)) => {
                    uses = Some(uses.unwrap_or(0_u32).saturating_add(licence.uses_left.unwrap_or(0)));
                }
                (LicenceState::Active, UsageForm::Metered) => {
                    let more = licence.metering.map_or(0, |metering| metering.used);
                    used = Some(used.unwrap_or(0_u64).saturating_add(more));
                }
                (LicenceState::Ending(reason, _) | LicenceState::Ended(reason, _), _) => ended_by = Some(reason),
            }
        }
        match (time_ms, uses) {
            (None, None) if used.is_some() => LicenceNote::Used(used.unwrap_or(0)),
            (Some(time_ms), Some(uses)) => LicenceNote::TimeAndUses(time_ms, uses),
            (Some(time_ms), None) => LicenceNote::Time(time_ms),
            (None, Some(uses)) => LicenceNote::Uses(uses),
            (None, None) if ended_by == Some(EndReason::UsedUp) => LicenceNote::Uses(0),
            (None, None) => LicenceNote::Ending,
        }
    }
}

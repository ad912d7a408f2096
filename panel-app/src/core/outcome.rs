//! Collects what one step does, so that its changes become one transaction and nothing is granted before it.

use protocol::{ContentKey, LicenceId};

use super::effect::Effect;
use super::record::Change;

/// The effects of one step, in the making.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    keys: Vec<(LicenceId, ContentKey)>,
    changes: Vec<Change>,
    /// The seal alone has changed.
    touched: bool,
    then: Vec<Effect>,
}

impl Outcome {
    /// Keep this key before the changes are written.
    pub(super) fn keep_key(&mut self, licence: LicenceId, key: ContentKey) {
        self.keys.push((licence, key));
    }

    /// Write this, in the step's one transaction.
    pub(super) fn change(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Write the seal, along with the changes if there are any.
    pub(super) const fn touch(&mut self) {
        self.touched = true;
    }

    /// Whether there is anything to write.
    pub(super) fn is_written(&self) -> bool {
        self.touched || !self.changes.is_empty()
    }

    /// Do this once the changes are durable.
    pub(super) fn then(&mut self, effect: Effect) {
        self.then.push(effect);
    }

    /// All effects in the order in which they must be carried out. `seal` makes the record that seals the changes.
    pub(super) fn into_effects(self, seal: impl FnOnce(&[Change]) -> Change) -> Vec<Effect> {
        let is_written = self.is_written();
        let mut effects: Vec<Effect> =
            self.keys.into_iter().map(|(licence, key)| Effect::KeepKey(licence, key)).collect();
        if is_written {
            let mut changes = self.changes;
            changes.push(seal(&changes));
            effects.push(Effect::Persist(changes));
        }
        effects.extend(self.then);
        effects
    }
}

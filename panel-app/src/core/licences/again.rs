//! Licences that are fetched again, at no charge: the key is lost along with the vault, or the vendor has released a
//! licence whose record here is not to be trusted.

use protocol::message::device::{DeviceReply, DeviceRequest};
use protocol::refusal::Retry;
use protocol::{Licence, LicenceId, LockReason, Metering, Refusal, RefusalCode, Signed};

use super::uses_left;
use crate::core::Core;
use crate::core::effect::{Ask, Effect, LinkFault};
use crate::core::outcome::Outcome;
use crate::core::record::{Change, LicenceState};
use crate::core::view::EndReason;

/// The vendor could not be asked.
pub(super) const SOON_MS: u64 = 120_000;
/// The vendor said no, for now.
pub(super) const LATER_MS: u64 = 60 * 60 * 1_000;

impl Core {
    /// Puts every licence that is to be fetched again on the list.
    pub(in crate::core) fn hunt_keys(&mut self) {
        let vendor = self.vendor();
        let wanted = |id: &LicenceId| {
            self.licences.get(id).filter(|licence| Some(licence.vendor) == vendor).is_some_and(|licence| {
                let keyless = licence.lock.is_none() && !self.keys.contains(id);
                licence.state == LicenceState::Active && (keyless || self.released.contains(id))
            })
        };
        let found: Vec<LicenceId> = self.licences.keys().filter(|id| wanted(id)).copied().collect();
        for id in found {
            self.hunted.entry(id).or_insert(0);
        }
    }

    /// When the next one is asked for, as uptime in milliseconds.
    pub(in crate::core) fn next_hunt_ms(&self) -> Option<u64> {
        let due_ms = self.hunted.values().min().copied();
        due_ms.filter(|at_ms| self.enrolment.is_some() && *at_ms != u64::MAX)
    }

    pub(in crate::core) fn hunt_what_is_due(&mut self, out: &mut Outcome) {
        let uptime_ms = self.clock.uptime_ms();
        if self.enrolment.is_none() {
            return;
        }
        for (licence, at_ms) in self.hunted.iter_mut().filter(|(_, at_ms)| **at_ms <= uptime_ms) {
            // Until it is answered.
            *at_ms = u64::MAX;
            out.then(Effect::Ask(Ask::Licence(*licence), DeviceRequest::Licence { licence: *licence }));
        }
    }

    pub(in crate::core) fn licence_answered(
        &mut self,
        id: LicenceId,
        answer: Result<Result<DeviceReply, Refusal>, LinkFault>,
        out: &mut Outcome,
    ) {
        let Some(at_ms) = self.hunted.get_mut(&id) else { return };
        let uptime_ms = self.clock.uptime_ms();
        *at_ms = uptime_ms.saturating_add(LATER_MS);
        match answer {
            Ok(Ok(DeviceReply::Licensed(signed))) => self.licensed_again(id, &signed, out),
            Ok(Err(refusal)) if refusal.code == RefusalCode::LicenceEnded => self.end(id, EndReason::Revoked, out),
            Ok(Err(refusal)) if refusal.code.retry() == Retry::Later => *at_ms = uptime_ms.saturating_add(SOON_MS),
            Err(LinkFault::Lost) => *at_ms = uptime_ms.saturating_add(SOON_MS),
            _ => {}
        }
    }

    /// It has come and could not be kept.
    pub(in crate::core) fn hunt_not_written(&mut self, id: LicenceId) {
        if let Some(at_ms) = self.hunted.get_mut(&id) {
            *at_ms = self.clock.uptime_ms().saturating_add(SOON_MS);
        }
    }

    /// The device has a new certificate: what was refused may be granted now.
    pub(in crate::core) fn hunt_at_once(&mut self) {
        self.hunted.values_mut().filter(|at_ms| **at_ms != u64::MAX).for_each(|at_ms| *at_ms = 0);
    }

    /// None of them has been asked for.
    pub(in crate::core) fn hunts_not_written(&mut self) {
        let soon_ms = self.clock.uptime_ms().saturating_add(SOON_MS);
        self.hunted.values_mut().for_each(|at_ms| *at_ms = soon_ms);
    }

    /// Everything that the vendor has signed counts; of this device's own record only what the signature covers too.
    fn licensed_again(&mut self, id: LicenceId, signed: &Signed<Licence>, out: &mut Outcome) {
        let Some(enrolment) = &self.enrolment else { return };
        let Some(licence) = self.trust.verify(signed) else { return };
        let Some(record) = self.licences.get_mut(&id) else { return };
        let genuine = licence.id == id
            && licence.device == enrolment.serial
            && licence.device_key == enrolment.device_key
            && licence.package == record.manifest.digest()
            && record.state == LicenceState::Active;
        if !genuine {
            return;
        }
        if self.released.remove(&id) {
            (record.form, record.price) = (licence.form, licence.price);
            (record.issued_at, record.starts_at) = (licence.issued_at, licence.starts_at);
            record.return_until = licence.return_until;
            (record.option.id, record.option.version) = (licence.option.clone(), licence.version);
            record.option.kind = record.manifest.kind();
            record.uses_left = uses_left(&licence);
            record.metering = licence.metering.map(|metering| Metering {
                // A genuine record may know of uses that the vendor has not heard of; what is edited says nothing.
                used: match (record.metering, record.lock) {
                    (Some(own), lock) if lock != Some(LockReason::Edited) => own.used.max(metering.used),
                    _ => metering.used,
                },
                ..metering
            });
            record.lock = None;
            out.change(Change::Licence(record.clone().into()));
        }
        self.hunted.remove(&id);
        self.keys.insert(id);
        out.keep_key(id, licence.content_key);
    }
}

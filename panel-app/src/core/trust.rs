//! Whose signatures count: the vendor's list of keys, which the pinned root has signed. It is fetched anew when the vendor
//! tells of a newer one or signs with a key that the list does not know; an answer that brought such a key waits meanwhile.

use std::sync::Arc;

use protocol::keys::{RootKey, RootSigned};
use protocol::message::device::{DeviceReply, DeviceRequest};
use protocol::signed::Signable;
use protocol::time::HOUR_MS;
use protocol::{KeyId, KeyList, KeyRing, Refusal, Signed};

use super::Core;
use super::effect::{Ask, Effect, LinkFault, Moment};
use super::outcome::Outcome;
use super::record::{Change, Enrolment};

/// A panel that stays on asks again who it is to the vendor, and with it for the version of the list, when it goes
/// shopping and has not asked for so long.
const HELLO_AGAIN_MS: u64 = HOUR_MS;

/// The list, and what waits for a newer one.
#[derive(Debug, Clone, Default)]
pub(super) struct Trust {
    ring: Option<Arc<KeyRing>>,
    asking: bool,
    waiting: Vec<(Ask, DeviceReply)>,
    /// When the vendor was last asked who this is, as uptime.
    hello_ms: Option<u64>,
}

impl Trust {
    pub(super) fn new(list: Option<&RootSigned<KeyList>>, enrolment: Option<&Enrolment>) -> Self {
        let ring = list.zip(enrolment).and_then(|(list, e)| KeyRing::open(list, &e.root_key).ok());
        Self { ring: ring.map(Arc::new), ..Self::default() }
    }

    /// The value, if a key signed it that counts.
    pub(super) fn verify<T: Signable>(&self, signed: &Signed<T>) -> Option<T> {
        self.ring.as_ref()?.verify(signed).ok()
    }

    /// Whether signatures of this key count.
    pub(super) fn is_in_force(&self, key: KeyId) -> bool {
        self.ring.as_ref().is_some_and(|ring| ring.is_in_force(key))
    }

    fn version(&self) -> u64 {
        self.ring.as_ref().map_or(0, |ring| ring.version())
    }

    /// Whether the answer is signed with a key that only a newer list can know.
    fn lacks_key_of(&self, reply: &DeviceReply) -> bool {
        let lacks = |key| self.ring.as_ref().is_none_or(|ring| ring.may_be_newer(key));
        match reply {
            DeviceReply::Catalogue(signed) => lacks(signed.key()),
            DeviceReply::Authorised(authorised) => lacks(authorised.manifest.key()) || lacks(authorised.ticket.key()),
            DeviceReply::Licensed(signed) => lacks(signed.key()),
            DeviceReply::Restored(r) => lacks(r.licence.key()) || lacks(r.manifest.key()) || lacks(r.ticket.key()),
            _ => false,
        }
    }

    /// Takes a list, if the root has signed it and it is newer. Whether it is.
    fn take(&mut self, list: &RootSigned<KeyList>, root: &RootKey) -> bool {
        let is_next = |ring: &KeyRing| {
            self.ring.as_ref().is_none_or(|known| ring.version() > known.version() && !ring.revives_a_key_of(known))
        };
        let newer = KeyRing::open(list, root).ok().filter(is_next);
        let taken = newer.is_some();
        self.ring = newer.map(Arc::new).or(self.ring.take());
        taken
    }
}

impl Core {
    /// Fetches a newer list first, if the answer is signed with a key that this one does not know.
    pub(super) fn wait_for_keys(&mut self, ask: Ask, reply: &DeviceReply, out: &mut Outcome) -> bool {
        let waits = self.trust.lacks_key_of(reply);
        if waits {
            self.trust.waiting.push((ask, reply.clone()));
            self.ask_keys(out);
        }
        waits
    }

    fn ask_keys(&mut self, out: &mut Outcome) {
        if !std::mem::replace(&mut self.trust.asking, true) {
            out.then(Effect::Ask(Ask::Keys, DeviceRequest::Keys));
        }
    }

    pub(super) fn keys_answered(
        &mut self,
        answer: Result<Result<DeviceReply, Refusal>, LinkFault>,
        moment: Moment,
        out: &mut Outcome,
    ) {
        self.trust.asking = false;
        if let Ok(Ok(DeviceReply::Keys(list))) = &answer {
            self.take_keys(list, out);
        }
        // Judged by the list that there is now: nobody waits twice.
        for (ask, reply) in std::mem::take(&mut self.trust.waiting) {
            let settled = match &answer {
                Ok(Ok(_)) => Ok(Ok(reply)),
                Ok(Err(refusal)) => Ok(Err(refusal.clone())),
                Err(fault) => Err(*fault),
            };
            self.settle_answer(ask, settled, moment, out);
        }
    }

    fn take_keys(&mut self, list: &RootSigned<KeyList>, out: &mut Outcome) {
        let Some(root) = self.enrolment.as_ref().map(|e| e.root_key) else { return };
        if self.trust.take(list, &root) {
            out.change(Change::Keys(list.clone()));
            self.shop.forget_keys(&self.trust);
        }
    }

    /// The list that came with an enrolment. One vendor's list never goes back, not even by enrolling again.
    pub(super) fn trust_enrolment(&mut self, enrolment: &Enrolment, list: &RootSigned<KeyList>, out: &mut Outcome) {
        if self.enrolment.as_ref().is_none_or(|e| e.root_key != enrolment.root_key) {
            self.trust.ring = None;
        }
        self.enrolment = Some(enrolment.clone());
        self.take_keys(list, out);
    }

    /// The vendor has told the version of its list.
    pub(super) fn keys_version_told(&mut self, version: u64, out: &mut Outcome) {
        if version > self.trust.version() {
            self.ask_keys(out);
        }
    }

    pub(super) fn say_hello(&mut self, out: &mut Outcome) {
        self.trust.hello_ms = Some(self.clock.uptime_ms());
        out.then(Effect::Ask(Ask::Hello, DeviceRequest::Hello));
    }

    pub(super) fn say_hello_if_due(&mut self, out: &mut Outcome) {
        let uptime_ms = self.clock.uptime_ms();
        if self.trust.hello_ms.is_none_or(|at_ms| uptime_ms.saturating_sub(at_ms) >= HELLO_AGAIN_MS) {
            self.say_hello(out);
        }
    }

    /// The newer list could not be kept; what waited for it, which is to be asked for again.
    pub(super) fn keys_not_written(&mut self) -> Vec<Ask> {
        self.trust.asking = false;
        std::mem::take(&mut self.trust.waiting).into_iter().map(|(ask, _)| ask).collect()
    }
}

//! Licences on the device: taken in, used, ended, erased. All of it works without the vendor.

mod again;
mod restore;
mod returns;

use protocol::message::device::Authorised;
use protocol::{Licence, LicenceId, LockReason, OptionId, OrderId, RefusalCode, Signed, UsageForm};

use super::Core;
use super::effect::{Effect, StorageFault};
use super::outcome::Outcome;
use super::present::Page;
use super::record::{Abandoned, AuthorisedOrder, Change, LicenceRecord, LicenceState, ReceiptState, Stage};
use super::view::{EndReason, Failure, FailureAdvice};

pub use restore::Restoration;
pub(super) use restore::Restoring;

/// Ended licences that are kept to be looked at.
const ENDED_LICENCES_MAX: usize = 100;
/// How soon to try again to erase.
const ERASE_AGAIN_MS: u64 = 30_000;

impl Core {
    /// The vendor says yes. Only what its keys have signed, for this order and this device, is taken in.
    pub(super) fn authorised(&mut self, id: OrderId, authorised: &Authorised, out: &mut Outcome) {
        let Some(genuine) = self.check_authorised(id, authorised) else {
            self.stop(id, Failure::NotGenuine, FailureAdvice::GiveUp);
            return;
        };
        let preselected = self.on_screen(id).and_then(|p| p.preselected);
        if let Some(form) = preselected.filter(|form| genuine.offers.find(*form).is_none()) {
            let shown = self.orders.get(&id).and_then(|order| order.shown_offers.find(form));
            let was_tried = shown.is_some_and(|offer| offer.trial);
            let code = if was_tried { RefusalCode::TrialUsed } else { RefusalCode::OfferNotAvailable };
            self.abandon(id, Abandoned::Cancelled, out);
            self.stop(id, Failure::Refused(code), FailureAdvice::StartAgain);
            return;
        }
        let Some(order) = self.orders.get_mut(&id) else { return };
        order.option.version = genuine.manifest.version;
        order.option.stored_bytes = genuine.manifest.stored_bytes();
        order.authorised = Some(genuine);
        self.set_stage(id, Stage::Downloading, out);
        self.start_transfer(id, out);
    }

    fn check_authorised(&self, id: OrderId, authorised: &Authorised) -> Option<AuthorisedOrder> {
        let (order, enrolment) = (self.orders.get(&id)?, self.enrolment.as_ref()?);
        let manifest = self.trust.verify(&authorised.manifest)?;
        let ticket = self.trust.verify(&authorised.ticket)?;
        let expected = match &order.authorised {
            // An order is answered alike for ever.
            Some(before) => manifest == before.manifest && authorised.offers == before.offers,
            // Nothing older than what the user saw in the catalogue.
            None => manifest.version >= order.option.version,
        };
        let genuine = expected
            && authorised.order == id
            && manifest.option == order.option.id
            && manifest.kind() == order.option.kind
            && ticket.order == id
            && ticket.device == enrolment.serial
            && ticket.package == manifest.digest()
            && ticket.chunk_count == manifest.chunk_count();
        genuine.then(|| AuthorisedOrder {
            manifest,
            offers: authorised.offers.clone(),
            ticket: authorised.ticket.clone(),
            content_server: authorised.content_server.as_ref().map(ToString::to_string),
        })
    }

    /// The licence is here: the key first, then licence and order in one transaction.
    pub(super) fn licensed(&mut self, id: OrderId, signed: &Signed<Licence>, out: &mut Outcome) {
        let Some((licence, record)) = self.check_licence(id, signed) else {
            // It may be paid for, so it is not given up; asked again, the vendor answers alike.
            self.stop(id, Failure::NotGenuine, FailureAdvice::Continue);
            return;
        };
        let offers = self.orders.get(&id).and_then(|order| order.authorised.as_ref()).map(|a| a.offers.clone());
        let offer = offers.and_then(|offers| offers.find(record.form));
        let offer = offer.unwrap_or(protocol::Offer::new(record.form, record.price));
        self.keys.insert(licence.id);
        self.background.remove(&id);
        self.set_stage(id, Stage::Done(record.form, record.price), out);
        let option = record.option.clone();
        out.keep_key(licence.id, licence.content_key.clone());
        out.change(Change::Licence(record.clone().into()));
        let is_permanent = record.form == UsageForm::Permanent;
        self.licences.insert(licence.id, record);
        if is_permanent {
            self.end_what_is_replaced(licence.id, out);
        }
        if let Some(purchase) = self.purchase.take_if(|p| p.order == id) {
            self.page = Page::Done { option, offer, order: id, wanted_by: purchase.wanted_by };
        }
    }

    fn check_licence(&self, id: OrderId, signed: &Signed<Licence>) -> Option<(Licence, LicenceRecord)> {
        let (order, enrolment) = (self.orders.get(&id)?, self.enrolment.as_ref()?);
        let (Stage::Buying(form), Some(authorised)) = (order.stage, &order.authorised) else { return None };
        let licence = self.trust.verify(signed)?;
        let genuine = licence.id == LicenceId::from(id)
            && licence.device == enrolment.serial
            && licence.device_key == enrolment.device_key
            && licence.option == order.option.id
            && licence.version == authorised.manifest.version
            && licence.package == authorised.manifest.digest()
            && licence.form == form
            && licence.metering.is_some() == (form == UsageForm::Metered)
            && authorised.offers.find(form).map(|offer| offer.price) == Some(licence.price);
        let record = LicenceRecord::granted(&licence, order.option.clone(), authorised.manifest.clone(), order.vendor);
        genuine.then_some((licence, record))
    }

    /// The licence that a job should use.
    pub(super) fn usable_licence(&self, option: &OptionId) -> Option<&LicenceRecord> {
        self.best_licence(|licence| licence.option_id() == option)
    }

    /// Whether a job may use it now.
    pub(super) fn is_usable(&self, licence: &LicenceRecord) -> bool {
        let now = self.clock.now();
        licence.state == LicenceState::Active
            && licence.has_begun(now)
            && licence.ends_at().is_none_or(|end| end > now)
            && self.lock_of(licence).is_none()
    }

    /// The licence that a job should use among those that suit: the first in the order of use.
    pub(super) fn best_licence(&self, suits: impl Fn(&LicenceRecord) -> bool) -> Option<&LicenceRecord> {
        self.licences.values().filter(|l| suits(l) && self.is_usable(l)).min_by_key(|l| l.order_of_use())
    }

    /// The licence by period that the next period of the option shall follow, so that no day is lost.
    pub(super) fn last_period(&self, option: &OptionId) -> Option<LicenceId> {
        let now = self.clock.now();
        let vendor = self.vendor();
        let periods = self.licences.values().filter(|l| {
            let own = l.option_id() == option && Some(l.vendor) == vendor;
            own && l.state == LicenceState::Active && l.lock.is_none() && l.ends_at() > Some(now)
        });
        periods.max_by_key(|l| l.ends_at()).map(|l| l.id)
    }

    /// The option is there for ever now: what is left of it by count or by period is not needed any more.
    fn end_what_is_replaced(&mut self, by: LicenceId, out: &mut Outcome) {
        let Some(new) = self.licences.get(&by) else { return };
        // What the vendor must decide about waits for that.
        let is_replaced = |l: &&LicenceRecord| {
            let same = l.option_id() == new.option_id() && l.vendor == new.vendor;
            same && l.state == LicenceState::Active && l.lock.is_none() && l.form != UsageForm::Permanent
        };
        let replaced: Vec<LicenceId> = self.licences.values().filter(is_replaced).map(|l| l.id).collect();
        for id in replaced {
            self.end(id, EndReason::Replaced, out);
        }
    }

    /// Whether there is a licence that suits and would do if it were not locked.
    pub(super) fn has_locked(&self, suits: impl Fn(&LicenceRecord) -> bool) -> bool {
        let mut active = self.licences.values().filter(|l| l.state == LicenceState::Active && suits(l));
        active.any(|l| self.lock_of(l).is_some())
    }

    /// Why a licence that has not ended may not be used.
    pub(super) fn lock_of(&self, licence: &LicenceRecord) -> Option<LockReason> {
        let doubtful = || self.clock.doubt().zip(licence.ends_at()).is_some_and(|(claim, end)| claim >= end);
        let unheard = || self.contact_due(licence).is_some_and(|due| due <= self.clock.now());
        let silent = || unheard().then_some(LockReason::ContactDue);
        licence
            .lock
            .or_else(|| doubtful().then_some(LockReason::ClockInDoubt))
            .or_else(|| {
                let keyless = licence.state == LicenceState::Active && !self.keys.contains(&licence.id);
                keyless.then_some(LockReason::KeyMissing)
            })
            .or_else(|| self.restoring.is_incomplete(licence.id).then_some(LockReason::PackageMissing))
            .or_else(silent)
    }

    /// One use of a licence by count is spent, and the last one ends it; one of a licence that is charged by use is
    /// counted, also if it has ended meanwhile. Part of the transaction that holds the result.
    pub(super) fn spend_use(&mut self, id: LicenceId, out: &mut Outcome) {
        let Some(licence) = self.licences.get_mut(&id) else { return };
        let is_first = !std::mem::replace(&mut licence.was_used, true);
        if let Some(metering) = &mut licence.metering {
            metering.used = metering.used.saturating_add(1);
            out.change(Change::Licence(licence.clone().into()));
            return;
        }
        licence.uses_left = licence.uses_left.map(|left| left.saturating_sub(1));
        if licence.uses_left == Some(0) && licence.state == LicenceState::Active {
            self.end(id, EndReason::UsedUp, out);
        } else if is_first || licence.uses_left.is_some() {
            out.change(Change::Licence(licence.clone().into()));
        }
    }

    /// The user removes a row of what is installed.
    pub(super) fn remove(&mut self, id: LicenceId, out: &mut Outcome) {
        for id in self.row_of(id) {
            if self.licences.get(&id).is_some_and(|l| l.state == LicenceState::Active) {
                self.end(id, EndReason::Removed, out);
            }
        }
    }

    /// Ends a licence: durable first, then erased, unless a job still uses it.
    pub(super) fn end(&mut self, id: LicenceId, reason: EndReason, out: &mut Outcome) {
        let now = self.clock.now();
        let Some(licence) = self.licences.get_mut(&id) else { return };
        licence.state = LicenceState::Ending(reason, now);
        out.change(Change::Licence(licence.clone().into()));
        self.erase_if_idle(id, out);
    }

    /// Starts to erase an ended licence, unless a job still uses it or it is being erased already.
    pub(super) fn erase_if_idle(&mut self, id: LicenceId, out: &mut Outcome) {
        let Some(licence) = self.licences.get(&id) else { return };
        if !matches!(licence.state, LicenceState::Ending(..)) || self.machine.uses(id) || !self.erasing.insert(id) {
            return;
        }
        let package = licence.manifest.digest();
        self.stop_restoring(id, out);
        let Some(licence) = self.licences.get(&id) else { return };
        let unused = self.is_unused(&package).then_some(package);
        if unused.is_some() {
            self.packages.remove(&package);
            self.rooms.freed(licence.manifest.stored_bytes(), self.clock.uptime_ms());
        }
        self.hunted.remove(&id);
        out.then(Effect::Erase(id, unused));
    }

    pub(super) fn erased(&mut self, id: LicenceId, outcome: Result<(), StorageFault>, out: &mut Outcome) {
        self.erasing.remove(&id);
        if outcome.is_err() {
            self.erase_again_ms = Some(self.clock.uptime_ms() + ERASE_AGAIN_MS);
            return;
        }
        self.keys.remove(&id);
        let now = self.clock.now();
        if let Some(licence) = self.licences.get_mut(&id)
            && let LicenceState::Ending(reason, at) = licence.state
        {
            licence.state = LicenceState::Ended(reason, at);
            licence.receipt = ReceiptState::Due(now);
            out.change(Change::Licence(licence.clone().into()));
            // What is credited, and whoever gets what is left, waits for the receipt.
            if matches!(reason, EndReason::Returned | EndReason::Moved) {
                self.report_within(0);
            }
            self.forget_old_licences(out);
        }
    }

    /// Whatever has ended and is not erased is erased after a while.
    pub(super) fn erase_later(&mut self) {
        if self.licences.values().any(|l| matches!(l.state, LicenceState::Ending(..))) {
            self.erase_again_ms = Some(self.clock.uptime_ms() + ERASE_AGAIN_MS);
        }
    }

    fn forget_old_licences(&mut self, out: &mut Outcome) {
        // A receipt that the vendor does not have yet is kept for it.
        let is_ended = |l: &&LicenceRecord| {
            matches!(l.state, LicenceState::Ended(..)) && !matches!(l.receipt, ReceiptState::Due(_))
        };
        let ended: Vec<LicenceId> = self.licences.values().filter(is_ended).map(|l| l.id).collect();
        for id in ended.iter().take(ended.len().saturating_sub(ENDED_LICENCES_MAX)) {
            self.licences.remove(id);
            out.change(Change::ForgetLicence(*id));
        }
    }

    /// When the next period is over, as uptime in milliseconds.
    pub(super) fn next_end_ms(&self) -> Option<u64> {
        let now = self.clock.now();
        let active = self.licences.values().filter(|l| l.state == LicenceState::Active && ends_by_itself(l));
        active.filter_map(LicenceRecord::ends_at).min().map(|end| self.clock.uptime_ms() + end.ms_since(now))
    }

    /// Ends what is over and goes on erasing what could not be erased.
    pub(super) fn end_what_is_over(&mut self, out: &mut Outcome) {
        let now = self.clock.now();
        let is_over = |l: &&LicenceRecord| {
            l.state == LicenceState::Active && ends_by_itself(l) && l.ends_at().is_some_and(|end| end <= now)
        };
        let over: Vec<LicenceId> = self.licences.values().filter(is_over).map(|l| l.id).collect();
        for id in over {
            self.end(id, EndReason::PeriodOver, out);
        }
        if self.erase_again_ms.is_some_and(|at_ms| at_ms <= self.clock.uptime_ms()) {
            self.erase_again_ms = None;
            self.erase_what_has_ended(out);
        }
    }

    pub(super) fn erase_what_has_ended(&mut self, out: &mut Outcome) {
        let is_ending = |l: &&LicenceRecord| matches!(l.state, LicenceState::Ending(..));
        let ending: Vec<LicenceId> = self.licences.values().filter(is_ending).map(|l| l.id).collect();
        for id in ending {
            self.erase_if_idle(id, out);
        }
    }
}

/// What the vendor must decide about does not end by itself: its record may not even be true. A suspended one's is.
fn ends_by_itself(licence: &LicenceRecord) -> bool {
    matches!(licence.lock, None | Some(LockReason::Suspended))
}

/// What a licence by count starts with on this device.
pub(super) fn uses_left(licence: &Licence) -> Option<u32> {
    match licence.form {
        UsageForm::Uses(uses) => Some(licence.uses_left.map_or(uses.get(), |left| left.min(uses.get()))),
        UsageForm::Permanent | UsageForm::Days(_) | UsageForm::Metered => None,
    }
}

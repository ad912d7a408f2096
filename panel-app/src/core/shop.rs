//! Before a purchase: enrolment, the catalogue, the Offer screen, the contract user ID.

use std::sync::Arc;

use protocol::message::device::{Catalogue, CatalogueEntry, DeviceReply, DeviceRequest};
use protocol::{
    ContractPin, ContractUserId, FailureCode, OfferList, OptionId, Refusal, RefusalCode, Signed, Timestamp, UsageForm,
};

use super::clock::Clock;
use super::command::{EnrolForm, Place};
use super::effect::{Ask, Effect, LinkFault, Moment, StorageFault};
use super::outcome::Outcome;
use super::present::Page;
use super::purchase::{Payer, Purchase, storage_failure};
use super::record::{CatalogueRecord, Change, Enrolled, JobId, Mark};
use super::trust::Trust;
use super::view::{Failure, OptionSummary};
use super::{Core, Entries, LinkState};

/// What is known of the catalogue.
#[derive(Debug, Clone, Default)]
pub(super) struct Shop {
    /// What is accepted no more.
    marks: Vec<Mark>,
    /// The uptime at which the vendor was last heard with an accepted catalogue, or at which the panel started.
    heard_ms: u64,
    /// The newest catalogue as it came.
    signed: Option<Signed<Catalogue>>,
    expires_at: Timestamp,
    pub(super) entries: Option<Entries>,
    pub(super) fetching: bool,
    pub(super) failure: Option<Failure>,
    /// What to do as soon as the catalogue is here.
    awaiting: Option<Awaiting>,
}

/// What could not be done before the catalogue is here.
#[derive(Debug, Clone)]
pub(super) enum Awaiting {
    Offer(OptionId),
    /// What a job waits for.
    Need(JobId),
    Buy(OptionId, UsageForm, Option<Payer>),
}

impl Shop {
    pub(super) fn new(record: Option<CatalogueRecord>, trust: &Trust, clock: &Clock) -> Self {
        let mut shop = Self { heard_ms: clock.uptime_ms(), ..Self::default() };
        if let Some(CatalogueRecord { signed, marks }) = record {
            let known = trust.verify(&signed).filter(|catalogue| catalogue.expires_at > clock.now());
            if let Some(catalogue) = known {
                shop.keep(signed, catalogue);
            }
            shop.marks = marks;
            shop.forget_keys(trust);
        }
        shop
    }

    fn keep(&mut self, signed: Signed<Catalogue>, catalogue: Catalogue) {
        self.signed = Some(signed);
        self.expires_at = catalogue.expires_at;
        self.entries = Some(Arc::new(catalogue.entries));
    }

    fn forget_entries(&mut self) {
        (self.signed, self.entries) = (None, None);
    }

    /// What a key has signed that counts no more is worth nothing, and holds nothing up.
    pub(super) fn forget_keys(&mut self, trust: &Trust) {
        self.marks.retain(|mark| trust.is_in_force(mark.key));
        if self.signed.as_ref().is_some_and(|signed| !trust.is_in_force(signed.key())) {
            self.forget_entries();
        }
    }

    /// The highest version that a key in force has signed.
    fn version(&self) -> u64 {
        self.marks.iter().map(|mark| mark.version).max().unwrap_or_default()
    }

    /// The vendor's time is at least this: when it was last heard with a catalogue that was accepted, and what has passed
    /// since. The panel's own clock has no part in it: set wrong, it must not close the store.
    fn vendor_time(&self, uptime_ms: u64) -> Timestamp {
        let heard_at = self.marks.iter().map(|mark| mark.heard_at).max().unwrap_or_default();
        heard_at.plus_ms(uptime_ms.saturating_sub(self.heard_ms))
    }

    /// Takes a catalogue that was verified and came at `now` by the vendor's clock. What is to be written, if it is new.
    fn take(
        &mut self,
        signed: Signed<Catalogue>,
        catalogue: Catalogue,
        now: Timestamp,
        uptime_ms: u64,
    ) -> Result<Option<CatalogueRecord>, Failure> {
        if catalogue.entries.len() > Catalogue::ENTRIES_MAX {
            return Err(Failure::NotGenuine);
        }
        let now = now.max(self.vendor_time(uptime_ms));
        if catalogue.version < self.version() || catalogue.expires_at <= now {
            return Err(Failure::Outdated);
        }
        self.marks.retain(|mark| mark.key != signed.key());
        self.marks.push(Mark { key: signed.key(), version: catalogue.version, heard_at: now });
        self.heard_ms = uptime_ms;
        let is_new = self.signed.as_ref() != Some(&signed);
        self.keep(signed.clone(), catalogue);
        Ok(is_new.then(|| CatalogueRecord { signed, marks: self.marks.clone() }))
    }

    pub(super) fn is_known(&self) -> bool {
        self.entries.is_some()
    }

    pub(super) fn entry(&self, option: &OptionId) -> Option<&CatalogueEntry> {
        self.entries.as_ref()?.iter().find(|entry| entry.option == *option)
    }

    pub(super) fn offers(&self, option: &OptionId) -> Option<OfferList> {
        self.entry(option).map(|entry| entry.offers.clone())
    }
}

impl From<&CatalogueEntry> for OptionSummary {
    fn from(entry: &CatalogueEntry) -> Self {
        Self {
            id: entry.option.clone(),
            name: entry.name.clone(),
            description: entry.description.clone(),
            kind: entry.kind,
            version: entry.version,
            stored_bytes: entry.stored_bytes,
        }
    }
}

impl Core {
    pub(super) fn go(&mut self, place: Place, out: &mut Outcome) {
        if self.purchase.is_some() {
            return;
        }
        self.shop.awaiting = None;
        self.forget_failed_return();
        self.page = match place {
            Place::Home => Page::Home,
            Place::Store => {
                self.fetch_catalogue(out);
                Page::Store
            }
            Place::MyOptions => Page::MyOptions,
            Place::Settings => Page::Settings,
            Place::ServerAddress => Page::ServerAddress { busy: false, failed: None },
            Place::Job(kind) => {
                self.open_machine(kind, out);
                self.fetch_catalogue(out);
                Page::Job
            }
            Place::Jobs => Page::Jobs,
        };
    }

    pub(super) fn enrol(&mut self, form: EnrolForm, out: &mut Outcome) {
        if matches!(self.page, Page::ServerAddress { busy: true, .. }) || self.purchase.is_some() {
            return;
        }
        self.page = Page::ServerAddress { busy: true, failed: None };
        out.then(Effect::Enrol(form));
    }

    pub(super) fn enrolled(&mut self, outcome: Result<Enrolled, Failure>, out: &mut Outcome) {
        let waiting = matches!(self.page, Page::ServerAddress { busy: true, .. });
        match outcome {
            Ok(Enrolled { enrolment, keys }) => {
                self.change_vendor(enrolment.ca_fingerprint, out);
                out.change(Change::Enrolment(enrolment.clone()));
                self.trust_enrolment(&enrolment, &keys, out);
                self.link = LinkState::Up;
                if waiting {
                    self.page = Page::Home;
                }
                self.resume_with_vendor(out);
                self.say_hello(out);
                // The vendor may know of licences that this device does not have.
                self.report_within(0);
            }
            Err(failure) if waiting => self.page = Page::ServerAddress { busy: false, failed: Some(failure) },
            // The user has gone elsewhere meanwhile.
            Err(_) => {}
        }
    }

    pub(super) fn hello_answered(
        &mut self,
        answer: Result<Result<DeviceReply, Refusal>, LinkFault>,
        out: &mut Outcome,
    ) {
        if let Ok(Ok(DeviceReply::Hello(info))) = answer {
            self.customer = info.customer;
            self.keys_version_told(info.keys_version, out);
        }
    }

    pub(super) fn fetch_catalogue(&mut self, out: &mut Outcome) {
        if self.enrolment.is_none() {
            self.shop.failure = Some(Failure::NotEnrolled);
        } else if !self.shop.fetching {
            self.shop.fetching = true;
            self.shop.failure = None;
            out.then(Effect::Ask(Ask::Catalogue, DeviceRequest::Catalogue));
            self.say_hello_if_due(out);
        }
    }

    pub(super) fn catalogue_answered(
        &mut self,
        answer: Result<Result<DeviceReply, Refusal>, LinkFault>,
        moment: Moment,
        out: &mut Outcome,
    ) {
        self.shop.fetching = false;
        self.shop.failure = match answer {
            Ok(Ok(DeviceReply::Catalogue(signed))) => self.take_catalogue(signed, out).err(),
            Ok(Ok(_)) | Err(LinkFault::Garbled) => Some(Failure::NotGenuine),
            Ok(Err(refusal)) => Some(Failure::Refused(refusal.code)),
            Err(LinkFault::Lost) => Some(Failure::Fault(FailureCode::LinkLost)),
            Err(LinkFault::Distrust) => Some(Failure::Distrust),
            Err(LinkFault::Expired) => Some(Failure::CertificateExpired),
        };
        match self.shop.awaiting.take() {
            Some(Awaiting::Offer(option)) => self.show_offer(&option, None),
            Some(Awaiting::Need(job)) if self.shop.is_known() => self.offer_for(job, out),
            Some(Awaiting::Need(_)) => {
                let unknown = Failure::Refused(RefusalCode::UnknownOption);
                self.page = Page::Trouble(self.shop.failure.unwrap_or(unknown));
            }
            Some(Awaiting::Buy(option, form, payer)) => self.buy_known(&option, form, payer, moment, out),
            None => {}
        }
    }

    /// The catalogue has come and could not be kept.
    pub(super) fn catalogue_not_written(&mut self, fault: StorageFault) {
        if std::mem::take(&mut self.shop.fetching) {
            let failure = storage_failure(fault);
            self.shop.failure = Some(failure);
            if self.shop.awaiting.take().is_some() {
                self.page = Page::Trouble(failure);
            }
        }
    }

    /// The enrolment could not be kept; repeating it is harmless.
    pub(super) fn enrolment_not_written(&mut self, fault: StorageFault) {
        if matches!(self.page, Page::ServerAddress { busy: true, .. }) {
            self.page = Page::ServerAddress { busy: false, failed: Some(storage_failure(fault)) };
        }
    }

    /// How the last attempt to fetch the catalogue ended; `None` while one is under way.
    pub fn catalogue_fetch(&self) -> Option<Option<Failure>> {
        (!self.shop.fetching).then_some(self.shop.failure)
    }

    fn take_catalogue(&mut self, signed: Signed<Catalogue>, out: &mut Outcome) -> Result<(), Failure> {
        let catalogue = self.trust.verify(&signed).ok_or(Failure::NotGenuine)?;
        let now = self.vendor_now.unwrap_or_default();
        if let Some(record) = self.shop.take(signed, catalogue, now, self.clock.uptime_ms())? {
            out.change(Change::Catalogue(record));
        }
        Ok(())
    }

    /// A catalogue that has expired is not sold from, and a screen that shows it gets a newer one.
    pub(super) fn drop_expired_catalogue(&mut self, out: &mut Outcome) {
        let now = self.shop.vendor_time(self.clock.uptime_ms());
        if self.shop.is_known() && self.shop.expires_at <= now {
            self.shop.forget_entries();
            if matches!(self.page, Page::Store) {
                self.fetch_catalogue(out);
            }
        }
    }

    /// From the store, or from the choice that a job has opened.
    pub(super) fn open_offer(&mut self, option: &OptionId, out: &mut Outcome) {
        if self.purchase.is_some() {
            return;
        }
        let wanted_by = match &self.page {
            Page::Providers { wanted_by, .. } => Some(*wanted_by),
            _ => None,
        };
        if self.shop.entry(option).is_some() {
            self.show_offer(option, wanted_by);
        } else {
            self.await_catalogue(Awaiting::Offer(option.clone()), out);
        }
    }

    pub(super) fn await_catalogue(&mut self, awaiting: Awaiting, out: &mut Outcome) {
        self.fetch_catalogue(out);
        match self.shop.failure {
            Some(failure) if !self.shop.fetching => self.page = Page::Trouble(failure),
            _ => {
                self.shop.awaiting = Some(awaiting);
                self.page = Page::Store;
            }
        }
    }

    fn show_offer(&mut self, option: &OptionId, wanted_by: Option<JobId>) {
        self.page = match self.shop.entry(option) {
            Some(entry) => Page::Offer { option: entry.into(), wanted_by },
            None => Page::Trouble(self.shop.failure.unwrap_or(Failure::Refused(RefusalCode::UnknownOption))),
        };
    }

    /// OK on the Offer screen.
    pub(super) fn confirm(&mut self, moment: Moment, out: &mut Outcome) {
        let Page::Offer { option, wanted_by } = self.page.clone() else { return };
        self.start_order(option, None, |id| Purchase::new(id, wanted_by, None), moment, out);
    }

    /// OK on the keypad.
    pub(super) fn enter_contract(
        &mut self,
        contract: ContractUserId,
        pin: Option<ContractPin>,
        moment: Moment,
        out: &mut Outcome,
    ) {
        let Page::ContractId { option, wanted_by, preselected, .. } = self.page.clone() else { return };
        let payer = Some(Payer { id: contract, pin });
        self.start_order(option, payer, |id| Purchase::new(id, wanted_by, preselected), moment, out);
    }

    /// A script's purchase.
    pub(super) fn buy(
        &mut self,
        option: &OptionId,
        form: UsageForm,
        payer: Option<Payer>,
        moment: Moment,
        out: &mut Outcome,
    ) {
        if let Some(purchase) = &mut self.purchase {
            let same = self.orders.get(&purchase.order).is_some_and(|o| o.option.id == *option);
            if same {
                purchase.preselected = Some(form);
                self.choose(form, out);
            }
            return;
        }
        if self.shop.entry(option).is_some() {
            self.buy_known(option, form, payer, moment, out);
        } else {
            self.await_catalogue(Awaiting::Buy(option.clone(), form, payer), out);
        }
    }

    fn buy_known(
        &mut self,
        option: &OptionId,
        form: UsageForm,
        payer: Option<Payer>,
        moment: Moment,
        out: &mut Outcome,
    ) {
        let Some(entry) = self.shop.entry(option) else {
            self.page = Page::Trouble(self.shop.failure.unwrap_or(Failure::Refused(RefusalCode::UnknownOption)));
            return;
        };
        if entry.offers.find(form).is_none() {
            self.page = Page::Trouble(Failure::Refused(RefusalCode::OfferNotAvailable));
            return;
        }
        let option = entry.into();
        // A script's job has opened the screen.
        let wanted_by = match &self.page {
            Page::Offer { option: shown, wanted_by } if shown.id == entry.option => *wanted_by,
            _ => None,
        };
        self.start_order(option, payer, |id| Purchase::new(id, wanted_by, Some(form)), moment, out);
    }

    /// Cancel, wherever there is one.
    pub(super) fn cancel(&mut self, out: &mut Outcome) {
        match &self.page.clone() {
            Page::Offer { wanted_by: Some(job), .. }
            | Page::ContractId { wanted_by: Some(job), .. }
            | Page::Providers { wanted_by: job, .. } => self.back_to_job(*job, out),
            Page::Offer { .. } | Page::ContractId { .. } => self.leave_purchase(),
            Page::Purchase => self.cancel_purchase(out),
            _ => {}
        }
    }

    /// Retry on a Failed screen.
    pub(super) fn retry(&mut self, moment: Moment, out: &mut Outcome) {
        match self.page {
            Page::Purchase => self.retry_purchase(moment, out),
            Page::Store => self.fetch_catalogue(out),
            _ => {}
        }
    }

    /// Close.
    pub(super) fn dismiss(&mut self, out: &mut Outcome) {
        match self.page.clone() {
            Page::Purchase => self.dismiss_purchase(out),
            Page::Trouble(_) => self.leave_purchase(),
            Page::Done { wanted_by, .. } => {
                self.leave_purchase();
                if let Some(job) = wanted_by {
                    self.back_to_job(job, out);
                }
            }
            Page::Job => self.dismiss_job(out),
            _ => {}
        }
    }
}

//! Before a purchase: enrolment, the catalogue, the Offer screen, the contract user ID.

use std::sync::Arc;

use protocol::message::device::{Catalogue, CatalogueEntry, DeviceReply, DeviceRequest};
use protocol::{ContractUserId, FailureCode, OfferList, OptionId, Refusal, RefusalCode, Timestamp, UsageForm};

use super::command::{EnrolForm, JobOrder, Place};
use super::effect::{Ask, Effect, LinkFault, Moment, StorageFault};
use super::outcome::Outcome;
use super::present::Page;
use super::purchase::{Purchase, storage_failure};
use super::record::{CatalogueRecord, Change, Enrolment};
use super::view::{Failure, OptionSummary};
use super::{Core, Entries, LinkState};

/// What is known of the catalogue.
#[derive(Debug, Clone, Default)]
pub(super) struct Shop {
    /// Highest version seen; nothing below it is accepted.
    pub(super) version: u64,
    pub(super) entries: Option<Entries>,
    pub(super) fetching: bool,
    pub(super) failure: Option<Failure>,
    /// What to do as soon as the catalogue is here.
    awaiting: Option<Awaiting>,
}

/// What could not be done before the catalogue is here.
#[derive(Debug, Clone)]
enum Awaiting {
    Offer(OptionId, Option<JobOrder>),
    Buy(OptionId, UsageForm, Option<ContractUserId>),
}

impl Shop {
    pub(super) fn new(record: Option<&CatalogueRecord>, enrolment: Option<&Enrolment>, now: Timestamp) -> Self {
        let mut shop = Self { version: record.map_or(0, |r| r.version), ..Self::default() };
        let known = record.zip(enrolment).and_then(|(r, e)| r.signed.verify(&e.release_key).ok());
        shop.entries = known.filter(|c| c.expires_at > now).map(|c| Arc::new(c.entries));
        shop
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
                out.then(Effect::ListDocuments);
                self.fetch_catalogue(out);
                self.open_machine(kind);
                Page::Job
            }
        };
    }

    pub(super) fn enrol(&mut self, form: EnrolForm, out: &mut Outcome) {
        if matches!(self.page, Page::ServerAddress { busy: true, .. }) || self.purchase.is_some() {
            return;
        }
        self.page = Page::ServerAddress { busy: true, failed: None };
        out.then(Effect::Enrol(form));
    }

    pub(super) fn enrolled(&mut self, outcome: Result<Enrolment, Failure>, out: &mut Outcome) {
        let waiting = matches!(self.page, Page::ServerAddress { busy: true, .. });
        match outcome {
            Ok(enrolment) => {
                out.change(Change::Enrolment(enrolment.clone()));
                if self.enrolment.as_ref().is_some_and(|e| e.release_key != enrolment.release_key) {
                    self.shop = Shop::default();
                }
                self.enrolment = Some(enrolment);
                self.link = LinkState::Up;
                if waiting {
                    self.page = Page::Home;
                }
                out.then(Effect::Ask(Ask::Hello, DeviceRequest::Hello));
            }
            Err(failure) if waiting => self.page = Page::ServerAddress { busy: false, failed: Some(failure) },
            // The user has gone elsewhere meanwhile.
            Err(_) => {}
        }
    }

    pub(super) fn hello_answered(&mut self, answer: Result<Result<DeviceReply, Refusal>, LinkFault>) {
        if let Ok(Ok(DeviceReply::Hello(info))) = answer {
            self.customer = info.customer;
        }
    }

    pub(super) fn fetch_catalogue(&mut self, out: &mut Outcome) {
        if self.enrolment.is_none() {
            self.shop.failure = Some(Failure::NotEnrolled);
        } else if !self.shop.fetching {
            self.shop.fetching = true;
            self.shop.failure = None;
            out.then(Effect::Ask(Ask::Catalogue, DeviceRequest::Catalogue));
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
            Ok(Ok(DeviceReply::Catalogue(signed))) => {
                let key = self.enrolment.as_ref().map(|e| e.release_key);
                match key.and_then(|key| signed.verify(&key).ok()).filter(|c| self.is_acceptable(c)) {
                    Some(catalogue) => {
                        if catalogue.version > self.shop.version {
                            out.change(Change::Catalogue(CatalogueRecord { version: catalogue.version, signed }));
                        }
                        self.shop.version = catalogue.version;
                        self.shop.entries = Some(Arc::new(catalogue.entries));
                        None
                    }
                    None => Some(Failure::NotGenuine),
                }
            }
            Ok(Ok(_)) | Err(LinkFault::Garbled) => Some(Failure::NotGenuine),
            Ok(Err(refusal)) => Some(Failure::Refused(refusal.code)),
            Err(LinkFault::Lost) => Some(Failure::Fault(FailureCode::LinkLost)),
            Err(LinkFault::Distrust) => Some(Failure::Distrust),
        };
        match self.shop.awaiting.take() {
            Some(Awaiting::Offer(option, wanted_by)) => self.show_offer(&option, wanted_by),
            Some(Awaiting::Buy(option, form, contract)) => self.buy_known(&option, form, contract, moment, out),
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

    /// How the last attempt to fetch the catalogue ended; `None` while one is under way.
    pub fn catalogue_fetch(&self) -> Option<Option<Failure>> {
        (!self.shop.fetching).then_some(self.shop.failure)
    }

    fn is_acceptable(&self, catalogue: &Catalogue) -> bool {
        // Its age is judged by the clock of whoever sent it: a wrong clock here must not close the store.
        catalogue.version >= self.shop.version
            && self.vendor_now.is_none_or(|now| catalogue.expires_at > now)
            && catalogue.entries.len() <= Catalogue::ENTRIES_MAX
    }

    pub(super) fn open_offer(&mut self, option: &OptionId, wanted_by: Option<JobOrder>, out: &mut Outcome) {
        if self.purchase.is_some() {
            return;
        }
        if self.shop.entry(option).is_some() {
            self.show_offer(option, wanted_by);
        } else {
            self.await_catalogue(Awaiting::Offer(option.clone(), wanted_by), out);
        }
    }

    fn await_catalogue(&mut self, awaiting: Awaiting, out: &mut Outcome) {
        self.fetch_catalogue(out);
        match self.shop.failure {
            Some(failure) if !self.shop.fetching => self.page = Page::Trouble(failure),
            _ => {
                self.shop.awaiting = Some(awaiting);
                self.page = Page::Store;
            }
        }
    }

    fn show_offer(&mut self, option: &OptionId, wanted_by: Option<JobOrder>) {
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
    pub(super) fn enter_contract(&mut self, contract: ContractUserId, moment: Moment, out: &mut Outcome) {
        let Page::ContractId { option, wanted_by, preselected, .. } = self.page.clone() else { return };
        self.start_order(option, Some(contract), |id| Purchase::new(id, wanted_by, preselected), moment, out);
    }

    /// A script's purchase.
    pub(super) fn buy(
        &mut self,
        option: &OptionId,
        form: UsageForm,
        contract: Option<ContractUserId>,
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
            self.buy_known(option, form, contract, moment, out);
        } else {
            self.await_catalogue(Awaiting::Buy(option.clone(), form, contract), out);
        }
    }

    fn buy_known(
        &mut self,
        option: &OptionId,
        form: UsageForm,
        contract: Option<ContractUserId>,
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
        self.start_order(option, contract, |id| Purchase::new(id, None, Some(form)), moment, out);
    }

    /// Cancel, wherever there is one.
    pub(super) fn cancel(&mut self, out: &mut Outcome) {
        match &self.page {
            Page::Offer { wanted_by: Some(_), .. } | Page::ContractId { wanted_by: Some(_), .. } => {
                out.then(Effect::ListDocuments);
                self.page = Page::Job;
            }
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
    pub(super) fn dismiss(&mut self, moment: Moment, out: &mut Outcome) {
        match self.page.clone() {
            Page::Purchase => self.dismiss_purchase(out),
            Page::Trouble(_) => self.leave_purchase(),
            Page::Done { wanted_by, .. } => {
                self.leave_purchase();
                if let Some(job) = wanted_by {
                    self.page = Page::Job;
                    self.run(job, moment, out);
                }
            }
            Page::Job => self.dismiss_job(out),
            _ => {}
        }
    }
}

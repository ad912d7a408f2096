//! The view: what the state looks like to the user.

use protocol::message::device::CatalogueEntry;
use protocol::package::Feature;
use protocol::{OptionId, OrderId, UsageForm};

use super::Core;
use super::purchase::{Purchase, Wait};
use super::record::{JobId, LicenceState, OrderRecord, Stage};
use super::task::Wanted;
use super::view::{
    ActiveDownload, EndedOption, Failure, FailureAdvice, JobKind, JobOptionRow, JobView, OptionSummary, Progress,
    Screen, StoreRow, View,
};

/// Where the user is, as far as the state of a purchase does not say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Page {
    Home,
    Store,
    Offer {
        option: OptionSummary,
        wanted_by: Option<JobId>,
    },
    /// Several options do what a job needs.
    Providers {
        feature: Feature,
        wanted_by: JobId,
    },
    ContractId {
        option: OptionSummary,
        wanted_by: Option<JobId>,
        preselected: Option<UsageForm>,
        refused: Option<protocol::RefusalCode>,
        /// Nothing is accepted before.
        blocked_until: Option<protocol::Timestamp>,
    },
    /// Wherever the purchase on the screen stands.
    Purchase,
    Done {
        option: OptionSummary,
        offer: protocol::Offer,
        order: OrderId,
        wanted_by: Option<JobId>,
    },
    /// Something failed before there was an order.
    Trouble(Failure),
    MyOptions,
    Settings,
    ServerAddress {
        busy: bool,
        failed: Option<Failure>,
    },
    Job,
    Jobs,
}

impl Core {
    /// What is to be shown.
    pub fn view(&self) -> View {
        View {
            screen: self.screen(),
            language: self.settings.language,
            serial: self.enrolment.as_ref().map(|e| e.serial.clone()),
            vendor: self.enrolment.as_ref().map(|e| e.vendor.clone()),
            ca_fingerprint: self.enrolment.as_ref().map(|e| e.ca_fingerprint.to_string()),
            customer: self.customer.clone(),
            link: self.link,
            now: self.clock.now(),
            clock_in_doubt: self.clock.doubt().is_some(),
            warn: self.settings.warn,
            installed: self.installed(),
            jobs: self.job_rows(),
            returning: self.returning,
        }
    }

    fn screen(&self) -> Screen {
        match &self.page {
            Page::Home => Screen::Home,
            Page::Store => Screen::Store(self.store_rows()),
            Page::Offer { option, wanted_by } => Screen::Offer {
                option: option.clone(),
                offers: self.shop.offers(&option.id).map(Into::into).unwrap_or_default(),
                wanted_by: self.kind_of(*wanted_by),
            },
            Page::Providers { feature, wanted_by } => Screen::Providers {
                feature: feature.clone(),
                wanted_by: self.machine.kind_of(*wanted_by).unwrap_or(self.machine.kind),
                rows: self
                    .providers(&Wanted::Feature(feature.clone()))
                    .into_iter()
                    .map(|e| self.store_row(e))
                    .collect(),
            },
            Page::ContractId { option, refused, blocked_until, .. } => Screen::ContractId {
                option: option.clone(),
                refused: *refused,
                blocked_until: blocked_until.filter(|until| *until > self.clock.now()),
            },
            Page::Purchase => self.purchase_screen().unwrap_or(Screen::Home),
            Page::Done { option, offer, order, wanted_by } => Screen::Done {
                option: option.clone(),
                offer: *offer,
                order: *order,
                wanted_by: self.kind_of(*wanted_by),
            },
            Page::Trouble(failure) => Screen::Failed { option: None, failure: *failure, advice: FailureAdvice::GiveUp },
            Page::MyOptions => Screen::MyOptions { ended: self.ended() },
            Page::Settings => Screen::Settings,
            Page::ServerAddress { busy, failed } => Screen::ServerAddress { busy: *busy, failed: *failed },
            Page::Job => Screen::Job(JobView {
                kind: self.machine.kind,
                documents: self.machine.documents.clone(),
                options: self.job_options(),
                state: self.job_state(),
            }),
            Page::Jobs => Screen::Jobs,
        }
    }

    fn purchase_screen(&self) -> Option<Screen> {
        let purchase = self.purchase.as_ref()?;
        let order = self.orders.get(&purchase.order)?;
        let option = order.option.clone();
        if let Wait::Stopped { failure, advice } = purchase.wait {
            return Some(Screen::Failed { option: Some(option), failure, advice });
        }
        Some(match order.stage {
            Stage::Downloading | Stage::Confirming => {
                Screen::Downloading { option, download: active_download(order, purchase) }
            }
            Stage::Choosing => {
                let offers = order.authorised.as_ref().map(|a| a.offers.clone().into()).unwrap_or_default();
                Screen::Choose { option, offers }
            }
            Stage::Buying(form) => {
                let offer = order.authorised.as_ref().and_then(|a| a.offers.find(form))?;
                Screen::Buying { option, offer }
            }
            Stage::Requested | Stage::Done(..) | Stage::Refused(_) | Stage::Abandoning(_) | Stage::Abandoned(_) => {
                Screen::Requesting { option }
            }
        })
    }

    fn store_rows(&self) -> Progress<Vec<StoreRow>> {
        match (&self.shop.entries, self.shop.failure) {
            // Somebody tries something: that is shown even if what is known could still be sold from.
            (_, Some(failure @ (Failure::NotGenuine | Failure::Outdated))) => Progress::Failed(failure),
            (Some(entries), _) => Progress::Ready(entries.iter().map(|entry| self.store_row(entry)).collect()),
            (None, Some(failure)) => Progress::Failed(failure),
            (None, None) => Progress::Loading,
        }
    }

    /// What is installed first, then the rest of the catalogue.
    fn job_options(&self) -> Vec<JobOptionRow> {
        let mut rows: Vec<JobOptionRow> = Vec::new();
        for licence in self.licences.values().filter(|l| l.state == LicenceState::Active) {
            if rows.iter().all(|row| row.option.id != *licence.option_id()) {
                rows.push(JobOptionRow {
                    option: licence.option.clone(),
                    offers: self.shop.offers(licence.option_id()).map(Into::into).unwrap_or_default(),
                    installed: true,
                    provides: licence.manifest.provides.clone(),
                    settings: self.machine.settings_of(&licence.manifest.digest()),
                });
            }
        }
        for entry in self.shop.entries.iter().flat_map(|entries| entries.iter()) {
            if !self.is_installed(&entry.option) && rows.iter().all(|row| row.option.id != entry.option) {
                let StoreRow { option, offers, installed } = self.store_row(entry);
                let (provides, settings) = (entry.provides.clone(), Vec::new());
                rows.push(JobOptionRow { option, offers, installed, provides, settings });
            }
        }
        rows
    }

    fn store_row(&self, entry: &CatalogueEntry) -> StoreRow {
        StoreRow {
            option: entry.into(),
            offers: entry.offers.clone().into(),
            installed: self.is_installed(&entry.option),
        }
    }

    /// The function of the job that a purchase is for.
    fn kind_of(&self, wanted_by: Option<JobId>) -> Option<JobKind> {
        wanted_by.and_then(|job| self.machine.kind_of(job))
    }

    fn is_installed(&self, option: &OptionId) -> bool {
        self.usable_licence(option).is_some()
    }

    fn ended(&self) -> Vec<EndedOption> {
        let mut ended: Vec<EndedOption> = self
            .licences
            .values()
            .filter_map(|l| match l.state {
                LicenceState::Ended(reason, ended_at) | LicenceState::Ending(reason, ended_at) => {
                    Some(EndedOption { licence: l.id, name: l.option.name.clone(), form: l.form, reason, ended_at })
                }
                LicenceState::Active => None,
            })
            .collect();
        ended.sort_by_key(|e| std::cmp::Reverse(e.ended_at));
        ended
    }
}

fn active_download(order: &OrderRecord, purchase: &Purchase) -> ActiveDownload {
    let total_bytes = order.authorised.as_ref().map_or(1, |a| a.manifest.stored_bytes());
    let done_bytes = if order.stage == Stage::Confirming { total_bytes } else { purchase.done_bytes.min(total_bytes) };
    ActiveDownload {
        done_bytes,
        total_bytes,
        bytes_per_second: purchase.meter.bytes_per_second(),
        reconnecting: matches!(purchase.wait, Wait::Retry { .. }),
    }
}

//! A job that needs what is not installed: the Offer screen opens by itself, and after the purchase the job goes on.

use protocol::message::device::CatalogueEntry;
use protocol::package::Feature;

use super::{Job, Origin, Stage};
use crate::core::Core;
use crate::core::outcome::Outcome;
use crate::core::present::Page;
use crate::core::record::{Change, JobId, JobRecord};
use crate::core::shop::Awaiting;
use crate::core::task::{JobOrder, JobSource, Wanted};
use crate::core::view::{Failure, JobFault};

impl Core {
    /// Reading the document has shown what the job needs. It begins again once that is there.
    pub(in crate::core) fn job_needs(&mut self, id: JobId, needs: Vec<Feature>, out: &mut Outcome) {
        let Some(job) = self.machine.job_mut(id).filter(|job| matches!(job.stage, Stage::Reading { .. })) else {
            return;
        };
        let before = job.found.len();
        for need in needs {
            if !job.found.contains(&need) {
                job.found.push(need);
            }
        }
        if job.found.len() == before {
            // It has what it asks for, and asks again: it would never end.
            self.fail(id, Failure::Job(JobFault::OptionDamaged), out);
            return;
        }
        let licences = job.licences().to_vec();
        job.stage = Stage::Queued;
        for licence in licences {
            self.erase_if_idle(licence, out);
        }
    }

    /// Nothing that is installed does what the job asks for. Whoever stands before the panel is offered it.
    pub(super) fn hold(&mut self, id: JobId, wanted: Wanted, out: &mut Outcome) {
        let Some(job) = self.machine.job_mut(id) else { return };
        if job.refuses_offers() {
            self.fail(id, Failure::Job(JobFault::NotInstalled), out);
            return;
        }
        let is_new = !matches!(&job.stage, Stage::Held(before) if *before == wanted);
        job.stage = Stage::Held(wanted);
        let was_sent = job.sent().is_some();
        let is_watched = match self.page {
            Page::Job => self.machine.focus == Some(id) || (was_sent && self.machine.focus.is_none()),
            Page::Home => was_sent,
            _ => false,
        };
        if is_new && is_watched && self.purchase.is_none() {
            self.offer_for(id, out);
        }
    }

    /// Opens the Offer screen of what a job waits for, or the store if there is a choice.
    pub(in crate::core) fn offer_for(&mut self, id: JobId, out: &mut Outcome) {
        let Some(Stage::Held(wanted)) = self.machine.job(id).map(|job| job.stage.clone()) else { return };
        if self.purchase.is_some() {
            return;
        }
        if !self.shop.is_known() {
            self.await_catalogue(Awaiting::Need(id), out);
            return;
        }
        let providers = self.providers(&wanted);
        match (providers.as_slice(), wanted) {
            ([only], _) => self.page = Page::Offer { option: (*only).into(), wanted_by: Some(id) },
            ([], _) => {
                self.page = Page::Job;
                self.machine.focus = Some(id);
                self.fail(id, Failure::Job(JobFault::NothingProvides), out);
            }
            (_, Wanted::Feature(feature)) => self.page = Page::Providers { feature, wanted_by: id },
            (_, Wanted::Option(_)) => {}
        }
    }

    /// What is for sale and does this, the cheapest first.
    pub(in crate::core) fn providers(&self, wanted: &Wanted) -> Vec<&CatalogueEntry> {
        let does = |entry: &&CatalogueEntry| match wanted {
            Wanted::Feature(feature) => entry.provides.contains(feature.as_str()),
            Wanted::Option(option) => entry.option == *option,
        };
        let mut entries: Vec<&CatalogueEntry> = self.shop.entries.iter().flat_map(|e| e.iter()).filter(does).collect();
        entries.sort_by_key(|entry| entry.offers.iter().map(|offer| offer.price).min());
        entries
    }

    /// The user takes the job back from where the purchase has left it.
    pub(in crate::core) fn back_to_job(&mut self, id: JobId, out: &mut Outcome) {
        let kind = self.machine.kind_of(id).unwrap_or(self.machine.kind);
        self.open_machine(kind, out);
        self.machine.focus = Some(id);
    }

    /// The user would rather do without what is missing.
    pub(in crate::core) fn go_on_without(&mut self, id: JobId, out: &mut Outcome) {
        let Some(job) = self.machine.job_mut(id) else { return };
        let Stage::Held(wanted) = &job.stage else { return };
        let wanted = wanted.clone();
        job.task.programs.retain(|wish| wish.wanted != wanted);
        if let Wanted::Feature(feature) = wanted
            && !job.task.without.contains(&feature)
        {
            job.task.without.push(feature);
        }
        job.stage = Stage::Queued;
        if let Some(record) = job.record() {
            out.change(Change::Job(Box::new(record)));
        }
    }
}

impl Job {
    /// What is durable of it.
    fn record(&self) -> Option<JobRecord> {
        let source: JobSource = match &self.from {
            Origin::Panel(source) => source.clone(),
            Origin::Script(_) => return None,
        };
        let order = JobOrder { task: self.task.clone(), source };
        Some(JobRecord { id: self.id, order, created_at: self.created_at })
    }
}

//! The first step after power-on: what was begun is completed before anything else runs.

use std::collections::{BTreeMap, BTreeSet};

use protocol::message::report::FaultKind;
use protocol::{Digest, LicenceId, LockReason, OrderId};

use super::clock::Clock;
use super::effect::{Effect, Moment};
use super::jobs::Machine;
use super::licences::Restoring;
use super::outcome::Outcome;
use super::present::Page;
use super::purchase::Purchase;
use super::record::{Abandoned, Change, LicenceState, Loaded, OrderRecord, Stage};
use super::renewal::Renewal;
use super::report::Reporting;
use super::rooms::Rooms;
use super::seal::{Findings, Seal};
use super::shop::Shop;
use super::trust::Trust;
use super::{Core, LinkState, Returning};

/// What to do with what was under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resume {
    /// Go on with them: a panel that was switched off in the middle.
    Purchases,
    /// Leave them for another time, but fetch what this device has a right to and does not have.
    Licences,
    /// Leave both for another time: a command that has nothing to do with them.
    Nothing,
}

impl Core {
    /// The panel as it was when the power went, and what it has to do first.
    pub fn start(loaded: Loaded, resume: Resume, moment: Moment) -> (Self, Vec<Effect>) {
        let Loaded {
            settings,
            enrolment,
            key_list,
            seal,
            records_key,
            catalogue,
            orders,
            licences,
            unreadable,
            jobs,
            job_results,
            packages,
            complete,
            freed_bytes,
            keys,
        } = loaded;
        let clock = Clock::new(seal.as_ref().map(|seal| seal.clock), moment);
        let (seal, findings) = Seal::open(records_key, seal, &licences, enrolment.as_ref());
        let trust = Trust::new(key_list.as_ref(), enrolment.as_ref());
        let shop = Shop::new(catalogue, &trust, &clock);
        let link = if enrolment.is_some() { LinkState::Unknown } else { LinkState::NotEnrolled };
        let mut core = Self {
            settings,
            enrolment,
            customer: None,
            link,
            clock,
            clock_written: seal.record.clock.now,
            seal,
            reporting: Reporting::default(),
            vendor_now: None,
            trust,
            shop,
            orders: orders.into_iter().map(|order| (order.id, order)).collect(),
            licences: licences.into_iter().map(|licence| (licence.id, licence)).collect(),
            keys: keys.into_iter().collect(),
            packages: packages.into_iter().collect(),
            hunted: BTreeMap::new(),
            released: BTreeSet::new(),
            restoring: Restoring::new(resume != Resume::Nothing),
            rooms: Rooms::new(freed_bytes, moment.uptime_ms),
            returning: Returning::No,
            erasing: BTreeSet::new(),
            erase_again_ms: None,
            start_unwritten: false,
            purchase: None,
            background: BTreeMap::new(),
            asked: BTreeSet::new(),
            transferring: None,
            machine: Machine::new(jobs, resume),
            page: Page::Home,
            renewal: Renewal::default(),
        };
        let mut out = Outcome::default();
        core.find_incomplete(&complete);
        core.lock_what_was_edited(findings, unreadable, &mut out);
        core.tell_of_the_clock(&mut out);
        core.hunt_keys();
        core.restore_packages();
        core.end_what_is_over(&mut out);
        core.erase_what_has_ended(&mut out);
        core.sweep_orphans(&mut out);
        core.deliver_again(job_results, &mut out);
        if resume == Resume::Purchases {
            core.resume_purchases(&mut out);
            if core.enrolment.is_some() {
                core.say_hello(&mut out);
            }
        }
        if resume != Resume::Nothing || core.has_news() {
            core.report_within(0);
        }
        let effects = core.sealed(out, moment);
        (core, effects)
    }

    /// What this device has not written may not be used, and is not erased either, before the vendor has decided.
    fn lock_what_was_edited(&mut self, findings: Findings, unreadable: Vec<LicenceId>, out: &mut Outcome) {
        if findings.broken {
            self.fault(FaultKind::SealBroken, out);
        }
        for id in findings.missing.into_iter().filter(|id| !unreadable.contains(id)) {
            self.fault(FaultKind::RecordMissing(id), out);
        }
        for id in unreadable {
            self.fault(FaultKind::RecordEdited(id), out);
            out.change(Change::ForgetLicence(id));
        }
        for id in findings.edited {
            self.fault(FaultKind::RecordEdited(id), out);
            if let Some(licence) = self.licences.get_mut(&id) {
                if !matches!(licence.state, LicenceState::Ended(..)) {
                    licence.state = LicenceState::Active;
                }
                licence.lock = Some(LockReason::Edited);
                out.change(Change::Licence(licence.clone().into()));
            }
        }
    }

    /// Keys and chunks that nothing living needs: what a power cut has left behind.
    fn sweep_orphans(&mut self, out: &mut Outcome) {
        let licences = &self.licences;
        let orphans: Vec<LicenceId> = self.keys.iter().filter(|id| !licences.contains_key(id)).copied().collect();
        for key in orphans {
            self.keys.remove(&key);
            out.then(Effect::DestroyKey(key));
        }
        let packages: Vec<Digest> = self.packages.iter().copied().collect();
        for package in packages {
            self.drop_package_if_unused(package, out);
        }
    }

    /// The newest unfinished purchase comes back to the screen. Of the others, what may be paid for is fetched in the
    /// background, and the rest is given up.
    fn resume_purchases(&mut self, out: &mut Outcome) {
        let unfinished: Vec<(OrderId, Stage)> = self.unfinished().map(|o: &OrderRecord| (o.id, o.stage)).collect();
        for (id, stage) in unfinished.into_iter().rev() {
            match stage {
                Stage::Abandoning(_) => self.resume_in_background(id, out),
                _ if self.purchase.is_none() => {
                    self.purchase = Some(Purchase::new(id, None, None));
                    self.page = Page::Purchase;
                    self.go_on(out);
                }
                Stage::Buying(_) => self.resume_in_background(id, out),
                _ => self.abandon(id, Abandoned::Cancelled, out),
            }
        }
    }
}

//! What the device has a right to and does not have: licences that a replaced store has forgotten, and packages that are
//! not complete. Both are fetched again, at no charge.
//!
//! The licence comes first, durable with its key, and is locked until its package is complete. So the records tell what is
//! still to be done, wherever a power cut comes.

use std::collections::{BTreeMap, BTreeSet};

use protocol::message::device::{DeviceReply, DeviceRequest, Restored};
use protocol::message::report::DeviceReport;
use protocol::refusal::Retry;
use protocol::{Digest, LicenceId, OrderId, Refusal, RefusalCode};

use super::again::{LATER_MS, SOON_MS};
use crate::core::effect::{Ask, Effect, LinkFault, StorageFault, TransferEvent, TransferFault, TransferOrder};
use crate::core::outcome::Outcome;
use crate::core::record::{Change, LicenceRecord, LicenceState};
use crate::core::report::REPORT_AFTER_MS;
use crate::core::view::{EndReason, OptionSummary};
use crate::core::{Core, LinkState};

/// What is fetched again.
#[derive(Debug, Clone, Default)]
pub(in crate::core) struct Restoring {
    /// Nothing is, for a command that has nothing to do with it.
    enabled: bool,
    /// Living licences whose packages are not complete.
    incomplete: BTreeSet<LicenceId>,
    /// When each licence is asked for, as uptime in milliseconds.
    due: BTreeMap<LicenceId, u64>,
    /// The one that the vendor is being asked for.
    asking: Option<LicenceId>,
    /// The one whose package is being fetched.
    fetching: Option<LicenceId>,
    /// The last transaction has failed.
    failed: Option<StorageFault>,
}

/// How far a device is with fetching what it has a right to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restoration {
    /// The vendor is being asked, or a package is being fetched.
    UnderWay,
    /// Something could not be had, and is tried again later.
    PutOff,
    /// The device's own storage has failed.
    NotWritten(StorageFault),
    /// Everything is here.
    Complete,
}

impl Restoring {
    pub(in crate::core) fn new(enabled: bool) -> Self {
        Self { enabled, ..Self::default() }
    }

    /// Whether the device's own storage has failed.
    pub(in crate::core) const fn written(&mut self, failed: Option<StorageFault>) {
        self.failed = failed;
    }

    /// Whether the package of this licence is not complete.
    pub(in crate::core) fn is_incomplete(&self, licence: LicenceId) -> bool {
        self.incomplete.contains(&licence)
    }

    fn is_busy(&self) -> bool {
        self.asking.is_some() || self.fetching.is_some()
    }

    /// What was under way is asked for again at this uptime.
    fn put_off_until(&mut self, at_ms: u64) {
        for licence in [self.asking.take(), self.fetching.take()].into_iter().flatten() {
            self.due.insert(licence, at_ms);
        }
    }
}

impl Core {
    /// How far this device is with fetching what it has a right to.
    pub fn restoration(&self) -> Restoration {
        let soon = self.restoring.due.values().any(|at_ms| *at_ms <= self.clock.uptime_ms());
        if let Some(fault) = self.restoring.failed {
            Restoration::NotWritten(fault)
        } else if !self.has_reported() || self.restoring.is_busy() || soon {
            Restoration::UnderWay
        } else if self.restoring.due.is_empty() {
            Restoration::Complete
        } else {
            Restoration::PutOff
        }
    }

    /// After power-on: living licences whose packages are not among those that are `complete`.
    pub(in crate::core) fn find_incomplete(&mut self, complete: &[Digest]) {
        let living = self.licences.values().filter(|licence| licence.state == LicenceState::Active);
        let incomplete = living.filter(|licence| !complete.contains(&licence.manifest.digest()));
        self.restoring.incomplete = incomplete.map(|licence| licence.id).collect();
    }

    /// Puts every package that is not complete on the list.
    pub(in crate::core) fn restore_packages(&mut self) {
        let vendor = self.vendor();
        let of_vendor = |id: &&LicenceId| self.licences.get(id).is_some_and(|licence| Some(licence.vendor) == vendor);
        let wanted: Vec<LicenceId> = self.restoring.incomplete.iter().filter(of_vendor).copied().collect();
        for id in wanted {
            self.restoring.due.entry(id).or_insert(0);
        }
    }

    /// The vendor names living licences of this device that were not reported. One that is just being bought is no news.
    pub(in crate::core) fn restore_licences(&mut self, missing: Vec<LicenceId>) {
        let is_open = |id: LicenceId| self.orders.get(&id.into()).is_some_and(|order| !order.stage.is_final());
        let lost = missing.into_iter().filter(|id| !self.licences.contains_key(id) && !is_open(*id));
        let lost: Vec<LicenceId> = lost.take(DeviceReport::LICENCES_MAX).collect();
        for id in lost {
            self.restoring.due.entry(id).or_insert(0);
        }
    }

    /// When the next one is asked for, as uptime in milliseconds. One at a time, and never while a purchase is fetched.
    pub(in crate::core) fn next_restore_ms(&self) -> Option<u64> {
        let Restoring { enabled, due, .. } = &self.restoring;
        let free = *enabled && self.enrolment.is_some() && self.transferring.is_none() && !self.restoring.is_busy();
        due.values().min().copied().filter(|_| free)
    }

    pub(in crate::core) fn restore_what_is_due(&mut self, out: &mut Outcome) {
        let uptime_ms = self.clock.uptime_ms();
        if self.next_restore_ms().is_none_or(|due_ms| due_ms > uptime_ms) {
            return;
        }
        let first = self.restoring.due.iter().find(|(_, at_ms)| **at_ms <= uptime_ms);
        if let Some(licence) = first.map(|(licence, _)| *licence) {
            self.restoring.due.remove(&licence);
            self.restoring.asking = Some(licence);
            out.then(Effect::Ask(Ask::Restore(licence), DeviceRequest::Restore { licence }));
        }
    }

    pub(in crate::core) fn restore_answered(
        &mut self,
        id: LicenceId,
        answer: Result<Result<DeviceReply, Refusal>, LinkFault>,
        out: &mut Outcome,
    ) {
        if self.restoring.asking.take_if(|asked| *asked == id).is_none() {
            return;
        }
        let wait_ms = match answer {
            Ok(Ok(DeviceReply::Restored(restored))) if self.restored(id, &restored, out).is_some() => return,
            // The next report tells whether it is still missing.
            Ok(Err(refusal)) if !self.licences.contains_key(&id) && refusal.code.retry() != Retry::Later => return,
            Ok(Err(refusal)) if refusal.code == RefusalCode::LicenceEnded => {
                if self.licences.get(&id).is_some_and(|licence| licence.state == LicenceState::Active) {
                    self.end(id, EndReason::Revoked, out);
                }
                return;
            }
            Ok(Err(refusal)) if refusal.code.retry() == Retry::Later => SOON_MS,
            Err(LinkFault::Lost) => SOON_MS,
            _ => LATER_MS,
        };
        self.restore_after(id, wait_ms);
    }

    fn restore_after(&mut self, id: LicenceId, wait_ms: u64) {
        self.restoring.due.insert(id, self.clock.uptime_ms().saturating_add(wait_ms));
    }

    /// Takes in what is not here yet of a licence, if everything is signed and belongs together.
    fn restored(&mut self, id: LicenceId, restored: &Restored, out: &mut Outcome) -> Option<()> {
        let enrolment = self.enrolment.as_ref()?;
        let licence = self.trust.verify(&restored.licence)?;
        let manifest = self.trust.verify(&restored.manifest)?;
        let ticket = self.trust.verify(&restored.ticket)?;
        let order = OrderId::from(id);
        let genuine = licence.id == id
            && licence.device == enrolment.serial
            && licence.device_key == enrolment.device_key
            && licence.package == manifest.digest()
            && licence.option == manifest.option
            && licence.version == manifest.version
            && ticket.order == order
            && ticket.device == enrolment.serial
            && ticket.package == licence.package
            && ticket.chunk_count == manifest.chunk_count();
        if !genuine {
            return None;
        }
        let server = restored.content_server.as_ref().map_or(enrolment.vendor.clone(), ToString::to_string);
        let vendor = enrolment.ca_fingerprint;
        match self.licences.get(&id) {
            Some(known) if known.manifest != manifest || known.vendor != vendor => return None,
            // It has ended meanwhile.
            Some(known) if known.state != LicenceState::Active => return Some(()),
            Some(_) => {}
            None => {
                let option = OptionSummary {
                    id: licence.option.clone(),
                    name: restored.name.clone(),
                    description: restored.description.clone(),
                    kind: manifest.kind(),
                    version: licence.version,
                    stored_bytes: manifest.stored_bytes(),
                };
                let record = LicenceRecord::granted(&licence, option, manifest.clone(), vendor);
                out.change(Change::Licence(record.clone().into()));
                if !self.is_complete(&licence.package) {
                    self.restoring.incomplete.insert(id);
                }
                self.licences.insert(id, record);
            }
        }
        if self.keys.insert(id) {
            self.hunted.remove(&id);
            out.keep_key(id, licence.content_key);
        }
        if self.restoring.is_incomplete(id) {
            // A purchase that has begun to be fetched meanwhile goes first.
            if self.transferring.is_some() {
                self.restore_after(id, 0);
                return Some(());
            }
            self.packages.insert(licence.package);
            self.transferring = Some(order);
            self.restoring.fetching = Some(id);
            out.then(Effect::StartTransfer(TransferOrder { order, manifest, ticket: restored.ticket.clone(), server }));
        }
        Some(())
    }

    /// Whether another licence has the whole package.
    fn is_complete(&self, package: &Digest) -> bool {
        let whole = |licence: &LicenceRecord| {
            licence.state == LicenceState::Active && !self.restoring.is_incomplete(licence.id)
        };
        self.licences.values().any(|licence| whole(licence) && licence.manifest.digest() == *package)
    }

    /// News of a transfer, if it is one of a licence that is restored. Whether it was.
    pub(in crate::core) fn restore_transfer_event(&mut self, order: OrderId, event: TransferEvent) -> bool {
        let id = LicenceId::from(order);
        if self.restoring.fetching != Some(id) {
            return false;
        }
        match event {
            TransferEvent::Durable { .. } => {}
            TransferEvent::Ended => {
                (self.transferring, self.restoring.fetching) = (None, None);
                if let Some(package) = self.licences.get(&id).map(|licence| licence.manifest.digest()) {
                    self.package_complete(&package);
                }
                self.report_within(REPORT_AFTER_MS);
            }
            TransferEvent::Failed(fault) => {
                (self.transferring, self.restoring.fetching) = (None, None);
                if fault == TransferFault::Link(LinkFault::Lost) {
                    self.link = LinkState::Down;
                }
                let later = match fault {
                    TransferFault::Refused(code) => code.retry() != Retry::Later,
                    TransferFault::Storage(StorageFault::DiskFull) => true,
                    TransferFault::Link(link) => link != LinkFault::Lost,
                    TransferFault::Storage(_) | TransferFault::Stalled | TransferFault::WrongContent => false,
                };
                self.restore_after(id, if later { LATER_MS } else { SOON_MS });
            }
        }
        true
    }

    /// Every chunk of the package is durable.
    pub(in crate::core) fn package_complete(&mut self, package: &Digest) {
        let Restoring { incomplete, due, .. } = &mut self.restoring;
        let licences = &self.licences;
        incomplete.retain(|id| {
            let whole = licences.get(id).is_some_and(|licence| licence.manifest.digest() == *package);
            if whole {
                due.remove(id);
            }
            !whole
        });
    }

    /// The licence has ended.
    pub(in crate::core) fn stop_restoring(&mut self, id: LicenceId, out: &mut Outcome) {
        self.restoring.incomplete.remove(&id);
        self.restoring.due.remove(&id);
        if self.restoring.fetching.take_if(|fetched| *fetched == id).is_some() {
            self.transferring = None;
            out.then(Effect::StopTransfer(id.into()));
        }
    }

    /// A purchase needs the transfer that is under way.
    pub(in crate::core) fn put_restore_aside(&mut self) {
        let uptime_ms = self.clock.uptime_ms();
        if let Some(id) = self.restoring.fetching.take() {
            self.restoring.due.insert(id, uptime_ms);
        }
    }

    /// What was under way has not happened.
    pub(in crate::core) fn restore_not_written(&mut self) {
        self.restoring.put_off_until(self.clock.uptime_ms().saturating_add(SOON_MS));
    }

    /// Whatever waits is asked for now.
    pub(in crate::core) fn restore_at_once(&mut self) {
        self.restoring.due.values_mut().for_each(|at_ms| *at_ms = 0);
    }

    /// The device is about to be another vendor's.
    pub(in crate::core) fn forget_restoring(&mut self) {
        let Restoring { due, asking, fetching, .. } = &mut self.restoring;
        due.clear();
        (*asking, *fetching) = (None, None);
    }
}

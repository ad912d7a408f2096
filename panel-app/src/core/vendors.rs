//! Orders belong to the vendor that they were begun with: a device that enrols elsewhere never asks one vendor about
//! another's.

use protocol::{CaFingerprint, OrderId};

use super::Core;
use super::effect::Effect;
use super::outcome::Outcome;
use super::present::Page;
use super::record::{Abandoned, OrderRecord, Stage};
use super::report::Reporting;

impl Core {
    /// The CA of the vendor that the device is enrolled with.
    pub(super) fn vendor(&self) -> Option<CaFingerprint> {
        self.enrolment.as_ref().map(|enrolment| enrolment.ca_fingerprint)
    }

    /// Orders of the present vendor to which something can still happen, oldest first.
    pub fn unfinished(&self) -> impl DoubleEndedIterator<Item = &OrderRecord> {
        let vendor = self.vendor();
        self.orders.values().filter(move |order| !order.stage.is_final() && Some(order.vendor) == vendor)
    }

    /// The device is about to be another vendor's. What may be paid for is put aside until it comes back; the rest is
    /// closed here, and runs out at the former vendor, uncharged.
    pub(super) fn change_vendor(&mut self, to: CaFingerprint, out: &mut Outcome) {
        if self.vendor().is_none_or(|from| from == to) {
            return;
        }
        if let Some(order) = self.transferring.take() {
            out.then(Effect::StopTransfer(order));
        }
        if self.purchase.take().is_some() {
            self.page = Page::Home;
        }
        self.background.clear();
        self.asked.clear();
        self.hunted.clear();
        self.released.clear();
        self.forget_restoring();
        self.reporting = Reporting::default();
        self.seal.record.reported_at = None;
        let unfinished: Vec<(OrderId, Stage)> = self.unfinished().map(|order| (order.id, order.stage)).collect();
        for (id, stage) in unfinished {
            let why = match stage {
                Stage::Buying(_) => continue,
                Stage::Abandoning(why) => why,
                _ => Abandoned::Cancelled,
            };
            let package = self.orders.get(&id).and_then(|o| o.authorised.as_ref()).map(|a| a.manifest.digest());
            self.set_stage(id, Stage::Abandoned(why), out);
            if let Some(package) = package {
                self.drop_package_if_unused(package, out);
            }
        }
    }

    /// The device is a vendor's again: what was put aside goes on.
    pub(super) fn resume_with_vendor(&mut self, out: &mut Outcome) {
        let on_screen = self.purchase.as_ref().map(|purchase| purchase.order);
        let aside: Vec<OrderId> = self
            .unfinished()
            .filter(|order| matches!(order.stage, Stage::Buying(_)))
            .map(|order| order.id)
            .filter(|id| on_screen != Some(*id) && !self.background.contains_key(id))
            .collect();
        for id in aside {
            self.resume_in_background(id, out);
        }
        self.hunt_keys();
        self.hunt_at_once();
        self.restore_packages();
        self.restore_at_once();
    }
}

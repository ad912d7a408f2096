//! What must hold when nothing is under way: the device and the vendor tell the same story, and the device keeps nothing
//! that no living licence needs.

use std::collections::BTreeSet;

use panel_app::core::{LicenceRecord, LicenceState, Loaded, Stage};
use protocol::order::OrderState;

use crate::Vendor;

/// Compares what the only device of this vendor has on its disk with the vendor's books; the first thing that is wrong.
pub fn at_rest(disk: &Loaded, vendor: &Vendor) -> Result<(), String> {
    let (charges, orders) = (vendor.charges(), vendor.orders());
    let charged: BTreeSet<_> = charges.iter().map(|charge| charge.order).collect();
    holds(charged.len() == charges.len(), || "charged twice".to_owned())?;
    for order in &disk.orders {
        let state = orders.iter().find(|row| row.order == order.id).map(|row| row.state);
        let agreed = match order.stage {
            Stage::Done(..) => state == Some(OrderState::Licensed),
            Stage::Abandoned(_) => state.is_none_or(|state| !state.is_open() && state != OrderState::Licensed),
            _ => false,
        };
        holds(agreed, || format!("an order is {:?} here and {state:?} there", order.stage))?;
    }
    let here: BTreeSet<_> = disk.orders.iter().map(|order| order.id).collect();
    holds(orders.iter().all(|order| here.contains(&order.order)), || "an order that the device has lost".to_owned())?;
    let licensed: BTreeSet<_> = disk.licences.iter().map(|licence| licence.id).collect();
    let paid: BTreeSet<_> = charged.into_iter().map(Into::into).collect();
    holds(licensed == paid, || format!("{} licences for {} charges", licensed.len(), paid.len()))?;
    nothing_left_over(disk)
}

/// Keys and chunks are those of living licences, nothing is half erased, and no result waits for its place.
pub fn nothing_left_over(disk: &Loaded) -> Result<(), String> {
    let ending = disk.licences.iter().any(|licence| matches!(licence.state, LicenceState::Ending(..)));
    holds(!ending, || "an erasure is unfinished".to_owned())?;
    let keys: BTreeSet<_> = living(disk).map(|licence| licence.id).collect();
    let kept: BTreeSet<_> = disk.keys.iter().copied().collect();
    holds(kept == keys, || format!("{} keys for {} living licences", kept.len(), keys.len()))?;
    let packages: BTreeSet<_> = living(disk).map(|licence| licence.manifest.digest()).collect();
    let stored: BTreeSet<_> = disk.packages.iter().copied().collect();
    holds(stored == packages, || format!("{} packages stored, {} needed", stored.len(), packages.len()))?;
    holds(disk.job_results.is_empty(), || "a result waits for its place".to_owned())
}

/// Licences that may be used.
pub fn living(disk: &Loaded) -> impl Iterator<Item = &LicenceRecord> {
    disk.licences.iter().filter(|licence| licence.state == LicenceState::Active)
}

fn holds(it: bool, or: impl FnOnce() -> String) -> Result<(), String> {
    if it { Ok(()) } else { Err(or()) }
}

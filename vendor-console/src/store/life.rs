//! What the right that an order buys is like in time: when it begins, after what, and until when it can be returned.

use protocol::{LicenceId, Offer, Timestamp, UsageForm, Yen};
use sea_orm::ConnectionTrait;

use super::entity::{licence_life, order};
use super::orders::Right;
use super::{StoreError, column, licences, staff};

/// The right that is bought now with this offer.
pub(super) async fn right(
    db: &impl ConnectionTrait,
    row: &order::Model,
    (offer, follows): (Offer, Option<LicenceId>),
    now: Timestamp,
) -> Result<Right, StoreError> {
    let days = u32::from(staff::rules(db).await?.return_days);
    let is_returnable = days > 0 && offer.price_at_purchase() > Yen::ZERO;
    Ok(Right {
        issued_at: now,
        starts_at: period_start(db, row, (offer.form, follows), now).await?,
        return_until: is_returnable.then(|| now.plus_days(days)),
    })
}

/// When the right that is bought now begins: at once, or when the period is over that the device wants it to follow. That
/// must be a living one of the same option on the same device.
async fn period_start(
    db: &impl ConnectionTrait,
    row: &order::Model,
    (form, follows): (UsageForm, Option<LicenceId>),
    now: Timestamp,
) -> Result<Timestamp, StoreError> {
    let (UsageForm::Days(_), Some(follows)) = (form, follows) else { return Ok(now) };
    let same = |life: &licence_life::Model| life.device == row.device && life.option == row.option && is_living(life);
    let before = licences::find(db, follows).await?.filter(same);
    let end = before.and_then(|life| life.ends_at).map(column::time).transpose()?;
    Ok(end.map_or(now, |end| end.max(now)))
}

/// Whether the books know nothing of an end of it, apart from the end of its period.
pub(super) fn is_living(life: &licence_life::Model) -> bool {
    life.state != "ended" && life.revoked_at.is_none() && life.erased_at.is_none()
}

//! What one licence has to do with another: a period that follows another one.

use protocol::{LicenceId, Timestamp, UsageForm};
use sea_orm::ConnectionTrait;

use super::entity::{licence_life, order};
use super::{StoreError, column, licences};

/// When the right that is bought now begins: at once, or when the period is over that the device wants it to follow. That
/// must be a living one of the same option on the same device.
pub(super) async fn period_start(
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

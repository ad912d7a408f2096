//! Trials: each device has one of each option, for ever. The serial number is what counts, whatever becomes of the
//! device's key or store.

use protocol::{DeviceSerial, OfferList, RefusalCode, Timestamp};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};

use super::entity::{option, order, trial};
use super::{StoreError, column};

/// What the device can choose of an option; none if there was nothing but the trial.
pub(super) async fn offers_to(
    db: &impl ConnectionTrait,
    device: &DeviceSerial,
    option: &option::Model,
) -> Result<Option<OfferList>, StoreError> {
    let offers = column::offers(&option.offers)?;
    let key = (device.as_str().to_owned(), option.id.clone());
    let is_used = trial::Entity::find_by_id(key).one(db).await?.is_some();
    Ok(if is_used { offers.without_trial() } else { Some(offers) })
}

/// Puts on file that the device of this order has its trial now, or refuses if it has had it.
pub(super) async fn grant(db: &impl ConnectionTrait, order: &order::Model, now: Timestamp) -> Result<(), StoreError> {
    let columns = trial::ActiveModel {
        device: Set(order.device.clone()),
        option: Set(order.option.clone()),
        order: Set(order.id.clone()),
        granted_at: Set(column::ms(now)?),
    };
    let once = OnConflict::columns([trial::Column::Device, trial::Column::Option]).do_nothing().to_owned();
    let granted = trial::Entity::insert(columns).on_conflict(once).exec_without_returning(db).await?;
    if granted == 0 { Err(RefusalCode::TrialUsed.into()) } else { Ok(()) }
}

//! Licences that devices give back unused. What was paid is credited in the transaction that files the erase receipt.

use protocol::{DeviceSerial, EndReason, LicenceId, RefusalCode, Timestamp, UsageForm};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::entity::{charge, credit, licence_life};
use super::usage::update;
use super::{Store, StoreError, Write, column, credits, licences};

impl Store {
    /// Accepts that a device gives a licence back; it has ended for the vendor from then on. Repeated it changes nothing.
    pub(crate) async fn return_licence(
        &self,
        id: LicenceId,
        device: &DeviceSerial,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let write = self.write().await?;
        let own = |life: &licence_life::Model| life.device == device.as_str();
        licences::find(&write.tx, id).await?.filter(own).ok_or(RefusalCode::UnknownOrder)?;
        let life = licences::to_change(&write.tx, id).await?;
        if is_accepted(&life) {
            return Ok(());
        }
        let now_ms = column::ms(now)?;
        licences::check_living(&write.tx, &life, now).await?;
        if life.return_until.is_none_or(|until| until <= now_ms) {
            return Err(RefusalCode::ReturnTooLate.into());
        }
        if is_used(&life)? {
            return Err(RefusalCode::ReturnUsed.into());
        }
        update(&write.tx, id, licences::ended(EndReason::Returned, now)?).await?;
        write.commit().await
    }
}

/// Whether the return of it was accepted and nothing has made it void.
pub(super) fn is_accepted(life: &licence_life::Model) -> bool {
    life.revoked_at.is_some() && life.reason.as_deref() == Some(EndReason::Returned.name())
}

fn is_used(life: &licence_life::Model) -> Result<bool, StoreError> {
    let all = match column::parse(&life.form)? {
        UsageForm::Uses(uses) => Some(i64::from(uses.get())),
        _ => None,
    };
    Ok(life.was_used || all > life.uses_left)
}

/// A job was quicker than the answer to the return, which is void: the licence lives as before.
pub(super) fn voided(life: &licence_life::Model) -> Result<licence_life::ActiveModel, StoreError> {
    use sea_orm::ActiveValue::Set;
    let grace_ms = i64::try_from(super::usage::ERASE_GRACE_MS).unwrap_or(i64::MAX);
    Ok(licence_life::ActiveModel {
        state: Set("active".to_owned()),
        reason: Set(None),
        ended_at: Set(None),
        revoked_at: Set(None),
        was_used: Set(true),
        erase_due_at: Set(life.ends_at.map(|end| end.saturating_add(grace_ms))),
        ..Default::default()
    })
}

/// Gives back what is left of the charge of a licence that was returned, whose receipt comes on file now.
pub(super) async fn credit(write: &Write, life: &licence_life::Model, now: Timestamp) -> Result<(), StoreError> {
    let charge = charge::Entity::find().filter(charge::Column::Order.eq(life.licence.as_str())).one(&write.tx).await?;
    let Some(charge) = charge else { return Ok(()) };
    let charge = credits::charge_to_credit(&write.tx, charge.number).await?;
    let given = credit::Entity::find().filter(credit::Column::Charge.eq(charge.number));
    let left = charge.amount - column::amount(credits::sum(&write.tx, given).await?)?;
    if left <= 0 {
        return Ok(());
    }
    let reason = format!("Returned unused by {}", life.device);
    let new = credits::New { charge, amount: column::yen(left)?, reason, by: None, approved_by: None };
    credits::issue(write, new, now).await.map(drop)
}

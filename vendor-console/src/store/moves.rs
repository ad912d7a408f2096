//! Licences that move to another device of the same customer, with what is left. The old device proves first that it has
//! erased it; then the new one gets a licence of its own, which it fetches like one that its store has lost.

use protocol::message::staff::LicenceRow;
use protocol::signed::SigningKey;
use protocol::uuid::Builder;
use protocol::{
    DeviceSerial, EndReason, Licence, LicenceId, OrderId, OrderState, RefusalCode, Signed, Timestamp, codec,
};
use sea_orm::ActiveValue::Set;
use sea_orm::{ConnectionTrait, EntityTrait};

use super::entity::{licence, licence_life, order};
use super::orders::Right;
use super::usage::update;
use super::{Store, StoreError, Write, column, devices, licences, orders, refuse};
use crate::random;

impl Store {
    /// Begins to move a licence; if its device is lost, all at once.
    pub(crate) async fn move_licence(
        &self,
        id: LicenceId,
        (to, lost): (&DeviceSerial, bool),
        key: &SigningKey,
        now: Timestamp,
    ) -> Result<LicenceRow, StoreError> {
        let mut write = self.write().await?;
        let life = licences::to_change(&write.tx, id).await?;
        let target = devices::find(&write.tx, to).await?;
        let target = target.ok_or_else(|| refuse(RefusalCode::NotFound, format_args!("no device {to}")))?;
        let conflict = |why: &str| Err(refuse(RefusalCode::Conflict, format_args!("licence {id}: {why}")));
        if licences::check_living(&write.tx, &life, now).await.is_err() {
            return conflict("it has ended or is locked");
        }
        if life.contact_days.is_some() {
            return conflict("it is charged by use, so nothing is left of it that could move");
        }
        if target.serial == life.device {
            return conflict("it is on that device already");
        }
        if target.revoked || target.customer_id.is_none() || target.customer_id != life.customer_id {
            return conflict("that device is revoked or belongs to another customer");
        }
        let how = if lost { "its device is lost" } else { "once it is erased there" };
        write.note(format_args!("licence {id}"), format_args!("of device {} → device {to}, {how}", life.device));
        let mut columns = licence_life::ActiveModel {
            moves_to: Set(Some(to.to_string())),
            ..licences::ended(EndReason::Moved, now)?
        };
        if lost {
            let old = devices::find(&write.tx, &column::parse(&life.device)?).await?;
            if old.is_none_or(|old| !old.revoked) {
                return conflict("its device is not revoked, and could go on using it");
            }
            // There will be no receipt.
            columns.erase_due_at = Set(None);
        }
        update(&write.tx, id, columns).await?;
        if lost {
            let moved = licence_life::Model { moves_to: Some(to.to_string()), ..life };
            arrive(&write, &moved, None, key, now).await?;
        }
        self.finish_licence(write, id, now).await
    }
}

/// Gives what is left of a licence to the device that it moves to. `uses_left` is what its device has said last.
pub(super) async fn arrive(
    write: &Write,
    life: &licence_life::Model,
    uses_left: Option<u32>,
    key: &SigningKey,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(to) = &life.moves_to else { return Ok(()) };
    let left = life.uses_left.map(|known| uses_left.map_or(known, |told| known.min(i64::from(told))));
    let now_ms = column::ms(now)?;
    if left == Some(0) || life.ends_at.is_some_and(|end| end <= now_ms) {
        return Ok(());
    }
    let damaged = || StoreError::Corrupt(format!("licence {} without its order", life.licence));
    let paid = order::Entity::find_by_id(&life.licence).one(&write.tx).await?.ok_or_else(damaged)?;
    let id = new_id(now)?;
    let row = order::Model {
        id: id.to_string(),
        device: to.clone(),
        contract: None,
        state: OrderState::Licensed.name().to_owned(),
        price: Some(0),
        failed_attempts: 0,
        last_failure: None,
        created_at: now_ms,
        updated_at: now_ms,
        ..paid
    };
    order::Entity::insert(order::ActiveModel::from(row.clone())).exec_without_returning(&write.tx).await?;
    let right = Right { issued_at: now, starts_at: column::time(life.starts_at)?, return_until: None };
    let whole = orders::licence_of(&write.tx, &row, column::parse(&life.form)?, right).await?;
    let new = Licence { uses_left: left.map(column::small).transpose()?, ..whole };
    put_on_file(&write.tx, &new, life, key).await
}

async fn put_on_file(
    db: &impl ConnectionTrait,
    new: &Licence,
    old: &licence_life::Model,
    key: &SigningKey,
) -> Result<(), StoreError> {
    let row = licence::ActiveModel {
        order: Set(new.id.to_string()),
        device: Set(new.device.to_string()),
        option: Set(new.option.to_string()),
        issued_at: Set(column::ms(new.issued_at)?),
        signed: Set(codec::encode(&Signed::new(new, key))),
    };
    licence::Entity::insert(row).exec_without_returning(db).await?;
    let life = licence_life::ActiveModel { was_used: Set(old.was_used), ..licences::first_life(new, old.customer_id)? };
    licence_life::Entity::insert(life).exec_without_returning(db).await?;
    Ok(())
}

fn new_id(now: Timestamp) -> Result<OrderId, StoreError> {
    Ok(OrderId(Builder::from_unix_timestamp_millis(now.as_ms(), &random::bytes()?).into_uuid()))
}

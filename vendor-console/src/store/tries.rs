//! Tries at contract user IDs and PINs: which one counts against whom, and who has to wait.
//!
//! A try is on file before it is known whether it was right, so tries that run at the same time count each other, and one
//! that a power cut ended counts as wrong. An order has one try, however often it is sent. A right one takes away the
//! tries of its device at the same contract, and no others: somebody who knows one contract gains nothing for guessing at
//! another.

use std::collections::HashMap;

use protocol::{ContractUserId, DeviceSerial, OrderId, Refusal, RefusalCode, Timestamp};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, Select,
};

use super::entity::{contract, contract_try, device, order};
use super::{Store, StoreError, column};
use crate::waits::{FREE_TRIES, MEMORY_MS, left_ms};

/// Wrong tries at one contract, by other devices, from which on devices that never gave it right must wait.
const CONTRACT_TRIES: u64 = 20;
/// Of these one device counts for so many: no single device can make others wait.
const CONTRACT_TRIES_PER_DEVICE: u64 = FREE_TRIES;

/// What is to be looked at before an order with a contract user ID is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Try {
    /// Nothing: the order is decided already.
    Decided,
    /// Whether the PIN fits this hash; `None` if the contract has no PIN or does not exist.
    Check(Option<String>),
}

impl Store {
    /// Puts a try on file. `TooManyAttempts` if the device has to wait, whether or not the try would be right; then
    /// nothing is on file.
    pub(crate) async fn begin_try(
        &self,
        order: OrderId,
        device: &DeviceSerial,
        contract: &ContractUserId,
        now: Timestamp,
    ) -> Result<Try, StoreError> {
        let write = self.write().await?;
        // One try of a device after the other, on databases with several writers too.
        device::Entity::find_by_id(device.as_str()).lock_exclusive().one(&write.tx).await?;
        if order::Entity::find_by_id(order.to_string()).one(&write.tx).await?.is_some() {
            return Ok(Try::Decided);
        }
        let begun = contract_try::Entity::find_by_id(order.to_string()).one(&write.tx).await?;
        if let Some(begun) = begun {
            // A try counts for what it was begun with, and for nothing else.
            if begun.device != device.as_str() || begun.contract != contract.as_str() {
                return Err(RefusalCode::OrderMismatch.into());
            }
        } else {
            if let Some(wait_ms) = wait_ms(&write.tx, device, contract, now).await? {
                return Err(Refusal::too_many_attempts(wait_ms).into());
            }
            let columns = contract_try::ActiveModel {
                order: Set(order.to_string()),
                device: Set(device.to_string()),
                contract: Set(contract.to_string()),
                tried_at: Set(column::ms(now)?),
            };
            contract_try::Entity::insert(columns).exec_without_returning(&write.tx).await?;
        }
        let found = contract::Entity::find_by_id(contract.as_str()).one(&write.tx).await?;
        write.commit().await?;
        Ok(Try::Check(found.and_then(|contract| contract.pin_hash)))
    }

    /// Forgets the tries that no longer count.
    pub(crate) async fn forget_tries(&self, now: Timestamp) -> Result<(), StoreError> {
        let write = self.write().await?;
        let old = contract_try::Column::TriedAt.lte(remembered_from(now)?);
        contract_try::Entity::delete_many().filter(old).exec(&write.tx).await?;
        write.commit().await
    }
}

/// The device has given the contract right.
pub(super) async fn was_right(
    db: &impl ConnectionTrait,
    device: &DeviceSerial,
    contract: &ContractUserId,
) -> Result<(), StoreError> {
    contract_try::Entity::delete_many()
        .filter(contract_try::Column::Device.eq(device.as_str()))
        .filter(contract_try::Column::Contract.eq(contract.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

/// Staff have set things right.
pub(super) async fn forget_contract(db: &impl ConnectionTrait, contract: &ContractUserId) -> Result<(), StoreError> {
    let filter = contract_try::Column::Contract.eq(contract.as_str());
    contract_try::Entity::delete_many().filter(filter).exec(db).await?;
    Ok(())
}

fn remembered_from(now: Timestamp) -> Result<i64, StoreError> {
    column::integer(now.as_ms().saturating_sub(MEMORY_MS))
}

/// How long the device has to wait; `None` if it may try.
async fn wait_ms(
    db: &impl ConnectionTrait,
    device: &DeviceSerial,
    contract: &ContractUserId,
    now: Timestamp,
) -> Result<Option<u64>, StoreError> {
    let recent = contract_try::Entity::find().filter(contract_try::Column::TriedAt.gt(remembered_from(now)?));
    let own = recent.clone().filter(contract_try::Column::Device.eq(device.as_str()));
    let (wrong, last_ms) = weigh(db, own, u64::MAX).await?;
    let own_left_ms = left_ms(wrong, last_ms, now.as_ms());
    let others = recent
        .filter(contract_try::Column::Contract.eq(contract.as_str()))
        .filter(contract_try::Column::Device.ne(device.as_str()));
    let (wrong, last_ms) = weigh(db, others, CONTRACT_TRIES_PER_DEVICE).await?;
    let by_others = wrong.checked_sub(CONTRACT_TRIES).and_then(|more| left_ms(FREE_TRIES + more, last_ms, now.as_ms()));
    let proved = has_given_right(db, device, contract).await?;
    Ok(own_left_ms.max(by_others.filter(|_| !proved)))
}

/// How many tries, of which no device counts for more than `per_device`, and when the last one was.
async fn weigh(
    db: &impl ConnectionTrait,
    tries: Select<contract_try::Entity>,
    per_device: u64,
) -> Result<(u64, u64), StoreError> {
    let (mut by_device, mut last_ms) = (HashMap::<String, u64>::new(), 0);
    let tries: Vec<(String, i64)> = tries
        .select_only()
        .column(contract_try::Column::Device)
        .column(contract_try::Column::TriedAt)
        .into_tuple()
        .all(db)
        .await?;
    for (device, tried_at) in tries {
        *by_device.entry(device).or_default() += 1;
        last_ms = column::unsigned(tried_at)?.max(last_ms);
    }
    Ok((by_device.values().map(|tries| per_device.min(*tries)).sum(), last_ms))
}

/// Whether an order of the device with this contract was ever decided on behalf of its customer.
async fn has_given_right(
    db: &impl ConnectionTrait,
    device: &DeviceSerial,
    contract: &ContractUserId,
) -> Result<bool, StoreError> {
    let right = order::Entity::find()
        .filter(order::Column::Device.eq(device.as_str()))
        .filter(order::Column::Contract.eq(contract.as_str()))
        .filter(order::Column::CustomerId.is_not_null());
    Ok(right.count(db).await? > 0)
}

//! What devices report of their licences: taken down, compared with what they had reported before, and answered.

use std::collections::{HashMap, HashSet};

use protocol::message::report::{DeviceReport, FaultKind, ReportAnswer, Standing, UsageMark};
use protocol::message::staff::FlagReason;
use protocol::receipt::{EraseReceipt, SignedReceipt};
use protocol::signed::SigningKey;
use protocol::time::HOUR_MS;
use protocol::{DeviceSerial, Digest, LicenceId, LockReason, OrderId, Timestamp, codec};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entity::{device_fault, device_usage, licence_life};
use super::licences::living;
use super::{Store, StoreError, column, metered, moves, returns};

/// How long a device may take to erase what has ended.
pub(super) const ERASE_GRACE_MS: u64 = 24 * HOUR_MS;
/// Faults that are kept of a device.
const FAULTS_KEPT: u64 = 100;

impl Store {
    /// The receipts of a report, each with what it says if exactly this one is on file for this device: whoever put it there
    /// has verified it.
    pub(crate) async fn receipts_on_file(
        &self,
        device: &DeviceSerial,
        receipts: &[SignedReceipt],
    ) -> Result<Vec<(Option<EraseReceipt>, SignedReceipt)>, StoreError> {
        let told: Vec<_> = receipts.iter().map(|signed| (signed.unverified().ok(), signed)).collect();
        let named = told.iter().filter_map(|(receipt, _)| Some(receipt.as_ref()?.licence.to_string()));
        let named: Vec<String> = named.collect();
        let mut on_file = HashMap::new();
        if !named.is_empty() {
            let found = licence_life::Entity::find()
                .filter(licence_life::Column::Licence.is_in(named))
                .filter(licence_life::Column::Device.eq(device.as_str()))
                .filter(licence_life::Column::Receipt.is_not_null());
            on_file.extend(found.all(&self.db).await?.into_iter().map(|life| (life.licence, life.receipt)));
        }
        let known = |(receipt, signed): (Option<EraseReceipt>, &SignedReceipt)| {
            let kept = receipt.as_ref().and_then(|receipt| on_file.get(&receipt.licence.to_string())?.as_deref());
            let is_on_file = kept.is_some_and(|kept| kept == codec::encode(signed));
            (receipt.filter(|_| is_on_file), signed.clone())
        };
        Ok(told.into_iter().map(known).collect())
    }

    /// Takes a report down and decides what the device is to do, in one transaction. The signatures of the receipts have
    /// been verified. The same report again changes nothing and is answered alike. Also whether something was charged.
    pub(crate) async fn device_report(
        &self,
        device: &DeviceSerial,
        report: &DeviceReport,
        receipts: &[(EraseReceipt, SignedReceipt)],
        key: &SigningKey,
        now: Timestamp,
    ) -> Result<(ReportAnswer, bool), StoreError> {
        let write = self.write().await?;
        let usage = usage_of(&write.tx, device, now).await?;
        let (lives, foreign): (Vec<_>, Vec<_>) =
            lives_of(&write.tx, report, receipts).await?.into_iter().partition(|life| life.device == device.as_str());
        let life = |licence: LicenceId| {
            let key = licence.to_string();
            lives.iter().find(|life| life.licence == key)
        };

        let metered = metered::charge_reported(&write, &lives, report, receipts, now).await?;
        let mut flag = usage.flag.as_deref().map(column::flag).transpose()?;
        if is_older(&usage, report)?
            || report.licences.iter().any(|row| life(row.licence).is_some_and(|l| grew(l, row.uses_left, row.standing)))
        {
            flag = flag.or(Some(FlagReason::Restored));
        }
        flag = flag.or(metered.flag);
        let is_edit = |kind: FaultKind| !matches!(kind, FaultKind::ClockSetBack(_) | FaultKind::ClockJumped(_));
        // A report that was taken down before brings the same faults once more: what staff have decided stands.
        let new_faults = take_faults(&write.tx, device, report, now).await?;
        if new_faults.iter().any(|kind| is_edit(*kind)) {
            flag = flag.or(Some(FlagReason::Edited));
        }

        let mut answer = ReportAnswer { acknowledged: report.mark, ..ReportAnswer::default() };
        let mut arriving = Vec::new();
        for (receipt, signed) in receipts {
            // What is not this device's is acknowledged too: there is nothing to be done about it.
            answer.receipts.push(receipt.licence);
            if let Some(life) = life(receipt.licence).filter(|life| life.erased_at.is_none()) {
                let was_used = report.licences.iter().any(|row| row.licence == receipt.licence && row.was_used);
                if returns::is_accepted(life) && !was_used {
                    returns::credit(&write, life, now).await?;
                }
                if life.moves_to.is_some() {
                    let told = report.licences.iter().find(|row| row.licence == receipt.licence);
                    arriving.push((life, told.and_then(|row| row.uses_left)));
                }
                let (state, reason, ended_at) =
                    column::standing_columns(Standing::Ended(receipt.reason, receipt.erased_at))?;
                let columns = licence_life::ActiveModel {
                    state: Set(state.to_owned()),
                    reason: Set(reason.map(str::to_owned)),
                    ended_at: Set(life.ended_at.or(ended_at)),
                    reported_at: Set(Some(column::ms(now)?)),
                    erased_at: Set(Some(column::ms(receipt.erased_at)?)),
                    receipt: Set(Some(codec::encode(signed))),
                    contact_due_at: Set(None),
                    ..Default::default()
                };
                update(&write.tx, receipt.licence, columns).await?;
            }
        }
        for row in &report.licences {
            let Some(life) = life(row.licence) else {
                let key = row.licence.to_string();
                if foreign.iter().any(|life| life.licence == key) {
                    answer.revoked.push(row.licence);
                } else {
                    // Books that were restored from a backup know less than the device, which may have paid.
                    tracing::warn!(%device, licence = %key, "a licence that is not on file");
                }
                continue;
            };
            let erased = life.erased_at.is_some() || answer.receipts.contains(&row.licence);
            let revoked = life.revoked_at.is_some();
            let mut standing = row.standing;
            if erased || (revoked && !matches!(standing, Standing::Ended(..))) {
                if !erased && returns::is_accepted(life) {
                    if row.was_used {
                        update(&write.tx, row.licence, returns::voided(life)?).await?;
                    } else {
                        answer.returned.push(row.licence);
                    }
                } else if !erased && life.moves_to.is_some() {
                    answer.moved.push(row.licence);
                } else if !matches!(standing, Standing::Ended(..)) {
                    answer.revoked.push(row.licence);
                }
                continue;
            }
            if standing == Standing::Locked(LockReason::ContactDue) {
                // This is the contact.
                standing = Standing::Active;
            }
            if !matches!(standing, Standing::Ended(..)) {
                if life.suspended_at.is_some() {
                    answer.suspended.push(row.licence);
                    if standing == Standing::Active {
                        standing = Standing::Locked(LockReason::Suspended);
                    }
                } else if flag.is_some() && life.temporary {
                    answer.locked.push(row.licence);
                    if standing == Standing::Active {
                        standing = Standing::Locked(LockReason::Restored);
                    }
                } else if matches!(standing, Standing::Locked(lock) if is_vendors(lock)) {
                    answer.released.push(row.licence);
                }
            }
            let columns = licence_life::ActiveModel {
                was_used: Set(life.was_used || row.was_used),
                ..reported(life, standing, row.uses_left, now)?
            };
            update(&write.tx, row.licence, columns).await?;
        }

        if flag.is_none() {
            answer.missing = missing(&write.tx, device, report, now).await?;
        }

        for (life, uses_left) in arriving {
            moves::arrive(&write, life, uses_left, key, now).await?;
        }

        let faults_at = if new_faults.is_empty() { usage.last_fault_at } else { column::ms(now)? };
        let flagged_at = match (&usage.flag, flag) {
            (None, Some(_)) => column::ms(now)?,
            _ => usage.flagged_at,
        };
        let columns = device_usage::ActiveModel {
            sequence: Set(Some(column::integer(report.mark.sequence)?)),
            head: Set(Some(report.mark.head.0.to_vec())),
            reported_at: Set(column::ms(now)?),
            flag: Set(flag.map(|flag| flag.name().to_owned())),
            flagged_at: Set(flagged_at),
            last_fault_at: Set(faults_at),
            ..Default::default()
        };
        let filter = device_usage::Column::Serial.eq(device.as_str());
        device_usage::Entity::update_many().set(columns).filter(filter).exec(&write.tx).await?;
        write.commit().await?;
        Ok((answer, metered.is_charged))
    }
}

/// Whether the vendor decides when such a licence can be used again.
const fn is_vendors(lock: LockReason) -> bool {
    matches!(lock, LockReason::Edited | LockReason::Restored | LockReason::Suspended)
}

/// The device's usage, locked until the transaction ends; made if there is none.
async fn usage_of(
    db: &impl ConnectionTrait,
    device: &DeviceSerial,
    now: Timestamp,
) -> Result<device_usage::Model, StoreError> {
    let first = device_usage::Model {
        serial: device.to_string(),
        sequence: None,
        head: None,
        reported_at: column::ms(now)?,
        flag: None,
        flagged_at: 0,
        last_fault_at: 0,
    };
    let once = OnConflict::column(device_usage::Column::Serial).do_nothing().to_owned();
    let columns = device_usage::ActiveModel::from(first.clone());
    device_usage::Entity::insert(columns).on_conflict(once).exec_without_returning(db).await?;
    let found = device_usage::Entity::find_by_id(device.as_str()).lock_exclusive().one(db).await?;
    Ok(found.unwrap_or(first))
}

async fn lives_of(
    db: &impl ConnectionTrait,
    report: &DeviceReport,
    receipts: &[(EraseReceipt, SignedReceipt)],
) -> Result<Vec<licence_life::Model>, StoreError> {
    let reported = report.licences.iter().map(|row| row.licence);
    let named = reported.chain(receipts.iter().map(|(receipt, _)| receipt.licence));
    let filter = licence_life::Column::Licence.is_in(named.map(|licence| licence.to_string()));
    // Staff may be deciding about one of them; what they decide must not be overwritten.
    Ok(licence_life::Entity::find()
        .filter(filter)
        .order_by_asc(licence_life::Column::Licence)
        .lock_exclusive()
        .all(db)
        .await?)
}

/// Living licences of the device that its report does not name. What the report itself has ended is on file by now.
async fn missing(
    db: &impl ConnectionTrait,
    device: &DeviceSerial,
    report: &DeviceReport,
    now: Timestamp,
) -> Result<Vec<LicenceId>, StoreError> {
    let named: HashSet<String> = report.licences.iter().map(|row| row.licence.to_string()).collect();
    let living = licence_life::Entity::find().filter(living(device.as_str(), now)?).all(db).await?;
    let unnamed = living.iter().filter(|life| !named.contains(&life.licence));
    let ids = unnamed.map(|life| Ok(LicenceId::from(column::parse::<OrderId>(&life.licence)?)));
    ids.take(DeviceReport::LICENCES_MAX).collect()
}

/// Whether the vendor has heard of a later state than the device knows of. If it is the vendor that has acknowledged more
/// than it remembers, its books were restored from a backup, and the device is not to blame.
fn is_older(usage: &device_usage::Model, report: &DeviceReport) -> Result<bool, StoreError> {
    let (Some(sequence), Some(head)) = (usage.sequence, usage.head.as_deref()) else { return Ok(false) };
    let last = UsageMark { sequence: column::unsigned(sequence)?, head: Digest(column::digest(head)?.0) };
    let is_known = last == report.acknowledged || last == report.mark;
    Ok(!is_known && report.acknowledged.sequence <= last.sequence)
}

/// Whether a licence that may be used has become more than it was.
fn grew(life: &licence_life::Model, uses_left: Option<u32>, standing: Standing) -> bool {
    let more = || life.uses_left.zip(uses_left).is_some_and(|(known, told)| i64::from(told) > known);
    standing == Standing::Active && (life.erased_at.is_some() || more())
}

fn reported(
    life: &licence_life::Model,
    standing: Standing,
    uses_left: Option<u32>,
    now: Timestamp,
) -> Result<licence_life::ActiveModel, StoreError> {
    let (state, reason, ended_at) = column::standing_columns(standing)?;
    // What an edited record says is not taken down.
    let told = uses_left.filter(|_| standing != Standing::Locked(LockReason::Edited)).map(i64::from);
    let due = match standing {
        Standing::Ended(..) => {
            let due = column::ms(now.plus_ms(HOUR_MS))?;
            Some(life.erase_due_at.map_or(due, |before| before.min(due)))
        }
        Standing::Active | Standing::Locked(_) => life.erase_due_at,
    };
    Ok(licence_life::ActiveModel {
        state: Set(state.to_owned()),
        reason: Set(reason.map(str::to_owned)),
        ended_at: Set(ended_at),
        uses_left: Set(life.uses_left.map(|known| told.map_or(known, |told| told.min(known)))),
        reported_at: Set(Some(column::ms(now)?)),
        erase_due_at: Set(due),
        contact_due_at: Set(metered::contact_due_at(life, standing, now)?),
        ..Default::default()
    })
}

pub(super) async fn update(
    db: &impl ConnectionTrait,
    licence: LicenceId,
    columns: licence_life::ActiveModel,
) -> Result<(), StoreError> {
    let filter = licence_life::Column::Licence.eq(licence.to_string());
    licence_life::Entity::update_many().set(columns).filter(filter).exec(db).await?;
    Ok(())
}

/// Takes down what is new, and forgets the oldest; returns what is new.
async fn take_faults(
    db: &impl ConnectionTrait,
    device: &DeviceSerial,
    report: &DeviceReport,
    now: Timestamp,
) -> Result<Vec<FaultKind>, StoreError> {
    let mut new = Vec::new();
    for fault in &report.faults {
        let row = device_fault::ActiveModel {
            device: Set(device.to_string()),
            at: Set(column::ms(fault.at)?),
            fault: Set(column::fault_text(fault.kind)),
            reported_at: Set(column::ms(now)?),
        };
        let columns = [device_fault::Column::Device, device_fault::Column::At, device_fault::Column::Fault];
        let once = OnConflict::columns(columns).do_nothing().to_owned();
        if device_fault::Entity::insert(row).on_conflict(once).exec_without_returning(db).await? > 0 {
            new.push(fault.kind);
        }
    }
    let newest = device_fault::Entity::find()
        .filter(device_fault::Column::Device.eq(device.as_str()))
        .order_by_desc(device_fault::Column::At)
        .offset(FAULTS_KEPT)
        .limit(1)
        .one(db)
        .await?;
    if let Some(oldest) = newest {
        device_fault::Entity::delete_many()
            .filter(device_fault::Column::Device.eq(device.as_str()))
            .filter(device_fault::Column::At.lte(oldest.at))
            .exec(db)
            .await?;
    }
    Ok(new)
}

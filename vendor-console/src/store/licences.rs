//! Licences as staff see them, and what staff decide about them and about the devices that hold them.

use std::collections::HashMap;

use protocol::message::device::Bilingual;
use protocol::message::report::{DeviceFault, Standing};
use protocol::message::staff::{DeviceAlarmRow, DeviceDecision, Ending, LicenceFilter, LicenceRow, Page, Query};
use protocol::signed::SigningKey;
use protocol::text::{Description, Name};
use protocol::time::DAY_MS;
use protocol::{
    DeviceKeyHash, DeviceSerial, Digest, EndReason, Licence, LicenceId, Manifest, OrderId, RefusalCode, Signed,
    Timestamp,
};
use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
};

use super::customers::refs;
use super::entity::{customer, device, device_fault, device_usage, licence_life, option, order};
use super::options::signed_manifest;
use super::usage::{ERASE_GRACE_MS, update};
use super::{Store, StoreError, Write, column, devices, life, limit, metered, orders, refuse, search_pattern};
use orders::Right;

/// What a device needs to have a licence and its package again.
pub(crate) struct RestoredLicence {
    pub(crate) licence: Signed<Licence>,
    pub(crate) name: Bilingual<Name>,
    pub(crate) description: Bilingual<Description>,
    pub(crate) package: Digest,
    pub(crate) chunk_count: u32,
    pub(crate) manifest: Signed<Manifest>,
}

/// How long a device that has noticed something is shown.
const FAULTS_SHOWN_MS: u64 = 30 * DAY_MS;

impl Store {
    /// A licence again, for the device's present key and with what is left of it by the books.
    pub(crate) async fn licence_again(
        &self,
        id: LicenceId,
        device: &DeviceSerial,
        key: &SigningKey,
        now: Timestamp,
    ) -> Result<Signed<Licence>, StoreError> {
        again(&self.db, id, device, key, now).await
    }

    /// A living licence with all that belongs to it, unless staff have to decide about the device.
    pub(crate) async fn restore_licence(
        &self,
        id: LicenceId,
        device: &DeviceSerial,
        key: &SigningKey,
        now: Timestamp,
    ) -> Result<RestoredLicence, StoreError> {
        let licence = again(&self.db, id, device, key, now).await?;
        let usage = device_usage::Entity::find_by_id(device.as_str()).one(&self.db).await?;
        if usage.is_some_and(|usage| usage.flag.is_some()) {
            return Err(RefusalCode::LicenceLocked.into());
        }
        let damaged = || StoreError::Corrupt(format!("licence {id} without its option or order"));
        let paid = order::Entity::find_by_id(id.to_string()).one(&self.db).await?.ok_or_else(damaged)?;
        let option = option::Entity::find_by_id(&paid.option).one(&self.db).await?.ok_or_else(damaged)?;
        let package = column::digest(paid.package.as_deref().ok_or_else(damaged)?)?;
        Ok(RestoredLicence {
            licence,
            name: Bilingual { ja: column::words(&option.name_ja)?, en: column::words(&option.name_en)? },
            description: Bilingual {
                ja: column::words(&option.description_ja)?,
                en: column::words(&option.description_en)?,
            },
            package,
            chunk_count: column::small(paid.chunk_count.ok_or_else(damaged)?)?,
            manifest: signed_manifest(&self.db, package).await?,
        })
    }

    /// Licences, newest first.
    pub(crate) async fn licences(
        &self,
        query: &Query,
        filter: &LicenceFilter,
        now: Timestamp,
    ) -> Result<Page<LicenceRow>, StoreError> {
        let mut select = licence_life::Entity::find();
        if let Some(customer) = filter.customer {
            select = select.filter(licence_life::Column::CustomerId.eq(i64::from(customer.0)));
        }
        if let Some(device) = &filter.device {
            select = select.filter(licence_life::Column::Device.eq(device.as_str()));
        }
        if filter.alarms_only {
            select = not_erased(select, now)?;
        }
        if let Some(ending) = filter.ending {
            select = metered::ending(select, ending, now)?;
        }
        if let Some(pattern) = search_pattern(query) {
            let customers = customer::Entity::find()
                .select_only()
                .column(customer::Column::Id)
                .filter(customer::Column::Search.into_expr().like(pattern.clone()))
                .into_query();
            let any = Condition::any()
                .add(licence_life::Column::Licence.into_expr().like(pattern.clone()))
                .add(Expr::expr(Func::lower(licence_life::Column::Device.into_expr())).like(pattern.clone()))
                .add(licence_life::Column::Option.into_expr().like(pattern))
                .add(licence_life::Column::CustomerId.in_subquery(customers));
            select = select.filter(any);
        }
        let total = select.clone().count(&self.db).await?;
        let found = select
            .order_by_desc(licence_life::Column::IssuedAt)
            .order_by_desc(licence_life::Column::Licence)
            .offset(u64::from(query.offset))
            .limit(limit(query))
            .all(&self.db)
            .await?;
        Ok(Page { rows: rows(&self.db, found, now).await?, total })
    }

    /// Ends a licence before its time.
    pub(crate) async fn revoke_licence(&self, id: LicenceId, now: Timestamp) -> Result<LicenceRow, StoreError> {
        let mut write = self.write().await?;
        let life = to_change(&write.tx, id).await?;
        write.note(format_args!("licence {id}"), format_args!("of device {}: {} → revoked", life.device, life.state));
        if life.revoked_at.is_some() || life.erased_at.is_some() || life.state == "ended" {
            return Err(refuse(RefusalCode::Conflict, format_args!("licence {id} has ended already")));
        }
        update(&write.tx, id, ended(EndReason::Revoked, now)?).await?;
        self.finish_licence(write, id, now).await
    }

    pub(super) async fn finish_licence(
        &self,
        write: Write,
        id: LicenceId,
        now: Timestamp,
    ) -> Result<LicenceRow, StoreError> {
        let found = find(&write.tx, id).await?.into_iter().collect();
        let row = rows(&write.tx, found, now).await?.pop();
        write.commit().await?;
        row.ok_or_else(|| RefusalCode::NotFound.into())
    }

    /// Devices that staff should look at, those that wait for a decision first.
    pub(crate) async fn device_alarms(
        &self,
        query: &Query,
        now: Timestamp,
    ) -> Result<Page<DeviceAlarmRow>, StoreError> {
        let since = column::ms(Timestamp::from_ms(now.as_ms().saturating_sub(FAULTS_SHOWN_MS)))?;
        let alarming = Condition::any()
            .add(device_usage::Column::FlaggedAt.gt(0))
            .add(device_usage::Column::LastFaultAt.gte(Ord::max(since, 1)));
        let mut select = device_usage::Entity::find().filter(alarming);
        if let Some(pattern) = search_pattern(query) {
            select = select.filter(Expr::expr(Func::lower(device_usage::Column::Serial.into_expr())).like(pattern));
        }
        let total = select.clone().count(&self.db).await?;
        let found = select
            .order_by_desc(device_usage::Column::FlaggedAt)
            .order_by_desc(device_usage::Column::LastFaultAt)
            .order_by_asc(device_usage::Column::Serial)
            .offset(u64::from(query.offset))
            .limit(limit(query))
            .all(&self.db)
            .await?;
        let mut rows = Vec::new();
        for usage in found {
            rows.push(alarm(&self.db, usage).await?);
        }
        Ok(Page { rows, total })
    }

    /// Decides about a device whose temporary licences are locked. It hears of it with its next report.
    pub(crate) async fn decide_device(
        &self,
        serial: &DeviceSerial,
        decision: DeviceDecision,
        now: Timestamp,
    ) -> Result<DeviceAlarmRow, StoreError> {
        let mut write = self.write().await?;
        let usage = device_usage::Entity::find_by_id(serial.as_str()).lock_exclusive().one(&write.tx).await?;
        let usage = usage.ok_or(RefusalCode::NotFound)?;
        let Some(flag) = &usage.flag else {
            return Err(refuse(RefusalCode::Conflict, format_args!("device {serial} waits for no decision")));
        };
        write.note(serial, format_args!("{flag} → {}", decision.name()));
        if decision == DeviceDecision::End {
            licence_life::Entity::update_many()
                .set(ended(EndReason::Revoked, now)?)
                .filter(living_temporary(serial.as_str()))
                .exec(&write.tx)
                .await?;
        }
        let columns = device_usage::ActiveModel { flag: Set(None), flagged_at: Set(0), ..Default::default() };
        let filter = device_usage::Column::Serial.eq(serial.as_str());
        device_usage::Entity::update_many().set(columns).filter(filter).exec(&write.tx).await?;
        let row = alarm(&write.tx, device_usage::Model { flag: None, flagged_at: 0, ..usage }).await?;
        write.commit().await?;
        Ok(row)
    }

    /// Licences that are over and not erased, devices that wait for a decision, and licences that end or lock soon.
    pub(super) async fn alarm_counts(&self, now: Timestamp) -> Result<(u64, u64, u64), StoreError> {
        let licences = not_erased(licence_life::Entity::find(), now)?.count(&self.db).await?;
        let flagged = device_usage::Entity::find().filter(device_usage::Column::FlaggedAt.gt(0));
        let ending = metered::ending(licence_life::Entity::find(), Ending::default(), now)?;
        Ok((licences, flagged.count(&self.db).await?, ending.count(&self.db).await?))
    }
}

/// What a new licence begins with.
pub(super) fn first_life(licence: &Licence, customer_id: Option<i64>) -> Result<licence_life::ActiveModel, StoreError> {
    let erase_due_at = licence.ends_at().map(|end| column::ms(end.plus_ms(ERASE_GRACE_MS))).transpose()?;
    Ok(licence_life::ActiveModel {
        licence: Set(licence.id.to_string()),
        device: Set(licence.device.to_string()),
        option: Set(licence.option.to_string()),
        customer_id: Set(customer_id),
        form: Set(licence.form.to_string()),
        temporary: Set(licence.form != protocol::UsageForm::Permanent),
        issued_at: Set(column::ms(licence.issued_at)?),
        starts_at: Set(column::ms(licence.starts_at)?),
        return_until: Set(licence.return_until.map(column::ms).transpose()?),
        was_used: Set(false),
        ends_at: Set(licence.ends_at().map(column::ms).transpose()?),
        uses_left: Set(licence.uses_left.map(i64::from)),
        used: Set(licence.metering.map(|metering| column::integer(metering.used)).transpose()?),
        contact_days: Set(licence.metering.map(|metering| i64::from(metering.contact_within_days.get()))),
        contact_due_at: Set(licence
            .metering
            .map(|metering| column::ms(metering.contact_due(licence.issued_at)))
            .transpose()?),
        state: Set("active".to_owned()),
        erase_due_at: Set(erase_due_at),
        ..Default::default()
    })
}

/// The hash of the key that a device is enrolled with. A device that is not gets a licence that no key can use.
pub(super) async fn device_key(db: &impl ConnectionTrait, device: &DeviceSerial) -> Result<DeviceKeyHash, StoreError> {
    let row = devices::find(db, device).await?.ok_or(RefusalCode::UnknownDevice)?;
    let hash = row.key_hash.as_deref().and_then(|hash| <[u8; 32]>::try_from(hash).ok());
    Ok(DeviceKeyHash(hash.unwrap_or_default()))
}

/// The licence once more, for the device's present key and with what is left of it. Unless one of the two has changed,
/// it is what was signed first, byte for byte.
pub(super) async fn again(
    db: &impl ConnectionTrait,
    id: LicenceId,
    device: &DeviceSerial,
    key: &SigningKey,
    now: Timestamp,
) -> Result<Signed<Licence>, StoreError> {
    let own = |life: &licence_life::Model| life.device == device.as_str();
    let life = find(db, id).await?.filter(own).ok_or(RefusalCode::UnknownOrder)?;
    check_living(db, &life, now).await?;
    let damaged = || StoreError::Corrupt(format!("licence {id} without its order"));
    let row = order::Entity::find_by_id(&life.licence).one(db).await?.ok_or_else(damaged)?;
    let licence = Licence {
        uses_left: life.uses_left.map(column::small).transpose()?,
        metering: metered::metering(&life)?,
        ..orders::licence_of(db, &row, column::parse(&life.form)?, right_of(&life)?).await?
    };
    Ok(Signed::new(&licence, key))
}

/// Refuses what has ended or is locked.
pub(super) async fn check_living(
    db: &impl ConnectionTrait,
    life: &licence_life::Model,
    now: Timestamp,
) -> Result<(), StoreError> {
    let now_ms = column::ms(now)?;
    let is_over = life.ends_at.is_some_and(|end| end <= now_ms) || life.uses_left == Some(0);
    if is_over || !life::is_living(life) {
        return Err(RefusalCode::LicenceEnded.into());
    }
    let usage = device_usage::Entity::find_by_id(life.device.as_str()).one(db).await?;
    let is_flagged = life.temporary && usage.is_some_and(|usage| usage.flag.is_some());
    if is_flagged || life.suspended_at.is_some() { Err(RefusalCode::LicenceLocked.into()) } else { Ok(()) }
}

/// When it was sold, when it begins, until when it can be returned.
fn right_of(life: &licence_life::Model) -> Result<Right, StoreError> {
    Ok(Right {
        issued_at: column::time(life.issued_at)?,
        starts_at: column::time(life.starts_at)?,
        return_until: life.return_until.filter(|_| !life.was_used).map(column::time).transpose()?,
    })
}

/// The same, locked until the transaction ends: what becomes of a licence is decided by one after the other.
pub(super) async fn to_change(db: &impl ConnectionTrait, id: LicenceId) -> Result<licence_life::Model, StoreError> {
    let found = licence_life::Entity::find_by_id(id.to_string()).lock_exclusive().one(db).await?;
    found.ok_or_else(|| RefusalCode::NotFound.into())
}

pub(super) async fn find(db: &impl ConnectionTrait, id: LicenceId) -> Result<Option<licence_life::Model>, StoreError> {
    Ok(licence_life::Entity::find_by_id(id.to_string()).one(db).await?)
}

/// The vendor ends it, for this reason.
pub(super) fn ended(reason: EndReason, now: Timestamp) -> Result<licence_life::ActiveModel, StoreError> {
    let (state, reason, ended_at) = column::standing_columns(Standing::Ended(reason, now))?;
    Ok(licence_life::ActiveModel {
        state: Set(state.to_owned()),
        reason: Set(reason.map(str::to_owned)),
        ended_at: Set(ended_at),
        revoked_at: Set(Some(column::ms(now)?)),
        erase_due_at: Set(Some(column::ms(now.plus_ms(ERASE_GRACE_MS))?)),
        contact_due_at: Set(None),
        ..Default::default()
    })
}

/// A device's licences that have not ended, whatever the device has said of them so far.
pub(super) fn living(serial: &str, now: Timestamp) -> Result<Condition, StoreError> {
    let now_ms = column::ms(now)?;
    let not_over =
        Condition::any().add(licence_life::Column::EndsAt.is_null()).add(licence_life::Column::EndsAt.gt(now_ms));
    let not_used_up =
        Condition::any().add(licence_life::Column::UsesLeft.is_null()).add(licence_life::Column::UsesLeft.gt(0));
    Ok(Condition::all()
        .add(licence_life::Column::Device.eq(serial))
        .add(licence_life::Column::ErasedAt.is_null())
        .add(licence_life::Column::RevokedAt.is_null())
        .add(licence_life::Column::State.ne("ended"))
        .add(not_over)
        .add(not_used_up))
}

fn living_temporary(serial: &str) -> Condition {
    Condition::all()
        .add(licence_life::Column::Device.eq(serial))
        .add(licence_life::Column::Temporary.eq(true))
        .add(licence_life::Column::ErasedAt.is_null())
        .add(licence_life::Column::State.ne("ended"))
}

fn not_erased(
    select: Select<licence_life::Entity>,
    now: Timestamp,
) -> Result<Select<licence_life::Entity>, StoreError> {
    let due = licence_life::Column::EraseDueAt.lte(column::ms(now)?);
    Ok(select.filter(due).filter(licence_life::Column::ErasedAt.is_null()))
}

async fn alarm(db: &impl ConnectionTrait, usage: device_usage::Model) -> Result<DeviceAlarmRow, StoreError> {
    let serial = usage.serial.as_str();
    let owner = device::Entity::find_by_id(serial).one(db).await?.and_then(|device| device.customer_id);
    let customers = refs(db, owner).await?;
    let faults = device_fault::Entity::find()
        .filter(device_fault::Column::Device.eq(serial))
        .order_by_desc(device_fault::Column::At)
        .limit(DeviceAlarmRow::FAULTS_MAX as u64)
        .all(db)
        .await?;
    let fault = |row: device_fault::Model| -> Result<_, StoreError> {
        Ok(DeviceFault { at: column::time(row.at)?, kind: column::fault(&row.fault)? })
    };
    let flag = match &usage.flag {
        Some(flag) => Some((column::flag(flag)?, column::time(usage.flagged_at)?)),
        None => None,
    };
    Ok(DeviceAlarmRow {
        serial: column::parse(serial)?,
        customer: owner.and_then(|id| customers.get(&id).cloned()),
        flag,
        temporary: licence_life::Entity::find().filter(living_temporary(serial)).count(db).await?,
        faults: faults.into_iter().map(fault).collect::<Result<_, _>>()?,
    })
}

async fn rows(
    db: &impl ConnectionTrait,
    found: Vec<licence_life::Model>,
    now: Timestamp,
) -> Result<Vec<LicenceRow>, StoreError> {
    let customers = refs(db, found.iter().filter_map(|life| life.customer_id)).await?;
    let names: HashMap<String, (String, String)> = option::Entity::find()
        .filter(option::Column::Id.is_in(found.iter().map(|life| life.option.as_str())))
        .all(db)
        .await?
        .into_iter()
        .map(|option| (option.id, (option.name_ja, option.name_en)))
        .collect();
    let now_ms = column::ms(now)?;
    let row = |life: licence_life::Model| {
        let name = |(ja, en): &(String, String)| -> Result<_, StoreError> {
            Ok(Bilingual { ja: column::words(ja)?, en: column::words(en)? })
        };
        Ok(LicenceRow {
            licence: LicenceId::from(column::parse::<OrderId>(&life.licence)?),
            device: column::parse(&life.device)?,
            customer: life.customer_id.and_then(|id| customers.get(&id).cloned()),
            option: column::parse(&life.option)?,
            option_name: names.get(&life.option).map(name).transpose()?,
            form: column::parse(&life.form)?,
            issued_at: column::time(life.issued_at)?,
            starts_at: column::time(life.starts_at)?,
            ends_at: life.ends_at.map(column::time).transpose()?,
            uses_left: life.uses_left.map(column::small).transpose()?,
            used: life.used.map(column::unsigned).transpose()?,
            contact_due_at: life.contact_due_at.map(column::time).transpose()?,
            was_used: life.was_used,
            return_until: life.return_until.map(column::time).transpose()?,
            suspended_at: life.suspended_at.map(column::time).transpose()?,
            moves_to: life.moves_to.as_deref().map(column::parse).transpose()?,
            standing: column::standing(&life.state, life.reason.as_deref(), life.ended_at)?,
            reported_at: life.reported_at.map(column::time).transpose()?,
            erased_at: life.erased_at.map(column::time).transpose()?,
            not_erased: life.erased_at.is_none() && life.erase_due_at.is_some_and(|due| due <= now_ms),
        })
    };
    found.into_iter().map(row).collect()
}

//! Devices: registration, enrolment, and the question that precedes every request of theirs.

use protocol::message::staff::{DeviceFields, DeviceRow, DeviceState, Page, Query};
use protocol::net::certificate_term;
use protocol::time::HOUR_MS;
use protocol::{ActivationCode, CustomerId, DeviceSerial, RefusalCode, Timestamp};
use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::customers::{customer_exists, refs};
use super::entity::{device, device_usage};
use super::{Store, StoreError, Write, column, limit, refuse, search_pattern, search_text, stale};

/// How long an activation code can be used.
const CODE_LIFE_MS: u64 = 72 * HOUR_MS;
/// Within this time after a certificate was issued, asking for the next one gives the same.
const RENEWAL_PAUSE_MS: u64 = 24 * HOUR_MS;

/// A device that wants its certificate.
pub(crate) struct Enrolment<'a> {
    /// Which device it says it is.
    pub(crate) serial: &'a DeviceSerial,
    /// What it proves that with.
    pub(crate) code: &'a ActivationCode,
    /// Hash of its public key.
    pub(crate) key_hash: [u8; 32],
}

/// A device that wants its next certificate.
pub(crate) struct Renewal<'a> {
    /// Which device it is.
    pub(crate) serial: &'a DeviceSerial,
    /// The certificate that it asks with.
    pub(crate) certificate: &'a [u8],
    /// Hash of the public key that the next one is for.
    pub(crate) key_hash: [u8; 32],
}

impl Store {
    /// A new device that can enrol with `code`.
    pub(crate) async fn register_device(
        &self,
        fields: &DeviceFields,
        code: &ActivationCode,
        now: Timestamp,
    ) -> Result<DeviceRow, StoreError> {
        let mut write = self.write().await?;
        let serial = &fields.serial;
        let columns = device::ActiveModel {
            serial: Set(serial.as_str().to_owned()),
            revoked: Set(false),
            revision: Set(1),
            ..with_code(columns(&write, fields).await?, code, now)?
        };
        let once = OnConflict::column(device::Column::Serial).do_nothing().to_owned();
        if device::Entity::insert(columns).on_conflict(once).exec_without_returning(&write.tx).await? == 0 {
            return Err(refuse(RefusalCode::Conflict, format_args!("device {serial} is on file already")));
        }
        write.note(serial, format_args!("customer {}", owner(fields.customer)));
        self.finish_device(write, serial, now).await
    }

    /// Other fields for a device, made from the fields of this revision.
    pub(crate) async fn update_device(
        &self,
        revision: u32,
        fields: &DeviceFields,
        now: Timestamp,
    ) -> Result<DeviceRow, StoreError> {
        let mut write = self.write().await?;
        let before = to_change(&write.tx, &fields.serial).await?;
        if before.revision != i64::from(revision) {
            return Err(stale(revision, before.revision));
        }
        let old = before.customer_id.map(column::small).transpose()?.map(CustomerId);
        let mut changes = format!("customer {} → {}", owner(old), owner(fields.customer));
        if before.model != fields.model.as_str() {
            changes.push_str(&format!(", model {} → {}", before.model, fields.model));
        }
        write.note(&fields.serial, changes);
        let columns = device::ActiveModel { revision: Set(before.revision + 1), ..columns(&write, fields).await? };
        update(&write.tx, &fields.serial, columns).await?;
        self.finish_device(write, &fields.serial, now).await
    }

    /// A new activation code, which replaces an unused one.
    pub(crate) async fn new_activation_code(
        &self,
        serial: &DeviceSerial,
        code: &ActivationCode,
        now: Timestamp,
    ) -> Result<DeviceRow, StoreError> {
        let write = self.write().await?;
        if to_change(&write.tx, serial).await?.revoked {
            return Err(refuse(RefusalCode::Conflict, format_args!("device {serial} is revoked")));
        }
        update(&write.tx, serial, with_code(device::ActiveModel::default(), code, now)?).await?;
        self.finish_device(write, serial, now).await
    }

    /// The device may no longer do anything.
    pub(crate) async fn revoke_device(&self, serial: &DeviceSerial, now: Timestamp) -> Result<DeviceRow, StoreError> {
        let write = self.write().await?;
        let columns = device::ActiveModel { revoked: Set(true), code_hash: Set(None), ..Default::default() };
        update(&write.tx, serial, columns).await?;
        self.finish_device(write, serial, now).await
    }

    /// Gives a device the certificate that `issue` makes, in DER. With the same code and key again it gives the same
    /// certificate, so a lost answer costs nothing. Whatever is wrong, the refusal is the same.
    pub(crate) async fn enrol(
        &self,
        enrolment: Enrolment<'_>,
        now: Timestamp,
        issue: impl FnOnce() -> Result<Vec<u8>, StoreError>,
    ) -> Result<Vec<u8>, StoreError> {
        let Enrolment { serial, code, key_hash } = enrolment;
        let write = self.write().await?;
        let refused = StoreError::from(RefusalCode::ActivationRefused);
        // Locked: a code is used once, however many use it at the same time.
        let device = device::Entity::find_by_id(serial.as_str()).lock_exclusive().one(&write.tx).await?;
        let Some(device) = device else { return Err(refused) };
        if device.revoked || device.code_hash.as_deref() != Some(&code.hash()) {
            return Err(refused);
        }
        if device.code_used {
            let same_key = device.key_hash.as_deref() == Some(&key_hash);
            return device.certificate.filter(|_| same_key).ok_or(refused);
        }
        if device.code_expires_at.is_none_or(|end| column::ms(now).is_ok_and(|now| now >= end)) {
            return Err(refused);
        }
        let certificate = issue()?;
        let columns = device::ActiveModel {
            code_used: Set(true),
            key_hash: Set(Some(key_hash.to_vec())),
            certificate: Set(Some(certificate.clone())),
            previous_certificate: Set(None),
            certified_at: Set(Some(column::ms(now)?)),
            cloned_at: Set(None),
            ..Default::default()
        };
        update(&write.tx, serial, columns).await?;
        // What was there before may have been lost along with the device; what comes now is compared with itself.
        let columns = device_usage::ActiveModel { sequence: Set(None), head: Set(None), ..Default::default() };
        let filter = device_usage::Column::Serial.eq(serial.as_str());
        device_usage::Entity::update_many().set(columns).filter(filter).exec(&write.tx).await?;
        write.commit().await?;
        Ok(certificate)
    }

    /// Gives a device another certificate, that `issue` makes, for its key. Repeated it gives the same one again. Until
    /// the next renewal the certificate that asked stays good: the device may lose its power at any instant.
    pub(crate) async fn renew(
        &self,
        renewal: Renewal<'_>,
        now: Timestamp,
        issue: impl FnOnce() -> Result<Vec<u8>, StoreError>,
    ) -> Result<Vec<u8>, StoreError> {
        let Renewal { serial, certificate, key_hash } = renewal;
        let write = self.write().await?;
        let device = device::Entity::find_by_id(serial.as_str()).lock_exclusive().one(&write.tx).await?;
        let device = device.ok_or(RefusalCode::UnknownDevice)?;
        let current = permitted(&device, certificate)?;
        if device.key_hash.as_deref() != Some(&key_hash) {
            return Err(refuse(RefusalCode::NotPermitted, "another key than the one that is enrolled"));
        }
        let certified_at = device.certified_at.map_or(Ok(Timestamp::from_ms(0)), column::time)?;
        if current != certificate || now < certified_at.plus_ms(RENEWAL_PAUSE_MS) {
            return Ok(current.to_vec());
        }
        let renewed = issue()?;
        let columns = device::ActiveModel {
            certificate: Set(Some(renewed.clone())),
            previous_certificate: Set(Some(certificate.to_vec())),
            certified_at: Set(Some(column::ms(now)?)),
            ..Default::default()
        };
        update(&write.tx, serial, columns).await?;
        write.commit().await?;
        Ok(renewed)
    }

    /// Two machines were seen to use the device's certificate. True if that is news.
    pub(crate) async fn mark_cloned(&self, serial: &DeviceSerial, now: Timestamp) -> Result<bool, StoreError> {
        let write = self.write().await?;
        let columns = device::ActiveModel { cloned_at: Set(Some(column::ms(now)?)), ..Default::default() };
        let marked = device::Entity::update_many()
            .set(columns)
            .filter(device::Column::Serial.eq(serial.as_str()))
            .filter(device::Column::ClonedAt.is_null())
            .exec(&write.tx)
            .await?;
        write.commit().await?;
        Ok(marked.rows_affected > 0)
    }

    /// Whether the device may ask for anything, with the certificate of its connection; and its customer.
    pub(crate) async fn permit(&self, serial: &DeviceSerial, certificate: &[u8]) -> Result<Option<i64>, StoreError> {
        let device = find(&self.db, serial).await?.ok_or(RefusalCode::UnknownDevice)?;
        permitted(&device, certificate)?;
        Ok(device.customer_id)
    }

    /// Devices, by serial number.
    pub(crate) async fn devices(&self, query: &Query, now: Timestamp) -> Result<Page<DeviceRow>, StoreError> {
        let mut select = device::Entity::find();
        if let Some(pattern) = search_pattern(query) {
            select = select.filter(device::Column::Search.into_expr().like(pattern));
        }
        let total = select.clone().count(&self.db).await?;
        let found = select.order_by_asc(device::Column::Serial).offset(u64::from(query.offset)).limit(limit(query));
        let rows = rows(&self.db, found.all(&self.db).await?, now).await?;
        Ok(Page { rows, total })
    }

    /// Writes down when these devices were last seen.
    pub(crate) async fn seen(&self, devices: &[(DeviceSerial, Timestamp)]) -> Result<(), StoreError> {
        if devices.is_empty() {
            return Ok(());
        }
        let write = self.write().await?;
        for (serial, at) in devices {
            let columns = device::ActiveModel { last_seen_at: Set(Some(column::ms(*at)?)), ..Default::default() };
            device::Entity::update_many()
                .set(columns)
                .filter(device::Column::Serial.eq(serial.as_str()))
                .exec(&write.tx)
                .await?;
        }
        write.commit().await
    }

    async fn finish_device(
        &self,
        write: Write,
        serial: &DeviceSerial,
        now: Timestamp,
    ) -> Result<DeviceRow, StoreError> {
        let found = find(&write.tx, serial).await?.into_iter().collect();
        let row = rows(&write.tx, found, now).await?.pop();
        write.commit().await?;
        row.ok_or_else(|| RefusalCode::NotFound.into())
    }
}

pub(super) async fn find(
    db: &impl ConnectionTrait,
    serial: &DeviceSerial,
) -> Result<Option<device::Model>, StoreError> {
    Ok(device::Entity::find_by_id(serial.as_str()).one(db).await?)
}

/// The device, locked until the transaction ends, or `NotFound`.
async fn to_change(db: &impl ConnectionTrait, serial: &DeviceSerial) -> Result<device::Model, StoreError> {
    let found = device::Entity::find_by_id(serial.as_str()).lock_exclusive().one(db).await?;
    found.ok_or_else(|| refuse(RefusalCode::NotFound, format_args!("no device {serial}")))
}

/// The device's newest certificate, if it may speak with this one: that, or the one before a renewal. One from before an
/// enrolment belongs to whoever had the device then.
pub(super) fn permitted<'a>(device: &'a device::Model, certificate: &[u8]) -> Result<&'a [u8], StoreError> {
    let current = device.certificate.as_deref().ok_or(RefusalCode::DeviceRevoked)?;
    let known = current == certificate || device.previous_certificate.as_deref() == Some(certificate);
    if device.revoked || !known { Err(RefusalCode::DeviceRevoked.into()) } else { Ok(current) }
}

async fn update(
    db: &impl ConnectionTrait,
    serial: &DeviceSerial,
    columns: device::ActiveModel,
) -> Result<(), StoreError> {
    let filter = device::Column::Serial.eq(serial.as_str());
    let updated = device::Entity::update_many().set(columns).filter(filter).exec(db).await?;
    if updated.rows_affected == 0 {
        return Err(refuse(RefusalCode::NotFound, format_args!("no device {serial}")));
    }
    Ok(())
}

fn certificate_until(certificate: &[u8]) -> Option<Timestamp> {
    certificate_term(certificate).map(|term| term.until).ok()
}

fn owner(customer: Option<CustomerId>) -> String {
    customer.map_or_else(|| "nobody".to_owned(), |id| id.to_string())
}

async fn columns(write: &Write, fields: &DeviceFields) -> Result<device::ActiveModel, StoreError> {
    let customer = match fields.customer {
        Some(customer) => Some(customer_exists(&write.tx, i64::from(customer.0)).await?),
        None => None,
    };
    Ok(device::ActiveModel {
        model: Set(fields.model.as_str().to_owned()),
        customer_id: Set(customer.map(|customer| customer.id)),
        search: Set(search_text(&[fields.serial.as_str(), fields.model.as_str()])),
        ..Default::default()
    })
}

fn with_code(
    columns: device::ActiveModel,
    code: &ActivationCode,
    now: Timestamp,
) -> Result<device::ActiveModel, StoreError> {
    Ok(device::ActiveModel {
        code_hash: Set(Some(code.hash().to_vec())),
        code_expires_at: Set(Some(column::ms(now.plus_ms(CODE_LIFE_MS))?)),
        code_used: Set(false),
        ..columns
    })
}

async fn rows(
    db: &impl ConnectionTrait,
    found: Vec<device::Model>,
    now: Timestamp,
) -> Result<Vec<DeviceRow>, StoreError> {
    let customers = refs(db, found.iter().filter_map(|device| device.customer_id)).await?;
    let row = |device: device::Model| {
        let state = match (device.revoked, &device.certificate) {
            (true, _) => DeviceState::Revoked,
            (false, Some(_)) => DeviceState::Enrolled,
            (false, None) => DeviceState::Registered,
        };
        let code_expires_at = device.code_expires_at.map(column::time).transpose()?;
        let usable = device.code_hash.is_some() && !device.code_used;
        Ok(DeviceRow {
            serial: column::parse(&device.serial)?,
            model: column::words(&device.model)?,
            customer: device.customer_id.and_then(|id| customers.get(&id).cloned()),
            state,
            code_expires_at: code_expires_at.filter(|end| usable && now < *end),
            last_seen_at: device.last_seen_at.map(column::time).transpose()?,
            certificate_until: device.certificate.as_deref().and_then(certificate_until),
            cloned_at: device.cloned_at.map(column::time).transpose()?,
            revision: column::small(device.revision)?,
        })
    };
    found.into_iter().map(row).collect()
}

//! Licences that are charged by use. A device reports how many uses there were in all; what is more than was charged is
//! charged, in one line of the ledger and in the transaction of the report, and the count on file never goes down. So a
//! report that is repeated, or comes late, or is lost, costs nothing and loses nothing.

use protocol::message::report::{DeviceReport, Standing};
use protocol::message::staff::{ChargedUses, Ending, FlagReason};
use protocol::receipt::{EraseReceipt, SignedReceipt};
use protocol::{LicenceId, LockReason, Metering, OrderId, Timestamp, UsageForm, Yen};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, Select};

use super::entity::{charge, licence_life, order};
use super::{Sequence, StoreError, Write, column, options};

/// Most uses that one report can bring of a licence.
const USES_MAX: u64 = UsageForm::MAX_USES as u64;

/// What a report has come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Metered {
    /// There are new charges.
    pub(super) is_charged: bool,
    /// The device tells what cannot be.
    pub(super) flag: Option<FlagReason>,
}

/// Charges the uses that a report tells of and that are not charged yet.
pub(super) async fn charge_reported(
    write: &Write,
    lives: &[licence_life::Model],
    report: &DeviceReport,
    receipts: &[(EraseReceipt, SignedReceipt)],
    now: Timestamp,
) -> Result<Metered, StoreError> {
    let mut metered = Metered::default();
    for life in lives.iter().filter(|life| life.contact_days.is_some()) {
        let known = used(life)?;
        let id = licence_id(life)?;
        let rows = report.licences.iter().filter(|row| row.licence == id);
        let mut told = known;
        for row in rows {
            // What an edited record says is not taken down.
            if row.standing == Standing::Locked(LockReason::Edited) {
                continue;
            }
            let usable = matches!(row.standing, Standing::Active | Standing::Locked(LockReason::ContactDue));
            if usable && row.used.is_some_and(|used| used < known) {
                metered.flag = metered.flag.or(Some(FlagReason::Restored));
            }
            told = Ord::max(told, row.used.unwrap_or(0));
        }
        let erased = receipts.iter().filter(|(receipt, _)| receipt.licence == id);
        told = erased.filter_map(|(receipt, _)| receipt.used).fold(told, Ord::max);
        match told - known {
            0 => {}
            new @ 1..=USES_MAX => {
                charge(write, life, known + new, new, now).await?;
                metered.is_charged = true;
            }
            _ => metered.flag = metered.flag.or(Some(FlagReason::Implausible)),
        }
    }
    Ok(metered)
}

/// One line for these uses, after which so many are charged in all.
async fn charge(
    write: &Write,
    life: &licence_life::Model,
    used: u64,
    new: u64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let damaged = || StoreError::Corrupt(format!("licence {} without its order", life.licence));
    let order = order::Entity::find_by_id(&life.licence).one(&write.tx).await?.ok_or_else(damaged)?;
    let on_file = options::find(&write.tx, &column::parse(&life.option)?).await?.ok_or_else(damaged)?;
    let each = column::yen(order.price.ok_or_else(damaged)?)?;
    let count = u32::try_from(new).map_err(|_| damaged())?;
    let amount = each.times(count).map_err(|_| damaged())?;
    let line = charge::ActiveModel {
        number: Set(write.next_number(Sequence::Charges).await?),
        order: Set(order.id),
        customer_id: Set(order.customer_id.ok_or_else(damaged)?),
        device: Set(life.device.clone()),
        option: Set(life.option.clone()),
        name_ja: Set(on_file.name_ja),
        name_en: Set(on_file.name_en),
        form: Set(life.form.clone()),
        amount: Set(column::amount(amount)?),
        charged_at: Set(column::ms(now)?),
        used: Set(column::integer(used)?),
        uses: Set(Some(i64::from(count))),
        each: Set(Some(column::amount(each)?)),
    };
    charge::Entity::insert(line).exec_without_returning(&write.tx).await?;
    let columns = licence_life::ActiveModel { used: Set(Some(column::integer(used)?)), ..Default::default() };
    let filter = licence_life::Column::Licence.eq(&life.licence);
    licence_life::Entity::update_many().set(columns).filter(filter).exec(&write.tx).await?;
    Ok(())
}

/// What a licence says of its metering; none if it is not charged by use.
pub(super) fn metering(life: &licence_life::Model) -> Result<Option<Metering>, StoreError> {
    let Some(days) = life.contact_days else { return Ok(None) };
    let damaged = || StoreError::Corrupt(format!("{days} days without contact"));
    let contact_within_days = u16::try_from(days).ok().and_then(|days| days.try_into().ok()).ok_or_else(damaged)?;
    Ok(Some(Metering { used: used(life)?, contact_within_days }))
}

/// When a licence locks on its device unless it reports again, if it has reported now.
pub(super) fn contact_due_at(
    life: &licence_life::Model,
    standing: Standing,
    now: Timestamp,
) -> Result<Option<i64>, StoreError> {
    let living = metering(life)?.filter(|_| !matches!(standing, Standing::Ended(..)));
    living.map(|metering| column::ms(metering.contact_due(now))).transpose()
}

/// Living licences with little left.
pub(super) fn ending(
    select: Select<licence_life::Entity>,
    ending: Ending,
    now: Timestamp,
) -> Result<Select<licence_life::Entity>, StoreError> {
    use licence_life::Column;
    let soon = column::ms(now.plus_days(u32::from(ending.days)))?;
    let little = Condition::any()
        .add(Column::UsesLeft.lte(i64::from(ending.uses)))
        .add(Column::EndsAt.lte(soon))
        .add(Column::ContactDueAt.lte(soon));
    let living = Condition::all()
        .add(Column::State.ne("ended"))
        .add(Column::RevokedAt.is_null())
        .add(Column::ErasedAt.is_null())
        .add(Condition::any().add(Column::EndsAt.is_null()).add(Column::EndsAt.gt(column::ms(now)?)));
    Ok(select.filter(living).filter(little))
}

/// The uses that a line of the ledger is for.
pub(super) fn charged_uses(line: &charge::Model) -> Result<Option<ChargedUses>, StoreError> {
    let (Some(uses), Some(each)) = (line.uses, line.each) else { return Ok(None) };
    let each: Yen = column::yen(each)?;
    Ok(Some(ChargedUses { count: column::small(uses)?, each }))
}

fn used(life: &licence_life::Model) -> Result<u64, StoreError> {
    column::unsigned(life.used.unwrap_or(0))
}

fn licence_id(life: &licence_life::Model) -> Result<LicenceId, StoreError> {
    column::parse::<OrderId>(&life.licence).map(LicenceId::from)
}

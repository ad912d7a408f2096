//! Orders from request to licence. What may happen is decided by [`protocol::order::Order`]; here it is made durable.

use std::num::NonZeroU16;

use protocol::message::content::TransferOutcome;
use protocol::message::device::Bilingual;
use protocol::message::staff::{DeliveryRow, OrderRow, Page, Query};
use protocol::order::{ORDER_LIFE_MS, Order, OrderEvent, Transition};
use protocol::signed::SigningKey;
use protocol::{
    ContentKey, ContractUserId, CustomerId, DeviceSerial, Digest, Licence, LicenceId, Manifest, Metering, Offer,
    OfferList, OptionId, OrderId, OrderState, RefusalCode, ReleaseVersion, Signed, Timestamp, UsageForm, codec,
};
use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};

use super::customers::refs;
use super::entity::{charge, contract, customer, device, licence, licence_life, option, order, release};
use super::options::{newest_release, release_of, signed_manifest};
use super::{
    Sequence, Store, StoreError, Write, column, devices, licences, life, limit, options, search_pattern, trials, tries,
};

/// What a device asks to buy.
pub(crate) struct OrderRequest<'a> {
    pub(crate) order: OrderId,
    pub(crate) device: &'a DeviceSerial,
    pub(crate) option: &'a OptionId,
    pub(crate) contract: Option<&'a ContractUserId>,
    /// What became of the PIN; needed where there is a contract and the order is not yet decided.
    pub(crate) pin: Option<CheckedPin>,
}

/// A PIN that was compared with what was on file for the contract a moment ago.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CheckedPin {
    /// What it was compared with.
    pub(crate) hash: Option<String>,
    /// Whether it fits.
    pub(crate) fits: bool,
}

/// A right in time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Right {
    pub(super) issued_at: Timestamp,
    pub(super) starts_at: Timestamp,
    pub(super) return_until: Option<Timestamp>,
}

/// How a device wants to buy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice {
    pub(crate) form: UsageForm,
    /// For a period: the licence after which it is to begin.
    pub(crate) follows: Option<LicenceId>,
}

impl From<UsageForm> for Choice {
    fn from(form: UsageForm) -> Self {
        Self { form, follows: None }
    }
}

/// An order that may be delivered.
pub(crate) struct AuthorisedOrder {
    pub(crate) package: Digest,
    pub(crate) chunk_count: u32,
    pub(crate) offers: OfferList,
    pub(crate) manifest: Signed<Manifest>,
}

impl Store {
    /// Decides a purchase request and writes the decision down, also a refusal. The same request gets the same decision
    /// for ever; the same number with other content or from another device is refused and changes nothing.
    pub(crate) async fn place_order(
        &self,
        request: OrderRequest<'_>,
        now: Timestamp,
    ) -> Result<AuthorisedOrder, StoreError> {
        let write = self.write().await?;
        let OrderRequest { order: id, device, option, contract, .. } = request;
        if let Some(row) = find(&write.tx, id).await? {
            own(&row, device)?;
            if row.option != option.as_str() || row.contract.as_deref() != contract.map(ContractUserId::as_str) {
                return Err(RefusalCode::OrderMismatch.into());
            }
            return match current_state(&row, now)? {
                OrderState::Refused(code) => Err(code.into()),
                OrderState::Failed(_) | OrderState::Cancelled | OrderState::Expired => {
                    Err(RefusalCode::OrderClosed.into())
                }
                _ => authorised(&write.tx, &row).await,
            };
        }
        let mut payer = None;
        let decision = authorise(&write.tx, &request, &mut payer).await;
        let (state, goods) = match decision {
            Ok(goods) => (OrderState::Authorised, Some(goods)),
            Err(StoreError::Refused(refusal)) => (OrderState::Refused(refusal.code), None),
            Err(failure) => return Err(failure),
        };
        if let (Some(contract), Some(_)) = (contract, payer) {
            tries::was_right(&write.tx, device, contract).await?;
        }
        let now_ms = column::ms(now)?;
        let release = goods.as_ref().map(|(_, release)| release);
        let row = order::Model {
            id: id.to_string(),
            device: device.to_string(),
            option: option.to_string(),
            contract: contract.map(ToString::to_string),
            customer_id: payer,
            state: state.name().to_owned(),
            reason: column::reason(state).map(str::to_owned),
            version: release.map(|release| release.version),
            package: release.map(|release| release.package.clone()),
            total_bytes: release.map(|release| release.stored_bytes),
            chunk_count: release.map(|release| release.chunk_count),
            offers: goods.as_ref().map(|(option, _)| option.offers.clone()),
            form: None,
            price: None,
            failed_attempts: 0,
            last_failure: None,
            created_at: now_ms,
            updated_at: now_ms,
            expires_at: column::ms(now.plus_ms(ORDER_LIFE_MS))?,
        };
        let columns = order::ActiveModel::from(row.clone());
        order::Entity::insert(columns).exec_without_returning(&write.tx).await?;
        let answer = match state {
            OrderState::Refused(code) => Err(code.into()),
            _ => authorised(&write.tx, &row).await,
        };
        write.commit().await?;
        answer
    }

    /// The device has everything. `NotDelivered` as long as the distribution service has not said so too.
    pub(crate) async fn received(
        &self,
        order: OrderId,
        device: &DeviceSerial,
        package: Digest,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        match self.happen(order, Some(device), OrderEvent::Received(package), now).await? {
            OrderState::Delivered | OrderState::Licensed => Ok(()),
            _ => Err(RefusalCode::NotDelivered.into()),
        }
    }

    /// The device gives the order up.
    pub(crate) async fn abandon(
        &self,
        order: OrderId,
        device: &DeviceSerial,
        event: OrderEvent,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.happen(order, Some(device), event, now).await.map(drop)
    }

    /// How the distribution service saw a transfer end.
    pub(crate) async fn report(
        &self,
        order: OrderId,
        outcome: TransferOutcome,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let event = match outcome {
            TransferOutcome::Sent(package) => OrderEvent::Sent(package),
            TransferOutcome::Failed(_) => OrderEvent::SendFailed,
        };
        let write = self.write().await?;
        let (row, mut order) = load(&write.tx, order, None, now).await?;
        let transition = order.decide(event)?;
        if transition == Transition::Unchanged && matches!(outcome, TransferOutcome::Sent(_)) {
            return Ok(());
        }
        let mut columns = order::ActiveModel::default();
        if let TransferOutcome::Failed(code) = outcome
            && order.state.is_open()
        {
            columns.failed_attempts = Set(row.failed_attempts + 1);
            columns.last_failure = Set(Some(code.code().to_owned()));
        }
        order.apply(transition);
        save(&write.tx, &row, order.state, columns, now).await?;
        write.commit().await
    }

    /// Sells the delivered option in this form: licence, charge and the order's state in one transaction. The same
    /// choice again gives the same licence, byte for byte unless the device has reported uses or has another key, and no
    /// second charge.
    pub(crate) async fn choose(
        &self,
        id: OrderId,
        (device, certificate): (&DeviceSerial, &[u8]),
        Choice { form, follows }: Choice,
        key: &SigningKey,
        now: Timestamp,
    ) -> Result<Signed<Licence>, StoreError> {
        let write = self.write().await?;
        let (row, order) = load(&write.tx, id, Some(device), now).await?;
        match order.decide(OrderEvent::Choose(form))? {
            Transition::License(offer) => {
                may_still_buy(&write.tx, &row, device, certificate).await?;
                let right = life::right(&write.tx, &row, (offer, follows), now).await?;
                let licence = license(&write, &row, offer, right, (key, self.contact_days)).await?;
                write.commit().await?;
                Ok(licence)
            }
            Transition::Unchanged | Transition::To(_) => licences::again(&write.tx, id.into(), device, key, now).await,
        }
    }

    /// Where the order stands.
    pub(crate) async fn order_state(
        &self,
        order: OrderId,
        device: &DeviceSerial,
        now: Timestamp,
    ) -> Result<OrderState, StoreError> {
        let row = find(&self.db, order).await?.ok_or(RefusalCode::UnknownOrder)?;
        own(&row, device)?;
        current_state(&row, now)
    }

    /// Closes the orders that nobody finished in time; how many.
    pub(crate) async fn expire_orders(&self, now: Timestamp) -> Result<u64, StoreError> {
        let write = self.write().await?;
        // What `Order::decide` says to `Expire`, for all at once.
        let columns = order::ActiveModel {
            state: Set(OrderState::Expired.name().to_owned()),
            updated_at: Set(column::ms(now)?),
            ..Default::default()
        };
        let expired = order::Entity::update_many()
            .set(columns)
            .filter(order::Column::State.is_in(column::OPEN_STATES))
            .filter(order::Column::ExpiresAt.lte(column::ms(now)?))
            .exec(&write.tx)
            .await?;
        write.commit().await?;
        Ok(expired.rows_affected)
    }

    /// Orders, newest first. A search looks at the numbers of orders, devices, options and customers and at the names
    /// of the latter two. `sending_bytes` is left for whoever knows the running transfers.
    pub(crate) async fn orders(
        &self,
        query: &Query,
        customer: Option<CustomerId>,
        open_only: bool,
    ) -> Result<Page<OrderRow>, StoreError> {
        let mut select = order::Entity::find();
        if let Some(customer) = customer {
            select = select.filter(order::Column::CustomerId.eq(i64::from(customer.0)));
        }
        if open_only {
            select = select.filter(order::Column::State.is_in(column::OPEN_STATES));
        }
        if let Some(pattern) = search_pattern(query) {
            let customers = customer::Entity::find()
                .select_only()
                .column(customer::Column::Id)
                .filter(customer::Column::Search.into_expr().like(pattern.clone()))
                .into_query();
            let options = option::Entity::find()
                .select_only()
                .column(option::Column::Id)
                .filter(option::Column::Search.into_expr().like(pattern.clone()))
                .into_query();
            let any = Condition::any()
                .add(order::Column::Id.into_expr().like(pattern.clone()))
                .add(Expr::expr(Func::lower(order::Column::Device.into_expr())).like(pattern.clone()))
                .add(order::Column::Option.into_expr().like(pattern))
                .add(order::Column::CustomerId.in_subquery(customers))
                .add(order::Column::Option.in_subquery(options));
            select = select.filter(any);
        }
        let total = select.clone().count(&self.db).await?;
        let found = select
            .order_by_desc(order::Column::CreatedAt)
            .order_by_desc(order::Column::Id)
            .offset(u64::from(query.offset))
            .limit(limit(query))
            .all(&self.db)
            .await?;
        Ok(Page { rows: rows(&self.db, found).await?, total })
    }

    async fn happen(
        &self,
        id: OrderId,
        device: Option<&DeviceSerial>,
        event: OrderEvent,
        now: Timestamp,
    ) -> Result<OrderState, StoreError> {
        let write = self.write().await?;
        let (row, mut order) = load(&write.tx, id, device, now).await?;
        let transition = order.decide(event)?;
        if transition != Transition::Unchanged {
            order.apply(transition);
            save(&write.tx, &row, order.state, order::ActiveModel::default(), now).await?;
            write.commit().await?;
        }
        Ok(order.state)
    }
}

async fn find(db: &impl ConnectionTrait, id: OrderId) -> Result<Option<order::Model>, StoreError> {
    // The lock is for databases with several writers; SQLite has one.
    Ok(order::Entity::find_by_id(id.to_string()).lock_exclusive().one(db).await?)
}

/// Another device's order is as good as none.
fn own(row: &order::Model, device: &DeviceSerial) -> Result<(), StoreError> {
    if row.device == device.as_str() { Ok(()) } else { Err(RefusalCode::UnknownOrder.into()) }
}

/// The state that counts at `now`: an order is over when its time is, not when somebody gets round to writing it down.
fn current_state(row: &order::Model, now: Timestamp) -> Result<OrderState, StoreError> {
    let state = column::state(&row.state, row.reason.as_deref())?;
    Ok(if state.is_open() && now >= column::time(row.expires_at)? { OrderState::Expired } else { state })
}

fn damaged(row: &order::Model) -> StoreError {
    StoreError::Corrupt(format!("order {} without what was authorised", row.id))
}

async fn load(
    db: &impl ConnectionTrait,
    id: OrderId,
    device: Option<&DeviceSerial>,
    now: Timestamp,
) -> Result<(order::Model, Order), StoreError> {
    let row = find(db, id).await?.ok_or(RefusalCode::UnknownOrder)?;
    if let Some(device) = device {
        own(&row, device)?;
    }
    let state = current_state(&row, now)?;
    if let OrderState::Refused(code) = state {
        return Err(code.into());
    }
    let order = Order {
        state,
        package: column::digest(row.package.as_deref().ok_or_else(|| damaged(&row))?)?,
        offers: column::offers(row.offers.as_deref().ok_or_else(|| damaged(&row))?)?,
        chosen: row.form.as_deref().map(column::parse).transpose()?,
    };
    Ok((row, order))
}

async fn save(
    db: &impl ConnectionTrait,
    row: &order::Model,
    state: OrderState,
    columns: order::ActiveModel,
    now: Timestamp,
) -> Result<(), StoreError> {
    let columns = order::ActiveModel {
        state: Set(state.name().to_owned()),
        reason: Set(column::reason(state).map(str::to_owned)),
        updated_at: Set(column::ms(now)?),
        ..columns
    };
    let filter = order::Column::Id.eq(row.id.as_str());
    order::Entity::update_many().set(columns).filter(filter).exec(db).await?;
    Ok(())
}

/// A legitimate purchase by a legitimate customer, or why not. `payer` is set as soon as it is known.
async fn authorise(
    db: &impl ConnectionTrait,
    request: &OrderRequest<'_>,
    payer: &mut Option<i64>,
) -> Result<(option::Model, release::Model), StoreError> {
    let customer = match request.contract {
        Some(contract) => {
            let found = contract::Entity::find_by_id(contract.as_str()).one(db).await?;
            let pin_fits = |contract: &contract::Model| {
                request.pin.as_ref().is_some_and(|pin| pin.fits && pin.hash == contract.pin_hash)
            };
            let living = found.filter(|contract| contract.active && pin_fits(contract));
            living.ok_or(RefusalCode::ContractRefused)?.customer_id
        }
        None => {
            let device: Option<device::Model> = devices::find(db, request.device).await?;
            let device = device.ok_or(RefusalCode::UnknownDevice)?;
            device.customer_id.ok_or(RefusalCode::ContractRequired)?
        }
    };
    *payer = Some(customer);
    let customer = customer::Entity::find_by_id(customer).one(db).await?;
    if customer.is_none_or(|customer| customer.suspended) {
        return Err(RefusalCode::CustomerSuspended.into());
    }
    let mut option = options::find(db, request.option).await?.ok_or(RefusalCode::UnknownOption)?;
    if !option.for_sale {
        return Err(RefusalCode::OptionNotForSale.into());
    }
    let offers = trials::offers_to(db, request.device, &option).await?.ok_or(RefusalCode::TrialUsed)?;
    option.offers = column::offers_json(&offers)?;
    let release = newest_release(db, &option).await?.ok_or(RefusalCode::OptionNotForSale)?;
    Ok((option, release))
}

/// Between the request and the choice staff may have decided otherwise; what is charged is charged by what holds now.
async fn may_still_buy(
    db: &impl ConnectionTrait,
    row: &order::Model,
    device: &DeviceSerial,
    certificate: &[u8],
) -> Result<(), StoreError> {
    let on_file = device::Entity::find_by_id(device.as_str()).lock_exclusive().one(db).await?;
    let on_file = on_file.ok_or(RefusalCode::UnknownDevice)?;
    devices::permitted(&on_file, certificate)?;
    let payer = row.customer_id.ok_or_else(|| damaged(row))?;
    let customer = customer::Entity::find_by_id(payer).one(db).await?;
    if customer.is_none_or(|customer| customer.suspended) {
        return Err(RefusalCode::CustomerSuspended.into());
    }
    match &row.contract {
        Some(contract) => {
            let contract = contract::Entity::find_by_id(contract).one(db).await?;
            contract.filter(|contract| contract.active).ok_or(RefusalCode::ContractRefused)?;
        }
        // Another customer's device now: whoever ordered does not pay for it any more.
        None if on_file.customer_id != Some(payer) => return Err(RefusalCode::OrderClosed.into()),
        None => {}
    }
    Ok(())
}

async fn authorised(db: &impl ConnectionTrait, row: &order::Model) -> Result<AuthorisedOrder, StoreError> {
    let package = column::digest(row.package.as_deref().ok_or_else(|| damaged(row))?)?;
    Ok(AuthorisedOrder {
        package,
        chunk_count: column::small(row.chunk_count.ok_or_else(|| damaged(row))?)?,
        offers: column::offers(row.offers.as_deref().ok_or_else(|| damaged(row))?)?,
        manifest: signed_manifest(db, package).await?,
    })
}

/// The licence that an order is answered with, in this form, as it is when nothing is used, and without its metering.
pub(super) async fn licence_of(
    db: &impl ConnectionTrait,
    row: &order::Model,
    form: UsageForm,
    right: Right,
) -> Result<Licence, StoreError> {
    let id: OrderId = column::parse(&row.id)?;
    let device: DeviceSerial = column::parse(&row.device)?;
    let package = column::digest(row.package.as_deref().ok_or_else(|| damaged(row))?)?;
    let release = release_of(db, package).await?;
    let offers = column::offers(row.offers.as_deref().ok_or_else(|| damaged(row))?)?;
    let content_key = release.content_key.as_slice().try_into().map(ContentKey::from_bytes);
    Ok(Licence {
        id: id.into(),
        device_key: licences::device_key(db, &device).await?,
        device,
        option: column::parse(&row.option)?,
        version: ReleaseVersion(column::small(release.version)?),
        package,
        form,
        price: offers.find(form).ok_or_else(|| damaged(row))?.price,
        issued_at: right.issued_at,
        starts_at: right.starts_at,
        return_until: right.return_until,
        uses_left: match form {
            UsageForm::Uses(uses) => Some(uses.get()),
            UsageForm::Permanent | UsageForm::Days(_) | UsageForm::Metered => None,
        },
        metering: None,
        content_key: content_key.map_err(|_| damaged(row))?,
    })
}

async fn license(
    write: &Write,
    row: &order::Model,
    offer: Offer,
    right: Right,
    (key, contact_within_days): (&SigningKey, NonZeroU16),
) -> Result<Signed<Licence>, StoreError> {
    let now = right.issued_at;
    if offer.trial {
        trials::grant(&write.tx, row, now).await?;
    }
    let metering = (offer.form == UsageForm::Metered).then_some(Metering { used: 0, contact_within_days });
    let licence = Licence { metering, ..licence_of(&write.tx, row, offer.form, right).await? };
    let on_file = options::find(&write.tx, &licence.option).await?.ok_or_else(|| damaged(row))?;
    let signed = Signed::new(&licence, key);
    let life = licences::first_life(&licence, row.customer_id)?;
    let now_ms = column::ms(now)?;
    let price = column::amount(offer.price)?;
    let licence = licence::ActiveModel {
        order: Set(row.id.clone()),
        device: Set(row.device.clone()),
        option: Set(row.option.clone()),
        issued_at: Set(now_ms),
        signed: Set(codec::encode(&signed)),
    };
    licence::Entity::insert(licence).exec_without_returning(&write.tx).await?;
    licence_life::Entity::insert(life).exec_without_returning(&write.tx).await?;
    let charge = charge::ActiveModel {
        number: Set(write.next_number(Sequence::Charges).await?),
        order: Set(row.id.clone()),
        customer_id: Set(row.customer_id.ok_or_else(|| damaged(row))?),
        device: Set(row.device.clone()),
        option: Set(row.option.clone()),
        name_ja: Set(on_file.name_ja),
        name_en: Set(on_file.name_en),
        form: Set(offer.form.to_string()),
        amount: Set(column::amount(offer.price_at_purchase())?),
        charged_at: Set(now_ms),
        used: Set(0),
        uses: Set(None),
        each: Set(None),
    };
    charge::Entity::insert(charge).exec_without_returning(&write.tx).await?;
    let columns =
        order::ActiveModel { form: Set(Some(offer.form.to_string())), price: Set(Some(price)), ..Default::default() };
    save(&write.tx, row, OrderState::Licensed, columns, now).await?;
    Ok(signed)
}

async fn rows(db: &impl ConnectionTrait, found: Vec<order::Model>) -> Result<Vec<OrderRow>, StoreError> {
    let customers = refs(db, found.iter().filter_map(|order| order.customer_id)).await?;
    let names: std::collections::HashMap<String, (String, String)> = option::Entity::find()
        .filter(option::Column::Id.is_in(found.iter().map(|order| order.option.as_str())))
        .all(db)
        .await?
        .into_iter()
        .map(|option| (option.id, (option.name_ja, option.name_en)))
        .collect();
    let row = |order: order::Model| {
        let name = |(ja, en): &(String, String)| -> Result<_, StoreError> {
            Ok(Bilingual { ja: column::words(ja)?, en: column::words(en)? })
        };
        let delivery = |total_bytes: i64| -> Result<_, StoreError> {
            Ok(DeliveryRow {
                total_bytes: column::unsigned(total_bytes)?,
                sending_bytes: None,
                failed_attempts: column::small(order.failed_attempts)?,
                last_failure: order.last_failure.as_deref().map(column::failure).transpose()?,
            })
        };
        Ok(OrderRow {
            order: column::parse(&order.id)?,
            device: column::parse(&order.device)?,
            customer: order.customer_id.and_then(|id| customers.get(&id).cloned()),
            option: column::parse(&order.option)?,
            option_name: names.get(&order.option).map(name).transpose()?,
            state: column::state(&order.state, order.reason.as_deref())?,
            form: order.form.as_deref().map(column::parse).transpose()?,
            price: order.price.map(column::yen).transpose()?,
            delivery: order.total_bytes.map(delivery).transpose()?,
            created_at: column::time(order.created_at)?,
            updated_at: column::time(order.updated_at)?,
        })
    };
    found.into_iter().map(row).collect()
}

//! Customers and their contracts.

use std::collections::HashMap;

use protocol::message::staff::{ContractRow, CustomerFields, CustomerRef, CustomerRow, Page, Query, Settlement};
use protocol::text::Name;
use protocol::{ContractUserId, CustomerId, RefusalCode, Timestamp, Yen};
use sea_orm::sea_query::{ExprTrait, Query as Sql};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};

use super::entity::{charge, contract, customer, device, invoice_line};
use super::{Sequence, Store, StoreError, Write, column, limit, refuse, search_pattern, search_text, stale, tries};

impl Store {
    /// A new customer with a first contract.
    pub(crate) async fn create_customer(
        &self,
        fields: &CustomerFields,
        now: Timestamp,
    ) -> Result<CustomerRow, StoreError> {
        let mut write = self.write().await?;
        let id = write.next_number(Sequence::Customers).await?;
        let columns = customer::ActiveModel {
            id: Set(id),
            suspended: Set(false),
            revision: Set(1),
            created_at: Set(column::ms(now)?),
            ..columns(id, fields)?
        };
        customer::Entity::insert(columns).exec_without_returning(&write.tx).await?;
        add_contract(&write, id).await?;
        write.note(CustomerId(column::small(id)?), "");
        self.finish_customer(write, id).await
    }

    /// Other fields for a customer, made from the fields of this revision.
    pub(crate) async fn update_customer(
        &self,
        id: CustomerId,
        revision: u32,
        fields: &CustomerFields,
    ) -> Result<CustomerRow, StoreError> {
        let mut write = self.write().await?;
        let (number, id) = (id, i64::from(id.0));
        let before = customer_to_change(&write.tx, id).await?;
        if before.revision != i64::from(revision) {
            return Err(stale(revision, before.revision));
        }
        write.note(number, update_note(&before, fields));
        let columns = customer::ActiveModel { revision: Set(before.revision + 1), ..columns(id, fields)? };
        customer::Entity::update_many().set(columns).filter(customer::Column::Id.eq(id)).exec(&write.tx).await?;
        self.finish_customer(write, id).await
    }

    /// Refuses the customer's purchases, or allows them again.
    pub(crate) async fn suspend_customer(&self, id: CustomerId, suspended: bool) -> Result<CustomerRow, StoreError> {
        let mut write = self.write().await?;
        let (number, id) = (id, i64::from(id.0));
        let before = customer_to_change(&write.tx, id).await?;
        write.note(number, format_args!("suspended {} → {suspended}", before.suspended));
        let columns = customer::ActiveModel { suspended: Set(suspended), ..Default::default() };
        customer::Entity::update_many().set(columns).filter(customer::Column::Id.eq(id)).exec(&write.tx).await?;
        self.finish_customer(write, id).await
    }

    /// A further contract for a customer.
    pub(crate) async fn add_contract(&self, id: CustomerId) -> Result<CustomerRow, StoreError> {
        let write = self.write().await?;
        let id = i64::from(id.0);
        // Contracts are counted: one is added after the other.
        customer_to_change(&write.tx, id).await?;
        add_contract(&write, id).await?;
        self.finish_customer(write, id).await
    }

    /// Ends a contract, or lets it live again.
    pub(crate) async fn set_contract(&self, id: &ContractUserId, active: bool) -> Result<CustomerRow, StoreError> {
        let mut write = self.write().await?;
        let found = contract_exists(&write.tx, id).await?;
        let owner = CustomerId(column::small(found.customer_id)?);
        let ending = crate::server::contract_ending(id);
        write.note(owner, format_args!("{ending}: active {} → {active}", found.active));
        let columns = contract::ActiveModel { active: Set(active), ..Default::default() };
        contract::Entity::update_many()
            .set(columns)
            .filter(contract::Column::Id.eq(id.as_str()))
            .exec(&write.tx)
            .await?;
        self.finish_customer(write, found.customer_id).await
    }

    /// Another PIN for a contract, or none; wrong tries at it are forgotten.
    pub(crate) async fn set_contract_pin(
        &self,
        id: &ContractUserId,
        pin_hash: Option<String>,
    ) -> Result<CustomerRow, StoreError> {
        let mut write = self.write().await?;
        let found = contract_exists(&write.tx, id).await?;
        let (had, has) = (found.pin_hash.is_some(), pin_hash.is_some());
        let ending = crate::server::contract_ending(id);
        let owner = CustomerId(column::small(found.customer_id)?);
        write.note(owner, format_args!("{ending}: PIN {had} → {has}"));
        let columns = contract::ActiveModel { pin_hash: Set(pin_hash), ..Default::default() };
        contract::Entity::update_many()
            .set(columns)
            .filter(contract::Column::Id.eq(id.as_str()))
            .exec(&write.tx)
            .await?;
        tries::forget_contract(&write.tx, id).await?;
        self.finish_customer(write, found.customer_id).await
    }

    /// Customers, by number. A search looks at numbers, names, addresses and contract user IDs.
    pub(crate) async fn customers(&self, query: &Query) -> Result<Page<CustomerRow>, StoreError> {
        let mut select = customer::Entity::find();
        if let Some(pattern) = search_pattern(query) {
            let by_contract = contract::Entity::find()
                .select_only()
                .column(contract::Column::CustomerId)
                .filter(contract::Column::Id.into_expr().like(pattern.clone()))
                .into_query();
            let either = Condition::any()
                .add(customer::Column::Search.into_expr().like(pattern))
                .add(customer::Column::Id.in_subquery(by_contract));
            select = select.filter(either);
        }
        let total = select.clone().count(&self.db).await?;
        let found = select.order_by_asc(customer::Column::Id).offset(u64::from(query.offset)).limit(limit(query));
        let rows = rows(&self.db, found.all(&self.db).await?).await?;
        Ok(Page { rows, total })
    }

    /// A customer's name.
    pub(crate) async fn customer_name(&self, id: i64) -> Result<Option<Name>, StoreError> {
        let found = customer::Entity::find_by_id(id).one(&self.db).await?;
        found.map(|customer| column::words(&customer.name)).transpose()
    }

    async fn finish_customer(&self, write: Write, id: i64) -> Result<CustomerRow, StoreError> {
        let found = customer_exists(&write.tx, id).await?;
        let row = rows(&write.tx, vec![found]).await?.pop();
        write.commit().await?;
        row.ok_or_else(|| RefusalCode::NotFound.into())
    }
}

/// What an update changes, in short; of names and addresses only that they change.
fn update_note(before: &customer::Model, fields: &CustomerFields) -> String {
    let mut changes = Vec::new();
    if before.name != fields.name.as_str() {
        changes.push("name".to_owned());
    }
    if before.email.as_deref() != fields.email.as_ref().map(|email| email.as_str()) {
        changes.push("address".to_owned());
    }
    let monthly = fields.settlement == Settlement::Monthly;
    if before.monthly != monthly {
        changes.push(format!("monthly {} → {monthly}", before.monthly));
    }
    changes.join(", ")
}

fn columns(id: i64, fields: &CustomerFields) -> Result<customer::ActiveModel, StoreError> {
    let number = CustomerId(column::small(id)?).to_string();
    let email = fields.email.as_ref().map(|email| email.as_str());
    Ok(customer::ActiveModel {
        name: Set(fields.name.as_str().to_owned()),
        email: Set(email.map(str::to_owned)),
        monthly: Set(fields.settlement == Settlement::Monthly),
        search: Set(search_text(&[&number, fields.name.as_str(), email.unwrap_or_default()])),
        ..Default::default()
    })
}

/// The customer, or `NotFound`.
pub(super) async fn customer_exists(db: &impl ConnectionTrait, id: i64) -> Result<customer::Model, StoreError> {
    let found = customer::Entity::find_by_id(id).one(db).await?;
    found.ok_or_else(|| refuse(RefusalCode::NotFound, format_args!("no customer C-{id:04}")))
}

/// The same, locked until the transaction ends.
pub(super) async fn customer_to_change(db: &impl ConnectionTrait, id: i64) -> Result<customer::Model, StoreError> {
    let found = customer::Entity::find_by_id(id).lock_exclusive().one(db).await?;
    found.ok_or_else(|| refuse(RefusalCode::NotFound, format_args!("no customer C-{id:04}")))
}

/// The contract, locked until the transaction ends, or `NotFound`.
async fn contract_exists(db: &impl ConnectionTrait, id: &ContractUserId) -> Result<contract::Model, StoreError> {
    let found = contract::Entity::find_by_id(id.as_str()).lock_exclusive().one(db).await?;
    found.ok_or_else(|| refuse(RefusalCode::NotFound, format_args!("no contract {id}")))
}

async fn add_contract(write: &Write, customer: i64) -> Result<(), StoreError> {
    let position = contract::Entity::find().filter(contract::Column::CustomerId.eq(customer)).count(&write.tx).await?;
    loop {
        // Random, so that the number of one contract says nothing about another's.
        let id = ContractUserId::from_body(u32::from_le_bytes(crate::random::bytes()?));
        if contract::Entity::find_by_id(id.as_str()).one(&write.tx).await?.is_some() {
            continue;
        }
        let columns = contract::ActiveModel {
            id: Set(id.as_str().to_owned()),
            customer_id: Set(customer),
            position: Set(column::integer(position)?),
            active: Set(true),
            pin_hash: Set(None),
        };
        contract::Entity::insert(columns).exec_without_returning(&write.tx).await?;
        return Ok(());
    }
}

/// Number and name of each of these customers.
pub(super) async fn refs(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, CustomerRef>, StoreError> {
    let found = customer::Entity::find().filter(customer::Column::Id.is_in(ids)).all(db).await?;
    found.into_iter().map(|customer| Ok((customer.id, reference(&customer)?))).collect()
}

fn reference(customer: &customer::Model) -> Result<CustomerRef, StoreError> {
    Ok(CustomerRef { id: CustomerId(column::small(customer.id)?), name: column::words(&customer.name)? })
}

async fn rows(db: &impl ConnectionTrait, found: Vec<customer::Model>) -> Result<Vec<CustomerRow>, StoreError> {
    let ids: Vec<i64> = found.iter().map(|customer| customer.id).collect();
    let mut contracts: HashMap<i64, Vec<ContractRow>> = HashMap::new();
    let select = contract::Entity::find().filter(contract::Column::CustomerId.is_in(ids.iter().copied()));
    for contract in select.order_by_asc(contract::Column::Position).all(db).await? {
        let row = ContractRow {
            id: column::parse(&contract.id)?,
            active: contract.active,
            has_pin: contract.pin_hash.is_some(),
        };
        contracts.entry(contract.customer_id).or_default().push(row);
    }
    let devices: HashMap<i64, i64> = device::Entity::find()
        .select_only()
        .column(device::Column::CustomerId)
        .column_as(device::Column::Serial.count(), "devices")
        .filter(device::Column::CustomerId.is_in(ids.iter().copied()))
        .group_by(device::Column::CustomerId)
        .into_tuple()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let uninvoiced: HashMap<i64, i64> = charge::Entity::find()
        .select_only()
        .column(charge::Column::CustomerId)
        .column_as(charge::Column::Amount.into_expr().sum().cast_as("bigint"), "sum")
        .filter(charge::Column::CustomerId.is_in(ids))
        .filter(charge::Column::Number.not_in_subquery(invoiced()))
        .group_by(charge::Column::CustomerId)
        .into_tuple()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let row = |customer: customer::Model| {
        let CustomerRef { id, name } = reference(&customer)?;
        let email = customer.email.as_deref().map(column::words).transpose()?;
        let settlement = if customer.monthly { Settlement::Monthly } else { Settlement::OnDemand };
        Ok(CustomerRow {
            id,
            fields: CustomerFields { name, email, settlement },
            suspended: customer.suspended,
            contracts: contracts.remove(&customer.id).unwrap_or_default(),
            devices: column::unsigned(devices.get(&customer.id).copied().unwrap_or(0))?,
            uninvoiced: uninvoiced.get(&customer.id).copied().map_or(Ok(Yen::ZERO), column::yen)?,
            created_at: column::time(customer.created_at)?,
            revision: column::small(customer.revision)?,
        })
    };
    found.into_iter().map(row).collect()
}

/// The numbers of all charges that are on an invoice.
pub(super) fn invoiced() -> sea_orm::sea_query::SelectStatement {
    Sql::select().column(invoice_line::Column::Charge).from(invoice_line::Entity).to_owned()
}

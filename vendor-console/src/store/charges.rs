//! The ledger, as staff read it. A line is written in [`super::orders`] together with its
//! licence, or in [`super::metered`] together with the report of the uses that it charges, and never again.

use std::collections::HashMap;

use protocol::message::device::Bilingual;
use protocol::message::staff::{ChargeFilter, ChargeRow, Overview, Page, Query};
use protocol::{InvoiceNumber, Timestamp, Yen};
use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select,
};

use super::customers::{invoiced, refs};
use super::entity::{charge, credit, customer, device, invoice_line, option, order, proposal};
use super::options::is_listed_sql;
use super::proposals::WAITING;
use super::{Store, StoreError, column, credits, limit, metered, search_pattern, staff};

impl Store {
    /// Charges, newest first, and the sum of all that the filter finds. A search looks at the numbers of charges,
    /// orders, devices, options and customers and at the names of the latter two.
    pub(crate) async fn charges(
        &self,
        query: &Query,
        filter: &ChargeFilter,
    ) -> Result<(Page<ChargeRow>, Yen), StoreError> {
        let mut select = charge::Entity::find();
        if let Some(customer) = filter.customer {
            select = select.filter(charge::Column::CustomerId.eq(i64::from(customer.0)));
        }
        // An instant that no column can hold lies after every charge.
        if let Some(from) = filter.from {
            select = select.filter(charge::Column::ChargedAt.gte(column::ms(from).unwrap_or(i64::MAX)));
        }
        if let Some(until) = filter.until {
            select = select.filter(charge::Column::ChargedAt.lt(column::ms(until).unwrap_or(i64::MAX)));
        }
        if filter.uninvoiced_only {
            select = select.filter(charge::Column::Number.not_in_subquery(invoiced()));
        }
        if let Some(pattern) = search_pattern(query) {
            let customers = customer::Entity::find()
                .select_only()
                .column(customer::Column::Id)
                .filter(customer::Column::Search.into_expr().like(pattern.clone()))
                .into_query();
            let lower = |column: charge::Column| Expr::expr(Func::lower(column.into_expr()));
            let mut any = Condition::any()
                .add(charge::Column::Order.into_expr().like(pattern.clone()))
                .add(lower(charge::Column::Device).like(pattern.clone()))
                .add(charge::Column::Option.into_expr().like(pattern.clone()))
                .add(lower(charge::Column::NameJa).like(pattern.clone()))
                .add(lower(charge::Column::NameEn).like(pattern))
                .add(charge::Column::CustomerId.in_subquery(customers));
            if let Some(number) = query.search.as_ref().and_then(|text| text.as_str().parse::<i64>().ok()) {
                any = any.add(charge::Column::Number.eq(number));
            }
            select = select.filter(any);
        }
        let total = select.clone().count(&self.db).await?;
        let sum = sum(&self.db, select.clone()).await?;
        let found = select
            .order_by_desc(charge::Column::Number)
            .offset(u64::from(query.offset))
            .limit(limit(query))
            .all(&self.db)
            .await?;
        Ok((Page { rows: rows(&self.db, found).await?, total }, sum))
    }

    /// The figures of the first page.
    pub(crate) async fn overview(&self, now: Timestamp) -> Result<Overview, StoreError> {
        let (licences_not_erased, devices_flagged, licences_ending) = self.alarm_counts(now).await?;
        let db = &self.db;
        let enrolled = device::Entity::find()
            .filter(device::Column::Revoked.eq(false))
            .filter(device::Column::Certificate.is_not_null());
        let cloned = device::Entity::find().filter(device::Column::ClonedAt.is_not_null());
        let open = order::Entity::find().filter(order::Column::State.is_in(column::OPEN_STATES));
        let uninvoiced = charge::Entity::find().filter(charge::Column::Number.not_in_subquery(invoiced()));
        Ok(Overview {
            customers: customer::Entity::find().count(db).await?,
            devices_enrolled: enrolled.count(db).await?,
            options_for_sale: option::Entity::find().filter(is_listed_sql()).count(db).await?,
            orders_open: open.count(db).await?,
            uninvoiced: sum(db, uninvoiced).await?,
            charged: sum(db, charge::Entity::find()).await?,
            devices_cloned: cloned.filter(device::Column::Revoked.eq(false)).count(db).await?,
            licences_not_erased,
            devices_flagged,
            credited: credits::sum(db, credit::Entity::find()).await?,
            proposals_open: proposal::Entity::find().filter(proposal::Column::State.eq(WAITING)).count(db).await?,
            rules: staff::rules(db).await?,
            licences_ending,
        })
    }
}

async fn sum(db: &impl ConnectionTrait, select: Select<charge::Entity>) -> Result<Yen, StoreError> {
    let sum: Option<Option<i64>> = select
        .select_only()
        .column_as(charge::Column::Amount.into_expr().sum().cast_as("bigint"), "sum")
        .into_tuple()
        .one(db)
        .await?;
    sum.flatten().map_or(Ok(Yen::ZERO), column::yen)
}

pub(super) async fn rows(db: &impl ConnectionTrait, found: Vec<charge::Model>) -> Result<Vec<ChargeRow>, StoreError> {
    let customers = refs(db, found.iter().map(|charge| charge.customer_id)).await?;
    let invoices: HashMap<i64, i64> = invoice_line::Entity::find()
        .filter(invoice_line::Column::Charge.is_in(found.iter().map(|charge| charge.number)))
        .all(db)
        .await?
        .into_iter()
        .map(|line| (line.charge, line.invoice))
        .collect();
    let credited = credits::of_charges(db, found.iter().map(|charge| charge.number)).await?;
    let row = |charge: charge::Model| {
        let customer = customers.get(&charge.customer_id).cloned();
        let invoice = invoices.get(&charge.number).copied();
        Ok(ChargeRow {
            number: column::unsigned(charge.number)?,
            order: column::parse(&charge.order)?,
            customer: customer.ok_or_else(|| StoreError::Corrupt(format!("charge {} of nobody", charge.number)))?,
            device: column::parse(&charge.device)?,
            option: column::parse(&charge.option)?,
            option_name: Bilingual { ja: column::words(&charge.name_ja)?, en: column::words(&charge.name_en)? },
            form: column::parse(&charge.form)?,
            amount: column::yen(charge.amount)?,
            uses: metered::charged_uses(&charge)?,
            charged_at: column::time(charge.charged_at)?,
            invoice: invoice.map(column::small).transpose()?.map(InvoiceNumber),
            credited: credited.get(&charge.number).copied().map_or(Ok(Yen::ZERO), column::yen)?,
        })
    };
    found.into_iter().map(row).collect()
}

//! Credits: what is given back of charges. The ledger's charges stay as they are; a credit is a line of its own, never
//! edited, and reduces the customer's next invoices until it is used up.

use std::collections::HashMap;

use protocol::message::staff::{CreditRow, InvoiceCredit, Page, ProposalKind, Query, Reason};
use protocol::time::DAY_MS;
use protocol::{CustomerId, RefusalCode, Timestamp, Yen};
use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::customers::{customer_to_change, refs};
use super::entity::{charge, credit, invoice_credit, proposal};
use super::proposals::{self, Content, WAITING};
use super::{Outcome, Sequence, Store, StoreError, Write, column, limit, refuse, search_pattern, staff};

/// The time over which credits without a second person are added up, so that many small ones are not a way around it.
const LIMIT_PERIOD_MS: u64 = 30 * DAY_MS;

/// In place of the name of whoever gave a credit, if nobody did.
const NOBODY: &str = "";

/// A credit that is allowed.
pub(super) struct New {
    pub(super) charge: charge::Model,
    pub(super) amount: Yen,
    pub(super) reason: String,
    /// `None` if nobody did: a licence was returned.
    pub(super) by: Option<String>,
    pub(super) approved_by: Option<String>,
}

impl Store {
    /// Gives back a part of a charge, or all of it. Above the limit it waits for a second person.
    pub(crate) async fn credit(
        &self,
        number: u64,
        amount: Yen,
        reason: &Reason,
        now: Timestamp,
    ) -> Result<Outcome<CreditRow>, StoreError> {
        let mut write = self.write().await?;
        let charge = charge_to_credit(&write.tx, column::integer(number).unwrap_or(i64::MAX)).await?;
        // What waits counts too: it may be approved at any time.
        let waiting = proposal::Entity::find()
            .filter(proposal::Column::Charge.eq(charge.number))
            .filter(proposal::Column::State.eq(WAITING));
        let waiting = waiting.all(&write.tx).await?.iter().filter_map(|row| row.amount).sum();
        check_amount(&write.tx, &charge, amount, waiting).await?;
        write.note(format_args!("charge {number}"), format_args!("{amount} back"));
        let rules = staff::rules_locked(&write).await?;
        if rules.second_person {
            let since = column::ms(Timestamp::from_ms(now.as_ms().saturating_sub(LIMIT_PERIOD_MS)))?;
            let alone = credit::Entity::find()
                .filter(credit::Column::CustomerId.eq(charge.customer_id))
                .filter(credit::Column::ApprovedBy.is_null())
                .filter(credit::Column::IssuedBy.ne(NOBODY))
                .filter(credit::Column::IssuedAt.gt(since));
            let alone = sum(&write.tx, alone).await?;
            if alone.checked_add(amount).map_or(true, |sum| sum > rules.credit_limit) {
                let content = Content {
                    charge: Some(charge.number),
                    amount: Some(amount),
                    reason: Some(reason.as_str().to_owned()),
                    ..Content::default()
                };
                let waits = proposals::propose(&write, ProposalKind::Credit, content, now).await?;
                write.note(format_args!("charge {number}"), format_args!("{amount} back, proposal {waits}: waits"));
                return Ok(Outcome::Waits(Box::new(self.finish_proposal(write, waits).await?)));
            }
        }
        let (by, reason) = (Some(write.who()?.to_string()), reason.as_str().to_owned());
        let issued = issue(&write, New { charge, amount, reason, by, approved_by: None }, now).await?;
        let row = rows(&write.tx, vec![issued]).await?.pop();
        write.commit().await?;
        row.map(Outcome::Done).ok_or_else(|| RefusalCode::NotFound.into())
    }

    /// Credits, newest first. A search looks at reasons and names of staff, and at numbers.
    pub(crate) async fn credits(
        &self,
        query: &Query,
        customer: Option<CustomerId>,
        charge: Option<u64>,
    ) -> Result<Page<CreditRow>, StoreError> {
        use credit::Column;
        let mut select = credit::Entity::find();
        if let Some(customer) = customer {
            select = select.filter(Column::CustomerId.eq(i64::from(customer.0)));
        }
        if let Some(charge) = charge {
            select = select.filter(Column::Charge.eq(column::integer(charge).unwrap_or(i64::MAX)));
        }
        if let Some(pattern) = search_pattern(query) {
            let texts = [Column::Reason, Column::IssuedBy, Column::ApprovedBy];
            let mut any = texts.into_iter().fold(Condition::any(), |any, column| {
                any.add(Expr::expr(Func::lower(column.into_expr())).like(pattern.clone()))
            });
            if let Some(number) = query.search.as_ref().and_then(|text| text.as_str().parse::<i64>().ok()) {
                any = any.add(Column::Number.eq(number)).add(Column::Charge.eq(number));
            }
            select = select.filter(any);
        }
        let total = select.clone().count(&self.db).await?;
        let found = select.order_by_desc(Column::Number).offset(u64::from(query.offset)).limit(limit(query));
        Ok(Page { rows: rows(&self.db, found.all(&self.db).await?).await?, total })
    }
}

/// The charge, or `NotFound`.
async fn charge(db: &impl ConnectionTrait, number: i64) -> Result<charge::Model, StoreError> {
    let found = charge::Entity::find_by_id(number).one(db).await?;
    found.ok_or_else(|| refuse(RefusalCode::NotFound, format_args!("no charge {number}")))
}

/// The same with its customer, both locked until the transaction ends: what is left of the charge, and what the customer was
/// given back, is added up by one after the other.
pub(super) async fn charge_to_credit(db: &impl ConnectionTrait, number: i64) -> Result<charge::Model, StoreError> {
    let customer = charge(db, number).await?.customer_id;
    customer_to_change(db, customer).await?;
    let found = charge::Entity::find_by_id(number).lock_exclusive().one(db).await?;
    found.ok_or_else(|| refuse(RefusalCode::NotFound, format_args!("no charge {number}")))
}

/// Refuses what is nothing, or more than is left of the charge.
async fn check_amount(
    db: &impl ConnectionTrait,
    charge: &charge::Model,
    amount: Yen,
    waiting: i64,
) -> Result<(), StoreError> {
    let given = sum(db, credit::Entity::find().filter(credit::Column::Charge.eq(charge.number))).await?;
    let left = charge.amount - column::amount(given)? - waiting;
    let amount = column::amount(amount)?;
    if amount == 0 || amount > left {
        let left = column::yen(Ord::max(left, 0))?;
        let detail = format_args!("of charge {} between ￥1 and {left} can be credited", charge.number);
        return Err(refuse(RefusalCode::InvalidInput, detail));
    }
    Ok(())
}

/// Puts a credit on file.
pub(super) async fn issue(write: &Write, new: New, now: Timestamp) -> Result<credit::Model, StoreError> {
    check_amount(&write.tx, &new.charge, new.amount, 0).await?;
    let row = credit::Model {
        number: write.next_number(Sequence::Credits).await?,
        charge: new.charge.number,
        customer_id: new.charge.customer_id,
        amount: column::amount(new.amount)?,
        reason: new.reason,
        issued_by: new.by.unwrap_or_else(|| NOBODY.to_owned()),
        approved_by: new.approved_by,
        issued_at: column::ms(now)?,
    };
    credit::Entity::insert(credit::ActiveModel::from(row.clone())).exec_without_returning(&write.tx).await?;
    Ok(row)
}

pub(super) async fn sum(db: &impl ConnectionTrait, select: Select<credit::Entity>) -> Result<Yen, StoreError> {
    let sum: Option<Option<i64>> = select
        .select_only()
        .column_as(credit::Column::Amount.into_expr().sum().cast_as("bigint"), "sum")
        .into_tuple()
        .one(db)
        .await?;
    sum.flatten().map_or(Ok(Yen::ZERO), column::yen)
}

/// How much was given back of each of these charges.
pub(super) async fn of_charges(
    db: &impl ConnectionTrait,
    charges: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, i64>, StoreError> {
    let found = credit::Entity::find().filter(credit::Column::Charge.is_in(charges)).all(db).await?;
    let mut sums = HashMap::new();
    for credit in found {
        *sums.entry(credit.charge).or_default() += credit.amount;
    }
    Ok(sums)
}

/// How much of each of these credits has reduced invoices.
async fn used(
    db: &impl ConnectionTrait,
    credits: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, i64>, StoreError> {
    let found = invoice_credit::Entity::find().filter(invoice_credit::Column::Credit.is_in(credits)).all(db).await?;
    let mut sums = HashMap::new();
    for line in found {
        *sums.entry(line.credit).or_default() += line.amount;
    }
    Ok(sums)
}

/// What a customer's credits take from an invoice.
pub(super) struct Taken {
    /// Credit and amount, oldest first.
    pub(super) lines: Vec<(i64, i64)>,
    pub(super) sum: i64,
    /// What is left for the next invoice.
    pub(super) carried: i64,
}

/// Takes from an invoice of `total` what the customer's credits allow, oldest first, with at most `lines_max` lines.
pub(super) async fn take(
    db: &impl ConnectionTrait,
    customer: i64,
    total: i64,
    lines_max: usize,
) -> Result<Taken, StoreError> {
    let credits = credit::Entity::find()
        .filter(credit::Column::CustomerId.eq(customer))
        .order_by_asc(credit::Column::Number)
        .all(db)
        .await?;
    let used = used(db, credits.iter().map(|credit| credit.number)).await?;
    let mut taken = Taken { lines: Vec::new(), sum: 0, carried: 0 };
    for credit in credits {
        let left = credit.amount - used.get(&credit.number).copied().unwrap_or(0);
        let now = if taken.lines.len() < lines_max { Ord::min(left, total - taken.sum) } else { 0 };
        if now > 0 {
            taken.lines.push((credit.number, now));
            taken.sum += now;
        }
        taken.carried += left - now;
    }
    Ok(taken)
}

/// The credit lines of an invoice.
pub(super) async fn of_invoice(db: &impl ConnectionTrait, invoice: i64) -> Result<Vec<InvoiceCredit>, StoreError> {
    let lines = invoice_credit::Entity::find()
        .filter(invoice_credit::Column::Invoice.eq(invoice))
        .order_by_asc(invoice_credit::Column::Credit)
        .all(db)
        .await?;
    let credits = credit::Entity::find().filter(credit::Column::Number.is_in(lines.iter().map(|line| line.credit)));
    let credits: HashMap<i64, credit::Model> =
        credits.all(db).await?.into_iter().map(|credit| (credit.number, credit)).collect();
    let line = |line: invoice_credit::Model| {
        let credit = credits.get(&line.credit);
        let credit = credit.ok_or_else(|| StoreError::Corrupt(format!("no credit {}", line.credit)))?;
        Ok(InvoiceCredit {
            credit: column::unsigned(line.credit)?,
            charge: column::unsigned(credit.charge)?,
            reason: column::words(&credit.reason)?,
            amount: column::yen(line.amount)?,
        })
    };
    lines.into_iter().map(line).collect()
}

async fn rows(db: &impl ConnectionTrait, found: Vec<credit::Model>) -> Result<Vec<CreditRow>, StoreError> {
    let customers = refs(db, found.iter().map(|credit| credit.customer_id)).await?;
    let used = used(db, found.iter().map(|credit| credit.number)).await?;
    let row = |credit: credit::Model| {
        let customer = customers.get(&credit.customer_id).cloned();
        Ok(CreditRow {
            number: column::unsigned(credit.number)?,
            charge: column::unsigned(credit.charge)?,
            customer: customer.ok_or_else(|| StoreError::Corrupt(format!("credit {} of nobody", credit.number)))?,
            amount: column::yen(credit.amount)?,
            reason: column::words(&credit.reason)?,
            by: Some(credit.issued_by.as_str()).filter(|by| *by != NOBODY).map(column::parse).transpose()?,
            approved_by: credit.approved_by.as_deref().map(column::parse).transpose()?,
            issued_at: column::time(credit.issued_at)?,
            used: used.get(&credit.number).copied().map_or(Ok(Yen::ZERO), column::yen)?,
        })
    };
    found.into_iter().map(row).collect()
}

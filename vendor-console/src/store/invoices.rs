//! Invoices: which charges and credits are on which document. A charge is on one invoice at most; the schema says so
//! too. A credit reduces one invoice after the other until it is used up.

use protocol::message::staff::{
    CustomerRef, INVOICE_LINES_MAX, InvoiceDocument, InvoiceRow, PAGE_ROWS_MAX, Page, Query,
};
use protocol::{CustomerId, InvoiceNumber, RefusalCode, Timestamp, Yen};
use sea_orm::sea_query::{ExprTrait, Func};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};

use super::customers::{customer_to_change, invoiced};
use super::entity::{charge, customer, invoice, invoice_credit, invoice_line};
use super::{Sequence, Store, StoreError, Write, charges, column, credits, limit, refuse, search_pattern};

/// Lines of one INSERT: every database limits the values of a statement.
const LINES_PER_INSERT: usize = 500;

impl Store {
    /// One invoice over a customer's oldest charges before `until`; `None` means all until now. `Conflict` if there is
    /// no such charge.
    pub(crate) async fn create_invoice(
        &self,
        customer: CustomerId,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<InvoiceDocument, StoreError> {
        let mut write = self.write().await?;
        // Locked: a charge goes onto one invoice, and a credit is used up once.
        let customer = customer_to_change(&write.tx, i64::from(customer.0)).await?;
        let until = period_end(until, now);
        let made = make_invoice(&write, &customer, until, now).await?;
        let made = made.ok_or_else(|| refuse(RefusalCode::Conflict, "no charge waits for an invoice"))?;
        let document = document(&write.tx, made).await?;
        write.note(
            document.head.number,
            format_args!("{} to pay by {}", document.head.total, document.head.customer.id),
        );
        write.commit().await?;
        Ok(document)
    }

    /// Invoices the charges before `until` of every customer who is settled monthly, in one transaction. At most
    /// [`PAGE_ROWS_MAX`] of the new invoices are returned.
    pub(crate) async fn settle(&self, until: Timestamp, now: Timestamp) -> Result<Page<InvoiceRow>, StoreError> {
        let mut write = self.write().await?;
        let until = period_end(Some(until), now);
        let waiting = charge::Entity::find()
            .select_only()
            .column(charge::Column::CustomerId)
            .filter(charge::Column::Number.not_in_subquery(invoiced()))
            .filter(charge::Column::ChargedAt.lt(column::ms(until)?))
            .into_query();
        let customers = customer::Entity::find()
            .filter(customer::Column::Monthly.eq(true))
            .filter(customer::Column::Id.in_subquery(waiting))
            .order_by_asc(customer::Column::Id)
            .lock_exclusive()
            .all(&write.tx)
            .await?;
        let (mut rows, mut total) = (Vec::new(), 0);
        for customer in customers {
            while let Some(made) = make_invoice(&write, &customer, until, now).await? {
                total += 1;
                if rows.len() < usize::from(PAGE_ROWS_MAX) {
                    rows.push(row(made)?);
                }
            }
        }
        write.note(format_args!("until {}", until.as_ms()), format_args!("{total} invoices"));
        write.commit().await?;
        Ok(Page { rows, total })
    }

    /// Invoices, newest first. A search looks at the numbers of invoices and customers and at names.
    pub(crate) async fn invoices(
        &self,
        query: &Query,
        customer: Option<CustomerId>,
    ) -> Result<Page<InvoiceRow>, StoreError> {
        let mut select = invoice::Entity::find();
        if let Some(customer) = customer {
            select = select.filter(invoice::Column::CustomerId.eq(i64::from(customer.0)));
        }
        if let Some(pattern) = search_pattern(query) {
            let customers = customer::Entity::find()
                .select_only()
                .column(customer::Column::Id)
                .filter(customer::Column::Search.into_expr().like(pattern.clone()))
                .into_query();
            let name = Func::lower(invoice::Column::CustomerName.into_expr());
            let mut any = Condition::any()
                .add(sea_orm::sea_query::Expr::expr(name).like(pattern))
                .add(invoice::Column::CustomerId.in_subquery(customers));
            let typed = query.search.as_ref().map(|text| text.as_str().to_uppercase());
            if let Some(number) = typed.and_then(|text| text.parse::<InvoiceNumber>().ok()) {
                any = any.add(invoice::Column::Number.eq(i64::from(number.0)));
            }
            select = select.filter(any);
        }
        let total = select.clone().count(&self.db).await?;
        let found = select
            .order_by_desc(invoice::Column::Number)
            .offset(u64::from(query.offset))
            .limit(limit(query))
            .all(&self.db)
            .await?;
        Ok(Page { rows: found.into_iter().map(row).collect::<Result<_, _>>()?, total })
    }

    /// One invoice with its lines.
    pub(crate) async fn invoice(&self, number: InvoiceNumber) -> Result<InvoiceDocument, StoreError> {
        let found = invoice::Entity::find_by_id(i64::from(number.0)).one(&self.db).await?;
        let found = found.ok_or_else(|| refuse(RefusalCode::NotFound, format_args!("no invoice {number}")))?;
        document(&self.db, found).await
    }
}

/// The end of a period, not included. An invoice never covers a time in which charges can still arise.
fn period_end(until: Option<Timestamp>, now: Timestamp) -> Timestamp {
    let after_now = now.plus_ms(1);
    until.map_or(after_now, |until| until.min(after_now))
}

/// `None` if no charge is waiting.
async fn make_invoice(
    write: &Write,
    customer: &customer::Model,
    until: Timestamp,
    now: Timestamp,
) -> Result<Option<invoice::Model>, StoreError> {
    let waiting = charge::Entity::find()
        .filter(charge::Column::CustomerId.eq(customer.id))
        .filter(charge::Column::ChargedAt.lt(column::ms(until)?))
        .filter(charge::Column::Number.not_in_subquery(invoiced()))
        .order_by_asc(charge::Column::Number)
        .limit(INVOICE_LINES_MAX as u64)
        .all(&write.tx)
        .await?;
    let (mut total, mut lines, mut from) = (Yen::ZERO, Vec::new(), i64::MAX);
    for charge in waiting {
        // A sum above the largest amount goes onto the next invoice, too.
        let Ok(sum) = total.checked_add(column::yen(charge.amount)?) else { break };
        total = sum;
        from = Ord::min(from, charge.charged_at);
        lines.push(charge.number);
    }
    if lines.is_empty() {
        return Ok(None);
    }
    let taken = credits::take(&write.tx, customer.id, column::amount(total)?, INVOICE_LINES_MAX).await?;
    let head = invoice::Model {
        number: write.next_number(Sequence::Invoices).await?,
        customer_id: customer.id,
        customer_name: customer.name.clone(),
        from_at: from,
        until_at: column::ms(until)?,
        issued_at: column::ms(now)?,
        line_count: column::integer(lines.len() as u64)?,
        total: column::amount(total)? - taken.sum,
        credited: taken.sum,
        carried: taken.carried,
    };
    let columns = invoice::ActiveModel::from(head.clone());
    invoice::Entity::insert(columns).exec_without_returning(&write.tx).await?;
    for some in lines.chunks(LINES_PER_INSERT) {
        let line = |charge: &i64| invoice_line::ActiveModel { charge: Set(*charge), invoice: Set(head.number) };
        invoice_line::Entity::insert_many(some.iter().map(line)).exec_without_returning(&write.tx).await?;
    }
    for some in taken.lines.chunks(LINES_PER_INSERT) {
        let line = |(credit, amount): &(i64, i64)| invoice_credit::ActiveModel {
            invoice: Set(head.number),
            credit: Set(*credit),
            amount: Set(*amount),
        };
        invoice_credit::Entity::insert_many(some.iter().map(line)).exec_without_returning(&write.tx).await?;
    }
    Ok(Some(head))
}

async fn document(db: &impl ConnectionTrait, head: invoice::Model) -> Result<InvoiceDocument, StoreError> {
    let on_it = invoice_line::Entity::find()
        .select_only()
        .column(invoice_line::Column::Charge)
        .filter(invoice_line::Column::Invoice.eq(head.number))
        .into_query();
    let lines = charge::Entity::find()
        .filter(charge::Column::Number.in_subquery(on_it))
        .order_by_asc(charge::Column::Number)
        .all(db)
        .await?;
    let credits = credits::of_invoice(db, head.number).await?;
    Ok(InvoiceDocument { head: row(head)?, lines: charges::rows(db, lines).await?, credits })
}

fn row(invoice: invoice::Model) -> Result<InvoiceRow, StoreError> {
    Ok(InvoiceRow {
        number: InvoiceNumber(column::small(invoice.number)?),
        customer: CustomerRef {
            id: CustomerId(column::small(invoice.customer_id)?),
            name: column::words(&invoice.customer_name)?,
        },
        from: column::time(invoice.from_at)?,
        until: column::time(invoice.until_at)?,
        issued_at: column::time(invoice.issued_at)?,
        line_count: column::small(invoice.line_count)?,
        credited: column::yen(invoice.credited)?,
        total: column::yen(invoice.total)?,
        carried: column::yen(invoice.carried)?,
    })
}

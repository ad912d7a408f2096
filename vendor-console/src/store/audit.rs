//! The audit log. Its line is written by [`Write::commit`], in the transaction of what it tells of: neither exists
//! without the other.

use std::fmt::Display;

use protocol::audit::{AuditLine, AuditRow, Link};
use protocol::message::staff::{PAGE_ROWS_MAX, Page, Query};
use protocol::staff_role::Action;
use protocol::{Digest, RefusalCode, StaffName, StaffRole, Text, Timestamp};
use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::entity::audit_line;
use super::{Sequence, Store, StoreError, Write, column, limit, search_pattern};

/// What a member of staff is about to do.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    pub(crate) who: StaffName,
    pub(crate) role: StaffRole,
    /// Of the connection.
    pub(crate) certificate: Vec<u8>,
    pub(crate) action: Action,
    /// On what, as far as the request tells.
    pub(crate) subject: String,
    pub(crate) at: Timestamp,
}

/// A line without its number.
pub(super) struct Draft {
    pub(super) who: StaffName,
    pub(super) role: StaffRole,
    pub(super) at: Timestamp,
    pub(super) action: &'static str,
    pub(super) subject: String,
    pub(super) outcome: &'static str,
    pub(super) change: Option<String>,
}

impl Draft {
    pub(super) fn of(act: &Act) -> Self {
        Self {
            who: act.who.clone(),
            role: act.role,
            at: act.at,
            action: act.action.name(),
            subject: act.subject.clone(),
            outcome: AuditLine::DONE,
            change: None,
        }
    }
}

/// What of `text` fits; there is always something to read.
fn fitted<const MAX: usize>(text: &str) -> Result<Text<MAX>, StoreError> {
    let fits: String = text.chars().filter(|c| !c.is_control()).take(MAX).collect();
    Text::new(fits).or_else(|_| column::words("-"))
}

impl Store {
    /// The same books for a member of staff: whatever is written through it is allowed by the books in that very
    /// transaction, and leaves a line.
    pub(crate) fn acting(&self, act: Act) -> Self {
        Self { act: Some(act.into()), ..self.clone() }
    }

    /// Writes down that something was refused.
    pub(crate) async fn refused(&self, act: &Act, code: RefusalCode) -> Result<(), StoreError> {
        let write = self.write().await?;
        write.append(Draft { outcome: code.code(), ..Draft::of(act) }).await?;
        write.commit().await
    }

    /// Writes down what is about to be done to something that is in no book.
    pub(crate) async fn announce(&self) -> Result<(), StoreError> {
        self.write().await?.commit().await
    }

    /// Writes down that it was refused after all.
    pub(crate) async fn announce_refusal(&self, code: RefusalCode) -> Result<(), StoreError> {
        match &self.act {
            Some(act) => self.plain().refused(act, code).await,
            None => Ok(()),
        }
    }

    fn plain(&self) -> Self {
        Self { act: None, ..self.clone() }
    }

    /// The end of the log.
    pub(crate) async fn audit_end(&self) -> Result<Link, StoreError> {
        end(&self.db).await
    }

    /// The log, newest first. A search looks at everything that is text.
    pub(crate) async fn audit(&self, query: &Query) -> Result<Page<AuditRow>, StoreError> {
        use audit_line::Column;
        let mut select = audit_line::Entity::find();
        if let Some(pattern) = search_pattern(query) {
            let texts = [Column::Who, Column::Role, Column::Action, Column::Subject, Column::Outcome, Column::Change];
            let any = texts.into_iter().fold(Condition::any(), |any, column| {
                any.add(Expr::expr(Func::lower(column.into_expr())).like(pattern.clone()))
            });
            select = select.filter(any);
        }
        let total = select.clone().count(&self.db).await?;
        let found = select.order_by_desc(Column::Number).offset(u64::from(query.offset)).limit(limit(query));
        let rows = found.all(&self.db).await?.into_iter().map(row).collect::<Result<_, _>>()?;
        Ok(Page { rows, total })
    }

    /// The lines after `after`, oldest first.
    pub(crate) async fn audit_chain(&self, after: u64, most: u16) -> Result<Vec<AuditRow>, StoreError> {
        let most = if most == 0 { PAGE_ROWS_MAX } else { Ord::min(most, PAGE_ROWS_MAX) };
        // A number that no column can hold comes after every line.
        let found = audit_line::Entity::find()
            .filter(audit_line::Column::Number.gt(column::integer(after).unwrap_or(i64::MAX)))
            .order_by_asc(audit_line::Column::Number)
            .limit(u64::from(most))
            .all(&self.db)
            .await?;
        found.into_iter().map(row).collect()
    }
}

impl Write {
    /// Says more exactly on what, and what changed; what is not said stays as the request told.
    pub(super) fn note(&mut self, subject: impl Display, change: impl Display) {
        if let Some(draft) = &mut self.draft {
            draft.subject = subject.to_string();
            let change = change.to_string();
            draft.change = (!change.is_empty()).then_some(change);
        }
    }

    /// Who acts.
    pub(super) fn who(&self) -> Result<&StaffName, StoreError> {
        self.draft.as_ref().map(|draft| &draft.who).ok_or_else(|| RefusalCode::NotPermitted.into())
    }

    /// Puts a line at the end of the log.
    pub(super) async fn append(&self, draft: Draft) -> Result<(), StoreError> {
        // First the number: its row stays locked, so that the line before this one is the last.
        let number = self.next_number(Sequence::AuditLines).await?;
        let before = end(&self.tx).await?.hash;
        let Draft { who, role, at, action, subject, outcome, change } = draft;
        let line = AuditLine {
            number: column::unsigned(number)?,
            at,
            who,
            role,
            action: fitted(action)?,
            subject: fitted(&subject)?,
            outcome: fitted(outcome)?,
            change: change.as_deref().map(fitted).transpose()?,
        };
        let hash = line.hash(&before);
        let columns = audit_line::ActiveModel {
            number: Set(number),
            at: Set(column::ms(line.at)?),
            who: Set(line.who.into()),
            role: Set(line.role.name().to_owned()),
            action: Set(line.action.into()),
            subject: Set(line.subject.into()),
            outcome: Set(line.outcome.into()),
            change: Set(line.change.map(Into::into)),
            hash: Set(hash.0.to_vec()),
        };
        audit_line::Entity::insert(columns).exec_without_returning(&self.tx).await?;
        Ok(())
    }
}

async fn end(db: &impl ConnectionTrait) -> Result<Link, StoreError> {
    let last = audit_line::Entity::find().order_by_desc(audit_line::Column::Number).one(db).await?;
    let Some(last) = last else { return Ok(Link::START) };
    Ok(Link { number: column::unsigned(last.number)?, hash: hash(&last.hash)? })
}

fn hash(bytes: &[u8]) -> Result<Digest, StoreError> {
    column::digest(bytes)
}

fn row(line: audit_line::Model) -> Result<AuditRow, StoreError> {
    let hash = hash(&line.hash)?;
    let line = AuditLine {
        number: column::unsigned(line.number)?,
        at: column::time(line.at)?,
        who: column::parse(&line.who)?,
        role: column::parse(&line.role)?,
        action: column::words(&line.action)?,
        subject: column::words(&line.subject)?,
        outcome: column::words(&line.outcome)?,
        change: line.change.as_deref().map(column::words).transpose()?,
    };
    Ok(AuditRow { line, hash })
}

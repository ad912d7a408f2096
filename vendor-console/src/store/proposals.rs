//! What needs a second person: it waits on file until somebody other than who proposed it says yes or no.

use std::collections::HashMap;

use protocol::message::staff::{Decision, Page, Proposal, ProposalKind, ProposalRow, Query, Verdict};
use protocol::{Digest, OptionId, RefusalCode, ReleaseVersion, Timestamp, Yen};
use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::customers::refs;
use super::entity::{charge, proposal, release};
use super::{Sequence, Store, StoreError, Write, column, credits, limit, options, refuse, search_pattern, staff};

pub(super) const WAITING: &str = "waiting";
pub(super) const APPROVED: &str = "approved";
pub(super) const REJECTED: &str = "rejected";

/// What is proposed, as columns: those of its kind.
#[derive(Default)]
pub(super) struct Content {
    pub(super) release: Option<(String, i64)>,
    pub(super) charge: Option<i64>,
    pub(super) amount: Option<Yen>,
    pub(super) reason: Option<String>,
}

/// What a decision leaves to do once it is durable.
pub(crate) struct Decided {
    pub(crate) row: ProposalRow,
    /// The package of a release that nobody will ever buy.
    pub(crate) discard: Option<Digest>,
}

impl Store {
    /// Proposals, newest first. A search looks at options, reasons and names of staff, and at the numbers of charges.
    pub(crate) async fn proposals(&self, query: &Query, open_only: bool) -> Result<Page<ProposalRow>, StoreError> {
        use proposal::Column;
        let mut select = proposal::Entity::find();
        if open_only {
            select = select.filter(Column::State.eq(WAITING));
        }
        if let Some(pattern) = search_pattern(query) {
            let texts = [Column::Option, Column::Reason, Column::ProposedBy, Column::DecidedBy];
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

    /// Says yes or no to a proposal. Nobody approves what is their own; to reject it is to take it back.
    pub(crate) async fn decide(
        &self,
        kind: ProposalKind,
        number: u32,
        verdict: &Verdict,
        now: Timestamp,
    ) -> Result<Decided, StoreError> {
        let mut write = self.write().await?;
        let found = proposal::Entity::find_by_id(i64::from(number)).lock_exclusive().one(&write.tx).await?;
        let found = found.filter(|found| found.kind == kind_name(kind));
        let found = found.ok_or_else(|| refuse(RefusalCode::NotFound, format_args!("no such proposal {number}")))?;
        if found.state != WAITING {
            return Err(refuse(RefusalCode::Conflict, format_args!("proposal {number} is {} already", found.state)));
        }
        let who = write.who()?.clone();
        let (state, because) = match verdict {
            Verdict::Approve if found.proposed_by == who.as_str() => {
                return Err(refuse(RefusalCode::SecondPersonNeeded, format_args!("{who} proposed it")));
            }
            Verdict::Approve => (APPROVED, None),
            Verdict::Reject { reason } => (REJECTED, Some(reason.as_str().to_owned())),
        };
        let effect = effect(&found);
        let discard = match verdict {
            Verdict::Approve => {
                approve(&write, &found, now).await?;
                None
            }
            Verdict::Reject { .. } => reject(&write, &found).await?,
        };
        let columns = proposal::ActiveModel {
            state: Set(state.to_owned()),
            rejected_because: Set(because),
            decided_by: Set(Some(who.into())),
            decided_at: Set(Some(column::ms(now)?)),
            ..Default::default()
        };
        let filter = proposal::Column::Number.eq(found.number);
        proposal::Entity::update_many().set(columns).filter(filter).exec(&write.tx).await?;
        write.note(effect, format_args!("proposal {number} of {}: {state}", found.proposed_by));
        let row = self.finish_proposal(write, found.number).await?;
        Ok(Decided { row, discard })
    }

    pub(super) async fn finish_proposal(&self, write: Write, number: i64) -> Result<ProposalRow, StoreError> {
        let found = proposal::Entity::find_by_id(number).all(&write.tx).await?;
        let row = rows(&write.tx, found).await?.pop();
        write.commit().await?;
        row.ok_or_else(|| RefusalCode::NotFound.into())
    }
}

/// Puts something on file that takes effect only when somebody else says so; its number.
pub(super) async fn propose(
    write: &Write,
    kind: ProposalKind,
    content: Content,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let number = write.next_number(Sequence::Proposals).await?;
    let Content { release, charge, amount, reason } = content;
    let (option, version) = release.unzip();
    let columns = proposal::ActiveModel {
        number: Set(number),
        kind: Set(kind_name(kind).to_owned()),
        option: Set(option),
        version: Set(version),
        charge: Set(charge),
        amount: Set(amount.map(column::amount).transpose()?),
        reason: Set(reason),
        proposed_by: Set(write.who()?.to_string()),
        proposed_at: Set(column::ms(now)?),
        state: Set(WAITING.to_owned()),
        ..Default::default()
    };
    proposal::Entity::insert(columns).exec_without_returning(&write.tx).await?;
    Ok(number)
}

const fn kind_name(kind: ProposalKind) -> &'static str {
    match kind {
        ProposalKind::Release => "release",
        ProposalKind::Credit => "credit",
        ProposalKind::CreditLimit => "credit limit",
    }
}

fn kind(name: &str) -> Result<ProposalKind, StoreError> {
    let every = [ProposalKind::Release, ProposalKind::Credit, ProposalKind::CreditLimit];
    let found = every.into_iter().find(|kind| kind_name(*kind) == name);
    found.ok_or_else(|| StoreError::Corrupt(format!("a proposal of kind {name}")))
}

/// What the audit log calls it.
fn effect(found: &proposal::Model) -> String {
    match (&found.option, found.version, found.charge) {
        (Some(option), Some(version), _) => format!("{option} release {version}"),
        (_, _, Some(charge)) => format!("charge {charge}"),
        _ => found.kind.clone(),
    }
}

fn damaged(found: &proposal::Model) -> StoreError {
    StoreError::Corrupt(format!("half of proposal {}", found.number))
}

async fn approve(write: &Write, found: &proposal::Model, now: Timestamp) -> Result<(), StoreError> {
    match kind(&found.kind)? {
        ProposalKind::Release => {
            let (option, version) = found.option.as_deref().zip(found.version).ok_or_else(|| damaged(found))?;
            options::approve_release(write, option, version, now).await
        }
        ProposalKind::Credit => {
            let charge = found.charge.ok_or_else(|| damaged(found))?;
            let credit = credits::New {
                charge: credits::charge_to_credit(&write.tx, charge).await?,
                amount: column::yen(found.amount.ok_or_else(|| damaged(found))?)?,
                reason: found.reason.clone().ok_or_else(|| damaged(found))?,
                by: Some(found.proposed_by.clone()),
                approved_by: Some(write.who()?.to_string()),
            };
            credits::issue(write, credit, now).await.map(drop)
        }
        ProposalKind::CreditLimit => {
            let limit = column::yen(found.amount.ok_or_else(|| damaged(found))?)?;
            staff::apply_credit_limit(write, limit).await
        }
    }
}

async fn reject(write: &Write, found: &proposal::Model) -> Result<Option<Digest>, StoreError> {
    match (&found.option, found.version) {
        (Some(option), Some(version)) => options::reject_release(write, option, version).await.map(Some),
        _ => Ok(None),
    }
}

async fn rows(db: &impl ConnectionTrait, found: Vec<proposal::Model>) -> Result<Vec<ProposalRow>, StoreError> {
    let charges: HashMap<i64, i64> = charge::Entity::find()
        .filter(charge::Column::Number.is_in(found.iter().filter_map(|row| row.charge)))
        .all(db)
        .await?
        .into_iter()
        .map(|charge| (charge.number, charge.customer_id))
        .collect();
    let customers = refs(db, charges.values().copied()).await?;
    let options = found.iter().filter_map(|row| row.option.as_deref());
    let releases = release::Entity::find().filter(release::Column::Option.is_in(options)).all(db).await?;
    let row = |row: proposal::Model| {
        let gone = || damaged(&row);
        let amount = || column::yen(row.amount.ok_or_else(gone)?);
        let proposal = match kind(&row.kind)? {
            ProposalKind::Release => {
                let (option, version) = row.option.as_deref().zip(row.version).ok_or_else(gone)?;
                let release = releases.iter().find(|it| it.option == option && it.version == version);
                let release = release.ok_or_else(gone)?;
                Proposal::Release {
                    option: column::parse::<OptionId>(option)?,
                    version: ReleaseVersion(column::small(version)?),
                    package: column::digest(&release.package)?,
                    content_bytes: column::unsigned(release.content_bytes)?,
                    content: column::package_content(release.memory_mib, release.fuel_per_page)?,
                    provides: column::provides(&release.provides)?,
                }
            }
            ProposalKind::Credit => {
                let charge = row.charge.ok_or_else(gone)?;
                let customer = charges.get(&charge).and_then(|id| customers.get(id));
                Proposal::Credit {
                    charge: column::unsigned(charge)?,
                    customer: customer.ok_or_else(gone)?.clone(),
                    amount: amount()?,
                    reason: column::words(row.reason.as_deref().unwrap_or_default())?,
                }
            }
            ProposalKind::CreditLimit => Proposal::CreditLimit { limit: amount()? },
        };
        let verdict = match (row.state.as_str(), &row.rejected_because) {
            (WAITING, _) => None,
            (APPROVED, _) => Some(Verdict::Approve),
            (REJECTED, Some(reason)) => Some(Verdict::Reject { reason: column::words(reason)? }),
            _ => return Err(gone()),
        };
        let decision = match verdict {
            Some(verdict) => Some(Decision {
                verdict,
                by: column::parse(row.decided_by.as_deref().unwrap_or_default())?,
                at: column::time(row.decided_at.ok_or_else(gone)?)?,
            }),
            None => None,
        };
        Ok(ProposalRow {
            number: column::small(row.number)?,
            proposal,
            by: column::parse(&row.proposed_by)?,
            at: column::time(row.proposed_at)?,
            decision,
        })
    };
    found.into_iter().map(row).collect()
}

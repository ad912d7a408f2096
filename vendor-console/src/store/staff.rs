//! The staff: who may act, with which certificate and role; and the rules that they work under.

use protocol::audit::AuditLine;
use protocol::message::staff::{Page, ProposalKind, Query, Rules, StaffRow};
use protocol::{RefusalCode, StaffName, StaffRole, Timestamp, Yen};
use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::audit::Draft;
use super::entity::{rule, staff_member};
use super::proposals::{self, Content};
use super::{Outcome, Store, StoreError, Write, column, limit, refuse, search_pattern};

/// What can be credited within 30 days without a second person, in a new vendor's books.
const CREDIT_LIMIT_FIRST: i64 = 10_000;
/// The name in the audit log of the program that founds a vendor and issues its services; nobody else can have it.
pub(super) const FOUNDER: &str = "vendor-server";

const SECOND_PERSON: &str = "second person";
const CREDIT_LIMIT: &str = "credit limit";
const RETURN_DAYS: &str = "return days";

impl Store {
    /// Puts the first admin and the rules of a new vendor on file. Repeated, it changes nothing that is so already.
    pub(crate) async fn found(
        &self,
        admin: &StaffName,
        certificate: &[u8],
        second_person: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let write = self.write().await?;
        let is_new = find(&write.tx, admin).await?.is_none();
        if !is_new && rules(&write.tx).await?.second_person == second_person {
            return Ok(());
        }
        if is_new {
            insert(&write, admin, StaffRole::Admin, certificate, now).await?;
            set_rule(&write, CREDIT_LIMIT, CREDIT_LIMIT_FIRST).await?;
        }
        set_rule(&write, SECOND_PERSON, i64::from(second_person)).await?;
        let change = if second_person { "a second person is needed" } else { "solo: no second person" };
        let line = Draft {
            who: column::parse(FOUNDER)?,
            role: StaffRole::Admin,
            at: now,
            action: "found-vendor",
            subject: admin.to_string(),
            outcome: AuditLine::DONE,
            change: Some(change.to_owned()),
        };
        write.append(line).await?;
        write.commit().await
    }

    /// The role of whoever shows this certificate, if the books still know it.
    pub(crate) async fn permit_staff(&self, name: &StaffName, certificate: &[u8]) -> Result<StaffRole, StoreError> {
        permit(&self.db, name, certificate).await
    }

    /// The staff, by name.
    pub(crate) async fn staff(&self, query: &Query) -> Result<Page<StaffRow>, StoreError> {
        let mut select = staff_member::Entity::find();
        if let Some(pattern) = search_pattern(query) {
            select = select.filter(staff_member::Column::Name.into_expr().like(pattern));
        }
        let total = select.clone().count(&self.db).await?;
        let found = select.order_by_asc(staff_member::Column::Name).offset(u64::from(query.offset)).limit(limit(query));
        let rows = found.all(&self.db).await?.into_iter().map(row).collect::<Result<_, _>>()?;
        Ok(Page { rows, total })
    }

    /// A new member of staff with the certificate that `issue` makes, in DER.
    pub(crate) async fn add_staff(
        &self,
        name: &StaffName,
        role: StaffRole,
        now: Timestamp,
        issue: impl FnOnce() -> Result<Vec<u8>, StoreError>,
    ) -> Result<(StaffRow, Vec<u8>), StoreError> {
        let mut write = self.write().await?;
        let taken = || refuse(RefusalCode::Conflict, format_args!("{name} is on file already"));
        // Revoked ones too: the audit log knows people by name.
        if name.as_str() == FOUNDER || find(&write.tx, name).await?.is_some() {
            return Err(taken());
        }
        let certificate = issue()?;
        if !insert(&write, name, role, &certificate, now).await? {
            return Err(taken());
        }
        write.note(name, role);
        Ok((self.finish_staff(write, name).await?, certificate))
    }

    /// Another certificate for a member of staff; the one before counts no more.
    pub(crate) async fn reissue_staff(
        &self,
        name: &StaffName,
        issue: impl FnOnce() -> Result<Vec<u8>, StoreError>,
    ) -> Result<(StaffRow, Vec<u8>), StoreError> {
        let write = self.write().await?;
        living(&write.tx, name).await?;
        // The key is with the client, and if this answer is lost nobody has it.
        if write.draft.as_ref().is_some_and(|draft| draft.who == *name) {
            keep_an_admin(&write, name).await?;
        }
        let certificate = issue()?;
        let columns = staff_member::ActiveModel { certificate: Set(certificate.clone()), ..Default::default() };
        update(&write, name, columns).await?;
        Ok((self.finish_staff(write, name).await?, certificate))
    }

    /// Another role for a member of staff.
    pub(crate) async fn set_staff_role(&self, name: &StaffName, role: StaffRole) -> Result<StaffRow, StoreError> {
        let mut write = self.write().await?;
        let before = living(&write.tx, name).await?;
        if role != StaffRole::Admin {
            keep_an_admin(&write, name).await?;
        }
        update(&write, name, staff_member::ActiveModel { role: Set(role.name().to_owned()), ..Default::default() })
            .await?;
        write.note(name, format_args!("{} → {role}", before.role));
        self.finish_staff(write, name).await
    }

    /// The member of staff may no longer do anything.
    pub(crate) async fn revoke_staff(&self, name: &StaffName, now: Timestamp) -> Result<StaffRow, StoreError> {
        let mut write = self.write().await?;
        let before = living(&write.tx, name).await?;
        keep_an_admin(&write, name).await?;
        let columns = staff_member::ActiveModel { revoked_at: Set(Some(column::ms(now)?)), ..Default::default() };
        update(&write, name, columns).await?;
        write.note(name, format_args!("{} → revoked", before.role));
        self.finish_staff(write, name).await
    }

    /// Another limit for credits without a second person; a higher one needs a second person itself.
    pub(crate) async fn set_credit_limit(&self, new: Yen, now: Timestamp) -> Result<Outcome<Rules>, StoreError> {
        let mut write = self.write().await?;
        let before = rules_locked(&write).await?;
        write.note("credit limit", format_args!("{} → {new}", before.credit_limit));
        if before.second_person && new > before.credit_limit {
            let kind = ProposalKind::CreditLimit;
            let content = Content { amount: Some(new), ..Content::default() };
            let number = proposals::propose(&write, kind, content, now).await?;
            let before = before.credit_limit;
            write.note("credit limit", format_args!("{before} → {new}, proposal {number}: waits"));
            return Ok(Outcome::Waits(Box::new(self.finish_proposal(write, number).await?)));
        }
        apply_credit_limit(&write, new).await?;
        let after = rules(&write.tx).await?;
        write.commit().await?;
        Ok(Outcome::Done(after))
    }

    /// For how many days what is sold from now on can be returned.
    pub(crate) async fn set_return_days(&self, days: u8) -> Result<Rules, StoreError> {
        let mut write = self.write().await?;
        let before = rules(&write.tx).await?;
        if days > Rules::RETURN_DAYS_MAX {
            let most = Rules::RETURN_DAYS_MAX;
            return Err(refuse(
                RefusalCode::InvalidInput,
                format_args!("returns are possible for at most {most} days"),
            ));
        }
        set_rule(&write, RETURN_DAYS, i64::from(days)).await?;
        write.note("rules", format_args!("return days {} → {days}", before.return_days));
        write.commit().await?;
        Ok(Rules { return_days: days, ..before })
    }

    /// From now on a second person is needed.
    pub(crate) async fn require_second_person(&self) -> Result<Rules, StoreError> {
        let mut write = self.write().await?;
        let before = rules_locked(&write).await?;
        if before.second_person {
            return Err(refuse(RefusalCode::Conflict, "a second person is needed already"));
        }
        set_rule(&write, SECOND_PERSON, 1).await?;
        write.note("rules", "solo → a second person is needed");
        write.commit().await?;
        Ok(Rules { second_person: true, ..before })
    }

    async fn finish_staff(&self, write: Write, name: &StaffName) -> Result<StaffRow, StoreError> {
        let found = find(&write.tx, name).await?;
        write.commit().await?;
        row(found.ok_or_else(|| StoreError::from(RefusalCode::NotFound))?)
    }
}

/// The role of whoever shows this certificate. Unknown, revoked and replaced are refused alike.
pub(super) async fn permit(
    db: &impl ConnectionTrait,
    name: &StaffName,
    certificate: &[u8],
) -> Result<StaffRole, StoreError> {
    let member = find(db, name).await?;
    let member = member.filter(|member| member.revoked_at.is_none() && member.certificate == certificate);
    column::parse(&member.ok_or_else(|| StoreError::from(RefusalCode::NotPermitted))?.role)
}

/// The rules, which nobody changes until the transaction ends.
pub(super) async fn rules_locked(write: &Write) -> Result<Rules, StoreError> {
    // In one order, so that nobody waits for a rule whose owner waits for another one.
    rule::Entity::find().order_by_asc(rule::Column::Name).lock_exclusive().all(&write.tx).await?;
    rules(&write.tx).await
}

pub(super) async fn rules(db: &impl ConnectionTrait) -> Result<Rules, StoreError> {
    let mut rules = Rules { second_person: true, credit_limit: Yen::ZERO, return_days: 0 };
    for rule in rule::Entity::find().all(db).await? {
        match rule.name.as_str() {
            SECOND_PERSON => rules.second_person = rule.value != 0,
            CREDIT_LIMIT => rules.credit_limit = column::yen(rule.value)?,
            RETURN_DAYS => {
                let days = u8::try_from(rule.value).ok().filter(|days| *days <= Rules::RETURN_DAYS_MAX);
                rules.return_days = days.ok_or_else(|| StoreError::Corrupt(format!("{} return days", rule.value)))?;
            }
            other => return Err(StoreError::Corrupt(format!("a rule {other}"))),
        }
    }
    Ok(rules)
}

pub(super) async fn apply_credit_limit(write: &Write, limit: Yen) -> Result<(), StoreError> {
    set_rule(write, CREDIT_LIMIT, column::amount(limit)?).await
}

async fn set_rule(write: &Write, name: &str, value: i64) -> Result<(), StoreError> {
    let columns = rule::ActiveModel { name: Set(name.to_owned()), value: Set(value) };
    let again = OnConflict::column(rule::Column::Name).update_column(rule::Column::Value).to_owned();
    rule::Entity::insert(columns).on_conflict(again).exec_without_returning(&write.tx).await?;
    Ok(())
}

async fn find(db: &impl ConnectionTrait, name: &StaffName) -> Result<Option<staff_member::Model>, StoreError> {
    Ok(staff_member::Entity::find_by_id(name.as_str()).one(db).await?)
}

async fn living(db: &impl ConnectionTrait, name: &StaffName) -> Result<staff_member::Model, StoreError> {
    let member = find(db, name).await?;
    let member = member.ok_or_else(|| refuse(RefusalCode::NotFound, format_args!("nobody is called {name}")))?;
    if member.revoked_at.is_some() {
        return Err(refuse(RefusalCode::Conflict, format_args!("{name} is revoked")));
    }
    Ok(member)
}

/// Refuses if nobody else could let staff in again. The admins are locked until the transaction ends: of two who take the
/// right from each other, one comes first.
async fn keep_an_admin(write: &Write, name: &StaffName) -> Result<(), StoreError> {
    let admins = staff_member::Entity::find()
        .filter(staff_member::Column::Role.eq(StaffRole::Admin.name()))
        .filter(staff_member::Column::RevokedAt.is_null())
        .order_by_asc(staff_member::Column::Name)
        .lock_exclusive()
        .all(&write.tx)
        .await?;
    if admins.iter().all(|admin| admin.name == name.as_str()) {
        return Err(refuse(RefusalCode::Conflict, format_args!("{name} is the last admin")));
    }
    Ok(())
}

/// False if somebody has the name already.
async fn insert(
    write: &Write,
    name: &StaffName,
    role: StaffRole,
    certificate: &[u8],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let columns = staff_member::ActiveModel {
        name: Set(name.as_str().to_owned()),
        role: Set(role.name().to_owned()),
        certificate: Set(certificate.to_vec()),
        created_at: Set(column::ms(now)?),
        revoked_at: Set(None),
    };
    let once = OnConflict::column(staff_member::Column::Name).do_nothing().to_owned();
    Ok(staff_member::Entity::insert(columns).on_conflict(once).exec_without_returning(&write.tx).await? > 0)
}

async fn update(write: &Write, name: &StaffName, columns: staff_member::ActiveModel) -> Result<(), StoreError> {
    let filter = staff_member::Column::Name.eq(name.as_str());
    staff_member::Entity::update_many().set(columns).filter(filter).exec(&write.tx).await?;
    Ok(())
}

fn row(member: staff_member::Model) -> Result<StaffRow, StoreError> {
    Ok(StaffRow {
        name: column::parse(&member.name)?,
        role: column::parse(&member.role)?,
        created_at: column::time(member.created_at)?,
        revoked_at: member.revoked_at.map(column::time).transpose()?,
    })
}

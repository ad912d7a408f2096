//! Distribution services on hosts of their own: which identities were issued, and which of them count.

use protocol::audit::AuditLine;
use protocol::message::staff::{DistributionRow, Page, Query};
use protocol::net::certificate_term;
use protocol::text::Name;
use protocol::{RefusalCode, StaffRole, Timestamp};
use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::audit::Draft;
use super::entity::distribution;
use super::staff::FOUNDER;
use super::{Sequence, Store, StoreError, column, limit, refuse, search_pattern};

impl Store {
    /// Puts an identity on file that `vendor-server` has made; its number. `certificate` is the one to report with, in DER.
    pub(crate) async fn add_distribution(
        &self,
        name: &Name,
        certificate: &[u8],
        now: Timestamp,
    ) -> Result<u32, StoreError> {
        let write = self.write().await?;
        let number = write.next_number(Sequence::Distributions).await?;
        let columns = distribution::ActiveModel {
            number: Set(number),
            name: Set(name.as_str().to_owned()),
            certificate: Set(certificate.to_vec()),
            issued_at: Set(column::ms(now)?),
            revoked_at: Set(None),
        };
        distribution::Entity::insert(columns).exec_without_returning(&write.tx).await?;
        let line = Draft {
            who: column::parse(FOUNDER)?,
            role: StaffRole::Admin,
            at: now,
            action: "issue-distribution",
            subject: format!("distribution service {number}"),
            outcome: AuditLine::DONE,
            change: Some(name.to_string()),
        };
        write.append(line).await?;
        write.commit().await?;
        column::small(number)
    }

    /// Whether whoever shows this certificate may report; `NotPermitted` if it is on no file or revoked.
    pub(crate) async fn permit_distribution(&self, certificate: &[u8]) -> Result<(), StoreError> {
        let found = distribution::Entity::find()
            .filter(distribution::Column::Certificate.eq(certificate.to_vec()))
            .filter(distribution::Column::RevokedAt.is_null())
            .count(&self.db)
            .await?;
        if found == 0 { Err(RefusalCode::NotPermitted.into()) } else { Ok(()) }
    }

    /// The identities that were issued, newest first, each with its certificate. A search looks at names and numbers.
    pub(crate) async fn distributions(&self, query: &Query) -> Result<Page<(DistributionRow, Vec<u8>)>, StoreError> {
        use distribution::Column;
        let mut select = distribution::Entity::find();
        if let Some(pattern) = search_pattern(query) {
            let mut any = Condition::any().add(Expr::expr(Func::lower(Column::Name.into_expr())).like(pattern));
            if let Some(number) = query.search.as_ref().and_then(|text| text.as_str().parse::<i64>().ok()) {
                any = any.add(Column::Number.eq(number));
            }
            select = select.filter(any);
        }
        let total = select.clone().count(&self.db).await?;
        let found = select.order_by_desc(Column::Number).offset(u64::from(query.offset)).limit(limit(query));
        let rows = found.all(&self.db).await?.into_iter().map(row).collect::<Result<_, _>>()?;
        Ok(Page { rows, total })
    }

    /// The identity may no longer report anything; with its certificate.
    pub(crate) async fn revoke_distribution(
        &self,
        number: u32,
        now: Timestamp,
    ) -> Result<(DistributionRow, Vec<u8>), StoreError> {
        let mut write = self.write().await?;
        let columns = distribution::ActiveModel { revoked_at: Set(Some(column::ms(now)?)), ..Default::default() };
        let revoked = distribution::Entity::update_many()
            .set(columns)
            .filter(distribution::Column::Number.eq(i64::from(number)))
            .filter(distribution::Column::RevokedAt.is_null())
            .exec(&write.tx)
            .await?;
        let found = distribution::Entity::find_by_id(i64::from(number)).one(&write.tx).await?;
        let found =
            found.ok_or_else(|| refuse(RefusalCode::NotFound, format_args!("no distribution service {number}")))?;
        if revoked.rows_affected == 0 {
            let detail = format_args!("distribution service {number} is revoked already");
            return Err(refuse(RefusalCode::Conflict, detail));
        }
        write.note(format_args!("distribution service {number}"), format_args!("{} revoked", found.name));
        let row = row(found)?;
        write.commit().await?;
        Ok(row)
    }
}

fn row(found: distribution::Model) -> Result<(DistributionRow, Vec<u8>), StoreError> {
    let row = DistributionRow {
        number: column::small(found.number)?,
        name: column::words(&found.name)?,
        issued_at: column::time(found.issued_at)?,
        certificate_until: certificate_term(&found.certificate).map(|term| term.until).ok(),
        revoked_at: found.revoked_at.map(column::time).transpose()?,
        is_connected: false,
    };
    Ok((row, found.certificate))
}

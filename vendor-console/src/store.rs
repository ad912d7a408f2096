//! The vendor's books in SQL. Every function that writes is one transaction, named by what happens in the business;
//! whoever calls it may be killed at any instant and finds the books consistent.

mod audit;
mod charges;
mod column;
mod credits;
mod customers;
mod devices;
mod distributions;
mod entity;
mod invoices;
mod licences;
mod life;
mod metered;
mod migration;
mod moves;
mod options;
mod orders;
mod proposals;
mod returns;
mod staff;
mod suspensions;
mod trials;
mod tries;
mod usage;

use std::num::NonZeroU16;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use protocol::message::staff::{PAGE_ROWS_MAX, ProposalRow, Query};
use protocol::{Refusal, RefusalCode};
use sea_orm::sea_query::{Expr, ExprTrait, LikeExpr, OnConflict};
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{self, Connection as _, SqliteConnection};
use sea_orm::{
    ActiveValue::Set, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbErr,
    EntityTrait, QueryFilter, QuerySelect, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::random::RandomError;
pub(crate) use audit::Act;
use audit::Draft;
pub(crate) use devices::{Enrolment, Renewal};
pub(crate) use licences::RestoredLicence;
pub(crate) use options::NewRelease;
pub(crate) use orders::{AuthorisedOrder, CheckedPin, Choice, OrderRequest};
pub(crate) use tries::Try;

/// Readers at a time; writers take turns.
const CONNECTIONS: u32 = 6;
/// Unless the operator says otherwise.
const CONTACT_DAYS: NonZeroU16 = NonZeroU16::new(14).expect("not zero");
/// How long a statement waits for another process that looks into the file (a backup, a person with a shell).
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Why the books could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// The request is turned down; nothing was changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database failed; nothing was changed.
    #[error("the database failed: {0}")]
    Database(#[from] DbErr),
    /// The database holds what no version of this program writes.
    #[error("the database is damaged: it has {0}")]
    Corrupt(String),
    /// The file cannot be made or opened.
    #[error("the database file cannot be opened: {0}")]
    File(#[source] std::io::Error),
    /// No random numbers.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl From<RefusalCode> for StoreError {
    fn from(code: RefusalCode) -> Self {
        Self::Refused(code.into())
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(refusal) => refusal,
            failure => {
                tracing::error!("{failure}");
                RefusalCode::StorageFailed.into()
            }
        }
    }
}

/// What becomes of something that may need a second person.
#[derive(Debug)]
pub(crate) enum Outcome<T> {
    /// It is done.
    Done(T),
    /// It waits.
    Waits(Box<ProposalRow>),
}

fn refuse(code: RefusalCode, detail: impl std::fmt::Display) -> StoreError {
    StoreError::Refused(Refusal::with_detail(code, detail))
}

/// The vendor's books.
#[derive(Clone)]
pub(crate) struct Store {
    db: DatabaseConnection,
    /// Fair turns for writers: SQLite has one at a time and makes the others poll.
    turn: Arc<Mutex<()>>,
    /// What is being done through it, and by whom; see [`Store::acting`].
    act: Option<Arc<Act>>,
    /// Days without a report after which licences that are charged by use lock; goes into new licences.
    contact_days: NonZeroU16,
}

impl Store {
    /// Opens or creates the database file and brings its schema up to date.
    pub(crate) async fn open(file: &Path) -> Result<Self, StoreError> {
        create_private(file)?;
        let file = file.to_owned();
        let mut options = ConnectOptions::new("sqlite:");
        options.max_connections(CONNECTIONS).sqlx_logging(false).map_sqlx_sqlite_opts(move |sqlite| {
            sqlite
                .filename(&file)
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                // A charge that was answered survives a power cut.
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(BUSY_TIMEOUT)
        });
        options.map_sqlx_sqlite_pool_opts(|pool| pool.after_release(|connection, _| Box::pin(is_clean(connection))));
        Self::connect(options).await
    }

    /// Books in any database, brought up to date.
    async fn connect(options: ConnectOptions) -> Result<Self, StoreError> {
        let db = Database::connect(options).await?;
        migration::Migrator::up(&db, None).await?;
        Ok(Self { db, turn: Arc::default(), act: None, contact_days: CONTACT_DAYS })
    }

    /// The same books; new licences that are charged by use lock after so many days without a report.
    pub(crate) fn with_contact_days(self, contact_days: NonZeroU16) -> Self {
        Self { contact_days, ..self }
    }

    /// Waits for running statements and closes the file.
    pub(crate) async fn close(self) -> Result<(), StoreError> {
        Ok(self.db.close().await?)
    }

    /// Begins to write. What is read to decide something must be locked (`lock_exclusive`) or decided by the row count of a
    /// conditional UPDATE or INSERT: SQLite has one writer at a time, other databases have many.
    async fn write(&self) -> Result<Write, StoreError> {
        let turn = self.turn.clone().lock_owned().await;
        let mode = Some(SqliteTransactionMode::Immediate);
        let options = TransactionOptions { sqlite_transaction_mode: mode, ..TransactionOptions::default() };
        let tx = self.db.begin_with_options(options).await?;
        let draft = match &self.act {
            // Asked here once more: whoever was revoked while the request was on its way changes nothing.
            Some(act) if staff::permit(&tx, &act.who, &act.certificate).await?.may(act.action) => Some(Draft::of(act)),
            Some(_) => return Err(RefusalCode::RoleForbids.into()),
            None => None,
        };
        Ok(Write { tx, draft, _turn: turn })
    }
}

/// Whether a connection may serve again. When the disk is full, SQLite can fail to commit and to roll back; the connection
/// would then show what was never committed to whoever gets it next, a licence without a charge for one.
async fn is_clean(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // A rollback that was begun when the transaction was dropped comes before the answer.
    connection.ping().await?;
    let is_open = connection.is_in_transaction();
    if is_open {
        tracing::warn!("a transaction did not end; its connection to the books is closed");
    }
    Ok(!is_open)
}

/// The books hold the keys of packages: nobody else may read them. SQLite gives its journals the same permissions.
fn create_private(file: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop).map_err(StoreError::File)
}

/// A transaction that writes. Dropped without [`Write::commit`] it changes nothing.
struct Write {
    tx: DatabaseTransaction,
    /// The line that the audit log gets with it, if a member of staff acts.
    draft: Option<Draft>,
    _turn: OwnedMutexGuard<()>,
}

impl Write {
    async fn commit(mut self) -> Result<(), StoreError> {
        if let Some(draft) = self.draft.take() {
            self.append(draft).await?;
        }
        Ok(self.tx.commit().await?)
    }

    /// The next number of a sequence without gaps: 1, 2, 3 ... The row stays locked until the transaction ends, and a
    /// transaction that fails gives its number back.
    async fn next_number(&self, sequence: Sequence) -> Result<i64, StoreError> {
        use entity::counter::{ActiveModel, Column, Entity};
        let first = ActiveModel { name: Set(sequence.name().to_owned()), value: Set(0) };
        let once = OnConflict::column(Column::Name).do_nothing().to_owned();
        Entity::insert(first).on_conflict(once).exec_without_returning(&self.tx).await?;
        Entity::update_many()
            .col_expr(Column::Value, Expr::col(Column::Value).add(1))
            .filter(Expr::col(Column::Name).eq(sequence.name()))
            .exec(&self.tx)
            .await?;
        last_number(&self.tx, sequence).await
    }

    /// The next number of a sequence with gaps: one more than the last, and at least this.
    async fn raise_number(&self, sequence: Sequence, at_least: i64) -> Result<(), StoreError> {
        use entity::counter::{Column, Entity};
        // Locks the row.
        if self.next_number(sequence).await? < at_least {
            Entity::update_many()
                .col_expr(Column::Value, Expr::value(at_least))
                .filter(Expr::col(Column::Name).eq(sequence.name()))
                .exec(&self.tx)
                .await?;
        }
        Ok(())
    }
}

/// What is numbered.
#[derive(Debug, Clone, Copy)]
enum Sequence {
    Customers,
    Charges,
    Invoices,
    CatalogueVersions,
    Proposals,
    Credits,
    AuditLines,
    Distributions,
}

impl Sequence {
    const fn name(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Charges => "charges",
            Self::Invoices => "invoices",
            Self::CatalogueVersions => "catalogue versions",
            Self::Proposals => "proposals",
            Self::Credits => "credits",
            Self::AuditLines => "audit lines",
            Self::Distributions => "distribution services",
        }
    }
}

/// The last number, locked until the transaction ends: none is given out meanwhile, and whatever has raised it is done.
async fn last_number_locked(write: &Write, sequence: Sequence) -> Result<i64, StoreError> {
    let row = entity::counter::Entity::find_by_id(sequence.name()).lock_exclusive().one(&write.tx).await?;
    Ok(row.map_or(0, |row| row.value))
}

async fn last_number(db: &impl ConnectionTrait, sequence: Sequence) -> Result<i64, StoreError> {
    let row = entity::counter::Entity::find_by_id(sequence.name()).one(db).await?;
    Ok(row.map_or(0, |row| row.value))
}

/// The refusal of a change that was made from an older revision than `now`.
fn stale(made_from: u32, now: i64) -> StoreError {
    refuse(RefusalCode::Stale, format_args!("it was made from revision {made_from}, and {now} is the last one"))
}

/// How many rows a query wants.
fn limit(query: &Query) -> u64 {
    match query.limit {
        0 => PAGE_ROWS_MAX,
        limit => Ord::min(limit, PAGE_ROWS_MAX),
    }
    .into()
}

/// What a search looks at: all parts in lower case, with line breaks between them so that no search spans two.
fn search_text(parts: &[&str]) -> String {
    parts.join("\n").to_lowercase()
}

/// A pattern that finds the searched text as it is written; `%` and `_` have no special meaning for staff.
fn search_pattern(query: &Query) -> Option<LikeExpr> {
    let search = query.search.as_ref()?.as_str().to_lowercase();
    let escaped = search.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    Some(LikeExpr::new(format!("%{escaped}%")).escape('\\'))
}

#[cfg(test)]
mod tests;

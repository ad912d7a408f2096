//! Staff with roles, what needs a second person, credits, and the audit log.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer as integer, big_integer_null as integer_null, binary, text, text_null};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0002_staff"
    }
}

fn reference(from: (&'static str, &'static str), to: (&'static str, &'static str)) -> ForeignKeyCreateStatement {
    let mut key = ForeignKey::create();
    key.from(from.0, from.1).to(to.0, to.1).on_delete(ForeignKeyAction::Restrict);
    key
}

fn tables() -> Vec<TableCreateStatement> {
    let table = |name: &'static str| Table::create().table(name).to_owned();
    let key = |name: &'static str| integer(name).primary_key().take();
    vec![
        table("staff_member")
            .col(text("name").primary_key())
            .col(text("role"))
            .col(binary("certificate"))
            .col(integer("created_at"))
            .col(integer_null("revoked_at"))
            .take(),
        table("rule").col(text("name").primary_key()).col(integer("value")).take(),
        table("proposal")
            .col(key("number"))
            .col(text("kind"))
            .col(text_null("option"))
            .col(integer_null("version"))
            .col(integer_null("charge"))
            .col(integer_null("amount"))
            .col(text_null("reason"))
            .col(text("proposed_by"))
            .col(integer("proposed_at"))
            .col(text("state"))
            .col(text_null("rejected_because"))
            .col(text_null("decided_by"))
            .col(integer_null("decided_at"))
            .foreign_key(&mut reference(("proposal", "charge"), ("charge", "number")))
            .take(),
        table("credit")
            .col(key("number"))
            .col(integer("charge"))
            .col(integer("customer_id"))
            .col(integer("amount"))
            .col(text("reason"))
            .col(text("issued_by"))
            .col(text_null("approved_by"))
            .col(integer("issued_at"))
            .foreign_key(&mut reference(("credit", "charge"), ("charge", "number")))
            .foreign_key(&mut reference(("credit", "customer_id"), ("customer", "id")))
            .take(),
        table("invoice_credit")
            .col(integer("invoice"))
            .col(integer("credit"))
            .col(integer("amount"))
            .primary_key(Index::create().col("invoice").col("credit"))
            .foreign_key(&mut reference(("invoice_credit", "invoice"), ("invoice", "number")))
            .foreign_key(&mut reference(("invoice_credit", "credit"), ("credit", "number")))
            .take(),
        table("audit_line")
            .col(key("number"))
            .col(integer("at"))
            .col(text("who"))
            .col(text("role"))
            .col(text("action"))
            .col(text("subject"))
            .col(text("outcome"))
            .col(text_null("change"))
            .col(binary("hash"))
            .take(),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    let index = |table: &'static str, column: &'static str| {
        Index::create().name(format!("{table}_{column}")).table(table).col(column).to_owned()
    };
    vec![
        index("proposal", "state"),
        index("credit", "charge"),
        index("credit", "customer_id"),
        index("invoice_credit", "credit"),
    ]
}

/// A column that the rows on file get with a value.
fn column(table: &'static str, mut column: ColumnDef) -> TableAlterStatement {
    Table::alter().table(table).add_column(&mut column).to_owned()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// Killed half-way it leaves nothing behind, on SQLite too.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        // What was published before there were approvals is on sale.
        manager.alter_table(column("release", text("state").default("approved").take())).await?;
        for name in ["credited", "carried"] {
            manager.alter_table(column("invoice", integer(name).default(0).take())).await?;
        }
        Ok(())
    }
}

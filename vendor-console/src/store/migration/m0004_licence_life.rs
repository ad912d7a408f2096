//! What became of licences on their devices: what is left, what is erased, and which devices are to be looked at.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer as integer, big_integer_null as integer_null, binary_null, boolean, text, text_null,
};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0004_licence_life"
    }
}

fn reference(from: (&'static str, &'static str), to: (&'static str, &'static str)) -> ForeignKeyCreateStatement {
    let mut key = ForeignKey::create();
    key.from(from.0, from.1).to(to.0, to.1).on_delete(ForeignKeyAction::Restrict);
    key
}

fn tables() -> Vec<TableCreateStatement> {
    let table = |name: &'static str| Table::create().table(name).to_owned();
    vec![
        table("licence_life")
            .col(text("licence").primary_key().take())
            .col(text("device"))
            .col(text("option"))
            .col(integer_null("customer_id"))
            .col(text("form"))
            .col(boolean("temporary"))
            .col(integer("issued_at"))
            .col(integer_null("ends_at"))
            .col(integer_null("uses_left"))
            .col(text("state"))
            .col(text_null("reason"))
            .col(integer_null("ended_at"))
            .col(integer_null("reported_at"))
            .col(integer_null("revoked_at"))
            .col(integer_null("erase_due_at"))
            .col(integer_null("erased_at"))
            .col(binary_null("receipt"))
            .foreign_key(&mut reference(("licence_life", "licence"), ("licence", "order")))
            .take(),
        table("device_usage")
            .col(text("serial").primary_key().take())
            .col(integer_null("sequence"))
            .col(binary_null("head"))
            .col(integer("reported_at"))
            .col(text_null("flag"))
            .col(integer("flagged_at"))
            .col(integer("last_fault_at"))
            .foreign_key(&mut reference(("device_usage", "serial"), ("device", "serial")))
            .take(),
        table("device_fault")
            .col(text("device"))
            .col(integer("at"))
            .col(text("fault"))
            .col(integer("reported_at"))
            .primary_key(Index::create().col("device").col("at").col("fault"))
            .foreign_key(&mut reference(("device_fault", "device"), ("device", "serial")))
            .take(),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    let index = |table: &'static str, columns: &[&'static str]| {
        let mut index = Index::create();
        index.name(format!("{table}_{}", columns.join("_"))).table(table);
        for column in columns {
            index.col(*column);
        }
        index
    };
    vec![
        index("licence_life", &["issued_at"]),
        index("licence_life", &["device"]),
        index("licence_life", &["erased_at", "erase_due_at"]),
        index("device_usage", &["flagged_at", "last_fault_at"]),
    ]
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
        Ok(())
    }
}

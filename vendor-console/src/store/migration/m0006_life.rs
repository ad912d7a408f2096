//! Periods that follow one another, and trials.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer as integer, text};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0006_life"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let starts_at = integer("starts_at").default(0).take();
        manager.alter_table(Table::alter().table("licence_life").add_column(starts_at).take()).await?;
        let begun = Query::update().table("licence_life").value("starts_at", Expr::col("issued_at")).to_owned();
        manager.execute(begun).await?;
        let trial = Table::create()
            .table("trial")
            .col(text("device"))
            .col(text("option"))
            .col(text("order"))
            .col(integer("granted_at"))
            .primary_key(Index::create().col("device").col("option"))
            .foreign_key(ForeignKey::create().from("trial", "device").to("device", "serial"))
            .foreign_key(ForeignKey::create().from("trial", "option").to("option_software", "id"))
            .take();
        manager.create_table(trial).await
    }
}

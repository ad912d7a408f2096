//! Distribution services on hosts of their own.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer as integer, big_integer_null as integer_null, binary, text};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0005_vendor"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let services = Table::create()
            .table("distribution")
            .col(integer("number").primary_key().take())
            .col(text("name"))
            .col(binary("certificate"))
            .col(integer("issued_at"))
            .col(integer_null("revoked_at"))
            .take();
        manager.create_table(services).await
    }
}

//! What programs may take and what releases give to jobs.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer_null as integer_null, text};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0007_programs"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns =
            [integer_null("memory_mib"), integer_null("fuel_per_page"), text("provides").default("[]").take()];
        for column in columns {
            manager.alter_table(Table::alter().table("release").add_column(column).take()).await?;
        }
        Ok(())
    }
}

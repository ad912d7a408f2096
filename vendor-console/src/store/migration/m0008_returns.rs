//! Licences that are returned unused, suspended, or moved to another device.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer_null as integer_null, boolean, text_null};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0008_returns"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // What was sold before may have been used; it cannot be returned anyway.
        let was_used = boolean("was_used").default(false).take();
        for column in [integer_null("return_until"), was_used, integer_null("suspended_at"), text_null("moves_to")] {
            manager.alter_table(Table::alter().table("licence_life").add_column(column).take()).await?;
        }
        Ok(())
    }
}

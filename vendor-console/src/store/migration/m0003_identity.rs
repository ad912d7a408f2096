//! PINs of contracts, wrong entries that are counted, and what is known of a device's certificates.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer as integer, big_integer_null as integer_null, binary_null, text, text_null,
};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0003_identity"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in [
            ("contract", text_null("pin_hash")),
            ("device", binary_null("previous_certificate")),
            ("device", integer_null("certified_at")),
            ("device", integer_null("cloned_at")),
        ] {
            manager.alter_table(Table::alter().table(table).add_column(column).take()).await?;
        }
        let tries = Table::create()
            .table("contract_try")
            .col(text("order").primary_key().take())
            .col(text("device"))
            .col(text("contract"))
            .col(integer("tried_at"))
            .take();
        manager.create_table(tries).await?;
        for (table, column) in [("contract_try", "device"), ("contract_try", "contract"), ("purchase_order", "device")]
        {
            let mut index = Index::create();
            index.name(format!("{table}_{column}")).table(table).col(column);
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

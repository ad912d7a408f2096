//! The first schema: customers, devices, catalogue, orders, the ledger and invoices.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer as integer, big_integer_null as integer_null, binary, binary_null, boolean, text, text_null,
};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0001_first"
    }
}

/// A reference that the database watches over.
fn reference(from: (&'static str, &'static str), to: (&'static str, &'static str)) -> ForeignKeyCreateStatement {
    let mut key = ForeignKey::create();
    key.from(from.0, from.1).to(to.0, to.1).on_delete(ForeignKeyAction::Restrict);
    key
}

fn text_key(name: &'static str) -> ColumnDef {
    text(name).primary_key().take()
}

fn integer_key(name: &'static str) -> ColumnDef {
    integer(name).primary_key().take()
}

fn tables() -> Vec<TableCreateStatement> {
    let table = |name: &'static str| Table::create().table(name).to_owned();
    vec![
        table("counter").col(text_key("name")).col(integer("value")).take(),
        table("customer")
            .col(integer_key("id"))
            .col(text("name"))
            .col(text_null("email"))
            .col(boolean("monthly"))
            .col(boolean("suspended"))
            .col(text("search"))
            .col(integer("created_at"))
            .take(),
        table("contract")
            .col(text_key("id"))
            .col(integer("customer_id"))
            .col(integer("position"))
            .col(boolean("active"))
            .foreign_key(&mut reference(("contract", "customer_id"), ("customer", "id")))
            .take(),
        table("device")
            .col(text_key("serial"))
            .col(text("model"))
            .col(integer_null("customer_id"))
            .col(boolean("revoked"))
            .col(binary_null("code_hash"))
            .col(integer_null("code_expires_at"))
            .col(boolean("code_used"))
            .col(binary_null("key_hash"))
            .col(binary_null("certificate"))
            .col(integer_null("last_seen_at"))
            .col(text("search"))
            .foreign_key(&mut reference(("device", "customer_id"), ("customer", "id")))
            .take(),
        table("option_software")
            .col(text_key("id"))
            .col(text("kind"))
            .col(text("name_ja"))
            .col(text("name_en"))
            .col(text("description_ja"))
            .col(text("description_en"))
            .col(text("offers"))
            .col(boolean("for_sale"))
            .col(integer("newest"))
            .col(text("search"))
            .take(),
        table("manifest").col(binary("package").primary_key().take()).col(binary("signed")).take(),
        table("release")
            .col(text("option"))
            .col(integer("version"))
            .col(binary("package").unique_key().take())
            .col(integer("content_bytes"))
            .col(integer("stored_bytes"))
            .col(integer("chunk_count"))
            .col(binary("content_key"))
            .col(integer("published_at"))
            .primary_key(Index::create().col("option").col("version"))
            .foreign_key(&mut reference(("release", "option"), ("option_software", "id")))
            .foreign_key(&mut reference(("release", "package"), ("manifest", "package")))
            .take(),
        table("purchase_order")
            .col(text_key("id"))
            .col(text("device"))
            .col(text("option"))
            .col(text_null("contract"))
            .col(integer_null("customer_id"))
            .col(text("state"))
            .col(text_null("reason"))
            .col(integer_null("version"))
            .col(binary_null("package"))
            .col(integer_null("total_bytes"))
            .col(integer_null("chunk_count"))
            .col(text_null("offers"))
            .col(text_null("form"))
            .col(integer_null("price"))
            .col(integer("failed_attempts"))
            .col(text_null("last_failure"))
            .col(integer("created_at"))
            .col(integer("updated_at"))
            .col(integer("expires_at"))
            .foreign_key(&mut reference(("purchase_order", "device"), ("device", "serial")))
            .foreign_key(&mut reference(("purchase_order", "customer_id"), ("customer", "id")))
            .foreign_key(&mut reference(("purchase_order", "package"), ("release", "package")))
            .take(),
        table("licence")
            .col(text_key("order"))
            .col(text("device"))
            .col(text("option"))
            .col(integer("issued_at"))
            .col(binary("signed"))
            .foreign_key(&mut reference(("licence", "order"), ("purchase_order", "id")))
            .take(),
        table("charge")
            .col(integer_key("number"))
            .col(text("order").unique_key().take())
            .col(integer("customer_id"))
            .col(text("device"))
            .col(text("option"))
            .col(text("name_ja"))
            .col(text("name_en"))
            .col(text("form"))
            .col(integer("amount"))
            .col(integer("charged_at"))
            // A charge cannot exist without its licence.
            .foreign_key(&mut reference(("charge", "order"), ("licence", "order")))
            .foreign_key(&mut reference(("charge", "customer_id"), ("customer", "id")))
            .take(),
        table("invoice")
            .col(integer_key("number"))
            .col(integer("customer_id"))
            .col(text("customer_name"))
            .col(integer("from_at"))
            .col(integer("until_at"))
            .col(integer("issued_at"))
            .col(integer("line_count"))
            .col(integer("total"))
            .foreign_key(&mut reference(("invoice", "customer_id"), ("customer", "id")))
            .take(),
        table("invoice_line")
            // The key itself says that no charge is on two invoices.
            .col(integer_key("charge"))
            .col(integer("invoice"))
            .foreign_key(&mut reference(("invoice_line", "charge"), ("charge", "number")))
            .foreign_key(&mut reference(("invoice_line", "invoice"), ("invoice", "number")))
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
        index("contract", &["customer_id", "position"]).unique().to_owned(),
        index("device", &["customer_id"]),
        index("purchase_order", &["created_at"]),
        index("purchase_order", &["customer_id", "created_at"]),
        index("purchase_order", &["state", "expires_at"]),
        index("licence", &["option"]),
        index("charge", &["customer_id", "charged_at"]),
        index("invoice", &["customer_id"]),
        index("invoice_line", &["invoice"]),
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

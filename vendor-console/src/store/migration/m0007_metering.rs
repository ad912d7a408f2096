//! Licences that are charged by use: an order may have several charges now. A column's uniqueness cannot be taken away on
//! every database, so the ledger and what refers to it are made anew and their rows copied.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer as integer, big_integer_null as integer_null, text, text_null};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0007_metering"
    }
}

/// A table that is made anew: under a name of its own until the old one is gone.
struct Renewed {
    name: &'static str,
    new: &'static str,
    columns: &'static [&'static str],
}

/// Referred to before referring.
const RENEWED: [Renewed; 5] = [
    Renewed {
        name: "charge",
        new: "charge_new",
        columns: &[
            "number",
            "order",
            "customer_id",
            "device",
            "option",
            "name_ja",
            "name_en",
            "form",
            "amount",
            "charged_at",
        ],
    },
    Renewed { name: "invoice_line", new: "invoice_line_new", columns: &["charge", "invoice"] },
    Renewed {
        name: "proposal",
        new: "proposal_new",
        columns: &[
            "number",
            "kind",
            "option",
            "version",
            "charge",
            "amount",
            "reason",
            "proposed_by",
            "proposed_at",
            "state",
            "rejected_because",
            "decided_by",
            "decided_at",
        ],
    },
    Renewed {
        name: "credit",
        new: "credit_new",
        columns: &["number", "charge", "customer_id", "amount", "reason", "issued_by", "approved_by", "issued_at"],
    },
    Renewed { name: "invoice_credit", new: "invoice_credit_new", columns: &["invoice", "credit", "amount"] },
];

fn reference(from: (&'static str, &'static str), to: (&'static str, &'static str)) -> ForeignKeyCreateStatement {
    let mut key = ForeignKey::create();
    key.from(from.0, from.1).to(to.0, to.1).on_delete(ForeignKeyAction::Restrict);
    key
}

fn tables() -> Vec<TableCreateStatement> {
    let table = |name: &'static str| Table::create().table(name).to_owned();
    let key = |name: &'static str| integer(name).primary_key().take();
    vec![
        table("charge_new")
            .col(key("number"))
            .col(text("order"))
            .col(integer("customer_id"))
            .col(text("device"))
            .col(text("option"))
            .col(text("name_ja"))
            .col(text("name_en"))
            .col(text("form"))
            .col(integer("amount"))
            .col(integer("charged_at"))
            .col(integer("used").default(0).take())
            .col(integer_null("uses"))
            .col(integer_null("each"))
            // A charge cannot exist without its licence.
            .foreign_key(&mut reference(("charge_new", "order"), ("licence", "order")))
            .foreign_key(&mut reference(("charge_new", "customer_id"), ("customer", "id")))
            .take(),
        table("invoice_line_new")
            // The key itself says that no charge is on two invoices.
            .col(key("charge"))
            .col(integer("invoice"))
            .foreign_key(&mut reference(("invoice_line_new", "charge"), ("charge_new", "number")))
            .foreign_key(&mut reference(("invoice_line_new", "invoice"), ("invoice", "number")))
            .take(),
        table("proposal_new")
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
            .foreign_key(&mut reference(("proposal_new", "charge"), ("charge_new", "number")))
            .take(),
        table("credit_new")
            .col(key("number"))
            .col(integer("charge"))
            .col(integer("customer_id"))
            .col(integer("amount"))
            .col(text("reason"))
            .col(text("issued_by"))
            .col(text_null("approved_by"))
            .col(integer("issued_at"))
            .foreign_key(&mut reference(("credit_new", "charge"), ("charge_new", "number")))
            .foreign_key(&mut reference(("credit_new", "customer_id"), ("customer", "id")))
            .take(),
        table("invoice_credit_new")
            .col(integer("invoice"))
            .col(integer("credit"))
            .col(integer("amount"))
            .primary_key(Index::create().col("invoice").col("credit"))
            .foreign_key(&mut reference(("invoice_credit_new", "invoice"), ("invoice", "number")))
            .foreign_key(&mut reference(("invoice_credit_new", "credit"), ("credit_new", "number")))
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
        // No use is charged twice, and no purchase.
        index("charge", &["order", "used"]).unique().to_owned(),
        index("charge", &["customer_id", "charged_at"]),
        index("invoice_line", &["invoice"]),
        index("proposal", &["state"]),
        index("credit", &["charge"]),
        index("credit", &["customer_id"]),
        index("invoice_credit", &["credit"]),
        index("licence_life", &["contact_due_at"]),
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
        for Renewed { name, new, columns } in RENEWED {
            let rows = Query::select().columns(columns.iter().copied()).from(name).to_owned();
            let mut copy = Query::insert();
            copy.into_table(new).columns(columns.iter().copied());
            copy.select_from(rows).map_err(|error| DbErr::Migration(error.to_string()))?;
            manager.execute(copy).await?;
        }
        for Renewed { name, .. } in RENEWED.iter().rev() {
            manager.drop_table(Table::drop().table(*name).to_owned()).await?;
        }
        for Renewed { name, new, .. } in RENEWED {
            manager.rename_table(Table::rename().table(new, name).to_owned()).await?;
        }
        for name in ["used", "contact_days", "contact_due_at"] {
            let column = Table::alter().table("licence_life").add_column(integer_null(name)).to_owned();
            manager.alter_table(column).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

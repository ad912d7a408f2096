//! The tables as SeaORM sees them. Columns are plain integers, texts and bytes; [`super::column`] turns them into the
//! types of the field and checks every one.
#![allow(unreachable_pub)] // SeaORM's derives write `pub`

mod team;

pub use team::{audit_line, credit, distribution, invoice_credit, proposal, rule, staff_member};

/// Who pays.
pub mod customer {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "customer")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub name: String,
        pub email: Option<String>,
        /// Whether the periodic settlement invoices the charges.
        pub monthly: bool,
        pub suspended: bool,
        /// What a search looks at, in lower case.
        pub search: String,
        pub created_at: i64,
        /// Grows when staff change the fields.
        pub revision: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What a customer's staff type at a panel.
pub mod contract {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "contract")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub customer_id: i64,
        /// 0, 1, 2 ... among the customer's contracts.
        pub position: i64,
        pub active: bool,
        /// Argon2id hash of the PIN, as a PHC string.
        pub pin_hash: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Tries at contract user IDs that were wrong, or are not yet known to be right.
pub mod contract_try {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "contract_try")]
    pub struct Model {
        /// The order that the ID was tried with.
        #[sea_orm(primary_key, auto_increment = false)]
        pub order: String,
        pub device: String,
        /// As it was typed; there may be no such contract.
        pub contract: String,
        pub tried_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Office machines.
pub mod device {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "device")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub serial: String,
        pub model: String,
        pub customer_id: Option<i64>,
        pub revoked: bool,
        /// Hash of the last activation code.
        pub code_hash: Option<Vec<u8>>,
        pub code_expires_at: Option<i64>,
        /// Whether the last activation code was used.
        pub code_used: bool,
        /// Hash of the public key that the last used code was used with.
        pub key_hash: Option<Vec<u8>>,
        /// X.509 in DER.
        pub certificate: Option<Vec<u8>>,
        /// The one that was renewed; good until its own end.
        pub previous_certificate: Option<Vec<u8>>,
        /// When the certificate was issued, by the clock of the business.
        pub certified_at: Option<i64>,
        /// When two machines were first seen to use the certificate.
        pub cloned_at: Option<i64>,
        pub last_seen_at: Option<i64>,
        /// What a search looks at, in lower case.
        pub search: String,
        /// Grows when staff change the fields.
        pub revision: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What is sold.
pub mod option {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "option_software")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub kind: String,
        pub name_ja: String,
        pub name_en: String,
        pub description_ja: String,
        pub description_en: String,
        /// JSON, see `column`.
        pub offers: String,
        pub for_sale: bool,
        /// The newest release; 0 means none.
        pub newest: i64,
        /// What a search looks at, in lower case.
        pub search: String,
        /// Grows when staff change the fields.
        pub revision: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Versions of options.
pub mod release {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "release")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub option: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i64,
        /// Digest of the manifest.
        pub package: Vec<u8>,
        pub content_bytes: i64,
        pub stored_bytes: i64,
        pub chunk_count: i64,
        /// Opens the package.
        pub content_key: Vec<u8>,
        /// When it came into the catalogue, or on file.
        pub published_at: i64,
        /// waiting, approved or rejected.
        pub state: String,
        /// What its program may take; both, or neither for a font pack.
        pub memory_mib: Option<i64>,
        pub fuel_per_page: Option<i64>,
        /// What it gives to jobs: names, as JSON.
        pub provides: String,
    }

    impl std::fmt::Debug for Model {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            // Never the key.
            write!(f, "release {} of {}", self.version, self.option)
        }
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Signed manifests, apart from the releases because they are long.
pub mod manifest {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "manifest")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub package: Vec<u8>,
        /// A `Signed<Manifest>` as on the wire.
        pub signed: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Purchase requests and what became of them.
pub mod order {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "purchase_order")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub device: String,
        pub option: String,
        /// As the device sent it.
        pub contract: Option<String>,
        pub customer_id: Option<i64>,
        pub state: String,
        /// Code of the refusal or failure.
        pub reason: Option<String>,
        pub version: Option<i64>,
        pub package: Option<Vec<u8>>,
        pub total_bytes: Option<i64>,
        pub chunk_count: Option<i64>,
        /// The offers when it was authorised; JSON, see `column`.
        pub offers: Option<String>,
        pub form: Option<String>,
        pub price: Option<i64>,
        pub failed_attempts: i64,
        pub last_failure: Option<String>,
        pub created_at: i64,
        pub updated_at: i64,
        /// When it expires if it is still open.
        pub expires_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Signed rights to use.
pub mod licence {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "licence")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub order: String,
        pub device: String,
        pub option: String,
        pub issued_at: i64,
        /// A `Signed<Licence>` as on the wire.
        pub signed: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What became of licences on their devices.
pub mod licence_life {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "licence_life")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub licence: String,
        pub device: String,
        pub option: String,
        pub customer_id: Option<i64>,
        pub form: String,
        /// Not for ever.
        pub temporary: bool,
        pub issued_at: i64,
        /// When the right begins.
        pub starts_at: i64,
        /// The first instant at which it can no longer be returned.
        pub return_until: Option<i64>,
        /// Whether a job has used it, as last reported.
        pub was_used: bool,
        /// Since when it is suspended.
        pub suspended_at: Option<i64>,
        /// The device that gets what is left of it.
        pub moves_to: Option<String>,
        /// When its period is over.
        pub ends_at: Option<i64>,
        /// As last reported; never more than before.
        pub uses_left: Option<i64>,
        /// Uses that were reported and charged, if it is charged by use; never fewer than before.
        pub used: Option<i64>,
        /// Days without a report after which it locks, if it is charged by use.
        pub contact_days: Option<i64>,
        /// When it locks unless a report comes before, if it is charged by use.
        pub contact_due_at: Option<i64>,
        /// `active`, `locked` or `ended`.
        pub state: String,
        /// Why it is locked or has ended.
        pub reason: Option<String>,
        /// By the device's clock, or by this one if staff ended it.
        pub ended_at: Option<i64>,
        pub reported_at: Option<i64>,
        pub revoked_at: Option<i64>,
        /// When there should be a receipt.
        pub erase_due_at: Option<i64>,
        pub erased_at: Option<i64>,
        /// A `SignedReceipt` as on the wire.
        pub receipt: Option<Vec<u8>>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Which devices have had which trials.
pub mod trial {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "trial")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub device: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub option: String,
        /// The order that it was granted to.
        pub order: String,
        pub granted_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// How far a device's usage sequence had come, and whether its temporary licences are locked.
pub mod device_usage {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "device_usage")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub serial: String,
        /// The last mark; none before the first report after an enrolment.
        pub sequence: Option<i64>,
        pub head: Option<Vec<u8>>,
        pub reported_at: i64,
        /// Why its temporary licences are locked.
        pub flag: Option<String>,
        /// Since when; 0 if they are not.
        pub flagged_at: i64,
        /// When it last told of something; 0 if it never did.
        pub last_fault_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What devices have noticed.
pub mod device_fault {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "device_fault")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub device: String,
        /// By the device's clock.
        #[sea_orm(primary_key, auto_increment = false)]
        pub at: i64,
        /// See `column`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub fault: String,
        pub reported_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// The ledger.
pub mod charge {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "charge")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub order: String,
        pub customer_id: i64,
        pub device: String,
        pub option: String,
        pub name_ja: String,
        pub name_en: String,
        pub form: String,
        pub amount: i64,
        pub charged_at: i64,
        /// The uses of the licence that are charged with this line and all before it; 0 in the line of the purchase. With
        /// the order it is unique: no use is charged twice.
        pub used: i64,
        /// How many uses this line charges; none in the line of the purchase.
        pub uses: Option<i64>,
        /// What each costs.
        pub each: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Heads of invoices.
pub mod invoice {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "invoice")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub customer_id: i64,
        /// As it was when the invoice was made.
        pub customer_name: String,
        pub from_at: i64,
        pub until_at: i64,
        pub issued_at: i64,
        pub line_count: i64,
        /// What is to be paid.
        pub total: i64,
        /// What credits took from it.
        pub credited: i64,
        /// Credit that was left then.
        pub carried: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Which charge is on which invoice.
pub mod invoice_line {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "invoice_line")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub charge: i64,
        pub invoice: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Numbers that are given out without gaps.
pub mod counter {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "counter")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        /// The last one given out.
        pub value: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

//! The tables of the staff: members, rules, proposals, credits, the audit log; and the distribution services.
#![allow(unreachable_pub)] // SeaORM's derives write `pub`

/// Members of staff.
pub mod staff_member {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staff_member")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub role: String,
        /// X.509 in DER; no other certificate of this name counts.
        pub certificate: Vec<u8>,
        pub created_at: i64,
        pub revoked_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// The rules that staff work under.
pub mod rule {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "rule")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub value: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What waits for a second person, or once did.
pub mod proposal {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "proposal")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub kind: String,
        /// Of a release.
        pub option: Option<String>,
        /// Of a release.
        pub version: Option<i64>,
        /// Of a credit.
        pub charge: Option<i64>,
        /// Of a credit, or the limit.
        pub amount: Option<i64>,
        /// Of a credit.
        pub reason: Option<String>,
        pub proposed_by: String,
        pub proposed_at: i64,
        /// waiting, approved or rejected.
        pub state: String,
        pub rejected_because: Option<String>,
        pub decided_by: Option<String>,
        pub decided_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What was given back.
pub mod credit {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "credit")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub charge: i64,
        pub customer_id: i64,
        pub amount: i64,
        pub reason: String,
        pub issued_by: String,
        pub approved_by: Option<String>,
        pub issued_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What a credit takes from an invoice.
pub mod invoice_credit {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "invoice_credit")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub invoice: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub credit: i64,
        pub amount: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Distribution services on hosts of their own.
pub mod distribution {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "distribution")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub name: String,
        /// With which it reports; X.509 in DER.
        pub certificate: Vec<u8>,
        pub issued_at: i64,
        pub revoked_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// The audit log; never changed, never deleted.
pub mod audit_line {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_line")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub at: i64,
        pub who: String,
        pub role: String,
        pub action: String,
        pub subject: String,
        pub outcome: String,
        pub change: Option<String>,
        /// Over the hash of the line before it and this line as on the wire.
        pub hash: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

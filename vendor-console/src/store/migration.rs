//! The schema, step by step. A step that has been released is never changed; a new one follows it.

use sea_orm_migration::prelude::*;

mod m0001_first;
mod m0002_staff;
mod m0003_identity;
mod m0004_licence_life;
mod m0005_vendor;
mod m0006_life;
mod m0006_vendor_revisions;
mod m0007_metering;
mod m0007_programs;
mod m0008_returns;

/// All steps, oldest first.
pub(super) struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_first::Migration),
            Box::new(m0003_identity::Migration),
            Box::new(m0004_licence_life::Migration),
            Box::new(m0002_staff::Migration),
            Box::new(m0005_vendor::Migration),
            Box::new(m0006_vendor_revisions::Migration),
            Box::new(m0006_life::Migration),
            Box::new(m0007_programs::Migration),
            Box::new(m0007_metering::Migration),
            Box::new(m0008_returns::Migration),
        ]
    }
}

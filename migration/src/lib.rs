//! How the database came to its present shape, one step a file, on SQLite and PostgreSQL alike.

use sea_orm_migration::prelude::*;
pub use sea_orm_migration::prelude::{MigratorTrait, SchemaManager};

mod m0001_foundation;
mod m0002_claim;
mod m0003_order;
mod m0004_room;
mod m0005_crowd;
mod m0006_poll;
mod m0007_notification;
mod m0008_follow;
mod m0009_job;
mod m0010_question;
mod m0011_commentary;
mod m0012_llm;
mod m0013_persona;
mod search;
mod table;

pub use m0010_question::TELLING;

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_foundation::Migration),
            Box::new(m0002_claim::Migration),
            Box::new(m0003_order::Migration),
            Box::new(m0004_room::Migration),
            Box::new(m0005_crowd::Migration),
            Box::new(m0006_poll::Migration),
            Box::new(m0007_notification::Migration),
            Box::new(m0008_follow::Migration),
            Box::new(m0009_job::Migration),
            Box::new(m0010_question::Migration),
            Box::new(m0011_commentary::Migration),
            Box::new(m0012_llm::Migration),
            Box::new(m0013_persona::Migration),
        ]
    }
}

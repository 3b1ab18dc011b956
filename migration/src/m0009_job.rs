//! What is to be done about messages after they are written, and what the house adds to its own.

#[allow(
    clippy::wildcard_imports,
    reason = "the vocabulary of column types, two dozen short functions"
)]
use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{id, lay, table};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0009_job"
    }
}

const INDEXES: &[&str] = &[
    "CREATE UNIQUE INDEX job_by_kind_subject ON job (kind, subject)",
    "CREATE INDEX job_by_kind_due ON job (kind, due_ms)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // The lifetime stays unwritten as in the trait, which was declared so.
    #[expect(elided_lifetimes_in_paths, reason = "must match the trait's declaration")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let job = table("job")
            .col(big_integer("row_no").auto_increment().primary_key())
            .col(string("kind"))
            .col(id("event_id"))
            .col(id("subject"))
            .col(big_integer("version"))
            .col(big_integer("created_ms"))
            .col(big_integer("due_ms"))
            .col(big_integer("leased_ms"))
            .col(integer("attempts"))
            .take();
        lay(manager, [job]).await?;
        let remark = ColumnDef::new(Alias::new("remark")).json_binary().null().take();
        let mut alter = Table::alter();
        manager
            .alter_table(alter.table(Alias::new("message")).add_column(remark).take())
            .await?;
        let connection = manager.get_connection();
        for sql in INDEXES {
            connection.execute_unprepared(sql).await?;
        }
        Ok(())
    }
}

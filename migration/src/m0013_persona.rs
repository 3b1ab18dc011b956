//! Characters that a model plays, and conversations with them.

#[allow(
    clippy::wildcard_imports,
    reason = "the vocabulary of column types, two dozen short functions"
)]
use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{id, lay, table};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0013_persona"
    }
}

const INDEXES: &[&str] = &[
    "CREATE INDEX persona_session_by_user ON persona_session (user_id, event_id)",
    "CREATE INDEX persona_session_by_status ON persona_session (status, due_ms)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // The lifetime stays unwritten as in the trait, which was declared so.
    #[expect(elided_lifetimes_in_paths, reason = "must match the trait's declaration")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let persona = table("persona")
            .col(id("id").primary_key())
            .col(string("owner_id"))
            .col(text("sheet"))
            .col(big_integer("created_ms"))
            .take();
        let session = table("persona_session")
            .col(id("event_id").primary_key())
            .col(id("persona_id"))
            .col(string("user_id"))
            .col(text("sheet"))
            .col(string("status"))
            .col(integer("turns"))
            .col(big_integer("answered_seq"))
            .col(integer("failures"))
            .col(big_integer("leased_ms"))
            .col(big_integer("due_ms"))
            .col(big_integer("ends_ms"))
            .col(big_integer("last_ms"))
            .col(big_integer("started_ms"))
            .col(big_integer_null("ended_ms"))
            .col(text_null("score"))
            .col(string_null("reason"))
            .take();
        lay(manager, [persona, session]).await?;
        let connection = manager.get_connection();
        for sql in INDEXES {
            connection.execute_unprepared(sql).await?;
        }
        Ok(())
    }
}

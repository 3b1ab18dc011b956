//! Keeping order: sanctions, reports, appeals, rule sets, raids, and the record of every decision.

#[allow(
    clippy::wildcard_imports,
    reason = "the vocabulary of column types, two dozen short functions"
)]
use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{id, key, lay, table};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0003_order"
    }
}

fn id_null(name: &str) -> ColumnDef {
    ColumnDef::new(Alias::new(name)).uuid().null().take()
}

fn row_no() -> ColumnDef {
    big_integer("row_no").primary_key().auto_increment().take()
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        table("sanction")
            .col(row_no())
            .col(id("id").unique_key())
            .col(id_null("event_id"))
            .col(string("user_id"))
            .col(string("kind"))
            .col(text("reason"))
            .col(text_null("note"))
            .col(id_null("message_id"))
            .col(string_null("by_id"))
            .col(string("by_role"))
            .col(big_integer("created_ms"))
            .col(big_integer_null("until_ms"))
            .col(big_integer_null("lifted_ms"))
            .col(string_null("lifted_by"))
            .take(),
        table("sanction_mark")
            .col(id("sanction_id"))
            .col(string("mark"))
            .col(id_null("event_id"))
            .col(big_integer("since_ms"))
            .col(big_integer("expires_ms"))
            .primary_key(&mut key(&["sanction_id", "mark"]))
            .take(),
        table("rule_set")
            .col(string("scope"))
            .col(big_integer("version"))
            .col(text("body"))
            .col(string_null("by_id"))
            .col(big_integer("created_ms"))
            .primary_key(&mut key(&["scope", "version"]))
            .take(),
        table("report")
            .col(row_no())
            .col(id("event_id"))
            .col(id("message_id"))
            .col(string("user_id"))
            .col(string("category"))
            .col(text_null("note"))
            .col(big_integer("created_ms"))
            .take(),
        table("appeal")
            .col(row_no())
            .col(id("id").unique_key())
            .col(id("event_id"))
            .col(id("message_id").unique_key())
            .col(string("user_id"))
            .col(text("text"))
            .col(big_integer("created_ms"))
            .col(string_null("decision"))
            .col(text_null("reason"))
            .col(string_null("decided_by"))
            .col(big_integer_null("decided_ms"))
            .take(),
        table("raid")
            .col(id("event_id").primary_key())
            .col(big_integer("since_ms"))
            .col(big_integer("until_ms"))
            .col(string_null("by_id"))
            .take(),
        table("audit")
            .col(row_no())
            .col(id("id").unique_key())
            .col(id_null("event_id"))
            .col(big_integer("at_ms"))
            .col(string("action"))
            .col(string_null("by_id"))
            .col(string_null("user_id"))
            .col(id_null("message_id"))
            .col(id_null("sanction_id"))
            .col(text_null("reason"))
            .col(string_null("code"))
            .col(big_integer_null("rule_version"))
            .col(big_integer_null("until_ms"))
            .take(),
    ]
}

/// Conditions of partial indexes stand to the letter in the queries, or the index is not used.
const INDEXES: &[&str] = &[
    "CREATE INDEX sanction_by_event ON sanction (event_id, row_no)",
    "CREATE INDEX sanction_in_force ON sanction (event_id, user_id) WHERE lifted_ms IS NULL",
    "CREATE INDEX sanction_bans ON sanction (created_ms) WHERE kind = 'ban'",
    "CREATE INDEX sanction_mark_by_mark ON sanction_mark (mark)",
    "CREATE INDEX sanction_mark_by_event ON sanction_mark (event_id, expires_ms)",
    "CREATE UNIQUE INDEX report_once ON report (message_id, user_id)",
    "CREATE INDEX report_by_event ON report (event_id, row_no)",
    "CREATE INDEX appeal_by_event ON appeal (event_id, row_no)",
    "CREATE INDEX audit_by_event ON audit (event_id, row_no)",
    "CREATE INDEX audit_by_message ON audit (message_id) WHERE message_id IS NOT NULL",
    "CREATE INDEX audit_by_user ON audit (user_id, event_id, row_no) WHERE user_id IS NOT NULL",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // The lifetime stays unwritten as in the trait, which was declared so.
    #[expect(elided_lifetimes_in_paths, reason = "must match the trait's declaration")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        lay(manager, tables()).await?;
        for sql in INDEXES {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}

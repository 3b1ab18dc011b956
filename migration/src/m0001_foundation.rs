//! Events, their logs, messages, reactions, contests and keys.

#[allow(
    clippy::wildcard_imports,
    reason = "the vocabulary of column types, two dozen short functions"
)]
use sea_orm_migration::{prelude::*, schema::*};

use crate::{
    search,
    table::{id, json, key, lay, table},
};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0001_foundation"
    }
}

fn index(table: &str, columns: &[&str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index
        .name(format!("{table}_by_{}", columns.join("_")))
        .table(Alias::new(table));
    for column in columns {
        index.col(Alias::new(*column));
    }
    index
}

/// Where a message may stand in the log apart from its own place: few entries, looked through when it is forgotten.
const RETOLD: &str =
    "CREATE INDEX log_entry_retold ON log_entry (event_id) WHERE kind IN ('message.updated', 'message.held')";

/// Messages that are few among many. Every index costs each message a page or so to write, and most messages were never held,
/// hidden, pinned or answered; conditions stand to the letter in the queries, or the index is not used.
const MESSAGES: &[&str] = &[
    "CREATE UNIQUE INDEX message_sent ON message (event_id, author_id, client_id) WHERE client_id IS NOT NULL",
    "CREATE INDEX message_replies ON message (parent_id, seq) WHERE parent_id IS NOT NULL",
    "CREATE INDEX message_held ON message (event_id, row_no) WHERE status = 'held'",
    "CREATE INDEX message_gone ON message (event_id, seq) WHERE status IN ('deleted', 'hidden')",
    "CREATE INDEX message_pinned ON message (event_id, seq) WHERE pinned",
];

/// Totals the log has not told yet: found in no time after a crash, and empty almost always.
const UNTOLD: &[&str] = &[
    "CREATE INDEX reaction_total_untold ON reaction_total (event_id) WHERE count <> told_count",
    "CREATE INDEX applause_total_untold ON applause_total (event_id) WHERE count <> told_count",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // The lifetime stays unwritten as in the trait, which was declared so.
    #[expect(elided_lifetimes_in_paths, reason = "must match the trait's declaration")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        lay(manager, tables()).await?;
        for statement in indexes() {
            manager.create_index(statement).await?;
        }
        let connection = manager.get_connection();
        for sql in UNTOLD.iter().chain(MESSAGES).chain([&RETOLD]) {
            connection.execute_unprepared(sql).await?;
        }
        for sql in search::statements(backend) {
            connection.execute_unprepared(sql).await?;
        }
        Ok(())
    }
}

#[expect(clippy::too_many_lines, reason = "a table after the other; reads best in one piece")]
fn tables() -> Vec<TableCreateStatement> {
    vec![
        table("event")
            .col(id("id").primary_key())
            .col(string("slug").unique_key())
            .col(string("title"))
            .col(string("kind"))
            .col(string("status"))
            .col(json("participants"))
            .col(string_null("venue"))
            .col(big_integer("scheduled_ms"))
            .col(big_integer_null("started_ms"))
            .col(big_integer_null("ended_ms"))
            .col(boolean("featured"))
            .col(string("visibility"))
            .col(text_null("cover_url"))
            .col(text_null("stream_url"))
            .col(json("settings"))
            .col(big_integer("version"))
            .col(boolean("demo"))
            .col(string("created_by"))
            .col(big_integer("created_ms"))
            .col(text("search_text"))
            .take(),
        table("event_member")
            .col(id("event_id"))
            .col(string("user_id"))
            .col(string("role"))
            .col(big_integer("since_ms"))
            .primary_key(&mut key(&["event_id", "user_id"]))
            .take(),
        table("log_head")
            .col(id("event_id").primary_key())
            .col(integer("epoch"))
            .col(big_integer("public_seq"))
            .col(big_integer("staff_seq"))
            .take(),
        table("log_entry")
            .col(id("event_id"))
            .col(small_integer("audience"))
            .col(big_integer("seq"))
            .col(big_integer("other_seq"))
            .col(string("kind"))
            .col(big_integer("at_ms"))
            .col(text("data"))
            .primary_key(&mut key(&["event_id", "audience", "seq"]))
            .take(),
        table("message")
            .col(big_integer("row_no").primary_key().auto_increment())
            .col(id("id").unique_key())
            .col(id("event_id"))
            .col(big_integer("seq"))
            .col(string("author_id"))
            .col(string("author_name"))
            .col(text_null("author_avatar_url"))
            .col(json("author_badges"))
            .col(text("text"))
            .col(text("words"))
            .col(string("status"))
            .col(ColumnDef::new("parent_id").uuid().null())
            .col(integer("reply_count"))
            .col(boolean("pinned"))
            .col(string_null("client_id"))
            .col(string_null("sent_hash"))
            .col(big_integer("created_ms"))
            .col(big_integer_null("edited_ms"))
            .take(),
        table("reaction")
            .col(id("message_id"))
            .col(string("user_id"))
            .col(string("emoji"))
            .col(id("event_id"))
            .col(big_integer("created_ms"))
            .primary_key(&mut key(&["message_id", "user_id", "emoji"]))
            .take(),
        table("reaction_total")
            .col(id("message_id"))
            .col(string("emoji"))
            .col(id("event_id"))
            .col(big_integer("count"))
            .col(big_integer("told_count"))
            .primary_key(&mut key(&["message_id", "emoji"]))
            .take(),
        table("applause_total")
            .col(id("event_id"))
            .col(string("kind"))
            .col(big_integer("count"))
            .col(big_integer("told_count"))
            .primary_key(&mut key(&["event_id", "kind"]))
            .take(),
        table("contest")
            .col(id("id").primary_key())
            .col(id("event_id"))
            .col(integer("ordinal"))
            .col(text("state"))
            .take(),
        table("contest_update")
            .col(id("contest_id"))
            .col(string("source"))
            .col(string("source_id"))
            .col(ColumnDef::new("incident_id").uuid().null())
            .col(text("body"))
            .col(big_integer("at_ms"))
            .primary_key(&mut key(&["contest_id", "source", "source_id"]))
            .take(),
        table("api_key")
            .col(id("id").primary_key())
            .col(string("name"))
            .col(string("secret_hash").unique_key())
            .col(json("scopes"))
            .col(big_integer("created_ms"))
            .col(big_integer_null("revoked_ms"))
            .take(),
        table("house")
            .col(string("name").primary_key())
            .col(text("value"))
            .take(),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("event", &["status", "scheduled_ms", "id"]),
        index("event", &["scheduled_ms", "id"]),
        index("event_member", &["user_id"]),
        index("message", &["event_id", "seq"]),
        index("reaction", &["event_id", "user_id"]),
        index("contest", &["event_id", "ordinal"]).unique().take(),
    ]
}

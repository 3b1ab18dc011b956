//! Who is called in a message, and what people are notified of.

#[allow(
    clippy::wildcard_imports,
    reason = "the vocabulary of column types, two dozen short functions"
)]
use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{id, key, lay, table};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0007_notification"
    }
}

/// Conditions stand to the letter in the queries, or the index is not used.
const INDEXES: &[&str] = &[
    "CREATE UNIQUE INDEX notification_by_id ON notification (id)",
    "CREATE UNIQUE INDEX notification_once ON notification (message_id, user_id) WHERE message_id IS NOT NULL",
    "CREATE INDEX notification_unread ON notification (user_id, seq) WHERE read_ms IS NULL",
    "CREATE INDEX notification_by_age ON notification (created_ms)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // The lifetime stays unwritten as in the trait, which was declared so.
    #[expect(elided_lifetimes_in_paths, reason = "must match the trait's declaration")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let notification = table("notification")
            .col(string("user_id"))
            .col(big_integer("seq"))
            .col(id("id"))
            .col(string("kind"))
            .col(uuid_null("event_id"))
            .col(uuid_null("message_id"))
            .col(text_null("text"))
            .col(big_integer("created_ms"))
            .col(big_integer_null("read_ms"))
            .primary_key(&mut key(&["user_id", "seq"]))
            .take();
        let mailbox = table("mailbox")
            .col(string("user_id").primary_key())
            .col(big_integer("last_seq"))
            .take();
        lay(manager, [notification, mailbox]).await?;
        let mentions = ColumnDef::new(Alias::new("mentions")).json_binary().null().take();
        let mut alter = Table::alter();
        manager
            .alter_table(alter.table(Alias::new("message")).add_column(mentions).take())
            .await?;
        for sql in INDEXES {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}

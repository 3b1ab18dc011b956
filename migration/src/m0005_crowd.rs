//! What people carry and how far they have read: badges awarded in events, and read receipts.

#[allow(
    clippy::wildcard_imports,
    reason = "the vocabulary of column types, two dozen short functions"
)]
use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{id, key, lay, table};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0005_crowd"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // The lifetime stays unwritten as in the trait, which was declared so.
    #[expect(elided_lifetimes_in_paths, reason = "must match the trait's declaration")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let badge = table("event_badge")
            .col(id("event_id"))
            .col(string("user_id"))
            .col(string("badge"))
            .col(string("given_by"))
            .col(big_integer("given_ms"))
            .primary_key(&mut key(&["event_id", "user_id", "badge"]))
            .take();
        let receipt = table("receipt")
            .col(id("event_id"))
            .col(string("user_id"))
            .col(id("message_id"))
            .col(big_integer("seq"))
            .col(big_integer("read_ms"))
            .primary_key(&mut key(&["event_id", "user_id"]))
            .take();
        lay(manager, [badge, receipt]).await
    }
}

//! Polls, their votes and their totals.

#[allow(
    clippy::wildcard_imports,
    reason = "the vocabulary of column types, two dozen short functions"
)]
use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{id, json, key, lay, table};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0006_poll"
    }
}

/// Conditions stand to the letter in the queries, or the index is not used. Open polls, due ones and untold totals are few
/// at any time, whatever number of polls there was.
const INDEXES: &[&str] = &[
    "CREATE UNIQUE INDEX poll_by_event_id_seq ON poll (event_id, seq)",
    "CREATE INDEX poll_open ON poll (event_id, seq) WHERE status = 'open'",
    "CREATE INDEX poll_ended ON poll (event_id, ended_seq) WHERE ended_seq IS NOT NULL",
    "CREATE INDEX poll_due ON poll (closes_ms) WHERE status = 'open' AND closes_ms IS NOT NULL",
    "CREATE INDEX poll_option_total_untold ON poll_option_total (event_id) WHERE count <> told_count",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // The lifetime stays unwritten as in the trait, which was declared so.
    #[expect(elided_lifetimes_in_paths, reason = "must match the trait's declaration")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let poll = table("poll")
            .col(id("id").primary_key())
            .col(id("event_id"))
            .col(big_integer("seq"))
            .col(text("question"))
            .col(json("options"))
            .col(integer("max_choices"))
            .col(string("results"))
            .col(boolean("change_allowed"))
            .col(boolean("guests"))
            .col(string("status"))
            .col(string_null("opened_by"))
            .col(big_integer("opened_ms"))
            .col(big_integer_null("closes_ms"))
            .col(big_integer_null("ended_ms"))
            .col(big_integer_null("ended_seq"))
            .col(text_null("reason"))
            .take();
        let vote = table("poll_vote")
            .col(id("poll_id"))
            .col(string("user_id"))
            .col(big_integer("choices"))
            .col(big_integer("voted_ms"))
            .primary_key(&mut key(&["poll_id", "user_id"]))
            .take();
        let total = table("poll_option_total")
            .col(id("poll_id"))
            .col(integer("option"))
            .col(id("event_id"))
            .col(big_integer("count"))
            .col(big_integer("told_count"))
            .primary_key(&mut key(&["poll_id", "option"]))
            .take();
        lay(manager, [poll, vote, total]).await?;
        for sql in INDEXES {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}

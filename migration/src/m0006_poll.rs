//! Polls, their votes and their totals.

#[allow(
    clippy::wildcard_imports,
    reason = "the vocabulary of column types, two dozen short functions"
)]
use sea_orm_migration::{prelude::*, schema::*};

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

fn id(name: &str) -> ColumnDef {
    ColumnDef::new(Alias::new(name)).uuid().not_null().take()
}

fn key(columns: [&str; 2]) -> IndexCreateStatement {
    let [first, second] = columns.map(Alias::new);
    Index::create().col(first).col(second).primary().take()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // The lifetime stays unwritten as in the trait, which was declared so.
    #[expect(elided_lifetimes_in_paths, reason = "must match the trait's declaration")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut poll = Table::create();
        poll.table(Alias::new("poll"))
            .col(id("id").primary_key())
            .col(id("event_id"))
            .col(big_integer("seq"))
            .col(text("question"))
            .col(ColumnDef::new("options").json_binary().not_null())
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
            .col(text_null("reason"));
        let mut vote = Table::create();
        vote.table(Alias::new("poll_vote"))
            .col(id("poll_id"))
            .col(string("user_id"))
            .col(big_integer("choices"))
            .col(big_integer("voted_ms"))
            .primary_key(&mut key(["poll_id", "user_id"]));
        let mut total = Table::create();
        total
            .table(Alias::new("poll_option_total"))
            .col(id("poll_id"))
            .col(integer("option"))
            .col(id("event_id"))
            .col(big_integer("count"))
            .col(big_integer("told_count"))
            .primary_key(&mut key(["poll_id", "option"]));
        for table in [poll, vote, total] {
            manager.create_table(table).await?;
        }
        for sql in INDEXES {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}

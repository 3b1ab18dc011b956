//! Questions to the assistant that are at their end, and a short way to the entries it answers by.

#[allow(
    clippy::wildcard_imports,
    reason = "the vocabulary of column types, two dozen short functions"
)]
use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{id, lay, table};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0010_question"
    }
}

/// Entries that tell of the contest, the event, its polls and its room: few among many. Stands to the letter in the query,
/// or the index is not used.
pub const TELLING: &str = "kind IN ('event.created', 'event.updated', 'event.started', 'event.paused', 'event.resumed', \
    'event.ended', 'event.cancelled', 'incident.recorded', 'incident.corrected', 'incident.retracted', 'score.changed', \
    'clock.changed', 'contest.changed', 'poll.opened', 'poll.closed', 'room.changed')";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // The lifetime stays unwritten as in the trait, which was declared so.
    #[expect(elided_lifetimes_in_paths, reason = "must match the trait's declaration")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let question = table("assistant_question")
            .col(ColumnDef::new("id").uuid().not_null().primary_key())
            .col(id("event_id"))
            .col(string("asker_id"))
            .col(string("status"))
            .col(string_null("reason"))
            .col(ColumnDef::new("answer_id").uuid().null())
            .col(big_integer("asked_ms"))
            .col(big_integer("ended_ms"))
            .take();
        lay(manager, [question]).await?;
        let telling = format!("CREATE INDEX log_entry_telling ON log_entry (event_id, audience, seq) WHERE {TELLING}");
        manager.get_connection().execute_unprepared(&telling).await?;
        Ok(())
    }
}

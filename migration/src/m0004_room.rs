//! What happens to events and held messages by itself, and when.

#[allow(
    clippy::wildcard_imports,
    reason = "the vocabulary of column types, two dozen short functions"
)]
use sea_orm_migration::{prelude::*, schema::*};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0004_room"
    }
}

const THEN: &[&str] = &[
    // Events from before are looked at once, so that their next moment is known.
    "UPDATE event SET due_ms = 0",
    "CREATE INDEX event_due ON event (due_ms, id) WHERE due_ms IS NOT NULL",
    "CREATE INDEX message_release ON message (release_ms, row_no) WHERE release_ms IS NOT NULL AND status = 'held'",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // The lifetime stays unwritten as in the trait, which was declared so.
    #[expect(elided_lifetimes_in_paths, reason = "must match the trait's declaration")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time.
        for (table, column) in [
            ("event", boolean_null("room_open")),
            ("event", big_integer_null("room_told_ms")),
            ("event", big_integer_null("due_ms")),
            ("message", big_integer_null("release_ms")),
        ] {
            let mut alter = Table::alter();
            manager
                .alter_table(alter.table(Alias::new(table)).add_column(column).take())
                .await?;
        }
        for sql in THEN {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}

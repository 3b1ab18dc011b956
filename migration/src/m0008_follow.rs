//! Who follows what, who takes part where, and when what a list of events shows was changed last.

#[allow(
    clippy::wildcard_imports,
    reason = "the vocabulary of column types, two dozen short functions"
)]
use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

use crate::table::{id, key, lay, table};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0008_follow"
    }
}

const INDEXES: &[&str] = &[
    "CREATE INDEX follow_by_target ON follow (kind, target)",
    "CREATE INDEX event_participant_by_event_id ON event_participant (event_id)",
    "CREATE INDEX event_ended ON event (ended_ms, id) WHERE ended_ms IS NOT NULL",
];

/// Those who take part in events from before. Ids are unique within an event, as its rules ask.
const fn participants(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => {
            "INSERT INTO event_participant (participant_id, event_id) \
             SELECT DISTINCT p.value ->> 'id', e.id FROM event e, jsonb_array_elements(e.participants) AS p (value)"
        }
        _ => {
            "INSERT INTO event_participant (participant_id, event_id) \
             SELECT DISTINCT json_extract(p.value, '$.id'), e.id FROM event e, json_each(e.participants) AS p"
        }
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // The lifetime stays unwritten as in the trait, which was declared so.
    #[expect(elided_lifetimes_in_paths, reason = "must match the trait's declaration")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let follow = table("follow")
            .col(string("user_id"))
            .col(string("kind"))
            .col(string("target"))
            .col(big_integer("since_ms"))
            .primary_key(&mut key(&["user_id", "kind", "target"]))
            .take();
        let participant = table("event_participant")
            .col(string("participant_id"))
            .col(id("event_id"))
            .primary_key(&mut key(&["participant_id", "event_id"]))
            .take();
        lay(manager, [follow, participant]).await?;
        // SQLite adds one column at a time.
        for (table, column) in [
            ("event", big_integer_null("changed_ms")),
            ("contest", big_integer("version").default(0).take()),
            ("contest", big_integer_null("changed_ms")),
        ] {
            let mut alter = Table::alter();
            manager
                .alter_table(alter.table(Alias::new(table)).add_column(column).take())
                .await?;
        }
        let connection = manager.get_connection();
        for sql in INDEXES {
            connection.execute_unprepared(sql).await?;
        }
        connection
            .execute_unprepared(participants(manager.get_database_backend()))
            .await?;
        Ok(())
    }
}

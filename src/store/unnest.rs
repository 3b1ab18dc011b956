//! The writer's own statements for PostgreSQL: any number of rows as one array for each column.
//!
//! A statement with a parameter for each value has another text for each number of rows, and PostgreSQL parses and plans
//! thousands of parameters anew, batch after batch. These keep one text, so each is prepared once in a connection's life.

use std::collections::BTreeMap;

use entity::log_head;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, Statement, Value, prelude::Uuid};

use super::{
    LogEntry,
    log::{Head, audience_code, signed},
};
use crate::domain::EventId;

const LOCK: &str = "SELECT event_id, epoch, public_seq, staff_seq FROM log_head WHERE event_id = ANY($1) \
    ORDER BY event_id FOR UPDATE";

const APPEND: &str = "INSERT INTO log_entry (event_id, audience, seq, other_seq, kind, at_ms, data) \
    SELECT * FROM unnest($1::uuid[], $2::int2[], $3::int8[], $4::int8[], $5::text[], $6::int8[], $7::text[])";

const MOVE: &str = "UPDATE log_head SET epoch = moved.epoch, public_seq = moved.public_seq, staff_seq = moved.staff_seq \
    FROM unnest($1::uuid[], $2::int4[], $3::int8[], $4::int8[]) AS moved (event_id, epoch, public_seq, staff_seq) \
    WHERE log_head.event_id = moved.event_id";

/// A statement with an array for each column.
pub fn statement(sql: &str, columns: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(DbBackend::Postgres, sql, columns)
}

/// One column of many rows.
pub fn column<T>(values: impl Iterator<Item = T>) -> Value
where
    Vec<T>: Into<Value>,
{
    values.collect::<Vec<_>>().into()
}

/// Locks heads in id order.
pub(super) async fn lock(
    txn: &DatabaseTransaction,
    events: impl Iterator<Item = Uuid>,
) -> Result<Vec<log_head::Model>, DbErr> {
    let query = log_head::Entity::find().from_raw_sql(statement(LOCK, [column(events)]));
    query.all(txn).await
}

pub(super) async fn append(txn: &DatabaseTransaction, said: &[LogEntry]) -> Result<(), DbErr> {
    let columns = [
        column(said.iter().map(|entry| entry.event.uuid())),
        column(said.iter().map(|entry| audience_code(entry.audience))),
        column(said.iter().map(|entry| signed(entry.seq))),
        column(said.iter().map(|entry| signed(entry.other_seq))),
        column(said.iter().map(|entry| entry.kind.name().to_owned())),
        column(said.iter().map(|entry| entry.at.ms())),
        column(said.iter().map(|entry| entry.data().to_owned())),
    ];
    txn.execute_raw(statement(APPEND, columns)).await.map(drop)
}

/// Moves the heads of these events, which are locked, to where they are now.
pub(super) async fn move_heads(
    txn: &DatabaseTransaction,
    events: &[EventId],
    heads: &BTreeMap<EventId, Head>,
) -> Result<(), DbErr> {
    let moved: Vec<(Uuid, Head)> = events
        .iter()
        .filter_map(|event| heads.get(event).map(|head| (event.uuid(), *head)))
        .collect();
    let columns = [
        column(moved.iter().map(|(event, _)| *event)),
        column(moved.iter().map(|(_, head)| i32::try_from(head.epoch).unwrap_or(i32::MAX))),
        column(moved.iter().map(|(_, head)| signed(head.public))),
        column(moved.iter().map(|(_, head)| signed(head.staff))),
    ];
    txn.execute_raw(statement(MOVE, columns)).await.map(drop)
}

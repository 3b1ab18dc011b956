//! The heads of logs, as a batch locks them before it begins and moves them on before it ends.

use std::collections::{BTreeMap, BTreeSet};

use entity::log_head;
use sea_orm::{
    ActiveValue::Set, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, Statement, Value,
};

use super::{
    batch::Events,
    bulk,
    log::{Head, read_head, signed},
    unnest,
};
use crate::domain::EventId;

/// Reads and locks the heads of all events in the batch, in id order so that two writers cannot wait for each other. Logs
/// that begin here get a head first: what is not there cannot be locked, and two instances would both count from one.
pub(super) async fn lock_heads(txn: &DatabaseTransaction, events: &Events) -> Result<BTreeMap<EventId, Head>, DbErr> {
    let mut heads = lock(txn, &events.all).await?;
    let mut missing = BTreeSet::new();
    if txn.get_database_backend() == DbBackend::Postgres {
        missing.extend(events.said.iter().filter(|event| !heads.contains_key(event)).copied());
    }
    if !missing.is_empty() {
        let rows = missing.iter().map(|event| head_row(*event, Head::EMPTY));
        let insert = log_head::Entity::insert_many(rows).on_conflict_do_nothing_on([log_head::Column::EventId]);
        insert.exec_without_returning(txn).await?;
        heads.extend(lock(txn, &missing).await?);
    }
    Ok(heads)
}

const LOCK: &str = "SELECT event_id, epoch, public_seq, staff_seq FROM log_head WHERE event_id = ANY($1) \
    ORDER BY event_id FOR UPDATE";

async fn lock(txn: &DatabaseTransaction, events: &BTreeSet<EventId>) -> Result<BTreeMap<EventId, Head>, DbErr> {
    if events.is_empty() {
        return Ok(BTreeMap::new());
    }
    if txn.get_database_backend() == DbBackend::Sqlite {
        return local_heads(txn, events).await;
    }
    let ids = events.iter().map(|event| event.uuid());
    let query = log_head::Entity::find().from_raw_sql(unnest::statement(LOCK, [unnest::column(ids)]));
    let rows = query.all(txn).await?;
    Ok(rows
        .iter()
        .map(|row| (EventId::from_uuid(row.event_id), read_head(row)))
        .collect())
}

/// The same on SQLite, where the transaction holds the lock. All heads come as one text: each row by itself would be a
/// change of thread.
async fn local_heads(txn: &DatabaseTransaction, events: &BTreeSet<EventId>) -> Result<BTreeMap<EventId, Head>, DbErr> {
    const SQL: &str =
        "SELECT group_concat(hex(event_id) || ' ' || epoch || ' ' || public_seq || ' ' || staff_seq) AS heads
        FROM log_head WHERE event_id IN (SELECT unhex(value) FROM json_each(?))";
    let ids: Vec<String> = events.iter().map(|event| event.uuid().simple().to_string()).collect();
    let ids = format!("[\"{}\"]", ids.join("\",\""));
    let query = Statement::from_sql_and_values(DbBackend::Sqlite, SQL, [ids.into()]);
    let heads = match txn.query_one_raw(query).await? {
        Some(row) => row.try_get::<Option<String>>("", "heads")?.unwrap_or_default(),
        None => String::new(),
    };
    let unreadable = || DbErr::Type("the head of a log cannot be read".to_owned());
    let heads = heads.split(',').filter(|head| !head.is_empty());
    heads.map(|head| local_head(head).ok_or_else(unreadable)).collect()
}

fn local_head(text: &str) -> Option<(EventId, Head)> {
    let mut parts = text.split(' ');
    let event = EventId::from_uuid(parts.next()?.parse().ok()?);
    let row = log_head::Model {
        event_id: event.uuid(),
        epoch: parts.next()?.parse().ok()?,
        public_seq: parts.next()?.parse().ok()?,
        staff_seq: parts.next()?.parse().ok()?,
    };
    Some((event, read_head(&row)))
}

/// A log moves on to where it stands now.
const MOVES_ON: &str = "ON CONFLICT (event_id) DO UPDATE SET
    epoch = excluded.epoch, public_seq = excluded.public_seq, staff_seq = excluded.staff_seq";

/// The same on PostgreSQL, where what moves is locked and so is there.
const MOVE: &str = "UPDATE log_head SET epoch = moved.epoch, public_seq = moved.public_seq, staff_seq = moved.staff_seq \
    FROM unnest($1::uuid[], $2::int4[], $3::int8[], $4::int8[]) AS moved (event_id, epoch, public_seq, staff_seq) \
    WHERE log_head.event_id = moved.event_id";

/// Writes down where logs stand now.
pub(super) async fn move_on(txn: &DatabaseTransaction, moved: Vec<(EventId, Head)>) -> Result<(), DbErr> {
    if txn.get_database_backend() == DbBackend::Sqlite {
        let rows = moved
            .into_iter()
            .map(|(event, head)| head_values(event, head))
            .collect();
        let columns = ["event_id", "epoch", "public_seq", "staff_seq"];
        return bulk::insert(txn, "log_head", columns, rows, MOVES_ON).await;
    }
    if moved.is_empty() {
        return Ok(());
    }
    let columns = [
        unnest::column(moved.iter().map(|(event, _)| event.uuid())),
        unnest::column(
            moved
                .iter()
                .map(|(_, head)| i32::try_from(head.epoch).unwrap_or(i32::MAX)),
        ),
        unnest::column(moved.iter().map(|(_, head)| signed(head.public))),
        unnest::column(moved.iter().map(|(_, head)| signed(head.staff))),
    ];
    txn.execute_raw(unnest::statement(MOVE, columns)).await.map(drop)
}

fn head_values(event: EventId, head: Head) -> [Value; 4] {
    [
        event.uuid().into(),
        i32::try_from(head.epoch).unwrap_or(i32::MAX).into(),
        signed(head.public).into(),
        signed(head.staff).into(),
    ]
}

fn head_row(event: EventId, head: Head) -> log_head::ActiveModel {
    log_head::ActiveModel {
        event_id: Set(event.uuid()),
        epoch: Set(i32::try_from(head.epoch).unwrap_or(i32::MAX)),
        public_seq: Set(signed(head.public)),
        staff_seq: Set(signed(head.staff)),
    }
}

//! One batch of changes inside one transaction: each under a savepoint, then the log in bulk.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::AssertUnwindSafe,
};

use entity::{log_entry, log_head};
use futures_util::FutureExt;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, TransactionTrait, sea_query::OnConflict,
};

use super::{
    Error, LogEntry,
    forget::forget,
    log::{Head, read_head, signed},
    scribe::{Said, Scribe},
    writer::{Change, Job},
};
use crate::{
    clock,
    domain::{EventId, Stamp},
};

/// Changes that ran well and wait for the commit, with the head each will be told.
pub(super) type Ran = Vec<(Box<dyn Change>, Head)>;

/// Runs every change in order and writes the log; refused changes are answered at once and leave no trace. Err: the
/// transaction is in doubt, and none of these may stand.
pub(super) async fn run_batch(
    txn: &DatabaseTransaction,
    mut heads: BTreeMap<EventId, Head>,
    batch: Vec<Job>,
) -> Result<(Ran, Said), (Vec<Box<dyn Change>>, sea_orm::DbErr)> {
    let (now, alone) = (clock::now(), batch.len() == 1);
    let (mut ran, mut said): (Ran, Said) = (Vec::with_capacity(batch.len()), Said::default());
    let mut batch = batch.into_iter();
    while let Some(Job { event, mut change, .. }) = batch.next() {
        // A change outside any log gets a scribe whose words nobody could place; the type it runs under never asks.
        let log = event.unwrap_or_else(|| EventId::from_uuid(sea_orm::prelude::Uuid::nil()));
        let head = heads.get(&log).copied().unwrap_or(Head::EMPTY);
        let outcome = if alone {
            run_in(txn, log, now, head, change.as_mut())
                .await
                .map_err(Failure::Refused)
        } else {
            run_under_savepoint(txn, log, now, head, change.as_mut()).await
        };
        match outcome {
            Ok((head, more)) => {
                heads.insert(log, head);
                said.extend(more);
                ran.push((change, head));
            }
            Err(Failure::Refused(error)) => change.answer(Err(error)),
            Err(Failure::InDoubt(error)) => {
                let before = ran.into_iter().map(|(change, _)| change);
                let after = batch.map(|job| job.change);
                return Err((before.chain([change]).chain(after).collect(), error));
            }
        }
    }
    match append(txn, ran.len(), &said, &heads).await {
        Ok(()) => Ok((ran, said)),
        Err(error) => Err((ran.into_iter().map(|(change, _)| change).collect(), error)),
    }
}

/// How a change did not come about.
enum Failure {
    /// It alone failed and left no trace.
    Refused(Error),
    /// Its traces could not be undone (or kept): the whole transaction cannot be relied on.
    InDoubt(sea_orm::DbErr),
}

async fn run_in(
    txn: &DatabaseTransaction,
    event: EventId,
    now: Stamp,
    head: Head,
    change: &mut dyn Change,
) -> Result<(Head, Said), Error> {
    let mut scribe = Scribe::new(txn, event, now, head);
    // A panic is a bug in one change; it must not take the writer along, and with it everybody's.
    let run = AssertUnwindSafe(change.run(&mut scribe)).catch_unwind();
    run.await.map_err(|_| Error::Panicked)??;
    scribe.finish()
}

async fn run_under_savepoint(
    txn: &DatabaseTransaction,
    event: EventId,
    now: Stamp,
    head: Head,
    change: &mut dyn Change,
) -> Result<(Head, Said), Failure> {
    let savepoint = txn.begin().await.map_err(Failure::InDoubt)?;
    match run_in(&savepoint, event, now, head, change).await {
        Ok(done) => savepoint.commit().await.map(|()| done).map_err(Failure::InDoubt),
        Err(error) => {
            savepoint.rollback().await.map_err(Failure::InDoubt)?;
            Err(Failure::Refused(error))
        }
    }
}

/// The events of a batch.
pub(super) struct Events {
    all: BTreeSet<EventId>,
    /// Those whose logs may grow.
    said: BTreeSet<EventId>,
}

impl Events {
    pub(super) fn of(batch: &[Job]) -> Self {
        Self {
            all: batch.iter().filter_map(|job| job.event).collect(),
            said: batch
                .iter()
                .filter(|job| job.says)
                .filter_map(|job| job.event)
                .collect(),
        }
    }
}

/// Reads and locks the heads of all events in the batch, in id order so that two writers cannot wait for each other. Logs
/// that begin here get a head first: what is not there cannot be locked, and two instances would both count from one.
pub(super) async fn lock_heads(
    txn: &DatabaseTransaction,
    events: &Events,
) -> Result<BTreeMap<EventId, Head>, sea_orm::DbErr> {
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

async fn lock(
    txn: &DatabaseTransaction,
    events: &BTreeSet<EventId>,
) -> Result<BTreeMap<EventId, Head>, sea_orm::DbErr> {
    if events.is_empty() {
        return Ok(BTreeMap::new());
    }
    let ids = events.iter().map(|event| event.uuid());
    let query = log_head::Entity::find().filter(log_head::Column::EventId.is_in(ids));
    let rows = query
        .order_by_asc(log_head::Column::EventId)
        .lock_exclusive()
        .all(txn)
        .await?;
    Ok(rows
        .iter()
        .map(|row| (EventId::from_uuid(row.event_id), read_head(row)))
        .collect())
}

/// Rows per statement: seven columns each, far below the 32,766 parameters that SQLite takes.
const ROWS_PER_INSERT: usize = 500;

async fn append(
    txn: &DatabaseTransaction,
    ran: usize,
    said: &Said,
    heads: &BTreeMap<EventId, Head>,
) -> Result<(), sea_orm::DbErr> {
    if said.entries.is_empty() && said.forgotten.is_empty() && ran > 0 {
        // PostgreSQL answers the COMMIT of a transaction in which something failed with a silent ROLLBACK. Any statement
        // before it says so; when nothing is appended, this one does.
        txn.execute_unprepared("SELECT 1").await?;
    }
    for rows in said.entries.chunks(ROWS_PER_INSERT) {
        log_entry::Entity::insert_many(rows.iter().map(LogEntry::row))
            .exec_without_returning(txn)
            .await?;
    }
    for forgotten in &said.forgotten {
        forget(txn, forgotten).await?;
    }
    let moved: Vec<_> = said
        .entries
        .iter()
        .map(|entry| entry.event)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    for events in moved.chunks(ROWS_PER_INSERT) {
        let rows = events
            .iter()
            .filter_map(|event| heads.get(event).map(|head| head_row(*event, *head)));
        let mut moves_on = OnConflict::column(log_head::Column::EventId);
        moves_on.update_columns([log_head::Column::PublicSeq, log_head::Column::StaffSeq]);
        log_head::Entity::insert_many(rows)
            .on_conflict(moves_on)
            .exec_without_returning(txn)
            .await?;
    }
    Ok(())
}

fn head_row(event: EventId, head: Head) -> log_head::ActiveModel {
    log_head::ActiveModel {
        event_id: Set(event.uuid()),
        epoch: Set(i32::try_from(head.epoch).unwrap_or(i32::MAX)),
        public_seq: Set(signed(head.public)),
        staff_seq: Set(signed(head.staff)),
    }
}

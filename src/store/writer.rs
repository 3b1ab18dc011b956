//! The log writer: gathers what is waiting and commits it as one transaction.
//!
//! No artificial delay: an idle writer takes a change at once; while it commits, others gather. Each change runs under
//! a savepoint, so one that fails or panics neither harms its neighbours nor burns a `seq`. Only after the commit are the
//! callers answered and the entries handed on, from here and not from the callers' tasks, so that a client who hangs up
//! cannot come between the two. Nobody else gives out a `seq`.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::Arc,
    time::Instant,
};

use entity::{log_entry, log_head};
use futures_util::{FutureExt, future::BoxFuture};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseConnection, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, SqliteTransactionMode, TransactionOptions, TransactionTrait, sea_query::OnConflict,
};
use tokio::sync::mpsc;

use super::{
    Error, LogEntry,
    forget::forget,
    log::{Head, read_head, signed},
    open::connect,
    scribe::{Said, Scribe},
};
use crate::{
    clock,
    domain::{EventId, Stamp},
    telemetry::Metrics,
};

/// Who is told what was committed, in commit order. Must not block: the writer waits for it.
pub(super) type OnCommit = Arc<dyn Fn(Vec<LogEntry>) + Send + Sync>;

/// A change waiting to be written.
pub(super) trait Change: Send {
    /// Runs inside the batch's transaction; may be followed by a rollback.
    fn run<'a>(&'a mut self, scribe: &'a mut Scribe<'_>) -> BoxFuture<'a, Result<(), Error>>;

    /// Tells the caller how it ended: the head right after its own entries, or why nothing was written.
    fn answer(self: Box<Self>, outcome: Result<Head, Error>);
}

pub(super) struct Job {
    /// Which event's log it may write; a change outside any log has none.
    pub(super) event: Option<EventId>,
    pub(super) change: Box<dyn Change>,
}

/// What a batch is made of besides its jobs.
pub(super) struct Writer {
    pub(super) path: PathBuf,
    /// The one connection that writes. `None` after it came into doubt; the next batch opens another.
    pub(super) db: Option<DatabaseConnection>,
    pub(super) jobs: mpsc::Receiver<Job>,
    pub(super) batch_max: usize,
    pub(super) on_commit: Arc<std::sync::OnceLock<OnCommit>>,
    pub(super) metrics: Arc<Metrics>,
}

/// Changes that ran well and wait for the commit, with the head each will be told.
type Ran = Vec<(Box<dyn Change>, Head)>;

impl Writer {
    /// Writes until every sender is gone and the queue is empty.
    pub(super) async fn run(mut self) {
        let mut batch = Vec::with_capacity(self.batch_max);
        while self.jobs.recv_many(&mut batch, self.batch_max).await > 0 {
            self.metrics
                .writer_queue
                .set(i64::try_from(self.jobs.len()).unwrap_or(i64::MAX));
            self.write(std::mem::take(&mut batch)).await;
        }
        self.close_connection().await;
    }

    async fn write(&mut self, batch: Vec<Job>) {
        let (size, began) = (batch.len(), Instant::now());
        let txn = match self.begin().await {
            Ok(txn) => txn,
            Err(error) => return fail_all(batch.into_iter().map(|job| job.change), &error),
        };
        let (ran, said) = match run_batch(&txn, batch).await {
            Ok(done) => done,
            Err((changes, error)) => {
                drop(txn);
                self.close_connection().await;
                return fail_all(changes.into_iter(), &error);
            }
        };
        if ran.is_empty() {
            // Nothing to keep; and whoever ran alone may have left something before it failed.
            if let Err(error) = txn.rollback().await {
                tracing::error!(error = %error, "refused changes were not undone; starting afresh");
                self.close_connection().await;
            }
            return;
        }
        if let Err(error) = txn.commit().await {
            self.close_connection().await;
            return fail_all(ran.into_iter().map(|(change, _)| change), &error);
        }
        self.metrics
            .commit_batch_size
            .observe(f64::from(u32::try_from(size).unwrap_or(u32::MAX)));
        self.metrics.commit_seconds.observe(began.elapsed().as_secs_f64());
        let said = said.entries;
        self.metrics.entries.inc_by(said.len() as u64);
        // Stands first: whoever is answered and then reads the stream finds the entry there.
        if let (false, Some(tell)) = (said.is_empty(), self.on_commit.get()) {
            // What a listener breaks is its own; the stands repair themselves from the log.
            if catch_unwind(AssertUnwindSafe(|| tell(said))).is_err() {
                tracing::error!("the listener for committed entries panicked");
            }
        }
        for (change, head) in ran {
            change.answer(Ok(head));
        }
    }

    async fn begin(&mut self) -> Result<DatabaseTransaction, sea_orm::DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let db = match self.db.take() {
            Some(db) => db,
            None => connect(&self.path, 1).await?,
        };
        self.db.insert(db).begin_with_options(options).await
    }

    /// Gives the connection up, which undoes whatever is open on it. Needed after every failure, for then nobody knows
    /// how deep in transactions it stands, and inside an old one the next commit would not be one.
    async fn close_connection(&mut self) {
        if let Some(db) = self.db.take()
            && let Err(error) = db.close_by_ref().await
        {
            tracing::warn!(error = %error, "the writer's connection did not close cleanly");
        }
    }
}

/// Runs every change in order and writes the log; refused changes are answered at once and leave no trace. Err: the
/// transaction is in doubt, and none of these may stand.
async fn run_batch(
    txn: &DatabaseTransaction,
    batch: Vec<Job>,
) -> Result<(Ran, Said), (Vec<Box<dyn Change>>, sea_orm::DbErr)> {
    let mut heads = match lock_heads(txn, batch.iter().filter_map(|job| job.event).collect()).await {
        Ok(heads) => heads,
        Err(error) => return Err((batch.into_iter().map(|job| job.change).collect(), error)),
    };
    let (now, alone) = (clock::now(), batch.len() == 1);
    let (mut ran, mut said): (Ran, Said) = (Vec::with_capacity(batch.len()), Said::default());
    let mut batch = batch.into_iter();
    while let Some(Job { event, mut change }) = batch.next() {
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
    match append(txn, &said, &heads).await {
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

/// Reads and locks the heads of all events in the batch, in id order so that two writers cannot wait for each other.
async fn lock_heads(
    txn: &DatabaseTransaction,
    events: BTreeSet<EventId>,
) -> Result<BTreeMap<EventId, Head>, sea_orm::DbErr> {
    if events.is_empty() {
        return Ok(BTreeMap::new());
    }
    let query = log_head::Entity::find().filter(log_head::Column::EventId.is_in(events.into_iter().map(EventId::uuid)));
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

async fn append(txn: &DatabaseTransaction, said: &Said, heads: &BTreeMap<EventId, Head>) -> Result<(), sea_orm::DbErr> {
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

fn fail_all(changes: impl Iterator<Item = Box<dyn Change>>, error: &sea_orm::DbErr) {
    tracing::error!(error = %error, "a batch of changes was not written");
    for change in changes {
        change.answer(Err(Error::Broken(error.clone())));
    }
}

//! The log writer: gathers what is waiting and commits it as one transaction.
//!
//! No artificial delay: an idle writer takes a change at once; while it commits, others gather. Each change runs under
//! a savepoint, so one that fails or panics neither harms its neighbours nor burns a `seq`. Only after the commit are the
//! callers answered and the entries handed on, from here and not from the callers' tasks, so that a client who hangs up
//! cannot come between the two. Nobody else gives out a `seq`.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::Arc,
    time::Instant,
};

use futures_util::future::BoxFuture;
use sea_orm::{DatabaseConnection, DatabaseTransaction, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use tokio::sync::mpsc;

use super::{Error, LogEntry, batch::run_batch, log::Head, open::connect, scribe::Scribe, together::Like};
use crate::{domain::EventId, telemetry::Metrics};

/// Who is told what was committed, in commit order. Must not block: the writer waits for it.
pub(super) type OnCommit = Arc<dyn Fn(Vec<LogEntry>) + Send + Sync>;

/// Somebody who waits for a change.
pub(super) trait Answer: Send {
    /// Tells the caller how it ended: the head right after its own entries, or why nothing was written.
    fn answer(self: Box<Self>, outcome: Result<Head, Error>);
}

/// A change waiting to be written.
pub(super) trait Change: Answer {
    /// Runs inside the batch's transaction; may be followed by a rollback.
    fn run<'a>(&'a mut self, scribe: &'a mut Scribe<'_>) -> BoxFuture<'a, Result<(), Error>>;
}

/// What waits in the queue.
pub(super) enum Job {
    /// A change by itself. Without an event it is outside any log.
    Alone {
        event: Option<EventId>,
        change: Box<dyn Change>,
    },
    /// One that is carried out together with others of its kind.
    Like { event: EventId, change: Box<dyn Like> },
}

impl Job {
    /// Which event's log it may write.
    pub(super) fn event(&self) -> Option<EventId> {
        match self {
            Self::Alone { event, .. } => *event,
            Self::Like { event, .. } => Some(*event),
        }
    }

    /// Only who waits for it.
    pub(super) fn into_answer(self) -> Box<dyn Answer> {
        match self {
            Self::Alone { change, .. } => change,
            Self::Like { change, .. } => change,
        }
    }
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
            Err(error) => return fail_all(batch.into_iter().map(Job::into_answer), &error),
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
            return fail_all(ran.into_iter().map(|(caller, _)| caller), &error);
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

fn fail_all(changes: impl Iterator<Item = Box<dyn Answer>>, error: &sea_orm::DbErr) {
    tracing::error!(error = %error, "a batch of changes was not written");
    for change in changes {
        change.answer(Err(Error::Broken(error.clone())));
    }
}

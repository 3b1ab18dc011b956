//! A writer: gathers what is waiting in its lane and commits it as one transaction.
//!
//! No artificial delay: an idle writer takes a change at once; while it commits, others gather. Each change runs under
//! a savepoint, so one that fails or panics neither harms its neighbours nor burns a `seq`. Only after the commit are the
//! callers answered and the entries handed on, from here and not from the callers' tasks, so that a client who hangs up
//! cannot come between the two. Nobody else gives out a `seq`.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    Error, LogEntry,
    batch::{Events, Ran, run_batch},
    error::{is_certain_no, is_passing, is_worth_another_try, silence},
    heads::lock_heads,
    log::Head,
    open::Database,
    past::Past,
    queue::Queue,
    scribe::{Said, Scribe},
    together::Like,
};
use crate::{
    domain::{EventId, notice::Noticed},
    telemetry::Metrics,
};
use futures_util::future::BoxFuture;
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr};

/// A database that could not be reached is left alone for so long; who comes meanwhile is told at once.
const REST: Duration = Duration::from_millis(500);
/// Closing a connection may take so long; then it is dropped as it is.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// Who is told what was committed, in commit order. Must not block: the writer waits for it.
pub(super) type OnCommit = Arc<dyn Fn(Vec<LogEntry>) + Send + Sync>;

/// Who is told whom something was notified of, after the entries. Must not block.
pub(super) type OnNotice = Arc<dyn Fn(Noticed) + Send + Sync>;

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
    /// A change by itself.
    Alone {
        /// Which event's log it may write, and behind whose lock it runs; a change outside any event has none.
        event: Option<EventId>,
        /// Whether it may write to that log.
        says: bool,
        change: Box<dyn Change>,
    },
    /// One that is carried out together with others of its kind.
    Like {
        event: EventId,
        /// See [`super::Together::GIVES_WAY`].
        gives_way: bool,
        change: Box<dyn Like>,
    },
}

impl Job {
    /// Behind which event's lock it runs.
    pub(super) fn event(&self) -> Option<EventId> {
        match self {
            Self::Alone { event, .. } => *event,
            Self::Like { event, .. } => Some(*event),
        }
    }

    /// Whether it may write to that event's log.
    pub(super) fn says(&self) -> bool {
        match self {
            Self::Alone { says, .. } => *says,
            Self::Like { .. } => true,
        }
    }

    /// Whether others are to be taken before it.
    pub(super) fn gives_way(&self) -> bool {
        match self {
            Self::Alone { .. } => false,
            Self::Like { gives_way, .. } => *gives_way,
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
    pub(super) database: Database,
    /// The one connection that writes. `None` before the first batch and after it came into doubt.
    pub(super) db: Option<DatabaseConnection>,
    /// When the database was last found to be away, until it answers again.
    pub(super) away_since: Option<Instant>,
    pub(super) jobs: Queue,
    pub(super) on_commit: Arc<std::sync::OnceLock<OnCommit>>,
    pub(super) on_notice: Arc<std::sync::OnceLock<OnNotice>>,
    pub(super) past: Past,
    pub(super) metrics: Arc<Metrics>,
}

/// A transaction with the heads it has locked.
type Begun = (DatabaseTransaction, BTreeMap<EventId, Head>);

impl Writer {
    /// Writes until every sender is gone and the queue is empty.
    pub(super) async fn run(mut self) {
        loop {
            let batch = self.jobs.next().await;
            if batch.is_empty() {
                break;
            }
            self.metrics
                .writer_queue
                .dec_by(i64::try_from(batch.len()).unwrap_or(0));
            self.write(batch).await;
        }
        self.close_connection().await;
    }

    async fn write(&mut self, batch: Vec<Job>) {
        if self.away_since.is_some_and(|since| since.elapsed() < REST) {
            return fail_all(callers(batch), &silence());
        }
        let (size, began) = (batch.len(), Instant::now());
        let (txn, heads) = match self.begin(&Events::of(&batch)).await {
            Ok(locked) => locked,
            Err(error) => return self.give_up(batch, &error),
        };
        self.is_back();
        let outcome = match self.database.answer_within() {
            None => run_batch(&txn, heads, &mut self.past, batch).await,
            // Whoever is dropped without an answer is told that nothing was written, which is so.
            Some(limit) => {
                let running = run_batch(&txn, heads, &mut self.past, batch);
                let Ok(outcome) = tokio::time::timeout(limit, running).await else {
                    tracing::warn!("a batch of changes took too long and was given up");
                    drop(txn);
                    return self.abandon_connection();
                };
                outcome
            }
        };
        let (ran, said) = match outcome {
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
                tracing::warn!(error = %error, "refused changes were not undone; starting afresh");
                self.close_connection().await;
            }
            return;
        }
        if let Err(error) = self.commit(txn).await {
            return self.doubt(ran, &error);
        }
        self.metrics
            .commit_batch_size
            .observe(f64::from(u32::try_from(size).unwrap_or(u32::MAX)));
        self.metrics.commit_seconds.observe(began.elapsed().as_secs_f64());
        self.tell(ran, said);
    }

    /// Stands first: whoever is answered and then reads the stream finds the entry there.
    fn tell(&self, ran: Ran, said: Said) {
        let (said, noticed) = (said.entries, said.noticed);
        self.metrics.entries.inc_by(said.len() as u64);
        if let (false, Some(tell)) = (said.is_empty(), self.on_commit.get()) {
            // What a listener breaks is its own; the stands repair themselves from the log.
            if catch_unwind(AssertUnwindSafe(|| tell(said))).is_err() {
                tracing::error!("the listener for committed entries panicked");
            }
        }
        if let (false, Some(tell)) = (noticed.is_empty(), self.on_notice.get()) {
            // A hint: streams look for themselves as well.
            if catch_unwind(AssertUnwindSafe(|| tell(Noticed::of(noticed)))).is_err() {
                tracing::error!("the listener for notifications panicked");
            }
        }
        for (change, head) in ran {
            change.answer(Ok(head));
        }
    }

    /// Begins a transaction and locks the heads of the batch's events. Nothing has run so far, so if the connection turns
    /// out to be dead (or two batches stood in each other's way) there is one more try on a fresh one.
    async fn begin(&mut self, events: &Events) -> Result<Begun, DbErr> {
        match self.try_to_begin(events).await {
            Err(error) if is_worth_another_try(&error) => {
                self.close_connection().await;
                self.try_to_begin(events).await
            }
            outcome => outcome,
        }
    }

    async fn try_to_begin(&mut self, events: &Events) -> Result<Begun, DbErr> {
        let db = if let Some(db) = self.db.take() {
            db
        } else {
            self.past.forget();
            self.database.connect().await?
        };
        let db = self.db.insert(db);
        let beginning = async {
            let txn = self.database.begin(db).await?;
            let heads = lock_heads(&txn, events).await?;
            Ok((txn, heads))
        };
        match self.database.answer_within() {
            None => beginning.await,
            Some(limit) => tokio::time::timeout(limit, beginning)
                .await
                .unwrap_or_else(|_| Err(silence())),
        }
    }

    async fn commit(&self, txn: DatabaseTransaction) -> Result<(), DbErr> {
        match self.database.answer_within() {
            None => txn.commit().await,
            Some(limit) => tokio::time::timeout(limit, txn.commit())
                .await
                .unwrap_or_else(|_| Err(silence())),
        }
    }

    /// The database cannot be had: neither this batch nor what else is waiting has a chance now.
    fn give_up(&mut self, batch: Vec<Job>, error: &DbErr) {
        self.abandon_connection();
        fail_all(callers(batch), error);
        if !is_passing(error) {
            return;
        }
        if self.away_since.replace(Instant::now()).is_none() {
            tracing::warn!(error = %error, "the database is away; changes are refused until it is back");
        }
        for job in self.jobs.drain() {
            self.metrics.writer_queue.dec();
            job.into_answer().answer(Err(Error::Away(error.clone())));
        }
    }

    fn is_back(&mut self) {
        if self.away_since.take().is_some() {
            tracing::info!("the database is back");
        }
    }

    /// The commit did not go well: tells everybody what is known.
    fn doubt(&mut self, ran: Ran, error: &DbErr) {
        self.abandon_connection();
        let certain_no = is_certain_no(error);
        tracing::warn!(error = %error, changes = ran.len(), certain_no, "a commit failed");
        for (change, _) in ran {
            change.answer(Err(if certain_no {
                error.clone().into()
            } else {
                Error::InDoubt(error.clone())
            }));
        }
    }

    /// Gives the connection up, which undoes whatever is open on it. Needed after every failure, for then nobody knows
    /// how deep in transactions it stands, and inside an old one the next commit would not be one.
    async fn close_connection(&mut self) {
        let Some(db) = self.db.take() else { return };
        self.database.interrupted();
        let closing = tokio::time::timeout(CLOSE_WITHIN, db.close_by_ref());
        if let Ok(Err(error)) = closing.await {
            tracing::warn!(error = %error, "a writer's connection did not close cleanly");
        }
    }

    /// The same without waiting, for a connection on which nobody answers. It closes when its last use ends.
    fn abandon_connection(&mut self) {
        self.database.interrupted();
        drop(self.db.take());
    }
}

fn callers(batch: Vec<Job>) -> impl Iterator<Item = Box<dyn Answer>> {
    batch.into_iter().map(Job::into_answer)
}

fn fail_all(callers: impl Iterator<Item = Box<dyn Answer>>, error: &DbErr) {
    for caller in callers {
        caller.answer(Err(error.clone().into()));
    }
}

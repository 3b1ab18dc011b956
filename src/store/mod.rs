//! The database: opening it, reading it, and the one way to change it (the group-commit writer).
//!
//! Readers go straight to a pool; every write passes the bounded queue of a lane (`lane.rs`) to its writer. Whoever adds
//! rows to a log does it by [`Store::record`], whose entries go out to [`Store::on_commit`]'s listener after the commit.
//! Read on in `writer.rs`. `sqlite.rs` and `postgres.rs` are all that knows how the two databases differ, but for a few
//! words of SQL.

pub mod account;
pub mod audit;
mod batch;
pub mod bulk;
mod claim;
mod error;
pub mod event;
mod forget;
mod gather;
mod heads;
mod house;
pub mod jobs;
mod lane;
pub mod log;
pub mod moment;
mod notices;
mod open;
mod past;
mod postgres;
mod queue;
mod reader;
mod recent;
mod scribe;
mod sqlite;
pub mod tellings;
mod together;
pub mod unnest;
mod writer;

use std::sync::{Arc, OnceLock};

use futures_util::future::BoxFuture;
use sea_orm::DatabaseTransaction;
use tokio::sync::oneshot;

pub use claim::claim;
pub use error::Error;
pub use forget::Forgotten;
pub use gather::Gather;
pub use log::{Head, LogEntry};
pub use reader::Reader;
pub use recent::Recent;
pub use scribe::Scribe;
pub use together::{Asked, Outcomes, Scribes, Together};

use crate::{
    domain::{EventId, notice::Noticed},
    telemetry::Metrics,
};
use lane::Lanes;
use past::Known;
use together::Waiting;
use writer::{Answer, Change, Job, OnCommit, OnNotice};

/// Text to be found literally by a `LIKE` that escapes with a backslash.
#[must_use]
pub fn escape_like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// A cheap handle on the database.
#[derive(Clone)]
pub struct Store {
    reader: Reader,
    lanes: Arc<Lanes>,
    on_commit: Arc<OnceLock<OnCommit>>,
    on_notice: Arc<OnceLock<OnNotice>>,
    known: Arc<OnceLock<Known>>,
    metrics: Arc<Metrics>,
    /// Held until [`Store::close`]: a second server on the same directory is refused. Handles may live on after that.
    lock: Arc<std::sync::Mutex<Option<std::fs::File>>>,
}

/// What a change gave back, and the head of the log right after its own entries.
#[derive(Debug, Clone)]
pub struct Recorded<T> {
    pub value: T,
    pub head: Head,
}

impl Store {
    /// The pool of readers. Plain queries; a change made through it would bypass the log.
    #[must_use]
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Sets who hears of committed entries. Called once, before anything is recorded; a second call is ignored.
    pub fn on_commit(&self, tell: impl Fn(Vec<LogEntry>) + Send + Sync + 'static) {
        if self.on_commit.set(Arc::new(tell)).is_err() {
            tracing::error!("a second listener for committed entries was ignored");
        }
    }

    /// Sets who hears of people who were notified of something, after the commit. Called once; a second call is ignored.
    pub fn on_notice(&self, tell: impl Fn(Noticed) + Send + Sync + 'static) {
        if self.on_notice.set(Arc::new(tell)).is_err() {
            tracing::error!("a second listener for notifications was ignored");
        }
    }

    /// Sets who knows how logs ended, from what was committed. Must not block. A log that is found to end otherwise begins
    /// another epoch with the next change.
    pub fn on_lock(&self, known: impl Fn(EventId) -> Option<(Head, Option<LogEntry>)> + Send + Sync + 'static) {
        if self.known.set(Arc::new(known)).is_err() {
            tracing::error!("a second memory of heads was ignored");
        }
    }

    /// Runs `change` on an event and its log. Ok means committed and durable. A client that goes away meanwhile changes
    /// nothing: once queued, a change is carried out.
    pub async fn record<T, F>(&self, event: EventId, change: F) -> Result<Recorded<T>, Error>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Scribe<'_>) -> BoxFuture<'a, Result<T, Error>> + Send + 'static,
    {
        self.enqueue(Some(event), true, change).await
    }

    /// Runs `change` beside an event's log, behind the same lock and in the same lane: whatever touches one event's rows
    /// does so one after the other, over all instances. Ok means committed and durable.
    pub async fn write_beside<T, F>(&self, event: EventId, change: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a DatabaseTransaction) -> BoxFuture<'a, Result<T, Error>> + Send + 'static,
    {
        let recorded = self
            .enqueue(Some(event), false, move |scribe: &mut Scribe<'_>| change(scribe.txn()))
            .await?;
        Ok(recorded.value)
    }

    /// Runs `change` on rows that belong to no event. Ok means committed and durable.
    pub async fn write<T, F>(&self, change: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a DatabaseTransaction) -> BoxFuture<'a, Result<T, Error>> + Send + 'static,
    {
        let recorded = self
            .enqueue(None, false, move |scribe: &mut Scribe<'_>| change(scribe.txn()))
            .await?;
        Ok(recorded.value)
    }

    /// As [`Store::record`], for changes that are cheaper together: whoever asks for the same kind at the same time is
    /// served in one go.
    pub async fn record_together<C: Together>(&self, event: EventId, change: C) -> Result<C::Done, Error> {
        let (done, outcome) = oneshot::channel();
        let asked = Asked { event, change };
        let change = Box::new(Waiting { asked, done });
        self.queue(Job::Like {
            event,
            gives_way: C::GIVES_WAY,
            change,
        })?;
        outcome.await.map_err(|_| self.given_up())?
    }

    async fn enqueue<T, F>(&self, event: Option<EventId>, says: bool, change: F) -> Result<Recorded<T>, Error>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Scribe<'_>) -> BoxFuture<'a, Result<T, Error>> + Send + 'static,
    {
        let (done, outcome) = oneshot::channel();
        let change = Box::new(Typed {
            change: Some(change),
            value: None,
            done,
        });
        self.queue(Job::Alone { event, says, change })?;
        outcome.await.map_err(|_| self.given_up())?
    }

    fn queue(&self, job: Job) -> Result<(), Error> {
        self.metrics.writer_queue.inc();
        self.lanes.enqueue(job).inspect_err(|_| {
            self.metrics.writer_queue.dec();
        })
    }

    /// What a change came to that was dropped without an answer: given up before the commit.
    fn given_up(&self) -> Error {
        if self.lanes.is_closed() {
            Error::Closed
        } else {
            Error::Away(error::silence())
        }
    }

    /// Takes no more changes, finishes those that wait, closes the database and gives the directory free.
    pub async fn close(&self) {
        self.lanes.close().await;
        if let Err(error) = self.reader.close().await {
            tracing::warn!(error = %error, "the database did not close cleanly");
        }
        drop(
            self.lock
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .take(),
        );
    }

    /// How often a connection to the database broke. After that it may be another one, or of another time.
    #[must_use]
    pub fn interruptions(&self) -> u64 {
        self.reader.interruptions()
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        Ok(self.reader.ping().await?)
    }
}

/// A change with its own result type, hidden from the writer.
struct Typed<T, F> {
    change: Option<F>,
    value: Option<T>,
    done: oneshot::Sender<Result<Recorded<T>, Error>>,
}

impl<T, F> Change for Typed<T, F>
where
    T: Send + 'static,
    F: for<'a> FnOnce(&'a mut Scribe<'_>) -> BoxFuture<'a, Result<T, Error>> + Send + 'static,
{
    fn run<'a>(&'a mut self, scribe: &'a mut Scribe<'_>) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            // A change runs once; there is no second attempt for which it could be missing.
            let change = self.change.take().ok_or(Error::Closed)?;
            self.value = Some(change(scribe).await?);
            Ok(())
        })
    }
}

impl<T: Send, F: Send> Answer for Typed<T, F> {
    fn answer(self: Box<Self>, outcome: Result<Head, Error>) {
        let Self { value, done, .. } = *self;
        let answer = outcome.and_then(|head| value.map(|value| Recorded { value, head }).ok_or(Error::Closed));
        // The caller may have gone; what was written stays written.
        drop(done.send(answer));
    }
}

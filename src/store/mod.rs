//! The database: opening it, reading it, and the one way to change it (the group-commit writer).
//!
//! Readers go straight to a pool; every write passes the writer's bounded queue. Whoever adds rows to a log does it by
//! [`Store::record`], whose entries go out to [`Store::on_commit`]'s listener after the commit. Read on in `writer.rs`.

mod batch;
mod claim;
mod error;
mod forget;
pub mod log;
mod open;
mod recent;
mod scribe;
mod writer;

use std::sync::{Arc, OnceLock};

use futures_util::future::BoxFuture;
use sea_orm::{DatabaseConnection, DatabaseTransaction};
use tokio::sync::{mpsc, oneshot};

pub use claim::claim;
pub use error::Error;
pub use forget::Forgotten;
pub use log::{Head, LogEntry};
pub use recent::Recent;
pub use scribe::Scribe;

use crate::domain::EventId;
use writer::{Change, Job, OnCommit};

/// Text to be found literally by a `LIKE` that escapes with a backslash.
#[must_use]
pub fn escape_like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// A cheap handle on the database.
#[derive(Clone)]
pub struct Store {
    reader: DatabaseConnection,
    /// Bounded: full means overloaded, said at once. Gone after [`Store::close`].
    jobs: Arc<std::sync::RwLock<Option<mpsc::Sender<Job>>>>,
    on_commit: Arc<OnceLock<OnCommit>>,
    /// The writer's end, awaited by [`Store::close`].
    writer: Arc<tokio::sync::Mutex<Option<tokio::task::JoinHandle<()>>>>,
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
    pub fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// Sets who hears of committed entries. Called once, before anything is recorded; a second call is ignored.
    pub fn on_commit(&self, tell: impl Fn(Vec<LogEntry>) + Send + Sync + 'static) {
        if self.on_commit.set(Arc::new(tell)).is_err() {
            tracing::error!("a second listener for committed entries was ignored");
        }
    }

    /// Runs `change` on an event and its log. Ok means committed and durable. A client that goes away meanwhile changes
    /// nothing: once queued, a change is carried out.
    pub async fn record<T, F>(&self, event: EventId, change: F) -> Result<Recorded<T>, Error>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Scribe<'_>) -> BoxFuture<'a, Result<T, Error>> + Send + 'static,
    {
        self.enqueue(Some(event), change).await
    }

    /// Runs `change` outside of any log. Ok means committed and durable.
    pub async fn write<T, F>(&self, change: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a DatabaseTransaction) -> BoxFuture<'a, Result<T, Error>> + Send + 'static,
    {
        let recorded = self
            .enqueue(None, move |scribe: &mut Scribe<'_>| change(scribe.txn()))
            .await?;
        Ok(recorded.value)
    }

    async fn enqueue<T, F>(&self, event: Option<EventId>, change: F) -> Result<Recorded<T>, Error>
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
        {
            let jobs = self.jobs.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            let queue = jobs.as_ref().ok_or(Error::Closed)?;
            queue.try_send(Job { event, change }).map_err(|refused| match refused {
                mpsc::error::TrySendError::Full(_) => Error::Overloaded,
                mpsc::error::TrySendError::Closed(_) => Error::Closed,
            })?;
        }
        outcome.await.map_err(|_| Error::Closed)?
    }

    /// Takes no more changes, finishes those that wait, closes the database and gives the directory free.
    pub async fn close(&self) {
        drop(
            self.jobs
                .write()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .take(),
        );
        if let Some(writer) = self.writer.lock().await.take()
            && writer.await.is_err()
        {
            tracing::error!("the writer had stopped before it was told to");
        }
        if let Err(error) = self.reader.close_by_ref().await {
            tracing::warn!(error = %error, "the database did not close cleanly");
        }
        drop(
            self.lock
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .take(),
        );
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

    fn answer(self: Box<Self>, outcome: Result<Head, Error>) {
        let Self { value, done, .. } = *self;
        let answer = outcome.and_then(|head| value.map(|value| Recorded { value, head }).ok_or(Error::Closed));
        // The caller may have gone; what was written stays written.
        drop(done.send(answer));
    }
}

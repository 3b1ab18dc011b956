//! Lanes: the queues before the writers. An event always takes the same lane, so what is said in it is written in the
//! order in which it was taken, and one batch locks it once.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use tokio::task::JoinHandle;

use super::{
    Error,
    open::Database,
    past::{Known, Past},
    queue::{Entrance, queue},
    writer::{Job, OnCommit, OnNotice, Writer},
};
use crate::{config::StoreConfig, domain::EventId, telemetry::Metrics};

/// What is set once the store is open.
type Once<T> = Arc<OnceLock<T>>;

/// All lanes of one store.
pub(super) struct Lanes {
    lanes: Vec<Lane>,
    /// The writers' ends, awaited by [`Lanes::close`].
    writers: tokio::sync::Mutex<Vec<JoinHandle<()>>>,
}

struct Lane {
    /// Bounded: full means overloaded, said at once. Gone after [`Lanes::close`]. A std mutex: held for a try only.
    jobs: Mutex<Option<Entrance>>,
}

impl Lanes {
    /// Starts so many writers.
    pub(super) fn open(
        count: u32,
        config: &StoreConfig,
        database: &Database,
        (on_commit, on_notice, known): (&Once<OnCommit>, &Once<OnNotice>, &Once<Known>),
        metrics: &Arc<Metrics>,
    ) -> Self {
        let (mut lanes, mut writers) = (Vec::new(), Vec::new());
        for _ in 0..count.max(1) {
            let (jobs, waiting) = queue(config.queue_max, config.batch_max);
            let writer = Writer {
                database: database.clone(),
                db: None,
                away_since: None,
                jobs: waiting,
                on_commit: Arc::clone(on_commit),
                on_notice: Arc::clone(on_notice),
                past: Past::new(Arc::clone(known)),
                metrics: Arc::clone(metrics),
            };
            #[expect(clippy::disallowed_methods, reason = "the writers are awaited by name in `close`")]
            writers.push(tokio::spawn(writer.run()));
            lanes.push(Lane {
                jobs: Mutex::new(Some(jobs)),
            });
        }
        Self {
            lanes,
            writers: tokio::sync::Mutex::new(writers),
        }
    }

    /// Queues a change in its event's lane; one that belongs to no event takes the first.
    pub(super) fn enqueue(&self, job: Job) -> Result<(), Error> {
        let lane = &self.lanes[job.event().map_or(0, |event| self.of(event))];
        let jobs = lane.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.as_ref().ok_or(Error::Closed)?.enter(job)
    }

    fn of(&self, event: EventId) -> usize {
        let mut hasher = DefaultHasher::new();
        event.hash(&mut hasher);
        // The remainder of a `usize` fits into one.
        usize::try_from(hasher.finish() % self.lanes.len() as u64).unwrap_or(0)
    }

    pub(super) fn is_closed(&self) -> bool {
        let closed = |lane: &Lane| lane.jobs.lock().unwrap_or_else(PoisonError::into_inner).is_none();
        self.lanes.iter().all(closed)
    }

    /// Takes no more changes and finishes those that wait.
    pub(super) async fn close(&self) {
        for lane in &self.lanes {
            drop(lane.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
        for writer in self.writers.lock().await.drain(..) {
            if writer.await.is_err() {
                tracing::error!("a writer had stopped before it was told to");
            }
        }
    }
}

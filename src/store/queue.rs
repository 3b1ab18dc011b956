//! The queue before a writer, in which acts of a crowd give way: thousands of reactions must not keep a message waiting,
//! nor take the room in which it would wait.

use std::time::Duration;

use tokio::{
    sync::mpsc::{self, error::TrySendError},
    time::{Instant, sleep_until},
};

use super::{Error, writer::Job};

/// While somebody else waits, acts of a crowd have this part of a batch: no more, so that it is soon committed, and no
/// less, so that it is their turn some time.
const SHARE: usize = 4;
/// Between two batches of nothing but acts of a crowd. A batch costs its statements and its commit however little is in it;
/// nobody notices that a reaction waited so long.
const PAUSE: Duration = Duration::from_millis(10);

/// Where changes come in.
pub(super) struct Entrance {
    ordinary: mpsc::Sender<Job>,
    crowd: mpsc::Sender<Job>,
}

/// Where a writer takes them from.
pub(super) struct Queue {
    ordinary: mpsc::Receiver<Job>,
    crowd: mpsc::Receiver<Job>,
    batch_max: usize,
    /// No batch of a crowd alone before.
    crowd_next: Instant,
}

/// A queue in which so many changes may wait, and as many acts of a crowd beside them.
pub(super) fn queue(queue_max: usize, batch_max: usize) -> (Entrance, Queue) {
    let (ordinary, waiting) = mpsc::channel(queue_max);
    let (crowd, waiting_crowd) = mpsc::channel(queue_max);
    let queue = Queue {
        ordinary: waiting,
        crowd: waiting_crowd,
        batch_max,
        crowd_next: Instant::now(),
    };
    (Entrance { ordinary, crowd }, queue)
}

impl Entrance {
    pub(super) fn enter(&self, job: Job) -> Result<(), Error> {
        let way = if job.gives_way() { &self.crowd } else { &self.ordinary };
        way.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => Error::Overloaded,
            TrySendError::Closed(_) => Error::Closed,
        })
    }
}

impl Queue {
    /// The next batch, as soon as anything waits. Empty when nothing does and nobody can enter any more.
    pub(super) async fn next(&mut self) -> Vec<Job> {
        let mut batch = Vec::with_capacity(self.batch_max);
        self.gather(&mut batch);
        if batch.is_empty() {
            tokio::select! {
                biased;
                Some(job) = self.ordinary.recv() => batch.push(job),
                Some(job) = self.crowd.recv() => batch.push(job),
                else => return batch,
            }
        }
        if batch.iter().all(Job::gives_way) && batch.len() < self.batch_max {
            tokio::select! {
                biased;
                Some(job) = self.ordinary.recv() => batch.push(job),
                () = sleep_until(self.crowd_next) => {}
            }
        }
        self.gather(&mut batch);
        if batch.iter().any(Job::gives_way) {
            self.crowd_next = Instant::now() + PAUSE;
        }
        batch
    }

    fn gather(&mut self, batch: &mut Vec<Job>) {
        let share = self.batch_max / SHARE;
        let crowd = batch.iter().filter(|job| job.gives_way()).count();
        let more = share.saturating_sub(crowd).min(self.crowd.len());
        take(&mut self.ordinary, batch, self.batch_max - more);
        let is_crowd_alone = batch.iter().all(Job::gives_way);
        let most = if is_crowd_alone {
            self.batch_max
        } else {
            batch.len() + more
        };
        take(&mut self.crowd, batch, most.min(self.batch_max));
    }

    /// Everything that waits now.
    pub(super) fn drain(&mut self) -> Vec<Job> {
        let mut all = Vec::new();
        take(&mut self.ordinary, &mut all, usize::MAX);
        take(&mut self.crowd, &mut all, usize::MAX);
        all
    }
}

/// Moves what is ready until there are so many.
fn take(from: &mut mpsc::Receiver<Job>, batch: &mut Vec<Job>, most: usize) {
    while batch.len() < most {
        match from.try_recv() {
            Ok(job) => batch.push(job),
            Err(_) => return,
        }
    }
}

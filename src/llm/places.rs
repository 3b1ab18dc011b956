//! How many questions are under way at once, and how many may wait for one of them to end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Error;

#[derive(Debug)]
pub(super) struct Places {
    free: Arc<Semaphore>,
    waiting: AtomicUsize,
    most_waiting: usize,
    wait: Duration,
    gauge: Gauge,
}

/// Counts itself among those who wait, and takes itself off.
struct Waiting<'a>(&'a Places);

impl Places {
    pub(super) fn new(at_once: usize, most_waiting: usize, wait: Duration, gauge: Gauge) -> Self {
        Self {
            free: Arc::new(Semaphore::new(at_once)),
            waiting: AtomicUsize::new(0),
            most_waiting,
            wait,
            gauge,
        }
    }

    /// A place, kept as long as what is given back. First come, first served.
    pub(super) async fn take(&self, at_most: Duration) -> Result<OwnedSemaphorePermit, Error> {
        if let Ok(place) = Arc::clone(&self.free).try_acquire_owned() {
            return Ok(place);
        }
        if self.waiting.fetch_add(1, Ordering::AcqRel) >= self.most_waiting {
            self.waiting.fetch_sub(1, Ordering::AcqRel);
            return Err(Error::Overloaded);
        }
        self.gauge.inc();
        let _waiting = Waiting(self);
        match tokio::time::timeout(self.wait.min(at_most), Arc::clone(&self.free).acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(Error::Overloaded),
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
        self.0.gauge.dec();
    }
}

//! What each instance says of its readiness, asked all the time.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};
use tokio_util::task::TaskTracker;

use crate::{
    clock::{Clock, Ms},
    http::{Ask, once},
};

const EVERY: Duration = Duration::from_millis(100);
const ANSWER_LIMIT: Duration = Duration::from_millis(1_500);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Readiness {
    Ready,
    /// Degraded or not ready, in its own words.
    Troubled(String),
    /// No answer.
    Gone,
}

#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) at: Ms,
    pub(crate) instance: usize,
    pub(crate) to: Readiness,
}

#[derive(Clone)]
pub(crate) struct Watch {
    clock: Clock,
    doors: Vec<SocketAddr>,
    // A std mutex: held for a look or a line.
    changes: Arc<Mutex<Vec<Change>>>,
}

impl Watch {
    /// Watches until the tracker's tasks are dropped with the runtime.
    pub(crate) fn start(clock: Clock, doors: Vec<SocketAddr>, tasks: &TaskTracker) -> Self {
        let watch = Self {
            clock,
            doors,
            changes: Arc::default(),
        };
        for instance in 0..watch.doors.len() {
            tasks.spawn(watch.clone().looks_at(instance));
        }
        watch
    }

    async fn looks_at(self, instance: usize) {
        let mut last = None;
        loop {
            let now = self.ask(instance).await;
            if last.as_ref() != Some(&now) {
                last = Some(now.clone());
                let at = self.clock.now();
                self.changes().push(Change { at, instance, to: now });
            }
            sleep(EVERY).await;
        }
    }

    async fn ask(&self, instance: usize) -> Readiness {
        let Ok(answer) = once(self.doors[instance], &Ask::get("/health/ready"), ANSWER_LIMIT).await else {
            return Readiness::Gone;
        };
        let said = answer.json();
        if answer.status == 200 && said["status"] == "ready" {
            Readiness::Ready
        } else {
            Readiness::Troubled(format!(
                "{}: {}",
                said["status"].as_str().unwrap_or("?"),
                said["checks"]
            ))
        }
    }

    fn changes(&self) -> MutexGuard<'_, Vec<Change>> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that was said, in order.
    pub(crate) fn said(&self) -> Vec<Change> {
        self.changes().clone()
    }

    fn last(&self, instance: usize) -> Readiness {
        let changes = self.changes();
        let last = changes.iter().rev().find(|change| change.instance == instance);
        last.map_or(Readiness::Gone, |change| change.to.clone())
    }

    /// When an instance that answered first said, from then on, that something is wrong.
    pub(crate) fn noticed_since(&self, from: Ms) -> Option<Ms> {
        let changes = self.changes();
        let troubled = |change: &&Change| change.at >= from && matches!(change.to, Readiness::Troubled(_));
        changes.iter().find(troubled).map(|change| change.at)
    }

    /// Waits until one instance, or all, are ready; says who is not and why when patience ends.
    pub(crate) async fn ready(&self, only: Option<usize>, patience: Duration) -> Result<Ms, String> {
        let began = Instant::now();
        // What was said before may be old news: ask afresh.
        loop {
            let instances = only.map_or(0..self.doors.len(), |instance| instance..instance + 1);
            let mut trouble = None;
            for instance in instances {
                let fresh = self.ask(instance).await;
                if fresh != Readiness::Ready {
                    trouble = Some(format!(
                        "instance {instance}: {fresh:?}, before {:?}",
                        self.last(instance)
                    ));
                    break;
                }
            }
            match trouble {
                None => return Ok(self.clock.now()),
                Some(trouble) if began.elapsed() > patience => return Err(trouble),
                Some(_) => sleep(EVERY / 2).await,
            }
        }
    }
}

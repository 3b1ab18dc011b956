//! What everybody in the evening shares: where the doors are, what the events are called, what was sent, how far it is.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use crate::{clock::Clock, entry::Place, ledger::Ledger, timeline::Timeline};

#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) id: String,
    /// Viewers' messages wait for a moderator.
    pub(crate) held: bool,
}

/// Where the logs of an event end for viewers and for staff.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Heads {
    pub(crate) public: Place,
    pub(crate) staff: Place,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scene {
    /// People talk, seats come and go.
    Busy,
    /// Nobody sends any more; seats still come and go.
    Spoken,
    /// Seats stay where they are.
    Still,
    /// Everybody reads to the end of the log and leaves.
    Leave(Arc<Vec<Heads>>),
}

pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) seed: u64,
    pub(crate) doors: Vec<SocketAddr>,
    pub(crate) events: Vec<Event>,
    pub(crate) scene: watch::Sender<Scene>,
    // Std mutexes: held for a look or a line, never across an await.
    ledger: Mutex<Ledger>,
    timeline: Mutex<Timeline>,
}

impl World {
    pub(crate) fn new(clock: Clock, seed: u64, doors: Vec<SocketAddr>, events: Vec<Event>) -> Self {
        Self {
            clock,
            seed,
            doors,
            events,
            scene: watch::Sender::new(Scene::Busy),
            ledger: Mutex::default(),
            timeline: Mutex::default(),
        }
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn timeline(&self) -> MutexGuard<'_, Timeline> {
        self.timeline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_busy(&self) -> bool {
        *self.scene.borrow() == Scene::Busy
    }

    /// The door after that one.
    pub(crate) fn next_door(&self, door: usize) -> usize {
        (door + 1) % self.doors.len()
    }
}

//! The bus of instances that live in one process: alone by default, several in tests.

use std::sync::{Arc, Mutex, PoisonError, atomic::AtomicU64, atomic::Ordering};

use tokio::sync::{mpsc, watch};

use super::{Bus, Condition, Envelope, Interest};
use crate::domain::EventId;

/// Envelopes that may wait for one instance. The reader only enqueues into stands, so more means it is stuck.
const INBOX: usize = 4_096;

/// One instance's end of an in-process bus. [`LocalBus::default`] is an instance alone.
#[derive(Default)]
pub struct LocalBus {
    me: u64,
    hub: Arc<Hub>,
    /// Always well.
    condition: watch::Sender<Condition>,
}

#[derive(Default)]
struct Hub {
    // A std mutex: held for pushing to bounded queues, never across an await.
    inboxes: Mutex<Vec<(u64, mpsc::Sender<Envelope>)>>,
    next: AtomicU64,
    dropped: AtomicU64,
}

impl LocalBus {
    /// Another instance on the same bus.
    #[must_use]
    pub fn neighbour(&self) -> Self {
        Self {
            me: self.hub.next.fetch_add(1, Ordering::Relaxed) + 1,
            hub: Arc::clone(&self.hub),
            condition: watch::Sender::default(),
        }
    }

    /// How many envelopes found a full inbox.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.hub.dropped.load(Ordering::Relaxed)
    }
}

impl Bus for LocalBus {
    fn publish(&self, envelope: Envelope) {
        let mut inboxes = self.hub.inboxes.lock().unwrap_or_else(PoisonError::into_inner);
        inboxes.retain(|(_, inbox)| !inbox.is_closed());
        for (_, inbox) in inboxes.iter().filter(|(owner, _)| *owner != self.me) {
            if inbox.try_send(envelope.clone()).is_err() {
                self.hub.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn listen(&self) -> mpsc::Receiver<Envelope> {
        let (inbox, envelopes) = mpsc::channel(INBOX);
        self.hub
            .inboxes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((self.me, inbox));
        envelopes
    }

    fn attend(&self, _event: EventId) -> Interest {
        Interest::granted()
    }

    fn condition(&self) -> watch::Receiver<Condition> {
        self.condition.subscribe()
    }
}

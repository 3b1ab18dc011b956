//! Carries entries and signals between instances. Only a hint: it may lose, double, delay or reorder.
//!
//! Nothing depends on it for correctness; the stands put in order and repair. What an implementation owes: `publish`
//! never blocks and never fails loudly; what arrives is handed to every listener of *another* instance at most a few
//! times; overflow is dropped and counted.

mod local;

use bytes::Bytes;
use tokio::sync::mpsc;

pub use local::LocalBus;

use crate::{
    domain::{EventId, UserId, entry::SignalKind},
    store::LogEntry,
};

/// A signal with its JSON made once.
#[derive(Debug, Clone)]
pub struct LiveSignal {
    pub kind: SignalKind,
    /// `{"type","at","data"}` on one line.
    pub json: Bytes,
    /// Only this user's seats hear it.
    pub only: Option<UserId>,
}

/// What travels between instances.
#[derive(Debug, Clone)]
pub enum Envelope {
    /// Entries of one event, in order.
    Entries(EventId, Vec<LogEntry>),
    Signal(EventId, LiveSignal),
}

/// The connection of one instance to the others.
pub trait Bus: Send + Sync {
    /// Tells the other instances, without waiting and without promise.
    fn publish(&self, envelope: Envelope);

    /// What other instances tell, from now on. Taken once, at start-up.
    fn listen(&self) -> mpsc::Receiver<Envelope>;
}

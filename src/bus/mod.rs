//! Carries entries and signals between instances. Only a hint: it may lose, double, delay or reorder.
//!
//! Nothing depends on it for correctness; the stands put in order and repair. What an implementation owes: `publish`
//! never blocks and never fails loudly; what arrives is handed to every listener of *another* instance at most a few
//! times; overflow is dropped and counted; [`Bus::condition`] says when it does not deliver, and when it does again.

mod local;
mod redis;

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, watch};

pub use self::redis::RedisBus;
pub use local::LocalBus;

use crate::{
    domain::{
        EventId, UserId,
        entry::{ByeReason, SignalKind},
        notice::Noticed,
    },
    store::{Head, LogEntry},
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
    /// The log reaches so far; what stands there is too large to carry.
    Reached(EventId, Head),
    Signal(EventId, LiveSignal),
    /// One user, or everybody, has to leave an event.
    Dismissed(EventId, Option<UserId>, ByeReason),
    /// To the whole house: what was read of this is no longer true.
    Stale(Stale),
    /// What a feature tells itself on the other instances, as JSON that only it understands.
    Aside(EventId, Topic, Bytes),
    /// To the whole house: who was notified of something, or has less to read.
    Noticed(Noticed),
}

/// Whose aside it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    Typing,
    Cursors,
    Receipts,
}

impl Topic {
    const ALL: [Self; 3] = [Self::Typing, Self::Cursors, Self::Receipts];

    const fn name(self) -> &'static str {
        match self {
            Self::Typing => "typing",
            Self::Cursors => "cursors",
            Self::Receipts => "receipts",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.name() == name)
    }
}

/// What was changed, for those who remember what they read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stale {
    Event(EventId),
    /// The role that an event's hosts gave a user.
    Role(EventId, UserId),
    /// Keys for machines.
    Keys,
    /// Sanctions, rules or raids, of an event or of the whole house.
    Order(Option<EventId>),
}

/// How the bus is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Condition {
    /// What is wrong, for operators. While something is, what others say may not arrive.
    pub trouble: Option<&'static str>,
    /// Moves on whenever something may have been missed and is heard again from now on.
    pub restored: u64,
}

/// An event's envelopes arrive here while this lives.
pub struct Interest(Option<Box<dyn Hearing>>);

/// What a bus knows of one interest.
pub trait Hearing: Send + Sync {
    /// Waits until everything published from now on arrives, but not longer than `patience`.
    fn heard(&self, patience: Duration) -> BoxFuture<'_, bool>;
}

impl Interest {
    /// From a bus that hands on everything anyway.
    #[must_use]
    pub const fn granted() -> Self {
        Self(None)
    }

    #[must_use]
    pub fn new(hearing: impl Hearing + 'static) -> Self {
        Self(Some(Box::new(hearing)))
    }

    /// Waits until everything published from now on arrives, but not longer than `patience`; whoever goes on without is
    /// told by [`Condition::restored`].
    pub async fn heard(&self, patience: Duration) -> bool {
        match &self.0 {
            Some(hearing) => hearing.heard(patience).await,
            None => true,
        }
    }
}

/// The connection of one instance to the others.
pub trait Bus: Send + Sync {
    /// Tells the other instances, without waiting and without promise.
    fn publish(&self, envelope: Envelope);

    /// What other instances tell, from now on. Taken once, at start-up.
    fn listen(&self) -> mpsc::Receiver<Envelope>;

    /// Asks for an event's envelopes, from soon on.
    fn attend(&self, event: EventId) -> Interest;

    /// How it is doing, and changes of that.
    fn condition(&self) -> watch::Receiver<Condition>;
}

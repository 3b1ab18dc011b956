//! Changes of one kind that are cheaper together than one by one: a hundred messages cost a handful of statements.
//!
//! Whoever waits in the same batch with changes of the same kind is carried out in one go. When that fails as a whole,
//! each is tried by itself, so that one cannot spoil it for the others.

use std::{
    any::{Any, TypeId},
    collections::BTreeMap,
};

use futures_util::future::BoxFuture;
use sea_orm::DatabaseTransaction;
use tokio::sync::oneshot;

use super::{
    Error,
    log::Head,
    scribe::{Said, Scribe},
    writer::Answer,
};
use crate::domain::{EventId, Stamp};

/// A kind of change that several callers may ask for at once, in the logs of any events.
pub trait Together: Sized + Send + Sync + 'static {
    /// What each caller gets.
    type Done: Send + 'static;

    /// Whether it is an act of a crowd: thousands at once, none of which says anything in the log by itself. Such a change
    /// may be written later than others that were asked for after it.
    const GIVES_WAY: bool = false;

    /// Carries all of them out, in this order, and gives an outcome for each. One that is refused must not have left a
    /// trace. `Err` undoes them all, and each is then tried alone.
    fn together<'a>(all: &'a [Asked<Self>], scribes: &'a mut Scribes<'_>) -> BoxFuture<'a, Outcomes<Self::Done>>;
}

/// An outcome for each of several changes, or why all of them failed.
pub type Outcomes<T> = Result<Vec<Result<T, Error>>, Error>;

/// One of the changes, and in which event's log.
#[derive(Debug, Clone)]
pub struct Asked<C> {
    pub event: EventId,
    pub change: C,
}

/// What changes get to work with when they are carried out together: as [`Scribe`], over several logs.
pub struct Scribes<'a> {
    txn: &'a DatabaseTransaction,
    now: Stamp,
    heads: &'a BTreeMap<EventId, Head>,
    moved: BTreeMap<EventId, Head>,
    said: Said,
}

impl<'a> Scribes<'a> {
    pub(super) fn new(txn: &'a DatabaseTransaction, now: Stamp, heads: &'a BTreeMap<EventId, Head>) -> Self {
        Self {
            txn,
            now,
            heads,
            moved: BTreeMap::new(),
            said: Said::default(),
        }
    }

    /// The transaction to read and write through. Nothing else may be used inside a change.
    #[must_use]
    pub fn txn(&self) -> &'a DatabaseTransaction {
        self.txn
    }

    /// The time of this batch: entries said in it carry it.
    #[must_use]
    pub fn now(&self) -> Stamp {
        self.now
    }

    /// Lets the scribe of one event's log say something.
    pub fn of<T>(&mut self, event: EventId, say: impl FnOnce(&mut Scribe<'_>) -> T) -> Result<T, Error> {
        let known = self.moved.get(&event).or_else(|| self.heads.get(&event));
        let head = known.copied().unwrap_or(Head::EMPTY);
        let mut scribe = Scribe::new(self.txn, event, self.now, head);
        let value = say(&mut scribe);
        let (head, more) = scribe.finish()?;
        self.moved.insert(event, head);
        self.said.extend(more);
        Ok(value)
    }

    /// Where the logs stand now, those that moved, and what was said.
    pub(super) fn finish(self) -> (BTreeMap<EventId, Head>, Said) {
        (self.moved, self.said)
    }
}

/// A change that may be carried out together with others of its kind, its own type hidden from the writer.
pub(super) trait Like: Answer {
    fn kind(&self) -> TypeId;

    /// An empty lot for changes of this kind.
    fn lot(&self) -> Box<dyn Lot>;

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send>;
}

/// Changes of one kind that are carried out together.
pub(super) trait Lot: Send {
    fn kind(&self) -> TypeId;

    fn len(&self) -> usize;

    fn add(&mut self, change: Box<dyn Like>);

    /// Carries all out and keeps the outcomes. May be followed by a rollback and another run.
    fn run<'a>(&'a mut self, scribes: &'a mut Scribes<'_>) -> BoxFuture<'a, Result<(), Error>>;

    /// The same changes, each in a lot of its own.
    fn split(self: Box<Self>) -> Vec<Box<dyn Lot>>;

    /// The callers, each with the event it wrote to, to be answered.
    fn into_answers(self: Box<Self>) -> Vec<(EventId, Box<dyn Answer>)>;
}

/// A change and who waits for it.
pub(super) struct Waiting<C: Together> {
    pub(super) asked: Asked<C>,
    pub(super) done: oneshot::Sender<Result<C::Done, Error>>,
}

impl<C: Together> Answer for Waiting<C> {
    fn answer(self: Box<Self>, outcome: Result<Head, Error>) {
        // A success is told by the lot's outcome; this one never ran.
        let failed = outcome.err().unwrap_or(Error::Closed);
        drop(self.done.send(Err(failed)));
    }
}

impl<C: Together> Like for Waiting<C> {
    fn kind(&self) -> TypeId {
        TypeId::of::<C>()
    }

    fn lot(&self) -> Box<dyn Lot> {
        Box::new(Several::<C>::default())
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

struct Several<C: Together> {
    asked: Vec<Asked<C>>,
    done: Vec<oneshot::Sender<Result<C::Done, Error>>>,
    outcomes: Vec<Result<C::Done, Error>>,
}

impl<C: Together> Default for Several<C> {
    fn default() -> Self {
        Self {
            asked: Vec::new(),
            done: Vec::new(),
            outcomes: Vec::new(),
        }
    }
}

impl<C: Together> Lot for Several<C> {
    fn kind(&self) -> TypeId {
        TypeId::of::<C>()
    }

    fn len(&self) -> usize {
        self.asked.len()
    }

    fn add(&mut self, change: Box<dyn Like>) {
        // Only changes of this kind are added; another one would go unanswered, which its caller hears as closed.
        if let Ok(waiting) = change.into_any().downcast::<Waiting<C>>() {
            let Waiting { asked, done } = *waiting;
            self.asked.push(asked);
            self.done.push(done);
        }
    }

    fn run<'a>(&'a mut self, scribes: &'a mut Scribes<'_>) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            self.outcomes = C::together(&self.asked, scribes).await?;
            if self.outcomes.len() == self.asked.len() {
                Ok(())
            } else {
                Err(Error::Panicked)
            }
        })
    }

    fn split(self: Box<Self>) -> Vec<Box<dyn Lot>> {
        let each = self.asked.into_iter().zip(self.done);
        each.map(|(asked, done)| -> Box<dyn Lot> {
            Box::new(Self {
                asked: vec![asked],
                done: vec![done],
                outcomes: Vec::new(),
            })
        })
        .collect()
    }

    fn into_answers(self: Box<Self>) -> Vec<(EventId, Box<dyn Answer>)> {
        let mut outcomes = self.outcomes.into_iter();
        let each = self.asked.into_iter().zip(self.done);
        each.map(|(asked, done)| -> (EventId, Box<dyn Answer>) {
            let outcome = outcomes.next();
            (asked.event, Box::new(Outcome { outcome, done }))
        })
        .collect()
    }
}

/// How one of several ended, unless the batch as a whole fails.
struct Outcome<T> {
    outcome: Option<Result<T, Error>>,
    done: oneshot::Sender<Result<T, Error>>,
}

impl<T: Send> Answer for Outcome<T> {
    fn answer(self: Box<Self>, outcome: Result<Head, Error>) {
        let own = self.outcome.unwrap_or(Err(Error::Closed));
        // The caller may have gone; what was written stays written.
        drop(self.done.send(outcome.and(own)));
    }
}

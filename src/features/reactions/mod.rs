//! Reactions on messages and applause for the event: counted exactly, told a few times a second.
//!
//! Each act is committed before it is answered (its 2xx is as good as any), but the log only hears the new totals, once a tick. What
//! was counted and not yet told is found in the database, so totals are told in the end after a crash as well.

mod act;
pub mod api;
mod marks;
mod mine;
mod rows;
mod tally;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::future::BoxFuture;
use sea_orm::DatabaseTransaction;

use act::{Applaud, React};

use crate::{
    domain::{
        Audience, EventId, MessageId, UserId,
        reaction::{Applause, ApplauseKind, Emoji},
    },
    store::{Error, Store},
    stream::{Draft, MyReactions, SnapshotPart, Stream},
};
use mine::Mine;

/// The feature.
#[derive(Clone)]
pub struct Reactions {
    store: Store,
    stream: Stream,
    /// Events with totals the log has not told. Bounded by the events in use between two ticks.
    untold: Arc<Mutex<BTreeSet<EventId>>>,
    mine: Arc<Mine>,
}

impl Reactions {
    #[must_use]
    pub fn new(store: Store, stream: Stream) -> Self {
        Self {
            store,
            stream,
            untold: Arc::default(),
            mine: Arc::default(),
        }
    }

    /// Puts a user's emoji on a message, or takes it away; gives that emoji's exact count. Twice is once.
    pub async fn react(
        &self,
        event: EventId,
        message: MessageId,
        user: UserId,
        emoji: Emoji,
        on: bool,
    ) -> Result<u64, Error> {
        let act = React {
            message,
            user,
            emoji,
            on,
        };
        let count = self.stream.record_together(event, act).await?;
        self.mine.reacted(event);
        self.owe(event);
        Ok(count)
    }

    /// Claps `times` times; gives the event's totals.
    pub async fn applaud(&self, event: EventId, kind: ApplauseKind, times: u32) -> Result<Applause, Error> {
        let totals = self.stream.record_together(event, Applaud { kind, times }).await?;
        self.owe(event);
        Ok(totals)
    }

    fn owe(&self, event: EventId) {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner).insert(event);
    }
}

impl SnapshotPart for Reactions {
    fn add<'a>(
        &'a self,
        read: &'a DatabaseTransaction,
        event: EventId,
        _audience: Audience,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            draft.applause = rows::applause_told(read, event).await?;
            Ok(())
        })
    }

    fn mine<'a>(&'a self, event: EventId, user: &'a UserId) -> BoxFuture<'a, Result<Option<MyReactions>, Error>> {
        Box::pin(async move { Ok(Some(self.mine.of(self.store.reader(), event, user).await?)) })
    }
}

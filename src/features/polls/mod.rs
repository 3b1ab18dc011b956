//! Polls: hosts ask, the crowd votes, everybody is told how it stands a few times a second, and each poll closes once.
//!
//! A vote is committed before it is answered; the log hears totals once a tick, as with reactions. A poll's status changes
//! under the lock of its event's log, in the transaction that says so: whoever finds it open ends it, nobody does twice.
//! `change.rs` opens and ends polls, `vote.rs` takes votes in, `tally.rs` keeps time.

pub mod api;
mod behind;
mod change;
mod rows;
mod tally;
mod vote;

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::BoxFuture;
use sea_orm::{DatabaseTransaction, prelude::Uuid};

use crate::{
    domain::{
        Audience, EventId, PollId, UserId,
        poll::{Choices, NewPoll, Poll, PollStatus},
        user::User,
    },
    store::{Error, Gather, Recent, Store},
    stream::{Draft, MyVotes, SnapshotPart, Stream},
};
use change::End;
use rows::Eyes;
use vote::Vote;

/// How long it is believed which polls an event shows, for those who open a stream.
const BELIEVED_FOR: Duration = Duration::from_secs(1);
const REMEMBERED: usize = 10_000;

/// Polls that an event shows.
type Shown = Arc<[Uuid]>;

/// The feature.
#[derive(Clone)]
pub struct Polls {
    store: Store,
    stream: Stream,
    /// Events with totals the log has not told. Bounded by the events in use between two ticks.
    untold: Arc<Mutex<BTreeSet<EventId>>>,
    shown: Arc<Recent<EventId, Shown>>,
    mine: Arc<Gather<MyVotes>>,
}

impl Polls {
    #[must_use]
    pub fn new(store: Store, stream: Stream) -> Self {
        Self {
            store,
            stream,
            untold: Arc::default(),
            shown: Arc::new(Recent::new(BELIEVED_FOR, REMEMBERED)),
            mine: Arc::default(),
        }
    }

    /// Asks the crowd.
    pub async fn open(&self, event: EventId, new: NewPoll, by: Option<UserId>) -> Result<Poll, Error> {
        let opened = self
            .stream
            .record(event, move |scribe| Box::pin(change::open(scribe, new, by)))
            .await?;
        self.shown.forget(|known, _| *known == event);
        Ok(opened.value)
    }

    /// Closes a poll before its time. Doing it again changes nothing.
    pub async fn close(&self, event: EventId, poll: PollId) -> Result<Poll, Error> {
        self.end(event, poll, End::ByHand).await
    }

    /// Takes a poll back, open or closed: it does not count. Doing it again changes nothing.
    pub async fn retract(&self, event: EventId, poll: PollId, reason: Option<String>) -> Result<Poll, Error> {
        self.end(event, poll, End::Retracted(reason)).await
    }

    async fn end(&self, event: EventId, poll: PollId, how: End) -> Result<Poll, Error> {
        let ended = self
            .stream
            .record(event, move |scribe| Box::pin(change::end(scribe, poll, how)))
            .await?;
        Ok(ended.value)
    }

    /// Votes; `None` takes one's vote back. The same again changes nothing.
    pub async fn vote(
        &self,
        event: EventId,
        poll: PollId,
        voter: &User,
        choices: Option<Choices>,
    ) -> Result<(), Error> {
        let vote = Vote {
            poll,
            user: voter.id.clone(),
            is_guest: voter.guest,
            choices,
        };
        if self.stream.record_together(event, vote).await? {
            self.untold.lock().unwrap_or_else(PoisonError::into_inner).insert(event);
        }
        Ok(())
    }

    /// One poll, exact as of now, with the caller's vote.
    pub async fn find(&self, event: EventId, poll: PollId, caller: Option<&UserId>, eyes: Eyes) -> Result<Poll, Error> {
        let db = self.store.reader();
        let found = rows::find(db, event, poll).await?.ok_or_else(change::no_such_poll)?;
        let mut polls = rows::show(db, vec![found], eyes).await?;
        self.add_mine(&mut polls, caller).await?;
        polls.pop().ok_or_else(|| change::no_such_poll().into())
    }

    /// Polls of an event, latest first, from before that `seq`.
    pub async fn page(
        &self,
        event: EventId,
        status: Option<PollStatus>,
        before: u64,
        limit: u64,
        caller: Option<&UserId>,
        eyes: Eyes,
    ) -> Result<Vec<Poll>, Error> {
        let db = self.store.reader();
        let found = rows::page(db, event, status, before, limit).await?;
        let mut polls = rows::show(db, found, eyes).await?;
        self.add_mine(&mut polls, caller).await?;
        Ok(polls)
    }

    async fn add_mine(&self, polls: &mut [Poll], caller: Option<&UserId>) -> Result<(), Error> {
        let Some(user) = caller else { return Ok(()) };
        let ids: Vec<Uuid> = polls.iter().map(|poll| poll.id.uuid()).collect();
        let votes = rows::votes_of(self.store.reader(), &ids, std::slice::from_ref(user)).await?;
        let mut mine: HashMap<_, _> = votes.into_iter().map(|(_, poll, choices)| (poll, choices)).collect();
        for poll in polls {
            poll.mine = Some(mine.remove(&poll.id).map(Choices::ids).unwrap_or_default());
        }
        Ok(())
    }

    async fn shown(&self, event: EventId) -> Result<Shown, Error> {
        if let Some(shown) = self.shown.get(&event) {
            return Ok(shown);
        }
        let looked_up = self.shown.now();
        let found = rows::shown(self.store.reader(), event).await?;
        let shown: Shown = found.iter().map(rows::Found::uuid).collect();
        self.shown.put(event, Arc::clone(&shown), looked_up);
        Ok(shown)
    }
}

impl SnapshotPart for Polls {
    fn add<'a>(
        &'a self,
        read: &'a DatabaseTransaction,
        event: EventId,
        _audience: Audience,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let found = rows::shown(read, event).await?;
            draft.polls = rows::show(read, found, Eyes::Log).await?;
            Ok(())
        })
    }

    fn my_votes<'a>(&'a self, event: EventId, user: &'a UserId) -> BoxFuture<'a, Result<Option<MyVotes>, Error>> {
        Box::pin(async move {
            let shown = self.shown(event).await?;
            if shown.is_empty() {
                return Ok(Some(MyVotes::new()));
            }
            let db = self.store.reader();
            let mine = self.mine.ask(event, user, |users| async move {
                let mut by_user: HashMap<String, MyVotes> = HashMap::new();
                for (user, poll, choices) in rows::votes_of(db, &shown, &users).await? {
                    by_user.entry(user).or_default().insert(poll.to_string(), choices.ids());
                }
                Ok(by_user)
            });
            mine.await.map(Some)
        })
    }
}

//! What one stream of a person has to tell: a snapshot or what was missed, then what is new.
//!
//! It is called when there may be something, looks, and tells what it has not told. Notifications of a person have one
//! order, that of their commits, so that the last place told says everything.

use std::{collections::VecDeque, fmt::Display, time::Duration};

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep_until};

use super::{
    Notices, Owner,
    desk::Place,
    rows::{self, Page},
};
use crate::{
    domain::{
        NotificationId,
        entry::{
            ByeReason, MeResumed, MeSignal, MeSnapshot, NotificationCreated, NotificationsRead, ResetReason,
            StreamReset,
        },
        notice::LATEST,
    },
    http::Problem,
    stream::{Teller, Words},
};

/// Read at once.
const AT_ONCE: u64 = 50;
/// Looks are so far apart, whatever comes in between.
const REST: Duration = Duration::from_millis(100);

/// A frame, and its id, if one can go on from there.
type Told = (Option<NotificationId>, MeSignal);

enum Stage {
    /// Nothing was told yet. Where to go on: as sent, unchecked.
    New(Option<String>),
    /// What was missed is being told.
    Replay {
        from: NotificationId,
        told: u64,
    },
    Live,
}

/// One stream's teller.
pub struct Watcher {
    notices: Notices,
    owner: Owner,
    place: Place,
    stage: Stage,
    /// What was found and waits to be told.
    untold: VecDeque<Told>,
    /// The last place told.
    at: i64,
    unread: u64,
    /// Up to where the stream knows that everything is read.
    read_to: i64,
    /// There may be something that was not told.
    is_called: bool,
    looked_at: Option<Instant>,
}

/// What came of a look, to be taken over once it is complete: a look that is broken off changes nothing.
struct Look {
    told: Vec<Told>,
    stage: Stage,
    at: i64,
    unread: u64,
    read_to: i64,
    /// There is more.
    again: bool,
}

impl Watcher {
    pub(super) fn new(notices: Notices, owner: Owner, resume: Option<String>) -> Self {
        let place = notices.take_place(&owner.id);
        Self {
            notices,
            owner,
            place,
            stage: Stage::New(resume),
            untold: VecDeque::new(),
            at: 0,
            unread: 0,
            read_to: 0,
            is_called: true,
            looked_at: None,
        }
    }

    async fn look(&self) -> Result<Look, Problem> {
        match &self.stage {
            Stage::New(None) => self.snapshot(None).await,
            Stage::New(Some(asked)) => match asked.parse::<NotificationId>() {
                Err(_) => self.snapshot(Some(ResetReason::Malformed)).await,
                Ok(from) => match rows::place(self.notices.store.reader(), &self.owner.id, from).await? {
                    None => self.snapshot(Some(ResetReason::Gone)).await,
                    Some(at) => {
                        let unread = self.notices.unread(&self.owner).await?;
                        let read_to = self.read_mark().await?.map_or(0, |(seq, _)| seq);
                        Ok(Look {
                            told: Vec::new(),
                            stage: Stage::Replay { from, told: 0 },
                            at,
                            unread,
                            read_to,
                            again: true,
                        })
                    }
                },
            },
            Stage::Replay { from, told } => self.news(Some((*from, *told))).await,
            Stage::Live => self.news(None).await,
        }
    }

    async fn read_mark(&self) -> Result<Option<(i64, NotificationId)>, Problem> {
        Ok(rows::read_mark(self.notices.store.reader(), &self.owner.id).await?)
    }

    async fn snapshot(&self, reset: Option<ResetReason>) -> Result<Look, Problem> {
        // First where it ends: what comes in between is told once more than necessary, as part of the list and by itself,
        // never less.
        let last = rows::last(self.notices.store.reader(), &self.owner.id).await?;
        let read_to = self.read_mark().await?.map_or(0, |(seq, _)| seq);
        let at = last.map_or(0, |(seq, _)| seq);
        let latest = self
            .notices
            .page(&self.owner, Page::Before(at.saturating_add(1)), false, LATEST)
            .await?;
        let unread = self.notices.unread(&self.owner).await?;
        let snapshot = MeSnapshot {
            unread,
            latest: latest.into_iter().map(|(_, notification)| notification).collect(),
        };
        let reset = reset.map(|reason| (None, MeSignal::StreamReset(StreamReset { reason })));
        let snapshot = (last.map(|(_, id)| id), MeSignal::MeSnapshot(snapshot));
        Ok(Look {
            told: reset.into_iter().chain([snapshot]).collect(),
            stage: Stage::Live,
            at,
            unread,
            read_to,
            again: false,
        })
    }

    /// What was not told yet; `replay` from where, and how many so far.
    async fn news(&self, replay: Option<(NotificationId, u64)>) -> Result<Look, Problem> {
        let db = self.notices.store.reader();
        let found = rows::page(db, &self.owner.id, Page::After(self.at), false, AT_ONCE).await?;
        if found.is_empty() && rows::last_place(db, &self.owner.id).await? < self.at {
            // The database has lost the end of what was told: places are given out again.
            return self.snapshot(Some(ResetReason::Epoch)).await;
        }
        let again = found.len() as u64 == AT_ONCE;
        let at = found.last().map_or(self.at, |found| found.seq);
        let shown = self.notices.shown(&self.owner, found).await?;
        let unread = self.notices.unread(&self.owner).await?;
        let mut told: Vec<Told> = shown
            .into_iter()
            .map(|(_, notification)| {
                let id = Some(notification.id);
                (
                    id,
                    MeSignal::NotificationCreated(NotificationCreated { notification, unread }),
                )
            })
            .collect();
        let count = told.len() as u64;
        let mut read_to = self.read_to;
        let stage = match replay {
            Some((from, before)) if again => Stage::Replay {
                from,
                told: before + count,
            },
            Some((from, before)) => {
                let resumed = MeResumed {
                    from,
                    notifications: before + count,
                    unread,
                };
                told.push((None, MeSignal::StreamResumed(resumed)));
                Stage::Live
            }
            None => {
                let mark = self.read_mark().await?.filter(|(seq, _)| *seq > read_to);
                let is_less = told.is_empty() && unread != self.unread;
                if is_less || mark.is_some_and(|(seq, _)| seq <= self.at) {
                    let up_to = mark.map(|(_, id)| id);
                    told.push((None, MeSignal::NotificationsRead(NotificationsRead { unread, up_to })));
                }
                read_to = mark.map_or(read_to, |(seq, _)| seq);
                Stage::Live
            }
        };
        Ok(Look {
            told,
            stage,
            at,
            unread,
            read_to,
            again,
        })
    }
}

impl Watcher {
    /// Waits until there is something to tell.
    async fn find(&mut self) -> Result<(), ByeReason> {
        while self.untold.is_empty() {
            if !self.is_called {
                // The desk's end lives as long as this place.
                drop(self.place.call.changed().await);
                self.is_called = true;
            }
            if let Some(looked_at) = self.looked_at {
                sleep_until(looked_at + REST).await;
            }
            // Whatever comes from here on calls again.
            self.place.call.borrow_and_update();
            let look = self.look().await.map_err(|problem| {
                if !problem.is_outage() {
                    tracing::error!(code = problem.code(), "a person's stream broke off");
                }
                ByeReason::Internal
            })?;
            self.looked_at = (!look.again).then(Instant::now);
            (self.stage, self.at, self.unread, self.read_to) = (look.stage, look.at, look.unread, look.read_to);
            self.is_called = look.again;
            self.untold.extend(look.told);
        }
        Ok(())
    }
}

impl Teller for Watcher {
    fn next(&mut self) -> BoxFuture<'_, Result<Words, ByeReason>> {
        Box::pin(async move {
            loop {
                if let Some((id, signal)) = self.untold.pop_front() {
                    let id = id.as_ref().map(|id| id as &dyn Display);
                    return Ok(Words::of(signal.kind().name(), &signal, id));
                }
                self.find().await?;
            }
        })
    }
}

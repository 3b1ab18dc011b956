//! What concerns one person, whichever event they are looking at: notifications, read and unread, and the stream that
//! tells of them.
//!
//! They are written by whoever has something to tell, in the transaction of what they tell (`store/notices.rs`); here they
//! are read, marked, told and thrown away. A notification of a message shows what the message says now, and is there while
//! the message can be seen: nothing of its text is kept here. Where somebody may not enter the event (any more), they do not
//! see what came from there.

pub mod api;
mod desk;
mod rows;
mod tidy;
mod watcher;

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex},
};

use tokio::sync::watch;

use crate::{
    bus::Condition,
    clock,
    config::NoticesConfig,
    domain::{
        EventId, NotificationId, Reason, Refusal, UserId,
        notice::{NoticeKind, Notification, NotificationEvent},
    },
    http::{Caller, Problem, gate::Gate},
    store::{Error, Store},
    stream::Stream,
};
use desk::Desk;
use rows::Found;
pub use rows::Page;
use watcher::Watcher;

/// The feature.
#[derive(Clone)]
pub struct Notices {
    store: Store,
    stream: Stream,
    bus: watch::Receiver<Condition>,
    config: NoticesConfig,
    desk: Arc<Mutex<Desk>>,
}

/// Which are read.
#[derive(Debug)]
pub enum Marked {
    UpTo(NotificationId),
    These(Vec<NotificationId>),
}

/// Somebody who asks for what concerns them, and who knows into which events they may look.
#[derive(Clone)]
pub struct Owner {
    pub id: UserId,
    pub caller: Caller,
    pub gate: Arc<dyn Gate>,
}

impl Owner {
    /// The event, if they may look into it.
    async fn event(&self, event: EventId) -> Result<Option<NotificationEvent>, Problem> {
        match self.gate.admit(&event.to_string(), &self.caller).await {
            Ok(admission) => Ok(Some(NotificationEvent {
                id: event,
                slug: admission.event.slug.clone(),
                title: admission.event.title.clone(),
            })),
            Err(problem) if problem.status().is_server_error() => Err(problem),
            Err(_) => Ok(None),
        }
    }
}

impl Notices {
    #[must_use]
    pub fn new(store: Store, stream: Stream, bus: watch::Receiver<Condition>, config: NoticesConfig) -> Self {
        Self {
            store,
            stream,
            bus,
            config,
            desk: Arc::default(),
        }
    }

    /// Opens somebody's own stream, from after that notification or afresh.
    #[must_use]
    pub fn watched_by(&self, owner: Owner, resume: Option<String>) -> Watcher {
        Watcher::new(self.clone(), owner, resume)
    }

    /// A page of what somebody may see, with the place of each: up to so many.
    pub async fn page(
        &self,
        owner: &Owner,
        page: Page,
        unread: bool,
        limit: u64,
    ) -> Result<Vec<(i64, Notification)>, Problem> {
        let (mut page, mut seen) = (page, Vec::new());
        loop {
            let found = rows::page(self.store.reader(), &owner.id, page, unread, limit).await?;
            let is_end = (found.len() as u64) < limit;
            let last = found.last().map(|found| found.seq);
            seen.extend(self.shown(owner, found).await?);
            let Some(last) = last.filter(|_| !is_end && (seen.len() as u64) < limit) else {
                seen.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
                return Ok(seen);
            };
            page = page.from(last);
        }
    }

    /// Those of them that their owner may see, as they see them.
    async fn shown(&self, owner: &Owner, found: Vec<Found>) -> Result<Vec<(i64, Notification)>, Problem> {
        let mut events: HashMap<EventId, Option<NotificationEvent>> = HashMap::new();
        let mut shown = Vec::with_capacity(found.len());
        for found in found {
            let mut event = None;
            if let Some(id) = found.event {
                if let Entry::Vacant(place) = events.entry(id) {
                    place.insert(owner.event(id).await?);
                }
                event = events.get(&id).cloned().flatten();
                if event.is_none() {
                    if !found.notification.kind.is_personal() {
                        continue;
                    }
                    event = rows::event(self.store.reader(), id).await?;
                }
            }
            shown.push((
                found.seq,
                Notification {
                    event,
                    ..found.notification
                },
            ));
        }
        Ok(shown)
    }

    /// How many somebody has not read.
    pub async fn unread(&self, owner: &Owner) -> Result<u64, Problem> {
        let mut unread = 0;
        let mut open: HashMap<EventId, bool> = HashMap::new();
        for (event, kind, count) in rows::unread(self.store.reader(), &owner.id).await? {
            let may_see = match event {
                Some(event) if !kind.is_some_and(NoticeKind::is_personal) => {
                    if let Entry::Vacant(place) = open.entry(event) {
                        place.insert(owner.event(event).await?.is_some());
                    }
                    open.get(&event).copied().unwrap_or(false)
                }
                _ => true,
            };
            unread += if may_see { count } else { 0 };
        }
        Ok(unread)
    }

    /// Marks as read, for all of somebody's devices. What was read stays read.
    pub async fn read(&self, owner: &Owner, marked: Marked) -> Result<(), Error> {
        let user = owner.id.clone();
        let now = clock::now();
        let writing = self.store.write(move |txn| {
            Box::pin(async move {
                match marked {
                    Marked::UpTo(id) => {
                        let seq = rows::place(txn, &user, id).await?.ok_or_else(no_such_notification)?;
                        rows::read_up_to(txn, &user, seq, now).await
                    }
                    Marked::These(ids) => rows::read_these(txn, &user, ids, now).await,
                }
            })
        });
        if writing.await? {
            self.stream.notice(vec![owner.id.clone()]);
        }
        Ok(())
    }
}

fn no_such_notification() -> Refusal {
    Refusal::new(Reason::NotFound, "No such notification of yours.")
}

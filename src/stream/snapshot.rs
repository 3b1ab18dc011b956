//! Snapshots: the state of an event after one entry, put together from what each feature adds.
//!
//! All parts read inside one read transaction, together with the head, so the cursor is exact. A snapshot is shared by
//! everybody of an audience who opens a stream within a moment: they go on from its cursor through the ring.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use sea_orm::DatabaseTransaction;
use tokio::sync::Mutex;

use super::{
    frame::{Format, private, signal_json_raw},
    parcel::Parcel,
};
use crate::{
    domain::{
        Audience, Cursor, EventId, UserId, badge::Awards, chat::Message, contest::Scoreboard, entry::SignalKind,
        event::Event, poll::Poll, presence::PresenceCounts, reaction::Applause, room::RoomWindow, snapshot::Snapshot,
    },
    store::{Error, Head},
};

/// A snapshot older than this is made anew even if nothing was said since: its counts are of the moment.
const FRESH: Duration = Duration::from_secs(1);
/// While much is said, one snapshot serves for this long; who gets it catches up through the ring.
const SHARED: Duration = Duration::from_millis(250);

/// What the parts fill in.
#[derive(Debug, Default)]
pub struct Draft {
    pub event: Option<Event>,
    pub contest: Option<Scoreboard>,
    pub messages: Vec<Message>,
    pub pinned: Vec<Message>,
    pub held: Option<Vec<Message>>,
    pub applause: Applause,
    pub message_count: u64,
    pub presence: PresenceCounts,
    pub badges: Vec<Awards>,
    pub polls: Vec<Poll>,
}

/// Reactions of one user by message id.
pub type MyReactions = BTreeMap<String, Vec<String>>;

/// Votes of one user by poll id.
pub type MyVotes = BTreeMap<String, Vec<u32>>;

/// What one feature adds to a snapshot.
pub trait SnapshotPart: Send + Sync {
    /// Adds the feature's state as `read` sees it.
    fn add<'a>(
        &'a self,
        read: &'a DatabaseTransaction,
        event: EventId,
        audience: Audience,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, Result<(), Error>>;

    /// What the feature knows of one user that belongs into their first frame; most know nothing.
    fn mine<'a>(&'a self, _event: EventId, _user: &'a UserId) -> BoxFuture<'a, Result<Option<MyReactions>, Error>> {
        Box::pin(async { Ok(None) })
    }

    /// As [`SnapshotPart::mine`], for votes.
    fn my_votes<'a>(&'a self, _event: EventId, _user: &'a UserId) -> BoxFuture<'a, Result<Option<MyVotes>, Error>> {
        Box::pin(async { Ok(None) })
    }
}

/// A snapshot made once for many.
#[derive(Debug, Clone)]
pub struct Shot {
    pub head: Head,
    audience: Audience,
    /// The snapshot itself as JSON.
    pub json: Bytes,
    made: Instant,
    frames: [OnceLock<Parcel>; 2],
}

/// How new a snapshot has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    /// Everything passed on by now is in it: who wrote and then reads sees what they wrote.
    Current,
    /// A moment old will do for who goes on from it through the ring.
    Recent,
}

/// The last snapshot of each audience.
#[derive(Default)]
pub(super) struct Shots {
    // An async mutex: held while a snapshot is made, so that a thousand openers make one.
    by_audience: [Mutex<Option<Arc<Shot>>>; 2],
}

impl Shots {
    /// The last snapshot if it is new enough (and, when only recent, one from which the ring can go on), or a new one.
    pub(super) async fn get_or_make<F>(
        &self,
        audience: Audience,
        age: Age,
        head: Head,
        reachable: impl Fn(&Shot) -> bool,
        make: impl FnOnce() -> F,
    ) -> Result<Arc<Shot>, Error>
    where
        F: Future<Output = Result<Shot, Error>>,
    {
        let mut last = self.by_audience[audience as usize].lock().await;
        if let Some(shot) = last.as_ref() {
            let since = shot.made.elapsed();
            let current = since < FRESH && (shot.head.epoch, shot.head.position()) >= (head.epoch, head.position());
            if current || age == Age::Recent && since < SHARED && reachable(shot) {
                return Ok(Arc::clone(shot));
            }
        }
        let shot = Arc::new(make().await?);
        *last = Some(Arc::clone(&shot));
        Ok(shot)
    }
}

/// Lets every part add its own and makes the JSON. `None` if there is no such event.
pub(super) async fn make(
    parts: &[Arc<dyn SnapshotPart>],
    read: &DatabaseTransaction,
    event: EventId,
    audience: Audience,
    head: Head,
) -> Result<Option<Shot>, Error> {
    let mut draft = Draft::default();
    for part in parts {
        part.add(read, event, audience, &mut draft).await?;
    }
    let Some(event) = draft.event else { return Ok(None) };
    let snapshot = Snapshot {
        cursor: head.cursor(audience),
        room: RoomWindow::of(&event).at(crate::clock::now()),
        event,
        contest: draft.contest,
        messages: draft.messages,
        pinned: draft.pinned,
        held: draft.held,
        applause: draft.applause,
        message_count: draft.message_count,
        presence: Some(draft.presence),
        badges: draft.badges,
        polls: draft.polls,
    };
    Shot::of(&snapshot, head, audience).map(Some)
}

impl Shot {
    pub(super) fn of(snapshot: &Snapshot, head: Head, audience: Audience) -> Result<Self, Error> {
        let json = serde_json::to_vec(snapshot).map_err(|error| Error::unreadable("snapshot", error))?;
        Ok(Self {
            head,
            audience,
            json: json.into(),
            made: Instant::now(),
            frames: <[OnceLock<Parcel>; 2]>::default(),
        })
    }

    /// The place in the log, as its audience counts.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        self.head.cursor(self.audience)
    }

    /// The `stream.snapshot` frame, made once for all who open with it.
    pub(super) fn frame(&self, format: Format) -> Parcel {
        let make = || {
            let data = std::str::from_utf8(&self.json).unwrap_or("null");
            let json = signal_json_raw(SignalKind::StreamSnapshot.name(), crate::clock::now(), data);
            private(format, SignalKind::StreamSnapshot, &json, Some(self.cursor()), None)
        };
        self.frames[format as usize].get_or_init(make).clone()
    }
}

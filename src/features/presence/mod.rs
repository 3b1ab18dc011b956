//! Who is here: viewers, participants, comings and goings.
//!
//! Kept in memory, because it is true only while streams are open. Listens to seats opening and closing; tells the room
//! at most once a second. One user is one participant, whatever number of devices; who leaves is missed only after a
//! grace, so that reconnects do not flap.

pub mod api;
mod room;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use sea_orm::DatabaseTransaction;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{
    clock,
    domain::{
        Audience, EventId, UserId,
        entry::Signal,
        presence::{Attendance, PresenceCounts, PresenceStatus},
    },
    store::Error,
    stream::{Draft, SeatInfo, SeatListener, SnapshotPart, Stream},
};
use room::Room;

/// How often rooms with changes are looked at; each is told at most once in [`room::QUIET`].
const TICK: Duration = Duration::from_millis(100);

/// The feature.
#[derive(Clone)]
pub struct Presence {
    stream: Stream,
    // A std mutex: held for map operations when a seat opens or closes, never across an await. Bounded by open seats
    // and those who left within the grace.
    rooms: Arc<Mutex<HashMap<EventId, Room>>>,
}

impl Presence {
    #[must_use]
    pub fn new(stream: Stream) -> Self {
        Self {
            stream,
            rooms: Arc::default(),
        }
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<EventId, Room>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[must_use]
    pub fn counts(&self, event: EventId) -> PresenceCounts {
        self.rooms().get(&event).map(Room::counts).unwrap_or_default()
    }

    /// Participants by user id, from after `after` on.
    #[must_use]
    pub fn participants(&self, event: EventId, after: Option<&UserId>, limit: usize) -> Vec<Attendance> {
        self.rooms()
            .get(&event)
            .map(|room| room.page(after, limit))
            .unwrap_or_default()
    }

    /// Says whether a user who is here looks or is away. False: they are not here.
    #[must_use]
    pub fn set_status(&self, event: EventId, user: &UserId, status: PresenceStatus) -> bool {
        self.rooms()
            .get_mut(&event)
            .is_some_and(|room| room.set_status(user, status))
    }

    /// Tells rooms what changed until told to stop.
    pub async fn tell(self, stop: CancellationToken) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            for (event, changed) in self.changes(Instant::now()) {
                self.stream.signal(event, &Signal::PresenceChanged(changed));
            }
        }
    }

    fn changes(&self, now: Instant) -> Vec<(EventId, crate::domain::entry::PresenceChanged)> {
        let mut rooms = self.rooms();
        let changes = rooms
            .iter_mut()
            .filter_map(|(event, room)| room.changes(now).map(|changed| (*event, changed)))
            .collect();
        rooms.retain(|_, room| !room.is_empty());
        changes
    }
}

impl SeatListener for Presence {
    fn opened(&self, seat: &SeatInfo) {
        let mut rooms = self.rooms();
        let room = rooms.entry(seat.event).or_default();
        room.small = u64::from(seat.small_room_users);
        room.enter(seat.user.as_deref(), clock::now());
    }

    fn closed(&self, seat: &SeatInfo) {
        if let Some(room) = self.rooms().get_mut(&seat.event) {
            room.leave(seat.user.as_ref().map(|user| &user.id), Instant::now());
        }
    }
}

impl SnapshotPart for Presence {
    fn add<'a>(
        &'a self,
        _read: &'a DatabaseTransaction,
        event: EventId,
        _audience: Audience,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, Result<(), Error>> {
        draft.presence = self.counts(event);
        Box::pin(async { Ok(()) })
    }
}

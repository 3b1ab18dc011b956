//! Who is here: viewers, participants, comings and goings.
//!
//! Kept in memory, because it is true only while streams are open. Listens to seats opening and closing; tells the room
//! at most once a second. One user is one participant, whatever number of devices; who leaves is missed only after a
//! grace, so that reconnects do not flap. Several instances put together what they know (`share.rs`), and each tells its
//! own seats.

pub mod api;
mod here;
mod room;
mod share;
mod together;

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
    concourse::Roll,
    domain::{
        Audience, EventId, UserId,
        entry::{BadgesChanged, EntryKind, PresenceChanged, Signal},
        presence::PresenceCounts,
        shift::Delay,
        user::User,
    },
    store::{Error, LogEntry},
    stream::{Company, Draft, Earlier, EventListener, HeadCount, SeatInfo, SeatListener, SnapshotPart, Stream},
};
use room::Room;
use together::Together;

/// How often rooms with changes are looked at; each is told at most once in [`room::QUIET`].
const TICK: Duration = Duration::from_millis(100);
/// More rooms than this are not kept only because Redis has to be told that they are empty; what is not renewed there
/// ends by itself.
const EMPTY_ROOMS_MOST: usize = 20_000;

/// The feature.
#[derive(Clone)]
pub struct Presence {
    stream: Stream,
    /// Where there are other instances.
    roll: Option<Roll>,
    // A std mutex: held for map operations when a seat opens or closes, never across an await. Bounded by open seats
    // and those who left within the grace.
    rooms: Arc<Mutex<HashMap<EventId, Room>>>,
}

impl Presence {
    #[must_use]
    pub fn new(stream: Stream, roll: Option<Roll>) -> Self {
        Self {
            stream,
            roll,
            rooms: Arc::default(),
        }
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<EventId, Room>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What everybody could see so much earlier.
    pub async fn earlier(&self, event: EventId, delay: Delay) -> Result<Arc<Earlier>, Error> {
        self.stream.earlier(event, delay).await
    }

    /// Tells rooms what changed until told to stop.
    pub async fn tell(self, stop: CancellationToken) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            for (event, changed) in self.changes(Instant::now()) {
                self.stream.signal_here(event, &Signal::PresenceChanged(changed));
            }
        }
    }

    fn changes(&self, now: Instant) -> Vec<(EventId, PresenceChanged)> {
        let mut rooms = self.rooms();
        let changes = rooms
            .iter_mut()
            .filter_map(|(event, room)| room.changes(now).map(|changed| (*event, changed)))
            .collect();
        let crowded = rooms.len() > EMPTY_ROOMS_MOST;
        rooms.retain(|_, room| !(room.is_empty() || crowded && room.here.is_empty()));
        changes
    }
}

impl SeatListener for Presence {
    fn opened(&self, seat: &SeatInfo) {
        let mut rooms = self.rooms();
        let together = || self.roll.as_ref().map(|_| Together::new(Instant::now()));
        let room = rooms.entry(seat.event).or_insert_with(|| Room::new(together()));
        room.small = u64::from(seat.small_room_users);
        room.enter(seat.user.as_deref(), clock::now());
    }

    fn closed(&self, seat: &SeatInfo) {
        if let Some(room) = self.rooms().get_mut(&seat.event) {
            room.leave(seat.user.as_ref().map(|user| &user.id), Instant::now());
        }
    }
}

impl HeadCount for Presence {
    fn here(&self, event: EventId) -> PresenceCounts {
        self.rooms().get(&event).map(Room::counts).unwrap_or_default()
    }

    fn everywhere(&self, event: EventId) -> BoxFuture<'_, PresenceCounts> {
        Box::pin(self.counts(event))
    }
}

impl Company for Presence {
    fn called(&self, event: EventId, names: &[String]) -> Vec<User> {
        self.rooms()
            .get(&event)
            .map(|room| room.called(names))
            .unwrap_or_default()
    }

    fn find(&self, event: EventId, user: &UserId) -> Option<User> {
        self.rooms().get(&event)?.person(user)
    }
}

impl EventListener for Presence {
    fn said(&self, event: EventId, entries: &[LogEntry]) {
        for entry in entries.iter().filter(|entry| entry.kind == EntryKind::BadgesChanged) {
            let Ok(changed) = serde_json::from_str::<BadgesChanged>(entry.data()) else {
                continue;
            };
            if let Some(room) = self.rooms().get_mut(&event) {
                room.award(&changed);
            }
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
        Box::pin(async move {
            draft.presence = self.counts(event).await;
            Ok(())
        })
    }
}

impl Presence {
    /// How many are here, without a look around if the room has had one.
    async fn counts(&self, event: EventId) -> PresenceCounts {
        let (seen, here) = {
            let rooms = self.rooms();
            let room = rooms.get(&event);
            let seen = room.filter(|room| !room.is_fresh());
            (seen.map(Room::counts), room.map(Room::counts).unwrap_or_default())
        };
        match (seen, &self.roll) {
            (Some(seen), _) => seen,
            (None, Some(roll)) => roll.look(event).await.map_or(here, PresenceCounts::from),
            (None, None) => here,
        }
    }
}

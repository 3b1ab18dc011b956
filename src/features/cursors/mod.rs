//! Shared cursors and drafts: small live signals that are never stored. Of one user and name the latest wins.
//!
//! What is said waits for the next telling, at most [`PAUSE`] away: then this instance's seats hear it, and the other
//! instances, which tell theirs. What does not fit into one telling is told in the next, in the order in which it began
//! to wait.

pub mod api;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{
    bus::Topic,
    domain::{
        EventId, Reason, Refusal, UserId,
        cursors::CursorMoved,
        entry::{CursorsChanged, Signal},
    },
    stream::{EventListener, Stream},
};

const TICK: Duration = Duration::from_millis(50);
/// A room is told at most once in this time, whatever moves.
const PAUSE: Duration = Duration::from_millis(250);
/// Cursors in one frame: with the largest data about 40 KiB.
const TOLD_AT_ONCE: usize = 32;
/// Cursors that wait in one room. More than a few seconds' worth is too many people for cursors.
const WAITING_MOST: usize = 256;
/// Rooms where something waits.
const ROOMS_MOST: usize = 5_000;

/// The feature.
#[derive(Clone)]
pub struct Cursors {
    stream: Stream,
    // A std mutex: held for map operations, never across an await. Bounded by `ROOMS_MOST` and `WAITING_MOST`.
    rooms: Arc<Mutex<HashMap<EventId, Room>>>,
}

/// Whose, and which of theirs.
type Key = (UserId, String);

/// The latest of each cursor, in the order in which they began to wait.
#[derive(Default)]
struct Waiting {
    latest: HashMap<Key, Value>,
    order: VecDeque<Key>,
}

#[derive(Default)]
struct Room {
    /// For this instance's seats.
    here: Waiting,
    /// For the other instances.
    elsewhere: Waiting,
    told_at: Option<Instant>,
}

impl Waiting {
    /// False: too many wait.
    fn put(&mut self, key: Key, data: Value) -> bool {
        if !self.latest.contains_key(&key) {
            if self.latest.len() >= WAITING_MOST {
                return false;
            }
            self.order.push_back(key.clone());
        }
        self.latest.insert(key, data);
        true
    }

    fn take(&mut self) -> Vec<CursorMoved> {
        let count = self.order.len().min(TOLD_AT_ONCE);
        let keys: Vec<Key> = self.order.drain(..count).collect();
        let moved = keys.into_iter().filter_map(|key| {
            let data = self.latest.remove(&key)?;
            let (user_id, name) = key;
            Some(CursorMoved { user_id, name, data })
        });
        moved.collect()
    }
}

impl Cursors {
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

    /// Somebody's cursor moved.
    pub fn moves(&self, event: EventId, moved: CursorMoved) -> Result<(), Refusal> {
        if self.put(event, moved, true) {
            return Ok(());
        }
        Err(Refusal::new(Reason::RateLimited, "Too many cursors move here at once.").retry_after(1))
    }

    fn put(&self, event: EventId, moved: CursorMoved, to_be_told: bool) -> bool {
        let mut rooms = self.rooms();
        if rooms.len() >= ROOMS_MOST && !rooms.contains_key(&event) {
            return false;
        }
        let room = rooms.entry(event).or_default();
        let key = (moved.user_id, moved.name);
        let fits = room.here.put(key.clone(), moved.data.clone());
        fits && (!to_be_told || room.elsewhere.put(key, moved.data))
    }

    /// Tells seats and other instances what moved until told to stop.
    pub async fn tell(self, stop: CancellationToken) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            for (event, here, elsewhere) in self.moved(Instant::now()) {
                if !elsewhere.is_empty() {
                    self.stream.aside(event, Topic::Cursors, &elsewhere);
                }
                if !here.is_empty() {
                    let changed = CursorsChanged { cursors: here };
                    self.stream.signal_here(event, &Signal::CursorsChanged(changed));
                }
            }
        }
    }

    fn moved(&self, now: Instant) -> Vec<(EventId, Vec<CursorMoved>, Vec<CursorMoved>)> {
        let mut rooms = self.rooms();
        let rested = |room: &Room| room.told_at.is_none_or(|told| now.duration_since(told) >= PAUSE);
        // Whoever was told a while ago and has nothing to tell may be forgotten.
        rooms.retain(|_, room| !(rested(room) && room.here.latest.is_empty() && room.elsewhere.latest.is_empty()));
        let mut moved = Vec::new();
        for (event, room) in rooms.iter_mut().filter(|(_, room)| rested(room)) {
            room.told_at = Some(now);
            moved.push((*event, room.here.take(), room.elsewhere.take()));
        }
        moved
    }
}

impl EventListener for Cursors {
    fn aside(&self, event: EventId, topic: Topic, json: &[u8]) {
        if topic != Topic::Cursors {
            return;
        }
        for moved in serde_json::from_slice::<Vec<CursorMoved>>(json).unwrap_or_default() {
            self.put(event, moved, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_one_cursor_the_latest_wins_and_all_have_their_turn() {
        let mut waiting = Waiting::default();
        let key = |number: usize| (format!("fan{number}").parse().unwrap(), "pen".to_owned());
        for round in 0..3 {
            for number in 0..=WAITING_MOST {
                assert_eq!(waiting.put(key(number), json!(round)), number < WAITING_MOST);
            }
        }
        let mut seen = Vec::new();
        loop {
            let told = waiting.take();
            if told.is_empty() {
                break;
            }
            assert!(told.len() <= TOLD_AT_ONCE && told.iter().all(|moved| moved.data == json!(2)));
            seen.extend(told.into_iter().map(|moved| moved.user_id));
        }
        assert_eq!(seen, (0..WAITING_MOST).map(|number| key(number).0).collect::<Vec<_>>());
        assert!(waiting.put(key(1), json!(1)), "there is room again");
    }
}

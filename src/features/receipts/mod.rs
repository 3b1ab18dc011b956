//! Read receipts and delivery: an author sees accepted (the answer), delivered, read.
//!
//! *Read* is one mark a person and event, stored, that only moves forward. *Delivered* is not stored: every instance knows
//! how far its seats were handed the log (`stream/handed.rs`), the instances tell each other, and each tells its own
//! seats. Both travel in one signal, at most once a second, in rooms small enough to care; what is told elsewhere or later
//! is found by asking.

pub mod api;
mod read;
mod room;
mod rows;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    bus::Topic,
    domain::{
        EventId, MessageId, UserId,
        entry::{EntryKind, EventChanged, ReceiptChanged, RoomChanged, Signal},
        receipt::{Handed, Receipt, Telling},
    },
    store::{Error, LogEntry, Store},
    stream::{EventListener, HeadCount, SeatInfo, SeatListener, Stream},
};
use read::Read;
use room::Room;

/// How often rooms with news are looked at; each is told at most once in [`room::QUIET`].
const TICK: Duration = Duration::from_millis(250);
/// Marks wait for the next of these beats, so that all of a room are written in one commit, not fifty.
const BEAT: Duration = Duration::from_millis(500);
/// Unread messages are counted up to here.
pub const UNREAD_MOST: u64 = 1_000;

/// The feature.
#[derive(Clone)]
pub struct Receipts {
    store: Store,
    stream: Stream,
    crowd: Arc<dyn HeadCount>,
    begun: Instant,
    // A std mutex: held for map operations, never across an await. Bounded by the events with open streams here.
    rooms: Arc<Mutex<HashMap<EventId, Room>>>,
}

/// What one instance tells the others.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Word {
    readers: Vec<Receipt>,
    handed: Option<Handed>,
}

/// Where somebody stands.
#[derive(Debug)]
pub struct Standing {
    pub receipt: Option<Receipt>,
    /// What others said after it, up to [`UNREAD_MOST`].
    pub unread: u64,
    /// Whether the room tells who has read how far.
    pub told: bool,
    pub delivered_seq: u64,
}

impl Receipts {
    #[must_use]
    pub fn new(store: Store, stream: Stream, crowd: Arc<dyn HeadCount>) -> Self {
        Self {
            store,
            stream,
            crowd,
            begun: Instant::now(),
            rooms: Arc::default(),
        }
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<EventId, Room>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody has read up to that message. Gives their mark, which may be further on already.
    pub async fn read(
        &self,
        event: EventId,
        telling: Telling,
        user: UserId,
        message: MessageId,
    ) -> Result<Receipt, Error> {
        self.wait_for_beat().await;
        let marked = self.stream.record_together(event, Read { user, message }).await?;
        if marked.moved {
            self.spread(event, telling, &marked.receipt);
        }
        Ok(marked.receipt)
    }

    async fn wait_for_beat(&self) {
        let beat = u64::try_from(BEAT.as_millis()).unwrap_or(u64::MAX);
        let since = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(0);
        sleep(Duration::from_millis(beat - since % beat)).await;
    }

    /// To everybody, or to their own other devices only.
    fn spread(&self, event: EventId, telling: Telling, receipt: &Receipt) {
        let told = telling.goes_on(self.crowd.here(event));
        let mut rooms = self.rooms();
        let room = rooms.entry(event).or_insert_with(|| Room::new(telling));
        if told {
            room.owe(receipt);
            room.hear(receipt.clone());
        } else if room.may_tell_alone() {
            drop(rooms);
            let only = ReceiptChanged {
                readers: vec![receipt.clone()],
                delivered_seq: None,
            };
            let (user, signal) = (receipt.user_id.clone(), Signal::ReceiptChanged(only));
            self.stream.signal_to(event, user, &signal);
        }
    }

    /// Where somebody stands.
    pub async fn standing(&self, event: EventId, telling: Telling, user: &UserId) -> Result<Standing, Error> {
        let db = self.store.reader();
        let receipt = rows::find(db, event, user).await?;
        let seq = receipt.as_ref().map_or(0, |receipt| receipt.seq);
        let unread = rows::unread(db, event, user, seq, UNREAD_MOST).await?;
        Ok(Standing {
            receipt,
            unread,
            told: self.are_told(event, telling),
            delivered_seq: self.rooms().get(&event).map_or(0, Room::delivered),
        })
    }

    /// Who has read how far, by user id. Where that is not told, only the one who asks.
    pub async fn page(
        &self,
        event: EventId,
        telling: Telling,
        caller: &UserId,
        after: Option<&UserId>,
        limit: u64,
    ) -> Result<Vec<Receipt>, Error> {
        let only = (!self.are_told(event, telling)).then_some(caller);
        rows::page(self.store.reader(), event, only, after, limit).await
    }

    fn are_told(&self, event: EventId, telling: Telling) -> bool {
        telling.goes_on(self.crowd.here(event))
    }

    /// Tells rooms and other instances what changed until told to stop.
    pub async fn tell(self, stop: CancellationToken) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            for (event, word, changed) in self.news(Instant::now()) {
                if let Some(word) = word {
                    self.stream.aside(event, Topic::Receipts, &word);
                }
                if let Some(changed) = changed {
                    self.stream.signal_here(event, &Signal::ReceiptChanged(changed));
                }
            }
        }
    }

    fn news(&self, now: Instant) -> Vec<(EventId, Option<Word>, Option<ReceiptChanged>)> {
        let mut rooms = self.rooms();
        let mut news = Vec::new();
        for (event, room) in rooms.iter_mut() {
            if !room.has_news() {
                continue;
            }
            let told = room.telling.goes_on(self.crowd.here(*event));
            let handed = room.is_looking().then(|| self.stream.handed(*event)).flatten();
            let word = room.word(handed, told);
            news.push((*event, word, room.changes(told, now)));
        }
        rooms.retain(|_, room| !room.is_over());
        news
    }
}

impl SeatListener for Receipts {
    fn opened(&self, seat: &SeatInfo) {
        let mut rooms = self.rooms();
        let telling = Telling {
            receipts: seat.receipts,
            small: seat.small_room_users,
        };
        let room = rooms.entry(seat.event).or_insert_with(|| Room::new(telling));
        room.opened(telling);
    }

    fn closed(&self, seat: &SeatInfo) {
        if let Some(room) = self.rooms().get_mut(&seat.event) {
            room.closed();
        }
    }
}

impl EventListener for Receipts {
    fn said(&self, event: EventId, entries: &[LogEntry]) {
        for entry in entries.iter().filter(|entry| entry.kind == EntryKind::EventUpdated) {
            let changed = serde_json::from_str::<EventChanged>(entry.data());
            if let (Ok(changed), Some(room)) = (changed, self.rooms().get_mut(&event)) {
                room.telling = Telling::of(&changed.event.settings);
            }
        }
        for entry in entries.iter().filter(|entry| entry.kind == EntryKind::RoomChanged) {
            let changed = serde_json::from_str::<RoomChanged>(entry.data());
            if let (Ok(changed), Some(room)) = (changed, self.rooms().get_mut(&event)) {
                room.telling.receipts = changed.room.receipts;
            }
        }
        let is_said = |entry: &&LogEntry| matches!(entry.kind, EntryKind::MessageCreated | EntryKind::MessageReleased);
        let Some(last) = entries.iter().filter(is_said).map(|entry| entry.seq).max() else {
            return;
        };
        if let Some(room) = self.rooms().get_mut(&event) {
            room.last_said(last);
        }
    }

    fn aside(&self, event: EventId, topic: Topic, json: &[u8]) {
        if topic != Topic::Receipts {
            return;
        }
        let Ok(word) = serde_json::from_slice::<Word>(json) else {
            return;
        };
        if let Some(room) = self.rooms().get_mut(&event) {
            for receipt in word.readers {
                room.hear(receipt);
            }
            if let Some(handed) = word.handed {
                room.heard_of(&handed);
            }
        }
    }
}

//! Who is writing: told as one list per room, at most once a second, and only when it changed.
//!
//! Nothing is stored. Each instance keeps who types as far as it heard, tells its own seats, and tells the other instances
//! what was said to it. Whoever does not say again that they type is off the list after [`typists::LIFE`], so an instance
//! that dies, or a word that is lost, mends itself. Saying something ends it.

pub mod api;
mod typists;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{
    bus::Topic,
    domain::{
        EventId, MessageId, UserId,
        entry::{EntryKind, Signal, TypingChanged},
        user::User,
    },
    http::podium::Quill,
    store::LogEntry,
    stream::{EventListener, Stream},
};
use typists::Typists;

/// How often rooms with news are looked at; each is told at most once in [`typists::QUIET`].
const TICK: Duration = Duration::from_millis(100);
/// Rooms in which somebody may type at once. In more of them nobody is seen typing, which harms nothing.
const ROOMS_MOST: usize = 20_000;

/// The feature.
#[derive(Clone)]
pub struct Typing {
    stream: Stream,
    // A std mutex: held for map operations, never across an await. Bounded by `ROOMS_MOST`.
    rooms: Arc<Mutex<HashMap<EventId, Typists>>>,
}

/// What one instance tells the others.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Word {
    Types(User, Option<MessageId>),
    Stops(UserId),
}

impl Word {
    fn user(&self) -> &UserId {
        match self {
            Self::Types(user, _) => &user.id,
            Self::Stops(user) => user,
        }
    }
}

impl Typing {
    #[must_use]
    pub fn new(stream: Stream) -> Self {
        Self {
            stream,
            rooms: Arc::default(),
        }
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<EventId, Typists>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody types, in the room or in a thread of it; for a few seconds, unless they say so again.
    pub fn types(&self, event: EventId, user: User, thread: Option<MessageId>) {
        self.hear(event, Word::Types(user, thread), true);
    }

    /// Somebody has stopped without saying anything.
    pub fn stops(&self, event: EventId, user: UserId) {
        self.hear(event, Word::Stops(user), true);
    }

    fn hear(&self, event: EventId, word: Word, to_be_told: bool) {
        let mut rooms = self.rooms();
        if rooms.len() >= ROOMS_MOST && !rooms.contains_key(&event) {
            return;
        }
        let room = rooms.entry(event).or_default();
        if to_be_told {
            room.owe(word.clone());
        }
        room.hear(word, Instant::now());
    }

    /// Tells rooms what changed, and other instances what was said here, until told to stop.
    pub async fn tell(self, stop: CancellationToken) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            for (event, words, changed) in self.news(Instant::now()) {
                if !words.is_empty() {
                    self.stream.aside(event, Topic::Typing, &words);
                }
                if let Some(changed) = changed {
                    self.stream.signal_here(event, &Signal::TypingChanged(changed));
                }
            }
        }
    }

    fn news(&self, now: Instant) -> Vec<(EventId, Vec<Word>, Option<TypingChanged>)> {
        let mut rooms = self.rooms();
        let news = rooms
            .iter_mut()
            .map(|(event, room)| (*event, room.owed(), room.changes(now)))
            .collect();
        rooms.retain(|_, room| !room.is_over(now));
        news
    }
}

/// The author, of all that is said of a message.
#[derive(Deserialize)]
struct Said {
    message: SaidBy,
}

#[derive(Deserialize)]
struct SaidBy {
    author: Author,
}

#[derive(Deserialize)]
struct Author {
    id: UserId,
}

impl Quill for Typing {
    fn types(&self, event: EventId, user: User, thread: Option<MessageId>) {
        Self::types(self, event, user, thread);
    }

    fn stops(&self, event: EventId, user: UserId) {
        Self::stops(self, event, user);
    }
}

impl EventListener for Typing {
    fn said(&self, event: EventId, entries: &[LogEntry]) {
        let is_said = |entry: &&LogEntry| matches!(entry.kind, EntryKind::MessageCreated | EntryKind::MessageHeld);
        let mut said = entries.iter().filter(is_said).peekable();
        if said.peek().is_none() || !self.rooms().contains_key(&event) {
            return;
        }
        for entry in said {
            // What cannot be read is no reason to fail: they stop typing by themselves.
            if let Ok(said) = serde_json::from_str::<Said>(entry.data()) {
                self.hear(event, Word::Stops(said.message.author.id), false);
            }
        }
    }

    fn aside(&self, event: EventId, topic: Topic, json: &[u8]) {
        if topic != Topic::Typing {
            return;
        }
        for word in serde_json::from_slice::<Vec<Word>>(json).unwrap_or_default() {
            self.hear(event, word, false);
        }
    }
}

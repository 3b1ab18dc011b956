//! What was said a moment ago, as far as rules ask: who spoke how often, what many said alike, how many newcomers came.
//!
//! Kept in memory by each instance for itself and bounded; whoever spreads over instances is counted on each. Prints of
//! texts only, never texts.

use std::{
    collections::{HashMap, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::domain::{
    EventId, Stamp, UserId,
    rules::{AuthorPast, CrowdPast, History, PAST_MAX_SECONDS, TextPrint},
    text::ClientId,
};

/// Authors (each in one event) that are remembered.
const AUTHORS: usize = 50_000;
const EVENTS: usize = 2_000;
/// Sends of one author that are known again when they are repeated.
const SENT: usize = 32;
/// Newcomers counted in a minute; thresholds beyond it are reached by it.
const ARRIVALS: usize = 10_000;
const MINUTE_MS: i64 = 60_000;

#[derive(Default)]
struct Author {
    past: AuthorPast,
    sent: VecDeque<u64>,
    spoke_at: Option<Stamp>,
}

#[derive(Default)]
struct Room {
    crowd: CrowdPast,
    speakers: VecDeque<Stamp>,
    joins: VecDeque<Stamp>,
    used_at: Option<Stamp>,
}

#[derive(Default)]
struct Kept {
    authors: HashMap<(EventId, UserId), Author>,
    rooms: HashMap<EventId, Room>,
}

#[derive(Default)]
pub(super) struct Past {
    // A std mutex: held to look at and change short lists.
    kept: Mutex<Kept>,
}

/// What was found out while a text was remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Noted {
    /// Newcomers that spoke for the first time within the last minute.
    pub(super) speakers: usize,
}

/// Somebody who speaks.
pub(super) struct Speaker<'a> {
    pub(super) event: EventId,
    pub(super) user: &'a UserId,
    /// Counts towards a raid.
    pub(super) is_new: bool,
}

fn key(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// Adds a moment to those of the last minute.
fn count(moments: &mut VecDeque<Stamp>, now: Stamp) {
    while moments.front().is_some_and(|at| now.ms() - at.ms() >= MINUTE_MS) || moments.len() >= ARRIVALS {
        moments.pop_front();
    }
    moments.push_back(now);
}

impl Past {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether that is a send that was seen before.
    pub(super) fn is_repeat(&self, speaker: &Speaker<'_>, client_id: Option<&ClientId>) -> bool {
        let Some(client_id) = client_id else { return false };
        let kept = self.kept();
        let author = kept.authors.get(&(speaker.event, speaker.user.clone()));
        author.is_some_and(|author| author.sent.contains(&key(&client_id.as_str())))
    }

    /// Calls `judge` with what was said before, then remembers that this was tried, and whether it was kept.
    pub(super) fn judge<T>(
        &self,
        speaker: &Speaker<'_>,
        print: TextPrint,
        client_id: Option<&ClientId>,
        now: Stamp,
        judge: impl FnOnce(&History<'_>) -> (T, bool),
    ) -> (T, Noted) {
        let mut kept = self.kept();
        kept.make_room(now);
        let Kept { authors, rooms } = &mut *kept;
        let author = authors.entry((speaker.event, speaker.user.clone())).or_default();
        let room = rooms.entry(speaker.event).or_default();
        let author_key = key(speaker.user);
        let (verdict, is_kept) = judge(&History {
            author: &author.past,
            crowd: &room.crowd,
            author_key,
        });
        if speaker.is_new && author.spoke_at.is_none() {
            count(&mut room.speakers, now);
        }
        author.past.remember(print, now);
        room.crowd.remember(print, author_key, now);
        author.spoke_at = Some(now);
        room.used_at = Some(now);
        // What was refused is judged anew when it is sent again.
        if let Some(client_id) = client_id.filter(|_| is_kept) {
            author.sent.push_back(key(&client_id.as_str()));
            if author.sent.len() > SENT {
                author.sent.pop_front();
            }
        }
        let recent = room.speakers.iter().filter(|at| now.ms() - at.ms() < MINUTE_MS);
        let noted = Noted {
            speakers: recent.count(),
        };
        (verdict, noted)
    }

    /// A newcomer came in.
    pub(super) fn joined(&self, event: EventId, now: Stamp) {
        let mut kept = self.kept();
        kept.make_room(now);
        let room = kept.rooms.entry(event).or_default();
        room.used_at = Some(now);
        count(&mut room.joins, now);
    }
}

impl Past {
    /// Where newcomers came in within the last minute, and how many.
    pub(super) fn arrivals(&self, now: Stamp) -> Vec<(EventId, usize)> {
        let kept = self.kept();
        let recent = |room: &Room| room.joins.iter().filter(|at| now.ms() - at.ms() < MINUTE_MS).count();
        let counts = kept.rooms.iter().map(|(event, room)| (*event, recent(room)));
        counts.filter(|(_, count)| *count > 0).collect()
    }
}

impl Kept {
    /// Lets go of what no rule asks about any more, and of everything if that is not half of it: else the next to speak
    /// would have all of it gone through again.
    fn make_room(&mut self, now: Stamp) {
        let oldest = now.plus_ms(-i64::from(PAST_MAX_SECONDS) * 1_000);
        if self.authors.len() >= AUTHORS {
            self.authors
                .retain(|_, author| author.spoke_at.is_some_and(|at| at > oldest));
            if self.authors.len() > AUTHORS / 2 {
                self.authors.clear();
            }
        }
        if self.rooms.len() >= EVENTS {
            self.rooms.retain(|_, room| room.used_at.is_some_and(|at| at > oldest));
            if self.rooms.len() > EVENTS / 2 {
                self.rooms.clear();
            }
        }
    }
}

//! What one room has to be told of reading and delivery. Pure but for the instants it is given.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use super::Word;
use crate::domain::{
    UserId,
    entry::ReceiptChanged,
    receipt::{Handed, Receipt, Telling},
};

/// A room is told at most once in this time.
pub(super) const QUIET: Duration = Duration::from_secs(1);
/// Readers in one frame; the others are in the next.
const READERS_AT_ONCE: usize = 100;
/// Readers who wait to be told. Those over it are found by asking.
const READERS_MOST: usize = 1_000;
/// After somebody sat down, so many looks at how far our seats have come: what was said before they came has come to them.
const LOOKS: u8 = 4;
/// Where receipts are not told, so many people's own devices are told between two tellings.
const ALONE_MOST: u32 = 20;

pub(super) struct Room {
    pub(super) telling: Telling,
    seats: u64,
    looks: u8,
    /// To be told to this instance's seats.
    readers: BTreeMap<UserId, Receipt>,
    /// To be told to the other instances.
    owed: BTreeMap<UserId, Receipt>,
    /// The latest message.
    said: u64,
    handed: Handed,
    /// What the other instances were told of our seats.
    handed_owed: Option<Handed>,
    handed_told: Handed,
    delivered_told: u64,
    alone: u32,
    told_at: Option<Instant>,
}

impl Room {
    pub(super) fn new(telling: Telling) -> Self {
        Self {
            telling,
            seats: 0,
            looks: 0,
            readers: BTreeMap::new(),
            owed: BTreeMap::new(),
            said: 0,
            handed: Handed::default(),
            handed_owed: None,
            handed_told: Handed::default(),
            delivered_told: 0,
            alone: 0,
            told_at: None,
        }
    }

    pub(super) fn opened(&mut self, telling: Telling) {
        self.telling = telling;
        self.seats += 1;
        self.looks = LOOKS;
    }

    pub(super) fn closed(&mut self) {
        self.seats = self.seats.saturating_sub(1);
    }

    /// Somebody's mark moved; the latest counts.
    pub(super) fn hear(&mut self, receipt: Receipt) {
        put(&mut self.readers, receipt);
    }

    /// The other instances have to hear it as well.
    pub(super) fn owe(&mut self, receipt: &Receipt) {
        put(&mut self.owed, receipt.clone());
    }

    /// Whether one more person's own devices may be told by themselves.
    pub(super) fn may_tell_alone(&mut self) -> bool {
        self.alone += 1;
        self.alone <= ALONE_MOST
    }

    pub(super) fn last_said(&mut self, seq: u64) {
        self.said = self.said.max(seq);
    }

    /// How far another instance's seats have come.
    pub(super) fn heard_of(&mut self, handed: &Handed) {
        self.handed.add(handed);
    }

    /// Up to where everything was handed to somebody else than its author.
    pub(super) fn delivered(&self) -> u64 {
        self.handed.by_another()
    }

    /// Whether to look how far our seats have come: something was said that nobody but its author is known to have, or
    /// somebody came who has it and whose neighbours on other instances wait for that.
    pub(super) fn is_looking(&self) -> bool {
        self.looks > 0 || self.said > self.delivered_told
    }

    pub(super) fn has_news(&self) -> bool {
        self.alone > 0 || !self.readers.is_empty() || !self.owed.is_empty() || self.is_looking()
    }

    /// What to tell the other instances, given how far our seats have come.
    pub(super) fn word(&mut self, handed: Option<Handed>, told: bool) -> Option<Word> {
        self.looks = self.looks.saturating_sub(1);
        let readers: Vec<Receipt> = std::mem::take(&mut self.owed).into_values().collect();
        if let Some(handed) = handed {
            self.handed.add(&handed);
            if handed != self.handed_told {
                self.handed_owed = Some(handed);
            }
        }
        let handed = self.handed_owed.take();
        if let Some(handed) = &handed {
            self.handed_told.clone_from(handed);
        }
        let word = Word { readers, handed };
        (told && (word.handed.is_some() || !word.readers.is_empty())).then_some(word)
    }

    /// What to tell our own seats now, if anything.
    pub(super) fn changes(&mut self, told: bool, now: Instant) -> Option<ReceiptChanged> {
        let quiet = self.told_at.is_some_and(|told| now.duration_since(told) < QUIET);
        if quiet {
            return None;
        }
        self.alone = 0;
        let delivered = self.delivered().min(self.said);
        if !told {
            // Whoever wants to know asks.
            self.readers.clear();
            self.delivered_told = self.delivered_told.max(delivered);
            self.told_at = Some(now);
            return None;
        }
        let is_news = delivered > self.delivered_told;
        if self.readers.is_empty() && !is_news {
            return None;
        }
        self.told_at = Some(now);
        self.delivered_told = self.delivered_told.max(delivered);
        let mut readers = Vec::new();
        while readers.len() < READERS_AT_ONCE
            && let Some((_, receipt)) = self.readers.pop_first()
        {
            readers.push(receipt);
        }
        Some(ReceiptChanged {
            readers,
            delivered_seq: is_news.then_some(delivered),
        })
    }

    /// Nobody here has to be told anything.
    pub(super) fn is_over(&self) -> bool {
        self.seats == 0 && self.owed.is_empty()
    }
}

fn put(waiting: &mut BTreeMap<UserId, Receipt>, receipt: Receipt) {
    if waiting.len() >= READERS_MOST && !waiting.contains_key(&receipt.user_id) {
        return;
    }
    let is_older = |known: &Receipt| known.seq >= receipt.seq;
    if !waiting.get(&receipt.user_id).is_some_and(is_older) {
        waiting.insert(receipt.user_id.clone(), receipt);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{MessageId, Stamp, room::Receipts};

    const TELLING: Telling = Telling {
        receipts: Receipts::Auto,
        small: 50,
    };

    fn receipt(user: &str, seq: u64) -> Receipt {
        Receipt {
            user_id: user.parse().unwrap(),
            message_id: MessageId::generate(),
            seq,
            read_at: Stamp::from_ms(0),
        }
    }

    fn handed(seats: &[(&str, u64)]) -> Handed {
        let mut handed = Handed::default();
        for (user, seq) in seats {
            handed.note(*seq, Some(&user.parse().unwrap()));
        }
        handed
    }

    #[test]
    fn a_room_hears_of_reading_and_delivery_together_and_once_a_second() {
        let (mut room, begun) = (Room::new(TELLING), Instant::now());
        let at = |ms: u64| begun + Duration::from_millis(ms);
        assert!(!room.has_news());
        room.last_said(7);
        room.word(Some(handed(&[("ana", 7)])), true).unwrap();
        assert_eq!(room.changes(true, at(0)), None, "only its author has it");
        room.heard_of(&handed(&[("ben", 9)]));
        for seq in [3, 7, 5] {
            room.hear(receipt("ben", seq));
        }
        let told = room.changes(true, at(10)).unwrap();
        assert_eq!(
            (told.readers[0].seq, told.readers.len(), told.delivered_seq),
            (7, 1, Some(7))
        );
        room.hear(receipt("cem", 7));
        assert_eq!(room.changes(true, at(500)), None, "too soon");
        let told = room.changes(true, at(1_010)).unwrap();
        assert_eq!((told.readers.len(), told.delivered_seq), (1, None));
        assert!(!room.has_news());
    }

    #[test]
    fn other_instances_hear_of_our_seats_once() {
        let mut room = Room::new(TELLING);
        room.last_said(7);
        let seats = handed(&[("ana", 7), ("ben", 7)]);
        assert_eq!(
            room.word(Some(seats.clone()), true).unwrap().handed,
            Some(seats.clone())
        );
        assert!(room.word(Some(seats), true).is_none());
    }

    #[test]
    fn a_big_room_is_told_nothing_and_keeps_nothing() {
        let (mut room, now) = (Room::new(TELLING), Instant::now());
        room.last_said(7);
        for number in 0..2_000 {
            room.hear(receipt(&format!("fan{number}"), 7));
            room.owe(&receipt(&format!("fan{number}"), 7));
        }
        assert_eq!((room.readers.len(), room.owed.len()), (READERS_MOST, READERS_MOST));
        assert!(room.word(Some(handed(&[("ana", 7), ("ben", 7)])), false).is_none());
        assert_eq!(room.changes(false, now), None);
        assert!(!room.has_news());
        let alone = (0..100).filter(|_| room.may_tell_alone()).count();
        assert_eq!(alone, 20);
    }
}

//! How far people have read, and how far what was said has come.

use serde::{Deserialize, Serialize};

use super::{MessageId, Stamp, UserId, event::EventSettings, presence::PresenceCounts, room::Receipts};

/// Up to where one person has read an event: one mark a person, not one a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
pub struct Receipt {
    pub user_id: UserId,
    /// The latest message they have read.
    pub message_id: MessageId,
    /// Its place in the log: whatever stands there or before it has been read.
    pub seq: u64,
    pub read_at: Stamp,
}

/// Whether a room tells everybody who has read how far: as its settings say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Telling {
    pub receipts: Receipts,
    /// Up to so many people make a small room. In bigger ones it would be noise, and costly.
    pub small: u32,
}

impl Telling {
    #[must_use]
    pub const fn of(settings: &EventSettings) -> Self {
        Self {
            receipts: settings.room.receipts,
            small: settings.small_room_users,
        }
    }

    /// With so many people in it. A crowd without names makes a room as big as one with names; two streams each are
    /// granted.
    #[must_use]
    pub const fn goes_on(self, here: PresenceCounts) -> bool {
        match self.receipts {
            Receipts::On => true,
            Receipts::Off => false,
            Receipts::Auto => here.users <= self.small as u64 && here.viewers <= 2 * self.small as u64,
        }
    }
}

/// Who was handed how much of a public log, as far as authors care: was it anybody but themselves?
///
/// Of all people the one who was handed most and the next one are enough to know, whoever the author is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Handed {
    anonymous: u64,
    most: Option<(u64, UserId)>,
    /// Of the others; never the same person.
    next: Option<(u64, UserId)>,
}

impl Handed {
    /// One more was handed everything up to `seq`; `None` is somebody without a name.
    pub fn note(&mut self, seq: u64, user: Option<&UserId>) {
        let Some(user) = user else {
            self.anonymous = self.anonymous.max(seq);
            return;
        };
        let place = |of: &Option<(u64, UserId)>| of.as_ref().map_or(0, |(seq, _)| *seq);
        let is = |of: &Option<(u64, UserId)>| of.as_ref().is_some_and(|(_, known)| known == user);
        let new = || Some((seq, user.clone()));
        if is(&self.most) {
            if seq > place(&self.most) {
                self.most = new();
            }
        } else if seq > place(&self.most) || self.most.is_none() {
            self.next = std::mem::replace(&mut self.most, new());
        } else if seq > place(&self.next) || self.next.is_none() {
            self.next = new();
        }
    }

    /// What another instance knows.
    pub fn add(&mut self, other: &Self) {
        self.note(other.anonymous, None);
        for (seq, user) in [&other.most, &other.next].into_iter().flatten() {
            self.note(*seq, Some(user));
        }
    }

    /// Up to here at least two people with a name were handed it.
    #[must_use]
    pub fn by_two(&self) -> u64 {
        self.next.as_ref().map_or(0, |(seq, _)| *seq)
    }

    /// Up to here somebody else than its author was handed every message, whoever wrote it.
    #[must_use]
    pub fn by_another(&self) -> u64 {
        self.by_two().max(self.anonymous)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handed(seats: &[(&str, u64)]) -> Handed {
        let mut handed = Handed::default();
        for (user, seq) in seats {
            let user: Option<UserId> = (!user.is_empty()).then(|| user.parse().unwrap());
            handed.note(*seq, user.as_ref());
        }
        handed
    }

    #[test]
    fn a_message_has_come_when_somebody_but_its_author_was_handed_it() {
        for (seats, by_another) in [
            (&[][..], 0),
            (&[("ana", 9)], 0),
            (&[("ana", 9), ("ana", 12)], 0),
            (&[("ana", 9), ("ben", 7)], 7),
            (&[("ben", 7), ("ana", 9)], 7),
            (&[("ben", 7), ("ana", 9), ("ben", 11)], 9),
            (&[("ben", 7), ("ana", 9), ("cem", 8)], 8),
            (&[("ben", 7), ("ana", 9), ("ana", 3)], 7),
            (&[("ana", 9), ("", 4)], 4),
            (&[("ana", 9), ("ben", 5), ("", 8)], 8),
            (&[("ana", 9), ("ben", 9), ("cem", 9)], 9),
        ] {
            assert_eq!(handed(seats).by_another(), by_another, "{seats:?}");
        }
    }

    #[test]
    fn what_instances_know_adds_up_to_what_one_would_know() {
        let seats = [("ana", 9), ("ben", 4), ("ana", 12), ("", 3), ("cem", 11), ("ben", 12)];
        for cut in 0..=seats.len() {
            let (here, there) = seats.split_at(cut);
            let mut both = handed(here);
            both.add(&handed(there));
            both.add(&handed(there));
            assert_eq!(both.by_another(), handed(&seats).by_another(), "cut at {cut}");
        }
    }

    #[test]
    fn receipts_are_told_in_small_rooms() {
        use Receipts as R;
        for (viewers, users, receipts, told) in [
            (50, 50, R::Auto, true),
            (100, 50, R::Auto, true),
            (51, 51, R::Auto, false),
            (101, 3, R::Auto, false),
            (90_000, 70_000, R::On, true),
            (2, 2, R::Off, false),
        ] {
            let telling = Telling { receipts, small: 50 };
            let here = PresenceCounts { viewers, users };
            assert_eq!(telling.goes_on(here), told, "{here:?} {receipts:?}");
        }
    }
}

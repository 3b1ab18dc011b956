//! One event's people, and what to tell of them. Pure but for the instants it is given.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    time::{Duration, Instant},
};

use crate::domain::{
    Stamp, UserId,
    entry::PresenceChanged,
    presence::{Attendance, PresenceCounts, PresenceStatus},
    user::User,
};

/// A room is told at most once in this time.
pub(super) const QUIET: Duration = Duration::from_secs(1);
/// Who comes back within this time never left.
pub(super) const GRACE: Duration = Duration::from_secs(5);
/// Default of `settings.small_room_users`, until the event is known.
const SMALL: u64 = 50;

pub(super) struct Room {
    people: BTreeMap<UserId, Person>,
    anonymous: u64,
    /// Open streams, anonymous ones included.
    seats: u64,
    /// Users whose last stream has closed; looked at for the end of their grace.
    leaving: BTreeMap<UserId, Instant>,
    joined: BTreeMap<UserId, User>,
    left: BTreeSet<UserId>,
    dirty: bool,
    told_at: Option<Instant>,
    pub(super) small: u64,
}

struct Person {
    user: User,
    seats: u64,
    status: PresenceStatus,
    since_at: Stamp,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            people: BTreeMap::new(),
            anonymous: 0,
            seats: 0,
            leaving: BTreeMap::new(),
            joined: BTreeMap::new(),
            left: BTreeSet::new(),
            dirty: false,
            told_at: None,
            small: SMALL,
        }
    }
}

impl Room {
    pub(super) fn enter(&mut self, user: Option<&User>, now: Stamp) {
        self.dirty = true;
        self.seats += 1;
        let Some(user) = user else {
            self.anonymous += 1;
            return;
        };
        self.leaving.remove(&user.id);
        let person = self.people.entry(user.id.clone()).or_insert_with(|| {
            if !self.left.remove(&user.id) {
                self.joined.insert(user.id.clone(), user.clone());
            }
            Person {
                user: user.clone(),
                seats: 0,
                status: PresenceStatus::Online,
                since_at: now,
            }
        });
        person.user.clone_from(user);
        person.status = PresenceStatus::Online;
        person.seats += 1;
    }

    pub(super) fn leave(&mut self, user: Option<&UserId>, now: Instant) {
        self.dirty = true;
        self.seats = self.seats.saturating_sub(1);
        let Some(user) = user else {
            self.anonymous = self.anonymous.saturating_sub(1);
            return;
        };
        if let Some(person) = self.people.get_mut(user) {
            person.seats = person.seats.saturating_sub(1);
            if person.seats == 0 {
                self.leaving.insert(user.clone(), now);
            }
        }
    }

    pub(super) fn set_status(&mut self, user: &UserId, status: PresenceStatus) -> bool {
        let Some(person) = self.people.get_mut(user) else {
            return false;
        };
        self.dirty |= person.status != status;
        person.status = status;
        true
    }

    /// Whoever is in their grace is still counted, as one viewer.
    pub(super) fn counts(&self) -> PresenceCounts {
        PresenceCounts {
            viewers: self.seats + self.leaving.len() as u64,
            users: self.people.len() as u64,
        }
    }

    pub(super) fn page(&self, after: Option<&UserId>, limit: usize) -> Vec<Attendance> {
        let from = after.map_or(Bound::Unbounded, |after| Bound::Excluded(after.clone()));
        let people = self.people.range((from, Bound::Unbounded)).take(limit);
        people
            .map(|(_, person)| Attendance {
                user: person.user.clone(),
                status: person.status,
                since_at: person.since_at,
            })
            .collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.people.is_empty() && self.seats == 0 && !self.dirty
    }

    /// What to tell now, if anything.
    pub(super) fn changes(&mut self, now: Instant) -> Option<PresenceChanged> {
        self.miss(now);
        let quiet = self.told_at.is_some_and(|told| now.duration_since(told) < QUIET);
        if !self.dirty || quiet {
            return None;
        }
        (self.dirty, self.told_at) = (false, Some(now));
        let (joined, left) = (std::mem::take(&mut self.joined), std::mem::take(&mut self.left));
        let counts = self.counts();
        let one_by_one = counts.users <= self.small;
        Some(PresenceChanged {
            counts,
            joined: Some(joined.into_values().collect::<Vec<_>>()).filter(|users| one_by_one && !users.is_empty()),
            left: Some(left.into_iter().collect::<Vec<_>>()).filter(|users| one_by_one && !users.is_empty()),
        })
    }

    /// Those whose grace has ended are gone.
    fn miss(&mut self, now: Instant) {
        let gone = self
            .leaving
            .extract_if(.., |_, since| now.duration_since(*since) >= GRACE);
        for (user, _) in gone {
            self.people.remove(&user);
            self.dirty = true;
            // Whoever came and went between two tellings is not worth one.
            if self.joined.remove(&user).is_none() {
                self.left.insert(user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> User {
        User {
            id: name.parse().unwrap(),
            name: name.into(),
            avatar_url: None,
            badges: vec![],
            guest: false,
        }
    }

    fn told(room: &mut Room, at: Instant) -> Option<(u64, u64, usize, usize)> {
        let changed = room.changes(at)?;
        let counts = changed.counts;
        Some((
            counts.viewers,
            counts.users,
            changed.joined.map_or(0, |users| users.len()),
            changed.left.map_or(0, |ids| ids.len()),
        ))
    }

    #[test]
    fn two_devices_are_one_participant_and_a_reconnect_is_invisible() {
        let (start, stamp, ana) = (Instant::now(), Stamp::from_ms(0), user("ana"));
        let mut room = Room::default();
        room.enter(Some(&ana), stamp);
        room.enter(Some(&ana), stamp);
        room.enter(None, stamp);
        assert_eq!(told(&mut room, start), Some((3, 1, 1, 0)));
        room.leave(Some(&ana.id), start);
        room.leave(Some(&ana.id), start);
        assert_eq!(told(&mut room, start + QUIET), Some((2, 1, 0, 0)), "in her grace");
        room.enter(Some(&ana), stamp);
        assert_eq!(told(&mut room, start + GRACE * 2), Some((2, 1, 0, 0)), "she never left");
        room.leave(Some(&ana.id), start + GRACE * 2);
        assert_eq!(told(&mut room, start + GRACE * 3), Some((1, 0, 0, 1)));
        room.leave(None, start);
        assert_eq!(told(&mut room, start + GRACE * 4), Some((0, 0, 0, 0)));
        assert!(room.is_empty());
    }

    #[test]
    fn a_room_is_told_at_most_once_a_second_and_large_rooms_only_counts() {
        let (start, stamp) = (Instant::now(), Stamp::from_ms(0));
        let mut room = Room {
            small: 2,
            ..Room::default()
        };
        room.enter(Some(&user("ana")), stamp);
        assert!(told(&mut room, start).is_some());
        for name in ["ben", "cem", "dua"] {
            room.enter(Some(&user(name)), stamp);
        }
        assert_eq!(told(&mut room, start + QUIET / 2), None);
        assert_eq!(told(&mut room, start + QUIET), Some((4, 4, 0, 0)));
        assert_eq!(told(&mut room, start + QUIET * 2), None, "nothing changed");
    }
}

//! One event's people as the room sees them, and what to tell of them. Pure but for the instants it is given.
//!
//! The room sees what this instance knows (`here.rs`), or what all instances know together (`together.rs`) where there
//! are several and they can hear each other.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use super::{here::Here, together::Together};
use crate::domain::{
    Stamp, UserId,
    entry::{BadgesChanged, PresenceChanged},
    mention,
    presence::{PresenceCounts, PresenceStatus},
    user::User,
};

/// A room is told at most once in this time.
pub(super) const QUIET: Duration = Duration::from_secs(1);
/// Default of `settings.small_room_users`, until the event is known.
const SMALL: u64 = 50;

pub(super) struct Room {
    pub(super) here: Here,
    /// `None` for an instance alone.
    pub(super) together: Option<Together>,
    joined: BTreeMap<UserId, User>,
    left: BTreeSet<UserId>,
    pub(super) dirty: bool,
    told_at: Option<Instant>,
    pub(super) small: u64,
}

impl Room {
    pub(super) fn new(together: Option<Together>) -> Self {
        Self {
            here: Here::default(),
            together,
            joined: BTreeMap::new(),
            left: BTreeSet::new(),
            dirty: false,
            told_at: None,
            small: SMALL,
        }
    }

    /// Whether the room sees only what this instance knows.
    fn is_alone(&self) -> bool {
        self.together.as_ref().is_none_or(Together::is_alone)
    }

    /// Whether other instances may know more, who were not heard yet.
    pub(super) fn is_fresh(&self) -> bool {
        self.together.as_ref().is_some_and(Together::is_fresh)
    }

    pub(super) fn is_forsaken(&self) -> bool {
        self.together.as_ref().is_some_and(Together::is_forsaken)
    }

    /// Those whose folded name is one of these: whoever is on this instance, and in a small room on any.
    pub(super) fn called(&self, names: &[String]) -> Vec<User> {
        let elsewhere = self.together.iter().flat_map(Together::people);
        let elsewhere = elsewhere.filter(|user| names.contains(&mention::fold(&user.name)));
        let here = names.iter().filter_map(|name| self.here.called(name));
        elsewhere.chain(here).cloned().collect()
    }

    pub(super) fn person(&self, id: &UserId) -> Option<User> {
        let here = self.here.find(id).map(|(_, attendance)| attendance.user);
        let elsewhere = || {
            self.together
                .iter()
                .flat_map(Together::people)
                .find(|user| user.id == *id)
                .cloned()
        };
        here.or_else(elsewhere)
    }

    pub(super) fn enter(&mut self, user: Option<&User>, now: Stamp) {
        let is_new = self.here.enter(user, now);
        if let (Some(together), Some(user)) = (&mut self.together, user) {
            together.owe(&user.id, true);
        }
        if self.is_alone() {
            self.dirty = true;
            if let Some(user) = user.filter(|_| is_new) {
                self.has_joined(user);
            }
        }
    }

    pub(super) fn leave(&mut self, user: Option<&UserId>, now: Instant) {
        self.here.leave(user, now);
        if let (Some(together), Some(user)) = (&mut self.together, user) {
            together.owe(user, false);
        }
        self.dirty |= self.is_alone();
    }

    /// False: they are not here.
    pub(super) fn set_status(&mut self, user: &UserId, status: PresenceStatus) -> bool {
        let Some(is_news) = self.here.set_status(user, status) else {
            return false;
        };
        if let Some(together) = &mut self.together {
            together.owe(user, true);
        }
        self.dirty |= is_news && self.is_alone();
        true
    }

    /// Somebody's card changes while they are here.
    pub(super) fn award(&mut self, changed: &BadgesChanged) {
        let user = &changed.awards.user_id;
        if self.here.award(changed)
            && let Some(together) = &mut self.together
        {
            together.owe(user, true);
        }
        if let Some(joined) = self.joined.get_mut(user)
            && let Some((_, attendance)) = self.here.find(user)
        {
            joined.clone_from(&attendance.user);
        }
    }

    fn has_joined(&mut self, user: &User) {
        if !self.left.remove(&user.id) {
            self.joined.insert(user.id.clone(), user.clone());
        }
    }

    fn has_left(&mut self, user: UserId) {
        // Whoever came and went between two tellings is not worth one.
        if self.joined.remove(&user).is_none() {
            self.left.insert(user);
        }
    }

    /// The room sees `now` where it saw `before`.
    pub(super) fn sees(&mut self, before: &BTreeMap<UserId, User>, now: &BTreeMap<UserId, User>) {
        for (_, user) in now.iter().filter(|(id, _)| !before.contains_key(id)) {
            self.has_joined(user);
        }
        for id in before.keys().filter(|id| !now.contains_key(id)) {
            self.has_left(id.clone());
        }
        self.dirty = true;
    }

    /// The room sees for the first time that these were here before they came to this instance.
    pub(super) fn knew(&mut self, ids: &BTreeSet<UserId>) {
        self.joined.retain(|id, _| !ids.contains(id));
    }

    pub(super) fn counts(&self) -> PresenceCounts {
        let seen = self.together.as_ref().and_then(Together::counts);
        seen.unwrap_or_else(|| self.here.counts())
    }

    pub(super) fn is_empty(&self) -> bool {
        let is_written = self.together.as_ref().is_some_and(Together::is_written);
        self.here.is_empty() && !self.dirty && !is_written
    }

    /// What to tell now, if anything.
    pub(super) fn changes(&mut self, now: Instant) -> Option<PresenceChanged> {
        let gone = self.here.miss(now);
        let is_alone = self.is_alone();
        for user in gone {
            if let Some(together) = &mut self.together {
                together.owe(&user, false);
            }
            if is_alone {
                self.dirty = true;
                self.has_left(user);
            }
        }
        let quiet = self.told_at.is_some_and(|told| now.duration_since(told) < QUIET);
        let waits = self.together.as_ref().is_some_and(|together| together.waits(now));
        if !self.dirty || quiet || waits {
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::presence::here::GRACE;

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
        let mut room = Room::new(None);
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
        let mut room = Room::new(None);
        room.small = 2;
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

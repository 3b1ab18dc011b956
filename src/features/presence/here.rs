//! One event's people on this instance. Pure but for the instants it is given.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    time::{Duration, Instant},
};

use crate::domain::{
    Stamp, UserId,
    entry::BadgesChanged,
    mention,
    presence::{Attendance, PresenceCounts, PresenceStatus},
    user::User,
};

/// Who comes back within this time never left.
pub(super) const GRACE: Duration = Duration::from_secs(5);

#[derive(Default)]
pub(super) struct Here {
    people: BTreeMap<UserId, Person>,
    /// The same by their folded names.
    names: BTreeSet<(String, UserId)>,
    /// Open streams, anonymous ones included.
    seats: u64,
    /// Users whose last stream has closed; looked at for the end of their grace.
    leaving: BTreeMap<UserId, Instant>,
}

struct Person {
    user: User,
    seats: u64,
    status: PresenceStatus,
    since_at: Stamp,
}

impl Here {
    /// Another stream; true if it brings somebody who was not here.
    pub(super) fn enter(&mut self, user: Option<&User>, now: Stamp) -> bool {
        self.seats += 1;
        let Some(user) = user else { return false };
        self.leaving.remove(&user.id);
        let known_as = self.people.get(&user.id).map(|person| &person.user.name);
        let is_new = known_as.is_none();
        if known_as != Some(&user.name) {
            let before = known_as.map(|name| (mention::fold(name), user.id.clone()));
            before.map(|before| self.names.remove(&before));
            self.names.insert((mention::fold(&user.name), user.id.clone()));
        }
        let person = self.people.entry(user.id.clone()).or_insert_with(|| Person {
            user: user.clone(),
            seats: 0,
            status: PresenceStatus::Online,
            since_at: now,
        });
        person.user.clone_from(user);
        person.status = PresenceStatus::Online;
        person.seats += 1;
        is_new
    }

    pub(super) fn leave(&mut self, user: Option<&UserId>, now: Instant) {
        self.seats = self.seats.saturating_sub(1);
        if let Some(user) = user
            && let Some(person) = self.people.get_mut(user)
        {
            person.seats = person.seats.saturating_sub(1);
            if person.seats == 0 {
                self.leaving.insert(user.clone(), now);
            }
        }
    }

    /// Those whose grace has ended are gone.
    pub(super) fn miss(&mut self, now: Instant) -> Vec<UserId> {
        let gone = self
            .leaving
            .extract_if(.., |_, since| now.duration_since(*since) >= GRACE);
        let gone: Vec<UserId> = gone.map(|(user, _)| user).collect();
        for user in &gone {
            if let Some(person) = self.people.remove(user) {
                self.names.remove(&(mention::fold(&person.user.name), user.clone()));
            }
        }
        gone
    }

    /// Whether a user who is here looks. `None`: they are not here. Otherwise whether that is news.
    pub(super) fn set_status(&mut self, user: &UserId, status: PresenceStatus) -> Option<bool> {
        let person = self.people.get_mut(user)?;
        let is_news = person.status != status;
        person.status = status;
        Some(is_news)
    }

    /// A badge comes to the card of somebody who is here, or goes. False: they are not here, or it was so before.
    pub(super) fn award(&mut self, changed: &BadgesChanged) -> bool {
        let Some(person) = self.people.get_mut(&changed.awards.user_id) else {
            return false;
        };
        let badges = &mut person.user.badges;
        let has = badges.contains(&changed.badge);
        if has && !changed.given {
            badges.retain(|badge| *badge != changed.badge);
        } else if changed.given && !has {
            badges.push(changed.badge.clone());
        }
        has != changed.given
    }

    /// Whoever is in their grace is still counted, as one viewer.
    pub(super) fn counts(&self) -> PresenceCounts {
        PresenceCounts {
            viewers: self.seats + self.leaving.len() as u64,
            users: self.people.len() as u64,
        }
    }

    pub(super) fn seats(&self) -> u64 {
        self.seats
    }

    /// How many streams they have here, and how they look to others. `None`: they are not here.
    pub(super) fn find(&self, user: &UserId) -> Option<(u64, Attendance)> {
        self.people.get(user).map(|person| (person.seats, person.attendance()))
    }

    pub(super) fn users(&self) -> impl Iterator<Item = &User> {
        self.people.values().map(|person| &person.user)
    }

    /// Somebody here whose folded name that is.
    pub(super) fn called(&self, name: &str) -> Option<&User> {
        let (found, user) = self.names.range((name.to_owned(), UserId::before_all())..).next()?;
        self.people
            .get(user)
            .filter(|_| found == name)
            .map(|person| &person.user)
    }

    pub(super) fn page(&self, after: Option<&UserId>, limit: usize) -> Vec<Attendance> {
        let from = after.map_or(Bound::Unbounded, |after| Bound::Excluded(after.clone()));
        let people = self.people.range((from, Bound::Unbounded)).take(limit);
        people.map(|(_, person)| person.attendance()).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.people.is_empty() && self.seats == 0
    }
}

impl Person {
    fn attendance(&self) -> Attendance {
        Attendance {
            user: self.user.clone(),
            status: self.status,
            since_at: self.since_at,
        }
    }
}

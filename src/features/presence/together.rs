//! What all instances know of an event together, as this one last heard it; and what this one still has to say.
//!
//! While the others cannot be heard, the room goes on seeing what was heard last for as long as a short trouble lasts,
//! then what this instance knows by itself. It comes back to the common view only after the others had time to say
//! theirs again, so that nobody seems to leave who has only not been written down yet.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use super::{here::Here, room::Room};
use crate::{
    concourse::{CHANGES_AT_ONCE, Change, Changes, Part, Said, Sum},
    domain::{
        UserId,
        presence::{Attendance, PresenceCounts},
        user::User,
    },
};

/// Rooms without news are looked at this often: others may have some.
const LOOK: Duration = Duration::from_secs(1);
/// What was heard last holds so long.
const HOLD: Duration = Duration::from_secs(5);
/// After a trouble the others need so long to say everything again.
const SETTLE: Duration = Duration::from_secs(2);
/// What is written is renewed this often.
const RENEW: Duration = Duration::from_secs(20);

#[derive(Default)]
pub(super) struct Together {
    part: Part,
    /// Held while this room is spoken of, so that batches go one after the other.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// Of whom something has to be said; true: with their card.
    untold: BTreeMap<UserId, bool>,
    told_seats: u64,
    view: View,
    asked_at: Option<Instant>,
    heard_at: Option<Instant>,
    renewed_at: Option<Instant>,
    /// Until then what is heard is not believed.
    settles: Option<Instant>,
    opened_at: Option<Instant>,
}

impl Together {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            opened_at: Some(now),
            ..Self::default()
        }
    }

    pub(super) fn turn(&self) -> Arc<tokio::sync::Mutex<()>> {
        Arc::clone(&self.turn)
    }

    pub(super) fn is_alone(&self) -> bool {
        !matches!(self.view, View::Common(..))
    }

    pub(super) fn is_fresh(&self) -> bool {
        matches!(self.view, View::Fresh)
    }

    /// The others were heard once, and are not any more.
    pub(super) fn is_forsaken(&self) -> bool {
        matches!(self.view, View::Alone)
    }

    pub(super) fn is_written(&self) -> bool {
        self.part.is_written()
    }

    pub(super) fn counts(&self) -> Option<PresenceCounts> {
        match &self.view {
            View::Common(sum, _) => Some((*sum).into()),
            View::Fresh | View::Alone => None,
        }
    }

    /// Those of the common view, where they are few.
    pub(super) fn people(&self) -> impl Iterator<Item = &User> {
        let people = match &self.view {
            View::Common(_, people) => people.as_ref(),
            View::Fresh | View::Alone => None,
        };
        people.into_iter().flat_map(BTreeMap::values)
    }

    /// A room that was just opened may wait for a moment until it knows what the others know.
    pub(super) fn waits(&self, now: Instant) -> bool {
        let is_young = self.opened_at.is_some_and(|opened| now.duration_since(opened) < LOOK);
        is_young && matches!(self.view, View::Fresh)
    }

    pub(super) fn owe(&mut self, user: &UserId, card: bool) {
        *self.untold.entry(user.clone()).or_default() |= card;
    }

    /// Whether there is something to say, or it is time to listen.
    pub(super) fn is_due(&self, here: &Here, now: Instant) -> Due {
        if !self.untold.is_empty() || here.seats() != self.told_seats || (here.is_empty() && self.is_written()) {
            Due::Now
        } else {
            match self.asked_at {
                None => Due::Now,
                Some(asked) if now.duration_since(asked) >= LOOK => Due::InTurn(asked),
                Some(_) => Due::Later,
            }
        }
    }
}

/// What the room sees.
#[derive(Default)]
enum View {
    /// What this instance knows, because nothing was heard yet.
    #[default]
    Fresh,
    /// What this instance knows, because the others cannot be heard any more.
    Alone,
    /// What all know together; by name, if they are few.
    Common(Sum, Option<BTreeMap<UserId, User>>),
}

/// When a room is to be spoken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Now,
    /// It was last spoken of then.
    InTurn(Instant),
    Later,
}

/// A batch on its way.
pub(super) struct Outgoing {
    pub(super) part: Part,
    pub(super) changes: Changes,
}

/// What to do after a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Done,
    /// There is more to say.
    More,
    /// Others are here than the room has seen, and they are few enough to be named.
    List(Sum),
}

impl Room {
    /// The next batch to say, or just a look.
    pub(super) fn outgoing(&mut self, now: Instant) -> Option<Outgoing> {
        let together = self.together.as_mut()?;
        let mut changes = Changes {
            streams: self.here.seats(),
            ..Changes::default()
        };
        while changes.people.len() < CHANGES_AT_ONCE
            && let Some((user, card)) = together.untold.pop_first()
        {
            let change = match self.here.find(&user) {
                Some((seats, attendance)) => Change::Here(seats, card.then_some(attendance)),
                None => Change::Gone,
            };
            changes.people.push((user, change));
        }
        changes.nobody_left = together.untold.is_empty() && self.here.is_empty();
        changes.renew = together
            .renewed_at
            .is_none_or(|renewed| now.duration_since(renewed) >= RENEW);
        together.asked_at = Some(now);
        let part = together.part.clone();
        Some(Outgoing { part, changes })
    }

    /// The batch was said, whatever came of it.
    pub(super) fn said<E>(&mut self, sent: Outgoing, said: &Result<Said, E>, now: Instant) -> Next {
        let Some(together) = &mut self.together else {
            return Next::Done;
        };
        together.part = sent.part;
        match said {
            Ok(Said::Heard(sum)) => {
                together.told_seats = sent.changes.streams;
                if sent.changes.renew {
                    together.renewed_at = Some(now);
                }
                if !together.untold.is_empty() {
                    return Next::More;
                }
                self.hears(*sum, now)
            }
            Ok(Said::Forgotten) => {
                together
                    .untold
                    .extend(self.here.users().map(|user| (user.id.clone(), true)));
                together.told_seats = 0;
                together.renewed_at = None;
                if !matches!(together.view, View::Fresh) {
                    together.settles = Some(now + SETTLE);
                }
                Next::More
            }
            Err(_) => {
                for (user, change) in &sent.changes.people {
                    together.owe(user, matches!(change, Change::Here(_, Some(_))));
                }
                self.hears_nothing(now);
                Next::Done
            }
        }
    }

    fn hears(&mut self, sum: Sum, now: Instant) -> Next {
        let Some(together) = &mut self.together else {
            return Next::Done;
        };
        together.heard_at = Some(now);
        if matches!(together.view, View::Alone) && together.settles.is_none() {
            together.settles = Some(now + SETTLE);
        }
        if together.settles.is_some_and(|settled| now < settled) || self.here.is_empty() {
            return Next::Done;
        }
        together.settles = None;
        if matches!(&together.view, View::Common(seen, _) if seen.version == sum.version) {
            return Next::Done;
        }
        if sum.users <= self.small {
            return Next::List(sum);
        }
        together.view = View::Common(sum, None);
        self.dirty = true;
        Next::Done
    }

    /// Those who are here, by name, when there were so many.
    pub(super) fn lists(&mut self, sum: Sum, people: &[Attendance]) {
        let Some(together) = &mut self.together else { return };
        let names = by_id(people.iter().map(|person| &person.user));
        let view = View::Common(sum, Some(names.clone()));
        self.dirty = true;
        match std::mem::replace(&mut together.view, view) {
            View::Common(_, Some(before)) => self.sees(&before, &names),
            // Too many to be told of.
            View::Common(_, None) => {}
            View::Alone => self.sees(&by_id(self.here.users()), &names),
            View::Fresh => {
                let earlier = people.iter().filter(|person| {
                    let own = self.here.find(&person.user.id);
                    own.is_some_and(|(_, own)| person.since_at < own.since_at)
                });
                let earlier: BTreeSet<UserId> = earlier.map(|person| person.user.id.clone()).collect();
                self.knew(&earlier);
            }
        }
    }

    /// The others cannot be heard.
    fn hears_nothing(&mut self, now: Instant) {
        let Some(together) = &mut self.together else { return };
        let holds = together.heard_at.is_some_and(|heard| now.duration_since(heard) < HOLD);
        if holds && !together.is_alone() || together.waits(now) {
            return;
        }
        // What is not said now is said anew later, with everything else.
        together.untold.clear();
        together.told_seats = self.here.seats();
        together.part.doubt();
        let view = std::mem::replace(&mut together.view, View::Alone);
        if let View::Common(_, people) = view {
            self.dirty = true;
            if let Some(before) = people
                && self.here.counts().users <= self.small
            {
                self.sees(&before, &by_id(self.here.users()));
            }
        }
    }
}

fn by_id<'a>(users: impl Iterator<Item = &'a User>) -> BTreeMap<UserId, User> {
    users.map(|user| (user.id.clone(), user.clone())).collect()
}

//! Who is in an event, over all instances: exact counts, and pages of people in order.
//!
//! Each instance says whom it has, in batches; Redis counts together, in steps that are whole or not at all
//! (`lua/change.lua`). People are counted when they come or go, never by going through lists, so that a room of many
//! thousands costs no more to look at than a small one. What an instance says is absolute ("Ana has two streams here"),
//! so that saying it twice does no harm, and carries a version, so that a Redis that forgot it finds out. Whoever notices
//! that an instance is gone takes its people off (`lua/sweep.lua`), some at a time, so that no step holds Redis up.
//!
//! An instance alone has nobody to share with: there is no roll then, and it knows by itself.

use std::sync::{Arc, Mutex, PoisonError};

use super::{names::Names, roster::Roster};
use crate::{
    domain::{
        EventId, Stamp, UserId,
        presence::{Attendance, PresenceCounts, PresenceStatus},
    },
    redis::{Error, Redis, Script},
};

/// Changes written with one command; each costs Redis a few microseconds.
pub const CHANGES_AT_ONCE: usize = 256;
/// What nobody renews ends by itself.
const TTL_MS: u64 = 120_000;
/// Steps of clearing up between two beats, so that the beat itself is not late.
const SWEEPS_AT_ONCE: usize = 400;
/// Instances that may be gone, remembered until the next beat says so. More are found again when they are seen again.
const SUSPECTS_MOST: usize = 4_096;

/// What an instance has written of one event.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// Under which name.
    name: Option<Arc<str>>,
    /// Moves on with each batch; 0: nothing is there.
    version: u64,
    in_doubt: bool,
}

/// A batch of changes at this instance.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// At most [`CHANGES_AT_ONCE`].
    pub people: Vec<(UserId, Change)>,
    /// All streams here, anonymous ones included.
    pub streams: u64,
    /// With these changes nobody is left here, not even in their grace.
    pub nobody_left: bool,
    /// Also lets everything live on for a while.
    pub renew: bool,
}

/// What became of one person at this instance.
#[derive(Debug, Clone)]
pub enum Change {
    /// They have so many streams here; 0: none, but they are not missed yet. With the card, if it is new.
    Here(u64, Option<Attendance>),
    Gone,
}

/// How many are in an event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    pub users: u64,
    pub viewers: u64,
    /// Moves on whenever anything changes.
    pub version: u64,
}

/// What became of saying it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    Heard(Sum),
    /// What this instance said before is not there any more. Begin anew, from version 0, with everybody.
    Forgotten,
}

/// The shared roll of all events. A cheap clone.
#[derive(Clone)]
pub struct Roll(Arc<Inner>);

struct Inner {
    redis: Redis,
    names: Names,
    roster: Roster,
    sync: Script,
    sweep: Script,
    page: Script,
    status: Script,
    /// Instances that have a part in an event and are on no list of the living.
    suspects: Mutex<Vec<(EventId, String)>>,
}

impl Roll {
    pub(super) fn new(redis: Redis, names: Names, roster: Roster) -> Self {
        let sync = concat!(include_str!("lua/change.lua"), include_str!("lua/sync.lua"));
        let sweep = concat!(include_str!("lua/change.lua"), include_str!("lua/sweep.lua"));
        Self(Arc::new(Inner {
            redis,
            names,
            roster,
            sync: Script::new(sync),
            sweep: Script::new(sweep),
            page: Script::new(include_str!("lua/page.lua")),
            status: Script::new(include_str!("lua/status.lua")),
            suspects: Mutex::default(),
        }))
    }

    /// Says what changed here, if anything, and hears how many there are in all.
    pub async fn say(&self, event: EventId, part: &mut Part, changes: &Changes) -> Result<Said, Error> {
        let Some(me) = self.0.roster.me() else {
            return Err(Error::Away(crate::redis::Trouble::Starting));
        };
        let old = part.name.replace(Arc::clone(&me)).unwrap_or_else(|| Arc::clone(&me));
        if old != me || part.in_doubt {
            // We were away for too long and are somebody else now, or do not know what was heard. What we left must not be
            // counted beside us.
            part.name = Some(Arc::clone(&old));
            while self.sweep(event, &old).await? {}
            *part = Part {
                name: Some(me),
                ..Part::default()
            };
            return Ok(Said::Forgotten);
        }
        let next = part.version + 1;
        let ttl_ms = if changes.renew || part.version == 0 { TTL_MS } else { 0 };
        let mut arguments = vec![
            me.to_string(),
            part.version.to_string(),
            next.to_string(),
            changes.streams.to_string(),
            u8::from(changes.nobody_left).to_string(),
            ttl_ms.to_string(),
        ];
        for (user, change) in &changes.people {
            arguments.push(user.as_str().to_owned());
            arguments.extend(change.written());
        }
        let (written, users, viewers, version, names) = self.sync(event, &me, arguments).await?;
        self.suspect(event, &me, names);
        if written == 0 {
            while self.sweep(event, &me).await? {}
            part.version = 0;
            return Ok(Said::Forgotten);
        }
        part.version = if changes.nobody_left { 0 } else { written };
        Ok(Said::Heard(Sum {
            users,
            viewers,
            version,
        }))
    }

    /// How many there are, where this instance has nobody.
    pub async fn look(&self, event: EventId) -> Result<Sum, Error> {
        let arguments = ["", "-", "", "0", "0", "0"].map(str::to_owned).to_vec();
        let (_, users, viewers, version, names) = self.sync(event, "", arguments).await?;
        self.suspect(event, "", names);
        Ok(Sum {
            users,
            viewers,
            version,
        })
    }

    async fn sync(
        &self,
        event: EventId,
        me: &str,
        arguments: Vec<String>,
    ) -> Result<(u64, u64, u64, u64, Vec<String>), Error> {
        let keys = self.0.names.roll(event).with(me);
        self.0.redis.run(&self.0.sync, &keys, arguments).await
    }

    /// People in order of their ids, from after `after` on.
    pub async fn page(&self, event: EventId, after: Option<&UserId>, most: usize) -> Result<Vec<Attendance>, Error> {
        let keys = self.0.names.roll(event).with("");
        let arguments = (after.map_or("", UserId::as_str), most);
        let lines: Vec<String> = self.0.redis.run(&self.0.page, &keys, arguments).await?;
        Ok(lines.iter().filter_map(|line| read(line)).collect())
    }

    /// Says whether somebody looks, wherever their streams are. False: they are not here.
    pub async fn set_status(&self, event: EventId, user: &UserId, status: PresenceStatus) -> Result<bool, Error> {
        let keys = self.0.names.roll(event).with("");
        let here: u8 = self
            .0
            .redis
            .run(&self.0.status, &keys, (user.as_str(), written(status)))
            .await?;
        Ok(here == 1)
    }

    /// Takes some of an instance's people off. True: some are left.
    async fn sweep(&self, event: EventId, instance: &str) -> Result<bool, Error> {
        let keys = self.0.names.roll(event).with(instance);
        let left: u8 = self
            .0
            .redis
            .run(&self.0.sweep, &keys, (instance, CHANGES_AT_ONCE))
            .await?;
        Ok(left == 1)
    }

    fn suspect(&self, event: EventId, me: &str, names: Vec<String>) {
        let others = self.0.roster.others();
        let unknown = names
            .into_iter()
            .filter(|name| name != me && !others.iter().any(|other| **other == **name));
        let mut suspects = self.0.suspects.lock().unwrap_or_else(PoisonError::into_inner);
        for name in unknown {
            if suspects.len() < SUSPECTS_MOST {
                suspects.push((event, name));
            }
        }
    }

    /// After a beat: takes those off who had a part somewhere and are gone by now. Whoever began to live since their part
    /// was seen is on the list of the living by now.
    pub(super) async fn clear(&self) {
        let suspects = std::mem::take(&mut *self.0.suspects.lock().unwrap_or_else(PoisonError::into_inner));
        let mut steps = 0;
        for (event, name) in suspects {
            if !self.0.roster.is_gone(&name) {
                continue;
            }
            loop {
                steps += 1;
                match self.sweep(event, &name).await {
                    // Those left over are seen again, and suspected again.
                    _ if steps >= SWEEPS_AT_ONCE => return,
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => {
                        tracing::debug!(event.id = %event, error = &error as &dyn std::error::Error, "a dead instance's people wait");
                        return;
                    }
                }
            }
        }
    }
}

impl Part {
    /// What was written is to be taken away and said anew.
    pub fn doubt(&mut self) {
        self.in_doubt = true;
    }

    /// Whether something of ours may be there.
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.version > 0
    }
}

impl From<Sum> for PresenceCounts {
    fn from(sum: Sum) -> Self {
        Self {
            viewers: sum.viewers,
            users: sum.users,
        }
    }
}

impl Change {
    /// Streams, since, status, card.
    fn written(&self) -> [String; 4] {
        let (streams, card) = match self {
            Self::Here(streams, card) => (streams.to_string(), card.as_ref()),
            Self::Gone => ("-1".to_owned(), None),
        };
        let json = card.and_then(|card| serde_json::to_string(&card.user).ok());
        let since = card.map_or(0, |card| card.since_at.ms());
        let status = card.map_or("online", |card| written(card.status));
        [streams, since.to_string(), status.to_owned(), json.unwrap_or_default()]
    }
}

const fn written(status: PresenceStatus) -> &'static str {
    match status {
        PresenceStatus::Online => "online",
        PresenceStatus::Away => "away",
    }
}

/// A line of a page: `since:status:card`. What cannot be read (another version wrote it) is left out.
fn read(line: &str) -> Option<Attendance> {
    let (since, rest) = line.split_once(':')?;
    let (status, card) = rest.split_once(':')?;
    Some(Attendance {
        user: serde_json::from_str(card).ok()?,
        status: if status == "away" {
            PresenceStatus::Away
        } else {
            PresenceStatus::Online
        },
        since_at: Stamp::from_ms(since.parse().ok()?),
    })
}

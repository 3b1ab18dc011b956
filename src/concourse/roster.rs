//! Which instances there are. Each renews its own line every second; whose line is older than a lease is gone.
//!
//! An instance that could not renew its line for so long comes back under a new name, so that what it left under the old
//! one needs no repair: it is cleared away like that of the dead. And it says of nobody that they died before it has
//! itself been here for a whole lease: when Redis stood still, everybody's line is old.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::names::Names;
use crate::{
    crypto,
    redis::{Error, Redis, Script},
};

/// How often the line is renewed.
pub(super) const BEAT: Duration = Duration::from_secs(1);
/// Who has not renewed for so long is gone, with all viewers. Also the grace of those who move from a dead instance.
pub(super) const LEASE: Duration = Duration::from_secs(4);

/// A cheap clone.
#[derive(Clone)]
pub(super) struct Roster(Arc<Inner>);

struct Inner {
    redis: Redis,
    names: Names,
    beat: Script,
    lines: Mutex<Lines>,
}

#[derive(Default)]
struct Lines {
    /// Our name, once Redis knows it.
    me: Option<Arc<str>>,
    alive: BTreeSet<Arc<str>>,
    /// Before that, nobody is believed dead.
    sure_from: Option<Instant>,
    /// Whether we said that another instance has another secret.
    warned: bool,
}

impl Roster {
    pub(super) fn new(redis: Redis, names: Names) -> Self {
        Self(Arc::new(Inner {
            redis,
            names,
            beat: Script::new(include_str!("lua/beat.lua")),
            lines: Mutex::default(),
        }))
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Our name among the instances; none before the first beat.
    pub(super) fn me(&self) -> Option<Arc<str>> {
        self.lines().me.clone()
    }

    /// The names of the other instances that live.
    pub(super) fn others(&self) -> Vec<Arc<str>> {
        let lines = self.lines();
        let others = lines.alive.iter().filter(|name| Some(*name) != lines.me.as_ref());
        others.cloned().collect()
    }

    /// Whether that instance is known to be gone, as of the last beat.
    pub(super) fn is_gone(&self, name: &str) -> bool {
        let lines = self.lines();
        lines.me.as_deref() != Some(name)
            && !lines.alive.contains(name)
            && lines.sure_from.is_some_and(|from| from <= Instant::now())
    }

    /// Renews our line and looks at the others'. True: Redis did not know us (any more), so nothing of ours is there.
    pub(super) async fn beat(&self) -> Result<bool, Error> {
        let (old, fingerprint) = (self.me(), self.0.names.fingerprint());
        let fresh = || Arc::from(format!("{fingerprint}.{}", crypto::encode(&crypto::random::<9>())));
        let name: Arc<str> = old.clone().unwrap_or_else(fresh);
        let lease_ms = u64::try_from(LEASE.as_millis()).unwrap_or(u64::MAX);
        let arguments = (&*name, lease_ms, &*fresh());
        let answer: (String, i64, Vec<(String, i64)>) = self
            .0
            .redis
            .run(&self.0.beat, &[self.0.names.roster()], arguments)
            .await?;
        let (me, last_ms, all) = answer;
        let (now, me) = (Instant::now(), Arc::<str>::from(me));
        let is_new = old.as_ref() != Some(&me);
        let mut lines = self.lines();
        // A gap of half a lease is enough for doubt about the others: theirs began with ours.
        let gap = last_ms < 0 || u64::try_from(last_ms).is_ok_and(|ms| ms > lease_ms / 2);
        if is_new || gap {
            lines.sure_from = Some(now + LEASE);
        }
        let is_sure = lines.sure_from.is_some_and(|from| from <= now);
        let fresh = all
            .iter()
            .filter(|(_, age_ms)| u64::try_from(*age_ms).unwrap_or(0) < lease_ms);
        let mut alive: BTreeSet<Arc<str>> = fresh.map(|(name, _)| Arc::from(name.as_str())).collect();
        if !is_sure {
            alive.append(&mut lines.alive);
        }
        if let Some(old) = old.filter(|_| is_new) {
            alive.remove(&old);
        }
        let is_odd = |name: &Arc<str>| name.split('.').next() != Some(fingerprint.as_str());
        let odd = alive.iter().any(is_odd);
        if odd && !lines.warned {
            tracing::error!(
                "another instance on this redis signs with another secret: set the same `auth.secret` everywhere"
            );
        }
        lines.warned = odd;
        (lines.me, lines.alive) = (Some(me), alive);
        Ok(is_new || last_ms < 0)
    }
}

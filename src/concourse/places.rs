//! How many places somebody holds, over all instances: open streams per user and per address.
//!
//! Each instance writes down its own counts, absolutely, so that saying one twice does no harm; a decision adds up those
//! of the instances that live. The counts of an instance that died are not looked at any more and end by themselves.
//! Without Redis each instance counts its own.

use std::{
    collections::{BTreeMap, HashMap, HashSet, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures_util::future::join_all;

use super::{
    Rest,
    names::{Names, SHARDS},
    roster::Roster,
};
use crate::redis::{Error, Redis, Script};

/// Who opens a stream does not wait longer to hear of the others.
const PATIENCE: Duration = Duration::from_millis(100);
/// What an instance has written down lives so long after it was last renewed.
const TTL_MS: u64 = 40_000;
const RENEW: Duration = Duration::from_secs(10);
/// Counts told with one command.
const TOLD_AT_ONCE: usize = 256;
/// More than so many untold counts are not remembered one by one: all are told instead.
const UNTOLD_MOST: usize = 16_384;

/// Who holds places, and how many they may hold.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Such as `user:ana`.
    pub holder: String,
    pub most: usize,
}

/// Somebody holds as many as they may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoPlace;

/// A cheap clone.
#[derive(Clone)]
pub struct Places(Arc<Inner>);

struct Inner {
    // A std mutex: held for map operations. Bounded by the places that are held.
    here: Mutex<Here>,
    shared: Option<Shared>,
}

#[derive(Default)]
struct Here {
    held: HashMap<Arc<str>, usize>,
    /// Whose counts Redis does not know as they are. Empty when alone.
    untold: HashSet<Arc<str>>,
    renewed: Option<Instant>,
}

struct Shared {
    redis: Redis,
    names: Names,
    roster: Roster,
    claim: Script,
    tell: Script,
    rest: Rest,
}

/// One place of each holder; given back when dropped.
pub struct Place {
    places: Places,
    holders: Vec<Arc<str>>,
}

impl Places {
    pub(super) fn alone() -> Self {
        Self::new(None)
    }

    pub(super) fn shared(redis: Redis, names: Names, roster: Roster) -> Self {
        Self::new(Some(Shared {
            redis,
            names,
            roster,
            claim: Script::new(include_str!("lua/claim.lua")),
            tell: Script::new(include_str!("lua/hold.lua")),
            rest: Rest::default(),
        }))
    }

    fn new(shared: Option<Shared>) -> Self {
        let here = Mutex::default();
        Self(Arc::new(Inner { here, shared }))
    }

    fn here(&self) -> MutexGuard<'_, Here> {
        self.0.here.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place of each holder, or none. Asks the others only if this instance would let them in.
    pub async fn take(&self, claims: &[Claim]) -> Result<Place, NoPlace> {
        let place = self.take_here(claims)?;
        let Some(shared) = &self.0.shared else {
            return Ok(place);
        };
        if shared.rest.is_on(Instant::now()) {
            return Ok(place);
        }
        let asked = claims.iter().map(|claim| {
            let held = self.here().held.get(claim.holder.as_str()).copied().unwrap_or(0);
            shared.claim(claim, held)
        });
        match tokio::time::timeout(PATIENCE, join_all(asked)).await {
            Ok(answers) if answers.contains(&Some(false)) => Err(NoPlace),
            Ok(_) => Ok(place),
            Err(_late) => {
                shared.rest.begin(Instant::now());
                Ok(place)
            }
        }
    }

    fn take_here(&self, claims: &[Claim]) -> Result<Place, NoPlace> {
        let mut here = self.here();
        let held = |claim: &Claim| here.held.get(claim.holder.as_str()).copied().unwrap_or(0);
        if claims.iter().any(|claim| held(claim) >= claim.most) {
            return Err(NoPlace);
        }
        let known = |claim: &Claim| here.held.get_key_value(claim.holder.as_str());
        let holders = claims.iter().map(|claim| match known(claim) {
            Some((holder, _)) => Arc::clone(holder),
            None => Arc::from(claim.holder.as_str()),
        });
        let holders: Vec<Arc<str>> = holders.collect();
        for holder in &holders {
            *here.held.entry(Arc::clone(holder)).or_default() += 1;
            self.owe(&mut here, holder);
        }
        Ok(Place {
            places: self.clone(),
            holders,
        })
    }

    fn give_back(&self, holders: &[Arc<str>]) {
        let mut here = self.here();
        for holder in holders {
            if let Entry::Occupied(mut held) = here.held.entry(Arc::clone(holder)) {
                *held.get_mut() -= 1;
                if *held.get() == 0 {
                    held.remove();
                }
            }
            self.owe(&mut here, holder);
        }
    }

    fn owe(&self, here: &mut Here, holder: &Arc<str>) {
        if self.0.shared.is_none() {
            return;
        }
        here.untold.insert(Arc::clone(holder));
        if here.untold.len() > UNTOLD_MOST {
            here.untold.clear();
            here.renewed = None;
        }
    }

    /// How many holders there are here. For tests of the bound.
    #[must_use]
    pub fn holders(&self) -> usize {
        self.here().held.len()
    }

    /// Forgets what Redis was told: it knows us by a new name, or not at all.
    pub(super) fn tell_anew(&self) {
        self.here().renewed = None;
    }

    /// Tells Redis what changed, and now and then everything.
    pub(super) async fn tell(&self) {
        let Some(shared) = &self.0.shared else { return };
        let Some(me) = shared.roster.me() else { return };
        let (counts, all) = {
            let mut here = self.here();
            let all = here.renewed.is_none_or(|renewed| renewed.elapsed() > RENEW);
            if all {
                here.renewed = Some(Instant::now());
            }
            let mut told = std::mem::take(&mut here.untold);
            if all {
                told.extend(here.held.keys().cloned());
            }
            let counts = told.into_iter().map(|holder| {
                let held = here.held.get(&holder).copied().unwrap_or(0);
                (holder, held)
            });
            (counts.collect::<Vec<_>>(), all)
        };
        let mut shards: BTreeMap<u8, Vec<(Arc<str>, usize)>> = BTreeMap::new();
        for (holder, held) in counts {
            let (part, _) = shared.names.holder(&holder);
            shards.entry(part).or_default().push((holder, held));
        }
        for (part, counts) in shards {
            for counts in counts.chunks(TOLD_AT_ONCE) {
                if shared.tell(part, &me, counts).await.is_err() {
                    let mut here = self.here();
                    for (holder, _) in counts {
                        self.owe(&mut here, holder);
                    }
                    if all {
                        here.renewed = None;
                    }
                }
            }
        }
    }
}

impl Shared {
    /// Whether the others leave room for so many here. `None`: they cannot be asked.
    async fn claim(&self, claim: &Claim, held: usize) -> Option<bool> {
        let me = self.roster.me()?;
        let (shard, field) = self.names.holder(&claim.holder);
        let others = self.roster.others();
        let instances = std::iter::once(&me).chain(&others);
        let keys: Vec<String> = instances.map(|name| self.names.places(shard, name)).collect();
        let asked = self
            .redis
            .run::<u8>(&self.claim, &keys, (field, held, claim.most, TTL_MS));
        asked
            .await
            .map_err(|error| self.rest.after(&error))
            .ok()
            .map(|free| free == 1)
    }

    async fn tell(&self, shard: u8, me: &str, counts: &[(Arc<str>, usize)]) -> Result<(), Error> {
        let mut arguments = vec![TTL_MS.to_string()];
        for (holder, held) in counts {
            arguments.extend([self.names.holder(holder).1, held.to_string()]);
        }
        debug_assert!(shard < SHARDS);
        self.redis
            .run(&self.tell, &[self.names.places(shard, me)], arguments)
            .await
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.give_back(&self.holders);
    }
}

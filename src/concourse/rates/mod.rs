//! How often something was done, over all instances: a leaky bucket per policy and key (GCRA).
//!
//! The arithmetic is [`decide`]; `lua/spend.lua` does the same with Redis' own clock, because instances' clocks differ.
//! Without Redis the buckets of this instance decide, at once, and the answer says so.

mod memory;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{Rest, names::Names};
use crate::redis::{Redis, Script};
use memory::Memory;
pub use memory::decide;

/// A limit that has not been decided by then is decided here. An act must not wait for a count of acts.
const PATIENCE: Duration = Duration::from_millis(50);

/// `quota` acts in `window_seconds`. The whole quota may be spent at once; it then comes back evenly. A quota or window
/// of 0 switches the policy off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    pub name: &'static str,
    pub quota: u32,
    pub window_seconds: u32,
}

/// What came of one act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    pub allowed: bool,
    pub remaining: u32,
    /// Until the whole quota is back.
    pub reset_seconds: u32,
    /// Until the next act is allowed; 0 while one is.
    pub retry_after_seconds: u32,
}

/// Whose acts a decision knew of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everybody's. An instance alone is everybody.
    All,
    /// This instance's only, because the others could not be asked.
    Instance,
}

/// The buckets. A cheap clone.
#[derive(Clone)]
pub struct Rates(Arc<Inner>);

struct Inner {
    /// This instance's knowledge: all there is when it is alone; otherwise what Redis last said, and what was decided
    /// without it.
    memory: Memory,
    shared: Option<Shared>,
}

struct Shared {
    redis: Redis,
    names: Names,
    spend: Script,
    rest: Rest,
}

impl Policy {
    /// The time between two acts of a steady actor, in microseconds.
    fn interval(&self) -> u64 {
        let window = u64::from(self.window_seconds) * 1_000_000;
        (window / u64::from(self.quota.max(1))).max(1)
    }

    /// The time that a whole spent quota takes to come back.
    fn whole(&self) -> u64 {
        self.interval() * u64::from(self.quota)
    }
}

impl Decision {
    /// From how far ahead of now the bucket will be empty again.
    fn of(policy: Policy, allowed: bool, ahead_micros: u64) -> Self {
        let interval = policy.interval();
        let room = policy.whole().saturating_sub(ahead_micros);
        let seconds = |micros: u64| u32::try_from(micros.div_ceil(1_000_000)).unwrap_or(u32::MAX);
        Self {
            allowed,
            remaining: u32::try_from(room / interval).unwrap_or(u32::MAX),
            reset_seconds: seconds(ahead_micros),
            retry_after_seconds: seconds(interval.saturating_sub(room)).max(1) * u32::from(!allowed),
        }
    }
}

impl Rates {
    pub(super) fn alone(max_keys: usize) -> Self {
        Self(Arc::new(Inner {
            memory: Memory::new(max_keys),
            shared: None,
        }))
    }

    pub(super) fn shared(max_keys: usize, redis: Redis, names: Names) -> Self {
        let shared = Shared {
            redis,
            names,
            spend: Script::new(include_str!("../lua/spend.lua")),
            rest: Rest::default(),
        };
        Self(Arc::new(Inner {
            memory: Memory::new(max_keys),
            shared: Some(shared),
        }))
    }

    /// Counts one act. At most one question to Redis, and none about an actor who is over the limit by what we know.
    pub async fn spend(&self, policy: Policy, key: &str, now_micros: u64) -> (Decision, Scope) {
        let memory = &self.0.memory;
        let Some(shared) = &self.0.shared else {
            return (memory.spend(policy, key, now_micros), Scope::All);
        };
        // Others can only have added to what is known here.
        if let Some(refused) = memory.refuses(policy, key, now_micros) {
            return (refused, shared.scope());
        }
        match shared.spend(policy, key).await {
            Some((allowed, ahead)) => {
                memory.learn(policy, key, now_micros, ahead);
                (Decision::of(policy, allowed, ahead), Scope::All)
            }
            None => (memory.spend(policy, key, now_micros), Scope::Instance),
        }
    }
}

impl Shared {
    /// Whose acts are counted at this moment.
    fn scope(&self) -> Scope {
        if self.redis.trouble().is_some() || self.rest.lasts(Instant::now()) {
            Scope::Instance
        } else {
            Scope::All
        }
    }

    /// Whether it is allowed, and how far ahead the bucket is. `None`: not decided in time.
    async fn spend(&self, policy: Policy, key: &str) -> Option<(bool, u64)> {
        if self.rest.is_on(Instant::now()) {
            return None;
        }
        let keys = [self.names.bucket(policy.name, key)];
        let asked = self
            .redis
            .run::<(u8, u64)>(&self.spend, &keys, (policy.interval(), policy.whole()));
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok((allowed, ahead))) => Some((allowed == 1, ahead)),
            Ok(Err(error)) => {
                self.rest.after(&error);
                None
            }
            Err(_late) => {
                self.rest.begin(Instant::now());
                None
            }
        }
    }
}

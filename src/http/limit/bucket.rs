//! The buckets behind rate limits: their arithmetic, and where one instance keeps them.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, PoisonError},
};

use super::{Decision, Policy};

type Bucket = (&'static str, Box<str>);

/// Buckets in shards, so that two callers seldom meet at one lock. No await under the locks.
pub(super) struct Memory {
    shards: [Mutex<HashMap<Bucket, u64>>; 16],
    hasher: RandomState,
    /// Keys per shard before idle ones are dropped.
    most: usize,
}

/// The arithmetic. A bucket is one number: the moment (in microseconds) at which it will be empty again.
/// Gives the bucket's new number and the decision.
#[must_use]
pub fn decide(policy: Policy, bucket: Option<u64>, now_micros: u64) -> (u64, Decision) {
    let window = u64::from(policy.window_seconds) * 1_000_000;
    let interval = (window / u64::from(policy.quota.max(1))).max(1);
    let whole = interval * u64::from(policy.quota);
    let empty_at = bucket.unwrap_or(0).max(now_micros);
    // A clock set back must not lock anyone out for longer than a window.
    let empty_at = empty_at.min(now_micros + whole);
    let next = empty_at + interval;
    let allowed = next <= now_micros + whole;
    let after = if allowed { next } else { empty_at };
    let room = (now_micros + whole).saturating_sub(after);
    let seconds = |micros: u64| u32::try_from(micros.div_ceil(1_000_000)).unwrap_or(u32::MAX);
    let decision = Decision {
        allowed,
        remaining: u32::try_from(room / interval).unwrap_or(u32::MAX),
        reset_seconds: seconds(after - now_micros),
        retry_after_seconds: seconds(interval.saturating_sub(room)).max(1) * u32::from(!allowed),
    };
    (after, decision)
}

impl Memory {
    pub(super) fn new(max_keys: usize) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
            most: (max_keys / 16).max(16),
        }
    }

    pub(super) fn spend(&self, policy: Policy, key: &str, now_micros: u64) -> Decision {
        let bucket = (policy.name, Box::from(key));
        let shard = usize::try_from(self.hasher.hash_one(&bucket) % 16).unwrap_or(0);
        let mut shard = self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner);
        if shard.len() >= self.most && !shard.contains_key(&bucket) {
            // An empty bucket and none are the same. When all are in use, forget them all: that forgives a few, where
            // refusing would let a crowd of addresses lock everyone out, and each sweep is paid for by many inserts.
            shard.retain(|_, empty_at| *empty_at > now_micros);
            if shard.len() > self.most / 2 {
                shard.clear();
            }
        }
        let (empty_at, decision) = decide(policy, shard.get(&bucket).copied(), now_micros);
        shard.insert(bucket, empty_at);
        decision
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POST: Policy = Policy {
        name: "post",
        quota: 4,
        window_seconds: 10,
    };
    const START: u64 = 1_781_204_400_000_000;

    #[test]
    fn the_quota_may_be_spent_at_once_and_comes_back_evenly() {
        // (milliseconds since start, allowed, remaining, reset, retry after)
        let acts = [
            (0, true, 3, 3, 0),
            (0, true, 2, 5, 0),
            (0, true, 1, 8, 0),
            (0, true, 0, 10, 0),
            (0, false, 0, 10, 3),
            (2_499, false, 0, 8, 1),
            (2_500, true, 0, 10, 0),
            (2_600, false, 0, 10, 3),
            (60_000, true, 3, 3, 0),
        ];
        let mut bucket = None;
        for (ms, allowed, remaining, reset_seconds, retry_after_seconds) in acts {
            let (after, decision) = decide(POST, bucket, START + ms * 1_000);
            bucket = Some(after);
            let expected = Decision {
                allowed,
                remaining,
                reset_seconds,
                retry_after_seconds,
            };
            assert_eq!(decision, expected, "at {ms} ms");
        }
    }

    #[test]
    fn a_clock_set_back_locks_nobody_out() {
        let (_, decision) = decide(POST, Some(START + 3_600_000_000), START);
        assert!(!decision.allowed);
        assert!(decision.retry_after_seconds <= POST.window_seconds, "{decision:?}");
    }

    #[test]
    fn memory_is_bounded_and_idle_keys_go_first() {
        let memory = Memory::new(16 * 32);
        for index in 0..100_000_u64 {
            memory.spend(POST, &index.to_string(), START + index * 1_000);
        }
        let kept: usize = memory.shards.iter().map(|shard| shard.lock().unwrap().len()).sum();
        assert!(kept <= 16 * 32, "{kept}");
    }
}

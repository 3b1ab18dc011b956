//! One instance's buckets, and the arithmetic of all.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
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
    let whole = policy.whole();
    let empty_at = bucket.unwrap_or(0).max(now_micros);
    // A clock set back must not lock anyone out for longer than a window.
    let empty_at = empty_at.min(now_micros + whole);
    let next = empty_at + policy.interval();
    let allowed = next <= now_micros + whole;
    let after = if allowed { next } else { empty_at };
    (after, Decision::of(policy, allowed, after - now_micros))
}

impl Memory {
    pub(super) fn new(max_keys: usize) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
            most: (max_keys / 16).max(16),
        }
    }

    fn shard(&self, bucket: &Bucket) -> MutexGuard<'_, HashMap<Bucket, u64>> {
        let shard = usize::try_from(self.hasher.hash_one(bucket) % 16).unwrap_or(0);
        self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn spend(&self, policy: Policy, key: &str, now_micros: u64) -> Decision {
        let bucket = (policy.name, Box::from(key));
        let mut shard = self.shard(&bucket);
        let (empty_at, decision) = decide(policy, shard.get(&bucket).copied(), now_micros);
        self.keep(&mut shard, bucket, empty_at, now_micros);
        decision
    }

    /// The refusal, if what is known here is enough for one. Counts nothing.
    pub(super) fn refuses(&self, policy: Policy, key: &str, now_micros: u64) -> Option<Decision> {
        let bucket = (policy.name, Box::from(key));
        let known = self.shard(&bucket).get(&bucket).copied();
        let (_, decision) = decide(policy, Some(known?), now_micros);
        (!decision.allowed).then_some(decision)
    }

    /// Takes over what was decided elsewhere. Never forgets what was spent while nobody could be asked.
    pub(super) fn learn(&self, policy: Policy, key: &str, now_micros: u64, ahead_micros: u64) {
        let bucket = (policy.name, Box::from(key));
        let mut shard = self.shard(&bucket);
        let known = shard.get(&bucket).copied().unwrap_or(0);
        self.keep(&mut shard, bucket, known.max(now_micros + ahead_micros), now_micros);
    }

    fn keep(&self, shard: &mut HashMap<Bucket, u64>, bucket: Bucket, empty_at: u64, now_micros: u64) {
        if shard.len() >= self.most && !shard.contains_key(&bucket) {
            // An empty bucket and none are the same. When all are in use, forget them all: that forgives a few, where
            // refusing would let a crowd of addresses lock everyone out, and each sweep is paid for by many inserts.
            shard.retain(|_, empty_at| *empty_at > now_micros);
            if shard.len() > self.most / 2 {
                shard.clear();
            }
        }
        shard.insert(bucket, empty_at);
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

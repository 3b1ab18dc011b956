//! How often someone may do something: a leaky bucket per policy and key (GCRA).
//!
//! The decision is plain arithmetic in [`decide`], so that a shared store can later make the same one. Decisions of a
//! request are collected in its [`Ledger`]; the edge tells them to the caller in headers.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, PoisonError},
};

use poem::{FromRequest, Request, RequestBody};

use crate::{
    config::{LimitsConfig, QuotaConfig},
    domain::{Reason, Refusal, Stamp},
    telemetry::Metrics,
};

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

/// The decisions of one request, in its extensions. Without an edge around it, it collects for nobody.
#[derive(Debug, Clone, Default)]
pub struct Ledger(Arc<Mutex<Vec<(Policy, Decision)>>>);

/// The house's policies, by what they guard.
#[derive(Debug, Clone, Copy)]
pub struct Policies {
    pub guest_sign_in: Policy,
    pub post: Policy,
    pub react: Policy,
    pub applaud: Policy,
    pub read: Policy,
    pub write: Policy,
    pub ingest: Policy,
}

/// The limiter with its policies. A cheap clone.
#[derive(Clone)]
pub struct Limits(Arc<Inner>);

struct Inner {
    policies: Policies,
    buckets: Buckets,
    metrics: Arc<Metrics>,
}

/// Where the buckets are kept. Memory now: one instance's knowledge.
enum Buckets {
    Memory(Memory),
}

type Bucket = (&'static str, Box<str>);

/// Buckets in shards, so that two callers seldom meet at one lock. No await under the locks.
struct Memory {
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
    fn new(max_keys: usize) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
            most: (max_keys / 16).max(16),
        }
    }

    fn spend(&self, policy: Policy, key: &str, now_micros: u64) -> Decision {
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

impl Policies {
    fn new(config: &LimitsConfig) -> Self {
        let policy = |name, quota: QuotaConfig| Policy {
            name,
            quota: quota.quota,
            window_seconds: quota.window_seconds,
        };
        Self {
            guest_sign_in: policy("guest_sign_in", config.guest_sign_in),
            post: policy("post", config.post),
            react: policy("react", config.react),
            applaud: policy("applaud", config.applaud),
            read: policy("read", config.read),
            write: policy("write", config.write),
            ingest: policy("ingest", config.ingest),
        }
    }
}

impl Limits {
    #[must_use]
    pub fn new(config: &LimitsConfig, metrics: Arc<Metrics>) -> Self {
        Self(Arc::new(Inner {
            policies: Policies::new(config),
            buckets: Buckets::Memory(Memory::new(config.max_keys)),
            metrics,
        }))
    }

    #[must_use]
    pub fn policies(&self) -> &Policies {
        &self.0.policies
    }

    /// Counts one act against a key such as `user:gst_…`; `None` when the policy is off.
    #[expect(
        clippy::unused_async,
        reason = "limits shared between instances will ask another process"
    )]
    pub async fn check(&self, policy: Policy, key: &str, now: Stamp) -> Option<Decision> {
        if policy.quota == 0 || policy.window_seconds == 0 {
            return None;
        }
        let now_micros = u64::try_from(now.ms()).unwrap_or(0).saturating_mul(1_000);
        let decision = match &self.0.buckets {
            Buckets::Memory(memory) => memory.spend(policy, key, now_micros),
        };
        if !decision.allowed {
            self.0.metrics.rate_limited(policy.name);
        }
        Some(decision)
    }

    /// [`Limits::check`], noted in the request's ledger; a refusal when it is too much.
    pub async fn spend(&self, ledger: &Ledger, policy: Policy, key: &str, now: Stamp) -> Result<(), Refusal> {
        let Some(decision) = self.check(policy, key, now).await else {
            return Ok(());
        };
        ledger.note(policy, decision);
        if decision.allowed {
            return Ok(());
        }
        let wait = decision.retry_after_seconds;
        Err(Refusal::new(Reason::RateLimited, format!("Try again in {wait} s.")).retry_after(wait))
    }
}

impl Ledger {
    pub fn note(&self, policy: Policy, decision: Decision) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((policy, decision));
    }

    /// The values of `RateLimit-Policy` and `RateLimit`, when anything was decided.
    #[must_use]
    pub fn headers(&self) -> Option<(String, String)> {
        let notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let join = |item: &dyn Fn(&(Policy, Decision)) -> String| notes.iter().map(item).collect::<Vec<_>>().join(", ");
        let policies =
            join(&|(policy, _)| format!("\"{}\";q={};w={}", policy.name, policy.quota, policy.window_seconds));
        let left = join(&|(policy, left)| format!("\"{}\";r={};t={}", policy.name, left.remaining, left.reset_seconds));
        (!notes.is_empty()).then_some((policies, left))
    }
}

impl<'a> FromRequest<'a> for Ledger {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        Ok(request.data().cloned().unwrap_or_default())
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

    #[tokio::test]
    async fn each_key_has_its_own_bucket_and_the_ledger_tells() {
        let config = LimitsConfig {
            post: QuotaConfig {
                quota: 1,
                window_seconds: 10,
            },
            react: QuotaConfig {
                quota: 0,
                window_seconds: 10,
            },
            ..LimitsConfig::default()
        };
        let limits = Limits::new(&config, Arc::default());
        let policies = *limits.policies();
        let (ledger, now) = (Ledger::default(), Stamp::from_ms(1_781_204_400_000));
        assert_eq!(ledger.headers(), None);
        assert_eq!(limits.spend(&ledger, policies.post, "user:a", now).await, Ok(()));
        assert_eq!(
            limits.spend(&Ledger::default(), policies.post, "user:b", now).await,
            Ok(())
        );
        assert_eq!(limits.spend(&ledger, policies.react, "user:a", now).await, Ok(()));
        let refusal = limits
            .spend(&Ledger::default(), policies.post, "user:a", now)
            .await
            .unwrap_err();
        assert_eq!(
            (refusal.reason, refusal.retry_after_seconds),
            (Reason::RateLimited, Some(10))
        );
        let headers = ("\"post\";q=1;w=10".to_owned(), "\"post\";r=0;t=10".to_owned());
        assert_eq!(ledger.headers(), Some(headers));
    }
}

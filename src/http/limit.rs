//! How often someone may do something: a leaky bucket per policy and key (GCRA).
//!
//! The decision is plain arithmetic in [`decide`], so that a shared store can later make the same one. Decisions of a
//! request are collected in its [`Ledger`]; the edge tells them to the caller in headers.

mod bucket;

pub use bucket::decide;

use std::sync::{Arc, Mutex, PoisonError};

use bucket::Memory;

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

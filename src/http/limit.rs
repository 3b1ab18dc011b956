//! How often someone may do something. Where the acts are counted is `concourse/rates.rs`; here is which policies there
//! are, and what the caller is told of them.
//!
//! Decisions of a request are collected in its [`Ledger`]; the edge tells them to the caller in headers.

use std::sync::{Arc, Mutex, PoisonError};

use poem::{FromRequest, Request, RequestBody};

pub use crate::concourse::{Decision, Policy};
use crate::{
    concourse::{Rates, Scope},
    config::{LimitsConfig, QuotaConfig},
    domain::{Reason, Refusal, Stamp},
    telemetry::Metrics,
};

/// Says with a policy that this time only this instance's acts were counted. A parameter of our own, with our name in
/// front, as the headers' specification asks.
const SCOPE_INSTANCE: &str = ";grandstand-scope=instance";

/// The decisions of one request, in its extensions. Without an edge around it, it collects for nobody.
#[derive(Debug, Clone, Default)]
pub struct Ledger(Arc<Mutex<Vec<(Policy, Decision, Scope)>>>);

/// The house's policies, by what they guard.
#[derive(Debug, Clone, Copy)]
pub struct Policies {
    pub guest_sign_in: Policy,
    pub post: Policy,
    pub post_address: Policy,
    pub post_event: Policy,
    pub react: Policy,
    pub applaud: Policy,
    pub read: Policy,
    pub write: Policy,
    pub ingest: Policy,
    pub typing: Policy,
    pub cursors: Policy,
    pub receipt: Policy,
    pub ask: Policy,
    pub ask_event: Policy,
}

/// The limiter with its policies. A cheap clone.
#[derive(Clone)]
pub struct Limits(Arc<Inner>);

struct Inner {
    policies: Policies,
    rates: Rates,
    metrics: Arc<Metrics>,
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
            post_address: policy("post_address", config.post_address),
            post_event: policy("post_event", config.post_event),
            react: policy("react", config.react),
            applaud: policy("applaud", config.applaud),
            read: policy("read", config.read),
            write: policy("write", config.write),
            ingest: policy("ingest", config.ingest),
            typing: policy("typing", config.typing),
            cursors: policy("cursors", config.cursors),
            receipt: policy("receipt", config.receipt),
            ask: policy("ask", config.ask),
            ask_event: policy("ask_event", config.ask_event),
        }
    }
}

impl Limits {
    #[must_use]
    pub fn new(config: &LimitsConfig, rates: Rates, metrics: Arc<Metrics>) -> Self {
        Self(Arc::new(Inner {
            policies: Policies::new(config),
            rates,
            metrics,
        }))
    }

    #[must_use]
    pub fn policies(&self) -> &Policies {
        &self.0.policies
    }

    /// Counts one act against a key such as `user:gst_…`; `None` when the policy is off.
    pub async fn check(&self, policy: Policy, key: &str, now: Stamp) -> Option<(Decision, Scope)> {
        if policy.quota == 0 || policy.window_seconds == 0 {
            return None;
        }
        let now_micros = u64::try_from(now.ms()).unwrap_or(0).saturating_mul(1_000);
        let (decision, scope) = self.0.rates.spend(policy, key, now_micros).await;
        if !decision.allowed {
            self.0.metrics.rate_limited(policy.name);
        }
        Some((decision, scope))
    }

    /// [`Limits::check`], noted in the request's ledger; a refusal when it is too much.
    pub async fn spend(&self, ledger: &Ledger, policy: Policy, key: &str, now: Stamp) -> Result<(), Refusal> {
        self.spend_or(ledger, policy, key, now, Reason::RateLimited).await
    }

    /// The same, with a reason of its own: not every limit is one of the API.
    pub async fn spend_or(
        &self,
        ledger: &Ledger,
        policy: Policy,
        key: &str,
        now: Stamp,
        reason: Reason,
    ) -> Result<(), Refusal> {
        let Some((decision, scope)) = self.check(policy, key, now).await else {
            return Ok(());
        };
        ledger.note(policy, decision, scope);
        if decision.allowed {
            return Ok(());
        }
        let wait = decision.retry_after_seconds;
        Err(Refusal::new(reason, format!("Try again in {wait} s.")).retry_after(wait))
    }
}

impl Ledger {
    pub fn note(&self, policy: Policy, decision: Decision, scope: Scope) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((policy, decision, scope));
    }

    /// The values of `RateLimit-Policy` and `RateLimit`, when anything was decided.
    #[must_use]
    pub fn headers(&self) -> Option<(String, String)> {
        let notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let policies = notes.iter().map(|(policy, _, scope)| {
            let scope = if *scope == Scope::Instance { SCOPE_INSTANCE } else { "" };
            format!(
                "\"{}\";q={};w={}{scope}",
                policy.name, policy.quota, policy.window_seconds
            )
        });
        let left = notes
            .iter()
            .map(|(policy, left, _)| format!("\"{}\";r={};t={}", policy.name, left.remaining, left.reset_seconds));
        let join = |items: Vec<String>| items.join(", ");
        (!notes.is_empty()).then(|| (join(policies.collect()), join(left.collect())))
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
    use crate::concourse::{Bounds, Concourse};

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
        let concourse = Concourse::alone(Bounds { keys: 64, tickets: 1 });
        let limits = Limits::new(&config, concourse.rates, Arc::default());
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
        let (decision, _) = limits.check(policies.post, "user:c", now).await.unwrap();
        let ledger = Ledger::default();
        ledger.note(policies.post, decision, Scope::Instance);
        let (policy, _) = ledger.headers().unwrap();
        assert_eq!(policy, "\"post\";q=1;w=10;grandstand-scope=instance");
    }
}

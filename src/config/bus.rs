//! How instances hear of each other, and what they share.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Secret, Wrong};

/// `[bus]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BusConfig {
    /// Redis, `redis://:password@host:6379` or `rediss://` for TLS. Several, separated by commas, are nodes of one cluster.
    /// Without it, this instance is alone. Hidden, because it carries a password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redis_url: Option<Secret>,
    /// A PEM file with the certificates that Redis' own must be signed by; without it, those the system trusts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redis_ca: Option<PathBuf>,
    /// Every key and channel starts with it and a colon, so that several houses can share one Redis. Channels know no
    /// database numbers, so a number in the URL does not tell houses apart.
    pub redis_prefix: String,
    /// A command waits so long for Redis; then the caller goes on without. Callers are requests of people.
    pub timeout_ms: u64,
    /// How often Redis is asked whether it still answers and still delivers. What is wrong is known within two of these.
    pub probe_ms: u64,
}

impl Default for BusConfig {
    fn default() -> Self {
        Self {
            redis_url: None,
            redis_ca: None,
            redis_prefix: "grandstand".to_owned(),
            timeout_ms: 250,
            probe_ms: 500,
        }
    }
}

impl BusConfig {
    pub(super) fn check(&self) -> Result<(), Wrong> {
        let is_redis = |url: &str| url.trim().starts_with("redis://") || url.trim().starts_with("rediss://");
        if let Some(urls) = &self.redis_url
            && !urls.expose().split(',').all(is_redis)
        {
            return Err(("bus.redis_url", "starts with `redis://` or `rediss://`"));
        }
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
        if !(1..=64).contains(&self.redis_prefix.len()) || !self.redis_prefix.chars().all(is_plain) {
            return Err(("bus.redis_prefix", "has 1 to 64 letters, digits and `-_.:`"));
        }
        if !(10..=10_000).contains(&self.timeout_ms) {
            return Err(("bus.timeout_ms", "lies between 10 and 10000"));
        }
        if !(50..=10_000).contains(&self.probe_ms) {
            return Err(("bus.probe_ms", "lies between 50 and 10000"));
        }
        Ok(())
    }
}

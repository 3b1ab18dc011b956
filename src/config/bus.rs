//! How instances hear of each other.

use serde::{Deserialize, Serialize};

use super::{Secret, Wrong};

/// `[bus]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BusConfig {
    /// Redis, `redis://:password@host:6379` or `rediss://` for TLS. Several, separated by commas, are nodes of one cluster.
    /// Without it, this instance is alone. Hidden, because it carries a password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redis_url: Option<Secret>,
}

impl BusConfig {
    pub(super) fn check(&self) -> Result<(), Wrong> {
        let is_redis = |url: &str| url.trim().starts_with("redis://") || url.trim().starts_with("rediss://");
        match &self.redis_url {
            Some(urls) if !urls.expose().split(',').all(is_redis) => {
                Err(("bus.redis_url", "starts with `redis://` or `rediss://`"))
            }
            _ => Ok(()),
        }
    }
}

//! What things are called in Redis. Users, addresses and tickets only as keyed digests: who looks into Redis learns
//! nobody's name from a key, and without our secret cannot guess one either.

use std::sync::Arc;

use crate::{config::Secret, crypto, domain::EventId, redis::Redis};

/// Digests are cut to so many bytes: enough never to meet by chance.
const DIGEST_BYTES: usize = 16;
/// Places are spread over so many parts, so that in a cluster no node has them all.
pub(super) const SHARDS: u8 = 64;

/// A cheap clone.
#[derive(Clone)]
pub(super) struct Names(Arc<Inner>);

struct Inner {
    redis: Redis,
    key: [u8; 32],
}

/// The keys of one event's roll, in one slot.
pub(super) struct RollKeys {
    stem: String,
}

impl Names {
    pub(super) fn new(redis: Redis, secret: &Secret) -> Self {
        let key = crypto::mac(secret.expose().as_bytes(), b"grandstand concourse 1");
        Self(Arc::new(Inner { redis, key }))
    }

    fn digest(&self, kind: &str, what: &str) -> [u8; DIGEST_BYTES] {
        let message = [kind.as_bytes(), b"\0", what.as_bytes()].concat();
        let mut digest = [0; DIGEST_BYTES];
        digest.copy_from_slice(&crypto::mac(&self.0.key, &message)[..DIGEST_BYTES]);
        digest
    }

    pub(super) fn bucket(&self, policy: &str, key: &str) -> String {
        let digest = crypto::encode(&self.digest(policy, key));
        self.0.redis.name(format_args!("rate:{policy}:{digest}"))
    }

    pub(super) fn ticket(&self, ticket: &str) -> String {
        let digest = crypto::encode(&self.digest("ticket", ticket));
        self.0.redis.name(format_args!("ticket:{digest}"))
    }

    pub(super) fn roster(&self) -> String {
        self.0.redis.name("roster")
    }

    /// Tells instances with the same secret from others, and nothing else.
    pub(super) fn fingerprint(&self) -> String {
        crypto::encode(&self.digest("roster", "")[..6])
    }

    /// The shard and field under which a holder of places is counted.
    pub(super) fn holder(&self, holder: &str) -> (u8, String) {
        let digest = self.digest("place", holder);
        (digest[0] % SHARDS, crypto::encode(&digest))
    }

    pub(super) fn places(&self, shard: u8, instance: &str) -> String {
        self.0.redis.name(format_args!("{{places:{shard}}}:{instance}"))
    }

    pub(super) fn roll(&self, event: EventId) -> RollKeys {
        RollKeys {
            stem: self.0.redis.name(format_args!("{{roll:{event}}}")),
        }
    }
}

impl RollKeys {
    /// All four, in the order the scripts take them.
    pub(super) fn with(&self, instance: &str) -> Vec<String> {
        let stem = &self.stem;
        vec![
            format!("{stem}:sum"),
            format!("{stem}:ids"),
            format!("{stem}:who"),
            format!("{stem}:in:{instance}"),
        ]
    }
}

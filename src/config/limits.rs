//! How often one person, key or address may do something. A quota of 0 switches that limit off (load tests).

use serde::{Deserialize, Serialize};

/// So many acts in so many seconds. The whole quota may be spent at once; it then comes back evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaConfig {
    pub quota: u32,
    pub window_seconds: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// New guests per address: generous enough for a household or a pub behind one router.
    pub guest_sign_in: QuotaConfig,
    /// Messages per user.
    pub post: QuotaConfig,
    /// Messages and edits per address, whoever signed in there: many guests behind one address are one crowd. Generous
    /// enough for a pub behind one router.
    pub post_address: QuotaConfig,
    /// Messages and edits in one event, all viewers together: what its readers could still read, many times over.
    pub post_event: QuotaConfig,
    /// Reactions and votes, given or taken back, per user.
    pub react: QuotaConfig,
    /// Applause per user, or per address for people without a name. Each call may carry up to ten claps.
    pub applaud: QuotaConfig,
    /// Reads per user or address; catches scrapers, not people.
    pub read: QuotaConfig,
    /// Every other change per user.
    pub write: QuotaConfig,
    /// Contest updates per key; each call may carry a hundred.
    pub ingest: QuotaConfig,
    /// Saying that one types, or not any more, per user.
    pub typing: QuotaConfig,
    /// Moves of cursors per user.
    pub cursors: QuotaConfig,
    /// Moves of the read mark per user.
    pub receipt: QuotaConfig,
    /// Questions to the assistant per user.
    pub ask: QuotaConfig,
    /// Questions to the assistant in one event, all together.
    pub ask_event: QuotaConfig,
    /// Most keys remembered at once. Over this the oldest knowledge is dropped, which forgives rather than refuses.
    pub max_keys: usize,
}

const fn per(quota: u32, window_seconds: u32) -> QuotaConfig {
    QuotaConfig { quota, window_seconds }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            guest_sign_in: per(20, 60),
            post: per(20, 10),
            post_address: per(300, 10),
            post_event: per(3_000, 10),
            react: per(40, 10),
            applaud: per(20, 10),
            read: per(600, 60),
            write: per(120, 60),
            ingest: per(600, 60),
            typing: per(20, 10),
            cursors: per(100, 10),
            receipt: per(30, 10),
            ask: per(6, 60),
            ask_event: per(60, 60),
            max_keys: 131_072,
        }
    }
}

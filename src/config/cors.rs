//! Which other websites' scripts may read our answers.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CorsConfig {
    /// Exact origins such as `https://club.example`. They may send cookies. The single entry `*` lets every site read
    /// without cookies. Empty: only our own pages.
    pub allowed_origins: Vec<String>,
    /// How long browsers remember a preflight. Two hours is the most that all of them honour.
    pub max_age_seconds: u32,
}

impl Default for CorsConfig {
    fn default() -> Self {
        Self {
            allowed_origins: Vec::new(),
            max_age_seconds: 7_200,
        }
    }
}

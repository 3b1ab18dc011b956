//! Keeping order, as far as the server's settings go; the rules themselves are written through the API.

use serde::{Deserialize, Serialize};

/// `[order]`: what holds before anybody wrote rules.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OrderConfig {
    /// Whether the house judges texts by mild rules of its own (floods, repeats, buried letters) until an admin writes others.
    /// Off, nothing is judged until then; load tests need that.
    pub default_rules: bool,
}

impl Default for OrderConfig {
    fn default() -> Self {
        Self { default_rules: true }
    }
}

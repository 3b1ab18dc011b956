//! Scripts: a decision that Redis makes in one step.

use crate::crypto;

/// A Lua script and the name under which Redis remembers it.
#[derive(Debug, Clone)]
pub struct Script {
    pub(super) text: &'static str,
    pub(super) digest: String,
}

impl Script {
    #[must_use]
    pub fn new(text: &'static str) -> Self {
        Self {
            text,
            digest: crypto::sha1_hex(text.as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_one_redis_gives() {
        assert_eq!(
            Script::new("return 1").digest,
            "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"
        );
    }
}

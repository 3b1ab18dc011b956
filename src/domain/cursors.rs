//! Shared cursors and drafts: what somebody points at or is about to say, live only.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Refusal, UserId};

/// Data of one cursor as JSON text: a position, a selection, half a sentence.
const DATA_MAX_BYTES: usize = 1_024;
const NAME_MAX_BYTES: usize = 32;

/// Where one cursor of somebody is now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct CursorMoved {
    pub user_id: UserId,
    /// Which of their cursors.
    pub name: String,
    /// As its owner sent it; null when it is gone.
    pub data: Value,
}

impl CursorMoved {
    /// A cursor with a plain name, small enough to be told to everybody several times a second.
    pub fn parse(user_id: UserId, name: String, data: Value) -> Result<Self, Refusal> {
        if !is_plain(&name) {
            let detail = "Name it with 1 to 32 of a-z, 0-9, `.`, `_` and `-`, a letter first.";
            return Err(Refusal::field("/name", "pattern", detail));
        }
        if data.to_string().len() > DATA_MAX_BYTES {
            let detail = format!("A cursor's data takes at most {DATA_MAX_BYTES} bytes as JSON.");
            return Err(Refusal::field("/data", "too-long", detail));
        }
        Ok(Self { user_id, name, data })
    }
}

fn is_plain(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    let begins = name.bytes().next().is_some_and(|first| first.is_ascii_lowercase());
    begins && name.len() <= NAME_MAX_BYTES && name.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_short_and_plain_and_data_is_small() {
        for (name, fits) in [
            ("pen", true),
            ("slide.3", true),
            ("a", true),
            (&"a".repeat(32), true),
            (&"a".repeat(33), false),
            ("", false),
            ("3d", false),
            ("Pen", false),
            ("p n", false),
            ("pän", false),
            ("a\n", false),
        ] {
            assert_eq!(is_plain(name), fits, "{name:?}");
        }
        let data = |bytes: usize| CursorMoved::parse("ana".parse().unwrap(), "pen".into(), json!("x".repeat(bytes)));
        assert!(data(1_022).is_ok() && data(1_023).is_err());
    }
}

//! Entity tags: what a caller knows of a thing, so that nothing is sent or overwritten unseen (RFC 9110 §13).

use std::fmt::Display;

use crate::domain::{Reason, Refusal};

/// The tag of a numbered version.
#[must_use]
pub fn of_version(version: impl Display) -> String {
    format!("\"{version}\"")
}

/// Whether `If-None-Match` names this tag, so that 304 is the answer. Weak comparison, as the standard asks.
#[must_use]
pub fn is_known(if_none_match: Option<&str>, etag: &str) -> bool {
    if_none_match.is_some_and(|header| names(header, etag, true))
}

/// Ok when `If-Match` names the version the caller is about to change. Leaving it out is refused: the change of someone
/// else would be lost silently.
pub fn require_version(if_match: Option<&str>, version: impl Display) -> Result<(), Refusal> {
    let Some(header) = if_match else {
        return Err(Refusal::new(
            Reason::PreconditionRequired,
            "Send `If-Match` with the `ETag` of the version you read.",
        ));
    };
    if names(header, &of_version(version), false) {
        Ok(())
    } else {
        Err(Refusal::new(
            Reason::VersionMismatch,
            "Read it again and send your change with the new `ETag`.",
        ))
    }
}

fn names(header: &str, etag: &str, weak: bool) -> bool {
    let opaque = |tag: &str| tag.strip_prefix("W/").map_or_else(|| tag.to_owned(), str::to_owned);
    header.trim() == "*"
        || header
            .split(',')
            .map(str::trim)
            .any(|tag| tag == etag || (weak && opaque(tag) == opaque(etag)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_as_the_standard_says() {
        for (header, known) in [
            (None, false),
            (Some("\"7\""), true),
            (Some("\"1\", W/\"7\""), true),
            (Some("*"), true),
            (Some("7"), false),
            (Some("\"77\""), false),
        ] {
            assert_eq!(is_known(header, "\"7\""), known, "{header:?}");
        }
        let reason = |header| require_version(header, 7).err().map(|refusal| refusal.reason);
        assert_eq!(reason(Some("\"7\"")), None);
        assert_eq!(reason(Some("*")), None);
        assert_eq!(reason(Some("W/\"7\"")), Some(Reason::VersionMismatch));
        assert_eq!(reason(Some("\"6\"")), Some(Reason::VersionMismatch));
        assert_eq!(reason(None), Some(Reason::PreconditionRequired));
    }
}

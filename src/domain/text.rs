//! Checked strings: text that came from outside and may now go anywhere a text may go.
//!
//! Each type is made by `parse`, which first makes the text tidy (`text/clean.rs` says how) and then holds it to its
//! bounds. What cannot be made tidy without changing what was meant is refused, naming the field.

mod clean;
#[cfg(test)]
mod tests;
mod words;

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use super::{Fault, Refusal};

pub use clean::TextError;
pub(crate) use clean::is_refused;
pub use words::{joined_words, search_words};

macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $pointer:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// Where this text usually stands in a body.
            pub const POINTER: &'static str = $pointer;

            /// The tidy text, or a refusal that names the usual field.
            pub fn parse(text: &str) -> Result<Self, Refusal> {
                Self::parse_at(text, Self::POINTER).map_err(|fault| Refusal::content(vec![fault]))
            }

            /// The tidy text, or the fault of the field at `pointer`.
            pub fn parse_at(text: &str, pointer: &str) -> Result<Self, Fault> {
                let check: fn(&str) -> Result<String, TextError> = $check;
                check(text).map(Self).map_err(|error| error.at(pointer))
            }

            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            #[must_use]
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
    };
}

/// The longest message, in bytes of UTF-8 after tidying.
pub const MESSAGE_MAX_BYTES: usize = 4_096;
/// The most lines of a message; more is a way to push everybody else off the screen.
pub const MESSAGE_MAX_LINES: usize = 100;

checked_text!(
    /// What somebody says: 1 to 4,096 bytes, at most 100 lines, line breaks as `\n`.
    MessageText, "/text", |text| {
        let text = clean::block(text, MESSAGE_MAX_BYTES)?;
        if text.split('\n').count() > MESSAGE_MAX_LINES {
            return Err(TextError::new("too-many-lines", format!("A message has at most {MESSAGE_MAX_LINES} lines.")));
        }
        Ok(text)
    }
);

checked_text!(
    /// How someone or something is called: one line of at most 64 characters as people count them.
    DisplayName, "/name", |text| line(text, 64)
);

checked_text!(
    /// Why something was decided, or what is noted with it: one line of at most 500 characters as people count them.
    ReasonText, "/reason", |text| line(text, 500)
);

checked_text!(
    /// An event's title: one line of at most 200 characters as people count them.
    Title, "/title", |text| line(text, 200)
);

checked_text!(
    /// The sender's own id of a send: 1 to 64 visible ASCII characters, kept to the letter.
    ClientId, "/client_id", |text| {
        let good = (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        good.then(|| text.to_owned())
            .ok_or_else(|| TextError::new("malformed", "A client id has 1 to 64 visible ASCII characters."))
    }
);

checked_text!(
    /// An event's name in links: 1 to 80 of `a-z`, `0-9` and inner `-`. Without underscores it can never be taken for an id.
    Slug, "/slug", |text| {
        let good = (1..=SLUG_MAX).contains(&text.len())
            && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            && !text.starts_with('-')
            && !text.ends_with('-');
        good.then(|| text.to_owned())
            .ok_or_else(|| TextError::new("malformed", "A slug has 1 to 80 of a-z, 0-9 and, between them, `-`."))
    }
);

checked_text!(
    /// A link to the web: `https` or `http`, a host, at most 2,048 ASCII characters, no user name or password in it.
    Url, "/url", |text| {
        let text = text.trim();
        if text.len() > 2_048 {
            return Err(TextError::new("too-long", "A link has at most 2,048 characters."));
        }
        if is_web_link(text) {
            Ok(text.to_owned())
        } else {
            Err(TextError::new("malformed", "Expected a link like https://example.org/path, other characters percent-encoded."))
        }
    }
);

const SLUG_MAX: usize = 80;
/// Room for `-` and a number behind a slug made from a title.
const SLUG_FROM_TITLE_MAX: usize = 69;

impl Slug {
    /// A slug that resembles the title: letters lose their accents, everything else becomes `-`. A title without a single
    /// Latin letter or digit gives `event`.
    #[must_use]
    pub fn from_title(title: &str) -> Self {
        let mut slug = String::new();
        for character in title.nfkd().flat_map(char::to_lowercase).take(1_000) {
            match character {
                'a'..='z' | '0'..='9' => slug.push(character),
                'ß' => slug.push_str("ss"),
                'æ' => slug.push_str("ae"),
                'œ' => slug.push_str("oe"),
                'ø' => slug.push('o'),
                'ł' => slug.push('l'),
                'đ' => slug.push('d'),
                'ı' => slug.push('i'),
                _ if unicode_normalization::char::is_combining_mark(character) => {}
                '\'' | '’' => {}
                _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
                _ => {}
            }
        }
        slug.truncate(SLUG_FROM_TITLE_MAX);
        let slug = slug.trim_end_matches('-');
        Self(if slug.is_empty() { "event" } else { slug }.to_owned())
    }

    /// The same with a number behind it, for when the plain one is taken.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Self {
        let stem = self.0.get(..SLUG_FROM_TITLE_MAX).unwrap_or(&self.0);
        Self(format!("{}-{number}", stem.trim_end_matches('-')))
    }
}

/// One tidy line of 1 to `max_graphemes` characters as people count them, for fields without a type of their own.
pub fn line(text: &str, max_graphemes: usize) -> Result<String, TextError> {
    // A character of many marks is still one to the eye; the bytes are bounded as well.
    let text = clean::line(text, max_graphemes.saturating_mul(16))?;
    if text.graphemes(true).count() > max_graphemes {
        return Err(TextError::new(
            "too-long",
            format!("At most {max_graphemes} characters."),
        ));
    }
    Ok(text)
}

fn is_web_link(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let named = !host.is_empty()
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
        && host.bytes().any(|byte| byte.is_ascii_alphanumeric());
    let address = host
        .strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'))
        .is_some_and(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok());
    (named || address)
        && port.is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok())
        && text.bytes().all(|byte| {
            byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
        })
}

//! Reactions on messages and applause for the event: many small acts, told as totals.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

use super::{MessageId, Refusal};

/// How many people reacted so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
pub struct ReactionCount {
    pub emoji: String,
    pub count: u64,
}

/// All reactions of one message, exact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
pub struct MessageReactions {
    pub message_id: MessageId,
    pub reactions: Vec<ReactionCount>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum ApplauseKind {
    Like,
    Love,
    Wow,
    Celebrate,
    Laugh,
    Sad,
}

impl ApplauseKind {
    pub const ALL: [Self; 6] = [
        Self::Like,
        Self::Love,
        Self::Wow,
        Self::Celebrate,
        Self::Laugh,
        Self::Sad,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Like => "like",
            Self::Love => "love",
            Self::Wow => "wow",
            Self::Celebrate => "celebrate",
            Self::Laugh => "laugh",
            Self::Sad => "sad",
        }
    }
}

/// Applause by kind; kinds nobody used are absent.
pub type Applause = BTreeMap<String, u64>;

/// A single emoji, in the one form we store: `❤` and `❤️` are the same reaction.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Emoji(String);

/// Longest emoji we take. The longest in use (families with skin tones) need 41 bytes.
const EMOJI_MAX_BYTES: usize = 48;
/// The variation selector that asks for colourful drawing; it does not change what is meant.
const VARIATION_SELECTOR_16: char = '\u{fe0f}';

impl Emoji {
    /// Exactly one emoji, whatever number of code points it is made of.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let single = text.len() <= EMOJI_MAX_BYTES && text.graphemes(true).count() == 1 && is_emoji(text);
        if !single {
            return Err(Refusal::field("/emoji", "emoji", "A reaction is exactly one emoji."));
        }
        Ok(Self(
            text.chars().filter(|&letter| letter != VARIATION_SELECTOR_16).collect(),
        ))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether one grapheme is an emoji: a pictograph, a flag, or a keycap. Blocks after Unicode's `emoji-data.txt`; wider
/// than that list only by unassigned code points inside emoji blocks.
pub(super) fn is_emoji(grapheme: &str) -> bool {
    let keycap =
        grapheme.ends_with('\u{20e3}') && grapheme.starts_with(|c: char| c.is_ascii_digit() || c == '#' || c == '*');
    let flag = grapheme
        .chars()
        .filter(|c| matches!(c, '\u{1f1e6}'..='\u{1f1ff}'))
        .count()
        == 2;
    keycap || flag || grapheme.chars().next().is_some_and(is_pictograph)
}

pub(super) fn is_pictograph(letter: char) -> bool {
    matches!(letter,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}'
        | '\u{2194}'..='\u{21aa}' | '\u{231a}'..='\u{231b}' | '\u{2328}' | '\u{23cf}' | '\u{23e9}'..='\u{23f3}' | '\u{23f8}'..='\u{23fa}'
        | '\u{24c2}' | '\u{25aa}'..='\u{25fe}' | '\u{2600}'..='\u{27bf}' | '\u{2934}'..='\u{2935}' | '\u{2b05}'..='\u{2b55}'
        | '\u{1f004}' | '\u{1f0cf}' | '\u{1f170}'..='\u{1f251}' | '\u{1f300}'..='\u{1f3fa}' | '\u{1f400}'..='\u{1f64f}'
        | '\u{1f680}'..='\u{1f6ff}' | '\u{1f7e0}'..='\u{1f7eb}' | '\u{1f7f0}' | '\u{1f90c}'..='\u{1faff}')
        && !matches!(letter, '\u{1f1e6}'..='\u{1f1ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reaction_is_exactly_one_emoji_in_one_form() {
        for (text, stored) in [
            ("❤", Some("❤")),
            ("❤\u{fe0f}", Some("❤")),
            ("👍🏽", Some("👍🏽")),
            ("🇩🇪", Some("🇩🇪")),
            ("👨‍👩‍👧‍👦", Some("👨‍👩‍👧‍👦")),
            ("1\u{fe0f}\u{20e3}", Some("1\u{20e3}")),
            ("⚽", Some("⚽")),
            ("🫠", Some("🫠")),
            ("", None),
            ("a", None),
            ("1", None),
            ("👍👍", None),
            ("👍a", None),
            ("🇩", None),
            ("\n", None),
            ("\u{200d}", None),
            ("\u{fe0f}", None),
        ] {
            assert_eq!(Emoji::parse(text).ok().as_ref().map(Emoji::as_str), stored, "{text:?}");
        }
        let endless = format!("👍{}", "\u{300}".repeat(100));
        assert!(Emoji::parse(&endless).is_err());
    }
}

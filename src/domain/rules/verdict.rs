//! What the rules say of a text, and why.

use serde::{Deserialize, Serialize};

use super::set::{RuleAction, RuleCategory};

/// Why a rule found something. Codes are never renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "kebab-case")]
#[oai(rename_all = "kebab-case")]
pub enum RuleCode {
    ListedWord,
    Pattern,
    Link,
    Shouting,
    RepeatedCharacters,
    RepeatedWords,
    EmojiFlood,
    StackedMarks,
    MessageFlood,
    RepeatedMessage,
    CrowdRepeat,
    MassMentions,
}

impl RuleCode {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ListedWord => "listed-word",
            Self::Pattern => "pattern",
            Self::Link => "link",
            Self::Shouting => "shouting",
            Self::RepeatedCharacters => "repeated-characters",
            Self::RepeatedWords => "repeated-words",
            Self::EmojiFlood => "emoji-flood",
            Self::StackedMarks => "stacked-marks",
            Self::MessageFlood => "message-flood",
            Self::RepeatedMessage => "repeated-message",
            Self::CrowdRepeat => "crowd-repeat",
            Self::MassMentions => "mass-mentions",
        }
    }

    /// One kind sentence for the author.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::ListedWord => "This has a word that is not welcome here.",
            Self::Pattern => "This has something that is not welcome here.",
            Self::Link => "This link may not be posted here.",
            Self::Shouting => "Please do not write it all in capitals.",
            Self::RepeatedCharacters | Self::RepeatedWords => "This repeats itself too often.",
            Self::EmojiFlood => "These are too many emoji for one message.",
            Self::StackedMarks => "This has too many marks on its letters to be read.",
            Self::MessageFlood => "Slow down a little.",
            Self::RepeatedMessage => "You have just said that.",
            Self::CrowdRepeat => "Many people are posting this same text just now.",
            Self::MassMentions => "This calls too many people at once.",
        }
    }
}

/// A part of a text: from the character `start` up to, not including, `end`. Characters are Unicode code points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, poem_openapi::Object)]
pub struct TextSpan {
    pub start: u32,
    pub end: u32,
}

/// One thing that one rule found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Finding {
    /// The name of the list or pattern; `links`, `caps`, `repeats`, `marks`, `flood`, `duplicates`, `crowd`, `mentions`.
    pub rule: String,
    pub category: RuleCategory,
    pub code: RuleCode,
    pub action: RuleAction,
    /// How bad it is, from 0 to 1.
    pub score: f32,
    /// Where it was found. Empty when it is about the whole text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<TextSpan>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u32>,
}

/// What is to happen, and all that was found. The strongest action wins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Verdict {
    pub action: RuleAction,
    /// The reason for the action: the code of the finding that decided. Absent when nothing was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<RuleCode>,
    /// For `timeout`: how long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u32>,
    /// The text with everything covered that rules with `mask` found. To be shown instead of the original, also when it
    /// was held and is released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masked: Option<String>,
    pub findings: Vec<Finding>,
    /// The version of the rules that judged.
    pub rules_version: u32,
    /// The version of the house's rules below them, for an event's rules that inherit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub house_version: Option<u32>,
}

impl Verdict {
    /// Whether the text may appear at once, be it masked.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.action <= RuleAction::Mask
    }

    /// The finding that decided: the first of those with the strongest action, highest score first.
    #[must_use]
    pub fn reason(&self) -> Option<&Finding> {
        decisive(&self.findings)
    }
}

pub(super) fn decisive(findings: &[Finding]) -> Option<&Finding> {
    findings.iter().reduce(|best, next| {
        if (next.action, next.score) > (best.action, best.score) {
            next
        } else {
            best
        }
    })
}

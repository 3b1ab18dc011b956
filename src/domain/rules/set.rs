//! The rules as people write and store them. What is allowed in them is checked in `check.rs`, when they are compiled.

use serde::{Deserialize, Serialize};

/// What happens to a text that a rule finds. Each is stronger than the ones before it; the order is the rule.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, poem_openapi::Enum,
)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum RuleAction {
    /// Nothing; the finding is only noted.
    #[default]
    Allow,
    /// It appears with the found places covered by `*`.
    Mask,
    /// It waits for a moderator.
    Hold,
    /// Only its author sees it, and is not told so.
    Hide,
    /// Its author is told to say it differently.
    Bounce,
    /// As `bounce`, and its author says nothing for a while.
    Timeout,
}

impl RuleAction {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Mask => "mask",
            Self::Hold => "hold",
            Self::Hide => "hide",
            Self::Bounce => "bounce",
            Self::Timeout => "timeout",
        }
    }
}

/// What kind of harm a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum RuleCategory {
    Profanity,
    Insult,
    Harassment,
    Hate,
    Sexual,
    Violence,
    SelfHarm,
    Drugs,
    Privacy,
    Scam,
    Spam,
    Link,
    Other,
}

impl RuleCategory {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Profanity => "profanity",
            Self::Insult => "insult",
            Self::Harassment => "harassment",
            Self::Hate => "hate",
            Self::Sexual => "sexual",
            Self::Violence => "violence",
            Self::SelfHarm => "self_harm",
            Self::Drugs => "drugs",
            Self::Privacy => "privacy",
            Self::Scam => "scam",
            Self::Spam => "spam",
            Self::Link => "link",
            Self::Other => "other",
        }
    }
}

/// How bad a find of a list or pattern is. It gives the finding its score: 0.3, 0.6 or 0.9.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, poem_openapi::Enum,
)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum RuleSeverity {
    Low,
    #[default]
    Medium,
    High,
}

impl RuleSeverity {
    #[must_use]
    pub const fn score(self) -> f32 {
        match self {
            Self::Low => 0.3,
            Self::Medium => 0.6,
            Self::High => 0.9,
        }
    }
}

/// Words and phrases of any languages that are treated alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
#[serde(deny_unknown_fields)]
pub struct WordList {
    /// How findings call it: 1 to 40 of `a-z`, `0-9` and inner `-`, unique in the set.
    pub name: String,
    pub category: RuleCategory,
    #[serde(default)]
    #[oai(default)]
    pub severity: RuleSeverity,
    pub action: RuleAction,
    /// For `timeout`; without it, the set's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u32>,
    /// A word, or a phrase of words between blanks. `*` at an end stands for any letters there: `foo*` also finds `foobar`.
    #[oai(validator(max_items = 2000))]
    pub words: Vec<String>,
}

/// A regular expression that no text should match. It sees the text as written, upper and lower case alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
#[serde(deny_unknown_fields)]
pub struct TextPattern {
    /// How findings call it: 1 to 40 of `a-z`, `0-9` and inner `-`, unique in the set.
    pub name: String,
    pub category: RuleCategory,
    #[serde(default)]
    #[oai(default)]
    pub severity: RuleSeverity,
    pub action: RuleAction,
    /// For `timeout`; without it, the set's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u32>,
    /// In the syntax of Rust's `regex`: no back references, no looking around. At most 500 characters.
    pub pattern: String,
}

/// Which links may be posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum LinkMode {
    /// All of them.
    Allowed,
    /// Those to `domains` and what is below them.
    Listed,
    /// None.
    Off,
}

/// Links: `https://…`, `www.…`, and names like `example.com`, also when written `example[.]com` or `example dot com`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
#[serde(deny_unknown_fields)]
pub struct LinkRule {
    pub mode: LinkMode,
    #[serde(default)]
    #[oai(default, validator(max_items = 500))]
    pub domains: Vec<String>,
    /// Accounts younger than this post no links but those to `domains`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newcomer_seconds: Option<u32>,
    pub action: RuleAction,
}

/// Texts in capitals. Only scripts that have them count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub struct CapsRule {
    /// Shorter texts may shout.
    pub min_letters: u32,
    /// From this share of capitals on, 1 to 100.
    pub percent: u32,
    pub action: RuleAction,
}

/// The same over and over within one text: more than so many are found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub struct RepeatRule {
    /// The same character in a row.
    pub characters: u32,
    /// The same word in a row.
    pub words: u32,
    /// Emoji in the whole text.
    pub emoji: u32,
    pub action: RuleAction,
}

/// Letters buried under stacked marks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub struct MarkRule {
    /// A letter with more marks than this is buried. Vietnamese needs two; what other scripts need isn't counted.
    pub marks: u32,
    /// More buried letters than this are found.
    pub letters: u32,
    pub action: RuleAction,
}

/// One author saying more than so many things in so many seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub struct FloodRule {
    pub messages: u32,
    pub seconds: u32,
    pub action: RuleAction,
}

/// One author saying the same more than so many times in so many seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub struct DuplicateRule {
    pub times: u32,
    pub seconds: u32,
    /// Shorter texts may be said again: cheers, names, scores.
    pub min_letters: u32,
    pub action: RuleAction,
}

/// More than so many authors saying the same within so many seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub struct CrowdRule {
    pub authors: u32,
    pub seconds: u32,
    /// Shorter texts are what a crowd says together.
    pub min_letters: u32,
    pub action: RuleAction,
}

/// One text calling more than so many people by `@name`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub struct MentionRule {
    pub most: u32,
    pub action: RuleAction,
}

/// All rules of the house, or those of one event. A rule that is absent is not judged by; in an event's set that inherits,
/// it is the house's then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// Counted up by the server with each change and named in every verdict. What a caller sends is ignored.
    #[serde(default)]
    #[oai(default)]
    pub version: u32,
    /// For an event's rules: the house's hold as well, except where these say otherwise.
    #[serde(default = "yes")]
    #[oai(default = "yes")]
    pub inherit: bool,
    /// How long `timeout` is where a rule doesn't say, 1 second to 28 days.
    #[serde(default = "five_minutes")]
    #[oai(default = "five_minutes")]
    pub timeout_seconds: u32,
    #[serde(default)]
    #[oai(default, validator(max_items = 20))]
    pub words: Vec<WordList>,
    /// Words and phrases in which nothing of the lists is found, written as in them.
    #[serde(default)]
    #[oai(default, validator(max_items = 2000))]
    pub allowed: Vec<String>,
    #[serde(default)]
    #[oai(default, validator(max_items = 50))]
    pub patterns: Vec<TextPattern>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub links: Option<LinkRule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caps: Option<CapsRule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<RepeatRule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marks: Option<MarkRule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flood: Option<FloodRule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicates: Option<DuplicateRule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crowd: Option<CrowdRule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mentions: Option<MentionRule>,
}

const fn yes() -> bool {
    true
}

const fn five_minutes() -> u32 {
    300
}

impl RuleSet {
    /// A set without a single rule.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            version: 0,
            inherit: yes(),
            timeout_seconds: five_minutes(),
            words: Vec::new(),
            allowed: Vec::new(),
            patterns: Vec::new(),
            links: None,
            caps: None,
            repeats: None,
            marks: None,
            flood: None,
            duplicates: None,
            crowd: None,
            mentions: None,
        }
    }

    /// An event's rules with the house's below them. Lists and patterns come together (the event's win where names are
    /// the same); every other rule is the event's where it has one.
    #[must_use]
    pub fn over(&self, house: &Self) -> Self {
        if !self.inherit {
            return self.clone();
        }
        let mut both = self.clone();
        let own: Vec<&str> = names_of(self).collect();
        let absent = |name: &String| !own.contains(&name.as_str());
        both.words
            .extend(house.words.iter().filter(|list| absent(&list.name)).cloned());
        both.patterns
            .extend(house.patterns.iter().filter(|one| absent(&one.name)).cloned());
        both.allowed.extend_from_slice(&house.allowed);
        both.links = both.links.or_else(|| house.links.clone());
        both.caps = both.caps.or_else(|| house.caps.clone());
        both.repeats = both.repeats.or_else(|| house.repeats.clone());
        both.marks = both.marks.or_else(|| house.marks.clone());
        both.flood = both.flood.or_else(|| house.flood.clone());
        both.duplicates = both.duplicates.or_else(|| house.duplicates.clone());
        both.crowd = both.crowd.or_else(|| house.crowd.clone());
        both.mentions = both.mentions.or_else(|| house.mentions.clone());
        both
    }
}

/// The names of all lists and patterns.
pub(super) fn names_of(set: &RuleSet) -> impl Iterator<Item = &str> {
    let lists = set.words.iter().map(|list| list.name.as_str());
    lists.chain(set.patterns.iter().map(|pattern| pattern.name.as_str()))
}

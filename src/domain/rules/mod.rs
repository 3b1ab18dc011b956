//! The local rules that keep order: word lists, patterns, links, floods and their like. Fast, the same answer on every
//! instance, no model asked.
//!
//! A [`RuleSet`] is what people write. [`Compiled`] is the same made ready, which is expensive and worth keeping. [`judge`]
//! holds an [`Utterance`] and what was said before against it and gives a [`Verdict`]. How
//! words are found in spite of their spelling is told in `words/mod.rs`.

mod check;
mod compare;
mod compiled;
mod defaults;
mod history;
mod judge;
mod links;
mod mask;
mod set;
mod shape;
#[cfg(test)]
mod tests;
mod verdict;
mod words;

pub use compare::{Change, Told, compare};
pub use compiled::Compiled;
pub use history::{
    AUTHOR_PAST_MAX, AuthorPast, CROWD_AUTHORS_MAX, CROWD_PAST_MAX, CrowdPast, History, PAST_MAX_SECONDS, TextPrint,
};
pub use judge::{AuthorFacts, Utterance, UtteranceKind, judge, print};
pub use set::{
    CapsRule, CrowdRule, DuplicateRule, FloodRule, LinkMode, LinkRule, MarkRule, MentionRule, RepeatRule, RuleAction,
    RuleCategory, RuleSet, RuleSeverity, TextPattern, WordList,
};
pub use verdict::{Finding, RuleCode, TextSpan, Verdict};

//! What other rules would have done: trying a change on what was said already.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{
    compiled::Compiled,
    history::{AuthorPast, CrowdPast, History},
    judge::{Utterance, judge, print},
    set::RuleAction,
    verdict::Verdict,
};
use crate::domain::Stamp;

/// Something that was said, with who and when, oldest first.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    pub said: Utterance<'a>,
    /// Any number that tells authors apart.
    pub author_key: u64,
    pub at: Stamp,
}

/// A text whose outcome changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Which one of those that were given.
    pub index: usize,
    pub before: Verdict,
    pub after: Verdict,
}

impl Change {
    /// Whether it would now be treated more strictly.
    #[must_use]
    pub fn is_stricter(&self) -> bool {
        self.after.action > self.before.action
    }
}

/// Which texts would have another outcome: another action, another reason for it, or other places covered. What was said
/// before is remembered on the way, as when it was said, so floods and repetitions are judged as well.
#[must_use]
pub fn compare(old: &Compiled, new: &Compiled, told: &[Told<'_>]) -> Vec<Change> {
    let mut authors: HashMap<u64, AuthorPast> = HashMap::new();
    let mut crowd = CrowdPast::default();
    let mut changes = Vec::new();
    for (index, one) in told.iter().enumerate() {
        let author = authors.entry(one.author_key).or_default();
        let history = History {
            author,
            crowd: &crowd,
            author_key: one.author_key,
        };
        let before = judge(old, &one.said, &history, one.at);
        let after = judge(new, &one.said, &history, one.at);
        if outcome(&before) != outcome(&after) {
            changes.push(Change { index, before, after });
        }
        let print = print(one.said.text);
        author.remember(print, one.at);
        crowd.remember(print, one.author_key, one.at);
    }
    changes
}

fn outcome(verdict: &Verdict) -> (RuleAction, Option<&str>, Option<u32>, bool) {
    let reason = verdict.reason().filter(|_| verdict.action > RuleAction::Allow);
    (
        verdict.action,
        verdict.masked.as_deref(),
        verdict.timeout_seconds,
        reason.is_some(),
    )
}

//! Holding a text against the rules.

use super::{
    compiled::Compiled,
    history::{History, TextPrint},
    set::{RuleAction, RuleCategory},
    verdict::{Finding, RuleCode, Verdict, decisive},
};
use crate::domain::{Stamp, user::Role};

/// What is being judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UtteranceKind {
    /// Something new is said.
    Say,
    /// Something said is changed. How often one speaks, and that the text is nearly the old one, does not matter then.
    Edit,
    /// How somebody wants to be called. Whatever is found refuses the name.
    Name,
}

/// What the rules ask about an author.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthorFacts {
    pub role: Role,
    pub guest: bool,
    /// `None` when it is not known; then nobody is a newcomer.
    pub account_age_seconds: Option<u64>,
}

/// A text with what must be known to judge it.
#[derive(Debug, Clone, Copy)]
pub struct Utterance<'a> {
    pub kind: UtteranceKind,
    pub text: &'a str,
    pub author: AuthorFacts,
    /// How many people it calls, as far as the caller knows. What looks like a mention in the text is counted as well, and
    /// the larger number goes.
    pub mentions: u32,
}

/// By what a text is known again, see [`TextPrint`].
#[must_use]
pub fn print(text: &str) -> TextPrint {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut letters = 0;
    for letter in text
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
    {
        letters += 1;
        hash = (hash ^ u64::from(u32::from(letter))).wrapping_mul(0x0100_0000_01b3);
    }
    TextPrint { hash, letters }
}

/// What is to happen with this text. Asks nothing but what it is given.
#[must_use]
pub fn judge(rules: &Compiled, said: &Utterance<'_>, history: &History<'_>, now: Stamp) -> Verdict {
    let mut findings = Vec::new();
    for list in &rules.set.words {
        let hit = said
            .text
            .split_whitespace()
            .any(|word| list.words.iter().any(|listed| listed.eq_ignore_ascii_case(word)));
        if hit {
            findings.push(Finding {
                rule: list.name.clone(),
                category: list.category,
                code: RuleCode::ListedWord,
                action: list.action,
                score: list.severity.score(),
                spans: Vec::new(),
                timeout_seconds: list.timeout_seconds,
            });
        }
    }
    if let Some(flood) = &rules.set.flood
        && said.kind == UtteranceKind::Say
        && !said.author.role.is_staff()
        && history.author.count(now, flood.seconds) >= flood.messages as usize
    {
        findings.push(Finding {
            rule: "flood".into(),
            category: RuleCategory::Spam,
            code: RuleCode::MessageFlood,
            action: flood.action,
            score: 0.6,
            spans: Vec::new(),
            timeout_seconds: None,
        });
    }
    if let Some(rule) = &rules.set.duplicates
        && said.kind == UtteranceKind::Say
        && history.author.count_of(print(said.text), now, rule.seconds) >= rule.times as usize
    {
        findings.push(whole("duplicates", RuleCode::RepeatedMessage, rule.action));
    }
    if let Some(rule) = &rules.set.crowd
        && said.kind == UtteranceKind::Say
        && history
            .crowd
            .others(print(said.text), history.author_key, now, rule.seconds)
            >= rule.authors as usize
    {
        findings.push(whole("crowd", RuleCode::CrowdRepeat, rule.action));
    }
    verdict(rules, findings)
}

fn whole(rule: &str, code: RuleCode, action: RuleAction) -> Finding {
    Finding {
        rule: rule.into(),
        category: RuleCategory::Spam,
        code,
        action,
        score: 0.6,
        spans: Vec::new(),
        timeout_seconds: None,
    }
}

fn verdict(rules: &Compiled, findings: Vec<Finding>) -> Verdict {
    let reason = decisive(&findings);
    let action = reason.map_or(RuleAction::Allow, |finding| finding.action);
    Verdict {
        action,
        code: reason.map(|finding| finding.code),
        timeout_seconds: (action == RuleAction::Timeout).then(|| {
            reason
                .and_then(|finding| finding.timeout_seconds)
                .unwrap_or(rules.set.timeout_seconds)
        }),
        masked: None,
        findings,
        rules_version: rules.set.version,
        house_version: rules.house_version,
    }
}

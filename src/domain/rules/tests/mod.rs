//! The rules by example. `evasions.txt` must be caught, every line; `innocents.txt` must pass, every line.

mod manner;
mod properties;
mod sets;
mod speed;
mod tables;

use super::{
    AuthorFacts, Compiled, History, RuleAction, RuleCategory, RuleSet, RuleSeverity, Utterance, UtteranceKind, Verdict,
    WordList, judge,
};
use crate::domain::{Stamp, user::Role};

fn now() -> Stamp {
    Stamp::from_ms(1_781_204_400_000)
}

pub(super) const VIEWER: AuthorFacts = AuthorFacts {
    role: Role::Viewer,
    guest: false,
    account_age_seconds: None,
};

pub(super) fn says(text: &str) -> Utterance<'_> {
    Utterance {
        kind: UtteranceKind::Say,
        text,
        author: VIEWER,
        mentions: 0,
    }
}

pub(super) fn list(name: &str, action: RuleAction, words: &[&str]) -> WordList {
    WordList {
        name: name.into(),
        category: RuleCategory::Insult,
        severity: RuleSeverity::Medium,
        action,
        timeout_seconds: None,
        words: words.iter().map(|&word| word.into()).collect(),
    }
}

/// Rules that mask these words and do nothing else.
pub(super) fn masking(words: &[&str]) -> Compiled {
    Compiled::new(&RuleSet {
        words: vec![list("words", RuleAction::Mask, words)],
        ..RuleSet::empty()
    })
    .unwrap()
}

pub(super) fn judged(rules: &Compiled, text: &str) -> Verdict {
    judge(rules, &says(text), &History::none(), now())
}

/// The lines of a table that are neither blank nor comments. `\u{…}` stands for a character nobody could see.
pub(super) fn lines(table: &str) -> Vec<String> {
    let plain = |line: &str| {
        let mut text = String::new();
        let mut rest = line;
        while let Some((before, after)) = rest.split_once("\\u{") {
            let (code, after) = after.split_once('}').unwrap();
            text.push_str(before);
            text.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
            rest = after;
        }
        text + rest
    };
    let told = table
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with("# "));
    told.map(plain).collect()
}

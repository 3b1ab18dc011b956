//! Whether a rule set may be used. Everything in it is bounded, and every wrong field is named.

use std::collections::HashSet;

use super::{
    history::{AUTHOR_PAST_MAX, CROWD_AUTHORS_MAX, PAST_MAX_SECONDS},
    set::{LinkRule, RuleAction, RuleSet},
};
use crate::domain::Fault;

/// Enough for any house; what comes from a request is held to it twice.
const LISTS_MAX: usize = 20;
const WORDS_PER_LIST_MAX: usize = 2_000;
/// In all lists of a set together: bounds the memory of a compiled set to a few megabytes.
const WORDS_MAX: usize = 5_000;
const ALLOWED_MAX: usize = 2_000;
const PATTERNS_MAX: usize = 50;
const PATTERN_CHARS_MAX: usize = 500;
const DOMAINS_MAX: usize = 500;
/// 28 days.
const TIMEOUT_MAX_SECONDS: u32 = 28 * 86_400;
/// More faults than this help nobody.
const FAULTS_MAX: usize = 20;

/// Gathers faults and forgets those beyond [`FAULTS_MAX`].
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn add(&mut self, pointer: String, code: &'static str, detail: impl Into<String>) {
        if self.0.len() < FAULTS_MAX {
            self.0.push(Fault::new(pointer, code, detail));
        }
    }

    fn range(&mut self, pointer: &str, value: u32, least: u32, most: usize) {
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        if !(least..=most).contains(&value) {
            self.add(pointer.into(), "out-of-range", format!("Between {least} and {most}."));
        }
    }

    fn most(&mut self, pointer: &str, length: usize, most: usize) {
        if length > most {
            self.add(pointer.into(), "too-many", format!("At most {most}."));
        }
    }

    fn unmaskable(&mut self, pointer: &str, action: RuleAction) {
        if action == RuleAction::Mask {
            let detail = "This rule is about a text as a whole, of which nothing can be covered.";
            self.add(pointer.into(), "unsupported", detail);
        }
    }

    /// An error with all faults so far, if there are any.
    pub(super) fn result(&mut self) -> Result<(), Vec<Fault>> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(std::mem::take(&mut self.0))
        }
    }
}

/// Checks bounds and names. What only shows when a word or pattern is compiled, is found there.
///
/// `sets` is of how many sets this one is made: an event's above the house's may be twice as long, so that two good sets
/// always make a good one.
pub(super) fn check(set: &RuleSet, sets: usize, faults: &mut Faults) {
    faults.range("/timeout_seconds", set.timeout_seconds, 1, TIMEOUT_MAX_SECONDS as usize);
    lists_and_patterns(set, sets, faults);
    if let Some(links) = &set.links {
        check_links(links, faults);
    }
    whole_texts(set, faults);
    pasts(set, faults);
}

fn lists_and_patterns(set: &RuleSet, sets: usize, faults: &mut Faults) {
    faults.most("/words", set.words.len(), LISTS_MAX * sets);
    faults.most("/allowed", set.allowed.len(), ALLOWED_MAX * sets);
    faults.most("/patterns", set.patterns.len(), PATTERNS_MAX * sets);
    let all = set.words.iter().map(|list| list.words.len()).sum();
    faults.most("/words", all, WORDS_MAX * sets);
    let mut names = HashSet::new();
    for (index, list) in set.words.iter().enumerate() {
        let at = |field: &str| format!("/words/{index}/{field}");
        check_name(&list.name, at("name"), &mut names, faults);
        check_timeout(list.timeout_seconds, &at("timeout_seconds"), faults);
        faults.most(&at("words"), list.words.len(), WORDS_PER_LIST_MAX);
    }
    for (index, one) in set.patterns.iter().enumerate() {
        let at = |field: &str| format!("/patterns/{index}/{field}");
        check_name(&one.name, at("name"), &mut names, faults);
        check_timeout(one.timeout_seconds, &at("timeout_seconds"), faults);
        if one.pattern.is_empty() || one.pattern.chars().count() > PATTERN_CHARS_MAX {
            let detail = format!("A pattern has 1 to {PATTERN_CHARS_MAX} characters.");
            faults.add(at("pattern"), "out-of-range", detail);
        }
    }
}

fn check_timeout(seconds: Option<u32>, pointer: &str, faults: &mut Faults) {
    if let Some(seconds) = seconds {
        faults.range(pointer, seconds, 1, TIMEOUT_MAX_SECONDS as usize);
    }
}

fn check_name<'a>(name: &'a str, pointer: String, names: &mut HashSet<&'a str>, faults: &mut Faults) {
    let good = (1..=40).contains(&name.len())
        && name
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        && !name.starts_with('-')
        && !name.ends_with('-');
    if !good {
        let detail = "A rule's name has 1 to 40 of a-z, 0-9 and, between them, `-`.";
        faults.add(pointer, "malformed", detail);
    } else if !names.insert(name) {
        faults.add(pointer, "duplicate", "Each list and pattern has a name of its own.");
    }
}

fn check_links(links: &LinkRule, faults: &mut Faults) {
    faults.most("/links/domains", links.domains.len(), DOMAINS_MAX);
    for (index, domain) in links.domains.iter().enumerate().take(DOMAINS_MAX) {
        if !is_domain(domain) {
            let detail = "Expected a host name like example.org, without scheme, port or path; IDNs as they are typed or in ASCII.";
            faults.add(format!("/links/domains/{index}"), "malformed", detail);
        }
    }
}

fn is_domain(domain: &str) -> bool {
    (1..=253).contains(&domain.len())
        && domain.split('.').all(|label| {
            !label.is_empty()
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

/// Rules about one text as a whole.
fn whole_texts(set: &RuleSet, faults: &mut Faults) {
    if let Some(caps) = &set.caps {
        faults.range("/caps/min_letters", caps.min_letters, 1, 4_096);
        faults.range("/caps/percent", caps.percent, 1, 100);
        faults.unmaskable("/caps/action", caps.action);
    }
    if let Some(repeats) = &set.repeats {
        faults.range("/repeats/characters", repeats.characters, 2, 4_096);
        faults.range("/repeats/words", repeats.words, 1, 4_096);
        faults.range("/repeats/emoji", repeats.emoji, 0, 4_096);
        faults.unmaskable("/repeats/action", repeats.action);
    }
    if let Some(marks) = &set.marks {
        faults.range("/marks/marks", marks.marks, 1, 16);
        faults.range("/marks/letters", marks.letters, 0, 4_096);
        faults.unmaskable("/marks/action", marks.action);
    }
    if let Some(mentions) = &set.mentions {
        faults.range("/mentions/most", mentions.most, 0, 1_000);
        faults.unmaskable("/mentions/action", mentions.action);
    }
}

/// Rules that look back cannot look further than is remembered.
fn pasts(set: &RuleSet, faults: &mut Faults) {
    let reach = PAST_MAX_SECONDS as usize;
    if let Some(flood) = &set.flood {
        faults.range("/flood/messages", flood.messages, 1, AUTHOR_PAST_MAX - 1);
        faults.range("/flood/seconds", flood.seconds, 1, reach);
        faults.unmaskable("/flood/action", flood.action);
    }
    if let Some(duplicates) = &set.duplicates {
        faults.range("/duplicates/times", duplicates.times, 1, AUTHOR_PAST_MAX - 1);
        faults.range("/duplicates/seconds", duplicates.seconds, 1, reach);
        faults.range("/duplicates/min_letters", duplicates.min_letters, 0, 4_096);
        faults.unmaskable("/duplicates/action", duplicates.action);
    }
    if let Some(crowd) = &set.crowd {
        faults.range("/crowd/authors", crowd.authors, 1, CROWD_AUTHORS_MAX - 1);
        faults.range("/crowd/seconds", crowd.seconds, 1, reach);
        faults.range("/crowd/min_letters", crowd.min_letters, 0, 4_096);
        faults.unmaskable("/crowd/action", crowd.action);
    }
}

//! Holding a text against the rules.

use std::ops::Range;

use super::{
    compiled::Compiled,
    history::{History, TextPrint},
    links, mask,
    set::{RuleAction, RuleCategory},
    shape,
    verdict::{Finding, RuleCode, Verdict, decisive},
    words::Reading,
};
use crate::domain::{Stamp, user::Role};

/// How bad it is to break a rule that is about the manner, not the words.
const MANNER_SCORE: f32 = 0.5;
/// Places of one pattern that are named and covered. Searching on for more would cost a hostile text's length each time.
const PLACES_PER_PATTERN: usize = 32;

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
    /// People who only gave a name are newcomers, whatever the age of their account.
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
    print_of(&Reading::of(text))
}

fn print_of(reading: &Reading) -> TextPrint {
    let (hash, letters) = reading.print();
    TextPrint { hash, letters }
}

/// What is to happen with this text. Asks nothing but what it is given.
#[must_use]
pub fn judge(rules: &Compiled, said: &Utterance<'_>, history: &History<'_>, now: Stamp) -> Verdict {
    let reading = Reading::of(said.text);
    let mut found = Found {
        rules,
        said,
        findings: Vec::new(),
        covered: Vec::new(),
    };
    found.words(&reading);
    found.patterns();
    if let Some(rule) = rules
        .set
        .marks
        .as_ref()
        .filter(|rule| shape::is_buried(said.text, rule))
    {
        found.manner("marks", RuleCode::StackedMarks, rule.action);
    }
    if !said.author.role.is_staff() {
        found.links();
        if said.kind != UtteranceKind::Name {
            found.shape();
        }
        if said.kind == UtteranceKind::Say {
            found.past(print_of(&reading), history, now);
        }
    }
    found.verdict()
}

/// What was found so far.
struct Found<'a> {
    rules: &'a Compiled,
    said: &'a Utterance<'a>,
    findings: Vec<Finding>,
    /// Places to cover.
    covered: Vec<Range<usize>>,
}

impl Found<'_> {
    fn words(&mut self, reading: &Reading) {
        let (hits, _) = reading.find(&self.rules.listed, &self.rules.allowed);
        if hits.is_empty() {
            return;
        }
        for (index, list) in self.rules.set.words.iter().enumerate() {
            let places = hits.iter().filter(|hit| hit.list == index).map(|hit| hit.place.clone());
            let finding = Finding {
                rule: list.name.clone(),
                category: list.category,
                code: RuleCode::ListedWord,
                action: list.action,
                score: list.severity.score(),
                spans: Vec::new(),
                timeout_seconds: list.timeout_seconds,
            };
            self.add(finding, places.collect());
        }
    }

    fn patterns(&mut self) {
        if self.rules.patterns.is_empty() {
            return;
        }
        for index in self.rules.any_pattern.matches(self.said.text) {
            let (Some(rule), Some(pattern)) = (self.rules.set.patterns.get(index), self.rules.patterns.get(index))
            else {
                continue;
            };
            let places = pattern.find_iter(self.said.text).take(PLACES_PER_PATTERN);
            let places = places
                .map(|place| place.range())
                .filter(|place| !place.is_empty())
                .collect();
            let finding = Finding {
                rule: rule.name.clone(),
                category: rule.category,
                code: RuleCode::Pattern,
                action: rule.action,
                score: rule.severity.score(),
                spans: Vec::new(),
                timeout_seconds: rule.timeout_seconds,
            };
            self.add(finding, places);
        }
    }

    fn links(&mut self) {
        let Some(rule) = &self.rules.set.links else { return };
        let author = self.said.author;
        let young = |seconds| author.guest || author.account_age_seconds.is_some_and(|age| age < u64::from(seconds));
        let newcomer = rule.newcomer_seconds.is_some_and(young);
        let places = links::find(self.said.text, rule, newcomer);
        let finding = Finding {
            category: RuleCategory::Link,
            ..manner("links", RuleCode::Link, rule.action)
        };
        self.add(finding, places);
    }

    fn shape(&mut self) {
        let (set, text) = (&self.rules.set, self.said.text);
        if let Some(rule) = set.caps.as_ref().filter(|rule| shape::shouts(text, rule)) {
            self.manner("caps", RuleCode::Shouting, rule.action);
        }
        if let Some(rule) = &set.repeats
            && let Some(code) = shape::repeats(text, rule)
        {
            self.manner("repeats", code, rule.action);
        }
        if let Some(rule) = &set.mentions
            && self.said.mentions.max(shape::mentions(text)) > rule.most
        {
            self.manner("mentions", RuleCode::MassMentions, rule.action);
        }
    }

    fn past(&mut self, print: TextPrint, history: &History<'_>, now: Stamp) {
        let set = &self.rules.set;
        // Reached by what was said before: this one would be one more.
        if let Some(rule) = &set.flood
            && history.author.count(now, rule.seconds) >= rule.messages as usize
        {
            self.manner("flood", RuleCode::MessageFlood, rule.action);
        }
        let long = |least: u32| print.letters > 0 && print.letters >= least;
        if let Some(rule) = set.duplicates.as_ref().filter(|rule| long(rule.min_letters))
            && history.author.count_of(print, now, rule.seconds) >= rule.times as usize
        {
            self.manner("duplicates", RuleCode::RepeatedMessage, rule.action);
        }
        if let Some(rule) = set.crowd.as_ref().filter(|rule| long(rule.min_letters))
            && history.crowd.others(print, history.author_key, now, rule.seconds) >= rule.authors as usize
        {
            self.manner("crowd", RuleCode::CrowdRepeat, rule.action);
        }
    }

    fn manner(&mut self, rule: &str, code: RuleCode, action: RuleAction) {
        self.keep(manner(rule, code, action));
    }

    /// Keeps a finding that is about places, if there are any.
    fn add(&mut self, finding: Finding, places: Vec<Range<usize>>) {
        if places.is_empty() {
            return;
        }
        let places = mask::merged(places);
        let spans = mask::spans(self.said.text, &places);
        if finding.action == RuleAction::Mask {
            self.covered.extend(places);
        }
        self.keep(Finding { spans, ..finding });
    }

    fn keep(&mut self, finding: Finding) {
        let staff = self.said.author.role.is_staff();
        let action = match finding.action {
            RuleAction::Allow => RuleAction::Allow,
            // Nobody is called by a name full of stars, and a name cannot wait.
            _ if self.said.kind == UtteranceKind::Name => RuleAction::Bounce,
            // Whoever releases what is held does not wait for themselves.
            RuleAction::Hold | RuleAction::Hide | RuleAction::Timeout if staff => RuleAction::Bounce,
            action => action,
        };
        let timeout_seconds = finding.timeout_seconds.filter(|_| action == RuleAction::Timeout);
        self.findings.push(Finding {
            action,
            timeout_seconds,
            ..finding
        });
    }

    fn verdict(self) -> Verdict {
        let reason = decisive(&self.findings);
        let action = reason.map_or(RuleAction::Allow, |finding| finding.action);
        let seconds = |finding: &Finding| finding.timeout_seconds.unwrap_or(self.rules.set.timeout_seconds);
        let timeouts = self
            .findings
            .iter()
            .filter(|finding| finding.action == RuleAction::Timeout);
        let masks = !self.covered.is_empty() && self.said.kind != UtteranceKind::Name;
        Verdict {
            action,
            code: reason.map(|finding| finding.code),
            timeout_seconds: timeouts.map(seconds).max(),
            masked: masks.then(|| mask::masked(self.said.text, &mask::merged(self.covered))),
            findings: self.findings,
            rules_version: self.rules.set.version,
            house_version: self.rules.house_version,
        }
    }
}

fn manner(rule: &str, code: RuleCode, action: RuleAction) -> Finding {
    Finding {
        rule: rule.to_owned(),
        category: RuleCategory::Spam,
        code,
        action,
        score: MANNER_SCORE,
        spans: Vec::new(),
        timeout_seconds: None,
    }
}

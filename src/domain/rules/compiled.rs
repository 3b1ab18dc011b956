//! A rule set made ready to judge by.

use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

use super::{
    check::{Faults, check},
    set::RuleSet,
    words::Words,
};
use crate::domain::Fault;

/// Bytes of one compiled pattern: enough for long lists of words with Unicode classes, too little for `(\w{99}){99}`.
const PATTERN_SIZE_MAX: usize = 256 * 1_024;
/// Bytes of all of them together, for the one pass that says which match.
const PATTERNS_SIZE_MAX: usize = 32 * 1_024 * 1_024;
/// Bytes of scratch that searching may use; it starts over when they are full, which costs time, not answers.
const SCRATCH_MAX: usize = 512 * 1_024;
/// Brackets within brackets.
const NEST_MAX: u32 = 32;

/// A checked rule set with everything in it prepared. Making one is expensive; keep it for as long as the set is the same.
#[derive(Debug)]
pub struct Compiled {
    pub(super) set: RuleSet,
    pub(super) house_version: Option<u32>,
    pub(super) listed: Words,
    pub(super) allowed: Words,
    pub(super) patterns: Vec<Regex>,
    /// All patterns at once: says in one pass which of them match at all.
    pub(super) any_pattern: RegexSet,
}

impl Compiled {
    /// Ready to judge by these rules, or every field that is wrong.
    pub fn new(set: &RuleSet) -> Result<Self, Vec<Fault>> {
        Self::of(set, 1)
    }

    fn of(set: &RuleSet, sets: usize) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::default();
        check(set, sets, &mut faults);
        // What is too much is not compiled, lest refusing it be the expensive part.
        faults.result()?;
        let mut listed = Words::default();
        for (index, list) in set.words.iter().enumerate() {
            for (place, word) in list.words.iter().enumerate() {
                if let Err(fault) = listed.add(word, index) {
                    faults.add(format!("/words/{index}/words/{place}"), fault.code, fault.detail);
                }
            }
        }
        let mut allowed = Words::default();
        for (place, word) in set.allowed.iter().enumerate() {
            if let Err(fault) = allowed.add(word, 0) {
                faults.add(format!("/allowed/{place}"), fault.code, fault.detail);
            }
        }
        listed.seal();
        allowed.seal();
        let patterns = compile_patterns(set, &mut faults);
        faults.result()?;
        Ok(Self {
            set: set.clone(),
            house_version: None,
            listed,
            allowed,
            patterns,
            any_pattern: compile_set(set)?,
        })
    }

    /// An event's rules above the house's, see [`RuleSet::over`]. What is good by itself is good together.
    pub fn layered(house: &RuleSet, event: &RuleSet) -> Result<Self, Vec<Fault>> {
        Ok(Self {
            house_version: event.inherit.then_some(house.version),
            ..Self::of(&event.over(house), 2)?
        })
    }

    #[must_use]
    pub fn set(&self) -> &RuleSet {
        &self.set
    }
}

fn compile_patterns(set: &RuleSet, faults: &mut Faults) -> Vec<Regex> {
    let mut compiled = Vec::with_capacity(set.patterns.len());
    for (index, one) in set.patterns.iter().enumerate() {
        let at = || format!("/patterns/{index}/pattern");
        let pattern = RegexBuilder::new(&one.pattern)
            .case_insensitive(true)
            .size_limit(PATTERN_SIZE_MAX)
            .dfa_size_limit(SCRATCH_MAX)
            .nest_limit(NEST_MAX)
            .build();
        match pattern {
            Ok(pattern) if pattern.is_match("") => {
                faults.add(
                    at(),
                    "malformed",
                    "The pattern matches nothing at all, and so every text.",
                );
            }
            Ok(pattern) => compiled.push(pattern),
            Err(regex::Error::CompiledTooBig(_)) => {
                faults.add(
                    at(),
                    "too-large",
                    "The pattern is too large once its repetitions are written out.",
                );
            }
            Err(error) => faults.add(at(), "malformed", last_line(&error.to_string())),
        }
    }
    compiled
}

fn compile_set(set: &RuleSet) -> Result<RegexSet, Vec<Fault>> {
    RegexSetBuilder::new(set.patterns.iter().map(|one| &one.pattern))
        .case_insensitive(true)
        .size_limit(PATTERNS_SIZE_MAX)
        .dfa_size_limit(SCRATCH_MAX)
        .nest_limit(NEST_MAX)
        .build()
        .map_err(|_| {
            let detail = "The patterns are too large together.";
            vec![Fault::new("/patterns", "too-large", detail)]
        })
}

/// What is wrong, without the drawing of where.
fn last_line(message: &str) -> String {
    let line = message.lines().last().unwrap_or_default();
    line.trim_start_matches("error: ").chars().take(200).collect()
}

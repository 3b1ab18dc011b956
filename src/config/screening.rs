//! Having a model look at messages: what counts against one, how many are asked about at once, and how long it may take.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Wrong;

/// `[screening]`. Who judges is in `[llm]`, whether an event's messages are screened in its settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScreeningConfig {
    /// From which score on a message is held or taken away: by our label (`hate`, `abuse`, `sexual`, `violence`, `self_harm`,
    /// `spam`, `other`) or by the model's own category, which wins: `sexual_minors` for `sexual/minors`, since names of settings
    /// have no other signs. What is not listed never counts.
    pub thresholds: BTreeMap<String, f64>,
    /// Kept with every decision. Raise it when you change the thresholds.
    pub version: u64,
    /// Messages of one request, where the API takes several.
    pub batch_most: usize,
    /// Requests under way at once on each instance.
    pub batches_at_once: usize,
    /// How long the first message of a batch waits for others.
    pub batch_wait_ms: u64,
    /// A model that has not answered by then is asked again later. If an instance dies meanwhile, another takes over after
    /// half as long again.
    pub answer_within_ms: u64,
    /// A message that waits for its verdict waits no longer than this; then its event's setting says what becomes of it.
    pub late_after_ms: u64,
    /// A message whose verdict cannot be had is tried again for so long, then left alone.
    pub give_up_after_seconds: u32,
    /// A message that was held for its verdict and is bad is rejected. Off: it goes on waiting, for a person.
    pub reject: bool,
    /// Texts whose verdicts are remembered on each instance. Much of what is said in a room is said often.
    pub remembered_most: usize,
}

impl Default for ScreeningConfig {
    fn default() -> Self {
        let thresholds = [
            ("hate", 0.5),
            ("abuse", 0.6),
            ("sexual", 0.6),
            ("sexual_minors", 0.2),
            ("violence", 0.7),
            ("self_harm", 0.5),
            ("spam", 0.8),
            ("other", 0.8),
        ];
        Self {
            thresholds: thresholds.map(|(name, at)| (name.to_owned(), at)).into(),
            version: 1,
            batch_most: 16,
            batches_at_once: 4,
            batch_wait_ms: 100,
            answer_within_ms: 10_000,
            late_after_ms: 5_000,
            give_up_after_seconds: 600,
            reject: false,
            remembered_most: 4_096,
        }
    }
}

impl ScreeningConfig {
    pub(super) fn check(&self) -> Result<(), Wrong> {
        let is_name = |name: &String| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if !self.thresholds.keys().all(is_name) {
            return Err(("screening.thresholds", "have names of small letters and `_`"));
        }
        if self.thresholds.values().any(|at| !(0.0..=1.0).contains(at)) || self.thresholds.len() > 64 {
            return Err(("screening.thresholds", "lie between 0 and 1, at most 64 of them"));
        }
        if !(1..=32).contains(&self.batch_most) || !(1..=32).contains(&self.batches_at_once) {
            return Err(("screening", "`batch_most` and `batches_at_once` lie between 1 and 32"));
        }
        if !(1..=5_000).contains(&self.batch_wait_ms) {
            return Err(("screening.batch_wait_ms", "lies between 1 and 5000"));
        }
        if !(100..=120_000).contains(&self.answer_within_ms) || !(100..=600_000).contains(&self.late_after_ms) {
            return Err((
                "screening",
                "`answer_within_ms` lies between 100 and 120000, `late_after_ms` between 100 and 600000",
            ));
        }
        if !(1..=86_400).contains(&self.give_up_after_seconds) || self.remembered_most > 1_000_000 {
            return Err((
                "screening",
                "`give_up_after_seconds` lies between 1 and 86400, `remembered_most` is at most 1000000",
            ));
        }
        Ok(())
    }
}

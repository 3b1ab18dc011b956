//! The assistant: what it is called, and what it does in events that do not say otherwise.

use serde::{Deserialize, Serialize};

use crate::domain::event::AssistantSettings;

/// `[assistant]`. What it asks a model is in `[llm]`; without one it answers from the facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AssistantConfig {
    /// The name under which it speaks.
    pub name: String,
    /// Whether it answers questions in a new event. Changing it does not change events that exist.
    pub answers: bool,
    /// Whether it says by itself what happens in a new event.
    pub posts: bool,
    /// Questions that are worked on at once, on this instance.
    pub most_at_once: usize,
    /// For an answer by a model, with waiting and retries.
    pub deadline_ms: u64,
    /// Of an answer by a model.
    pub max_tokens: u32,
    /// Least seconds between anything it says by itself and something that can be missed: statistics, milestones, changes
    /// of the lead in sports with many points. Goals, ends and red cards are always said.
    pub post_pause_seconds: u32,
    /// What was reported longer ago than this, say while no server ran, is passed over, except the closing summary.
    pub post_late_seconds: u32,
    /// So long a model has for rewording a post; then the post goes out as it is. 0: it is not asked.
    pub post_deadline_ms: u64,
    /// So long a model has for what a persona says, and for a score sheet.
    pub persona_deadline_seconds: u32,
}

impl Default for AssistantConfig {
    fn default() -> Self {
        Self {
            name: "Assistant".to_owned(),
            answers: true,
            posts: true,
            most_at_once: 8,
            deadline_ms: 30_000,
            max_tokens: 500,
            post_pause_seconds: 60,
            post_late_seconds: 300,
            post_deadline_ms: 4_000,
            persona_deadline_seconds: 30,
        }
    }
}

impl AssistantConfig {
    pub(super) fn check(&self) -> Result<(), super::Wrong> {
        let length = self.name.trim().chars().count();
        if !(1..=40).contains(&length) || self.name.chars().any(char::is_control) {
            return Err(("assistant.name", "a name has 1 to 40 characters"));
        }
        if !(1..=256).contains(&self.most_at_once) {
            return Err(("assistant.most_at_once", "between 1 and 256"));
        }
        if !(100..=300_000).contains(&self.deadline_ms) {
            return Err(("assistant.deadline_ms", "between 100 and 300000"));
        }
        if !(16..=4_096).contains(&self.max_tokens) {
            return Err(("assistant.max_tokens", "between 16 and 4096"));
        }
        if self.post_pause_seconds > 86_400 || !(1..=86_400).contains(&self.post_late_seconds) {
            return Err(("assistant.post_late_seconds", "times of posts are up to a day"));
        }
        Ok(())
    }
}

impl From<&AssistantConfig> for AssistantSettings {
    fn from(config: &AssistantConfig) -> Self {
        Self {
            answers: config.answers,
            posts: config.posts,
        }
    }
}

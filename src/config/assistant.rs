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
}

impl Default for AssistantConfig {
    fn default() -> Self {
        Self {
            name: "Assistant".to_owned(),
            answers: true,
            posts: true,
        }
    }
}

impl AssistantConfig {
    pub(super) fn check(&self) -> Result<(), super::Wrong> {
        let length = self.name.trim().chars().count();
        if !(1..=40).contains(&length) || self.name.chars().any(char::is_control) {
            return Err(("assistant.name", "a name has 1 to 40 characters"));
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

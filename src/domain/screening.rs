//! Having a model look at messages after the rules of the house: when, and what becomes of those it is late for.

use serde::{Deserialize, Serialize};

/// When a model looks at a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum ScreeningMode {
    #[default]
    Off,
    /// It appears, and is taken away if the verdict says so.
    After,
    /// It waits for its verdict.
    Before,
}

/// What becomes of a message that waits when its verdict is late.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum Late {
    /// It appears; a verdict that comes after all may still take it away.
    #[default]
    Release,
    /// It waits for a person.
    Keep,
}

/// How an event's messages are screened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[serde(default)]
pub struct Screening {
    pub mode: ScreeningMode,
    pub late: Late,
}

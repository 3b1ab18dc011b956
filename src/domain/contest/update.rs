//! What a feed reports: one flat body on the wire, one exact [`Update`] inside.
//!
//! The body is flat with a `type`, not a union of ten schemas: generators for many languages make one plain record of it,
//! and a fault can name the very field. Strictness is ours: a field that does not belong to the type is refused, so a
//! misspelt report never passes as a poorer one.

mod read;

use serde::{Deserialize, Serialize};

use super::{CardColor, Outcome, ScoreLine};

pub use read::check_feed_name;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum UpdateType {
    PeriodStart,
    PeriodEnd,
    Goal,
    Card,
    Substitution,
    Score,
    Clock,
    Result,
    Amend,
    Retract,
}

/// The period that begins or ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
pub struct PeriodIn {
    /// 1, 2, 3, …
    pub number: u32,
    /// How it is called; the sport's own word if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// One report of a feed. Which fields it takes depends on `type`:
///
/// - `period_start`, `period_end`: `period`
/// - `goal`: `participant_id` (whose score rises), `minute`, `player`?, `stoppage`?, `penalty`?, `own_goal`?
/// - `card`: `participant_id`, `player`, `color`, `minute`, `stoppage`?
/// - `substitution`: `participant_id`, `player_in`, `player_out`, `minute`, `stoppage`?
/// - `score`: `score`, the points as they are now
/// - `clock`: `running`, `elapsed_ms`
/// - `result`: `outcome`, `winner_id` (if won), `method`?, `note`?
/// - `amend`: `target_source_id` and the fields that change (`minute` without `stoppage` takes the stoppage away)
/// - `retract`: `target_source_id`, `reason`?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
#[serde(rename_all = "snake_case")]
pub struct UpdateIn {
    /// The feed's own id of this report, 1 to 128 visible ASCII characters. Sent again it changes nothing.
    pub source_id: String,
    #[serde(rename = "type")]
    #[oai(rename = "type")]
    pub kind: UpdateType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<PeriodIn>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub player: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub player_in: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub player_out: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<CardColor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minute: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stoppage: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub penalty: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_goal: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[oai(validator(max_items = "64"))]
    pub score: Option<Vec<ScoreLine>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elapsed_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winner_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_source_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The fields an incident can have and an amendment can change, with tidy text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    pub participant_id: Option<String>,
    pub player: Option<String>,
    pub player_in: Option<String>,
    pub player_out: Option<String>,
    pub color: Option<CardColor>,
    pub minute: Option<u32>,
    pub stoppage: Option<u32>,
    pub penalty: Option<bool>,
    pub own_goal: Option<bool>,
    pub outcome: Option<Outcome>,
    pub winner_id: Option<String>,
    pub method: Option<String>,
    pub note: Option<String>,
}

/// A report that has the fields of its type and no others. Whether it may be so is for the contest to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Update {
    PeriodStart { number: u32, name: Option<String> },
    PeriodEnd { number: u32 },
    Goal(Details),
    Card(Details),
    Substitution(Details),
    Result(Details),
    Score(Vec<ScoreLine>),
    Clock { running: bool, elapsed_ms: u64 },
    Amend { target: String, changes: Details },
    Retract { target: String, reason: Option<String> },
}

impl UpdateIn {
    /// A body with nothing but its id and type; for those who write feeds.
    #[must_use]
    pub fn new(source_id: impl Into<String>, kind: UpdateType) -> Self {
        Self {
            source_id: source_id.into(),
            kind,
            period: None,
            participant_id: None,
            player: None,
            player_in: None,
            player_out: None,
            color: None,
            minute: None,
            stoppage: None,
            penalty: None,
            own_goal: None,
            score: None,
            running: None,
            elapsed_ms: None,
            outcome: None,
            winner_id: None,
            method: None,
            note: None,
            target_source_id: None,
            reason: None,
        }
    }
}

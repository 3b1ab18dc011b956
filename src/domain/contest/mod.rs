//! The contest: what is being decided. Here are the shapes that travel; the rules stand beside them.
//!
//! [`update`] reads what a feed reports, [`state`] decides whether it may be so and folds it in, [`rules`] knows the sports
//! apart, [`score`] is the arithmetic, [`fold`] is the reader's side: a scoreboard plus entries is the next scoreboard.

pub mod fold;
pub mod rules;
mod score;
pub mod setup;
pub mod state;
#[cfg(test)]
mod tests;
pub mod update;

pub use setup::{ContestIn, ContestantIn};
pub use state::{Applied, ContestState, Report};
pub use update::{PeriodIn, Update, UpdateIn, UpdateType};

use serde::{Deserialize, Serialize};

use super::{IncidentId, Stamp};

/// Points of one participant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
pub struct ScoreLine {
    pub participant_id: String,
    pub points: i64,
}

/// A contest's participant: a team, a fighter, a player.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Contestant {
    pub id: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short_name: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum PeriodState {
    Running,
    Ended,
}

/// A half, a quarter, a round, an innings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Period {
    pub number: u32,
    pub name: String,
    pub state: PeriodState,
    /// The score when it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Vec<ScoreLine>>,
}

/// The contest's clock: `elapsed_ms` at the moment `as_of`; if it runs, add what has passed since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
pub struct Clock {
    pub running: bool,
    pub elapsed_ms: u64,
    pub as_of: Stamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum Outcome {
    Win,
    Draw,
    NoResult,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ContestResult {
    pub outcome: Outcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winner_id: Option<String>,
    /// `penalties`, `knockout`, `submission`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum IncidentType {
    PeriodStart,
    PeriodEnd,
    Goal,
    Card,
    Substitution,
    Result,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum CardColor {
    Yellow,
    SecondYellow,
    Red,
}

/// Which period an incident belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
pub struct PeriodName {
    pub number: u32,
    pub name: String,
}

/// Something that happened in the contest. Only the fields of its type are present.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Incident {
    pub id: IncidentId,
    #[serde(rename = "type")]
    #[oai(rename = "type")]
    pub kind: IncidentType,
    /// For a goal: whose score rises.
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
    /// Minutes of added time, as in 90+4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stoppage: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub penalty: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_goal: Option<bool>,
    /// The period it fell in, or the one that began or ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<PeriodName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<ContestResult>,
    /// Which feed reported it, and under which id there.
    pub source: String,
    pub source_id: String,
    /// When it was recorded here.
    pub at: Stamp,
    /// Amended since it was first told.
    pub corrected: bool,
}

/// The whole contest as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Scoreboard {
    pub kind: super::event::EventKind,
    pub participants: Vec<Contestant>,
    pub score: Vec<ScoreLine>,
    /// The latest period, running or ended; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    pub periods: Vec<Period>,
    pub clock: Clock,
    /// What stands, in the order of arrival; retracted ones are gone.
    pub incidents: Vec<Incident>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<ContestResult>,
}

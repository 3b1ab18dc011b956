//! Histories told to a contest: `tables` of known ones, `refusals` of unlawful ones, `properties` over random ones.

mod properties;
mod refusals;
mod tables;

use super::*;
use crate::domain::{
    IncidentId,
    event::{EventKind, Participant},
};

fn start() -> Stamp {
    Stamp::from_ms(1_000_000)
}

fn contest(kind: EventKind) -> ContestState {
    let participant = |id: &str| Participant {
        id: id.into(),
        name: id.to_uppercase(),
        short_name: None,
        image_url: None,
    };
    ContestState::new(kind, &[participant("a"), participant("b")], start())
}

fn update(source_id: &str, body: &str) -> UpdateIn {
    let mut json: serde_json::Value = serde_json::from_str(body).unwrap();
    json["source_id"] = source_id.into();
    serde_json::from_value(json).unwrap()
}

/// Applies the n-th update of a history, a second after the one before.
fn tell(state: &mut ContestState, number: usize, update: &UpdateIn) -> Result<Applied, Vec<crate::domain::Fault>> {
    let report = Report {
        source: "desk",
        source_id: &update.source_id,
        incident_id: IncidentId::from_uuid(uuid::Uuid::from_u128(number as u128)),
        now: start().plus_ms(i64::try_from(number).unwrap() * 1_000),
    };
    state.apply(&report, &update.read()?)
}

/// Plays a history whose updates are called u0, u1, …; returns the state, or the first fault as `pointer code`.
fn play(kind: EventKind, history: &[&str]) -> Result<ContestState, String> {
    let mut state = contest(kind);
    for (number, body) in history.iter().enumerate() {
        tell(&mut state, number, &update(&format!("u{number}"), body))
            .map_err(|faults| format!("{} {}", faults[0].pointer, faults[0].code))?;
    }
    Ok(state)
}

const START: &str = r#"{"type":"period_start","period":{"number":1}}"#;
const END: &str = r#"{"type":"period_end","period":{"number":1}}"#;
const START_2: &str = r#"{"type":"period_start","period":{"number":2}}"#;
const GOAL_A: &str = r#"{"type":"goal","participant_id":"a","minute":10}"#;
const GOAL_B: &str = r#"{"type":"goal","participant_id":"b","minute":20}"#;
const SCORE_1_0: &str =
    r#"{"type":"score","score":[{"participant_id":"a","points":1},{"participant_id":"b","points":0}]}"#;
const SCORE_3_1: &str =
    r#"{"type":"score","score":[{"participant_id":"a","points":3},{"participant_id":"b","points":1}]}"#;
const A_WINS: &str = r#"{"type":"result","outcome":"win","winner_id":"a"}"#;

//! Histories told to a contest: `tables` of known ones, `properties` over random ones.

mod properties;
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

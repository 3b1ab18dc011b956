//! How a contest begins, and how its host sets it up.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{
    Clock, ContestState, Contestant,
    rules::{MAX_PARTICIPANTS, MAX_PERIOD_LENGTH_SECONDS, Rules},
};
use crate::domain::{
    Fault, Stamp,
    entry::{ContestChanged, Entry},
    event::{EventKind, Participant},
    text::{self, DisplayName},
};

/// Who takes part, as the host says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
pub struct ContestantIn {
    /// 1 to 64 visible ASCII characters, unique in the contest.
    pub id: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short_name: Option<String>,
}

/// How the contest is set up. What is absent stays as it is; at first it comes from the event and the sport.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
pub struct ContestIn {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<EventKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[oai(validator(max_items = "64"))]
    pub participants: Option<Vec<ContestantIn>>,
    /// Regular periods, without extra time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub periods: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_length_seconds: Option<u32>,
}

impl ContestState {
    /// A contest in which nothing has happened yet.
    #[must_use]
    pub fn new(kind: EventKind, participants: &[Participant], now: Stamp) -> Self {
        let rules = Rules::of(kind);
        Self {
            kind,
            participants: participants
                .iter()
                .map(|participant| Contestant {
                    id: participant.id.clone(),
                    name: participant.name.clone(),
                    short_name: participant.short_name.clone(),
                })
                .collect(),
            periods: rules.periods,
            period_length_seconds: rules.period_length_seconds,
            clock: Clock {
                running: false,
                elapsed_ms: 0,
                as_of: now,
            },
            told: Vec::new(),
            settled: Vec::new(),
            orders: 0,
        }
    }

    /// Sets the contest up anew. Once something was reported, the sport is fixed and nobody can be taken out; names can
    /// change and people can be added. Says what to tell if anything changed.
    pub fn configure(&mut self, setup: &ContestIn) -> Result<Option<Entry>, Vec<Fault>> {
        let begun = self.orders > 0;
        let mut next = self.clone();
        let mut faults = Vec::new();
        if let Some(kind) = setup.kind.filter(|kind| *kind != self.kind) {
            if begun {
                faults.push(Fault::new(
                    "/kind",
                    "contest-begun",
                    "The sport cannot change once something was reported.",
                ));
            }
            let rules = Rules::of(kind);
            next.kind = kind;
            next.periods = rules.periods;
            next.period_length_seconds = rules.period_length_seconds;
        }
        if let Some(participants) = &setup.participants {
            next.participants = read_participants(participants, &mut faults);
            let staying: HashSet<&str> = participants.iter().map(|one| one.id.as_str()).collect();
            if begun && self.participants.iter().any(|one| !staying.contains(one.id.as_str())) {
                let detail = "Nobody can be taken out once something was reported.";
                faults.push(Fault::new("/participants", "contest-begun", detail));
            }
        }
        if let Some(periods) = setup.periods {
            let most = Rules::of(next.kind).max_periods;
            if !(1..=most).contains(&periods) {
                faults.push(Fault::new("/periods", "out-of-range", format!("Between 1 and {most}.")));
            }
            next.periods = periods;
        }
        if let Some(seconds) = setup.period_length_seconds {
            if seconds > MAX_PERIOD_LENGTH_SECONDS || (seconds < 60 && Rules::of(next.kind).clock_goes_on) {
                let detail = format!("Between a minute and {MAX_PERIOD_LENGTH_SECONDS} seconds.");
                faults.push(Fault::new("/period_length_seconds", "out-of-range", detail));
            }
            next.period_length_seconds = seconds;
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        if next == *self {
            return Ok(None);
        }
        *self = next;
        Ok(Some(Entry::ContestChanged(ContestChanged {
            contest: self.scoreboard(),
        })))
    }
}

fn read_participants(participants: &[ContestantIn], faults: &mut Vec<Fault>) -> Vec<Contestant> {
    if participants.len() > MAX_PARTICIPANTS {
        let detail = format!("At most {MAX_PARTICIPANTS} participants.");
        faults.push(Fault::new("/participants", "too-many", detail));
        return Vec::new();
    }
    let mut ids = HashSet::new();
    let mut read = Vec::new();
    for (index, one) in participants.iter().enumerate() {
        let at = |field: &str| format!("/participants/{index}/{field}");
        if !((1..=64).contains(&one.id.len()) && one.id.bytes().all(|byte| byte.is_ascii_graphic())) {
            faults.push(Fault::new(
                at("id"),
                "malformed",
                "Expected 1 to 64 visible ASCII characters.",
            ));
        }
        if !ids.insert(one.id.as_str()) {
            faults.push(Fault::new(
                at("id"),
                "duplicate",
                "Each participant has an id of their own.",
            ));
        }
        let name = DisplayName::parse_at(&one.name, &at("name"));
        let short_name = one.short_name.as_deref().map(|short| text::line(short, 16)).transpose();
        match (name, short_name) {
            (Ok(name), Ok(short_name)) => read.push(Contestant {
                id: one.id.clone(),
                name: name.into_string(),
                short_name,
            }),
            (name, short_name) => {
                faults.extend(name.err());
                faults.extend(short_name.err().map(|error| error.at(at("short_name"))));
            }
        }
    }
    read
}

//! A contest's memory, and how a report changes it.
//!
//! [`ContestState::apply`] first holds the report against the rules (`state/check.rs`), then takes it in, then tells what
//! has changed by comparing before and after. So whatever corrections do, readers hear of every difference.

mod check;
mod incident;

use serde::{Deserialize, Serialize};

use self::incident::{blank, changed};
use super::{
    Clock, ContestResult, Contestant, Incident, IncidentType, PeriodName,
    rules::{self, clock_start_ms, max_elapsed_ms},
    score::Settled,
    update::{Details, Update},
};
use crate::domain::{
    Fault, IncidentId, Stamp,
    entry::{ClockChanged, Entry, IncidentRetracted, IncidentTold, ScoreChanged},
    event::EventKind,
};

/// Everything a contest remembers; kept as JSON, folded from its reports, never longer than the limits in `rules`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContestState {
    pub(super) kind: EventKind,
    pub(super) participants: Vec<Contestant>,
    /// Regular periods, without extra time.
    pub(super) periods: u32,
    pub(super) period_length_seconds: u32,
    pub(super) clock: Clock,
    /// Incidents in the order of arrival, retracted ones too: a late amendment must find its target.
    pub(super) told: Vec<Told>,
    pub(super) settled: Vec<Settled>,
    /// How many places in the order of reports were given out.
    pub(super) orders: u64,
}

/// An incident and its place in the order of reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Told {
    pub(super) order: u64,
    #[serde(default)]
    pub(super) retracted: bool,
    pub(super) incident: Incident,
}

/// Who reports, under which id, when; and the id to use if it becomes an incident.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    pub source: &'a str,
    pub source_id: &'a str,
    pub incident_id: IncidentId,
    pub now: Stamp,
}

/// What a report did: what to tell, and the incident it made or changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Applied {
    pub entries: Vec<Entry>,
    pub incident_id: Option<IncidentId>,
}

impl Told {
    pub(super) fn counts_as_goal(&self) -> bool {
        !self.retracted && self.incident.kind == IncidentType::Goal
    }

    pub(super) fn ends_a_period(&self) -> bool {
        !self.retracted && matches!(self.incident.kind, IncidentType::PeriodEnd | IncidentType::Result)
    }

    fn is_phase(&self) -> bool {
        !self.retracted
            && matches!(
                self.incident.kind,
                IncidentType::PeriodStart | IncidentType::PeriodEnd | IncidentType::Result
            )
    }

    fn is_of(&self, source: &str, source_id: &str) -> bool {
        self.incident.source == source && self.incident.source_id == source_id
    }
}

impl ContestState {
    /// Takes a report in, or says what is wrong with it (and is as it was before). Pointers are relative to the update.
    pub fn apply(&mut self, report: &Report<'_>, update: &Update) -> Result<Applied, Vec<Fault>> {
        let faults = self.check(report, update);
        if !faults.is_empty() {
            return Err(faults);
        }
        let (score, periods, clock) = (self.score(), self.periods(), self.clock.clone());
        self.orders += 1;
        let mut applied = self.take_in(report, update);
        let (score_now, periods_now) = (self.score(), self.periods());
        if score_now != score {
            applied.entries.push(Entry::ScoreChanged(ScoreChanged {
                score: score_now,
                incident_id: applied.incident_id,
            }));
        }
        if periods_now != periods || self.clock != clock {
            applied.entries.push(Entry::ClockChanged(ClockChanged {
                clock: self.clock.clone(),
                period: periods_now.last().cloned(),
                periods: periods_now,
            }));
        }
        Ok(applied)
    }

    /// The standing result, if there is one.
    #[must_use]
    pub fn result(&self) -> Option<&ContestResult> {
        let told = self.told.iter().rfind(|told| told.ends_a_period())?;
        told.incident.result.as_ref()
    }

    fn take_in(&mut self, report: &Report<'_>, update: &Update) -> Applied {
        match update {
            Update::PeriodStart { number, name } => {
                self.clock = Clock {
                    // A shoot-out has no clock.
                    running: !(self.kind == EventKind::Football && *number == 5),
                    elapsed_ms: clock_start_ms(self.kind, *number, self.period_length_seconds),
                    as_of: report.now,
                };
                let name = name
                    .clone()
                    .unwrap_or_else(|| rules::period_name(self.kind, *number, self.periods));
                let period = Some(PeriodName { number: *number, name });
                self.tell(Incident {
                    period,
                    ..blank(report, IncidentType::PeriodStart)
                })
            }
            Update::PeriodEnd { .. } => {
                self.stop_clock(report.now);
                let period = self.latest_period();
                self.tell(Incident {
                    period,
                    ..blank(report, IncidentType::PeriodEnd)
                })
            }
            Update::Goal(details) => self.tell_of(report, IncidentType::Goal, details),
            Update::Card(details) => self.tell_of(report, IncidentType::Card, details),
            Update::Substitution(details) => self.tell_of(report, IncidentType::Substitution, details),
            Update::Result(details) => {
                self.stop_clock(report.now);
                self.tell_of(report, IncidentType::Result, details)
            }
            Update::Score(lines) => {
                self.settle(self.orders, lines);
                Applied::default()
            }
            Update::Clock { running, elapsed_ms } => {
                self.clock = Clock {
                    running: *running,
                    elapsed_ms: *elapsed_ms,
                    as_of: report.now,
                };
                Applied::default()
            }
            Update::Amend { target, changes } => self.amend(report.source, target, changes),
            Update::Retract { target, reason } => self.retract(report, target, reason.as_ref()),
        }
    }

    fn tell_of(&mut self, report: &Report<'_>, kind: IncidentType, details: &Details) -> Applied {
        let incident = self.placed(changed(blank(report, kind), details));
        self.tell(incident)
    }

    fn tell(&mut self, incident: Incident) -> Applied {
        self.told.push(Told {
            order: self.orders,
            retracted: false,
            incident: incident.clone(),
        });
        Applied {
            incident_id: Some(incident.id),
            entries: vec![Entry::IncidentRecorded(IncidentTold { incident })],
        }
    }

    fn amend(&mut self, source: &str, target: &str, changes: &Details) -> Applied {
        let Some(index) = self.told.iter().position(|told| told.is_of(source, target)) else {
            return Applied::default();
        };
        let mut incident = changed(self.told[index].incident.clone(), changes);
        incident.corrected = true;
        if changes.minute.is_some() {
            incident = self.placed(incident);
        }
        self.told[index].incident = incident.clone();
        Applied {
            incident_id: Some(incident.id),
            entries: vec![Entry::IncidentCorrected(IncidentTold { incident })],
        }
    }

    fn retract(&mut self, report: &Report<'_>, target: &str, reason: Option<&String>) -> Applied {
        let Some(told) = self.told.iter_mut().find(|told| told.is_of(report.source, target)) else {
            return Applied::default();
        };
        told.retracted = true;
        let (incident_id, kind) = (told.incident.id, told.incident.kind);
        if kind == IncidentType::PeriodStart {
            self.stop_clock(report.now);
        }
        Applied {
            incident_id: Some(incident_id),
            entries: vec![Entry::IncidentRetracted(IncidentRetracted {
                incident_id,
                reason: reason.cloned(),
            })],
        }
    }

    /// Stops the clock where it is by now.
    fn stop_clock(&mut self, now: Stamp) {
        if self.clock.running {
            let passed_ms = u64::try_from(now.ms() - self.clock.as_of.ms()).unwrap_or(0);
            let latest_ms = max_elapsed_ms(self.kind, self.period_length_seconds);
            self.clock = Clock {
                running: false,
                elapsed_ms: self.clock.elapsed_ms.saturating_add(passed_ms).min(latest_ms),
                as_of: now,
            };
        }
    }

    /// The incident with the period it falls in: by its minute if the sport counts so, else the latest; never one that
    /// has not begun. Results and what comes before the first period belong to none.
    fn placed(&self, incident: Incident) -> Incident {
        if incident.kind == IncidentType::Result {
            return incident;
        }
        let number = incident
            .minute
            .and_then(|minute| rules::period_of_minute(self.kind, minute, self.period_length_seconds));
        let period = number
            .and_then(|number| self.begun_periods().find(|period| period.number == number).cloned())
            .or_else(|| self.latest_period());
        Incident { period, ..incident }
    }

    fn begun_periods(&self) -> impl DoubleEndedIterator<Item = &PeriodName> {
        self.told
            .iter()
            .filter(|told| !told.retracted && told.incident.kind == IncidentType::PeriodStart)
            .filter_map(|told| told.incident.period.as_ref())
    }

    fn latest_period(&self) -> Option<PeriodName> {
        self.begun_periods().next_back().cloned()
    }

    fn is_running(&self) -> bool {
        let phase = self.told.iter().rfind(|told| told.is_phase());
        phase.is_some_and(|told| told.incident.kind == IncidentType::PeriodStart)
    }
}

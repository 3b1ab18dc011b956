//! Whether a report may be so. Every fault names the field, relative to the update.

use std::collections::HashSet;

use super::{ContestState, Report, Told, blank, changed};
use crate::domain::{
    Fault,
    contest::{
        Incident, IncidentType, Outcome, ScoreLine,
        rules::{MAX_INCIDENTS, MAX_MINUTE, MAX_POINTS, MAX_STOPPAGE, Rules, max_elapsed_ms},
        update::{Details, Update},
    },
};

impl ContestState {
    pub(super) fn check(&self, report: &Report<'_>, update: &Update) -> Vec<Fault> {
        let corrects = matches!(update, Update::Amend { .. } | Update::Retract { .. });
        if self.result().is_some() && !corrects {
            let detail = "The result is known; only amend and retract are possible.";
            return vec![Fault::new("/type", "contest-over", detail)];
        }
        if self.told.len() >= MAX_INCIDENTS && !matches!(update, Update::Score(_) | Update::Clock { .. }) && !corrects {
            let detail = format!("A contest keeps at most {MAX_INCIDENTS} incidents.");
            return vec![Fault::new("/type", "too-many-incidents", detail)];
        }
        match update {
            Update::PeriodStart { number, .. } => self.check_start(*number).err().into_iter().collect(),
            Update::PeriodEnd { number } => self.check_end(*number).err().into_iter().collect(),
            Update::Goal(details) => self.check_details(report, IncidentType::Goal, details),
            Update::Card(details) => self.check_details(report, IncidentType::Card, details),
            Update::Substitution(details) => self.check_details(report, IncidentType::Substitution, details),
            Update::Result(details) => self.check_details(report, IncidentType::Result, details),
            Update::Score(lines) => self.check_score(lines),
            Update::Clock { running, elapsed_ms } => self.check_clock(*running, *elapsed_ms),
            Update::Amend { target, changes } => match self.target(report.source, target) {
                Ok(told) => self.check_amendment(told, changes),
                Err(fault) => vec![fault],
            },
            Update::Retract { target, .. } => self
                .target(report.source, target)
                .and_then(|told| self.check_retraction(told))
                .err()
                .into_iter()
                .collect(),
        }
    }

    fn check_start(&self, number: u32) -> Result<(), Fault> {
        let next = self.latest_period().map_or(1, |period| period.number + 1);
        let most = Rules::of(self.kind).max_periods.max(self.periods);
        let fault = |code, detail: String| Err(Fault::new("/period/number", code, detail));
        if self.is_running() {
            fault("period-running", format!("Period {} has to end first.", next - 1))
        } else if number > most {
            fault("out-of-range", format!("There are at most {most} periods."))
        } else if number == next {
            Ok(())
        } else {
            fault("period-order", format!("The next period is number {next}."))
        }
    }

    fn check_end(&self, number: u32) -> Result<(), Fault> {
        let fault = |code, detail: String| Err(Fault::new("/period/number", code, detail));
        match self.latest_period().filter(|_| self.is_running()) {
            None => fault("no-period-running", "No period is running.".into()),
            Some(running) if running.number != number => {
                fault("period-order", format!("Period {} is running.", running.number))
            }
            Some(_) => Ok(()),
        }
    }

    fn check_details(&self, report: &Report<'_>, kind: IncidentType, details: &Details) -> Vec<Fault> {
        let rules = Rules::of(self.kind);
        let known = match kind {
            IncidentType::Goal => rules.goals,
            IncidentType::Card => rules.cards,
            IncidentType::Substitution => rules.substitutions,
            _ => true,
        };
        if !known {
            let detail = format!("There is no such thing in {}.", self.kind.name());
            return vec![Fault::new("/type", "not-in-this-sport", detail)];
        }
        // Late reports are welcome; what cannot be is something before the first whistle.
        if kind != IncidentType::Result && self.latest_period().is_none() {
            return vec![Fault::new("/type", "not-started", "The first period has not started.")];
        }
        self.check_incident(&changed(blank(report, kind), details), details)
    }

    /// Whether the incident may stand as it would be; `given` are the fields the update named.
    fn check_incident(&self, incident: &Incident, given: &Details) -> Vec<Fault> {
        let mut faults = Vec::new();
        if let Some(id) = &given.participant_id {
            faults.extend(self.check_participant(id, "/participant_id").err());
        }
        for (minutes, most, pointer) in [
            (given.minute, MAX_MINUTE, "/minute"),
            (given.stoppage, MAX_STOPPAGE, "/stoppage"),
        ] {
            if minutes.is_some_and(|minutes| minutes > most) {
                faults.push(Fault::new(pointer, "out-of-range", format!("Between 0 and {most}.")));
            }
        }
        if let Some(result) = &incident.result {
            let won = result.outcome == Outcome::Win;
            match &result.winner_id {
                None if won => faults.push(Fault::new("/winner_id", "required", "Whoever won must be named.")),
                Some(_) if !won => {
                    faults.push(Fault::new("/winner_id", "unexpected-field", "Only a win has a winner."));
                }
                Some(id) => faults.extend(self.check_participant(id, "/winner_id").err()),
                None => {}
            }
            let score = self.score();
            let level = score.windows(2).all(|pair| pair[0].points == pair[1].points);
            if result.outcome == Outcome::Draw && !level && Rules::of(self.kind).goals {
                faults.push(Fault::new("/outcome", "score-differs", "The score is not level."));
            }
        }
        faults
    }

    fn check_participant(&self, id: &str, pointer: impl Into<String>) -> Result<(), Fault> {
        if self.participants.iter().any(|participant| participant.id == id) {
            return Ok(());
        }
        let known: Vec<&str> = self.participants.iter().take(8).map(|one| one.id.as_str()).collect();
        let detail = format!("No such participant; there are: {}.", known.join(", "));
        Err(Fault::new(pointer, "unknown-participant", detail))
    }

    fn check_score(&self, lines: &[ScoreLine]) -> Vec<Fault> {
        let mut faults = Vec::new();
        if lines.is_empty() {
            faults.push(Fault::new("/score", "empty", "Say at least one participant's points."));
        }
        let mut seen = HashSet::new();
        for (index, line) in lines.iter().enumerate() {
            let participant = format!("/score/{index}/participant_id");
            faults.extend(self.check_participant(&line.participant_id, participant.as_str()).err());
            if !seen.insert(line.participant_id.as_str()) {
                faults.push(Fault::new(participant, "duplicate", "Each participant once."));
            }
            if !(0..=MAX_POINTS).contains(&line.points) {
                let pointer = format!("/score/{index}/points");
                faults.push(Fault::new(
                    pointer,
                    "out-of-range",
                    format!("Between 0 and {MAX_POINTS}."),
                ));
            }
        }
        faults
    }

    fn check_clock(&self, running: bool, elapsed_ms: u64) -> Vec<Fault> {
        let mut faults = Vec::new();
        let most = max_elapsed_ms(self.kind, self.period_length_seconds);
        if elapsed_ms > most {
            faults.push(Fault::new(
                "/elapsed_ms",
                "out-of-range",
                format!("Between 0 and {most}."),
            ));
        }
        if running && !self.is_running() && Rules::of(self.kind).clock_needs_period {
            faults.push(Fault::new("/running", "no-period-running", "No period is running."));
        }
        faults
    }

    fn target(&self, source: &str, source_id: &str) -> Result<&Told, Fault> {
        match self.told.iter().find(|told| told.is_of(source, source_id)) {
            None => {
                let detail = "This source has reported no incident under that id.";
                Err(Fault::new("/target_source_id", "unknown-target", detail))
            }
            Some(told) if told.retracted => {
                let detail = "That incident was retracted.";
                Err(Fault::new("/target_source_id", "already-retracted", detail))
            }
            Some(told) => Ok(told),
        }
    }

    fn check_amendment(&self, told: &Told, changes: &Details) -> Vec<Fault> {
        let amendable: &[&str] = match told.incident.kind {
            IncidentType::Goal => &["participant_id", "player", "minute", "stoppage", "penalty", "own_goal"],
            IncidentType::Card => &["participant_id", "player", "color", "minute", "stoppage"],
            IncidentType::Substitution => &["participant_id", "player_in", "player_out", "minute", "stoppage"],
            IncidentType::Result => &["outcome", "winner_id", "method", "note"],
            IncidentType::PeriodStart | IncidentType::PeriodEnd => &[],
        };
        let given = given(changes);
        if given.is_empty() {
            return vec![Fault::new(
                "",
                "nothing-to-change",
                "Name at least one field that changes.",
            )];
        }
        let mut faults: Vec<Fault> = given
            .into_iter()
            .filter(|field| !amendable.contains(field))
            .map(|field| {
                Fault::new(
                    format!("/{field}"),
                    "not-amendable",
                    "That incident has no such field to amend.",
                )
            })
            .collect();
        if faults.is_empty() {
            faults = self.check_incident(&changed(told.incident.clone(), changes), changes);
        }
        faults
    }

    /// Starts, ends and results are taken back from the latest on, and a start only while nothing happened after it.
    fn check_retraction(&self, told: &Told) -> Result<(), Fault> {
        let latest = self.told.iter().rfind(|other| other.is_phase());
        if told.is_phase() && latest.is_some_and(|latest| latest.order != told.order) {
            let detail = "Only the latest start, end or result can be retracted.";
            return Err(Fault::new("/target_source_id", "period-order", detail));
        }
        let started = told.incident.period.as_ref().map(|period| period.number);
        let in_use = told.incident.kind == IncidentType::PeriodStart
            && self.told.iter().any(|other| {
                let period = other.incident.period.as_ref().map(|period| period.number);
                !other.retracted && other.order != told.order && period == started
            });
        if in_use {
            let detail = "Things have happened in that period; retract them first.";
            return Err(Fault::new("/target_source_id", "period-in-use", detail));
        }
        Ok(())
    }
}

fn given(details: &Details) -> Vec<&'static str> {
    [
        ("participant_id", details.participant_id.is_some()),
        ("player", details.player.is_some()),
        ("player_in", details.player_in.is_some()),
        ("player_out", details.player_out.is_some()),
        ("color", details.color.is_some()),
        ("minute", details.minute.is_some()),
        ("stoppage", details.stoppage.is_some()),
        ("penalty", details.penalty.is_some()),
        ("own_goal", details.own_goal.is_some()),
        ("outcome", details.outcome.is_some()),
        ("winner_id", details.winner_id.is_some()),
        ("method", details.method.is_some()),
        ("note", details.note.is_some()),
    ]
    .into_iter()
    .filter_map(|(field, given)| given.then_some(field))
    .collect()
}

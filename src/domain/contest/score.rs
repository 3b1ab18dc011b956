//! The arithmetic: what the score is, given everything that was reported.
//!
//! Points of a participant = their base + their standing goals reported after that base. A `score` report that says what
//! we have anyway is a confirmation and changes nothing. One that says otherwise is the feed's last word so far: it
//! becomes the base, and goals reported before it are settled (amending or retracting them changes the story, not the
//! points). So a retracted goal always takes back exactly the point it gave, and points never fall below zero.
//!
//! The score at the end of a period counts the goals that belong to it or to earlier ones, also those reported late.

use super::{ContestState, IncidentType, Period, PeriodName, PeriodState, ScoreLine, Scoreboard};
use serde::{Deserialize, Serialize};

/// One participant's base: so many points at one place in the order of reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Settled {
    pub(super) order: u64,
    pub(super) participant_id: String,
    pub(super) points: i64,
}

/// At the end of which period, and which place in the order of reports that was.
#[derive(Clone, Copy)]
struct Ending {
    order: u64,
    period: u32,
}

impl ContestState {
    /// The points as they are now.
    #[must_use]
    pub fn score(&self) -> Vec<ScoreLine> {
        self.score_at(None)
    }

    fn score_at(&self, ending: Option<Ending>) -> Vec<ScoreLine> {
        let mut bases: Vec<(u64, i64)> = self
            .participants
            .iter()
            .map(|participant| {
                self.settled
                    .iter()
                    .rfind(|settled| {
                        settled.participant_id == participant.id && ending.is_none_or(|end| settled.order < end.order)
                    })
                    .map_or((0, 0), |settled| (settled.order, settled.points))
            })
            .collect();
        for told in self.told.iter().filter(|told| told.counts_as_goal()) {
            let period = told.incident.period.as_ref().map_or(0, |period| period.number);
            let scorer = self
                .participants
                .iter()
                .position(|participant| told.incident.participant_id.as_deref() == Some(participant.id.as_str()));
            let in_time = ending.is_none_or(|end| period <= end.period);
            if let Some((order, points)) = scorer.and_then(|index| bases.get_mut(index))
                && in_time
                && told.order > *order
            {
                *points += 1;
            }
        }
        self.participants
            .iter()
            .zip(bases)
            .map(|(participant, (_, points))| ScoreLine {
                participant_id: participant.id.clone(),
                points,
            })
            .collect()
    }

    /// Takes the feed's word for the points; see the head of this file.
    pub(super) fn settle(&mut self, order: u64, lines: &[ScoreLine]) {
        let now = self.score();
        for line in lines {
            if now.contains(line) {
                continue;
            }
            let last_end = self
                .told
                .iter()
                .filter(|told| told.ends_a_period())
                .map(|told| told.order)
                .max()
                .unwrap_or(0);
            // Of the bases since the last end of a period only the newest is ever asked for.
            self.settled
                .retain(|settled| settled.participant_id != line.participant_id || settled.order < last_end);
            self.settled.push(Settled {
                order,
                participant_id: line.participant_id.clone(),
                points: line.points,
            });
        }
    }

    /// The periods so far, with the score at the end of each.
    #[must_use]
    pub fn periods(&self) -> Vec<Period> {
        let mut periods: Vec<Period> = Vec::new();
        for told in self.told.iter().filter(|told| !told.retracted) {
            if let (IncidentType::PeriodStart, Some(PeriodName { number, name })) =
                (told.incident.kind, &told.incident.period)
            {
                periods.push(Period {
                    number: *number,
                    name: name.clone(),
                    state: PeriodState::Running,
                    score: None,
                });
            } else if let Some(period) = periods.last_mut()
                && period.state == PeriodState::Running
                && told.ends_a_period()
            {
                period.state = PeriodState::Ended;
                period.score = Some(self.score_at(Some(Ending {
                    order: told.order,
                    period: period.number,
                })));
            }
        }
        periods
    }

    /// The whole contest as readers see it.
    #[must_use]
    pub fn scoreboard(&self) -> Scoreboard {
        let periods = self.periods();
        Scoreboard {
            kind: self.kind,
            participants: self.participants.clone(),
            score: self.score(),
            period: periods.last().cloned(),
            periods,
            clock: self.clock.clone(),
            incidents: self
                .told
                .iter()
                .filter(|told| !told.retracted)
                .map(|told| told.incident.clone())
                .collect(),
            result: self.result().cloned(),
        }
    }
}

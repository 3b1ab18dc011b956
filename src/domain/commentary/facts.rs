//! What is known of an occasion, read from the scoreboard: figures and names, no words.

use crate::domain::{
    contest::{CardColor, Incident, IncidentType, Outcome, ScoreLine, Scoreboard},
    event::EventKind,
};

/// A participant and its points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    pub name: String,
    pub points: i64,
}

/// What a goal does to who leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Lead,
    Level,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoalFacts {
    pub player: Option<String>,
    pub side: String,
    pub minute: Option<String>,
    pub penalty: bool,
    pub own_goal: bool,
    pub turn: Option<Turn>,
    /// Which of the player's goals it is; 0 for none of theirs.
    pub nth: u32,
    pub score: Vec<Side>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardFacts {
    pub player: Option<String>,
    pub side: String,
    pub minute: Option<String>,
    pub color: CardColor,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultFacts {
    pub outcome: Outcome,
    pub winner: Option<String>,
    pub method: Option<String>,
    pub score: Vec<Side>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryFacts {
    pub result: Option<ResultFacts>,
    pub score: Vec<Side>,
    pub goals: Vec<GoalFacts>,
    pub sent_off: Vec<CardFacts>,
    /// Number, name and score of each part that is over.
    pub periods: Vec<(u32, String, Vec<Side>)>,
    pub yellow: u32,
    pub red: u32,
    pub substitutions: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Facts {
    Goal(GoalFacts),
    RedCard(CardFacts),
    PeriodEnd {
        kind: EventKind,
        number: u32,
        name: String,
        score: Vec<Side>,
    },
    LeadChange {
        side: String,
        score: Vec<Side>,
    },
    Milestone {
        side: String,
        points: i64,
        score: Vec<Side>,
    },
    CloseFinish {
        score: Vec<Side>,
    },
    Statistic {
        yellow: u32,
        red: u32,
        substitutions: u32,
        score: Vec<Side>,
    },
    Result(ResultFacts),
    Recap {
        lines: Vec<Facts>,
        score: Vec<Side>,
    },
    Summary(SummaryFacts),
}

impl Facts {
    /// The score it says.
    pub(super) fn score(&self) -> Option<&[Side]> {
        match self {
            Self::Goal(goal) => Some(&goal.score),
            Self::PeriodEnd { score, .. }
            | Self::LeadChange { score, .. }
            | Self::Milestone { score, .. }
            | Self::CloseFinish { score }
            | Self::Statistic { score, .. }
            | Self::Recap { score, .. } => Some(score),
            Self::Result(result) => Some(&result.score),
            Self::Summary(summary) => Some(&summary.score),
            Self::RedCard(_) => None,
        }
    }

    /// The score it says, to be set right before it is said.
    pub(super) fn score_mut(&mut self) -> Option<&mut Vec<Side>> {
        match self {
            Self::Goal(goal) => Some(&mut goal.score),
            Self::PeriodEnd { score, .. }
            | Self::LeadChange { score, .. }
            | Self::Milestone { score, .. }
            | Self::CloseFinish { score }
            | Self::Statistic { score, .. }
            | Self::Recap { score, .. } => Some(score),
            Self::Result(result) => Some(&mut result.score),
            Self::RedCard(_) | Self::Summary(_) => None,
        }
    }
}

/// `67'`, `45+2'`.
pub(super) fn minute(incident: &Incident) -> Option<String> {
    let minute = incident.minute?;
    Some(match incident.stoppage {
        Some(more) => format!("{minute}+{more}'"),
        None => format!("{minute}'"),
    })
}

/// What a board says of incidents.
pub(super) trait Reads {
    fn name_of(&self, id: Option<&str>) -> String;
    fn sides(&self, lines: &[ScoreLine]) -> Vec<Side>;
    fn standing(&self) -> Vec<Side>;
    fn goal(&self, incident: &Incident) -> GoalFacts;
    fn card(&self, incident: &Incident) -> Option<CardFacts>;
    fn result_facts(&self) -> Option<ResultFacts>;
    fn count(&self, kind: IncidentType, color: Option<CardColor>) -> u32;
    fn summary(&self) -> SummaryFacts;
    /// What the incident is, as a fact of its own; for what is corrected or taken back.
    fn fact(&self, incident: &Incident) -> Option<Facts>;
}

impl Reads for Scoreboard {
    fn name_of(&self, id: Option<&str>) -> String {
        let known = self.participants.iter().find(|one| Some(one.id.as_str()) == id);
        known.map_or_else(|| id.unwrap_or_default().to_owned(), |one| one.name.clone())
    }

    fn sides(&self, lines: &[ScoreLine]) -> Vec<Side> {
        let side = |line: &ScoreLine| Side {
            name: self.name_of(Some(&line.participant_id)),
            points: line.points,
        };
        lines.iter().map(side).collect()
    }

    fn standing(&self) -> Vec<Side> {
        self.sides(&self.score)
    }

    fn goal(&self, incident: &Incident) -> GoalFacts {
        GoalFacts {
            player: incident.player.clone(),
            side: self.name_of(incident.participant_id.as_deref()),
            minute: minute(incident),
            penalty: incident.penalty == Some(true),
            own_goal: incident.own_goal == Some(true),
            turn: None,
            nth: 0,
            score: self.standing(),
        }
    }

    fn card(&self, incident: &Incident) -> Option<CardFacts> {
        Some(CardFacts {
            player: incident.player.clone(),
            side: self.name_of(incident.participant_id.as_deref()),
            minute: minute(incident),
            color: incident.color?,
        })
    }

    fn result_facts(&self) -> Option<ResultFacts> {
        let result = self.result.as_ref()?;
        Some(ResultFacts {
            outcome: result.outcome,
            winner: result.winner_id.as_deref().map(|id| self.name_of(Some(id))),
            method: result.method.clone(),
            score: self.standing(),
        })
    }

    fn count(&self, kind: IncidentType, color: Option<CardColor>) -> u32 {
        let counted = self.incidents.iter().filter(|one| one.kind == kind);
        let counted = counted.filter(|one| color.is_none() || one.color == color);
        u32::try_from(counted.count()).unwrap_or(u32::MAX)
    }

    fn summary(&self) -> SummaryFacts {
        let of = |kind: IncidentType| self.incidents.iter().filter(move |one| one.kind == kind);
        let mut goals: Vec<&Incident> = of(IncidentType::Goal).collect();
        // As they fell, not as they were reported. Without a minute they stay where they are.
        if goals.iter().all(|goal| goal.minute.is_some()) {
            goals.sort_by_key(|goal| {
                (
                    goal.period.as_ref().map(|period| period.number),
                    goal.minute,
                    goal.stoppage,
                )
            });
        }
        let cards = of(IncidentType::Card).filter(|card| card.color != Some(CardColor::Yellow));
        let over = self.periods.iter().filter_map(|period| {
            let score = period.score.as_ref()?;
            Some((period.number, period.name.clone(), self.sides(score)))
        });
        let second = self.count(IncidentType::Card, Some(CardColor::SecondYellow));
        SummaryFacts {
            result: self.result_facts(),
            score: self.standing(),
            goals: goals.into_iter().map(|goal| self.goal(goal)).collect(),
            sent_off: cards.filter_map(|card| self.card(card)).collect(),
            periods: over.collect(),
            yellow: self.count(IncidentType::Card, Some(CardColor::Yellow)) + second,
            red: self.count(IncidentType::Card, Some(CardColor::Red)) + second,
            substitutions: self.count(IncidentType::Substitution, None),
        }
    }

    fn fact(&self, incident: &Incident) -> Option<Facts> {
        Some(match incident.kind {
            IncidentType::Goal => Facts::Goal(self.goal(incident)),
            IncidentType::Card => Facts::RedCard(self.card(incident)?),
            IncidentType::PeriodEnd => {
                let period = incident.period.as_ref()?;
                Facts::PeriodEnd {
                    kind: self.kind,
                    number: period.number,
                    name: period.name.clone(),
                    score: self.standing(),
                }
            }
            IncidentType::Result => {
                let result = incident.result.as_ref()?;
                Facts::Result(ResultFacts {
                    outcome: result.outcome,
                    winner: result.winner_id.as_deref().map(|id| self.name_of(Some(id))),
                    method: result.method.clone(),
                    score: self.standing(),
                })
            }
            IncidentType::PeriodStart | IncidentType::Substitution => return None,
        })
    }
}

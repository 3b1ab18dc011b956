//! From facts to reports: a match as the list of updates a feed would send, each with its moment.
//!
//! Pure. Source ids depend on the facts alone, so that playing the same match twice into one event changes nothing.

use super::fixture::{Fact, Fixture, What};
use crate::domain::contest::{CardColor, Outcome, PeriodIn, ScoreLine, UpdateIn, UpdateType};

const MINUTE_MS: u64 = 60_000;

/// One report and when it is due, in milliseconds since kick-off at the speed of life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    pub at_ms: u64,
    pub update: UpdateIn,
}

/// How long nothing happens between periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breaks {
    pub half_time_ms: u64,
    /// Before, between and after the halves of extra time.
    pub extra_ms: u64,
    pub shoot_out_ms: u64,
}

impl Breaks {
    /// As long as in life.
    pub const REAL: Self = Self {
        half_time_ms: 15 * MINUTE_MS,
        extra_ms: 2 * MINUTE_MS,
        shoot_out_ms: 10 * MINUTE_MS,
    };
}

/// First and last minute of each period.
const PERIODS: [(u32, u32); 4] = [(0, 45), (45, 90), (90, 105), (105, 120)];
const SHOOT_OUT: u32 = 5;

/// The reports of a match in the order in which they are due.
#[must_use]
pub fn timeline(fixture: &Fixture, breaks: &Breaks) -> Vec<Moment> {
    let mut script = Script::default();
    let played = if fixture.extra_time { 4 } else { 2 };
    for (number, &(first, last)) in (1..).zip(PERIODS.iter().take(played)) {
        script.period(fixture, number, first, last);
        script.now_ms += match number {
            1 => breaks.half_time_ms,
            _ => breaks.extra_ms,
        };
    }
    // Periods are counted without holes, so a shoot-out straight after ninety minutes is told by the result alone.
    if fixture.shoot_out.is_some() && fixture.extra_time {
        script.tell(whistle(SHOOT_OUT, UpdateType::PeriodStart));
        script.now_ms += breaks.shoot_out_ms;
        script.tell(whistle(SHOOT_OUT, UpdateType::PeriodEnd));
    }
    script.tell(result(fixture));
    script.moments
}

#[derive(Default)]
struct Script {
    now_ms: u64,
    moments: Vec<Moment>,
    goals: u32,
    others: u32,
}

impl Script {
    fn tell(&mut self, update: UpdateIn) {
        self.moments.push(Moment {
            at_ms: self.now_ms,
            update,
        });
    }

    fn period(&mut self, fixture: &Fixture, number: u32, first: u32, last: u32) {
        let begun_ms = self.now_ms;
        let is_last = number == 4 || (number == 2 && !fixture.extra_time);
        let facts = facts_of(fixture, first, last, is_last);
        // A minute of added time, more if something happened in it.
        let latest = facts.iter().map(|fact| fact.minute + fact.stoppage).max().unwrap_or(0);
        let end = latest.max(last) + 1;
        self.tell(whistle(number, UpdateType::PeriodStart));
        let mut facts = facts.into_iter().peekable();
        for minute in first + 1..=end {
            self.now_ms = begun_ms + u64::from(minute - first) * MINUTE_MS - MINUTE_MS / 2;
            while let Some(fact) = facts.next_if(|fact| fact.minute + fact.stoppage <= minute) {
                let update = self.fact(fixture, fact);
                self.tell(update);
            }
            self.now_ms += MINUTE_MS / 2;
            if minute < end {
                self.tell(clock(number, minute, true));
            }
        }
        if let Some(score) = bare_score(fixture, number, is_last) {
            self.tell(score);
        }
        self.tell(whistle(number, UpdateType::PeriodEnd));
        self.tell(clock(number, end, false));
    }

    fn fact(&mut self, fixture: &Fixture, fact: &Fact) -> UpdateIn {
        let count = if matches!(fact.what, What::Goal { .. }) {
            &mut self.goals
        } else {
            &mut self.others
        };
        *count += 1;
        let number = *count;
        let (name, kind) = match &fact.what {
            What::Goal { .. } => ("goal", UpdateType::Goal),
            What::Card { .. } => ("card", UpdateType::Card),
            What::Substitution { .. } => ("substitution", UpdateType::Substitution),
        };
        let mut update = UpdateIn::new(format!("{name}-{number}"), kind);
        update.participant_id = fixture.sides.get(fact.side).map(|side| side.id.clone());
        update.minute = Some(fact.minute);
        update.stoppage = Some(fact.stoppage).filter(|&minutes| minutes > 0);
        match &fact.what {
            What::Goal {
                player,
                penalty,
                own_goal,
            } => {
                update.player.clone_from(player);
                update.penalty = penalty.then_some(true);
                update.own_goal = own_goal.then_some(true);
            }
            What::Card { player, color } => {
                update.player = Some(player.clone());
                update.color = Some(*color);
            }
            What::Substitution { player_in, player_out } => {
                update.player_in = Some(player_in.clone());
                update.player_out = Some(player_out.clone());
            }
        }
        update
    }
}

/// The facts of one period by time. What is said to have happened after the last period happened in it.
fn facts_of(fixture: &Fixture, first: u32, last: u32, is_last: bool) -> Vec<&Fact> {
    let from = if first == 0 { 0 } else { first + 1 };
    let mut facts: Vec<&Fact> = fixture
        .facts
        .iter()
        .filter(|fact| fact.minute >= from && (fact.minute <= last || is_last))
        .collect();
    facts.sort_by_key(|fact| (fact.minute, fact.stoppage));
    facts
}

fn whistle(number: u32, kind: UpdateType) -> UpdateIn {
    let name = if kind == UpdateType::PeriodStart {
        "start"
    } else {
        "end"
    };
    UpdateIn {
        period: Some(PeriodIn { number, name: None }),
        ..UpdateIn::new(format!("period-{number}-{name}"), kind)
    }
}

fn clock(period: u32, minute: u32, running: bool) -> UpdateIn {
    let name = if running { "at" } else { "stop" };
    UpdateIn {
        running: Some(running),
        elapsed_ms: Some(u64::from(minute) * MINUTE_MS),
        ..UpdateIn::new(format!("clock-{period}-{name}-{minute}"), UpdateType::Clock)
    }
}

fn bare_score(fixture: &Fixture, period: u32, is_last: bool) -> Option<UpdateIn> {
    let bare = fixture.bare_score?;
    let points = if is_last {
        bare.end
    } else {
        bare.half_time.filter(|_| period == 1)?
    };
    let lines = fixture.sides.iter().zip(points).map(|(side, points)| ScoreLine {
        participant_id: side.id.clone(),
        points: i64::from(points),
    });
    Some(UpdateIn {
        score: Some(lines.collect()),
        ..UpdateIn::new(format!("score-{period}"), UpdateType::Score)
    })
}

fn result(fixture: &Fixture) -> UpdateIn {
    let winner = fixture.winner();
    UpdateIn {
        outcome: Some(if winner.is_some() { Outcome::Win } else { Outcome::Draw }),
        winner_id: winner.map(|side| side.id.clone()),
        method: fixture
            .shoot_out
            .map(|_| "penalties".to_owned())
            .or_else(|| fixture.extra_time.then(|| "extra time".to_owned())),
        note: fixture
            .shoot_out
            .map(|[home, away]| format!("{home}–{away} on penalties")),
        ..UpdateIn::new("result", UpdateType::Result)
    }
}

/// A report in one line, for people who watch the replay run. `None` for mere clock ticks.
#[must_use]
pub fn caption(fixture: &Fixture, update: &UpdateIn) -> Option<String> {
    let name = |id: &Option<String>| {
        let side = fixture.sides.iter().find(|side| Some(&side.id) == id.as_ref());
        side.map_or("", |side| side.name.as_str()).to_owned()
    };
    let minute = match (update.minute, update.stoppage) {
        (Some(minute), Some(stoppage)) => format!("{minute}+{stoppage}' "),
        (Some(minute), None) => format!("{minute}' "),
        _ => String::new(),
    };
    let side = name(&update.participant_id);
    let player = update.player.as_deref().unwrap_or("unknown");
    let period = update.period.as_ref().map_or(0, |period| period.number);
    let line = match update.kind {
        UpdateType::Clock | UpdateType::Amend | UpdateType::Retract => return None,
        UpdateType::PeriodStart => format!("Period {period} begins"),
        UpdateType::PeriodEnd => format!("Period {period} ends"),
        UpdateType::Goal if update.own_goal == Some(true) => format!("Own goal for {side}: {player}"),
        UpdateType::Goal if update.penalty == Some(true) => format!("Goal for {side}: {player}, penalty"),
        UpdateType::Goal => format!("Goal for {side}: {player}"),
        UpdateType::Card => match update.color {
            Some(CardColor::Yellow) => format!("Yellow card, {side}: {player}"),
            Some(CardColor::SecondYellow) => format!("Second yellow card, {side}: {player}"),
            _ => format!("Red card, {side}: {player}"),
        },
        UpdateType::Substitution => {
            let (on, off) = (update.player_in.as_deref(), update.player_out.as_deref());
            format!("{side}: {} for {}", on.unwrap_or("unknown"), off.unwrap_or("unknown"))
        }
        UpdateType::Score => {
            let points = update.score.iter().flatten().map(|line| line.points.to_string());
            format!("Score {}", points.collect::<Vec<_>>().join("–"))
        }
        UpdateType::Result => match (&update.winner_id, &update.note) {
            (Some(_), Some(note)) => format!("{} win, {note}", name(&update.winner_id)),
            (Some(_), None) => format!("{} win", name(&update.winner_id)),
            (None, _) => "A draw".to_owned(),
        },
    };
    Some(format!("{minute}{line}"))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::{
        IncidentId, Stamp,
        contest::{ContestState, Report},
        event::{EventKind, Participant},
    };

    /// Plays a whole timeline into a contest, as the server would; panics at the first refusal.
    pub(crate) fn played(fixture: &Fixture) -> ContestState {
        let kick_off = Stamp::from_ms(0);
        let participants = fixture.sides.clone().map(|side| Participant {
            id: side.id,
            name: side.name,
            short_name: side.short_name,
            image_url: None,
        });
        let mut state = ContestState::new(EventKind::Football, &participants, kick_off);
        for moment in timeline(fixture, &Breaks::REAL) {
            let report = Report {
                source: "test",
                source_id: &moment.update.source_id,
                incident_id: IncidentId::generate(),
                now: kick_off.plus_ms(i64::try_from(moment.at_ms).unwrap()),
            };
            let update = moment.update.read().unwrap();
            let applied = state.apply(&report, &update);
            assert!(applied.is_ok(), "{applied:?} of {:?}", moment.update);
        }
        state
    }
}

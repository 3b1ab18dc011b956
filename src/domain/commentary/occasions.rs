//! Whether a report is an occasion. One report is at most one: a goal that equalises is a goal.

use super::{
    Facts, Notes, Occasion, Turn,
    facts::{Reads, minute},
    notes::{Cited, Heard, Pace, Post},
};
use crate::domain::{
    Stamp,
    contest::{CardColor, Incident, IncidentType, PeriodState, ScoreLine, Scoreboard, rules::Rules},
    entry::Entry,
    event::EventKind,
};

/// Points at which people look up: every so many.
const fn round_number(kind: EventKind) -> Option<i64> {
    match kind {
        EventKind::Basketball | EventKind::Cricket => Some(50),
        _ => None,
    }
}

/// From when on, and within how many points, an end is close: milliseconds before the end of the last period, points.
const fn close(kind: EventKind) -> Option<(u64, i64)> {
    match kind {
        EventKind::Football => Some((5 * 60_000, 1)),
        EventKind::Basketball => Some((2 * 60_000, 5)),
        _ => None,
    }
}

/// Cards and substitutions before it is worth counting them.
const COUNTED_LEAST: u32 = 3;
/// Statistics come once in so many pauses.
const STATISTIC_PAUSES: i64 = 10;

impl Notes {
    pub(super) fn occasion(
        &mut self,
        step: &[Heard],
        before: &Scoreboard,
        board: &Scoreboard,
        pace: Pace,
    ) -> Option<Post> {
        let (first, last) = (step.first()?, step.last()?);
        let incident = match &first.entry {
            Entry::IncidentRecorded(told) => Some(&told.incident),
            // What is set right is marked, not said anew.
            Entry::IncidentCorrected(_) | Entry::IncidentRetracted(_) => return None,
            _ => None,
        };
        let fact = match incident {
            Some(incident) => incident_occasion(incident, before, board),
            None => score_occasion(&first.entry, before, board),
        };
        let (occasion, facts) = fact
            .or_else(|| self.close_finish(incident, board, last.at))
            .or_else(|| self.statistic(incident, board, pace, last.at))?;
        let cited = Cited {
            seq: first.seq,
            at: first.at,
            what: facts.clone(),
        };
        Some(Post {
            occasion,
            clock: incident.and_then(minute).or_else(|| clock(board, last.at)),
            facts,
            cited: vec![cited],
            about: incident.map(|incident| incident.id).into_iter().collect(),
        })
    }

    fn close_finish(
        &mut self,
        incident: Option<&Incident>,
        board: &Scoreboard,
        at: Stamp,
    ) -> Option<(Occasion, Facts)> {
        let (within_ms, margin) = close(board.kind)?;
        let rules = Rules::of(board.kind);
        let period = board
            .period
            .as_ref()
            .filter(|period| period.state == PeriodState::Running)?;
        let length_ms = u64::from(rules.period_length_seconds) * 1_000;
        let end_ms = if rules.clock_goes_on {
            length_ms * u64::from(rules.periods)
        } else {
            length_ms
        };
        let minute_ms = incident
            .and_then(|one| one.minute)
            .map_or(0, |minute| u64::from(minute) * 60_000);
        let elapsed_ms = elapsed_ms(board, at).max(minute_ms);
        let gap = match board.score.as_slice() {
            [one, other] => (one.points - other.points).abs(),
            _ => return None,
        };
        let is_close = period.number == rules.periods && elapsed_ms + within_ms >= end_ms && gap <= margin;
        (is_close && self.first_time("close_finish")).then(|| {
            let score = board.standing();
            (Occasion::CloseFinish, Facts::CloseFinish { score })
        })
    }

    fn statistic(
        &mut self,
        incident: Option<&Incident>,
        board: &Scoreboard,
        pace: Pace,
        at: Stamp,
    ) -> Option<(Occasion, Facts)> {
        let counts = |one: &&Incident| matches!(one.kind, IncidentType::Card | IncidentType::Substitution);
        incident.filter(counts)?;
        let rests = |last: Stamp| at.ms() - last.ms() < pace.pause_ms.saturating_mul(STATISTIC_PAUSES);
        if self.last_statistic.is_some_and(rests) {
            return None;
        }
        let all = board.summary();
        let enough = all.yellow + all.red + all.substitutions >= COUNTED_LEAST;
        enough.then(|| {
            let facts = Facts::Statistic {
                yellow: all.yellow,
                red: all.red,
                substitutions: all.substitutions,
                score: all.score,
            };
            (Occasion::Statistic, facts)
        })
    }
}

fn incident_occasion(incident: &Incident, before: &Scoreboard, board: &Scoreboard) -> Option<(Occasion, Facts)> {
    match incident.kind {
        IncidentType::Goal => {
            let mut goal = board.goal(incident);
            goal.turn = turn(incident, &before.score, &board.score);
            goal.nth = nth(incident, board);
            Some((Occasion::Goal, Facts::Goal(goal)))
        }
        IncidentType::Card if incident.color != Some(CardColor::Yellow) => {
            Some((Occasion::RedCard, Facts::RedCard(board.card(incident)?)))
        }
        IncidentType::PeriodEnd => Some((Occasion::PeriodEnd, board.fact(incident)?)),
        IncidentType::Result => Some((Occasion::Result, board.fact(incident)?)),
        IncidentType::Card | IncidentType::PeriodStart | IncidentType::Substitution => None,
    }
}

fn leader(score: &[ScoreLine]) -> Option<&str> {
    let most = score.iter().map(|line| line.points).max()?;
    let mut first = score.iter().filter(|line| line.points == most);
    let leader = first.next()?;
    first.next().is_none().then_some(leader.participant_id.as_str())
}

fn turn(goal: &Incident, before: &[ScoreLine], after: &[ScoreLine]) -> Option<Turn> {
    let side = goal.participant_id.as_deref();
    let (was, is) = (leader(before), leader(after));
    if before == after {
        None
    } else if is == side && was != side {
        Some(Turn::Lead)
    } else if is.is_none() && was.is_some() && was != side {
        Some(Turn::Level)
    } else {
        None
    }
}

/// Which of the player's goals it is.
fn nth(goal: &Incident, board: &Scoreboard) -> u32 {
    let is_own = |one: &&Incident| one.kind == IncidentType::Goal && one.own_goal != Some(true);
    let same = |one: &&Incident| {
        one.player.is_some() && (&one.player, &one.participant_id) == (&goal.player, &goal.participant_id)
    };
    let theirs = board.incidents.iter().filter(is_own).filter(same);
    if is_own(&goal) {
        u32::try_from(theirs.count()).unwrap_or(0)
    } else {
        0
    }
}

/// Where points are reported without saying how they came.
fn score_occasion(entry: &Entry, before: &Scoreboard, board: &Scoreboard) -> Option<(Occasion, Facts)> {
    if !matches!(entry, Entry::ScoreChanged(_)) || Rules::of(board.kind).goals {
        return None;
    }
    let (was, is) = (leader(&before.score), leader(&board.score));
    if let (Some(was), Some(is)) = (was, is)
        && was != is
    {
        let facts = Facts::LeadChange {
            side: board.name_of(Some(is)),
            score: board.standing(),
        };
        return Some((Occasion::LeadChange, facts));
    }
    let every = round_number(board.kind)?;
    let reached = board.score.iter().find_map(|line| {
        let known = before
            .score
            .iter()
            .find(|known| known.participant_id == line.participant_id);
        let round = line.points / every;
        (round > known.map_or(0, |known| known.points) / every).then_some((line, round * every))
    });
    let (line, points) = reached?;
    let facts = Facts::Milestone {
        side: board.name_of(Some(&line.participant_id)),
        points,
        score: board.standing(),
    };
    Some((Occasion::Milestone, facts))
}

fn elapsed_ms(board: &Scoreboard, at: Stamp) -> u64 {
    let since = if board.clock.running {
        at.ms() - board.clock.as_of.ms()
    } else {
        0
    };
    board.clock.elapsed_ms.saturating_add(u64::try_from(since).unwrap_or(0))
}

/// The clock as people read it: `67'` where minutes are counted through, else `04:12` of the period.
fn clock(board: &Scoreboard, at: Stamp) -> Option<String> {
    let elapsed_ms = elapsed_ms(board, at);
    board.period.as_ref()?;
    if elapsed_ms == 0 {
        return None;
    }
    let rules = Rules::of(board.kind);
    if !rules.clock_goes_on {
        let seconds = elapsed_ms / 1_000;
        return Some(format!("{:02}:{:02}", seconds / 60, seconds % 60));
    }
    let number = board.period.as_ref().map_or(1, |period| period.number);
    let end = u64::from(rules.period_length_seconds) / 60 * u64::from(number.min(2))
        + u64::from(number.saturating_sub(2).min(2)) * 15;
    let minute = elapsed_ms.div_ceil(60_000);
    Some(if minute > end {
        format!("{end}+{}'", minute - end)
    } else {
        format!("{minute}'")
    })
}

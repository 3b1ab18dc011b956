//! The score, who is in front, who won, and the clock.

use super::{Contestant, EventKind, EventStatus, Ground, Said, ScoreLine, Scoreboard, cite, fill, shown, time_text};
use crate::domain::{
    Stamp,
    assistant::Citation,
    contest::{Outcome, PeriodState, rules::Rules},
    entry::Entry,
};

/// Participants of which the points are told one by one.
const TOLD: usize = 12;

/// How a participant is called.
pub(in super::super) fn team(contest: &Scoreboard, id: &str) -> String {
    let known = contest.participants.iter().find(|one| one.id == id);
    shown(known.map_or(id, |one: &Contestant| one.name.as_str()))
}

/// The score as it is said: `Reds 2–1 Blues`.
#[must_use]
pub fn score_text(contest: &Scoreboard) -> String {
    score_of(contest, &contest.score)
}

pub(in super::super) fn score_of(contest: &Scoreboard, score: &[ScoreLine]) -> String {
    if let [home, away] = score {
        let (one, other) = (team(contest, &home.participant_id), team(contest, &away.participant_id));
        return format!("{one} {}–{} {other}", home.points, away.points);
    }
    let lines = score.iter().take(TOLD);
    let lines = lines.map(|line| format!("{} {}", team(contest, &line.participant_id), line.points));
    lines.collect::<Vec<_>>().join(", ")
}

/// The clock as people read it: `67'` where minutes are counted on, minutes and seconds elsewhere. `None` before it ran.
#[must_use]
pub fn clock_text(contest: &Scoreboard, now: Stamp) -> Option<String> {
    let clock = &contest.clock;
    let since = if clock.running {
        now.ms().saturating_sub(clock.as_of.ms())
    } else {
        0
    };
    let elapsed = clock.elapsed_ms.saturating_add(u64::try_from(since).unwrap_or(0));
    if elapsed == 0 && !clock.running {
        return None;
    }
    if contest.kind != EventKind::Football {
        return Some(format!("{}:{:02}", elapsed / 60_000, elapsed / 1_000 % 60));
    }
    // The first minute is the one that runs from the beginning; those beyond a period's length are added to it.
    let minute = elapsed / 60_000 + u64::from(clock.running);
    let length = u64::from(Rules::of(contest.kind).period_length_seconds) / 60;
    let running = contest.period.as_ref().map_or(0, |period| u64::from(period.number));
    let planned = match running {
        0 => minute,
        1 | 2 => running * length,
        // Halves of extra time are a third as long.
        _ => 2 * length + (running - 2) * length / 3,
    };
    Some(if minute > planned {
        format!("{planned}+{}'", minute - planned)
    } else {
        format!("{minute}'")
    })
}

/// The scoreboard of something that has begun, or the sentence that says why there is no telling.
pub(super) fn begun<'a>(ground: &Ground<'a>) -> Result<&'a Scoreboard, Said> {
    let event = &ground.view.snapshot.event;
    let Some(contest) = ground.view.snapshot.contest.as_ref() else {
        return Err(Said::unknown(ground.lines.no_contest.to_owned()));
    };
    let untouched =
        contest.periods.is_empty() && contest.incidents.is_empty() && contest.score.iter().all(|line| line.points == 0);
    if untouched && event.status == EventStatus::Cancelled {
        return Err(Said::unknown(ground.lines.cancelled.to_owned()));
    }
    if untouched && event.status == EventStatus::Scheduled {
        let text = fill(ground.lines.not_started, &[("time", &time_text(event.scheduled_at))]);
        return Err(Said::unknown(text));
    }
    Ok(contest)
}

/// The entry that last told the score, or set the contest up.
pub(super) fn score_citation(ground: &Ground<'_>, contest: &Scoreboard) -> Vec<Citation> {
    let tellings = ground.view.tellings;
    let label = score_text(contest);
    let told = cite::latest(tellings, &label, |entry| {
        matches!(entry, Entry::ScoreChanged(_) | Entry::ContestChanged(_))
    });
    told.into_iter().collect()
}

pub(super) fn score(ground: &Ground<'_>) -> Said {
    let contest = match begun(ground) {
        Ok(contest) => contest,
        Err(unknown) => return unknown,
    };
    Said::known(score_sentence(ground, contest), score_citation(ground, contest)).of_contest()
}

fn score_sentence(ground: &Ground<'_>, contest: &Scoreboard) -> String {
    let score = score_text(contest);
    let is_over = contest.result.is_some() || ground.view.snapshot.event.status == EventStatus::Completed;
    match clock_text(contest, ground.view.now) {
        _ if is_over => fill(ground.lines.score_final, &[("score", &score)]),
        Some(clock) => fill(ground.lines.score_at, &[("score", &score), ("clock", &clock)]),
        None => fill(ground.lines.score, &[("score", &score)]),
    }
}

/// Who has most points; `None` if that is more than one.
pub(in super::super) fn in_front(contest: &Scoreboard) -> Option<&ScoreLine> {
    let most = contest.score.iter().max_by_key(|line| line.points)?;
    let alone = contest.score.iter().filter(|line| line.points == most.points).count() == 1;
    alone.then_some(most)
}

pub(super) fn leader(ground: &Ground<'_>) -> Said {
    let contest = match begun(ground) {
        Ok(contest) => contest,
        Err(unknown) => return unknown,
    };
    if contest.result.is_some() {
        return winner(ground);
    }
    let score = score_text(contest);
    let text = match in_front(contest) {
        Some(line) => fill(
            ground.lines.ahead,
            &[("name", &team(contest, &line.participant_id)), ("score", &score)],
        ),
        None => fill(ground.lines.level, &[("score", &score)]),
    };
    Said::known(text, score_citation(ground, contest)).of_contest()
}

pub(super) fn winner(ground: &Ground<'_>) -> Said {
    let contest = match begun(ground) {
        Ok(contest) => contest,
        Err(unknown) => return unknown,
    };
    let (lines, score) = (ground.lines, score_text(contest));
    let Some(result) = &contest.result else {
        let text = fill(lines.not_decided, &[("score", &score)]);
        return Said::known(text, score_citation(ground, contest)).of_contest();
    };
    let name = result.winner_id.as_deref().map(|id| team(contest, id));
    let method = result.method.as_deref().map(shown);
    let text = match (result.outcome, name, method) {
        (Outcome::Win, Some(name), Some(method)) => fill(
            lines.winner_by,
            &[("name", &name), ("method", &method), ("score", &score)],
        ),
        (Outcome::Win, Some(name), None) => fill(lines.winner, &[("name", &name), ("score", &score)]),
        (Outcome::Draw, ..) => fill(lines.ended_level, &[("score", &score)]),
        _ => fill(lines.ended_without, &[("score", &score)]),
    };
    let incident = contest
        .incidents
        .iter()
        .rev()
        .find(|incident| incident.result.is_some());
    let incidents: Vec<_> = incident.into_iter().collect();
    let mut citations = cite::incidents(ground.view.tellings, contest, &incidents);
    if citations.is_empty() {
        citations = score_citation(ground, contest);
    }
    Said::known(text, citations)
}

pub(super) fn clock(ground: &Ground<'_>) -> Said {
    let contest = match begun(ground) {
        Ok(contest) => contest,
        Err(unknown) => return unknown,
    };
    if contest.result.is_some() || ground.view.snapshot.event.status == EventStatus::Completed {
        return super::event::end(ground);
    }
    let lines = ground.lines;
    let period = contest.period.as_ref();
    let name = period.map_or_else(|| "–".to_owned(), |period| shown(&period.name));
    let text = match (clock_text(contest, ground.view.now), period) {
        (_, Some(period)) if period.state == PeriodState::Ended => fill(lines.period_over, &[("period", &name)]),
        (Some(clock), _) if contest.clock.running => fill(lines.clock_runs, &[("clock", &clock), ("period", &name)]),
        (Some(clock), _) => fill(lines.clock_stands, &[("clock", &clock), ("period", &name)]),
        (None, _) => return super::event::start(ground),
    };
    let told = cite::latest(ground.view.tellings, &name, |entry| {
        matches!(entry, Entry::ClockChanged(_) | Entry::ContestChanged(_))
    });
    Said::known(text, told.into_iter().collect()).of_contest()
}

//! When, where, for how long, and who takes part.

use super::{EventStatus, Ground, Said, cite, fill, shown, time_text};
use crate::domain::{Stamp, assistant::Citation, entry::Entry};

fn told(ground: &Ground<'_>, label: &str, is: impl Fn(&Entry) -> bool) -> Vec<Citation> {
    cite::latest(ground.view.tellings, label, is).into_iter().collect()
}

/// The entry that says how the event is set, whatever it says beside that.
fn set(ground: &Ground<'_>, label: &str) -> Vec<Citation> {
    told(ground, label, |entry| {
        matches!(entry, Entry::EventCreated(_) | Entry::EventUpdated(_))
    })
}

pub(super) fn start(ground: &Ground<'_>) -> Said {
    let (event, lines) = (&ground.view.snapshot.event, ground.lines);
    if let Some(at) = event.started_at {
        let at = time_text(at);
        let cited = told(ground, &at, |entry| matches!(entry, Entry::EventStarted(_)));
        return Said::known(fill(lines.started_at, &[("time", &at)]), cited);
    }
    if event.status == EventStatus::Cancelled {
        return cancelled(ground);
    }
    let at = time_text(event.scheduled_at);
    let cited = set(ground, &at);
    Said::known(fill(lines.starts_at, &[("time", &at)]), cited)
}

fn cancelled(ground: &Ground<'_>) -> Said {
    let cited = told(ground, "event.cancelled", |entry| {
        matches!(entry, Entry::EventCancelled(_))
    });
    Said::known(ground.lines.cancelled.to_owned(), cited)
}

pub(super) fn end(ground: &Ground<'_>) -> Said {
    let (event, lines) = (&ground.view.snapshot.event, ground.lines);
    match (event.status, event.ended_at) {
        (EventStatus::Cancelled, _) => cancelled(ground),
        (EventStatus::Completed, Some(at)) => {
            let at = time_text(at);
            let cited = told(ground, &at, |entry| matches!(entry, Entry::EventEnded(_)));
            Said::known(fill(lines.ended_at, &[("time", &at)]), cited)
        }
        (EventStatus::Scheduled, _) => {
            let at = time_text(event.scheduled_at);
            Said::unknown(fill(lines.not_started, &[("time", &at)]))
        }
        _ => Said::unknown(lines.goes_on.to_owned()),
    }
}

pub(super) fn duration(ground: &Ground<'_>) -> Said {
    let (event, lines) = (&ground.view.snapshot.event, ground.lines);
    let Some(began) = event.started_at else {
        return start(ground);
    };
    let minutes = |until: Stamp| (until.ms().saturating_sub(began.ms()).max(0) / 60_000).to_string();
    let (line, until) = match event.ended_at {
        Some(ended) => (lines.lasted, ended),
        None => (lines.lasts, ground.view.now),
    };
    let cited = told(ground, &time_text(began), |entry| {
        matches!(entry, Entry::EventStarted(_))
    });
    let mut text = fill(line, &[("minutes", &minutes(until))]);
    if event.status == EventStatus::Paused {
        text = format!("{text} {}", lines.paused);
    }
    Said::known(text, cited)
}

pub(super) fn venue(ground: &Ground<'_>) -> Said {
    let Some(venue) = &ground.view.snapshot.event.venue else {
        return Said::unknown(ground.lines.no_venue.to_owned());
    };
    let venue = shown(venue);
    let cited = set(ground, &venue);
    Said::known(fill(ground.lines.venue, &[("venue", &venue)]), cited)
}

pub(super) fn participants(ground: &Ground<'_>) -> Said {
    let snapshot = ground.view.snapshot;
    let of_contest = snapshot.contest.iter().flat_map(|contest| &contest.participants);
    let mut names: Vec<String> = of_contest.map(|one| shown(&one.name)).collect();
    if names.is_empty() {
        names = snapshot.event.participants.iter().map(|one| shown(&one.name)).collect();
    }
    if names.is_empty() {
        return Said::unknown(ground.lines.no_participants.to_owned());
    }
    names.truncate(20);
    let list = names.join(", ");
    let cited = set(ground, &list);
    Said::known(fill(ground.lines.participants, &[("list", &list)]), cited)
}

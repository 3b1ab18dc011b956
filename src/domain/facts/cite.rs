//! Which entries of the log an answer goes by.

use super::{name::shown_long, say, shown};
use crate::domain::{
    IncidentId, PollId, Stamp,
    assistant::{CITATIONS_MOST, Citation},
    contest::{Incident, Scoreboard},
    entry::{Entry, EntryKind},
};

/// An entry that tells something of the contest, the event, its polls or its room.
#[derive(Debug, Clone, PartialEq)]
pub struct Telling {
    /// Its place in the public log.
    pub seq: u64,
    pub at: Stamp,
    pub entry: Entry,
}

impl Telling {
    /// The kinds that are tellings, as they stand in the log.
    pub const KINDS: &'static [EntryKind] = &[
        EntryKind::EventCreated,
        EntryKind::EventUpdated,
        EntryKind::EventStarted,
        EntryKind::EventPaused,
        EntryKind::EventResumed,
        EntryKind::EventEnded,
        EntryKind::EventCancelled,
        EntryKind::IncidentRecorded,
        EntryKind::IncidentCorrected,
        EntryKind::IncidentRetracted,
        EntryKind::ScoreChanged,
        EntryKind::ClockChanged,
        EntryKind::ContestChanged,
        EntryKind::PollOpened,
        EntryKind::PollClosed,
        EntryKind::RoomChanged,
    ];

    /// Whether it comes from whoever reports on the contest.
    pub(super) const fn is_of_contest(&self) -> bool {
        matches!(
            self.entry,
            Entry::IncidentRecorded(_)
                | Entry::IncidentCorrected(_)
                | Entry::IncidentRetracted(_)
                | Entry::ScoreChanged(_)
                | Entry::ClockChanged(_)
                | Entry::ContestChanged(_)
        )
    }
}

/// The latest telling for which that holds, with a label.
pub(super) fn latest(tellings: &[Telling], label: &str, is: impl Fn(&Entry) -> bool) -> Option<Citation> {
    let found = tellings.iter().rev().find(|telling| is(&telling.entry))?;
    Some(Citation {
        seq: found.seq,
        label: label.to_owned(),
        at: found.at,
    })
}

/// The entries that tell of those incidents as they stand, the latest ones if they are many.
pub(super) fn incidents(tellings: &[Telling], contest: &Scoreboard, incidents: &[&Incident]) -> Vec<Citation> {
    let first = incidents.len().saturating_sub(CITATIONS_MOST);
    let cite = |incident: &&Incident| {
        latest(tellings, &incident_label(contest, incident), |entry| {
            tells_of(entry, incident.id)
        })
    };
    incidents[first..].iter().filter_map(cite).collect()
}

fn tells_of(entry: &Entry, id: IncidentId) -> bool {
    match entry {
        Entry::IncidentRecorded(told) | Entry::IncidentCorrected(told) => told.incident.id == id,
        _ => false,
    }
}

/// The entry that last said how that poll is.
pub(super) fn poll(tellings: &[Telling], id: PollId, question: &str) -> Option<Citation> {
    latest(tellings, &shown_long(question), |entry| match entry {
        Entry::PollOpened(told) | Entry::PollClosed(told) => told.poll.id == id,
        _ => false,
    })
}

/// A label without words of any language.
fn incident_label(contest: &Scoreboard, incident: &Incident) -> String {
    let parts = [
        say::minute(incident),
        incident.player.as_deref().map(shown),
        incident.player_in.as_deref().map(shown),
        incident
            .period
            .as_ref()
            .filter(|_| incident.player.is_none())
            .map(|period| shown(&period.name)),
        incident
            .participant_id
            .as_deref()
            .map(|id| format!("({})", say::team(contest, id))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// A few words that tell one entry from the next: what a citation of it is labelled with.
#[must_use]
pub fn label(telling: &Telling, contest: Option<&Scoreboard>) -> String {
    let label = match (&telling.entry, contest) {
        (Entry::IncidentRecorded(told) | Entry::IncidentCorrected(told), Some(contest)) => {
            incident_label(contest, &told.incident)
        }
        (Entry::ScoreChanged(told), Some(contest)) => say::score_of(contest, &told.score),
        (Entry::PollOpened(told) | Entry::PollClosed(told), _) => shown_long(&told.poll.question),
        _ => String::new(),
    };
    if label.is_empty() {
        telling.entry.kind().name().to_owned()
    } else {
        label
    }
}

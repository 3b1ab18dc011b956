//! How an incident is made from what was reported, and remade from what was amended.

use super::Report;
use crate::domain::contest::{ContestResult, Incident, IncidentType, Outcome, update::Details};

/// An incident of which nothing is known but who reported it and when.
pub(super) fn blank(report: &Report<'_>, kind: IncidentType) -> Incident {
    Incident {
        id: report.incident_id,
        kind,
        participant_id: None,
        player: None,
        player_in: None,
        player_out: None,
        color: None,
        minute: None,
        stoppage: None,
        penalty: None,
        own_goal: None,
        period: None,
        result: None,
        source: report.source.to_owned(),
        source_id: report.source_id.to_owned(),
        at: report.now,
        corrected: false,
    }
}

/// The incident with the given fields instead of its own. A new minute without stoppage has none; false and 0 are
/// kept as absent.
pub(super) fn changed(incident: Incident, details: &Details) -> Incident {
    let details = details.clone();
    let stoppage = if details.minute.is_some() {
        details.stoppage
    } else {
        details.stoppage.or(incident.stoppage)
    };
    let result = (incident.kind == IncidentType::Result).then(|| changed_result(incident.result.as_ref(), &details));
    Incident {
        participant_id: details.participant_id.or(incident.participant_id),
        player: details.player.or(incident.player),
        player_in: details.player_in.or(incident.player_in),
        player_out: details.player_out.or(incident.player_out),
        color: details.color.or(incident.color),
        minute: details.minute.or(incident.minute),
        stoppage: stoppage.filter(|minutes| *minutes > 0),
        penalty: details.penalty.or(incident.penalty).filter(|yes| *yes),
        own_goal: details.own_goal.or(incident.own_goal).filter(|yes| *yes),
        result,
        ..incident
    }
}

/// A new outcome takes the old winner away unless it says one.
fn changed_result(known: Option<&ContestResult>, details: &Details) -> ContestResult {
    let known_winner = known.filter(|_| details.outcome.is_none_or(|outcome| outcome == Outcome::Win));
    ContestResult {
        outcome: details
            .outcome
            .or(known.map(|result| result.outcome))
            .unwrap_or(Outcome::NoResult),
        winner_id: details
            .winner_id
            .clone()
            .or_else(|| known_winner.and_then(|result| result.winner_id.clone())),
        method: details
            .method
            .clone()
            .or_else(|| known.and_then(|result| result.method.clone())),
        note: details
            .note
            .clone()
            .or_else(|| known.and_then(|result| result.note.clone())),
    }
}

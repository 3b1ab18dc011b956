//! What was said and does not hold any more: an incident was corrected or taken back, a score was set lower.

use serde::{Deserialize, Serialize};

use super::{
    Facts, Look, Notes, Post,
    facts::Reads,
    notes::{Heard, Mark},
};
use crate::domain::{
    IncidentId, MessageId,
    contest::{Incident, IncidentType, ScoreLine, Scoreboard},
    entry::Entry,
    event::EventKind,
};

/// What was said, as far as it can turn out wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Told {
    pub(super) message: MessageId,
    /// The last entry it went by.
    pub(super) seq: u64,
    /// The incidents it names.
    pub(super) about: Vec<IncidentId>,
    /// The score it says.
    pub(super) score: Option<Vec<ScoreLine>>,
    /// It said how the contest ended, so any other score is a correction.
    #[serde(default)]
    pub(super) closing: bool,
}

/// What became of what was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    Corrected(Facts),
    TakenBack(Facts),
    Score,
}

/// What happened to an incident.
struct Hit {
    id: IncidentId,
    /// Whether points went elsewhere.
    moves_points: bool,
    change: Option<Change>,
}

impl Notes {
    /// Marks what no longer holds, and sets right what is about to be said.
    pub(super) fn correct(&mut self, step: &[Heard], before: &Scoreboard, board: &Scoreboard, look: &mut Look) {
        let Some(first) = step.first() else { return };
        let hit = match &first.entry {
            Entry::IncidentCorrected(told) => corrected(before, board, &told.incident),
            Entry::IncidentRetracted(gone) => taken_back(before, gone.incident_id),
            _ => None,
        };
        let lowered = step.iter().any(|heard| sets_lower(before, &heard.entry));
        let moved = before.score != board.score && self.told.iter().any(|told| told.closing);
        if hit.is_none() && !lowered && !moved {
            return;
        }
        let happened = hit.as_ref().and_then(|hit| self.seq_of(hit.id));
        for told in &mut self.told {
            let named = hit.as_ref().filter(|hit| told.about.contains(&hit.id));
            let counted = hit.as_ref().is_some_and(|hit| hit.moves_points)
                && told.score.is_some()
                && happened.is_some_and(|seq| seq <= told.seq);
            let too_high = lowered
                && told
                    .score
                    .as_ref()
                    .is_some_and(|score| score.iter().any(|line| line.points > points(board, line)));
            let change = named
                .and_then(|hit| hit.change.clone())
                .or_else(|| (counted || too_high || (moved && told.closing)).then_some(Change::Score));
            let Some(change) = change else { continue };
            // What it is held against from here on is what the mark says.
            if told.score.is_some() {
                told.score = Some(board.score.clone());
            }
            look.marks.retain(|mark| mark.message != told.message);
            look.marks.push(Mark {
                message: told.message,
                seq: first.seq,
                at: first.at,
                score: told.score.as_ref().map(|_| board.standing()).unwrap_or_default(),
                change,
            });
        }
        if let Some(hit) = &hit {
            look.posts.retain_mut(|post| set_right(post, hit, board));
            if matches!(first.entry, Entry::IncidentRetracted(_)) {
                self.seqs.retain(|(id, _)| *id != hit.id);
            }
        }
    }
}

/// False: there is nothing left to be said.
fn set_right(post: &mut Post, hit: &Hit, board: &Scoreboard) -> bool {
    if post.about.contains(&hit.id) {
        let Some(Change::Corrected(now)) = &hit.change else {
            return false;
        };
        post.facts = now.clone();
        for cited in &mut post.cited {
            cited.what = now.clone();
        }
    } else if let (true, Some(score)) = (hit.moves_points, post.facts.score_mut()) {
        *score = board.standing();
    }
    true
}

fn corrected(before: &Scoreboard, board: &Scoreboard, now: &Incident) -> Option<Hit> {
    let was = before.incidents.iter().find(|known| known.id == now.id)?;
    let moves_points = now.kind == IncidentType::Goal && was.participant_id != now.participant_id;
    let (then, fact) = (board.fact(was), board.fact(now));
    Some(Hit {
        id: now.id,
        moves_points,
        change: fact.filter(|fact| then.as_ref() != Some(fact)).map(Change::Corrected),
    })
}

fn taken_back(before: &Scoreboard, id: IncidentId) -> Option<Hit> {
    let was = before.incidents.iter().find(|known| known.id == id)?;
    Some(Hit {
        id,
        moves_points: was.kind == IncidentType::Goal,
        change: before.fact(was).map(Change::TakenBack),
    })
}

fn points(board: &Scoreboard, line: &ScoreLine) -> i64 {
    let now = board.score.iter().find(|now| now.participant_id == line.participant_id);
    now.map_or(0, |now| now.points)
}

/// A feed's word that says less than was known. In tennis, points begin anew all the time.
fn sets_lower(before: &Scoreboard, entry: &Entry) -> bool {
    let Entry::ScoreChanged(changed) = entry else {
        return false;
    };
    changed.incident_id.is_none()
        && before.kind != EventKind::Tennis
        && changed.score.iter().any(|line| line.points < points(before, line))
}

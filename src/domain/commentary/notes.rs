//! What is remembered of a contest between two looks at its log, and the look itself.

use serde::{Deserialize, Serialize};

use super::{
    Facts, Occasion, Side,
    facts::Reads,
    marks::{Change, Told},
};
use crate::domain::{
    IncidentId, MessageId, Stamp,
    assistant::{CITATIONS_MOST, Citation, RemarkKind},
    contest::{ContestState, Scoreboard},
    entry::Entry,
    event::{Event, EventKind},
    phrases::commentary::{self as words, Naming},
};

/// An entry of the public log.
#[derive(Debug, Clone)]
pub struct Heard {
    pub seq: u64,
    pub at: Stamp,
    pub entry: Entry,
}

/// How much is said.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// What is older is passed over, except the closing summary.
    pub stale_ms: i64,
    /// Least time between any post and a chatty one.
    pub pause_ms: i64,
    /// Posts that one look gives; what is more is told in one.
    pub most: usize,
}

/// Something to be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    pub occasion: Occasion,
    pub facts: Facts,
    pub clock: Option<String>,
    /// The entries it goes by, the latest last.
    pub(super) cited: Vec<Cited>,
    /// The incidents it names.
    pub(super) about: Vec<IncidentId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cited {
    pub(super) seq: u64,
    pub(super) at: Stamp,
    pub(super) what: Facts,
}

/// Something that was said and does not hold any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub message: MessageId,
    /// The entry that corrects it.
    pub seq: u64,
    pub at: Stamp,
    pub(super) change: Change,
    pub(super) score: Vec<Side>,
}

/// What comes of a look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    pub posts: Vec<Post>,
    pub marks: Vec<Mark>,
}

/// Kept as JSON, never longer than the contest's own bounds and [`TOLD_MOST`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notes {
    /// Whether the event had posts switched on, as far as its log was looked at.
    pub(super) on: bool,
    /// Whether the event had ended.
    pub(super) over: bool,
    pub(super) board: Option<Scoreboard>,
    /// Where standing incidents were told first.
    pub(super) seqs: Vec<(IncidentId, u64)>,
    pub(super) told: Vec<Told>,
    /// What is said once only.
    pub(super) once: Vec<String>,
    pub(super) last_post: Option<Stamp>,
    pub(super) last_statistic: Option<Stamp>,
}

/// Posts of one event that can be marked later. Older ones stay as they are.
const TOLD_MOST: usize = 200;

impl Post {
    #[must_use]
    pub const fn kind(&self) -> RemarkKind {
        match self.occasion {
            Occasion::Summary => RemarkKind::Summary,
            _ => RemarkKind::Post,
        }
    }

    /// What it says.
    #[must_use]
    pub fn text(&self, naming: Naming) -> String {
        words::say(&self.facts, naming)
    }

    /// The score it says, as it says it; empty if it says none.
    #[must_use]
    pub fn score(&self, naming: Naming) -> String {
        let sides = self.facts.score().unwrap_or_default();
        words::score(sides, naming)
    }

    /// The names it says that must not be lost.
    #[must_use]
    pub fn names(&self, naming: Naming) -> Vec<String> {
        words::names(&self.facts, naming)
    }

    /// The entries it goes by; of many, the latest.
    #[must_use]
    pub fn citations(&self, naming: Naming) -> Vec<Citation> {
        let skipped = self.cited.len().saturating_sub(CITATIONS_MOST);
        let cite = |cited: &Cited| Citation {
            seq: cited.seq,
            label: words::label(&cited.what, naming),
            at: cited.at,
        };
        self.cited.iter().skip(skipped).map(cite).collect()
    }
}

impl Mark {
    /// What holds instead.
    #[must_use]
    pub fn text(&self, naming: Naming) -> String {
        match &self.change {
            Change::Corrected(now) => words::corrected(now, &self.score, naming),
            Change::TakenBack(was) => words::taken_back(was, &self.score, naming),
            Change::Score => words::score_corrected(&self.score, naming),
        }
    }
}

/// Whether the second entry belongs to the same report as the first.
fn belongs(first: &Heard, second: &Heard) -> bool {
    match (&first.entry, &second.entry) {
        (Entry::IncidentRecorded(told) | Entry::IncidentCorrected(told), Entry::ScoreChanged(score)) => {
            score.incident_id == Some(told.incident.id)
        }
        (Entry::IncidentRetracted(gone), Entry::ScoreChanged(score)) => score.incident_id == Some(gone.incident_id),
        (
            Entry::IncidentRecorded(_)
            | Entry::IncidentCorrected(_)
            | Entry::IncidentRetracted(_)
            | Entry::ScoreChanged(_),
            Entry::ClockChanged(_),
        ) => first.at == second.at,
        _ => false,
    }
}

impl Notes {
    /// How many of these entries are reports that are certainly complete, if more may follow.
    #[must_use]
    pub fn complete(heard: &[Heard]) -> usize {
        let last = heard.chunk_by(belongs).next_back().map_or(0, <[Heard]>::len);
        if last == heard.len() { last } else { heard.len() - last }
    }

    /// Takes the next entries in.
    pub fn look(&mut self, heard: &[Heard], now: Stamp, pace: Pace) -> Look {
        let mut look = Look::default();
        for step in heard.chunk_by(belongs) {
            self.take(step, now, pace, &mut look);
        }
        if look.posts.iter().any(|post| post.occasion == Occasion::Summary) {
            look.posts
                .retain(|post| !matches!(post.occasion, Occasion::Result | Occasion::PeriodEnd));
        } else if look.posts.iter().any(|post| post.occasion == Occasion::Result) {
            let last_end = look.posts.iter().rposition(|post| post.occasion == Occasion::PeriodEnd);
            if let Some(place) = last_end {
                look.posts.remove(place);
            }
        }
        self.hold_back(&mut look.posts, now, pace);
        fold(&mut look.posts, pace.most);
        look
    }

    /// One report, or one change of the event.
    fn take(&mut self, step: &[Heard], now: Stamp, pace: Pace, look: &mut Look) {
        let Some(first) = step.first() else { return };
        if let Some(event) = changed_event(&first.entry) {
            self.on = event.settings.assistant.posts && event.kind != EventKind::Session;
            self.over = event.status.is_over();
        }
        if let (None, Entry::EventCreated(created)) = (&self.board, &first.entry)
            && created.event.kind.has_contest()
        {
            let event = &created.event;
            self.board = Some(ContestState::new(event.kind, &event.participants, event.created_at).scoreboard());
        }
        let before = self.board.clone();
        for heard in step {
            match (&mut self.board, &heard.entry) {
                (Some(board), entry) => board.fold(entry),
                (none, Entry::ContestChanged(changed)) => *none = Some(changed.contest.clone()),
                (None, _) => {}
            }
            if let Entry::IncidentRecorded(told) = &heard.entry {
                self.seqs.push((told.incident.id, heard.seq));
            }
        }
        let (Some(before), Some(board)) = (before, self.board.clone()) else {
            return;
        };
        self.correct(step, &before, &board, look);
        if !self.on {
            return;
        }
        let is_end = matches!(first.entry, Entry::EventEnded(_));
        if is_end {
            look.posts.extend(self.summary(first, &board));
        } else if now.ms() - first.at.ms() <= pace.stale_ms {
            let post = self.occasion(step, &before, &board, pace);
            // After the end, only how it ended is news.
            look.posts
                .extend(post.filter(|post| !self.over || post.occasion == Occasion::Result));
        }
    }

    /// Takes out what is chatty and has no room.
    fn hold_back(&mut self, posts: &mut Vec<Post>, now: Stamp, pace: Pace) {
        let must = posts.iter().any(|post| !post.occasion.is_chatty());
        let soon = self
            .last_post
            .is_some_and(|last| now.ms() - last.ms() < pace.pause_ms && last <= now);
        if must || soon {
            posts.retain(|post| !post.occasion.is_chatty());
        } else if posts.len() > 1 {
            // All are chatty: the latest tells the most.
            posts.drain(..posts.len() - 1);
        }
        if !posts.is_empty() {
            self.last_post = Some(now);
        }
        if posts.iter().any(|post| post.occasion == Occasion::Statistic) {
            self.last_statistic = Some(now);
        }
    }

    /// It was said, by that message.
    pub fn posted(&mut self, post: &Post, message: MessageId) {
        let score = match &post.facts {
            Facts::RedCard(_) => None,
            _ => self.board.as_ref().map(|board| board.score.clone()),
        };
        self.told.push(Told {
            message,
            seq: post.cited.last().map_or(0, |cited| cited.seq),
            about: post.about.clone(),
            score,
            closing: matches!(post.occasion, Occasion::Result | Occasion::Summary),
        });
        if self.told.len() > TOLD_MOST {
            self.told.remove(0);
        }
    }
}

fn changed_event(entry: &Entry) -> Option<&Event> {
    match entry {
        Entry::EventCreated(now)
        | Entry::EventUpdated(now)
        | Entry::EventStarted(now)
        | Entry::EventPaused(now)
        | Entry::EventResumed(now)
        | Entry::EventEnded(now)
        | Entry::EventCancelled(now) => Some(&now.event),
        _ => None,
    }
}

/// Of too many posts the first ones become one.
fn fold(posts: &mut Vec<Post>, most: usize) {
    if posts.len() <= most.max(1) {
        return;
    }
    let rest = posts.split_off(posts.len() + 1 - most.max(1));
    let mut recap = Post {
        occasion: Occasion::Recap,
        clock: posts.last().and_then(|post| post.clock.clone()),
        facts: Facts::Recap {
            lines: posts.iter().map(|post| post.facts.clone()).collect(),
            score: posts
                .iter_mut()
                .rev()
                .find_map(|post| post.facts.score_mut().map(std::mem::take))
                .unwrap_or_default(),
        },
        cited: Vec::new(),
        about: Vec::new(),
    };
    for post in posts.drain(..) {
        recap.cited.extend(post.cited);
        recap.about.extend(post.about);
    }
    posts.push(recap);
    posts.extend(rest);
}

impl Notes {
    /// The board as it stands, and where an incident was told.
    pub(super) fn seq_of(&self, incident: IncidentId) -> Option<u64> {
        let known = self.seqs.iter().find(|(id, _)| *id == incident);
        known.map(|(_, seq)| *seq)
    }

    fn summary(&mut self, ended: &Heard, board: &Scoreboard) -> Option<Post> {
        let nothing = board.incidents.is_empty() && board.score.iter().all(|line| line.points == 0);
        if nothing || !self.first_time("summary") {
            return None;
        }
        let told: Vec<_> = board
            .incidents
            .iter()
            .filter_map(|incident| Some((incident, self.seq_of(incident.id)?, board.fact(incident)?)))
            .filter(|(_, _, fact)| matches!(fact, Facts::Goal(_) | Facts::RedCard(_) | Facts::Result(_)))
            .collect();
        let cited = told.iter().map(|(incident, seq, what)| Cited {
            seq: *seq,
            at: incident.at,
            what: what.clone(),
        });
        let about = told.iter().map(|(incident, ..)| incident.id).collect();
        let facts = Facts::Summary(board.summary());
        let end = Cited {
            seq: ended.seq,
            at: ended.at,
            what: facts.clone(),
        };
        Some(Post {
            occasion: Occasion::Summary,
            clock: None,
            cited: cited.chain([end]).collect(),
            about,
            facts,
        })
    }

    /// Whether this is said for the first time; it is not the next time.
    pub(super) fn first_time(&mut self, what: &str) -> bool {
        let is_new = !self.once.iter().any(|said| said == what);
        if is_new {
            self.once.push(what.to_owned());
        }
        is_new
    }
}

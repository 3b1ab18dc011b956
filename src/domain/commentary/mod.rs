//! What the house says by itself about a contest: which entries of the log are an occasion, and what is known of it.
//!
//! [`Notes`] remember a contest between two looks at its log; [`Notes::look`] takes the next entries in and gives what is
//! to be said and which earlier words no longer hold. The words are `phrases::commentary`'s.

mod facts;
mod marks;
mod notes;
mod occasions;
#[cfg(test)]
mod tests;

pub use facts::{CardFacts, Facts, GoalFacts, ResultFacts, Side, SummaryFacts, Turn};
pub use notes::{Heard, Look, Mark, Notes, Pace, Post};

use super::entry::EntryKind;

/// The entries that are looked at; the rest of a log costs nothing.
pub const HEEDED: [EntryKind; 13] = [
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
];

/// What gave cause for a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Occasion {
    Goal,
    RedCard,
    PeriodEnd,
    LeadChange,
    Milestone,
    CloseFinish,
    Statistic,
    Result,
    /// Several at once.
    Recap,
    Summary,
}

impl Occasion {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Goal => "goal",
            Self::RedCard => "red_card",
            Self::PeriodEnd => "period_end",
            Self::LeadChange => "lead_change",
            Self::Milestone => "milestone",
            Self::CloseFinish => "close_finish",
            Self::Statistic => "statistic",
            Self::Result => "result",
            Self::Recap => "recap",
            Self::Summary => "summary",
        }
    }

    /// Nobody misses it when there is much to say anyway.
    #[must_use]
    pub const fn is_chatty(self) -> bool {
        matches!(
            self,
            Self::LeadChange | Self::Milestone | Self::CloseFinish | Self::Statistic
        )
    }
}

//! The live thing people attend, and how it may pass from one state to the next.

use serde::{Deserialize, Serialize};

use super::{EventId, Reason, Refusal, Stamp, room::RoomSettings, screening::Screening};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum EventKind {
    Football,
    Mma,
    Basketball,
    Cricket,
    Tennis,
    Draw,
    Session,
    Other,
}

impl EventKind {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Football => "football",
            Self::Mma => "mma",
            Self::Basketball => "basketball",
            Self::Cricket => "cricket",
            Self::Tennis => "tennis",
            Self::Draw => "draw",
            Self::Session => "session",
            Self::Other => "other",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        use EventKind as K;
        [
            K::Football,
            K::Mma,
            K::Basketball,
            K::Cricket,
            K::Tennis,
            K::Draw,
            K::Session,
            K::Other,
        ]
        .into_iter()
        .find(|kind| kind.name() == name)
    }

    /// Whether events of this kind have a contest with a score from the start.
    #[must_use]
    pub const fn has_contest(self) -> bool {
        matches!(
            self,
            Self::Football | Self::Mma | Self::Basketball | Self::Cricket | Self::Tennis
        )
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum EventStatus {
    Scheduled,
    Live,
    Paused,
    Completed,
    Cancelled,
}

impl EventStatus {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Live => "live",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        use EventStatus as S;
        [S::Scheduled, S::Live, S::Paused, S::Completed, S::Cancelled]
            .into_iter()
            .find(|status| status.name() == name)
    }

    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled)
    }
}

/// What a host may do to an event's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    Start,
    Pause,
    Resume,
    End,
    Cancel,
}

impl Transition {
    #[must_use]
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::End => "end",
            Self::Cancel => "cancel",
        }
    }

    /// The status after it, or why it may not happen now.
    pub fn apply(self, from: EventStatus) -> Result<EventStatus, Refusal> {
        use EventStatus as S;
        match (self, from) {
            (Self::Start, S::Scheduled) | (Self::Resume, S::Paused) => Ok(S::Live),
            (Self::Pause, S::Live) => Ok(S::Paused),
            (Self::End, S::Live | S::Paused) => Ok(S::Completed),
            (Self::Cancel, S::Scheduled | S::Live | S::Paused) => Ok(S::Cancelled),
            _ => Err(Refusal::new(
                Reason::IllegalTransition,
                format!("An event that is {} cannot {}.", from.name(), self.verb()),
            )),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum Visibility {
    Public,
    /// Members and staff only.
    Private,
}

/// A team, a fighter, a player: who takes part in the event itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Participant {
    /// Chosen by the host or made from the name; unique within the event.
    pub id: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
}

/// What an event's hosts can tune.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
pub struct EventSettings {
    /// The room opens so long before the scheduled start.
    pub opens_before_seconds: u32,
    /// The room closes so long after the end.
    pub closes_after_seconds: u32,
    /// For how long authors may edit.
    pub edit_window_seconds: u32,
    /// Up to so many users, arrivals and departures are shown one by one.
    pub small_room_users: u32,
    /// What moderators tune while people are in.
    #[serde(flatten)]
    #[oai(flatten)]
    pub room: RoomSettings,
    /// A scheduled event goes live at its time without anybody's doing.
    #[serde(default)]
    pub starts_by_itself: bool,
    /// It ends so long after its start without anybody's doing, paused or not; 0: its host ends it.
    #[serde(default)]
    pub ends_after_seconds: u32,
    #[serde(default)]
    pub assistant: AssistantSettings,
    /// Whether a model looks at messages after the rules.
    #[serde(default)]
    pub screening: Screening,
}

/// What the assistant does in an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[serde(default)]
pub struct AssistantSettings {
    /// It answers questions.
    pub answers: bool,
    /// It says by itself what happens: goals, period ends, a closing summary.
    pub posts: bool,
}

impl Default for AssistantSettings {
    fn default() -> Self {
        Self {
            answers: true,
            posts: true,
        }
    }
}

/// An event as everybody allowed to see it sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Event {
    pub id: EventId,
    pub slug: String,
    pub title: String,
    pub kind: EventKind,
    pub status: EventStatus,
    pub participants: Vec<Participant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub venue: Option<String>,
    pub scheduled_at: Stamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Stamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Stamp>,
    pub featured: bool,
    pub visibility: Visibility,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_url: Option<String>,
    pub settings: EventSettings,
    /// Rises with every change; `If-Match` and `ETag` speak of it.
    pub version: u64,
    pub created_at: Stamp,
    /// A show event run by the server itself.
    pub demo: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_passes_only_along_lawful_ways() {
        use EventStatus as S;
        use Transition as T;
        let all_statuses = [S::Scheduled, S::Live, S::Paused, S::Completed, S::Cancelled];
        let lawful = [
            (T::Start, S::Scheduled, S::Live),
            (T::Pause, S::Live, S::Paused),
            (T::Resume, S::Paused, S::Live),
            (T::End, S::Live, S::Completed),
            (T::End, S::Paused, S::Completed),
            (T::Cancel, S::Scheduled, S::Cancelled),
            (T::Cancel, S::Live, S::Cancelled),
            (T::Cancel, S::Paused, S::Cancelled),
        ];
        for verb in [T::Start, T::Pause, T::Resume, T::End, T::Cancel] {
            for from in all_statuses {
                let expected = lawful
                    .iter()
                    .find(|case| case.0 == verb && case.1 == from)
                    .map(|case| case.2);
                assert_eq!(verb.apply(from).ok(), expected, "{verb:?} from {from:?}");
            }
        }
    }
}

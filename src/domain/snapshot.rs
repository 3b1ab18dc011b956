//! Everything a page needs to draw an event, as of one place in its log.

mod past;
mod since;

use serde::{Deserialize, Serialize};

pub use past::Past;
pub use since::Since;

use super::{
    Cursor, badge::Awards, chat::Message, contest::Scoreboard, event::Event, poll::Poll, presence::PresenceCounts,
    reaction::Applause, room::Room,
};

/// The state after the entry at `cursor`. Reading on from that cursor and folding the entries in gives the same as a
/// fresh snapshot; `presence` and `room.open` are of the moment and not part of that promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Snapshot {
    pub cursor: Cursor,
    pub event: Event,
    pub room: Room,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contest: Option<Scoreboard>,
    /// The latest messages and replies, oldest first, at most [`RECENT_MESSAGES`].
    pub messages: Vec<Message>,
    pub pinned: Vec<Message>,
    /// Messages that wait for a moderator; staff only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Vec<Message>>,
    pub applause: Applause,
    /// Messages people can see, not counting deleted and hidden ones.
    pub message_count: u64,
    /// Absent where it is not known: of the past, nobody wrote down who was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<PresenceCounts>,
    /// What people were awarded in this event, by user id.
    #[serde(default)]
    pub badges: Vec<Awards>,
    /// First those that are over, in the order in which they ended, at most [`RECENT_POLLS`](super::poll::RECENT_POLLS);
    /// then the open ones, in the order in which they opened.
    pub polls: Vec<Poll>,
}

/// How many messages a snapshot carries. Fifty fill any screen; the rest is a history page away.
pub const RECENT_MESSAGES: u64 = 50;

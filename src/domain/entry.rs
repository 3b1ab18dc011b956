//! The closed list of everything that can happen in an event.
//!
//! An *entry* is kept in the log and has a `seq`; a *signal* is live only. Both travel in one JSON shape,
//! `{"seq"?, "type", "at", "data"}`, described to OpenAPI from this list (`http/schema.rs`). To add a kind: one line in
//! the macro call below and a struct for its data.

mod control;
#[macro_use]
mod list;
mod me;

use serde::{Deserialize, Serialize};

pub use control::{
    ByeReason, PerchHeartbeat, PerchReady, ResetReason, StreamBye, StreamHeartbeat, StreamReady, StreamReset,
    StreamResumed,
};
pub use me::{MeResumed, MeSignal, MeSignalKind, MeSnapshot, NotificationCreated, NotificationsRead};

use super::{
    IncidentId, MessageId, Stamp, UserId,
    assistant::{AssistantAnswered, AssistantDelta},
    badge::Awards,
    chat::{Message, MessageStatus},
    contest::{Clock, Incident, Period, ScoreLine},
    cursors::CursorMoved,
    event::Event,
    moderation::{Action, Appeal, Decision, Report},
    persona::ScoreSheet,
    poll::{Poll, PollTotals},
    presence::PresenceCounts,
    reaction::{Applause, MessageReactions},
    receipt::Receipt,
    room::{Room, RoomSettings},
    snapshot::Snapshot,
    user::User,
};

closed_list! {
    /// What is kept in the log.
    Entry, EntryKind {
        EventCreated(EventChanged) = "event.created",
        EventUpdated(EventChanged) = "event.updated",
        EventStarted(EventChanged) = "event.started",
        EventPaused(EventChanged) = "event.paused",
        EventResumed(EventChanged) = "event.resumed",
        EventEnded(EventChanged) = "event.ended",
        EventCancelled(EventChanged) = "event.cancelled",
        MessageCreated(MessageSaid) = "message.created",
        MessageUpdated(MessageSaid) = "message.updated",
        MessageDeleted(MessageGone) = "message.deleted",
        MessageHidden(MessageGone) = "message.hidden",
        MessageHeld(MessageSaid) = "message.held",
        MessageReleased(MessageSaid) = "message.released",
        ReactionsChanged(ReactionsChanged) = "reactions.changed",
        ApplauseChanged(ApplauseChanged) = "applause.changed",
        IncidentRecorded(IncidentTold) = "incident.recorded",
        IncidentCorrected(IncidentTold) = "incident.corrected",
        IncidentRetracted(IncidentRetracted) = "incident.retracted",
        ScoreChanged(ScoreChanged) = "score.changed",
        ClockChanged(ClockChanged) = "clock.changed",
        ContestChanged(ContestChanged) = "contest.changed",
        BadgesChanged(BadgesChanged) = "badges.changed",
        ModerationDecided(ModerationDecided) = "moderation.decided",
        ReportFiled(ReportFiled) = "report.filed",
        AppealFiled(AppealFiled) = "appeal.filed",
        PollOpened(PollTold) = "poll.opened",
        PollChanged(PollsChanged) = "poll.changed",
        PollClosed(PollTold) = "poll.closed",
        PollRetracted(PollTold) = "poll.retracted",
        RoomChanged(RoomChanged) = "room.changed",
        RoomOpened(RoomTold) = "room.opened",
        RoomClosed(RoomTold) = "room.closed",
        AssistantAnswered(AssistantAnswered) = "assistant.answered",
        SessionScored(ScoreSheet) = "session.scored",
    }
}

closed_list! {
    /// What is told live and not kept.
    Signal, SignalKind {
        StreamReady(StreamReady) = "stream.ready",
        StreamSnapshot(Snapshot) = "stream.snapshot",
        StreamResumed(StreamResumed) = "stream.resumed",
        StreamReset(StreamReset) = "stream.reset",
        StreamHeartbeat(StreamHeartbeat) = "stream.heartbeat",
        StreamBye(StreamBye) = "stream.bye",
        PresenceChanged(PresenceChanged) = "presence.changed",
        TypingChanged(TypingChanged) = "typing.changed",
        ReceiptChanged(ReceiptChanged) = "receipt.changed",
        CursorsChanged(CursorsChanged) = "cursors.changed",
        ModerationTold(ModerationTold) = "moderation.told",
        MessageEchoed(MessageSaid) = "message.echoed",
        AssistantDelta(AssistantDelta) = "assistant.delta",
    }
}

impl Entry {
    /// Takes the text out of what was said of a message that is gone. False: nothing was said of it here.
    pub fn forget(&mut self, gone: &MessageGone) -> bool {
        let (Self::MessageCreated(said)
        | Self::MessageUpdated(said)
        | Self::MessageHeld(said)
        | Self::MessageReleased(said)) = self
        else {
            return false;
        };
        let message = &mut said.message;
        if message.id != gone.message_id {
            return false;
        }
        message.text.clear();
        message.mentions.clear();
        message.assistant = None;
        message.status = gone.by.leaves();
        true
    }
}

impl SignalKind {
    /// What the signal is called on a stream. One is told to authors as if it were an entry.
    #[must_use]
    pub const fn told_as(self) -> &'static str {
        match self {
            Self::MessageEchoed => EntryKind::MessageCreated.name(),
            _ => self.name(),
        }
    }

    /// Whether the signal speaks of the stream itself; such pass every `?types=` filter.
    #[must_use]
    pub fn is_control(self) -> bool {
        self.name().starts_with("stream.")
    }
}

/// The event as it is now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct EventChanged {
    pub event: Event,
}

/// The message as it is now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct MessageSaid {
    pub message: Message,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum GoneBy {
    Author,
    Staff,
}

impl GoneBy {
    /// What a message is afterwards.
    #[must_use]
    pub const fn leaves(self) -> MessageStatus {
        match self {
            Self::Author => MessageStatus::Deleted,
            Self::Staff => MessageStatus::Hidden,
        }
    }
}

/// A message that is no longer to be seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct MessageGone {
    pub message_id: MessageId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<MessageId>,
    pub by: GoneBy,
}

/// Exact totals of the messages whose reactions changed since the last tick. An empty list means none are left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct ReactionsChanged {
    pub messages: Vec<MessageReactions>,
}

/// Exact totals of the event's applause, and what came since the last tick (for the animation).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct ApplauseChanged {
    pub applause: Applause,
    pub burst: Applause,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct IncidentTold {
    pub incident: Incident,
}

/// An incident that did not happen after all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct IncidentRetracted {
    pub incident_id: IncidentId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The whole score as it is now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ScoreChanged {
    pub score: Vec<ScoreLine>,
    /// The incident that changed it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident_id: Option<IncidentId>,
}

/// The clock, the current period and all periods so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ClockChanged {
    pub clock: Clock,
    /// The latest period; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    pub periods: Vec<Period>,
}

/// The contest was set up anew; fold from this scoreboard on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct ContestChanged {
    pub contest: super::contest::Scoreboard,
}

/// The poll as it is now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct PollTold {
    pub poll: Poll,
}

/// Exact totals of the open polls in which votes came since the last tick. Of a poll whose votes are not shown yet, only
/// how many have voted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct PollsChanged {
    pub polls: Vec<PollTotals>,
}

/// How the room behaves from now on. Stands in the event's settings as well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct RoomChanged {
    pub room: RoomSettings,
    /// The event's version now.
    pub version: u64,
}

/// The room opened or closed; as the snapshot's `room`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct RoomTold {
    pub window: Room,
}

/// Who is here changed. At most one a second; `joined` and `left` only in small rooms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct PresenceChanged {
    #[serde(flatten)]
    #[oai(flatten)]
    pub counts: PresenceCounts,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<Vec<User>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<Vec<UserId>>,
}

/// What somebody was awarded in this event is another list now. Their card carries it from here on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct BadgesChanged {
    #[serde(flatten)]
    #[oai(flatten)]
    pub awards: Awards,
    /// The badge that came or went.
    pub badge: String,
    /// Whether it came.
    pub given: bool,
}

/// Who is typing now, all of them: in the room, and in threads. Told when it changed, at most once a second.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, poem_openapi::Object)]
pub struct TypingChanged {
    /// The first few, in the order in which they began. Readers leave themselves out.
    pub users: Vec<User>,
    /// How many more.
    pub others: u32,
    pub threads: Vec<ThreadTyping>,
}

/// Who is typing in one thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct ThreadTyping {
    pub parent_id: MessageId,
    pub users: Vec<User>,
    pub others: u32,
}

/// How far people have read, and how far messages have come. Told at most once a second, in small rooms; a reader's own
/// streams hear of their mark elsewhere too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ReceiptChanged {
    /// Marks that moved.
    pub readers: Vec<Receipt>,
    /// Every message up to this `seq` was handed to a stream of somebody else than its author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_seq: Option<u64>,
}

/// Cursors that moved, the latest of each. At most four times a second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct CursorsChanged {
    pub cursors: Vec<CursorMoved>,
}

/// Something was decided; staff only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct ModerationDecided {
    pub decision: Decision,
}

/// A viewer reported a message; staff only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct ReportFiled {
    pub report: Report,
}

/// An author appealed; staff only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct AppealFiled {
    pub appeal: Appeal,
}

/// Something was decided about you or what you wrote; told to your own streams only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ModerationTold {
    pub action: Action,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The rule that was broken, or the kind of the sanction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_at: Option<Stamp>,
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_kind_has_its_own_name_and_is_found_by_it() {
        let mut names = HashSet::new();
        for kind in EntryKind::ALL {
            assert!(names.insert(kind.name()), "{} twice", kind.name());
            assert_eq!(EntryKind::parse(kind.name()), Some(*kind));
        }
        for kind in SignalKind::ALL {
            assert!(names.insert(kind.name()), "{} twice", kind.name());
            assert_eq!(SignalKind::parse(kind.name()), Some(*kind));
        }
    }
}

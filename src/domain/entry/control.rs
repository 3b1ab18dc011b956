//! What a stream says of itself: its first and last words, and what it says in between.

use serde::{Deserialize, Serialize};

use crate::domain::{
    Cursor, EventId, Stamp,
    user::{Role, User},
};

/// First words of every stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct StreamReady {
    pub event_id: EventId,
    pub role: Role,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    pub head: Cursor,
    /// A named heartbeat comes this often, in milliseconds; a client that hears nothing for twice as long should reconnect.
    pub heartbeat_ms: u64,
    /// Wait about this long before reconnecting, in milliseconds; jittered per stream.
    pub retry_ms: u64,
    /// The stream tells things so much later than they happen, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// The stream tells again what happened, at so many times the pace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed: Option<f64>,
    /// Where the replay began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Cursor>,
    /// The caller's own reactions on the messages of the snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub my_reactions: Option<std::collections::BTreeMap<String, Vec<String>>>,
    /// The caller's own votes in the polls of the snapshot: the options they chose, by poll id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub my_votes: Option<std::collections::BTreeMap<String, Vec<u32>>>,
}

/// First words of a stream that belongs to no event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct PerchReady {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// A named heartbeat comes this often, in milliseconds; a client that hears nothing for twice as long should reconnect.
    pub heartbeat_ms: u64,
    /// Wait about this long before reconnecting, in milliseconds; jittered per stream.
    pub retry_ms: u64,
}

/// The heartbeat of a stream that belongs to no event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct PerchHeartbeat {
    pub time: Stamp,
}

/// Everything missed has been sent; what follows is live.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct StreamResumed {
    pub from: Cursor,
    pub to: Cursor,
    pub entries: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum ResetReason {
    /// Not a place in any log.
    Malformed,
    /// A place after the end of the log.
    Future,
    /// A place in a history that is not ours any more.
    Epoch,
    /// A place before what is kept.
    Gone,
    /// A place of another audience.
    Audience,
}

/// The asked-for place cannot be gone on from; a snapshot follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct StreamReset {
    pub reason: ResetReason,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct StreamHeartbeat {
    pub head: Cursor,
    pub time: Stamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "kebab-case")]
#[oai(rename_all = "kebab-case")]
pub enum ByeReason {
    Shutdown,
    TokenExpired,
    TooManyConnections,
    /// The reader could not keep up.
    Slow,
    Overloaded,
    /// The right to read was taken away.
    Forbidden,
    /// What the reader may see changed; come back to see it.
    RoleChanged,
    /// Something on our side broke; the log is safe.
    Internal,
    /// Somebody who keeps order said so.
    Banned,
}

impl ByeReason {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shutdown => "shutdown",
            Self::TokenExpired => "token-expired",
            Self::TooManyConnections => "too-many-connections",
            Self::Slow => "slow",
            Self::Overloaded => "overloaded",
            Self::Forbidden => "forbidden",
            Self::RoleChanged => "role-changed",
            Self::Internal => "internal",
            Self::Banned => "banned",
        }
    }

    /// The reason of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let all = [
            Self::Shutdown,
            Self::TokenExpired,
            Self::TooManyConnections,
            Self::Slow,
            Self::Overloaded,
            Self::Forbidden,
            Self::RoleChanged,
            Self::Internal,
            Self::Banned,
        ];
        all.into_iter().find(|reason| reason.name() == name)
    }

    /// Whether coming back (with the last id) makes sense.
    #[must_use]
    pub const fn reconnect(self) -> bool {
        !matches!(self, Self::TokenExpired | Self::Forbidden | Self::Banned)
    }
}

/// Last words before the server closes the stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct StreamBye {
    pub reason: ByeReason,
    pub reconnect: bool,
    pub retry_ms: u64,
}

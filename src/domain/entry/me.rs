//! What a person's own stream tells: a closed list of its own, because it is about one person and not about one event.

use serde::{Deserialize, Serialize};

use super::{PerchHeartbeat, PerchReady, StreamBye, StreamReset};
use crate::domain::{NotificationId, notice::Notification};

closed_list! {
    /// What a person's own stream tells.
    MeSignal, MeSignalKind {
        StreamReady(PerchReady) = "stream.ready",
        MeSnapshot(MeSnapshot) = "me.snapshot",
        StreamResumed(MeResumed) = "stream.resumed",
        StreamReset(StreamReset) = "stream.reset",
        NotificationCreated(NotificationCreated) = "notification.created",
        NotificationsRead(NotificationsRead) = "notifications.read",
        StreamHeartbeat(PerchHeartbeat) = "stream.heartbeat",
        StreamBye(StreamBye) = "stream.bye",
    }
}

/// Where a person stands. Its id, if it has one, is the latest notification's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct MeSnapshot {
    pub unread: u64,
    /// The latest 20, newest first.
    pub latest: Vec<Notification>,
}

/// Everything missed has been sent; what follows is live.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct MeResumed {
    pub from: NotificationId,
    /// How many were missed.
    pub notifications: u64,
    pub unread: u64,
}

/// Something concerns you. The frame's id is the notification's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct NotificationCreated {
    pub notification: Notification,
    pub unread: u64,
}

/// Some are read now, here or on another device; or are gone, with the message they were about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct NotificationsRead {
    pub unread: u64,
    /// Everything up to this one is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<NotificationId>,
}

//! What a person's own stream tells: a closed list of its own, because it is about one person and not about one event.

use serde::{Deserialize, Serialize};

use super::{StreamBye, StreamReset};
use crate::domain::{NotificationId, Stamp, notice::Notification, user::User};

closed_list! {
    /// What a person's own stream tells.
    MeSignal, MeSignalKind {
        StreamReady(MeReady) = "stream.ready",
        MeSnapshot(MeSnapshot) = "me.snapshot",
        StreamResumed(MeResumed) = "stream.resumed",
        StreamReset(StreamReset) = "stream.reset",
        NotificationCreated(NotificationCreated) = "notification.created",
        NotificationsRead(NotificationsRead) = "notifications.read",
        StreamHeartbeat(MeHeartbeat) = "stream.heartbeat",
        StreamBye(StreamBye) = "stream.bye",
    }
}

/// First words of a person's own stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct MeReady {
    pub user: User,
    /// A named heartbeat comes this often, in milliseconds; a client that hears nothing for twice as long should reconnect.
    pub heartbeat_ms: u64,
    /// Wait about this long before reconnecting, in milliseconds; jittered per stream.
    pub retry_ms: u64,
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

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct MeHeartbeat {
    pub time: Stamp,
}

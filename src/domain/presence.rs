//! Who is here.

use serde::{Deserialize, Serialize};

use super::{Stamp, user::User};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum PresenceStatus {
    Online,
    /// Connected, but not looking.
    Away,
}

/// One signed-in user who is here, however many devices they brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
pub struct Attendance {
    pub user: User,
    pub status: PresenceStatus,
    pub since_at: Stamp,
}

/// How many are here: `viewers` counts open streams (anonymous ones too), `users` signed-in people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
pub struct PresenceCounts {
    pub viewers: u64,
    pub users: u64,
}

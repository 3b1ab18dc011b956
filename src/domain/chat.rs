//! Messages: what people say in a room.

use serde::{Deserialize, Serialize};

use super::{
    MessageId, Stamp, UserId, assistant::Remark, mention::Mention, reaction::ReactionCount, screening::ModelVerdict,
    user::User,
};

/// The author's card as it was when they wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Author {
    pub id: UserId,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    pub badges: Vec<String>,
}

impl From<&User> for Author {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.clone(),
            name: user.name.clone(),
            avatar_url: user.avatar_url.clone(),
            badges: user.badges.clone(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum MessageStatus {
    Active,
    /// Waits for a moderator; only staff and the author see it.
    Held,
    /// Taken out of sight by staff.
    Hidden,
    /// Taken back by its author; the text is gone.
    Deleted,
    /// Only its author and staff see it, and to its author it looks `active`.
    Shadowed,
}

impl MessageStatus {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Held => "held",
            Self::Hidden => "hidden",
            Self::Deleted => "deleted",
            Self::Shadowed => "shadowed",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Active, Self::Held, Self::Hidden, Self::Deleted, Self::Shadowed]
            .into_iter()
            .find(|status| status.name() == name)
    }
}

/// One message. Text is text: never HTML, at most 4 KiB of UTF-8 in NFC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Message {
    pub id: MessageId,
    /// Where in the public log it appeared; 0 while it is held.
    pub seq: u64,
    pub author: Author,
    pub text: String,
    pub status: MessageStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<MessageId>,
    pub reply_count: u32,
    pub pinned: bool,
    pub reactions: Vec<ReactionCount>,
    /// Who is called by name in it; absent if nobody is. Up to 10.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[oai(default, skip_serializing_if_is_empty)]
    pub mentions: Vec<Mention>,
    /// What the house adds to its own words; absent on everybody else's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assistant: Option<Remark>,
    /// What a model thought of it; only in the list of held messages, for staff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelVerdict>,
    /// The author's own id of the send, so that an optimistic client knows its message again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    pub created_at: Stamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Stamp>,
    /// The caller's own reactions; only in answers to a signed-in caller, never in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mine: Option<Vec<String>>,
}

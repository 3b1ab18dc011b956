//! People: who they are, how they look to others, and what they may do.

use serde::{Deserialize, Serialize};

use super::{UserId, assistant::ASSISTANT_BADGE};

/// How someone looks to others: the author card, the participant's row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct User {
    pub id: UserId,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// `HOST`, `MODERATOR`, `VERIFIED`, `WINNER` or the issuer's own.
    #[serde(default)]
    pub badges: Vec<String>,
    /// True for people who only gave a name.
    #[serde(default)]
    pub guest: bool,
}

impl User {
    /// The house itself, under that name.
    #[must_use]
    pub fn assistant(name: &str) -> Self {
        Self {
            id: UserId::assistant(),
            name: name.trim().to_owned(),
            avatar_url: None,
            badges: vec![ASSISTANT_BADGE.to_owned()],
            guest: false,
        }
    }
}

/// What someone may do. Each role may all that the ones before it may; the order is the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum Role {
    /// Reads and, in an open room, takes part.
    Viewer,
    /// As a viewer, and may enter a private event.
    Member,
    /// Keeps order; sees the staff audience.
    Moderator,
    /// Runs the event: edits, starts, ends.
    Host,
    /// Everything, everywhere.
    Admin,
}

impl Role {
    #[must_use]
    pub fn is_staff(self) -> bool {
        self >= Self::Moderator
    }

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Moderator => "moderator",
            Self::Host => "host",
            Self::Admin => "admin",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Viewer, Self::Member, Self::Moderator, Self::Host, Self::Admin]
            .into_iter()
            .find(|role| role.name() == name)
    }
}

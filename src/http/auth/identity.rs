//! Who someone turned out to be.

use std::collections::BTreeMap;

use crate::domain::{ApiKeyId, EventId, Stamp, key::Scope, user::Role, user::User};

/// Who is asking. Made from a credential that was checked, or from none at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    Anonymous,
    User {
        user: User,
        /// The highest role everywhere: `Viewer`, `Moderator`, `Host` (may create events) or `Admin`.
        role: Role,
        /// Moderates every event. Apart from `role`, because a host of some events does not.
        moderates: bool,
        /// Roles in single events, as the token gives them.
        event_roles: BTreeMap<EventId, Role>,
        /// When the credential ends; streams end with it.
        expires_at: Option<Stamp>,
        /// Since when the account exists, if the credential says so.
        since: Option<Stamp>,
    },
    Key(KeyIdentity),
}

/// A machine with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyIdentity {
    pub id: ApiKeyId,
    pub name: String,
    pub scopes: Vec<Scope>,
}

impl Identity {
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        match self {
            Self::User { user, .. } => Some(user),
            Self::Anonymous | Self::Key(_) => None,
        }
    }

    #[must_use]
    pub fn expires_at(&self) -> Option<Stamp> {
        match self {
            Self::User { expires_at, .. } => *expires_at,
            Self::Anonymous | Self::Key(_) => None,
        }
    }

    /// Since when the account exists; for guests, since they came in.
    #[must_use]
    pub fn since(&self) -> Option<Stamp> {
        match self {
            Self::User { since, .. } => *since,
            Self::Anonymous | Self::Key(_) => None,
        }
    }

    /// Whether a key was used that has the scope; the scope `admin` holds all others.
    #[must_use]
    pub fn has_scope(&self, scope: Scope) -> bool {
        match self {
            Self::Key(key) => key.scopes.iter().any(|held| *held == scope || *held == Scope::Admin),
            Self::Anonymous | Self::User { .. } => false,
        }
    }
}

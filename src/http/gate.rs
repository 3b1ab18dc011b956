//! The door of an event: every endpoint under `/v1/events/{event}` passes it before it does anything.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{Caller, Problem};
use crate::domain::{
    EventId, Reason, Refusal, UserId,
    event::Event,
    moderation::Standing,
    room::{RoomWindow, Writer},
    user::{Role, User},
};

/// Somebody who may read an event, and what else they may do there.
#[derive(Debug, Clone)]
pub struct Admission {
    pub event: Arc<Event>,
    pub role: Role,
    pub user: Option<User>,
    /// Nobody has said who they are. A key is somebody, though not a user.
    pub is_anonymous: bool,
    /// What holds against them here. Whoever may not enter is not admitted at all.
    pub standing: Standing,
}

/// Knows events and who has which role in them. Implemented by the feature that keeps them.
pub trait Gate: Send + Sync {
    /// The event of that id or slug and the caller's role in it. What the caller may not know of does not exist.
    fn admit<'a>(&'a self, event: &'a str, caller: &'a Caller) -> BoxFuture<'a, Result<Admission, Problem>>;

    /// The role that somebody who need not be here was given in an event. Roles by token are not known.
    fn role_of<'a>(&'a self, event: EventId, user: &'a UserId) -> BoxFuture<'a, Result<Option<Role>, Problem>>;
}

impl Admission {
    /// Ok for this role and those above it.
    pub fn require(&self, role: Role) -> Result<(), Refusal> {
        if self.role >= role {
            return Ok(());
        }
        Err(self.refused(&format!("This takes the role {} in this event.", role.name())))
    }

    fn refused(&self, detail: &str) -> Refusal {
        if self.is_anonymous {
            Refusal::new(Reason::Unauthenticated, "Sign in to do this.")
        } else {
            Refusal::new(Reason::Forbidden, detail)
        }
    }

    /// The signed-in user.
    pub fn require_user(&self) -> Result<&User, Refusal> {
        self.user
            .as_ref()
            .ok_or_else(|| self.refused("This is for people; an API key cannot do it."))
    }

    /// Ok while the room is open for writing and nothing silences the caller. Staff may always write: somebody has to
    /// prepare the room and tidy it up.
    pub fn require_open_room(&self) -> Result<(), Refusal> {
        self.standing.require_voice(crate::clock::now())?;
        if self.role.is_staff() {
            return Ok(());
        }
        RoomWindow::of(&self.event).require_open(crate::clock::now())
    }
}

impl Admission {
    /// Ok for who may write in the room as it is now and as it is set.
    pub fn require_writer(&self, caller: &Caller) -> Result<(), Refusal> {
        self.require_open_room()?;
        let writer = Writer {
            role: self.role,
            since: caller.identity.since(),
        };
        self.event.settings.room.admits(writer, crate::clock::now())
    }
}

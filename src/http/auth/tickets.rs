//! Stream tickets: each opens one stream once, soon after it was made, on any instance.
//!
//! They lie on the shelf that all instances share. How a used ticket still serves a reconnecting browser is `pass.rs`.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Identity;
use crate::{
    concourse::{Full, Shelf},
    domain::{
        EventId, Reason, Refusal, Stamp,
        user::{Role, User},
    },
};

/// What a ticket says in place of an event if it opens its owner's own stream. No event has this id.
pub const OWN_STREAM: EventId = EventId::from_uuid(Uuid::nil());

/// Tickets not yet used. A cheap clone.
#[derive(Clone)]
pub struct Tickets(Shelf);

/// Who a ticket is for, as it lies on the shelf. No credential is in it: it says who somebody is, not how they showed it.
#[derive(Serialize, Deserialize)]
struct Kept {
    event: EventId,
    user: User,
    role: Role,
    moderates: bool,
    event_roles: BTreeMap<EventId, Role>,
    expires_at: Option<Stamp>,
}

/// The roles that a ticket for that stream brings: one for an event opens no other.
pub(super) fn roles_in(event: EventId, roles: &BTreeMap<EventId, Role>) -> BTreeMap<EventId, Role> {
    let counts = |of: &EventId| event == OWN_STREAM || *of == event;
    let roles = roles.iter().filter(|(of, _)| counts(of));
    roles.map(|(of, role)| (*of, *role)).collect()
}

impl Tickets {
    #[must_use]
    pub fn new(shelf: Shelf) -> Self {
        Self(shelf)
    }

    /// Puts a ticket on the shelf and gives its text, one of those that `text` makes. A full shelf refuses rather than
    /// grow.
    pub(super) async fn keep(
        &self,
        text: impl Fn() -> String,
        identity: &Identity,
        event: EventId,
        ttl: Duration,
    ) -> Result<String, Refusal> {
        let Identity::User {
            user,
            role,
            moderates,
            event_roles,
            expires_at,
            since: _,
        } = identity
        else {
            return Err(Refusal::new(
                Reason::Unauthenticated,
                "Tickets are for people who are signed in.",
            ));
        };
        let kept = Kept {
            event,
            user: user.clone(),
            role: *role,
            moderates: *moderates,
            event_roles: roles_in(event, event_roles),
            expires_at: *expires_at,
        };
        let json = serde_json::to_vec(&kept).unwrap_or_default();
        let full = |Full| Refusal::new(Reason::Overloaded, "Too many tickets wait to be used.").retry_after(5);
        self.0.keep(text, json, ttl).await.map_err(full)
    }

    /// Takes a ticket off the shelf. It can be taken once, by one.
    pub(super) async fn redeem(&self, ticket: &str) -> Option<(Identity, EventId)> {
        let json = self.0.take(ticket).await?;
        let kept: Kept = serde_json::from_slice(&json).ok()?;
        let identity = Identity::User {
            user: kept.user,
            role: kept.role,
            moderates: kept.moderates,
            event_roles: kept.event_roles,
            expires_at: kept.expires_at,
            // Tickets open streams; age is asked of those who write.
            since: None,
        };
        Some((identity, kept.event))
    }
}

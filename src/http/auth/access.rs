//! Who may do what in an event: pure rules over who someone is and what the event says. The table is in the tests.

use super::Identity;
use crate::{
    domain::{EventId, Reason, Refusal, event::Visibility, key::Scope, user::Role},
    store::event::Eyes,
};

/// What an event says about who may enter.
#[derive(Debug, Clone, Copy)]
pub struct EventFacts {
    pub visibility: Visibility,
    /// The caller's role as a member, if they are one. Who made an event is a member and its host.
    pub member: Option<Role>,
}

/// The highest role someone has in an event, or why they may not enter.
///
/// A private event does not exist for those it does not admit. Strangers hear "sign in" instead, because that is what
/// most of them have to do; whoever must not learn that an event exists gives it a slug nobody guesses.
pub fn role_in(identity: &Identity, event: EventId, facts: EventFacts) -> Result<Role, Refusal> {
    let role = match identity {
        Identity::User {
            role,
            moderates,
            event_roles,
            ..
        } => {
            let everywhere = match role {
                Role::Admin => Role::Admin,
                _ if *moderates => Role::Moderator,
                // A host of other events is a viewer here.
                Role::Viewer | Role::Member | Role::Moderator | Role::Host => Role::Viewer,
            };
            let by_token = event_roles.get(&event).copied();
            [by_token, facts.member]
                .into_iter()
                .flatten()
                .fold(everywhere, Role::max)
        }
        Identity::Key(_) if identity.has_scope(Scope::Admin) => Role::Admin,
        Identity::Key(_) if identity.has_scope(Scope::Moderate) => Role::Moderator,
        Identity::Key(_) if identity.has_scope(Scope::Read) => Role::Member,
        Identity::Key(_) | Identity::Anonymous => Role::Viewer,
    };
    match (facts.visibility, identity) {
        (Visibility::Public, _) => Ok(role),
        (Visibility::Private, _) if role >= Role::Member => Ok(role),
        (Visibility::Private, Identity::Anonymous) => Err(Refusal::new(Reason::Unauthenticated, "Sign in first.")),
        (Visibility::Private, _) => Err(Refusal::new(Reason::EventNotFound, "There is no such event.")),
    }
}

/// Which events exist for someone: the same ones as at the door ([`role_in`]).
#[must_use]
pub fn eyes_of(identity: &Identity) -> Eyes {
    let reads_all = [Scope::Read, Scope::Moderate]
        .iter()
        .any(|scope| identity.has_scope(*scope));
    match identity {
        Identity::User { role: Role::Admin, .. } | Identity::User { moderates: true, .. } => Eyes::Everything,
        Identity::User { user, event_roles, .. } => {
            let by_token = event_roles.iter().filter(|(_, role)| **role >= Role::Member);
            Eyes::Member(user.id.clone(), by_token.map(|(event, _)| *event).collect())
        }
        Identity::Key(_) if reads_all => Eyes::Everything,
        Identity::Key(_) | Identity::Anonymous => Eyes::Public,
    }
}

/// Whether someone with that role in an event may tell what happens in its contest.
#[must_use]
pub fn may_ingest(identity: &Identity, role: Role) -> bool {
    role >= Role::Host || identity.has_scope(Scope::Ingest)
}

#[cfg(test)]
mod tests;

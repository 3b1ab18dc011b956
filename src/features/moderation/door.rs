//! The door of an event with somebody standing at it: whoever comes in is looked up in the books first.
//!
//! Stands around the door that the feature `events` keeps, so every endpoint under `/v1/events/{event}` passes it.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{Moderation, Sighting, marks};
use crate::{
    clock,
    domain::{
        EventId, UserId,
        moderation::{Action, Deciding, InForce, Standing},
        user::Role,
    },
    http::{
        Caller, Problem,
        gate::{Admission, Gate},
    },
    store::Error,
};

/// Lets in whom the inner gate admits and nothing holds against.
pub struct Door {
    inner: Arc<dyn Gate>,
    moderation: Moderation,
}

impl Door {
    #[must_use]
    pub fn new(inner: Arc<dyn Gate>, moderation: Moderation) -> Self {
        Self { inner, moderation }
    }
}

impl Gate for Door {
    fn admit<'a>(&'a self, event: &'a str, caller: &'a Caller) -> BoxFuture<'a, Result<Admission, Problem>> {
        Box::pin(async move {
            let mut admission = self.inner.admit(event, caller).await?;
            let (event, role) = (admission.event.id, admission.role);
            admission.standing = self.moderation.standing(event, caller, role).await?;
            admission.standing.require_entry(clock::now())?;
            Ok(admission)
        })
    }

    fn role_of<'a>(&'a self, event: EventId, user: &'a UserId) -> BoxFuture<'a, Result<Option<Role>, Problem>> {
        self.inner.role_of(event, user)
    }
}

impl Moderation {
    /// What holds against a caller with that role in an event.
    pub(super) async fn standing(&self, event: EventId, caller: &Caller, role: Role) -> Result<Standing, Error> {
        let Some(user) = caller.user() else {
            return Ok(Standing::default());
        };
        let mut against = Vec::new();
        for scope in [Some(event), None] {
            against.extend(self.books.against(scope, &user.id).await?);
        }
        let marks = if user.guest && user.id.is_guest() {
            self.marker.of(caller)
        } else {
            Vec::new()
        };
        for mark in &marks {
            for scope in [Some(event), None] {
                let bans = self.known_again(scope, mark, &user.id).await?;
                let own = |ban: &InForce| against.iter().any(|one: &InForce| one.id == ban.id);
                let others: Vec<InForce> = bans.into_iter().filter(|ban| !own(ban)).collect();
                if let Some(ban) = others.first() {
                    self.note_known_again(scope, &user.id, ban);
                }
                against.extend(others);
            }
        }
        if role.is_staff() || !marks.is_empty() {
            let sighting = Sighting { role, marks };
            self.seen.put(user.id.clone(), sighting, self.seen.now());
        }
        Ok(Standing::of(against, role, clock::now()))
    }

    /// Bans of somebody who seems to be this guest.
    async fn known_again(&self, scope: Option<EventId>, mark: &str, guest: &UserId) -> Result<Vec<InForce>, Error> {
        let (now, made_at) = (clock::now(), marks::made_at(guest));
        let marked = self.books.marked(scope, mark).await?.into_iter();
        let holds = marked.filter(|one| {
            // Who was here before, from the same address, is somebody else.
            let came_after = made_at.is_some_and(|made_at| made_at >= one.since);
            one.expires > now && (came_after || !marks::is_address(mark))
        });
        Ok(holds.map(|one| one.ban).collect())
    }

    /// Writes down, once in a while, that a banned guest came back.
    fn note_known_again(&self, scope: Option<EventId>, guest: &UserId, ban: &InForce) {
        if self.known_again.get(guest).is_some() {
            return;
        }
        self.known_again.put(guest.clone(), (), self.known_again.now());
        let deciding = Deciding {
            user: Some(guest.clone()),
            sanction: Some(ban.id),
            code: Some(ban.kind.name().to_owned()),
            ..Deciding::new(Action::Recognised, None)
        };
        let moderation = self.clone();
        self.tasks.spawn(async move {
            let noting = moderation.decide(scope, |_, _| Box::pin(async move { Ok(((), Some(deciding))) }));
            if let Err(error) = noting.await {
                tracing::debug!(error = %error, "that a banned guest came back was not written down");
            }
        });
    }
}

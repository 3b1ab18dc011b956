//! Who comes in: the event of a path, and the caller's role in it.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::Events;
use crate::{
    domain::{EventId, Reason, Refusal, UserId, moderation::Standing, user::Role},
    http::{
        Caller, Problem,
        auth::{EventFacts, Identity},
        gate::{Admission, Gate},
    },
};

impl Gate for Events {
    fn admit<'a>(&'a self, event: &'a str, caller: &'a Caller) -> BoxFuture<'a, Result<Admission, Problem>> {
        Box::pin(async move {
            let nowhere = || Refusal::new(Reason::EventNotFound, "No such event.");
            let event = self.find(event).await?.ok_or_else(nowhere)?;
            let member = match caller.user() {
                Some(user) => self.role_of(event.id, &user.id).await?,
                None => None,
            };
            let role = caller.role_in(
                event.id,
                EventFacts {
                    visibility: event.visibility,
                    member,
                },
            )?;
            Ok(Admission {
                event: Arc::clone(&event),
                role,
                user: caller.user().cloned(),
                is_anonymous: caller.identity == Identity::Anonymous,
                standing: Standing::default(),
            })
        })
    }

    fn role_of<'a>(&'a self, event: EventId, user: &'a UserId) -> BoxFuture<'a, Result<Option<Role>, Problem>> {
        Box::pin(async move { Ok(Events::role_of(self, event, user).await?) })
    }
}

//! Endpoints of badges.

use std::sync::Arc;

use poem_openapi::{OpenApi, param::Path};

use super::Badges;
use crate::{
    domain::{
        UserId,
        badge::{Award, Awards},
        user::Role,
    },
    http::{
        Answer, Caller, Json, Problem, Tag,
        gate::{Admission, Gate},
    },
};

pub struct BadgesApi {
    pub badges: Badges,
    pub gate: Arc<dyn Gate>,
}

impl BadgesApi {
    async fn host(&self, event: &str, caller: &Caller) -> Result<Admission, Problem> {
        let attendee = self.gate.admit(event, caller).await?;
        attendee.require(Role::Host)?;
        caller.limit(|limits| limits.write).await?;
        Ok(attendee)
    }
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Events")]
impl BadgesApi {
    /// Award a badge
    ///
    /// By hosts: `WINNER`, or any word of 1 to 24 capitals, digits, `_` and `-`. `HOST` and `MODERATOR` come with the role,
    /// `VERIFIED` with the token or from an admin. From now on it is on the person's card in this event; the log says so by
    /// `badges.changed`. Doing it again changes nothing.
    #[oai(
        path = "/events/:event/badges/:user/:badge",
        method = "put",
        operation_id = "award_badge"
    )]
    async fn put(
        &self,
        caller: Caller,
        event: Path<String>,
        user: Path<UserId>,
        /// The badge's name, such as `WINNER`.
        badge: Path<String>,
    ) -> Answer<Awards> {
        let attendee = self.host(&event, &caller).await?;
        let badge = Award::parse(&badge, attendee.role)?;
        let by = caller.limit_key();
        Ok(Json(self.badges.award(attendee.event.id, user.0, badge, by).await?))
    }

    /// Take a badge back
    #[oai(
        path = "/events/:event/badges/:user/:badge",
        method = "delete",
        operation_id = "withdraw_badge"
    )]
    async fn delete(
        &self,
        caller: Caller,
        event: Path<String>,
        user: Path<UserId>,
        /// The badge's name, such as `WINNER`.
        badge: Path<String>,
    ) -> Answer<Awards> {
        let attendee = self.host(&event, &caller).await?;
        let badge = Award::parse(&badge, attendee.role)?;
        Ok(Json(self.badges.withdraw(attendee.event.id, user.0, badge).await?))
    }
}

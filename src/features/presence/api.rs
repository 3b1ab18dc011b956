//! Endpoints of presence.

use std::sync::Arc;

use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
};
use serde::{Deserialize, Serialize};

use super::Presence;
use crate::{
    domain::{
        Reason, Refusal, UserId,
        presence::{Attendance, PresenceStatus},
        shift::Delay,
    },
    http::{Answer, Caller, Json, Limit, Mark, NoContent, Page, Place, Problem, Tag, gate::Gate},
};

pub struct PresenceApi {
    pub presence: Presence,
    pub gate: Arc<dyn Gate>,
}

#[derive(Debug, Object)]
struct PresenceIn {
    status: PresenceStatus,
}

/// A page of participants, and how many are here in all.
#[derive(Debug, Serialize, Object)]
#[oai(skip_serializing_if_is_none)]
struct ParticipantsOut {
    items: Vec<Attendance>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    /// Absent where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    viewers: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    users: Option<u64>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct ByUser(UserId);

impl Mark for ByUser {
    const NAME: &'static str = "participants1";
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Presence")]
impl PresenceApi {
    /// List who is here
    ///
    /// Signed-in people with an open stream, by user id; anonymous viewers are only counted.
    #[oai(
        path = "/events/:event/participants",
        method = "get",
        operation_id = "list_participants"
    )]
    async fn list(
        &self,
        caller: Caller,
        event: Path<String>,
        after: Place<ByUser>,
        limit: Limit,
        /// Without those who came later than so much earlier, and how many there were then, if that is known.
        delay: Query<Option<Delay>>,
    ) -> Answer<ParticipantsOut> {
        let attendee = self.gate.admit(&event, &caller).await?;
        caller.limit(|limits| limits.read).await?;
        let after = after.0.map(|ByUser(user)| user);
        let rows = usize::try_from(limit.with_peek()).unwrap_or(usize::MAX);
        let event = attendee.event.id;
        let (people, counts) = self.presence.participants(event, after.as_ref(), rows).await;
        let mut page = Page::of(people, limit, |person| ByUser(person.user.id.clone()));
        let mut counts = Some(counts);
        if let Some(delay) = Delay::any(delay.0) {
            let then = self.presence.earlier(event, delay).await?;
            page.items.retain(|person| person.since_at <= then.at);
            counts = then.snapshot.presence;
        }
        let (viewers, users) = (counts.map(|counts| counts.viewers), counts.map(|counts| counts.users));
        Ok(Json(ParticipantsOut {
            items: page.items,
            next_cursor: page.next_cursor,
            viewers,
            users,
        }))
    }

    /// Say whether you are looking
    ///
    /// For pages in the background. Takes an open stream; opening another one says `online`.
    #[oai(path = "/events/:event/presence", method = "put", operation_id = "set_presence")]
    async fn set(&self, caller: Caller, event: Path<String>, body: Json<PresenceIn>) -> Result<NoContent, Problem> {
        let attendee = self.gate.admit(&event, &caller).await?;
        let user = attendee.require_user()?;
        caller.limit(|limits| limits.write).await?;
        if !self
            .presence
            .set_status(attendee.event.id, &user.id, body.0.status)
            .await
        {
            return Err(Refusal::new(
                Reason::Conflict,
                "Open the event's stream first: presence is for those who are here.",
            )
            .into());
        }
        Ok(NoContent)
    }
}

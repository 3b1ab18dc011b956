//! Endpoints of events and their members.

use std::sync::Arc;

use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
};
use serde::{Deserialize, Serialize};

use super::{
    Events,
    body::{EventIn, EventPatch},
    rows::Wanted,
};
use crate::{
    domain::{
        EventId, Reason, Refusal, Stamp, UserId,
        event::{Event, EventKind, EventSettings, EventStatus, Transition},
        user::Role,
    },
    http::{
        Answer, Caller, Created, Json, Limit, Mark, NoContent, Page, Place, Problem, Tag, Tagged,
        auth::access,
        etag,
        gate::{Admission, Gate},
    },
};

pub struct EventsApi {
    pub gate: Arc<dyn Gate>,
    pub events: Events,
    /// What a new event starts from.
    pub defaults: EventSettings,
    /// Whether there is a model that looks at messages.
    pub screens: bool,
}

/// Somebody with a role in an event.
#[derive(Debug, Serialize, Object)]
#[oai(rename = "Member")]
struct MemberOut {
    user_id: UserId,
    role: Role,
    since_at: Stamp,
}

#[derive(Debug, Object)]
struct MemberIn {
    /// `member`, `moderator` or `host`.
    role: Role,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct BySchedule(Stamp, EventId);

impl Mark for BySchedule {
    const NAME: &'static str = "events1";
}

#[derive(Debug, Serialize, Deserialize)]
pub struct ByMember(UserId);

impl Mark for ByMember {
    const NAME: &'static str = "members1";
}

fn tag_of(event: &Event) -> String {
    etag::of_version(i64::try_from(event.version).unwrap_or(i64::MAX))
}

impl EventsApi {
    async fn host(&self, event: &str, caller: &Caller) -> Result<Admission, Problem> {
        let attendee = self.gate.admit(event, caller).await?;
        attendee.require(Role::Host)?;
        caller.limit(|limits| limits.write).await?;
        Ok(attendee)
    }

    /// Nobody is to believe that messages are looked at when nobody looks.
    fn check_screening(&self, is_asked_for: bool) -> Result<(), Refusal> {
        if is_asked_for && !self.screens {
            let detail = "No model is set up here that could look at messages.";
            return Err(Refusal::new(Reason::NoModel, detail));
        }
        Ok(())
    }

    async fn pass(&self, event: &str, caller: &Caller, transition: Transition) -> Answer<Event> {
        let attendee = self.host(event, caller).await?;
        Ok(Json(self.events.pass(attendee.event.id, transition).await?))
    }
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Events")]
impl EventsApi {
    /// Create an event
    ///
    /// Takes the role `host`. Whoever creates it is its host. Sports get a contest with the event's participants.
    /// Screening by a model takes one: without, `no-model`.
    #[oai(path = "/events", method = "post", operation_id = "create_event")]
    async fn create(&self, caller: Caller, body: Json<EventIn>) -> Result<Created<Event>, Problem> {
        caller.require_host()?;
        caller.limit(|limits| limits.write).await?;
        self.check_screening(body.0.asks_for_screening())?;
        let new = body.0.check(self.defaults.clone())?;
        let event = self
            .events
            .create(new, caller.user().map(|user| user.id.clone()))
            .await?;
        let etag = tag_of(&event);
        Ok(Created::new(event.clone())
            .at(format!("/v1/events/{}", event.id))
            .tagged(etag))
    }

    /// List events
    ///
    /// By scheduled start, latest first. Private events are listed for their members only.
    #[oai(path = "/events", method = "get", operation_id = "list_events")]
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a query parameter of its own in the document"
    )]
    async fn list(
        &self,
        caller: Caller,
        /// Several are separated by commas; none means any.
        #[oai(explode = false, default)]
        status: Query<Vec<EventStatus>>,
        kind: Query<Option<EventKind>>,
        /// Part of a participant's name.
        #[oai(validator(max_length = 100))]
        participant: Query<Option<String>>,
        /// Part of the title, the venue or a participant's name.
        #[oai(validator(max_length = 100))]
        q: Query<Option<String>>,
        featured: Query<Option<bool>>,
        starts_after: Query<Option<Stamp>>,
        starts_before: Query<Option<Stamp>>,
        after: Place<BySchedule>,
        limit: Limit,
    ) -> Answer<Page<Event>> {
        caller.require_reader()?;
        caller.limit(|limits| limits.read).await?;
        let eyes = access::eyes_of(&caller.identity);
        let wanted = Wanted {
            statuses: status.0,
            kind: kind.0,
            participant: participant.0,
            text: q.0,
            featured: featured.0,
            starts_after: starts_after.0,
            starts_before: starts_before.0,
            eyes,
        };
        let after = after.0.map(|BySchedule(scheduled, id)| (scheduled, id));
        let events = self.events.list(&wanted, after, limit.with_peek()).await?;
        Ok(Json(Page::of(events, limit, |event| {
            BySchedule(event.scheduled_at, event.id)
        })))
    }

    /// Read an event
    #[oai(path = "/events/:event", method = "get", operation_id = "get_event")]
    async fn get(
        &self,
        caller: Caller,
        event: Path<String>,
        #[oai(name = "If-None-Match")] if_none_match: Header<Option<String>>,
    ) -> Result<Tagged<Event>, Problem> {
        let attendee = self.gate.admit(&event, &caller).await?;
        caller.limit(|limits| limits.read).await?;
        let (body, etag) = ((*attendee.event).clone(), tag_of(&attendee.event));
        let known = etag::is_known(if_none_match.0.as_deref(), &etag);
        Ok(if known {
            Tagged::Unchanged { etag }
        } else {
            Tagged::Document { body, etag }
        })
    }

    /// Edit an event
    ///
    /// `If-Match` must name the version that is edited, so that nobody's change is lost. Screening by a model
    /// takes one: without, `no-model`.
    #[oai(path = "/events/:event", method = "patch", operation_id = "edit_event")]
    async fn edit(
        &self,
        caller: Caller,
        event: Path<String>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        body: Json<EventPatch>,
    ) -> Result<Tagged<Event>, Problem> {
        let attendee = self.host(&event, &caller).await?;
        self.check_screening(body.0.asks_for_screening())?;
        let version = attendee.event.version;
        etag::require_version(if_match.0.as_deref(), i64::try_from(version).unwrap_or(i64::MAX))?;
        let body = self
            .events
            .edit(attendee.event.id, Some(version), body.0.check(self.defaults.room))
            .await?;
        let etag = tag_of(&body);
        Ok(Tagged::Document { body, etag })
    }

    /// Start an event
    #[oai(path = "/events/:event/start", method = "post", operation_id = "start_event")]
    async fn start(&self, caller: Caller, event: Path<String>) -> Answer<Event> {
        self.pass(&event, &caller, Transition::Start).await
    }

    /// Pause a live event
    #[oai(path = "/events/:event/pause", method = "post", operation_id = "pause_event")]
    async fn pause(&self, caller: Caller, event: Path<String>) -> Answer<Event> {
        self.pass(&event, &caller, Transition::Pause).await
    }

    /// Resume a paused event
    #[oai(path = "/events/:event/resume", method = "post", operation_id = "resume_event")]
    async fn resume(&self, caller: Caller, event: Path<String>) -> Answer<Event> {
        self.pass(&event, &caller, Transition::Resume).await
    }

    /// End an event
    ///
    /// Its room closes some time later, as its settings say.
    #[oai(path = "/events/:event/end", method = "post", operation_id = "end_event")]
    async fn end(&self, caller: Caller, event: Path<String>) -> Answer<Event> {
        self.pass(&event, &caller, Transition::End).await
    }

    /// Cancel an event
    #[oai(path = "/events/:event/cancel", method = "post", operation_id = "cancel_event")]
    async fn cancel(&self, caller: Caller, event: Path<String>) -> Answer<Event> {
        self.pass(&event, &caller, Transition::Cancel).await
    }

    /// List an event's members
    #[oai(path = "/events/:event/members", method = "get", operation_id = "list_members")]
    async fn members(
        &self,
        caller: Caller,
        event: Path<String>,
        after: Place<ByMember>,
        limit: Limit,
    ) -> Answer<Page<MemberOut>> {
        let attendee = self.gate.admit(&event, &caller).await?;
        attendee.require(Role::Moderator)?;
        let after = after.0.map(|ByMember(user)| user);
        let members = self
            .events
            .members(attendee.event.id, after.as_ref(), limit.with_peek())
            .await?;
        let page = Page::of(members, limit, |(user, _, _)| ByMember(user.clone()));
        Ok(Json(page.map(|(user_id, role, since_at)| MemberOut {
            user_id,
            role,
            since_at,
        })))
    }

    /// Give somebody a role in an event
    ///
    /// Their open streams end and come back with what the role may see.
    #[oai(path = "/events/:event/members/:user", method = "put", operation_id = "set_member")]
    async fn set_member(
        &self,
        caller: Caller,
        event: Path<String>,
        user: Path<UserId>,
        body: Json<MemberIn>,
    ) -> Result<NoContent, Problem> {
        let attendee = self.host(&event, &caller).await?;
        let role = body.0.role;
        if !(Role::Member..=Role::Host).contains(&role) {
            return Err(Refusal::field("/role", "role", "Give `member`, `moderator` or `host`.").into());
        }
        self.events.set_role(attendee.event.id, user.0, role).await?;
        Ok(NoContent)
    }

    /// Take somebody's role in an event away
    #[oai(
        path = "/events/:event/members/:user",
        method = "delete",
        operation_id = "remove_member"
    )]
    async fn remove_member(
        &self,
        caller: Caller,
        event: Path<String>,
        user: Path<UserId>,
    ) -> Result<NoContent, Problem> {
        let attendee = self.host(&event, &caller).await?;
        if !self.events.remove_role(attendee.event.id, user.0).await? {
            return Err(Refusal::new(Reason::NotFound, "That user has no role in this event.").into());
        }
        Ok(NoContent)
    }
}

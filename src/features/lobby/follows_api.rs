//! Endpoints of what people follow, and of the feed made of it.

use std::sync::Arc;

use poem_openapi::{OpenApi, param::Path};
use serde::{Deserialize, Serialize};

use super::{Lobby, feed};
use crate::{
    domain::{
        EventId, Refusal, Stamp,
        lobby::{FeedItem, Follow, FollowKind, When},
        text::Slug,
    },
    http::{Answer, Attendee, Json, Limit, Mark, NoContent, Page, Place, Problem, Tag, auth::access, gate::Gate},
};

pub struct FollowsApi {
    pub lobby: Lobby,
    pub gate: Arc<dyn Gate>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct ByTarget(FollowKind, String);

impl Mark for ByTarget {
    const NAME: &'static str = "follows1";
}

#[derive(Debug, Serialize, Deserialize)]
pub struct BySpot(When, Stamp, EventId);

impl Mark for BySpot {
    const NAME: &'static str = "feed1";
}

impl FollowsApi {
    /// What the path names, as it is written down. Events have to be there for whoever follows them.
    async fn target(&self, me: &Attendee, kind: FollowKind, id: &str) -> Result<String, Problem> {
        Ok(match kind {
            FollowKind::Event => self.gate.admit(id, &me.caller).await?.event.id.to_string(),
            FollowKind::Participant => participant(id)?,
        })
    }
}

fn participant(id: &str) -> Result<String, Refusal> {
    let slug = Slug::parse(id).map_err(|_| {
        let detail = "A participant's id has 1 to 80 of a-z, 0-9 and, between them, `-`.";
        Refusal::field("/id", "malformed", detail)
    })?;
    Ok(slug.into_string())
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Lobby")]
impl FollowsApi {
    /// Follow an event or a participant
    ///
    /// A participant is followed by id, in whatever event they take part. Following twice is following once; up to 500 in all.
    #[oai(path = "/me/follows/:kind/:id", method = "put", operation_id = "follow")]
    async fn follow(
        &self,
        me: Attendee,
        /// What is followed.
        kind: Path<FollowKind>,
        /// An event's id or slug, or a participant's id.
        id: Path<String>,
    ) -> Result<NoContent, Problem> {
        me.caller.limit(|limits| limits.write).await?;
        let target = self.target(&me, kind.0, &id).await?;
        self.lobby.follow(me.user.id, kind.0, target).await?;
        Ok(NoContent)
    }

    /// Stop following
    #[oai(path = "/me/follows/:kind/:id", method = "delete", operation_id = "unfollow")]
    async fn unfollow(
        &self,
        me: Attendee,
        /// What is followed.
        kind: Path<FollowKind>,
        /// An event's id or slug, or a participant's id.
        id: Path<String>,
    ) -> Result<NoContent, Problem> {
        me.caller.limit(|limits| limits.write).await?;
        let target = match id.parse::<EventId>() {
            // It may be gone for them by now, and they still want to be rid of it.
            Ok(event) if kind.0 == FollowKind::Event => event.to_string(),
            _ => self.target(&me, kind.0, &id).await?,
        };
        self.lobby.unfollow(me.user.id, kind.0, target).await?;
        Ok(NoContent)
    }

    /// List what you follow
    #[oai(path = "/me/follows", method = "get", operation_id = "list_follows")]
    async fn list(&self, me: Attendee, after: Place<ByTarget>, limit: Limit) -> Answer<Page<Follow>> {
        me.caller.limit(|limits| limits.read).await?;
        let after = after.0.map(|ByTarget(kind, id)| (kind, id));
        let follows = self.lobby.follows(&me.user.id, after, limit.with_peek()).await?;
        Ok(Json(Page::of(follows, limit, |follow| {
            ByTarget(follow.kind, follow.id.clone())
        })))
    }

    /// Read your feed
    ///
    /// Events you follow and events in which somebody you follow takes part: what is live, then what comes next, then what
    /// ended within a week. Private events are there for their members only.
    #[oai(path = "/me/feed", method = "get", operation_id = "read_feed")]
    async fn feed(&self, me: Attendee, after: Place<BySpot>, limit: Limit) -> Answer<Page<FeedItem>> {
        me.caller.limit(|limits| limits.read).await?;
        let following = self.lobby.following(&me.user.id).await?;
        let eyes = access::eyes_of(&me.caller.identity);
        let after = after.0.map(|BySpot(when, at, event)| (when, at, event));
        let items = self.lobby.feed(&following, &eyes, after, limit.with_peek()).await?;
        Ok(Json(Page::of(items, limit, |item| {
            let (when, at, event) = feed::spot(item);
            BySpot(when, at, event)
        })))
    }
}

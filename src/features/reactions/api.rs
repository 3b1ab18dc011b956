//! Endpoints of reactions and applause.

use std::sync::Arc;

use poem_openapi::{Object, OpenApi, param::Path};
use serde::Serialize;

use super::Reactions;
use crate::{
    domain::{
        MessageId,
        reaction::{Applause, ApplauseKind, Emoji},
    },
    http::{Answer, Caller, Json, Problem, Tag, gate::Gate},
};

pub struct ReactionsApi {
    pub reactions: Reactions,
    pub gate: Arc<dyn Gate>,
}

/// One emoji of a message, after what was asked.
#[derive(Debug, Serialize, Object)]
struct ReactionOut {
    message_id: MessageId,
    emoji: String,
    /// Exact, and ahead of the stream by at most one tick.
    count: u64,
    /// Whether the caller's own is among them.
    mine: bool,
}

#[derive(Debug, Object)]
struct ApplauseIn {
    kind: ApplauseKind,
    /// Claps gathered by the client since its last call.
    #[oai(default = "once", validator(minimum(value = "1"), maximum(value = "10")))]
    count: u32,
}

fn once() -> u32 {
    1
}

#[derive(Debug, Serialize, Object)]
struct ApplauseOut {
    applause: Applause,
}

impl ReactionsApi {
    async fn react(
        &self,
        caller: &Caller,
        event: &str,
        message: MessageId,
        emoji: &str,
        on: bool,
    ) -> Result<ReactionOut, Problem> {
        let attendee = self.gate.admit(event, caller).await?;
        let user = attendee.require_user()?.id.clone();
        attendee.require_open_room()?;
        caller.limit(|limits| limits.react).await?;
        let emoji = Emoji::parse(emoji)?;
        let count = self
            .reactions
            .react(attendee.event.id, message, user, emoji.clone(), on)
            .await?;
        Ok(ReactionOut {
            message_id: message,
            emoji: emoji.as_str().to_owned(),
            count,
            mine: on,
        })
    }
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Reactions")]
impl ReactionsApi {
    /// React to a message
    ///
    /// With exactly one emoji (percent-encoded). Doing it again changes nothing.
    #[oai(
        path = "/events/:event/messages/:message/reactions/:emoji",
        method = "put",
        operation_id = "add_reaction"
    )]
    async fn put(
        &self,
        caller: Caller,
        event: Path<String>,
        message: Path<MessageId>,
        emoji: Path<String>,
    ) -> Answer<ReactionOut> {
        self.react(&caller, &event, message.0, &emoji, true).await.map(Json)
    }

    /// Take a reaction back
    #[oai(
        path = "/events/:event/messages/:message/reactions/:emoji",
        method = "delete",
        operation_id = "remove_reaction"
    )]
    async fn delete(
        &self,
        caller: Caller,
        event: Path<String>,
        message: Path<MessageId>,
        emoji: Path<String>,
    ) -> Answer<ReactionOut> {
        self.react(&caller, &event, message.0, &emoji, false).await.map(Json)
    }

    /// Applaud
    ///
    /// Without a name as well, where reading is open. The stream tells totals and bursts, a few times a second.
    #[oai(path = "/events/:event/applause", method = "post", operation_id = "applaud")]
    async fn applaud(&self, caller: Caller, event: Path<String>, body: Json<ApplauseIn>) -> Answer<ApplauseOut> {
        let attendee = self.gate.admit(&event, &caller).await?;
        attendee.require_open_room()?;
        caller.limit(|limits| limits.applaud).await?;
        let applause = self
            .reactions
            .applaud(attendee.event.id, body.0.kind, body.0.count)
            .await?;
        Ok(Json(ApplauseOut { applause }))
    }
}

//! The endpoint of typing.

use std::sync::Arc;

use poem_openapi::{Object, OpenApi, param::Path};

use super::Typing;
use crate::{
    clock,
    domain::MessageId,
    http::{Caller, Json, NoContent, Problem, Tag, gate::Gate},
};

pub struct TypingApi {
    pub typing: Typing,
    pub gate: Arc<dyn Gate>,
}

#[derive(Debug, Object)]
struct TypingIn {
    typing: bool,
    /// The thread that is written in; none for the room itself.
    parent_id: Option<MessageId>,
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Presence")]
impl TypingApi {
    /// Say whether you are typing
    ///
    /// It holds for six seconds; say it again every three while it is so. Saying something ends it. The stream tells who
    /// types by `typing.changed`, at most once a second.
    #[oai(path = "/events/:event/typing", method = "post", operation_id = "set_typing")]
    async fn set(&self, caller: Caller, event: Path<String>, body: Json<TypingIn>) -> Result<NoContent, Problem> {
        let attendee = self.gate.admit(&event, &caller).await?;
        let user = attendee.require_user()?.clone();
        attendee.require_writer(&caller)?;
        caller.limit(|limits| limits.typing).await?;
        if !attendee.event.settings.room.typing || attendee.standing.is_shadowed(clock::now()) {
            // Nobody sees it; whoever is shadowed is not told, and other clients need not know.
            return Ok(NoContent);
        }
        if body.0.typing {
            self.typing.types(attendee.event.id, user, body.0.parent_id);
        } else {
            self.typing.stops(attendee.event.id, user.id);
        }
        Ok(NoContent)
    }
}

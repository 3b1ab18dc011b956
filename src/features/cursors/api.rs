//! The endpoint of cursors.

use std::sync::Arc;

use poem_openapi::{Object, OpenApi, param::Path};

use super::Cursors;
use crate::{
    clock,
    domain::{cursors::CursorMoved, user::Role},
    http::{Caller, Json, NoContent, Problem, Tag, gate::Gate},
};

pub struct CursorsApi {
    pub cursors: Cursors,
    pub gate: Arc<dyn Gate>,
}

#[derive(Debug, Object)]
struct CursorIn {
    /// Which of your cursors: `pen`, `draft`, `slide.3`.
    #[oai(validator(min_length = 1, max_length = 32, pattern = "^[a-z][a-z0-9._-]*$"))]
    name: String,
    /// Anything that is at most 1,024 bytes as JSON; null when the cursor is gone.
    data: serde_json::Value,
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Presence")]
impl CursorsApi {
    /// Move a cursor
    ///
    /// For members and staff: a pointer, a selection, a draft that others see live. Of one user and name the latest wins;
    /// the stream tells what moved by `cursors.changed`, at most four times a second. Nothing is stored.
    #[oai(path = "/events/:event/cursors", method = "post", operation_id = "move_cursor")]
    async fn move_one(&self, caller: Caller, event: Path<String>, body: Json<CursorIn>) -> Result<NoContent, Problem> {
        let attendee = self.gate.admit(&event, &caller).await?;
        let user_id = attendee.require_user()?.id.clone();
        attendee.require(Role::Member)?;
        attendee.require_writer(&caller)?;
        caller.limit(|limits| limits.cursors).await?;
        let Json(CursorIn { name, data }) = body;
        let moved = CursorMoved::parse(user_id, name, data)?;
        // Whoever is shadowed is not told that nobody sees it.
        if !attendee.standing.is_shadowed(clock::now()) {
            self.cursors.moves(attendee.event.id, moved)?;
        }
        Ok(NoContent)
    }
}

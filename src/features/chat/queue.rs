//! Endpoints of staff about messages: those that wait, and what becomes of them. Each decision goes into the record.

use std::sync::Arc;

use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
};
use serde::{Deserialize, Serialize};

use super::Chat;
use crate::{
    domain::{
        EventId, MessageId,
        chat::Message,
        moderation::{Action, Deciding},
        text::ReasonText,
        user::Role,
    },
    http::{Answer, Caller, Json, Limit, Mark, Page, Place, Problem, Tag, gate::Gate, judge::Desk},
};

pub struct QueueApi {
    pub chat: Chat,
    pub gate: Arc<dyn Gate>,
}

/// A place in the list of messages that wait.
#[derive(Debug, Serialize, Deserialize)]
pub struct ByArrival(i64);

impl Mark for ByArrival {
    const NAME: &'static str = "held1";
}

/// Why.
#[derive(Debug, Object)]
struct WhyIn {
    /// Told to the author. One line of at most 500 characters.
    #[oai(validator(min_length = 1, max_length = 500))]
    reason: String,
}

impl QueueApi {
    /// The event, and a decision of that kind by the caller, if they are staff.
    async fn staff(
        &self,
        event: &str,
        caller: &Caller,
        action: Action,
        reason: Option<&str>,
    ) -> Result<(EventId, Deciding), Problem> {
        let attendee = self.gate.admit(event, caller).await?;
        attendee.require(Role::Moderator)?;
        caller.limit(|limits| limits.write).await?;
        let reason = reason.map(ReasonText::parse).transpose()?.map(ReasonText::into_string);
        let deciding = Deciding::new(action, caller.acts_as()).because(reason);
        Ok((attendee.event.id, deciding))
    }
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Order")]
impl QueueApi {
    /// List messages waiting for a moderator
    ///
    /// Oldest first.
    #[oai(
        path = "/events/:event/messages/held",
        method = "get",
        operation_id = "list_held_messages"
    )]
    async fn held(
        &self,
        caller: Caller,
        event: Path<String>,
        after: Place<ByArrival>,
        limit: Limit,
    ) -> Answer<Page<Message>> {
        let attendee = self.gate.admit(&event, &caller).await?;
        attendee.require(Role::Moderator)?;
        caller.limit(|limits| limits.read).await?;
        let after = after.0.map_or(0, |ByArrival(row_no)| row_no);
        let held = self.chat.held(attendee.event.id, after, limit.with_peek()).await?;
        let page = Page::of(held, limit, |(row_no, _)| ByArrival(*row_no));
        Ok(Json(page.map(|(_, message)| message)))
    }

    /// Release a held message
    ///
    /// It appears now, in its place in the log.
    #[oai(
        path = "/events/:event/messages/:message/release",
        method = "post",
        operation_id = "release_message"
    )]
    async fn release(&self, caller: Caller, event: Path<String>, message: Path<MessageId>) -> Answer<Message> {
        let (event, why) = self.staff(&event, &caller, Action::MessageReleased, None).await?;
        Ok(Json(self.chat.release(event, message.0, why).await?))
    }

    /// Reject a held message
    ///
    /// It never appears. Its author is told why, and may appeal.
    #[oai(
        path = "/events/:event/messages/:message/reject",
        method = "post",
        operation_id = "reject_message"
    )]
    async fn reject(
        &self,
        caller: Caller,
        event: Path<String>,
        message: Path<MessageId>,
        body: Json<WhyIn>,
    ) -> Answer<Message> {
        let reason = Some(body.0.reason.as_str());
        let (event, why) = self.staff(&event, &caller, Action::MessageRejected, reason).await?;
        Ok(Json(self.chat.reject(event, message.0, why).await?))
    }

    /// Hide a message
    #[oai(
        path = "/events/:event/messages/:message/hide",
        method = "post",
        operation_id = "hide_message"
    )]
    async fn hide(
        &self,
        caller: Caller,
        event: Path<String>,
        message: Path<MessageId>,
        /// Told to the author. One line of at most 500 characters.
        #[oai(validator(max_length = 500))]
        reason: Query<Option<String>>,
    ) -> Answer<Message> {
        let reason = reason.0.as_deref();
        let (event, why) = self.staff(&event, &caller, Action::MessageHidden, reason).await?;
        Ok(Json(self.chat.hide(event, message.0, why).await?))
    }

    /// Let a hidden message be seen again
    ///
    /// It appears now, at the end of the log, under its own id.
    #[oai(
        path = "/events/:event/messages/:message/restore",
        method = "post",
        operation_id = "restore_message"
    )]
    async fn restore(&self, caller: Caller, event: Path<String>, message: Path<MessageId>) -> Answer<Message> {
        let (event, why) = self.staff(&event, &caller, Action::MessageRestored, None).await?;
        Ok(Json(Desk::restore(&self.chat, event, message.0, why).await?))
    }
}

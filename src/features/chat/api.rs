//! Endpoints of the chat.

use std::sync::Arc;

use poem_openapi::{
    ApiRequest, Object, OpenApi,
    param::{Header, Path, Query},
    payload::PlainText,
};
use serde::{Deserialize, Serialize};

use super::{
    Chat, Page as Direction, Rewording, Sought, Wanted,
    floor::{self, limit_talk},
    manners,
};
use crate::{
    domain::{
        EventId, MessageId, Refusal, Stamp, UserId,
        chat::{Message, MessageStatus},
        shift::Delay,
        text::{ClientId, MessageText, search_words},
        user::Role,
    },
    http::{
        Answer, Caller, Json, Limit, Mark, NoContent, Page, Place, Posted, Problem, Tag,
        gate::{Admission, Gate},
        judge::{Act, Judge},
        page,
        podium::Spoken,
    },
};

/// Words of a search; more than this many make it no better.
const SEARCH_WORDS: usize = 16;

pub struct ChatApi {
    pub chat: Chat,
    pub gate: Arc<dyn Gate>,
    pub judge: Arc<dyn Judge>,
}

/// A message to post.
#[derive(Debug, Object)]
#[oai(rename = "MessageIn")]
struct MessageIn {
    /// 1 to 4,096 bytes of UTF-8, stored in NFC. Text is text: markup is shown, not obeyed.
    #[oai(validator(min_length = 1, max_length = 4096))]
    text: String,
    /// The message this answers to.
    parent_id: Option<MessageId>,
    /// Your own id of this send, 1 to 64 visible ASCII characters: sending again with it is harmless.
    #[oai(validator(min_length = 1, max_length = 64, pattern = "^[!-~]+$"))]
    client_id: Option<String>,
    /// Ids of people you call in it, for certainty where several have one name. Those who neither spoke here nor are here
    /// are left out. Whoever is called by `@name` alone is found as well.
    #[oai(validator(max_items = 10))]
    mentions: Option<Vec<UserId>>,
}

#[derive(ApiRequest)]
enum MessageBody {
    Json(Json<MessageIn>),
    Text(PlainText<String>),
}

/// New text for a message.
#[derive(Debug, Object)]
struct MessageEdit {
    #[oai(validator(min_length = 1, max_length = 4096))]
    text: String,
    /// As when posting.
    #[oai(validator(max_items = 10))]
    mentions: Option<Vec<UserId>>,
}

/// A place in a list of messages ordered by `seq`.
#[derive(Debug, Serialize, Deserialize)]
pub struct BySeq(u64);

impl Mark for BySeq {
    const NAME: &'static str = "messages1";
}

impl From<&Message> for BySeq {
    fn from(message: &Message) -> Self {
        Self(message.seq)
    }
}

impl ChatApi {
    async fn enter(&self, event: &str, caller: &Caller) -> Result<Admission, Problem> {
        self.gate.admit(event, caller).await
    }

    /// Who wants to write: a user, in an open room.
    async fn writer(&self, event: &str, caller: &Caller) -> Result<Admission, Problem> {
        let attendee = self.enter(event, caller).await?;
        attendee.require_user()?;
        attendee.require_open_room()?;
        Ok(attendee)
    }

    async fn staff(&self, event: &str, caller: &Caller) -> Result<EventId, Problem> {
        let attendee = self.enter(event, caller).await?;
        attendee.require(Role::Moderator)?;
        caller.limit(|limits| limits.write).await?;
        Ok(attendee.event.id)
    }
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Messages")]
impl ChatApi {
    /// Post a message
    ///
    /// As JSON, or as plain text (`curl -d 'hi' -H 'Content-Type: text/plain'`). Answers 201 once it is durable and on
    /// its way to everybody, or 202 if it waits for a moderator. Sending again under the same `client_id` (or
    /// `Idempotency-Key`) gives the same answer and says nothing twice.
    #[oai(path = "/events/:event/messages", method = "post", operation_id = "post_message")]
    async fn post(
        &self,
        caller: Caller,
        event: Path<String>,
        /// The same as `client_id`, for clients that set it per request.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: Header<Option<String>>,
        body: MessageBody,
    ) -> Result<Posted<Message>, Problem> {
        let attendee = self.enter(&event, &caller).await?;
        let (text, parent_id, client_id, named) = match body {
            MessageBody::Json(Json(body)) => (body.text, body.parent_id, body.client_id, body.mentions),
            MessageBody::Text(PlainText(text)) => (text, None, None, None),
        };
        let client_id = client_id
            .or(idempotency_key.0)
            .map(|id| ClientId::parse(&id))
            .transpose();
        let spoken = Spoken {
            text,
            parent_id,
            client_id: client_id?,
            named: named.unwrap_or_default(),
            jobs: Vec::new(),
        };
        let message = floor::say(&self.chat, &*self.judge, &attendee, &caller, spoken).await?;
        // A repeat answers as the first did: what was held then is 202 still, while it is held.
        Ok(if message.status == MessageStatus::Held {
            Posted::Accepted(message)
        } else {
            Posted::Created(message)
        })
    }

    /// Read the history
    ///
    /// Without a cursor: the latest, newest first. `before` goes on towards the past, newest first; `after` towards the
    /// present, oldest first. Deleted and hidden messages keep their place but not their text.
    #[oai(path = "/events/:event/messages", method = "get", operation_id = "list_messages")]
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a query parameter of its own in the document"
    )]
    async fn list(
        &self,
        caller: Caller,
        event: Path<String>,
        before: Place<BySeq>,
        after: Place<BySeq>,
        limit: Limit,
        /// Only messages of this user.
        author: Query<Option<UserId>>,
        /// As everybody could see them so much earlier.
        delay: Query<Option<Delay>>,
    ) -> Answer<Page<Message>> {
        let attendee = self.enter(&event, &caller).await?;
        caller.limit(|limits| limits.read).await?;
        let direction = direction(before, after)?;
        let wanted = Wanted {
            author: author.0,
            parent: None,
            page: direction,
            limit: limit.with_peek(),
        };
        let (event, user) = (attendee.event.id, attendee.user.as_ref().map(|user| &user.id));
        let messages = self.chat.page_behind(event, wanted, user, delay.0).await?;
        let mut both_ways = both_ways(messages, limit);
        if let (Direction::After(_), Some(last)) = (direction, both_ways.items.last()) {
            // The present is not an end: who reads towards it may go on later.
            both_ways.next_cursor = Some(page::cursor(&BySeq::from(last)));
        }
        Ok(Json(both_ways))
    }

    /// Search messages
    ///
    /// By words (each may be the beginning of one), author and time; latest first. Without any letter or digit, `q` is
    /// looked for as it stands, such as an emoji.
    #[oai(
        path = "/events/:event/messages/search",
        method = "get",
        operation_id = "search_messages"
    )]
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a query parameter of its own in the document"
    )]
    async fn search(
        &self,
        caller: Caller,
        event: Path<String>,
        /// Words to look for.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
        author: Query<Option<UserId>>,
        /// Not before this time.
        since: Query<Option<Stamp>>,
        /// Before this time.
        until: Query<Option<Stamp>>,
        after: Place<BySeq>,
        limit: Limit,
        /// Among what everybody could see so much earlier.
        delay: Query<Option<Delay>>,
    ) -> Answer<Page<Message>> {
        let attendee = self.enter(&event, &caller).await?;
        caller.limit(|limits| limits.read).await?;
        let text = q.0.unwrap_or_default();
        // Letters and digits only: what separates words for the index separates them here.
        let mut words = search_words(&text);
        words.truncate(SEARCH_WORDS);
        let signs = Some(text.trim()).filter(|signs| words.is_empty() && !signs.is_empty());
        let sought = Sought {
            signs: signs.map(str::to_owned),
            words,
            author: author.0,
            since: since.0,
            until: until.0,
        };
        let before = after.0.map_or(u64::MAX, |BySeq(seq)| seq);
        let user = attendee.user.as_ref().map(|user| &user.id);
        let found = self
            .chat
            .search_behind(attendee.event.id, &sought, before, limit.with_peek(), user, delay.0)
            .await?;
        Ok(Json(Page::of(found, limit, |message| BySeq::from(message))))
    }

    /// Read one message
    #[oai(
        path = "/events/:event/messages/:message",
        method = "get",
        operation_id = "get_message"
    )]
    async fn get(
        &self,
        caller: Caller,
        event: Path<String>,
        message: Path<MessageId>,
        /// As everybody could see it so much earlier.
        delay: Query<Option<Delay>>,
    ) -> Answer<Message> {
        let attendee = self.enter(&event, &caller).await?;
        caller.limit(|limits| limits.read).await?;
        let user = attendee.user.as_ref().map(|user| &user.id);
        let found = self
            .chat
            .find_behind(attendee.event.id, message.0, user, attendee.role, delay.0);
        Ok(Json(found.await?))
    }

    /// Edit one's own message
    ///
    /// Within the event's edit window.
    #[oai(
        path = "/events/:event/messages/:message",
        method = "patch",
        operation_id = "edit_message"
    )]
    async fn edit(
        &self,
        caller: Caller,
        event: Path<String>,
        message: Path<MessageId>,
        body: Json<MessageEdit>,
    ) -> Answer<Message> {
        let attendee = self.writer(&event, &caller).await?;
        limit_talk(&attendee, &caller).await?;
        let author = attendee.require_user()?.id.clone();
        let text = MessageText::parse(&body.0.text)?;
        manners::may_edit(&attendee, &caller, &text)?;
        let judged = self.judge.judge(&attendee, &caller, text, Act::Edit(message.0)).await?;
        let unique = attendee.event.settings.room.unique_messages && !attendee.role.is_staff();
        let named = body.0.mentions.unwrap_or_default();
        let new = Rewording {
            mentions: self.chat.called(attendee.event.id, &judged.text, &named).await?,
            text: judged.text,
            unique,
            grounds: judged.grounds,
            jobs: judged.jobs,
        };
        Ok(Json(self.chat.edit(&attendee.event, message.0, author, new).await?))
    }

    /// Delete a message
    ///
    /// One's own: its text is gone for good. As staff, somebody else's: it is hidden. Doing it again is fine.
    #[oai(
        path = "/events/:event/messages/:message",
        method = "delete",
        operation_id = "delete_message"
    )]
    async fn delete(
        &self,
        caller: Caller,
        event: Path<String>,
        message: Path<MessageId>,
    ) -> Result<NoContent, Problem> {
        let attendee = self.enter(&event, &caller).await?;
        caller.limit(|limits| limits.write).await?;
        let user = attendee.require_user()?.id.clone();
        self.chat
            .remove(attendee.event.id, message.0, user, attendee.role)
            .await?;
        Ok(NoContent)
    }

    /// Read a thread
    ///
    /// The replies to a message, oldest first.
    #[oai(
        path = "/events/:event/messages/:message/replies",
        method = "get",
        operation_id = "list_replies"
    )]
    async fn replies(
        &self,
        caller: Caller,
        event: Path<String>,
        message: Path<MessageId>,
        after: Place<BySeq>,
        limit: Limit,
        /// As everybody could see it so much earlier.
        delay: Query<Option<Delay>>,
    ) -> Answer<Page<Message>> {
        let attendee = self.enter(&event, &caller).await?;
        caller.limit(|limits| limits.read).await?;
        let user = attendee.user.as_ref().map(|user| &user.id);
        let parent = self
            .chat
            .find_behind(attendee.event.id, message.0, user, attendee.role, delay.0)
            .await?
            .id;
        let page = Direction::After(after.0.map_or(0, |BySeq(seq)| seq));
        let wanted = Wanted {
            author: None,
            parent: Some(parent),
            page,
            limit: limit.with_peek(),
        };
        let replies = self.chat.page_behind(attendee.event.id, wanted, user, delay.0).await?;
        Ok(Json(Page::of(replies, limit, |message| BySeq::from(message))))
    }

    /// Pin a message
    #[oai(
        path = "/events/:event/messages/:message/pin",
        method = "put",
        operation_id = "pin_message"
    )]
    async fn pin(&self, caller: Caller, event: Path<String>, message: Path<MessageId>) -> Answer<Message> {
        let event = self.staff(&event, &caller).await?;
        Ok(Json(self.chat.pin(event, message.0, true).await?))
    }

    /// Take a pin away
    #[oai(
        path = "/events/:event/messages/:message/pin",
        method = "delete",
        operation_id = "unpin_message"
    )]
    async fn unpin(&self, caller: Caller, event: Path<String>, message: Path<MessageId>) -> Answer<Message> {
        let event = self.staff(&event, &caller).await?;
        Ok(Json(self.chat.pin(event, message.0, false).await?))
    }
}

fn direction(before: Place<BySeq>, after: Place<BySeq>) -> Result<Direction, Refusal> {
    match (before.0, after.0) {
        (Some(_), Some(_)) => Err(page::one_way_only()),
        (None, Some(BySeq(seq))) => Ok(Direction::After(seq)),
        (before, None) => Ok(Direction::Before(before.map_or(u64::MAX, |BySeq(seq)| seq))),
    }
}

/// A page with cursors both ways: `next_cursor` goes on in the page's own direction, `prev_cursor` back from its start
/// with the other parameter.
fn both_ways(messages: Vec<Message>, limit: Limit) -> Page<Message> {
    let prev_cursor = messages.first().map(|first| page::cursor(&BySeq::from(first)));
    Page {
        prev_cursor,
        ..Page::of(messages, limit, |message| BySeq::from(message))
    }
}

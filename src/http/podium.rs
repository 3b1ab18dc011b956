//! The seam by which the house itself speaks in a room, without knowing chat.
//!
//! What it says is a message like any other, written inside the caller's change: with whatever else that change writes, or
//! not at all. What it may say was asked before, of [`super::judge::Judge::judge_own`].

use futures_util::future::BoxFuture;

use crate::{
    domain::{
        EventId, MessageId, UserId,
        assistant::Remark,
        chat::Message,
        text::{ClientId, MessageText},
        user::User,
    },
    store::{Error, Scribe},
};

/// Something the house says.
#[derive(Debug, Clone)]
pub struct Statement {
    pub author: User,
    pub text: MessageText,
    /// The message it answers. It stands in that message's thread; `None` in the room.
    pub parent_id: Option<MessageId>,
    pub client_id: Option<ClientId>,
    pub remark: Option<Remark>,
}

/// Has the room.
pub trait Podium: Send + Sync {
    /// Says something, inside a change. `None`: what it answers is gone, or not there yet.
    fn speak<'a>(
        &'a self,
        scribe: &'a mut Scribe<'_>,
        statement: Statement,
    ) -> BoxFuture<'a, Result<Option<Message>, Error>>;

    /// Puts another remark beside what the house said. `None`: the message is gone.
    fn amend<'a>(
        &'a self,
        scribe: &'a mut Scribe<'_>,
        message: MessageId,
        remark: Remark,
    ) -> BoxFuture<'a, Result<Option<Message>, Error>>;
}

/// Shows that somebody writes. Must not block.
pub trait Quill: Send + Sync {
    /// For a few seconds, unless it is said again.
    fn types(&self, event: EventId, user: User, thread: Option<MessageId>);

    /// Not any more, and nothing was said.
    fn stops(&self, event: EventId, user: UserId);
}

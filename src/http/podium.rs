//! The seams by which the house itself speaks in a room, and lets people speak by other doors than chat's, without knowing
//! chat.
//!
//! What it says is a message like any other, written inside the caller's change: with whatever else that change writes, or
//! not at all. What it may say was asked before, of [`super::judge::Judge::judge_own`].

use futures_util::future::BoxFuture;

use super::{Caller, Problem, gate::Admission};
use crate::{
    domain::{
        EventId, MessageId, UserId,
        assistant::Remark,
        chat::Message,
        text::{ClientId, MessageText},
        user::User,
    },
    store::{Error, Scribe, jobs::NewJob},
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

/// What somebody says.
#[derive(Debug, Clone, Default)]
pub struct Spoken {
    pub text: String,
    pub parent_id: Option<MessageId>,
    pub client_id: Option<ClientId>,
    /// Whom the author names by id.
    pub named: Vec<UserId>,
    /// What else is to be done about it once it is written.
    pub jobs: Vec<NewJob>,
}

/// Lets people speak.
pub trait Floor: Send + Sync {
    /// Says something as somebody, with everything that is asked of who posts a message.
    fn say<'a>(
        &'a self,
        who: &'a Admission,
        caller: &'a Caller,
        spoken: Spoken,
    ) -> BoxFuture<'a, Result<Message, Problem>>;

    /// A message as they may see it.
    fn find<'a>(&'a self, who: &'a Admission, message: MessageId) -> BoxFuture<'a, Result<Message, Problem>>;
}

/// Shows that somebody writes. Must not block.
pub trait Quill: Send + Sync {
    /// For a few seconds, unless it is said again.
    fn types(&self, event: EventId, user: User, thread: Option<MessageId>);

    /// Not any more, and nothing was said.
    fn stops(&self, event: EventId, user: UserId);
}

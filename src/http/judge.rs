//! Two seams by which those who say things and those who keep order meet, without knowing each other.
//!
//! Chat asks a [`Judge`] about every text before it is written down; what becomes of messages afterwards is asked of a
//! [`Desk`], which is chat's.

use futures_util::future::BoxFuture;

use super::{Caller, Problem, gate::Admission};
use crate::{
    domain::{
        EventId, MessageId,
        chat::Message,
        moderation::Deciding,
        text::{ClientId, MessageText},
    },
    store::{Error, Scribe, jobs::NewJob},
};

/// What is done with a text.
#[derive(Debug, Clone, Copy)]
pub enum Act<'a> {
    /// It is said; again, if it was said before under the same id.
    Say { client_id: Option<&'a ClientId> },
    /// It takes the place of another.
    Edit(MessageId),
}

/// How a text appears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Appears,
    /// It waits for a moderator.
    Held,
    /// Its author and staff see it; its author is not told.
    Shadowed,
}

/// A text that may be written down.
#[derive(Debug, Clone)]
pub struct Judged {
    /// What people see.
    pub text: MessageText,
    /// What was sent, if that is something else.
    pub original: Option<String>,
    pub fate: Fate,
    /// What was decided by a rule, if anything was; to be written into the record with the message.
    pub grounds: Option<Deciding>,
    /// What is to be done about it once it is written: in the same transaction, with the message as subject.
    pub jobs: Vec<NewJob>,
}

impl Judged {
    /// Nothing stands against it.
    #[must_use]
    pub fn fine(text: MessageText) -> Self {
        Self {
            text,
            original: None,
            fate: Fate::Appears,
            grounds: None,
            jobs: Vec::new(),
        }
    }
}

/// Knows the rules.
pub trait Judge: Send + Sync {
    /// What becomes of a text. A text that may not be written down at all is a problem that says why.
    fn judge<'a>(
        &'a self,
        admission: &'a Admission,
        caller: &'a Caller,
        text: MessageText,
        act: Act<'a>,
    ) -> BoxFuture<'a, Result<Judged, Problem>>;

    /// What the house itself is about to show in an event, by a model or with words of its guests in it. `None`: it may not
    /// be shown.
    fn judge_own(&self, event: EventId, text: MessageText) -> BoxFuture<'_, Result<Option<MessageText>, Error>>;

    /// Ok for a name that a guest may come in with.
    fn judge_name<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), Problem>>;
}

/// Has the messages.
pub trait Desk: Send + Sync {
    /// Takes a message out of sight. `None`: it was out of sight.
    fn hide(&self, event: EventId, id: MessageId, why: Deciding) -> BoxFuture<'_, Result<Option<Message>, Error>>;

    /// As [`Desk::hide`], inside a change of the caller's.
    fn hide_within<'a>(
        &'a self,
        scribe: &'a mut Scribe<'_>,
        id: MessageId,
        why: Deciding,
    ) -> BoxFuture<'a, Result<Option<Message>, Error>>;

    /// Lets a message appear that is held, inside a change of the caller's. `None`: it is not held.
    fn release_within<'a>(
        &'a self,
        scribe: &'a mut Scribe<'_>,
        id: MessageId,
        why: Deciding,
    ) -> BoxFuture<'a, Result<Option<Message>, Error>>;

    /// Tells the author of a message what was decided about it, once that is written.
    fn tell_author(&self, event: EventId, message: &Message, why: &Deciding);

    /// Lets a message that was hidden be seen again, at the end of the log.
    fn restore(&self, event: EventId, id: MessageId, why: Deciding) -> BoxFuture<'_, Result<Message, Error>>;
}

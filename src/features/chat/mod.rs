//! Chat: saying, editing, taking back, pinning, holding and releasing messages.
//!
//! The checks that need only the event (is the room open, who may) are made by the callers in `api.rs`; what must be
//! true at the moment of writing is checked here, inside the change.

pub mod api;
mod change;
mod fresh;
mod rows;
mod say;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use sea_orm::DatabaseTransaction;

pub use rows::{Page, Sought};

use crate::{
    domain::{
        Audience, EventId, MessageId, UserId,
        chat::{Message, MessageStatus},
        event::Event,
        snapshot::RECENT_MESSAGES,
        text::{ClientId, MessageText},
        user::{Role, User},
    },
    store::{Error, Store},
    stream::{Draft, SnapshotPart, Stream},
};

/// Held messages shown to staff in a snapshot. More are found by their list.
const HELD_SHOWN: u64 = 200;

/// Something to say, checked.
#[derive(Debug, Clone)]
pub struct Saying {
    pub author: User,
    pub text: MessageText,
    pub parent_id: Option<MessageId>,
    pub client_id: Option<ClientId>,
    /// Waits for a moderator instead of appearing.
    pub held: bool,
}

/// Which page of history.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub author: Option<UserId>,
    pub parent: Option<MessageId>,
    pub page: Page,
    pub limit: u64,
}

/// The feature.
#[derive(Clone)]
pub struct Chat {
    store: Store,
    stream: Stream,
}

impl Chat {
    #[must_use]
    pub fn new(store: Store, stream: Stream) -> Self {
        Self { store, stream }
    }

    /// Says something. The same `client_id` and content again gives the same message again; other content is refused.
    pub async fn say(&self, event: EventId, saying: Saying) -> Result<Message, Error> {
        self.stream.record_together(event, saying).await
    }

    /// Changes one's own message, within the event's edit window.
    pub async fn edit(
        &self,
        event: &Arc<Event>,
        id: MessageId,
        author: UserId,
        text: MessageText,
    ) -> Result<Message, Error> {
        let window_ms = i64::from(event.settings.edit_window_seconds) * 1_000;
        Ok(self
            .stream
            .record(event.id, move |scribe| {
                Box::pin(change::edit(scribe, id, author, text, window_ms))
            })
            .await?
            .value)
    }

    /// Takes a message back (its author) or out of sight (staff). Doing it again changes nothing.
    pub async fn remove(&self, event: EventId, id: MessageId, by: UserId, role: Role) -> Result<(), Error> {
        let removal = self
            .stream
            .record(event, move |scribe| Box::pin(change::remove(scribe, id, by, role)));
        removal.await.map(|_done| ())
    }

    /// Takes a message out of sight. For staff.
    pub async fn hide(&self, event: EventId, id: MessageId) -> Result<Message, Error> {
        Ok(self
            .stream
            .record(event, move |scribe| Box::pin(change::hide(scribe, id)))
            .await?
            .value)
    }

    /// Lets a held message appear, now, in its place in the log. For staff.
    pub async fn release(&self, event: EventId, id: MessageId) -> Result<Message, Error> {
        Ok(self
            .stream
            .record(event, move |scribe| Box::pin(change::release(scribe, id)))
            .await?
            .value)
    }

    /// Pins a message or takes the pin away. For staff.
    pub async fn pin(&self, event: EventId, id: MessageId, pinned: bool) -> Result<Message, Error> {
        Ok(self
            .stream
            .record(event, move |scribe| Box::pin(change::pin(scribe, id, pinned)))
            .await?
            .value)
    }

    /// One message; a held one only for its author and staff.
    pub async fn find(
        &self,
        event: EventId,
        id: MessageId,
        caller: Option<&UserId>,
        role: Role,
    ) -> Result<Message, Error> {
        let db = self.store.reader();
        let row = rows::find_row(db, event, id)
            .await?
            .ok_or_else(change::no_such_message)?;
        let message = rows::read_one(db, row).await?;
        let may_see = message.status != MessageStatus::Held || role.is_staff() || caller == Some(&message.author.id);
        if !may_see {
            return Err(change::no_such_message().into());
        }
        Ok(self.with_mine(vec![message], caller).await?.remove(0))
    }

    /// A page of history; `parent` asks for a thread's replies.
    pub async fn page(&self, event: EventId, wanted: &Wanted, caller: Option<&UserId>) -> Result<Vec<Message>, Error> {
        let (author, parent) = (wanted.author.as_ref(), wanted.parent);
        let messages = rows::page(self.store.reader(), event, author, parent, wanted.page, wanted.limit).await?;
        self.with_mine(messages, caller).await
    }

    /// Messages that wait for a moderator.
    pub async fn held(&self, event: EventId, limit: u64) -> Result<Vec<Message>, Error> {
        rows::held(self.store.reader(), event, limit).await
    }

    /// Messages by words, author and time, latest first.
    pub async fn search(
        &self,
        event: EventId,
        sought: &Sought,
        before: u64,
        limit: u64,
        caller: Option<&UserId>,
    ) -> Result<Vec<Message>, Error> {
        let messages = rows::search(self.store.reader(), event, sought, before, limit).await?;
        self.with_mine(messages, caller).await
    }

    /// Adds the caller's own reactions.
    async fn with_mine(&self, mut messages: Vec<Message>, caller: Option<&UserId>) -> Result<Vec<Message>, Error> {
        if let Some(user) = caller {
            let mut mine = rows::mine(
                self.store.reader(),
                user,
                messages.iter().map(|message| message.id.uuid()),
            )
            .await?;
            for message in &mut messages {
                message.mine = Some(mine.remove(&message.id).unwrap_or_default());
            }
        }
        Ok(messages)
    }
}

impl SnapshotPart for Chat {
    fn add<'a>(
        &'a self,
        read: &'a DatabaseTransaction,
        event: EventId,
        audience: Audience,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let mut latest = rows::page(read, event, None, None, Page::Before(u64::MAX), RECENT_MESSAGES).await?;
            latest.reverse();
            draft.messages = latest;
            draft.pinned = rows::pinned(read, event).await?;
            if audience == Audience::Staff {
                draft.held = Some(rows::held(read, event, HELD_SHOWN).await?);
            }
            draft.message_count = rows::count_active(read, event).await?;
            Ok(())
        })
    }
}

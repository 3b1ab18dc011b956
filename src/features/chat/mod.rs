//! Chat: saying, editing, taking back, pinning, holding and releasing messages.
//!
//! The checks that need only the event (is the room open, who may) are made by the callers in `api.rs`; what must be
//! true at the moment of writing is checked here, inside the change.

pub mod api;
mod appear;
mod behind;
mod call;
mod change;
pub mod floor;
mod fresh;
mod lately;
mod manners;
mod podium;
pub mod queue;
mod rows;
mod say;
mod shadow;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use sea_orm::DatabaseTransaction;

pub use rows::{Page, Sought};

use crate::{
    domain::{
        Audience, EventId, MessageId, Refusal, UserId,
        chat::{Message, MessageStatus},
        entry::{MessageSaid, ModerationTold, Signal},
        event::Event,
        mention::Mention,
        moderation::{Action, Deciding},
        snapshot::RECENT_MESSAGES,
        text::{ClientId, MessageText},
        user::{Role, User},
    },
    http::judge::{Desk, Fate, Judged},
    store::{Error, Scribe, Store, jobs::NewJob},
    stream::{Company, Draft, SnapshotPart, Stream},
};

/// Held messages shown to staff in a snapshot. More are found by their list.
const HELD_SHOWN: u64 = 200;

/// Something to say, checked.
#[derive(Debug, Clone)]
pub struct Saying {
    pub author: User,
    pub text: MessageText,
    pub mentions: Vec<Mention>,
    pub parent_id: Option<MessageId>,
    pub client_id: Option<ClientId>,
    /// Waits for a moderator instead of appearing.
    pub held: bool,
    /// If it waits: it appears by itself after so long; 0: only when somebody decides.
    pub hold_seconds: u32,
    /// Only if nobody said the same a moment ago.
    pub unique: bool,
    /// Appears to its author and staff only.
    pub shadowed: bool,
    /// What was sent, where `text` is something else.
    pub original: Option<String>,
    /// What a rule decided about it.
    pub grounds: Option<Deciding>,
    /// What is to be done about it, written down with it.
    pub jobs: Vec<NewJob>,
}

impl Saying {
    /// Takes what was decided about it.
    fn is_judged(&mut self, judged: Judged) {
        match judged.fate {
            Fate::Appears => {}
            // A person decides, however long that takes.
            Fate::Held => (self.held, self.hold_seconds) = (true, 0),
            Fate::Shadowed => (self.held, self.shadowed) = (false, true),
        }
        self.text = judged.text;
        self.original = judged.original;
        self.grounds = judged.grounds;
        self.jobs = judged.jobs;
    }
}

/// New words for a message, checked.
#[derive(Debug, Clone)]
pub struct Rewording {
    pub text: MessageText,
    pub mentions: Vec<Mention>,
    /// Only if nobody said the same a moment ago.
    pub unique: bool,
    pub grounds: Option<Deciding>,
    pub jobs: Vec<NewJob>,
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
    circles: Arc<call::Circles>,
}

impl Chat {
    #[must_use]
    pub fn new(store: Store, stream: Stream, company: Arc<dyn Company>) -> Self {
        let circles = Arc::new(call::Circles::new(store.clone(), company));
        Self { store, stream, circles }
    }

    /// Who is called in that text, among those who spoke in the event or are there; and those of `named` who are. A text
    /// that calls nobody costs nothing.
    pub async fn called(&self, event: EventId, text: &MessageText, named: &[UserId]) -> Result<Vec<Mention>, Error> {
        self.circles.called(event, text.as_str(), named).await
    }

    /// Says something. The same `client_id` and content again gives the same message again; other content is refused.
    pub async fn say(&self, event: EventId, saying: Saying) -> Result<Message, Error> {
        let (author, grounds, shadowed) = (saying.author.id.clone(), saying.grounds.clone(), saying.shadowed);
        let message = self.stream.record_together(event, saying).await?;
        if shadowed {
            let said = MessageSaid {
                message: message.clone(),
            };
            self.stream.signal_to(event, author, &Signal::MessageEchoed(said));
        } else if let Some(grounds) = grounds {
            self.tell(event, &message, &grounds);
        }
        Ok(message)
    }

    /// Tells an author what was decided about their message. What they are not to know is not told.
    fn tell(&self, event: EventId, message: &Message, why: &Deciding) {
        if why.action == Action::MessageShadowed {
            return;
        }
        let told = ModerationTold {
            action: why.action,
            message_id: Some(message.id),
            reason: why.reason.clone(),
            code: why.code.clone(),
            until_at: None,
        };
        let author = message.author.id.clone();
        self.stream.signal_to(event, author, &Signal::ModerationTold(told));
    }

    /// Carries out what staff decided about a message, and tells its author.
    async fn decide<F>(&self, event: EventId, why: Deciding, change: F) -> Result<(Message, bool), Error>
    where
        F: for<'a> FnOnce(&'a mut Scribe<'_>, Deciding) -> BoxFuture<'a, Result<(Message, bool), Error>>
            + Send
            + 'static,
    {
        let told = why.clone();
        let recorded = self.stream.record(event, move |scribe| change(scribe, why));
        let (message, done) = recorded.await?.value;
        if done {
            self.tell(event, &message, &told);
        }
        Ok((message, done))
    }

    /// Whether something was said before under the same `client_id`.
    pub async fn was_sent(&self, event: EventId, saying: &Saying) -> Result<bool, Error> {
        let keys: Vec<_> = rows::Sent::of(event, saying).into_iter().collect();
        Ok(!rows::find_sent(self.store.reader(), keys).await?.is_empty())
    }

    /// Why that may not be said where everything is said once, if it was said a moment ago.
    pub async fn said_lately(&self, event: EventId, text: &MessageText) -> Result<Option<Refusal>, Error> {
        let was_said = lately::was_said(self.store.reader(), event, text, None, crate::clock::now()).await?;
        Ok(was_said.then(lately::not_unique))
    }

    /// Changes one's own message, within the event's edit window.
    pub async fn edit(
        &self,
        event: &Arc<Event>,
        id: MessageId,
        author: UserId,
        new: Rewording,
    ) -> Result<Message, Error> {
        let window_ms = i64::from(event.settings.edit_window_seconds) * 1_000;
        Ok(self
            .stream
            .record(event.id, move |scribe| {
                Box::pin(change::edit(scribe, id, author, new, window_ms))
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
    pub async fn hide(&self, event: EventId, id: MessageId, why: Deciding) -> Result<Message, Error> {
        let hiding = self.decide(event, why, move |scribe, why| Box::pin(change::hide(scribe, id, why)));
        Ok(hiding.await?.0)
    }

    /// Refuses a held message. For staff.
    pub async fn reject(&self, event: EventId, id: MessageId, why: Deciding) -> Result<Message, Error> {
        let rejecting = self.decide(event, why, move |scribe, why| {
            Box::pin(async move {
                change::require_waiting(scribe, id).await?;
                change::hide(scribe, id, why).await
            })
        });
        Ok(rejecting.await?.0)
    }

    /// Lets a held message appear, now, in its place in the log. For staff.
    pub async fn release(&self, event: EventId, id: MessageId, why: Deciding) -> Result<Message, Error> {
        let releasing = self.decide(event, why, move |scribe, why| {
            Box::pin(change::release(scribe, id, why))
        });
        Ok(releasing.await?.0)
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
        let mut message = rows::read_one(db, row).await?;
        let is_own = caller == Some(&message.author.id);
        let waits = matches!(message.status, MessageStatus::Held | MessageStatus::Shadowed);
        let may_see = !waits || role.is_staff() || is_own;
        if is_own && !role.is_staff() {
            message = shadow::as_its_author_sees(message);
        }
        if !may_see {
            return Err(change::no_such_message().into());
        }
        Ok(self.with_mine(vec![message], caller).await?.remove(0))
    }

    /// A page of history; `parent` asks for a thread's replies.
    pub async fn page(&self, event: EventId, wanted: &Wanted, caller: Option<&UserId>) -> Result<Vec<Message>, Error> {
        let (author, parent) = (wanted.author.as_ref(), wanted.parent);
        let db = self.store.reader();
        let mut messages = rows::page(db, event, author, parent, wanted.page, wanted.limit).await?;
        if let Some(caller) = caller {
            let own = rows::shadowed(db, event, caller, parent, wanted.page, wanted.limit).await?;
            if author.is_none_or(|author| author == caller) {
                messages = shadow::among(messages, own, wanted.page, wanted.limit);
            }
        }
        self.with_mine(messages, caller).await
    }

    /// Messages that wait for a moderator, oldest first, from after that row.
    pub async fn held(&self, event: EventId, after: i64, limit: u64) -> Result<Vec<(i64, Message)>, Error> {
        rows::held(self.store.reader(), event, after, limit).await
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

impl Desk for Chat {
    fn hide(&self, event: EventId, id: MessageId, why: Deciding) -> BoxFuture<'_, Result<Option<Message>, Error>> {
        Box::pin(async move {
            let hiding = self.decide(event, why, move |scribe, why| Box::pin(change::hide(scribe, id, why)));
            let (message, done) = hiding.await?;
            Ok(done.then_some(message))
        })
    }

    fn hide_within<'a>(
        &'a self,
        scribe: &'a mut Scribe<'_>,
        id: MessageId,
        why: Deciding,
    ) -> BoxFuture<'a, Result<Option<Message>, Error>> {
        Box::pin(async move {
            let (message, done) = change::hide(scribe, id, why).await?;
            Ok(done.then_some(message))
        })
    }

    fn release_within<'a>(
        &'a self,
        scribe: &'a mut Scribe<'_>,
        id: MessageId,
        why: Deciding,
    ) -> BoxFuture<'a, Result<Option<Message>, Error>> {
        Box::pin(change::release_held(scribe, id, why))
    }

    fn tell_author(&self, event: EventId, message: &Message, why: &Deciding) {
        self.tell(event, message, why);
    }

    fn restore(&self, event: EventId, id: MessageId, why: Deciding) -> BoxFuture<'_, Result<Message, Error>> {
        Box::pin(async move {
            let restoring = self.decide(event, why, move |scribe, why| {
                Box::pin(change::restore(scribe, id, why))
            });
            Ok(restoring.await?.0)
        })
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
                let held = rows::held(read, event, 0, HELD_SHOWN).await?;
                draft.held = Some(held.into_iter().map(|(_, message)| message).collect());
            }
            draft.message_count = rows::count_active(read, event).await?;
            Ok(())
        })
    }
}

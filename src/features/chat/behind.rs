//! Reading with a delay: messages as everybody could see them a while ago.
//!
//! Rows know only how messages are now. Those that were pinned or among the latest are known from the state of that moment;
//! of others, what happened since is taken back, and where that cannot be done exactly, what is shown is older, never newer.

use super::{Chat, Page, Sought, Wanted, change};
use crate::{
    domain::{
        EventId, MessageId, UserId,
        chat::{Message, MessageStatus},
        entry::Entry,
        shift::Delay,
        user::Role,
    },
    store::{Error, moment},
    stream::Earlier,
};

impl Chat {
    /// As [`Chat::page`], so much earlier.
    pub async fn page_behind(
        &self,
        event: EventId,
        mut wanted: Wanted,
        caller: Option<&UserId>,
        delay: Option<Delay>,
    ) -> Result<Vec<Message>, Error> {
        let Some(delay) = Delay::any(delay) else {
            return self.page(event, &wanted, caller).await;
        };
        if let Page::Before(seq) = &mut wanted.page {
            let then = self.stream.earlier(event, delay).await?;
            *seq = (*seq).min(then.head.public + 1);
        }
        let messages = self.page(event, &wanted, caller).await?;
        self.as_of_then(event, messages, delay, |_, _| true).await
    }

    /// As [`Chat::search`], so much earlier. What was edited since is not found: by which words it would have been is not
    /// known, and by which it is now is not to be known yet.
    pub async fn search_behind(
        &self,
        event: EventId,
        sought: &Sought,
        before: u64,
        limit: u64,
        caller: Option<&UserId>,
        delay: Option<Delay>,
    ) -> Result<Vec<Message>, Error> {
        let Some(delay) = Delay::any(delay) else {
            return self.search(event, sought, before, limit, caller).await;
        };
        let then = self.stream.earlier(event, delay).await?;
        let before = before.min(then.head.public + 1);
        let found = self.search(event, sought, before, limit, caller).await?;
        let is_found = |then: &Earlier, message: &Message| !then.since.has_edited(message.id);
        self.as_of_then(event, found, delay, is_found).await
    }

    /// As [`Chat::find`], so much earlier.
    pub async fn find_behind(
        &self,
        event: EventId,
        id: MessageId,
        caller: Option<&UserId>,
        role: Role,
        delay: Option<Delay>,
    ) -> Result<Message, Error> {
        let found = self.find(event, id, caller, role).await?;
        let Some(delay) = Delay::any(delay) else {
            return Ok(found);
        };
        let then = self.as_of_then(event, vec![found], delay, |_, _| true).await?;
        then.into_iter().next().ok_or_else(|| change::no_such_message().into())
    }

    /// Those that were there, as they were.
    async fn as_of_then(
        &self,
        event: EventId,
        messages: Vec<Message>,
        delay: Delay,
        is_shown: impl Fn(&Earlier, &Message) -> bool,
    ) -> Result<Vec<Message>, Error> {
        // After the rows were read, so that it knows of all that is in them.
        let then = self.stream.earlier(event, delay).await?;
        let mut shown = Vec::with_capacity(messages.len());
        for message in messages {
            if then.has(message.seq) && is_shown(&then, &message) {
                shown.push(self.take_back(event, &then, message).await?);
            }
        }
        Ok(shown)
    }

    async fn take_back(&self, event: EventId, then: &Earlier, now: Message) -> Result<Message, Error> {
        if matches!(now.status, MessageStatus::Hidden | MessageStatus::Deleted) {
            // What is gone is gone, then as well.
            let mut now = now;
            then.since.take_back(&mut now);
            return Ok(now);
        }
        if let Some(known) = then.message(&now) {
            return Ok(known);
        }
        let mut message = now;
        if then.since.has_edited(message.id) {
            let told = moment::told_last(self.store.reader(), event, then.head, message.id, message.seq).await?;
            let said = told.and_then(|told| told.kind.read(told.data()).ok());
            if let Some(Entry::MessageCreated(said) | Entry::MessageReleased(said) | Entry::MessageUpdated(said)) = said
            {
                (message.text, message.edited_at) = (said.message.text, said.message.edited_at);
            }
            // All that were pinned are known.
            message.pinned = false;
        }
        then.since.take_back(&mut message);
        Ok(message)
    }
}

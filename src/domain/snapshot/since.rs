//! What happened after a place in the log, as far as it changes what was there before: with it, what is read now can be
//! shown as it was then.

use std::collections::{HashMap, HashSet};

use crate::domain::{
    MessageId, PollId,
    chat::{Message, MessageStatus},
    entry::Entry,
};

/// Public entries after some place, taken together.
#[derive(Debug, Clone, Default)]
pub struct Since {
    replies: HashMap<MessageId, i64>,
    edited: HashSet<MessageId>,
    reacted: HashSet<MessageId>,
    polls: HashSet<PollId>,
}

impl Since {
    /// Takes the next entry in.
    pub fn note(&mut self, entry: &Entry) {
        match entry {
            Entry::MessageCreated(said) | Entry::MessageReleased(said) => self.reply(said.message.parent_id, 1),
            Entry::MessageDeleted(gone) | Entry::MessageHidden(gone) => self.reply(gone.parent_id, -1),
            Entry::MessageUpdated(said) => {
                self.edited.insert(said.message.id);
            }
            Entry::ReactionsChanged(changed) => {
                self.reacted.extend(changed.messages.iter().map(|told| told.message_id));
            }
            Entry::PollOpened(told) | Entry::PollClosed(told) | Entry::PollRetracted(told) => {
                self.polls.insert(told.poll.id);
            }
            Entry::PollChanged(changed) => self.polls.extend(changed.polls.iter().map(|told| told.poll_id)),
            _ => {}
        }
    }

    fn reply(&mut self, parent: Option<MessageId>, by: i64) {
        if let Some(parent) = parent {
            *self.replies.entry(parent).or_default() += by;
        }
    }

    /// Whether a message was edited, pinned or unpinned.
    #[must_use]
    pub fn has_edited(&self, message: MessageId) -> bool {
        self.edited.contains(&message)
    }

    /// Whether anything was told of a poll.
    #[must_use]
    pub fn has_told_of(&self, poll: PollId) -> bool {
        self.polls.contains(&poll)
    }

    /// A message that was not edited, as it was before. Reactions that have changed are left out: how many there were is not
    /// known any more, and how many there are is not to be known yet.
    pub fn take_back(&self, message: &mut Message) {
        let more = self.replies.get(&message.id).copied().unwrap_or(0);
        let before = i64::from(message.reply_count) - more;
        message.reply_count = u32::try_from(before).unwrap_or(0);
        if self.reacted.contains(&message.id) && message.status == MessageStatus::Active {
            message.reactions.clear();
        }
    }
}

//! What an author sees who is seen by nobody else: their messages where they would have been.
//!
//! Such a message has no place in the public log. It remembers which place it would have had, and its author finds it there;
//! it fools people, not programs that compare numbers.

use std::{cmp::Reverse, collections::HashSet};

use super::rows::Page;
use crate::domain::{
    MessageId,
    chat::{Message, MessageStatus},
};

/// Nothing strange about it.
pub(super) fn as_its_author_sees(message: Message) -> Message {
    match message.status {
        MessageStatus::Shadowed => Message {
            status: MessageStatus::Active,
            ..message
        },
        _ => message,
    }
}

/// A page of what everybody sees, with the author's own in between. Where a page ends between two of the same place, the
/// author's own is left out, because the next page begins after that place.
pub(super) fn among(messages: Vec<Message>, own: Vec<Message>, page: Page, limit: u64) -> Vec<Message> {
    if own.is_empty() {
        return messages;
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let own_ids: HashSet<MessageId> = own.iter().map(|message| message.id).collect();
    let mut all = messages;
    all.extend(own.into_iter().map(as_its_author_sees));
    match page {
        Page::Before(_) => all.sort_by_key(|message| Reverse((message.seq, message.id))),
        Page::After(_) => all.sort_by_key(|message| (message.seq, message.id)),
    }
    // The last of what was read only tells that there is more.
    let end = limit.saturating_sub(1);
    if end > 0 && all.len() > end && all[end - 1].seq == all[end].seq {
        let which = if own_ids.contains(&all[end].id) { end } else { end - 1 };
        all.remove(which);
    }
    all.truncate(limit);
    all
}

//! What a change gets to work with: its transaction, the time, and the right to say something.

use sea_orm::DatabaseTransaction;

use super::{Error, Forgotten, LogEntry, log::Head, notices::Noted};
use crate::domain::{
    Audience, EventId, Stamp, UserId,
    entry::{Entry, MessageGone},
    notice::Notice,
};

/// Stands for one change while it runs. What it says becomes part of the log when the whole batch is committed, or
/// not at all.
pub struct Scribe<'a> {
    txn: &'a DatabaseTransaction,
    event: EventId,
    now: Stamp,
    head: Head,
    said: Said,
    failed: Option<Error>,
}

/// What changes said, and what the log shall forget.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) entries: Vec<LogEntry>,
    pub(super) forgotten: Vec<Forgotten>,
    pub(super) notices: Vec<Noted>,
    /// Who has to look, once it is committed.
    pub(super) noticed: Vec<UserId>,
}

impl Said {
    pub(super) fn extend(&mut self, more: Self) {
        self.entries.extend(more.entries);
        self.forgotten.extend(more.forgotten);
        self.notices.extend(more.notices);
        self.noticed.extend(more.noticed);
    }
}

impl<'a> Scribe<'a> {
    pub(super) fn new(txn: &'a DatabaseTransaction, event: EventId, now: Stamp, head: Head) -> Self {
        Self {
            txn,
            event,
            now,
            head,
            said: Said::default(),
            failed: None,
        }
    }

    /// The transaction to read and write through. Nothing else may be used inside a change.
    #[must_use]
    pub fn txn(&self) -> &'a DatabaseTransaction {
        self.txn
    }

    #[must_use]
    pub fn event(&self) -> EventId {
        self.event
    }

    /// The time of this batch: entries said in it carry it.
    #[must_use]
    pub fn now(&self) -> Stamp {
        self.now
    }

    /// The `seq` that the next public entry will have.
    #[must_use]
    pub fn next_seq(&self) -> u64 {
        self.head.public + 1
    }

    /// Says something to everybody; gives the entry's `seq`.
    pub fn say(&mut self, entry: &Entry) -> u64 {
        self.head.public += 1;
        self.append(Audience::Public, entry);
        self.head.public
    }

    /// Says something that only staff hear; gives the entry's `seq` in their audience.
    pub fn say_to_staff(&mut self, entry: &Entry) -> u64 {
        self.head.staff += 1;
        self.append(Audience::Staff, entry);
        self.head.staff
    }

    /// Has the log forget the text of a message that appeared at that `seq` (0: never) and is gone now.
    pub fn forget(&mut self, gone: MessageGone, seq: u64) {
        let event = self.event;
        self.said.forgotten.push(Forgotten { event, seq, gone });
    }

    /// Has people notified of something, together with whatever else is said. Any number of people costs the same few
    /// statements for the whole batch.
    pub fn notify(&mut self, notice: Notice) {
        let event = self.event;
        self.said.notices.push(Noted { event, notice });
    }

    fn append(&mut self, audience: Audience, entry: &Entry) {
        match LogEntry::new(self.event, audience, self.head, entry, self.now) {
            Ok(line) => self.said.entries.push(line),
            Err(error) => self.failed = Some(error),
        }
    }

    pub(super) fn finish(self) -> Result<(Head, Said), Error> {
        self.failed.map_or(Ok((self.head, self.said)), Err)
    }
}

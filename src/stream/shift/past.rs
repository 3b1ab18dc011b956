//! The state of an event at the place that a shifted stand has reached, folded from the log.
//!
//! One past is kept for each shifted stand and moved on when somebody asks, so a log is read once from its beginning, in
//! pages, and then a little at a time.

use super::Shift;
use crate::{
    domain::{
        Audience,
        entry::MessageGone,
        snapshot::{Past, Snapshot},
    },
    store::{Error, Head, log},
    stream::{hub::Hub, snapshot::Shot, stand::Stand},
};

/// Entries read at once.
const PAGE: u64 = 500;

/// A past, and the place at which it was so.
pub(super) struct Base {
    head: Head,
    past: Past,
}

impl Shift {
    /// A message will be gone further on.
    pub(super) async fn forget(&self, gone: &MessageGone) {
        if let Some(base) = self.base.lock().await.as_mut() {
            base.past.forget(gone);
        }
    }
}

impl Hub {
    /// What everybody could see at the place that the stand has reached.
    pub(in crate::stream) async fn past(&self, stand: &Stand, shift: &Shift) -> Result<(Head, Snapshot), Error> {
        let mut base = shift.base.lock().await;
        let goal = stand.head();
        if base.as_ref().is_some_and(|base| base.head.epoch != goal.epoch) {
            *base = None;
        }
        let reached = |base: &Option<Base>| base.as_ref().map_or(0, |base| base.head.public);
        if reached(&base) < goal.public {
            // Never closed; and if it were, reading without a turn would do no harm.
            let _turn = self.folds.acquire().await.ok();
            while reached(&base) < goal.public {
                self.read_on(stand, &mut base, goal).await?;
            }
        }
        let base = base
            .as_ref()
            .ok_or_else(|| Error::unreadable("log", "nothing was ever said"))?;
        let presence = shift.waiting().presence();
        let cursor = base.head.cursor(Audience::Public);
        Ok((base.head, base.past.snapshot(cursor, shift.due(), presence)))
    }

    async fn read_on(&self, stand: &Stand, base: &mut Option<Base>, goal: Head) -> Result<(), Error> {
        let nothing = Head {
            epoch: goal.epoch,
            ..Head::EMPTY
        };
        let after = base.as_ref().map_or(nothing, |base| base.head);
        let page = log::read_after(self.store.reader(), stand.event, Audience::Public, after, PAGE).await?;
        if page.is_empty() {
            return Err(Error::unreadable("log", "it ends before its head"));
        }
        for entry in page.iter().take_while(|entry| entry.seq <= goal.public) {
            let said = entry.kind.read(entry.data());
            let said = said.map_err(|error| Error::unreadable("entry", error))?;
            let head = entry.head();
            if let Some(base) = base {
                base.past.fold(&said);
                base.head = head;
            } else {
                let past = Past::begins(said);
                let past = past.ok_or_else(|| Error::unreadable("log", "it does not begin with its event"))?;
                *base = Some(Base { head, past });
            }
        }
        Ok(())
    }

    pub(in crate::stream) async fn shot_of_past(&self, stand: &Stand, shift: &Shift) -> Result<Shot, Error> {
        let (head, snapshot) = self.past(stand, shift).await?;
        Shot::of(&snapshot, head, Audience::Public)
    }
}

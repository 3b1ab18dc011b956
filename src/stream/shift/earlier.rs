//! What everybody could see a while ago, and what was told since: with both, what is read from rows now can be shown as
//! it was then.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    domain::{
        Audience, Stamp,
        chat::Message,
        snapshot::{Since, Snapshot},
    },
    store::{Error, Head, log},
    stream::{hub::Hub, stand::Stand},
};

/// One moment serves all who read for so long. What it shows is then that much older than asked for, never newer.
const SHARED: Duration = Duration::from_secs(1);
/// Entries read at once.
const PAGE: u64 = 500;

/// A moment that lies a while back.
#[derive(Debug, Clone)]
pub struct Earlier {
    /// How far the log had come.
    pub head: Head,
    pub at: Stamp,
    pub snapshot: Arc<Snapshot>,
    /// What was told after `head`.
    pub since: Since,
    /// As far as that was read.
    reached: Head,
    made: Instant,
}

impl Earlier {
    /// Whether something at that place in the log was there.
    #[must_use]
    pub const fn has(&self, seq: u64) -> bool {
        seq <= self.head.public
    }

    /// A message as it was, if its state then is known whole: all that were pinned are, and the latest.
    #[must_use]
    pub fn message(&self, now: &Message) -> Option<Message> {
        let known = self.snapshot.pinned.iter().chain(&self.snapshot.messages);
        let mut then = known.into_iter().find(|message| message.id == now.id)?.clone();
        then.mine.clone_from(&now.mine);
        Some(then)
    }
}

impl Hub {
    /// The moment that a delayed stand has reached, with everything told since, up to now.
    pub(in crate::stream) async fn earlier(&self, stand: &Stand) -> Result<Arc<Earlier>, Error> {
        let Some(shift) = &stand.shift else {
            return Err(Error::unreadable("past", "the stand tells things as they happen"));
        };
        let mut known = shift.earlier.lock().await;
        let epoch = stand.head().epoch;
        let fits = |earlier: &Arc<Earlier>| earlier.made.elapsed() < SHARED && earlier.head.epoch == epoch;
        let mut earlier = if let Some(earlier) = known.take().filter(fits) {
            earlier
        } else {
            let at = shift.due();
            let (head, snapshot) = self.past(stand, shift).await?;
            Arc::new(Earlier {
                head,
                at,
                snapshot: Arc::new(snapshot),
                since: Since::default(),
                reached: head,
                made: Instant::now(),
            })
        };
        loop {
            let db = self.store.reader();
            let page = log::read_after(db, stand.event, Audience::Public, earlier.reached, PAGE).await?;
            let Some(last) = page.last() else { break };
            let now = Arc::make_mut(&mut earlier);
            now.reached = last.head();
            for entry in &page {
                let said = entry.kind.read(entry.data());
                now.since
                    .note(&said.map_err(|error| Error::unreadable("entry", error))?);
            }
        }
        *known = Some(Arc::clone(&earlier));
        Ok(earlier)
    }
}

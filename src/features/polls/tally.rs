//! The tick that tells the log how polls stand, and closes those whose time is over.
//!
//! Every instance ticks; whatever one counted any of them may tell. The turn at an event is claimed in the database, so
//! that its viewers are not told more often because there are more instances. A poll that is due is found in the database
//! as well, so it closes at the next tick of any instance that lives, also after all of them were away; that it closes once
//! is `change.rs`'s doing.

use std::{
    sync::PoisonError,
    time::{Duration, Instant},
};

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{
    Polls,
    change::{self, End},
    rows,
};
use crate::{
    clock,
    domain::{
        EventId,
        entry::{Entry, PollsChanged},
    },
    store::{Error, Scribe, claim},
};

const TICK: Duration = Duration::from_millis(300);
/// Votes cost each viewer at most one frame in this time, whatever number of instances counts. Shorter than a tick, or an
/// instance alone would now and then find that its own turn was too recent.
const TURN: Duration = Duration::from_millis(250);
/// What an instance left untold when it died, another finds in this time.
const LOOK: Duration = Duration::from_secs(5);

impl Polls {
    /// Keeps time until told to stop, then tells once more, so that nothing counted stays untold.
    pub async fn keep(self, stop: CancellationToken) {
        let mut looked: Option<Instant> = None;
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            if looked.is_none_or(|looked| looked.elapsed() >= LOOK) {
                looked = Some(Instant::now());
                self.look_for_untold().await;
            }
            self.close_due().await;
            self.tell_all(Some(TURN)).await;
        }
        self.tell_all(None).await;
    }

    async fn look_for_untold(&self) {
        match rows::events_untold(self.store.reader()).await {
            Ok(events) => self
                .untold
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend(events),
            Err(error) => not_now(&error, "untold votes could not be looked up"),
        }
    }

    async fn close_due(&self) {
        let due = match rows::due(self.store.reader(), clock::now()).await {
            Ok(due) => due,
            Err(error) => return not_now(&error, "polls that are due could not be looked up"),
        };
        for (event, poll) in due {
            let closed = self
                .stream
                .record(event, move |scribe| Box::pin(change::end(scribe, poll, End::Due)));
            match closed.await {
                Ok(_) => {}
                Err(Error::Closed) => return,
                Err(error) => {
                    tracing::warn!(event.id = %event, poll.id = %poll, error = &error as &dyn std::error::Error, "a poll closes at the next tick");
                }
            }
        }
    }

    /// `turn`: not where an instance told something so recently.
    async fn tell_all(&self, turn: Option<Duration>) {
        let owed = std::mem::take(&mut *self.untold.lock().unwrap_or_else(PoisonError::into_inner));
        for event in owed {
            let told = self
                .stream
                .record(event, move |scribe| Box::pin(tell(scribe, turn)))
                .await;
            match told.map(|told| told.value) {
                Ok(true) => continue,
                Ok(false) => {}
                Err(Error::Closed) => return,
                Err(error) => {
                    tracing::warn!(event.id = %event, error = &error as &dyn std::error::Error, "votes wait for the next tick");
                }
            }
            self.untold.lock().unwrap_or_else(PoisonError::into_inner).insert(event);
        }
    }
}

/// An outage is in the log already, once, from whoever found it.
fn not_now(error: &Error, what: &str) {
    if !error.is_outage() {
        tracing::error!(error = error as &dyn std::error::Error, "{what}");
    }
}

/// Says what is untold, if it is our turn; gives whether nothing is left.
async fn tell(scribe: &mut Scribe<'_>, turn: Option<Duration>) -> Result<bool, Error> {
    let event: EventId = scribe.event();
    let polls = rows::untold(scribe.txn(), event).await?;
    if polls.is_empty() {
        return Ok(true);
    }
    let occasion = format!("polls {event}");
    if turn.is_some() && !claim(scribe.txn(), &occasion, scribe.now(), turn).await? {
        return Ok(false);
    }
    let polls = rows::tell(scribe.txn(), polls).await?;
    if !polls.is_empty() {
        scribe.say(&Entry::PollChanged(PollsChanged { polls }));
    }
    Ok(true)
}

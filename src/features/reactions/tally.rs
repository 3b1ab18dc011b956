//! The tick that tells the log what was counted since the last one.
//!
//! Every instance ticks, and what one counted any of them may tell. The turn at an event is claimed in the database, so
//! that its viewers are not told more often because there are more instances.

use std::{
    sync::PoisonError,
    time::{Duration, Instant},
};

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{Reactions, rows};
use crate::{
    domain::{
        EventId,
        entry::{Entry, ReactionsChanged},
    },
    store::{Error, Scribe, claim},
};

const TICK: Duration = Duration::from_millis(300);
/// A storm of reactions costs each viewer at most one frame in this time, whatever number of instances counts. Shorter
/// than a tick, or an instance alone would now and then find that its own turn was too recent.
const TURN: Duration = Duration::from_millis(250);
/// What an instance left untold when it died, another finds in this time.
const LOOK: Duration = Duration::from_secs(5);

/// What became of an event's totals.
enum Told {
    All,
    /// More is left, or another instance has the turn.
    NotAll,
}

impl Reactions {
    /// Tells totals every tick until told to stop, then once more, so that nothing counted stays untold.
    pub async fn tally(self, stop: CancellationToken) {
        let mut looked: Option<Instant> = None;
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            if looked.is_none_or(|looked| looked.elapsed() >= LOOK) {
                looked = Some(Instant::now());
                self.look_for_untold().await;
            }
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
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "untold totals could not be looked up"
            ),
        }
    }

    /// `turn`: not where an instance told something so recently.
    async fn tell_all(&self, turn: Option<Duration>) {
        let owed = std::mem::take(&mut *self.untold.lock().unwrap_or_else(PoisonError::into_inner));
        for event in owed {
            match self
                .stream
                .record(event, move |scribe| Box::pin(tell(scribe, turn)))
                .await
                .map(|told| told.value)
            {
                Ok(Told::All) => {}
                Ok(Told::NotAll) => self.owe(event),
                Err(Error::Closed) => return,
                Err(error) => {
                    tracing::warn!(event.id = %event, error = &error as &dyn std::error::Error, "totals wait for the next tick");
                    self.owe(event);
                }
            }
        }
    }
}

/// Says what is untold, if it is our turn.
async fn tell(scribe: &mut Scribe<'_>, turn: Option<Duration>) -> Result<Told, Error> {
    let event: EventId = scribe.event();
    if !rows::is_untold(scribe.txn(), event).await? {
        return Ok(Told::All);
    }
    let occasion = format!("tally {event}");
    if turn.is_some() && !claim(scribe.txn(), &occasion, scribe.now(), turn).await? {
        return Ok(Told::NotAll);
    }
    let (messages, more) = rows::tell_reactions(scribe.txn(), event).await?;
    if !messages.is_empty() {
        scribe.say(&Entry::ReactionsChanged(ReactionsChanged { messages }));
    }
    if let Some(changed) = rows::tell_applause(scribe.txn(), event).await? {
        scribe.say(&Entry::ApplauseChanged(changed));
    }
    Ok(if more { Told::NotAll } else { Told::All })
}

//! The tick that tells the log what was counted since the last one.

use std::{sync::PoisonError, time::Duration};

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{Reactions, rows};
use crate::{
    domain::{
        EventId,
        entry::{Entry, ReactionsChanged},
    },
    store::{Error, Scribe},
};

/// A storm of reactions costs each viewer at most one frame in this time.
const TICK: Duration = Duration::from_millis(300);

impl Reactions {
    /// Tells totals every tick until told to stop, then once more, so that nothing counted stays untold.
    pub async fn tally(self, stop: CancellationToken) {
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
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            self.tell_all().await;
        }
        self.tell_all().await;
    }

    async fn tell_all(&self) {
        let owed = std::mem::take(&mut *self.untold.lock().unwrap_or_else(PoisonError::into_inner));
        for event in owed {
            match self
                .stream
                .record(event, |scribe| Box::pin(tell(scribe)))
                .await
                .map(|told| told.value)
            {
                Ok(false) => {}
                Ok(true) => self.owe(event),
                Err(Error::Closed) => return,
                Err(error) => {
                    tracing::warn!(event.id = %event, error = &error as &dyn std::error::Error, "totals wait for the next tick");
                    self.owe(event);
                }
            }
        }
    }
}

/// Says what is untold; true if more is left.
async fn tell(scribe: &mut Scribe<'_>) -> Result<bool, Error> {
    let event: EventId = scribe.event();
    let (messages, more) = rows::tell_reactions(scribe.txn(), event).await?;
    if !messages.is_empty() {
        scribe.say(&Entry::ReactionsChanged(ReactionsChanged { messages }));
    }
    if let Some(changed) = rows::tell_applause(scribe.txn(), event).await? {
        scribe.say(&Entry::ApplauseChanged(changed));
    }
    Ok(more)
}

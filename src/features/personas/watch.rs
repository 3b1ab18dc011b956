//! Who looks for what is owed, and has a session while it is seen to.

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::Personas;
use super::rows;
use crate::{clock, domain::EventId, store::Error};

/// A persona that looks up so often seems to be there.
const LOOK: Duration = Duration::from_millis(400);
const TAKEN_MOST: i64 = 16;
/// Whoever has a session says so again before this is over; who died has it no longer than this.
const LEASE_MS: i64 = 8_000;
const RENEW: Duration = Duration::from_secs(2);

impl Personas {
    /// Sees to what is owed until told to stop.
    pub async fn play(self, stop: CancellationToken) {
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            let owed = match rows::owed(self.means.store.reader(), clock::now(), TAKEN_MOST).await {
                Ok(owed) => owed,
                Err(Error::Closed) => return,
                Err(error) => {
                    not_now(&error, None);
                    continue;
                }
            };
            for event in owed {
                let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
                    break;
                };
                match self.take(event).await {
                    Ok(Some(lease)) => {
                        let (personas, stop) = (self.clone(), stop.clone());
                        self.means.tasks.spawn(async move {
                            let seen_to = personas.see_to(event, lease);
                            if let Some(Err(error)) = stop.run_until_cancelled(seen_to).await {
                                not_now(&error, Some(event));
                            }
                            drop(place);
                        });
                    }
                    Ok(None) => {}
                    Err(error) => not_now(&error, Some(event)),
                }
            }
        }
    }

    async fn take(&self, event: EventId) -> Result<Option<i64>, Error> {
        self.lease(event, 0, LEASE_MS).await
    }

    /// `None`: somebody else has it.
    async fn lease(&self, event: EventId, from: i64, for_ms: i64) -> Result<Option<i64>, Error> {
        let now = clock::now();
        let until = now.ms() + for_ms;
        let write = self
            .means
            .store
            .write(move |txn| Box::pin(async move { rows::lease(txn, event, from, now, until).await }));
        Ok(write.await?.then_some(until))
    }

    /// Keeps the session while it is seen to, and gives it back.
    async fn see_to(&self, event: EventId, mut lease: i64) -> Result<(), Error> {
        let outcome = {
            let seen_to = self.turn(event);
            tokio::pin!(seen_to);
            let mut renewals = interval(RENEW);
            renewals.tick().await;
            loop {
                tokio::select! {
                    outcome = &mut seen_to => break outcome,
                    _ = renewals.tick() => match self.lease(event, lease, LEASE_MS).await? {
                        Some(longer) => lease = longer,
                        // Somebody else goes on; what we have would not be written anyway.
                        None => return Ok(()),
                    },
                }
            }
        };
        self.lease(event, lease, 0).await?;
        outcome
    }
}

/// An outage is in the log already, once, from whoever found it; the next look finds what is left.
fn not_now(error: &Error, event: Option<EventId>) {
    if error.is_outage() || matches!(error, Error::Closed | Error::Overloaded) {
        return;
    }
    let event = event.map(tracing::field::display);
    tracing::warn!(
        event.id = event,
        error = error as &dyn std::error::Error,
        "a session waits for the next look"
    );
}

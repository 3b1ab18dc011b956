//! When logs are looked at: soon after something was said, and in any case when a look round finds one that was not.

use std::{sync::PoisonError, time::Duration};

use futures_util::{StreamExt, stream};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{Commentary, rows};
use crate::{
    clock,
    domain::{EventId, Stamp},
    store::Error,
};

/// What nobody told this instance of, it finds in this time.
const SWEEP: Duration = Duration::from_secs(5);
/// Logs looked at at once.
const AT_ONCE: usize = 4;
const PAGE: u64 = 200;
/// How far a look round goes back: the first one to what ended while no instance ran.
const FIRST_BACK_MS: i64 = 24 * 3_600_000;
const BACK_MS: i64 = 15 * 60_000;

impl Commentary {
    /// Looks at logs until told to stop.
    pub async fn watch(self, stop: CancellationToken) {
        let (mut sweep, mut back_ms) = (Instant::now(), FIRST_BACK_MS);
        while !stop.is_cancelled() {
            let woken = stop.run_until_cancelled(async {
                tokio::select! {
                    () = self.wake.notified() => false,
                    () = sleep_until(sweep) => true,
                }
            });
            let Some(is_time) = woken.await else { return };
            if is_time {
                match self.look_round(clock::now().plus_ms(-back_ms)).await {
                    Ok(()) => back_ms = BACK_MS,
                    Err(Error::Closed) => return,
                    Err(error) => not_now(&error, None),
                }
                sweep = Instant::now() + SWEEP;
            }
            let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
            stream::iter(waiting)
                .for_each_concurrent(AT_ONCE, |event| self.look_if_on(event))
                .await;
        }
    }

    async fn look_if_on(&self, event: EventId) {
        let looked = async {
            if self.is_on(event).await? {
                self.look(event).await?;
            }
            Ok(())
        };
        if let Err(error) = looked.await {
            not_now(&error, Some(event));
        }
    }

    async fn look_round(&self, since: Stamp) -> Result<(), Error> {
        let mut last = None;
        loop {
            let behind = rows::behind(self.store.reader(), since, last, PAGE).await?;
            let Some(end) = behind.last().copied() else {
                return Ok(());
            };
            stream::iter(behind)
                .for_each_concurrent(AT_ONCE, |event| async move {
                    // One that fails holds nobody up.
                    if let Err(error) = self.look(event).await {
                        not_now(&error, Some(event));
                    }
                })
                .await;
            last = Some(end);
        }
    }
}

/// An outage is in the log already, once, from whoever found it; the next look round finds what is left.
fn not_now(error: &Error, event: Option<EventId>) {
    if error.is_outage() || matches!(error, Error::Closed | Error::Overloaded) {
        return;
    }
    let event = event.map(tracing::field::display);
    tracing::warn!(
        event.id = event,
        error = error as &dyn std::error::Error,
        "a contest waits for the next look at its log"
    );
}

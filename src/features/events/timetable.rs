//! What happens to events by itself: the log tells it once, over all instances and restarts.
//!
//! Each row of an event says when it is to be looked at next (`due_ms`). Every instance asks the database for what is due,
//! at least once a second, and sees to it behind the event's lock: whoever comes second finds nothing left to do. The same
//! is done with every change of an event, in its transaction, so that nobody sees an event that is behind its own times.

use std::time::Duration;

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use super::{Events, enact, require, rows};
use crate::{
    clock,
    domain::{
        EventId, Stamp,
        entry::{Entry, RoomTold},
        event::{Event, Transition},
        room::{Room, RoomWindow},
        timetable::{self, Step, Told},
    },
    store::{Error, Scribe},
};

/// Somebody else may have made something due meanwhile.
const LOOK: Duration = Duration::from_secs(1);
/// A moment that is never far off must not keep an instance busy.
const BREATH: Duration = Duration::from_millis(5);
/// Events seen to at once.
const AT_ONCE: u64 = 64;
/// An event takes at most four steps, one after the other; with more, something turns in circles.
const STEPS: usize = 8;

impl Events {
    /// Sees to what is due until told to stop.
    pub async fn keep_time(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let wait = match self.see_to_what_is_due().await {
                Ok(next) => until(next),
                Err(Error::Closed) => return,
                Err(error) => {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(error, "what is due could not be looked up");
                    LOOK
                }
            };
            let look = async {
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = self.changed.notified() => {}
                }
            };
            stop.run_until_cancelled(look).await;
        }
    }

    /// Gives when the next thing is due.
    async fn see_to_what_is_due(&self) -> Result<Option<Stamp>, Error> {
        let now = clock::now();
        let mut last = None;
        loop {
            let due = rows::due(self.store.reader(), now, last, AT_ONCE).await?;
            for outcome in join_all(due.iter().map(|(event, _)| self.see_to(*event))).await {
                match outcome {
                    Err(Error::Closed) => return Err(Error::Closed),
                    Err(error) => {
                        let error: &dyn std::error::Error = &error;
                        tracing::warn!(error, "what is due waits for the next look");
                    }
                    Ok(()) => {}
                }
            }
            // Further on, whatever became of these: one that fails holds nobody up.
            last = due.last().copied();
            if (due.len() as u64) < AT_ONCE {
                return rows::next_due(self.store.reader(), now).await;
            }
        }
    }

    async fn see_to(&self, event: EventId) -> Result<(), Error> {
        let seen_to = self.stream.record(event, |scribe| {
            Box::pin(async move {
                let (mut event, told) = require(scribe).await?;
                settle(scribe, &mut event, told).await
            })
        });
        if seen_to.await?.value {
            self.forget(event);
        }
        Ok(())
    }
}

/// Until that moment, or until it is time to look anyway.
fn until(next: Option<Stamp>) -> Duration {
    let Some(next) = next else { return LOOK };
    let ms = u64::try_from(next.ms().saturating_sub(clock::now().ms())).unwrap_or(0);
    Duration::from_millis(ms).clamp(BREATH, LOOK)
}

/// Takes every step that is due by now, and notes when the next one is. Whether there was one.
pub(super) async fn settle(scribe: &mut Scribe<'_>, event: &mut Event, told: Told) -> Result<bool, Error> {
    let now = scribe.now();
    let mut told = match told {
        Told::Nothing => Told::found(event, now),
        told => told,
    };
    let mut steps = 0;
    let due = loop {
        let due = timetable::next(event, told, now);
        let Some(step) = due.filter(|due| due.at <= now && steps < STEPS).map(|due| due.step) else {
            break due;
        };
        steps += 1;
        match step {
            Step::Open => say_room(scribe, event, true),
            Step::Close => say_room(scribe, event, false),
            Step::Start => enact(scribe, event, Transition::Start).await?,
            Step::End => enact(scribe, event, Transition::End).await?,
        }
        told = told.after(step, event);
    };
    rows::note(scribe.txn(), event.id, told, due.map(|due| due.at)).await?;
    Ok(steps > 0)
}

fn say_room(scribe: &mut Scribe<'_>, event: &Event, open: bool) {
    let RoomWindow { opens_at, closes_at } = RoomWindow::of(event);
    let window = Room {
        open,
        opens_at,
        closes_at,
    };
    let told = RoomTold { window };
    scribe.say(&if open {
        Entry::RoomOpened(told)
    } else {
        Entry::RoomClosed(told)
    });
}

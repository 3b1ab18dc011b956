//! How streams come to an end that the house wishes: people are dismissed, rights end, the house closes.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use tokio::time::sleep;

use super::hub::Hub;
use crate::{
    bus::Envelope,
    clock,
    domain::{EventId, UserId, entry::ByeReason},
};

/// Steps in which streams are told to leave when draining.
const DRAIN_STEPS: u32 = 50;

impl Hub {
    /// Ends the streams of one user (or of everybody) in an event, on all instances.
    pub(super) fn close_seats(&self, event: EventId, only: Option<UserId>, reason: ByeReason) {
        self.bus.publish(Envelope::Dismissed(event, only.clone(), reason));
        self.dismiss(event, only, reason);
    }

    pub(super) fn dismiss(&self, event: EventId, only: Option<UserId>, reason: ByeReason) {
        if let Some(stand) = self.find(event) {
            stand.dismissals.add(only, reason);
            stand.wake_now();
            for shifted in stand.shifted.all() {
                shifted.wake_now();
            }
        }
    }

    /// As [`Hub::close_seats`], on this instance only, and in all events if none is named.
    pub(super) fn close_seats_here(&self, event: Option<EventId>, user: &UserId, reason: ByeReason) {
        let events = if let Some(event) = event {
            vec![event]
        } else {
            self.perch_dismissals.add(Some(user.clone()), reason);
            self.look_up();
            self.stands().keys().copied().collect()
        };
        for event in events {
            self.dismiss(event, Some(user.clone()), reason);
        }
    }

    /// Has perches look whether they have to leave.
    fn look_up(&self) {
        self.pulse.send_modify(|_| ());
    }

    /// Wakes the stands where somebody's right to listen has ended; the seats see it themselves.
    pub(super) fn expire(&self) {
        let now_ms = clock::now().ms();
        for stand in self.everywhere() {
            if stand.next_expiry_ms.load(Ordering::Acquire) <= now_ms {
                stand.next_expiry_ms.store(i64::MAX, Ordering::Release);
                stand.wake_now();
            }
        }
    }

    /// Tells all seats to leave, spread over the configured window.
    pub(super) async fn drain(&self) {
        let pause = Duration::from_millis(self.config.drain_window_ms) / DRAIN_STEPS;
        for step in 1..=DRAIN_STEPS {
            self.drained.store(1_000 * step / DRAIN_STEPS, Ordering::Release);
            self.look_up();
            for stand in self.everywhere() {
                stand.wake_now();
            }
            if self.turnstile.open() == 0 {
                break;
            }
            sleep(pause).await;
        }
        self.drained.store(1_000, Ordering::Release);
        self.look_up();
        for stand in self.everywhere() {
            stand.wake_now();
        }
        self.ushers
            .close_by(Instant::now() + Duration::from_millis(self.config.grace_ms));
    }
}

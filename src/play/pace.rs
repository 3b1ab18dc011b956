//! Waiting for moments: a timeline at some speed of life.

use std::time::Duration;

use tokio::time::Instant;

use super::timeline::Moment;

/// As many updates as one request may carry.
const BATCH_MAX: usize = 100;

/// Hands out a timeline's moments when they are due.
#[derive(Debug)]
pub struct Player {
    moments: Vec<Moment>,
    next: usize,
    started: Instant,
    speed: f64,
}

impl Player {
    /// Starts now. `speed` 1 is the speed of life; it is held between a thousandth and a million.
    #[must_use]
    pub fn start(moments: Vec<Moment>, speed: f64) -> Self {
        Self {
            moments,
            next: 0,
            started: Instant::now(),
            speed: if speed.is_finite() {
                speed.clamp(0.001, 1e6)
            } else {
                1.0
            },
        }
    }

    fn due(&self, moment: &Moment) -> Instant {
        // A day of playing is below 2^27 ms: exact as a float.
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of a match are small numbers")]
        let seconds = moment.at_ms as f64 / 1_000.0 / self.speed;
        self.started + Duration::from_secs_f64(seconds)
    }

    /// When something is due next; `None` when all is told.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        self.moments.get(self.next).map(|moment| self.due(moment))
    }

    /// Everything that is due by now, at most one request's worth. Empty if nothing is.
    pub fn take_due(&mut self) -> &[Moment] {
        let now = Instant::now();
        let from = self.next;
        let due = self.moments[from..]
            .iter()
            .take(BATCH_MAX)
            .take_while(|moment| self.due(moment) <= now)
            .count();
        self.next += due;
        &self.moments[from..self.next]
    }

    /// Waits until something is due and gives it. `None` when all is told.
    pub async fn next(&mut self) -> Option<&[Moment]> {
        tokio::time::sleep_until(self.next_due()?).await;
        Some(self.take_due())
    }
}

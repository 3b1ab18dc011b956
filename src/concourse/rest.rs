//! Leaving Redis alone for a moment after it was slow, so that not every caller waits to find out for himself.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::redis::Error;

/// So long nobody asks after an answer did not come in time. One caller then finds out whether it does again.
const REST: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct Rest(Mutex<Option<Instant>>);

impl Rest {
    /// Whether Redis is better not asked. Of those who ask when the rest is over, one is told to go ahead first.
    pub(super) fn is_on(&self, now: Instant) -> bool {
        let mut until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match *until {
            None => false,
            Some(end) if now < end => true,
            Some(_) => {
                *until = None;
                false
            }
        }
    }

    /// The same without a claim to go ahead.
    pub(super) fn lasts(&self, now: Instant) -> bool {
        let until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|end| now < end)
    }

    pub(super) fn begin(&self, now: Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(now + REST);
    }

    /// Begins a rest if the error says that Redis is slow. One that is known to be away costs nothing anyway.
    pub(super) fn after(&self, error: &Error) {
        match error {
            Error::TimedOut => self.begin(Instant::now()),
            Error::Failed(error) => tracing::debug!(error = %error, "redis failed; the decision was made here"),
            Error::Away(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_ends_by_itself() {
        let (rest, now) = (Rest::default(), Instant::now());
        assert!(!rest.is_on(now));
        rest.begin(now);
        assert!(rest.is_on(now));
        assert!(!rest.is_on(now + REST));
        assert!(!rest.is_on(now), "it is over");
    }
}

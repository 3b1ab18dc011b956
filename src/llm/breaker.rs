//! Leaves a model alone that failed too often, and tries it again with one question at a time.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

#[derive(Debug, Default)]
struct State {
    /// In a row.
    failures: u32,
    /// Until then nobody is let through; after it, one at a time until it goes well.
    open_until: Option<Instant>,
    trying: bool,
}

/// Counts failures in a row. The lock is held for comparisons only.
#[derive(Debug)]
pub(super) struct Breaker {
    failures: u32,
    open_for: Duration,
    state: Mutex<State>,
}

/// Who was let through. Dropped without a word, it says nothing about the model.
pub(super) struct Pass {
    breaker: Arc<Breaker>,
    is_trial: bool,
}

impl Breaker {
    pub(super) fn new(failures: u32, open_for: Duration) -> Self {
        Self {
            failures,
            open_for,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// In how many seconds it is worth asking, if not now.
    pub(super) fn is_open(&self, now: Instant) -> Option<u32> {
        let state = self.state();
        let until = state.open_until?;
        let left = until.saturating_duration_since(now);
        if left.is_zero() && !state.trying {
            return None;
        }
        Some(u32::try_from(left.as_secs() + 1).unwrap_or(u32::MAX))
    }

    /// Lets one through, or says in how many seconds it is worth asking.
    pub(super) fn pass(self: &Arc<Self>, now: Instant) -> Result<Pass, u32> {
        if let Some(seconds) = self.is_open(now) {
            return Err(seconds);
        }
        let mut state = self.state();
        let is_trial = state.open_until.is_some();
        if is_trial && std::mem::replace(&mut state.trying, true) {
            return Err(1);
        }
        drop(state);
        Ok(Pass {
            breaker: Arc::clone(self),
            is_trial,
        })
    }
}

impl Pass {
    /// The model answers.
    pub(super) fn went_well(self) -> bool {
        let mut state = self.breaker.state();
        let was_open = state.open_until.is_some();
        // Whoever was let through before it broke says nothing about now.
        if self.is_trial || !was_open {
            state.failures = 0;
            state.open_until = None;
        }
        was_open && self.is_trial
    }

    /// It does not. True if it is left alone from now on. `at_least`: what its server asked for.
    pub(super) fn failed(self, at_least: Option<Duration>, now: Instant) -> bool {
        let mut state = self.breaker.state();
        if state.open_until.is_some() && !self.is_trial {
            return false;
        }
        state.failures = state.failures.saturating_add(1);
        if !self.is_trial && state.failures < self.breaker.failures {
            return false;
        }
        let longest = self.breaker.open_for * 10;
        let pause = self.breaker.open_for.max(at_least.unwrap_or_default().min(longest));
        state.open_until = Some(now + pause);
        true
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if self.is_trial {
            self.breaker.state().trying = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker() -> (Arc<Breaker>, Instant) {
        (Arc::new(Breaker::new(2, Duration::from_secs(30))), Instant::now())
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_closes_after_one_that_went_well() {
        let (breaker, mut now) = breaker();
        let pass = |now| breaker.pass(now).ok().unwrap();
        assert!(!pass(now).failed(None, now));
        pass(now).went_well();
        assert!(!pass(now).failed(None, now));
        let (one, other) = (pass(now), pass(now));
        assert!(one.failed(None, now) && !other.failed(None, now), "it opens once");
        assert_eq!(breaker.is_open(now), Some(31));
        now += Duration::from_secs(30);
        let trial = pass(now);
        assert_eq!(breaker.pass(now).err(), Some(1), "one tries");
        assert!(trial.failed(None, now));
        assert!(breaker.pass(now).is_err());
        now += Duration::from_secs(30);
        assert!(pass(now).went_well());
        assert_eq!(breaker.is_open(now), None);
        assert!(!pass(now).failed(None, now), "the count begins anew");
    }

    #[test]
    fn a_trial_that_was_given_up_leaves_the_place_to_another() {
        let (breaker, mut now) = breaker();
        for _ in 0..2 {
            breaker
                .pass(now)
                .ok()
                .unwrap()
                .failed(Some(Duration::from_mins(1)), now);
        }
        now += Duration::from_secs(31);
        assert!(breaker.is_open(now).is_some(), "its server asked for more");
        now += Duration::from_secs(30);
        drop(breaker.pass(now));
        assert!(breaker.pass(now).is_ok());
    }
}

//! What was read a moment ago: a small cache for rows that every request needs and that seldom change.
//!
//! An answer is believed for a short time only, because another instance may have changed it; whoever changes something
//! here forgets it at once. Bounded: a full cache is emptied, which costs a few reads.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Answers by question, each believed for a fixed time.
pub struct Recent<K, V> {
    // A std mutex: held for map operations only.
    answers: Mutex<HashMap<K, (V, Instant)>>,
    /// How often something was forgotten.
    forgettings: AtomicU64,
    believed_for: Duration,
    max: usize,
}

impl<K: Hash + Eq, V: Clone> Recent<K, V> {
    #[must_use]
    pub fn new(believed_for: Duration, max: usize) -> Self {
        Self {
            answers: Mutex::default(),
            forgettings: AtomicU64::new(0),
            believed_for,
            max,
        }
    }

    fn answers(&self) -> MutexGuard<'_, HashMap<K, (V, Instant)>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer, if it is recent enough.
    pub fn get<Q: Hash + Eq + ?Sized>(&self, question: &Q) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
    {
        let answers = self.answers();
        let (answer, since) = answers.get(question)?;
        (since.elapsed() < self.believed_for).then(|| answer.clone())
    }

    /// Where we are, to be asked before an answer is looked up and shown when it is put.
    pub fn now(&self) -> u64 {
        self.forgettings.load(Ordering::Acquire)
    }

    /// Keeps an answer, unless something was forgotten since it was looked up: it may be the old one.
    pub fn put(&self, question: K, answer: V, looked_up: u64) {
        let mut answers = self.answers();
        if self.now() != looked_up {
            return;
        }
        if answers.len() >= self.max {
            answers.retain(|_, (_, since)| since.elapsed() < self.believed_for);
            if answers.len() >= self.max {
                answers.clear();
            }
        }
        answers.insert(question, (answer, Instant::now()));
    }

    /// Forgets every answer for which `changed` says so.
    pub fn forget(&self, mut changed: impl FnMut(&K, &V) -> bool) {
        let mut answers = self.answers();
        self.forgettings.fetch_add(1, Ordering::AcqRel);
        answers.retain(|question, (answer, _)| !changed(question, answer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_believed_for_its_time_and_no_longer() {
        let (long, never) = (Recent::new(Duration::from_mins(1), 2), Recent::new(Duration::ZERO, 2));
        for cache in [&long, &never] {
            cache.put("a", 1, cache.now());
        }
        assert_eq!((long.get("a"), never.get("a"), long.get("b")), (Some(1), None, None));
        long.forget(|question, _| *question == "a");
        assert_eq!(long.get("a"), None);
        let before = long.now();
        long.forget(|_, _| false);
        long.put("a", 1, before);
        assert_eq!(long.get("a"), None, "it may have changed while it was looked up");
    }

    #[test]
    fn a_full_cache_does_not_grow() {
        let cache = Recent::new(Duration::from_mins(1), 2);
        for number in 0..100 {
            cache.put(number, number, cache.now());
        }
        assert!(cache.answers().len() <= 2);
    }
}

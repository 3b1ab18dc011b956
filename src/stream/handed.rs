//! How far the seats of a stand were handed its log: what tells an author that somebody else has their message.
//!
//! Asked after every take of every seat, so it has to cost nothing once everybody is at the same place: two numbers are
//! looked at, and only whoever moves one of them takes the lock.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use crate::domain::{UserId, receipt::Handed};

#[derive(Default)]
pub(super) struct HandedHere {
    // A std mutex: held for a handful of comparisons.
    named: Mutex<Handed>,
    /// What at least two people with a name were handed; whoever has no more than that changes nothing.
    second: AtomicU64,
    anonymous: AtomicU64,
}

impl HandedHere {
    /// A seat of that user, or of somebody without a name, was handed everything up to `seq`.
    pub(super) fn note(&self, seq: u64, user: Option<&UserId>) {
        let Some(user) = user else {
            if seq > self.anonymous.load(Ordering::Relaxed) {
                self.anonymous.fetch_max(seq, Ordering::Relaxed);
            }
            return;
        };
        if seq > self.second.load(Ordering::Relaxed) {
            let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
            named.note(seq, Some(user));
            self.second.store(named.by_two(), Ordering::Relaxed);
        }
    }

    pub(super) fn so_far(&self) -> Handed {
        let mut handed = self.named.lock().unwrap_or_else(PoisonError::into_inner).clone();
        handed.note(self.anonymous.load(Ordering::Relaxed), None);
        handed
    }

    /// The log is another one.
    pub(super) fn forget(&self) {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        *named = Handed::default();
        self.second.store(0, Ordering::Relaxed);
        self.anonymous.store(0, Ordering::Relaxed);
    }
}

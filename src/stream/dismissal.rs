//! Who was told to leave an event. Kept beside the ring, so that a seat hears of it wherever it is reading: live, in the
//! log, or not yet seated.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::domain::{UserId, entry::ByeReason};

/// So many are remembered. Whoever slept through more of them is told to come back, because we no longer know.
const REMEMBERED: usize = 256;

#[derive(Default)]
pub(super) struct Dismissals {
    /// How many there have been. Seats compare it without the lock; it is seldom anything new.
    count: AtomicU64,
    // A std mutex: held to push or look through a short list.
    recent: Mutex<VecDeque<(Option<UserId>, ByeReason)>>,
}

impl Dismissals {
    /// How many there have been: where a new seat begins to listen.
    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// One user, or everybody who is here now, has to leave.
    pub(super) fn add(&self, only: Option<UserId>, reason: ByeReason) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.push_back((only, reason));
        if recent.len() > REMEMBERED {
            recent.pop_front();
        }
        self.count.fetch_add(1, Ordering::AcqRel);
    }

    /// Whether one of those after `heard` means this user; everything has been heard then.
    pub(super) fn since(&self, heard: &mut u64, user: Option<&UserId>) -> Option<ByeReason> {
        if self.count() == *heard {
            return None;
        }
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let count = self.count();
        let unheard = usize::try_from(count - *heard).unwrap_or(usize::MAX);
        *heard = count;
        if unheard > recent.len() {
            return Some(ByeReason::RoleChanged);
        }
        let mut unheard = recent.iter().skip(recent.len() - unheard);
        unheard
            .find(|(only, _)| only.is_none() || only.as_ref() == user)
            .map(|(_, reason)| *reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_was_meant_hears_it_once_and_whoever_missed_too_many_leaves() {
        let dismissals = Dismissals::default();
        let (ana, ben): (UserId, UserId) = ("ana".parse().unwrap(), "ben".parse().unwrap());
        let (mut heard, mut early) = (dismissals.count(), dismissals.count());
        dismissals.add(Some(ana.clone()), ByeReason::Forbidden);
        assert_eq!(dismissals.since(&mut heard.clone(), Some(&ben)), None);
        assert_eq!(dismissals.since(&mut heard.clone(), None), None);
        assert_eq!(dismissals.since(&mut heard, Some(&ana)), Some(ByeReason::Forbidden));
        assert_eq!(dismissals.since(&mut heard, Some(&ana)), None, "said once");
        dismissals.add(None, ByeReason::Shutdown);
        assert_eq!(
            dismissals.since(&mut heard, None),
            Some(ByeReason::Shutdown),
            "everybody"
        );
        for _ in 0..REMEMBERED {
            dismissals.add(Some(ben.clone()), ByeReason::Forbidden);
        }
        assert_eq!(dismissals.since(&mut heard, Some(&ana)), None);
        assert_eq!(dismissals.since(&mut early, Some(&ana)), Some(ByeReason::RoleChanged));
    }
}

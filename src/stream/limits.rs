//! How many streams may be open: in all, per user, per address.

use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    config::StreamConfig,
    domain::{UserId, entry::ByeReason},
};

/// Counts open streams. The maps hold only what is open, so they are bounded by the seats.
#[derive(Clone)]
pub(super) struct Turnstile {
    // A std mutex: held for a few map operations when a stream opens or ends.
    counts: Arc<Mutex<Counts>>,
    max_seats: usize,
    max_per_user: usize,
    max_per_address: usize,
}

#[derive(Default)]
struct Counts {
    seats: usize,
    users: HashMap<UserId, usize>,
    addresses: HashMap<IpAddr, usize>,
}

/// The right to one open stream; given back when dropped.
pub(super) struct Pass {
    turnstile: Turnstile,
    user: Option<UserId>,
    address: IpAddr,
}

impl Turnstile {
    pub(super) fn new(config: &StreamConfig) -> Self {
        Self {
            counts: Arc::default(),
            max_seats: config.max_seats,
            max_per_user: config.max_seats_per_user,
            max_per_address: config.max_seats_per_address,
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many streams are open.
    pub(super) fn open(&self) -> usize {
        self.counts().seats
    }

    pub(super) fn enter(&self, user: Option<&UserId>, address: IpAddr) -> Result<Pass, ByeReason> {
        let mut counts = self.counts();
        if counts.seats >= self.max_seats {
            return Err(ByeReason::Overloaded);
        }
        let of_user = user.and_then(|user| counts.users.get(user)).copied().unwrap_or(0);
        let of_address = counts.addresses.get(&address).copied().unwrap_or(0);
        if of_user >= self.max_per_user || of_address >= self.max_per_address {
            return Err(ByeReason::TooManyConnections);
        }
        counts.seats += 1;
        *counts.addresses.entry(address).or_default() += 1;
        if let Some(user) = user {
            *counts.users.entry(user.clone()).or_default() += 1;
        }
        Ok(Pass {
            turnstile: self.clone(),
            user: user.cloned(),
            address,
        })
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut counts = self.turnstile.counts();
        counts.seats -= 1;
        leave(&mut counts.addresses, &self.address);
        if let Some(user) = &self.user {
            leave(&mut counts.users, user);
        }
    }
}

fn leave<K: Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_leaves_makes_room_for_the_next() {
        let config = StreamConfig {
            max_seats: 3,
            max_seats_per_user: 1,
            max_seats_per_address: 2,
            ..StreamConfig::default()
        };
        let turnstile = Turnstile::new(&config);
        let (ana, home, office): (UserId, IpAddr, IpAddr) =
            ("ana".parse().unwrap(), [127, 0, 0, 1].into(), [127, 0, 0, 2].into());
        let pass = turnstile.enter(Some(&ana), home).ok();
        assert_eq!(
            turnstile.enter(Some(&ana), office).err(),
            Some(ByeReason::TooManyConnections),
            "per user"
        );
        let second = turnstile.enter(None, home).ok();
        assert_eq!(
            turnstile.enter(None, home).err(),
            Some(ByeReason::TooManyConnections),
            "per address"
        );
        let third = turnstile.enter(None, office).ok();
        assert_eq!(
            turnstile.enter(None, office).err(),
            Some(ByeReason::Overloaded),
            "in all"
        );
        drop((pass, second, third));
        assert_eq!(turnstile.open(), 0);
        assert!(turnstile.enter(Some(&ana), office).is_ok());
        assert!(
            turnstile.counts().users.is_empty() && turnstile.counts().addresses.is_empty(),
            "nothing is kept"
        );
    }
}

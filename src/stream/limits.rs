//! How many streams may be open: in all, per user, per address.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::{
    concourse::{Claim, NoPlace, Place, Places},
    config::StreamConfig,
    domain::{UserId, entry::ByeReason},
};

/// Counts open streams: this instance's in all, and the places that users and addresses hold over all instances.
#[derive(Clone)]
pub(super) struct Turnstile {
    seats: Arc<AtomicUsize>,
    places: Places,
    max_seats: usize,
    max_per_user: usize,
    max_per_address: usize,
}

/// The right to one open stream; given back when dropped.
pub(super) struct Pass {
    _seat: Counted,
    _place: Place,
}

/// One of this instance's streams, or of whatever else is counted so.
pub(super) struct Counted(Arc<AtomicUsize>);

impl Counted {
    /// One more, if there are fewer than `most`.
    pub(super) fn one(count: &Arc<AtomicUsize>, most: usize) -> Option<Self> {
        if count.fetch_add(1, Ordering::AcqRel) >= most {
            count.fetch_sub(1, Ordering::AcqRel);
            return None;
        }
        Some(Self(Arc::clone(count)))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Turnstile {
    pub(super) fn new(config: &StreamConfig, places: Places) -> Self {
        Self {
            seats: Arc::default(),
            places,
            max_seats: config.max_seats,
            max_per_user: config.max_seats_per_user,
            max_per_address: config.max_seats_per_address,
        }
    }

    /// How many streams are open on this instance.
    pub(super) fn open(&self) -> usize {
        self.seats.load(Ordering::Acquire)
    }

    pub(super) async fn enter(&self, user: Option<&UserId>, address: IpAddr) -> Result<Pass, ByeReason> {
        let seat = Counted::one(&self.seats, self.max_seats).ok_or(ByeReason::Overloaded)?;
        let mut claims = vec![Claim {
            holder: format!("address:{address}"),
            most: self.max_per_address,
        }];
        claims.extend(user.map(|user| Claim {
            holder: format!("user:{user}"),
            most: self.max_per_user,
        }));
        match self.places.take(&claims).await {
            Ok(place) => Ok(Pass {
                _seat: seat,
                _place: place,
            }),
            Err(NoPlace) => Err(ByeReason::TooManyConnections),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::concourse::{Bounds, Concourse};

    #[tokio::test]
    async fn whoever_leaves_makes_room_for_the_next() {
        let config = StreamConfig {
            max_seats: 3,
            max_seats_per_user: 1,
            max_seats_per_address: 2,
            ..StreamConfig::default()
        };
        let places = Concourse::alone(Bounds { keys: 16, tickets: 1 }).places;
        let turnstile = Turnstile::new(&config, places.clone());
        let (ana, home, office): (UserId, IpAddr, IpAddr) =
            ("ana".parse().unwrap(), [127, 0, 0, 1].into(), [127, 0, 0, 2].into());
        let pass = turnstile.enter(Some(&ana), home).await.ok();
        assert_eq!(
            turnstile.enter(Some(&ana), office).await.err(),
            Some(ByeReason::TooManyConnections),
            "per user"
        );
        let second = turnstile.enter(None, home).await.ok();
        assert_eq!(
            turnstile.enter(None, home).await.err(),
            Some(ByeReason::TooManyConnections),
            "per address"
        );
        let third = turnstile.enter(None, office).await.ok();
        assert_eq!(
            turnstile.enter(None, office).await.err(),
            Some(ByeReason::Overloaded),
            "in all"
        );
        drop((pass, second, third));
        assert_eq!((turnstile.open(), places.holders()), (0, 0), "nothing is kept");
        assert!(turnstile.enter(Some(&ana), office).await.is_ok());
    }
}

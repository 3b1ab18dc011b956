//! The concourse: the part of a stadium that all stands share. What all instances share besides the log.
//!
//! Rate limits (`rates.rs`), tickets (`shelf.rs`), how many streams somebody holds (`places.rs`), and who is where
//! (`roll.rs`). In one process for an instance alone, in Redis for several; chosen once, at start-up. None of it is worth
//! keeping: while Redis is away each instance goes by what it knows, and says so where it matters.

mod names;
mod places;
mod rates;
mod rest;
mod roll;
mod roster;
mod shelf;

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use places::{Claim, NoPlace, Place, Places};
pub use rates::{Decision, Policy, Rates, Scope, decide};
pub use roll::{CHANGES_AT_ONCE, Change, Changes, Part, Roll, Said, Sum};
pub use shelf::{Full, Shelf};

use crate::{config::Secret, redis::Redis};
use names::Names;
use rest::Rest;
use roster::Roster;

/// How often places are told.
const TELL: Duration = Duration::from_millis(200);

/// How much may be kept on one instance.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Keys of rate limits.
    pub keys: usize,
    pub tickets: usize,
}

/// What all instances share. A cheap clone.
#[derive(Clone)]
pub struct Concourse {
    pub rates: Rates,
    pub shelf: Shelf,
    pub places: Places,
    /// None for an instance alone.
    pub roll: Option<Roll>,
}

impl Concourse {
    /// For an instance that shares with nobody.
    #[must_use]
    pub fn alone(bounds: Bounds) -> Self {
        Self {
            rates: Rates::alone(bounds.keys),
            shelf: Shelf::alone(bounds.tickets),
            places: Places::alone(),
            roll: None,
        }
    }

    /// For one of several with the same Redis and the same secret.
    #[must_use]
    pub fn shared(bounds: Bounds, redis: Redis, secret: &Secret, tasks: &TaskTracker, stop: CancellationToken) -> Self {
        let names = Names::new(redis.clone(), secret);
        let roster = Roster::new(redis.clone(), names.clone());
        let roll = Roll::new(redis.clone(), names.clone(), roster.clone());
        let places = Places::shared(redis.clone(), names.clone(), roster.clone());
        tasks.spawn(attend(roster, roll.clone(), places.clone(), stop.clone()));
        tasks.spawn(tell(places.clone(), stop));
        Self {
            rates: Rates::shared(bounds.keys, redis.clone(), names.clone()),
            shelf: Shelf::shared(bounds.tickets, redis, names),
            places,
            roll: Some(roll),
        }
    }
}

/// Keeps this instance on the roster, and clears up after those who are on it no more.
async fn attend(roster: Roster, roll: Roll, places: Places, stop: CancellationToken) {
    let mut beats = interval(roster::BEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let attending = async {
        loop {
            beats.tick().await;
            match roster.beat().await {
                Ok(is_unknown) => {
                    if is_unknown {
                        places.tell_anew();
                    }
                    roll.clear().await;
                }
                Err(error) => tracing::debug!(error = &error as &dyn std::error::Error, "the roster was not reached"),
            }
        }
    };
    stop.run_until_cancelled(attending).await;
}

async fn tell(places: Places, stop: CancellationToken) {
    let mut ticks = interval(TELL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        places.tell().await;
    }
}

//! How many connections fit, in all and from one address. A place is given back when its connection ends, however it
//! ends.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{config::ServeConfig, http::address::TrustedProxies};

pub(super) struct Room {
    all: Arc<Semaphore>,
    neighbours: Arc<Neighbours>,
    per_address: usize,
    /// They speak for many, so their connections are counted in all only.
    trusted: TrustedProxies,
    open: Gauge,
}

/// Open connections by address. Holds an entry only while one is open.
#[derive(Default)]
struct Neighbours(Mutex<HashMap<IpAddr, usize>>);

/// A connection's place in all counts.
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    _neighbour: Option<Neighbour>,
    open: Gauge,
}

struct Neighbour {
    all: Arc<Neighbours>,
    address: IpAddr,
}

impl Room {
    pub(super) fn new(config: &ServeConfig, open: Gauge) -> Self {
        let trusted = TrustedProxies::parse(&config.trusted_proxies).unwrap_or_else(|error| {
            // The edge refuses such a setting before we get here; without one, nobody is trusted.
            tracing::error!(error = %error, "no proxy is trusted");
            TrustedProxies::default()
        });
        Self {
            all: Arc::new(Semaphore::new(config.max_connections.min(Semaphore::MAX_PERMITS))),
            neighbours: Arc::default(),
            per_address: config.max_connections_per_address,
            trusted,
            open,
        }
    }

    /// A place for one more from there, or none.
    pub(super) fn place(&self, address: IpAddr) -> Option<Place> {
        let address = address.to_canonical();
        let permit = self.all.clone().try_acquire_owned().ok()?;
        let neighbour = if self.trusted.trusts(address) {
            None
        } else {
            Some(Neighbours::add(&self.neighbours, address, self.per_address)?)
        };
        self.open.inc();
        Some(Place {
            _permit: permit,
            _neighbour: neighbour,
            open: self.open.clone(),
        })
    }
}

impl Neighbours {
    fn add(all: &Arc<Self>, address: IpAddr, most: usize) -> Option<Neighbour> {
        let mut counts = all.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.get(&address).copied().unwrap_or(0);
        (count < most).then(|| {
            counts.insert(address, count + 1);
            Neighbour {
                all: all.clone(),
                address,
            }
        })
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        let mut counts = self.all.0.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(&self.address) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(counts.remove(&self.address)),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.open.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_all_and_by_address_and_given_back() {
        let config = ServeConfig {
            max_connections: 4,
            max_connections_per_address: 2,
            trusted_proxies: vec!["10.0.0.0/8".to_owned()],
            ..ServeConfig::default()
        };
        let room = Room::new(&config, Gauge::default());
        let place = |text: &str| room.place(text.parse().unwrap());
        let (first, _second) = (place("1.1.1.1"), place("::ffff:1.1.1.1"));
        assert!(place("1.1.1.1").is_none(), "two from one address");
        let (_third, _fourth) = (place("2.2.2.2"), place("3.3.3.3"));
        assert!(place("4.4.4.4").is_none(), "four in all");
        drop(first);
        drop((place("10.0.0.1"), place("1.1.1.1")));
        assert_eq!(room.open.get(), 3);
        assert_eq!(
            room.neighbours.0.lock().unwrap().len(),
            3,
            "no entry without a connection"
        );
    }

    #[test]
    fn a_trusted_proxy_speaks_for_many() {
        let config = ServeConfig {
            max_connections_per_address: 0,
            trusted_proxies: vec!["::1".to_owned()],
            ..ServeConfig::default()
        };
        let room = Room::new(&config, Gauge::default());
        assert!(room.place("::1".parse().unwrap()).is_some());
        assert!(room.place("::2".parse().unwrap()).is_none());
    }
}

//! Things put down for a short while, to be taken once by whoever can name them: stream tickets.
//!
//! Kept under a digest of their name, so that a look into memory or into Redis opens nothing. While Redis is away they are
//! kept here, and then only this instance can hand them out.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::names::Names;
use crate::{
    crypto,
    redis::{Error, Redis},
};

/// The shelf holds no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// A cheap clone.
#[derive(Clone)]
pub struct Shelf(Arc<Inner>);

struct Inner {
    most: usize,
    /// Never held over an await.
    here: Mutex<Here>,
    shared: Option<(Redis, Names)>,
}

#[derive(Default)]
struct Here {
    kept: HashMap<String, (Vec<u8>, Instant)>,
    /// When those that this instance put into Redis end, so that it never has more than `most` there.
    abroad: VecDeque<Instant>,
}

impl Here {
    fn count(&mut self, most: usize, now: Instant) -> usize {
        if self.kept.len() + self.abroad.len() >= most {
            self.kept.retain(|_, (_, until)| *until > now);
            self.abroad.retain(|until| *until > now);
        }
        self.kept.len() + self.abroad.len()
    }
}

impl Shelf {
    pub(super) fn alone(most: usize) -> Self {
        Self::new(most, None)
    }

    pub(super) fn shared(most: usize, redis: Redis, names: Names) -> Self {
        Self::new(most, Some((redis, names)))
    }

    fn new(most: usize, shared: Option<(Redis, Names)>) -> Self {
        let here = Mutex::default();
        Self(Arc::new(Inner { most, here, shared }))
    }

    /// Puts something down and says under which name. A full shelf refuses rather than grow.
    ///
    /// `name` is asked twice if Redis may or may not have taken the first: that one is never told to anybody, so nothing
    /// can be taken twice.
    pub async fn keep(&self, name: impl Fn() -> String, what: Vec<u8>, ttl: Duration) -> Result<String, Full> {
        let until = Instant::now() + ttl;
        if self.here(|here, most| here.count(most, Instant::now()) >= most) {
            return Err(Full);
        }
        let first = name();
        if self.send(&first, &what, ttl).await {
            self.here(|here, _| here.abroad.push_back(until));
            return Ok(first);
        }
        let name = name();
        let digest = crypto::sha256_hex(name.as_bytes());
        self.here(|here, _| here.kept.insert(digest, (what, until)));
        Ok(name)
    }

    /// Takes what was put down under that name. It can be taken once, by one.
    pub async fn take(&self, name: &str) -> Option<Vec<u8>> {
        let digest = crypto::sha256_hex(name.as_bytes());
        if let Some((what, until)) = self.here(|here, _| here.kept.remove(&digest)) {
            return (until > Instant::now()).then_some(what);
        }
        let (redis, names) = self.0.shared.as_ref()?;
        let mut command = ::redis::cmd("GETDEL");
        command.arg(names.ticket(name));
        redis.ask(&command).await.map_err(|error| told("taken", &error)).ok()?
    }

    /// Whether Redis has it for certain.
    async fn send(&self, name: &str, what: &[u8], ttl: Duration) -> bool {
        let Some((redis, names)) = &self.0.shared else {
            return false;
        };
        let mut command = ::redis::cmd("SET");
        let ttl_ms = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).max(1);
        command.arg(names.ticket(name)).arg(what).arg("PX").arg(ttl_ms);
        let kept = redis.ask::<()>(&command).await;
        kept.map_err(|error| told("kept for all instances", &error)).is_ok()
    }

    fn here<T>(&self, act: impl FnOnce(&mut Here, usize) -> T) -> T {
        act(
            &mut self.0.here.lock().unwrap_or_else(PoisonError::into_inner),
            self.0.most,
        )
    }
}

fn told(what: &str, error: &Error) {
    tracing::debug!(error = error as &dyn std::error::Error, "a ticket was not {what}");
}

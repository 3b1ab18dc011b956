//! Redis: opening connections to it in one place, asking it in bounded time, and knowing whether it can be relied on.
//!
//! Nothing here is true for longer than Redis lives: whoever uses it says what they do without. A Redis that is known to
//! be away costs a caller nothing (`Error::Away`, at once); `keeper.rs` finds out when it is back. What is said over it
//! is `bus/redis`; what is kept in it belongs to whoever keeps it.

mod address;
mod ask;
mod ear;
mod keeper;
mod line;
mod script;
mod slots;

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::sync::{Notify, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use address::OpenError;
pub use ear::{Attention, Ear, Hearing};
pub use script::Script;

use crate::config::BusConfig;
use address::Address;
use ask::Connection;

/// What is wrong with Redis, the worst first. The texts are for operators and never hold an address or a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// Not connected yet, since the start.
    Starting,
    /// No connection can be made, or it broke.
    Unreachable,
    /// Connected, but nothing is answered in time.
    Silent,
    /// It answers that it cannot serve: a wrong password, loading its data, a replica, a cluster that lacks a node.
    Refusing,
    /// It takes commands but does not pass on what is published.
    Deaf,
    /// What is published arrives, but late.
    Slow,
}

impl Trouble {
    /// For readiness and logs.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Starting => "redis is not connected yet",
            Self::Unreachable => "redis cannot be reached",
            Self::Silent => "redis does not answer",
            Self::Refusing => "redis refuses to serve",
            Self::Deaf => "redis does not deliver",
            Self::Slow => "redis is slow",
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is known to be away; nothing was sent.
    #[error("redis is away: {0}")]
    Away(Trouble),
    /// It may or may not have done what was asked.
    #[error("redis did not answer in time")]
    TimedOut,
    /// It said no, or the connection broke.
    #[error("redis failed")]
    Failed(#[from] ::redis::RedisError),
}

/// A cheap handle on one Redis, or one cluster of them, and the connection for commands.
#[derive(Clone)]
pub struct Redis {
    inner: Arc<Inner>,
}

struct Inner {
    address: Address,
    prefix: String,
    timeout: Duration,
    probe: Duration,
    // A std mutex: held to copy a handle.
    connection: Mutex<Option<Connection>>,
    /// `None`: it can be relied on.
    trouble: watch::Sender<Option<Trouble>>,
    /// Commands in a row without an answer in time.
    missed: AtomicU32,
    /// Wakes the keeper, because a command failed.
    suspicion: Notify,
}

impl Redis {
    /// Starts to connect, in the background: a Redis that is away is no reason not to start. `None` without an address.
    pub fn open(config: &BusConfig, tasks: &TaskTracker, stop: &CancellationToken) -> Result<Option<Self>, OpenError> {
        let Some(address) = Address::read(config)? else {
            return Ok(None);
        };
        let inner = Arc::new(Inner {
            address,
            prefix: config.redis_prefix.clone(),
            timeout: Duration::from_millis(config.timeout_ms),
            probe: Duration::from_millis(config.probe_ms),
            connection: Mutex::default(),
            trouble: watch::Sender::new(Some(Trouble::Starting)),
            missed: AtomicU32::new(0),
            suspicion: Notify::new(),
        });
        tasks.spawn(keeper::keep(Arc::clone(&inner), stop.clone()));
        Ok(Some(Self { inner }))
    }

    /// The whole name of a key or channel. Keys that one script touches share a `{tag}`, so that they lie on one node.
    #[must_use]
    pub fn name(&self, rest: impl fmt::Display) -> String {
        format!("{}:{rest}", self.inner.prefix)
    }

    /// Whether it is a cluster, where what is published and what is listened to is sharded.
    #[must_use]
    pub fn is_cluster(&self) -> bool {
        self.inner.address.is_cluster()
    }

    /// What is wrong with it right now, if anything.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        *self.inner.trouble.borrow()
    }

    /// The same, to be told of changes.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Option<Trouble>> {
        self.inner.trouble.subscribe()
    }

    /// Waits until it can be relied on.
    pub async fn ready(&self) {
        // The sender lives as long as this handle.
        drop(self.watch().wait_for(Option::is_none).await);
    }
}

impl Inner {
    fn connection(&self) -> Option<Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, connection: Option<Connection>) {
        *self.connection.lock().unwrap_or_else(PoisonError::into_inner) = connection;
    }

    /// Says what is wrong, once per change.
    fn is_in(&self, trouble: Option<Trouble>) {
        let changed = self.trouble.send_if_modified(|now| {
            let changed = *now != trouble;
            *now = trouble;
            changed
        });
        if !changed {
            return;
        }
        match trouble {
            None => {
                self.missed.store(0, Ordering::Release);
                tracing::info!("redis is there");
            }
            Some(trouble) => tracing::warn!(redis.trouble = trouble.reason(), "redis cannot be relied on"),
        }
    }
}

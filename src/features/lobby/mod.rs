//! The lobby: all public events that are live, soon or just over, a line each, pushed as they change; what people follow, and
//! the feed made of it.
//!
//! An instance with watchers looks at the database once a second (`book.rs`: marks first, then what changed), writes what is
//! different once for each filter (`channel.rs`), and wakes whoever watches through it. Nobody watching is no work. What
//! others did is seen by the same look, so instances tell each other nothing. Endpoints in `api.rs` and `follows_api.rs`,
//! queries in `rows.rs`, `follows.rs` and `feed.rs`.

pub mod api;
mod book;
mod channel;
mod feed;
mod follows;
pub mod follows_api;
mod rows;

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{entry::ByeReason, lobby::LobbyFilter},
    store::{Error, Store},
    stream::{HeadCount, Stream, Teller, Words},
};
use book::{Book, Desk};
use channel::{Channel, Place};

/// A stream hears something at most this often.
const PERIOD: Duration = Duration::from_secs(1);
/// What was seen by somebody else so long ago is as good as a look.
const FRESH: Duration = Duration::from_millis(500);
/// Filters that look for words, at the same time. Of others there are few enough.
const WORDS_MOST: usize = 64;

/// The feature.
#[derive(Clone)]
pub struct Lobby(Arc<Inner>);

struct Inner {
    store: Store,
    stream: Stream,
    crowd: Arc<dyn HeadCount>,
    /// Held while somebody looks; others wait and take what was seen.
    desk: tokio::sync::Mutex<Desk>,
    // A std mutex: held for map operations only. Channels go with their last watcher.
    channels: Mutex<HashMap<LobbyFilter, Watched>>,
    /// Somebody has begun to watch.
    arrivals: Notify,
}

struct Watched {
    channel: Arc<Channel>,
    watchers: usize,
}

/// Why somebody cannot watch now.
enum Closed {
    /// Too many look for other words.
    Full,
    Broken(Error),
}

/// Somebody who watches through a filter.
struct Watcher {
    lobby: Arc<Inner>,
    filter: LobbyFilter,
    place: Place,
}

impl Lobby {
    #[must_use]
    pub fn new(store: Store, stream: Stream, crowd: Arc<dyn HeadCount>) -> Self {
        Self(Arc::new(Inner {
            store,
            stream,
            crowd,
            desk: tokio::sync::Mutex::default(),
            channels: Mutex::default(),
            arrivals: Notify::new(),
        }))
    }

    /// Shows watchers what changed until told to stop.
    pub async fn show(self, stop: CancellationToken) {
        let mut last = Instant::now();
        while stop.run_until_cancelled(self.turn(last)).await.is_some() {
            last = Instant::now();
        }
    }

    async fn turn(&self, last: Instant) {
        if self.0.channels().is_empty() {
            self.0.arrivals.notified().await;
        }
        sleep_until(last + PERIOD).await;
        match self.0.book(FRESH).await {
            Ok(book) => {
                let channels: Vec<Arc<Channel>> = {
                    let channels = self.0.channels();
                    channels.values().map(|watched| Arc::clone(&watched.channel)).collect()
                };
                for channel in channels {
                    channel.show(&book);
                }
            }
            Err(error) if error.is_outage() => {}
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the lobby cannot be looked at"
                );
            }
        }
    }

    async fn watch(&self, filter: LobbyFilter) -> Result<Watcher, Closed> {
        let book = self.0.book(PERIOD).await.map_err(Closed::Broken)?;
        let mut channels = self.0.channels();
        let words = channels.keys().filter(|filter| filter.seeks_words()).count();
        let watched = match channels.entry(filter.clone()) {
            Entry::Vacant(_) if filter.seeks_words() && words >= WORDS_MOST => return Err(Closed::Full),
            Entry::Vacant(vacant) => vacant.insert(Watched {
                channel: Arc::new(Channel::new(filter.clone(), &book)),
                watchers: 0,
            }),
            Entry::Occupied(watched) => watched.into_mut(),
        };
        watched.watchers += 1;
        let place = watched.channel.enter();
        drop(channels);
        self.0.arrivals.notify_one();
        Ok(Watcher {
            lobby: Arc::clone(&self.0),
            filter,
            place,
        })
    }
}

impl Inner {
    fn channels(&self) -> MutexGuard<'_, HashMap<LobbyFilter, Watched>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn book(&self, age: Duration) -> Result<Arc<Book>, Error> {
        let mut desk = self.desk.lock().await;
        desk.book(self.store.reader(), &*self.crowd, age).await
    }
}

impl Teller for Watcher {
    fn next(&mut self) -> BoxFuture<'_, Result<Words, ByeReason>> {
        Box::pin(async move { self.place.next().await.ok_or(ByeReason::Internal) })
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let mut channels = self.lobby.channels();
        if let Entry::Occupied(mut watched) = channels.entry(self.filter.clone()) {
            watched.get_mut().watchers -= 1;
            if watched.get().watchers == 0 {
                watched.remove();
            }
        }
    }
}

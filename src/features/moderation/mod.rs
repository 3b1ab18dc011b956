//! Keeping order: sanctions, rules as they are kept, reports, appeals, raids, and the record of decisions.
//!
//! What a text may contain is decided in `domain/rules`; who asks whom is said by two seams: chat asks the [`Judge`], and
//! what becomes of messages is asked of a [`Desk`]. Read `sanctions.rs` first, then `door.rs`, where they hold.
//!
//! [`Judge`]: crate::http::judge::Judge
//! [`Desk`]: crate::http::judge::Desk

pub mod api;
mod appeals;
pub mod audit_api;
mod book;
mod door;
mod export;
mod judge;
mod marks;
mod past;
mod raid;
mod record;
mod reports;
mod rows;
mod rulebooks;
pub mod rules_api;
mod sanctions;
mod trial;
pub mod voices_api;
mod watch;

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use sea_orm::DatabaseTransaction;
use tokio_util::task::TaskTracker;

pub use door::Door;
pub use sanctions::NewSanction;

use crate::{
    bus::Stale,
    clock,
    config::OrderConfig,
    domain::{EventId, Stamp, UserId, moderation::Deciding, user::Role},
    http::{gate::Gate, judge::Desk},
    store::{Error, Recent, Store, audit},
    stream::{Forgetter, Stream},
};
use book::Books;
use marks::Marker;
use past::Past;
use rulebooks::Rulebooks;

/// How long what holds against people is believed; see [`Recent`].
const BELIEVED_FOR: Duration = Duration::from_secs(1);
const REMEMBERED: usize = 10_000;
/// How long it is remembered how somebody was here, for a ban that comes later, and of how many.
const SEEN_FOR: Duration = Duration::from_hours(1);
const SEEN: usize = 50_000;

/// How somebody was last seen.
#[derive(Debug, Clone)]
struct Sighting {
    role: Role,
    /// By what a guest would be known again. Empty for everybody else.
    marks: Vec<String>,
}

/// Who decides, and how far their word goes.
#[derive(Debug, Clone)]
pub struct Decider {
    pub id: Option<UserId>,
    pub role: Role,
}

/// The feature.
#[derive(Clone)]
pub struct Moderation {
    store: Store,
    stream: Stream,
    /// Knows members' roles.
    gate: Arc<dyn Gate>,
    books: Arc<Books>,
    rulebooks: Arc<Rulebooks>,
    past: Arc<Past>,
    desk: Arc<dyn Desk>,
    /// Guests that were known again lately, so that the record says so once.
    known_again: Arc<Recent<UserId, ()>>,
    marker: Arc<Marker>,
    seen: Arc<Recent<UserId, Sighting>>,
    tasks: TaskTracker,
}

impl Moderation {
    /// `secret` keys the hashes by which banned guests are known again.
    #[must_use]
    pub fn new(
        store: Store,
        stream: Stream,
        gate: Arc<dyn Gate>,
        desk: Arc<dyn Desk>,
        secret: &[u8],
        config: &OrderConfig,
        tasks: TaskTracker,
    ) -> Self {
        Self {
            books: Arc::new(Books::new(store.clone(), BELIEVED_FOR, REMEMBERED)),
            rulebooks: Arc::new(Rulebooks::new(store.clone(), config.default_rules)),
            past: Arc::default(),
            known_again: Arc::new(Recent::new(SEEN_FOR, SEEN)),
            desk,
            store,
            stream,
            gate,
            marker: Arc::new(Marker::new(secret)),
            seen: Arc::new(Recent::new(SEEN_FOR, SEEN)),
            tasks,
        }
    }

    /// Changes rows of an event, or of the house, and writes down what was decided, if anything was.
    async fn decide<T, F>(&self, scope: Option<EventId>, change: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a DatabaseTransaction, Stamp) -> BoxFuture<'a, Result<(T, Option<Deciding>), Error>>
            + Send
            + 'static,
    {
        let Some(event) = scope else {
            let write = self.store.write(move |txn| {
                Box::pin(async move {
                    let now = clock::now();
                    let (value, deciding) = change(txn, now).await?;
                    if let Some(deciding) = deciding {
                        audit::write(txn, &deciding.decided(None, now)).await?;
                    }
                    Ok(value)
                })
            });
            return write.await;
        };
        let recorded = self.stream.record(event, move |scribe| {
            Box::pin(async move {
                let (value, deciding) = change(scribe.txn(), scribe.now()).await?;
                if let Some(deciding) = deciding {
                    audit::decide(scribe, deciding).await?;
                }
                Ok(value)
            })
        });
        Ok(recorded.await?.value)
    }

    /// Something changed here: what was remembered of it is forgotten on all instances.
    fn changed(&self, scope: Option<EventId>) {
        let stale = Stale::Order(scope);
        Forgetter::forget(self, &stale);
        self.stream.stale(stale);
    }
}

impl Forgetter for Moderation {
    fn forget(&self, stale: &Stale) {
        if let Stale::Order(scope) = stale {
            self.books.forget(*scope);
            self.rulebooks.forget(*scope);
        }
    }
}

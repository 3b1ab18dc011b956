//! The stream: stands, seats, and the only two ways to say something, [`Stream::record`] and [`Stream::signal`].
//!
//! `stand.rs` puts in order and fans out, `hub.rs` feeds the stands, `mend.rs` mends them, `seat.rs` is one reader, `usher.rs`
//! writes to the readers' sockets, `perch.rs` is a reader of something that is no event. What people may read or write is not decided here.

mod dismissal;
mod epoch;
mod frame;
mod handed;
mod hub;
mod leaving;
mod limits;
mod listeners;
mod mend;
mod opened;
mod parcel;
mod perch;
mod resume;
mod seat;
mod shift;
mod snapshot;
mod stand;
mod usher;

use std::sync::{Arc, atomic::Ordering};

use futures_util::future::BoxFuture;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use frame::{Format, TypeFilter};
pub use listeners::{Company, EventListener, Forgetter, HeadCount, NoticeListener, SeatListener};
pub use opened::Opened;
pub use perch::{PerchRequest, Teller, Words};
pub use seat::{Seat, SeatInfo, SeatRequest};
pub use shift::{Earlier, Replay, Telling};
pub use snapshot::{Draft, MyReactions, MyVotes, Shot, SnapshotPart};
pub use usher::Terms;

use crate::{
    bus::{Bus, LiveSignal, Stale, Topic},
    clock,
    concourse::Places,
    config::StreamConfig,
    domain::{
        Audience, EventId, UserId, entry::ByeReason, entry::Signal, notice::Noticed, receipt::Handed, shift::Delay,
    },
    store::{Error, Head, Recorded, Scribe, Store, Together},
    telemetry::Metrics,
};
use hub::Hub;
use opened::Is;
use parcel::Parcel;
use perch::Perch;

/// A cheap handle on everything live.
#[derive(Clone)]
pub struct Stream {
    hub: Arc<Hub>,
}

impl Stream {
    /// Starts the ticks and listens to the store's commits and the bus.
    #[must_use]
    pub fn start(
        store: Store,
        bus: Arc<dyn Bus>,
        places: Places,
        config: StreamConfig,
        metrics: Arc<Metrics>,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        Self {
            hub: Hub::start(store, bus, places, config, metrics, tasks, stop),
        }
    }

    /// Tells who adds to snapshots and who wants to know of seats. Called once, before the first stream opens.
    pub fn furnish(&self, parts: Vec<Arc<dyn SnapshotPart>>, listeners: Vec<Arc<dyn SeatListener>>) {
        if self.hub.parts.set(parts).is_err() || self.hub.listeners.set(listeners).is_err() {
            tracing::error!("the stream was furnished twice; the first time counts");
        }
    }

    /// Tells who remembers what they read and has to hear what other instances changed. Called once, at the start.
    pub fn remind(&self, forgetters: Vec<Arc<dyn Forgetter>>) {
        if self.hub.forgetters.set(forgetters).is_err() {
            tracing::error!("forgetters were named twice; the first ones count");
        }
    }

    /// Tells who wants to hear what is said, and asides. Called once, before the first stream opens.
    pub fn attach(&self, listeners: Vec<Arc<dyn EventListener>>) {
        if self.hub.attentive.set(listeners).is_err() {
            tracing::error!("listeners were attached twice; the first ones count");
        }
    }

    /// Tells who wants to hear whom something was notified of. Called once, at the start.
    pub fn deliver_to(&self, listener: Arc<dyn NoticeListener>) {
        if self.hub.notified.set(listener).is_err() {
            tracing::error!("who hears of notifications was named twice; the first one counts");
        }
    }

    /// Tells all instances that these people have something else to read than before. What is notified in a change needs
    /// no such word.
    pub fn notice(&self, users: Vec<UserId>) {
        self.hub.notice(Noticed::of(users));
    }

    /// Tells a feature on the instances where the event has a stand what it tells itself. Only a hint.
    pub fn aside<T: serde::Serialize>(&self, event: EventId, topic: Topic, what: &T) {
        match serde_json::to_vec(what) {
            Ok(json) => self.hub.aside(event, topic, json.into()),
            Err(error) => tracing::error!(error = %error, "an aside could not be written as JSON"),
        }
    }

    /// Who was handed how much of the event's public log on this instance. `None`: it has no stand here.
    #[must_use]
    pub fn handed(&self, event: EventId) -> Option<Handed> {
        Some(self.hub.find(event)?.handed.so_far())
    }

    /// Tells other instances that what they read of this is no longer true. Only a hint: nobody believes what they read
    /// for long.
    pub fn stale(&self, stale: Stale) {
        self.hub.stale(stale);
    }

    /// Changes an event's state and says so in its log, in one transaction. Ok means committed, durable, and on its way
    /// to every seat.
    pub async fn record<T, F>(&self, event: EventId, change: F) -> Result<Recorded<T>, Error>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Scribe<'_>) -> BoxFuture<'a, Result<T, Error>> + Send + 'static,
    {
        self.hub.store.record(event, change).await
    }

    /// As [`Stream::record`], for changes that are cheaper together.
    pub async fn record_together<C: Together>(&self, event: EventId, change: C) -> Result<C::Done, Error> {
        self.hub.store.record_together(event, change).await
    }

    /// Says something live that nobody needs to find later.
    pub fn signal(&self, event: EventId, signal: &Signal) {
        let json = frame::signal_json(signal, clock::now());
        self.hub.signal(
            event,
            LiveSignal {
                kind: signal.kind(),
                json,
                only: None,
            },
        );
    }

    /// As [`Stream::signal`], on this instance only: for what every instance says for itself.
    pub fn signal_here(&self, event: EventId, signal: &Signal) {
        self.hub.metrics.signals.inc();
        let json = frame::signal_json(signal, clock::now());
        let kind = signal.kind();
        self.hub.pass_signal(event, LiveSignal { kind, json, only: None });
    }

    /// As [`Stream::signal`], for one user's seats only.
    pub fn signal_to(&self, event: EventId, user: UserId, signal: &Signal) {
        let json = frame::signal_json(signal, clock::now());
        self.hub.signal(
            event,
            LiveSignal {
                kind: signal.kind(),
                json,
                only: Some(user),
            },
        );
    }

    /// Ends the streams of one user (or everybody) in an event, on all instances, with a reason.
    pub fn close_seats(&self, event: EventId, only: Option<UserId>, reason: ByeReason) {
        self.hub.close_seats(event, only, reason);
    }

    /// As [`Stream::close_seats`], on this instance only, and in all events if none is named.
    pub fn close_seats_here(&self, event: Option<EventId>, user: &UserId, reason: ByeReason) {
        self.hub.close_seats_here(event, user, reason);
    }

    /// Opens a stream. Never fails: who cannot be let in hears why, as the stream's only words, because `EventSource`
    /// gives up for good on any status but 200.
    pub async fn open(&self, request: SeatRequest) -> Opened {
        let format = request.format;
        match Seat::open(&self.hub, request).await {
            Ok(seat) => Opened(Is::Seat(Box::new(seat))),
            Err(reason) => self.turn_away(format, reason),
        }
    }

    /// Opens a stream that belongs to no event. Never fails, as [`Stream::open`].
    pub async fn perch(&self, request: PerchRequest, teller: impl Teller) -> Opened {
        let format = request.format;
        match Perch::open(&self.hub, request, Box::new(teller)).await {
            Ok(perch) => Opened(Is::Perch(Box::new(perch))),
            Err(reason) => self.turn_away(format, reason),
        }
    }

    /// A stream for somebody who cannot be let in now: it says why, and when to come back.
    #[must_use]
    pub fn turn_away(&self, format: Format, reason: ByeReason) -> Opened {
        Opened(Is::Refusal(self.last_words(format, reason)))
    }

    fn last_words(&self, format: Format, reason: ByeReason) -> Parcel {
        self.hub.metrics.seat_closed(reason.name());
        let seed = self.hub.next_seat.fetch_add(1, Ordering::Relaxed);
        seat::bye(format, reason, &self.hub.config, seed)
    }

    /// The state as of one place in the log, with everything that was answered by now. `None` if there is no such event or the house is too full.
    pub async fn snapshot(&self, event: EventId, audience: Audience) -> Result<Option<Arc<Shot>>, Error> {
        match self.hub.enter(event).await? {
            Some(stand) => self.hub.snapshot(&stand.0, audience, snapshot::Age::Current).await,
            None => Err(Error::Overloaded),
        }
    }

    /// As [`Stream::snapshot`], as everybody could see it so much earlier.
    pub async fn snapshot_behind(&self, event: EventId, delay: Delay) -> Result<Option<Arc<Shot>>, Error> {
        match self.hub.enter_behind(event, delay).await? {
            Some(stand) => {
                self.hub
                    .snapshot(&stand.0, Audience::Public, snapshot::Age::Current)
                    .await
            }
            None => Err(Error::Overloaded),
        }
    }

    /// What everybody could see so much earlier, and what was told since. Ask again after reading rows: what was written
    /// meanwhile is in it then.
    pub async fn earlier(&self, event: EventId, delay: Delay) -> Result<Arc<Earlier>, Error> {
        match self.hub.enter_behind(event, delay).await? {
            Some(stand) => self.hub.earlier(&stand.0).await,
            None => Err(Error::Overloaded),
        }
    }

    /// Where the log stood so much earlier.
    pub async fn head_behind(&self, event: EventId, delay: Delay) -> Result<Head, Error> {
        match self.hub.enter_behind(event, delay).await? {
            Some(stand) => Ok(stand.0.head()),
            None => Err(Error::Overloaded),
        }
    }

    /// How many streams are open on this instance.
    #[must_use]
    pub fn open_seats(&self) -> usize {
        self.hub.turnstile.open()
    }

    /// Takes no new streams and ends the open ones, spread over the configured window.
    pub async fn drain(&self) {
        self.hub.drain().await;
    }
}

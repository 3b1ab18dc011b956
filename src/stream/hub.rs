//! All stands of this instance: finding them, feeding them, mending them, and the ticks they share.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::{Semaphore, watch},
    time::{MissedTickBehavior, interval, sleep},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    dismissal::Dismissals,
    frame::{Frame, signal_json},
    limits::Turnstile,
    listeners::{EventListener, Forgetter, NoticeListener, SeatListener},
    perch::Pulse,
    snapshot::{Age, Shot, SnapshotPart, make},
    stand::{Stand, Wake},
    usher::Ushers,
};
use crate::{
    bus::{Bus, Envelope, Interest, LiveSignal, Stale, Topic},
    clock,
    concourse::Places,
    config::StreamConfig,
    domain::{
        Audience, EventId,
        entry::{Signal, SignalKind, StreamHeartbeat},
        notice::Noticed,
    },
    store::{Error, LogEntry, Store, log},
    telemetry::Metrics,
};

/// Opening a stand waits so long for the bus to listen; the sweep finds what was missed after that.
const ATTENTION: Duration = Duration::from_millis(100);
/// Pasts put together from a log at the same time: reading a long one keeps the database and a core busy.
const FOLDS: usize = 2;

pub(super) struct Hub {
    pub(super) store: Store,
    pub(super) bus: Arc<dyn Bus>,
    pub(super) config: StreamConfig,
    pub(super) metrics: Arc<Metrics>,
    pub(super) tasks: TaskTracker,
    pub(super) stop: CancellationToken,
    // A std mutex: held for map look-ups only.
    stands: Mutex<HashMap<EventId, Kept>>,
    pub(super) turnstile: Turnstile,
    pub(super) parts: OnceLock<Vec<Arc<dyn SnapshotPart>>>,
    pub(super) listeners: OnceLock<Vec<Arc<dyn SeatListener>>>,
    pub(super) forgetters: OnceLock<Vec<Arc<dyn Forgetter>>>,
    pub(super) attentive: OnceLock<Vec<Arc<dyn EventListener>>>,
    pub(super) notified: OnceLock<Arc<dyn NoticeListener>>,
    /// Streams that are about a person.
    /// Share of seats, in thousandths, that have been told to leave.
    pub(super) drained: AtomicU32,
    pub(super) next_seat: AtomicU64,
    /// What perches hear together: heartbeats, and that they should look whether they have to leave.
    pub(super) pulse: watch::Sender<Pulse>,
    pub(super) perch_dismissals: Dismissals,
    pub(super) ushers: Ushers,
    /// How many stands tell things later than they happen.
    pub(super) shifted: Arc<AtomicUsize>,
    /// Pasts put together from a log at the same time.
    pub(super) folds: Semaphore,
}

/// A stand, and what makes the bus tell it.
pub(super) struct Kept {
    pub(super) stand: Arc<Stand>,
    pub(super) interest: Arc<Interest>,
}

/// A stand while somebody needs it.
pub(super) struct Entered(pub(super) Arc<Stand>);

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.seats.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Hub {
    pub(super) fn start(
        store: Store,
        bus: Arc<dyn Bus>,
        places: Places,
        config: StreamConfig,
        metrics: Arc<Metrics>,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Arc<Self> {
        let turnstile = Turnstile::new(&config, places);
        let ushers = Ushers::start(&tasks, &stop, &metrics.connections_stalled);
        let hub = Arc::new(Self {
            store,
            bus,
            config,
            metrics,
            tasks,
            stop,
            stands: Mutex::default(),
            turnstile,
            parts: OnceLock::new(),
            listeners: OnceLock::new(),
            forgetters: OnceLock::new(),
            attentive: OnceLock::new(),
            notified: OnceLock::new(),
            drained: AtomicU32::new(0),
            next_seat: AtomicU64::new(1),
            pulse: watch::Sender::default(),
            perch_dismissals: Dismissals::default(),
            ushers,
            shifted: Arc::default(),
            folds: Semaphore::new(FOLDS),
        });
        let committed = Arc::downgrade(&hub);
        hub.store.on_commit(move |entries| {
            if let Some(hub) = committed.upgrade() {
                hub.committed(entries);
            }
        });
        let noticed = Arc::downgrade(&hub);
        hub.store.on_notice(move |who| {
            if let Some(hub) = noticed.upgrade() {
                hub.notice(who);
            }
        });
        let knows = Arc::downgrade(&hub);
        hub.store.on_lock(move |event| knows.upgrade()?.find(event)?.known());
        hub.every(hub.config.heartbeat_ms, |hub| async move { hub.heartbeat() });
        hub.every(1_000, |hub| async move { hub.expire() });
        hub.tasks.spawn(Arc::clone(&hub).listen());
        hub.tasks.spawn(Arc::clone(&hub).keep_sweeping());
        hub
    }

    /// Does something every so often until told to stop.
    fn every<F: Future<Output = ()> + Send>(
        self: &Arc<Self>,
        period_ms: u64,
        act: impl Fn(Arc<Self>) -> F + Send + 'static,
    ) {
        let hub = Arc::clone(self);
        let mut ticks = interval(Duration::from_millis(period_ms.max(1)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.tasks.spawn(async move {
            ticks.tick().await;
            while hub.stop.run_until_cancelled(ticks.tick()).await.is_some() {
                act(Arc::clone(&hub)).await;
            }
        });
    }

    async fn listen(self: Arc<Self>) {
        let mut envelopes = self.bus.listen();
        while let Some(Some(envelope)) = self.stop.run_until_cancelled(envelopes.recv()).await {
            match envelope {
                Envelope::Entries(event, entries) => self.deliver(event, entries),
                Envelope::Reached(event, head) => self.hear_of(event, head),
                Envelope::Signal(event, signal) => self.pass_signal(event, signal),
                Envelope::Dismissed(event, only, reason) => self.dismiss(event, only, reason),
                Envelope::Aside(event, topic, json) => {
                    for listener in self.attentive.get().into_iter().flatten() {
                        listener.aside(event, topic, &json);
                    }
                }
                Envelope::Noticed(noticed) => self.hear_notice(&noticed),
                Envelope::Stale(stale) => {
                    for forgetter in self.forgetters.get().into_iter().flatten() {
                        forgetter.forget(&stale);
                    }
                }
            }
        }
    }

    /// Somebody was notified of something here, or has less to read.
    pub(super) fn notice(&self, noticed: Noticed) {
        self.hear_notice(&noticed);
        self.bus.publish(Envelope::Noticed(noticed));
    }

    fn hear_notice(&self, noticed: &Noticed) {
        if let Some(listener) = self.notified.get() {
            listener.noticed(noticed);
        }
    }

    /// Tells other instances that what they read of this is no longer true.
    pub(super) fn stale(&self, stale: Stale) {
        self.bus.publish(Envelope::Stale(stale));
    }

    /// Tells a feature on the other instances what it tells itself.
    pub(super) fn aside(&self, event: EventId, topic: Topic, json: Bytes) {
        self.bus.publish(Envelope::Aside(event, topic, json));
    }

    pub(super) fn stands(&self) -> MutexGuard<'_, HashMap<EventId, Kept>> {
        self.stands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn all(&self) -> Vec<Arc<Stand>> {
        self.stands().values().map(|kept| Arc::clone(&kept.stand)).collect()
    }

    /// All of them, and those who tell later what they tell.
    pub(super) fn everywhere(&self) -> Vec<Arc<Stand>> {
        let mut stands = self.all();
        let shifted: Vec<_> = stands.iter().flat_map(|stand| stand.shifted.all()).collect();
        stands.extend(shifted);
        stands
    }

    pub(super) fn find(&self, event: EventId) -> Option<Arc<Stand>> {
        self.stands().get(&event).map(|kept| Arc::clone(&kept.stand))
    }

    /// The event's stand, opened if need be; it stays while the answer lives. `None`: there are too many stands.
    pub(super) async fn enter(self: &Arc<Self>, event: EventId) -> Result<Option<Entered>, Error> {
        let (entered, interest) = {
            let mut stands = self.stands();
            if stands.len() >= self.config.max_stands && !stands.contains_key(&event) {
                return Ok(None);
            }
            let kept = stands.entry(event).or_insert_with(|| Kept {
                stand: Arc::new(Stand::new(event, &self.config)),
                interest: Arc::new(self.bus.attend(event)),
            });
            kept.stand.seats.fetch_add(1, Ordering::AcqRel);
            (Entered(Arc::clone(&kept.stand)), Arc::clone(&kept.interest))
        };
        let stand = &entered.0;
        let open = async {
            // First listen, then read the head: nothing falls between. When it takes longer, the bus says so once it
            // listens, and the sweep looks.
            interest.heard(ATTENTION).await;
            let head = log::head(self.store.reader(), event).await?;
            stand.compared.store(self.store.interruptions(), Ordering::Release);
            stand.open_at(head.unwrap_or(log::Head::EMPTY));
            // What was committed while we read the head has told us so.
            self.mend_if_behind(stand, Duration::ZERO);
            Ok::<(), Error>(())
        };
        stand.opened.get_or_try_init(|| open).await?;
        Ok(Some(entered))
    }

    /// The writer committed these, in order; they may belong to several events.
    fn committed(self: &Arc<Self>, entries: Vec<LogEntry>) {
        let mut by_event: HashMap<EventId, Vec<LogEntry>> = HashMap::new();
        for entry in entries {
            by_event.entry(entry.event).or_default().push(entry);
        }
        for (event, entries) in by_event {
            self.bus.publish(Envelope::Entries(event, entries.clone()));
            self.deliver(event, entries);
        }
    }

    fn deliver(self: &Arc<Self>, event: EventId, entries: Vec<LogEntry>) {
        self.tell_listeners(event, &entries);
        let Some(stand) = self.find(event) else { return };
        if !stand.arrive(entries) {
            self.renew(&stand);
        }
        self.wake(&stand);
        self.mend_if_behind(&stand, Duration::from_millis(self.config.repair_wait_ms));
    }

    /// Before the seats hear it: whoever has heard of a change finds it made.
    pub(super) fn tell_listeners(&self, event: EventId, entries: &[LogEntry]) {
        for listener in self.attentive.get().into_iter().flatten() {
            listener.said(event, entries);
        }
    }

    pub(super) fn signal(self: &Arc<Self>, event: EventId, signal: LiveSignal) {
        self.metrics.signals.inc();
        self.bus.publish(Envelope::Signal(event, signal.clone()));
        self.pass_signal(event, signal);
    }

    /// Passes a signal to this instance's seats.
    pub(super) fn pass_signal(self: &Arc<Self>, event: EventId, signal: LiveSignal) {
        if let Some(stand) = self.find(event) {
            stand.shifted.hear(&signal);
            stand.push_live(|head| Frame::signal(signal, head));
            self.wake(&stand);
        }
    }

    pub(super) fn wake(self: &Arc<Self>, stand: &Arc<Stand>) {
        if let Wake::After(rest) = stand.wake(Duration::from_millis(self.config.tick_ms)) {
            let stand = Arc::clone(stand);
            self.tasks.spawn(async move {
                sleep(rest).await;
                stand.wake_now();
            });
        }
    }

    fn heartbeat(&self) {
        let time = clock::now();
        self.pulse.send_modify(Pulse::beat);
        for stand in self.everywhere() {
            stand.push_live(|head| {
                let beat = StreamHeartbeat {
                    head: head.cursor(Audience::Public),
                    time,
                };
                let json = signal_json(&Signal::StreamHeartbeat(beat), time);
                Frame::signal(
                    LiveSignal {
                        kind: SignalKind::StreamHeartbeat,
                        json,
                        only: None,
                    },
                    head,
                )
            });
            stand.wake_now();
        }
    }

    /// The state as of one place. `None` if there is no such event.
    pub(super) async fn snapshot(
        &self,
        stand: &Stand,
        audience: Audience,
        age: Age,
    ) -> Result<Option<Arc<Shot>>, Error> {
        let parts = self.parts.get().map_or(&[][..], Vec::as_slice);
        let reachable = |shot: &Shot| stand.locate(shot.head, audience).is_some();
        let shot = stand
            .shots
            .get_or_make(audience, age, stand.head(), reachable, || async {
                if let Some(shift) = &stand.shift {
                    return self.shot_of_past(stand, shift).await;
                }
                let reader = self.store.reader();
                let reading = async {
                    let read = reader.begin().await?;
                    let head = log::head(&read, stand.event).await?.unwrap_or(log::Head::EMPTY);
                    stand.begin_epoch(head);
                    let shot = make(parts, &read, stand.event, audience, head).await?;
                    read.rollback().await?;
                    Ok(shot)
                };
                reader.within(reading).await?.ok_or_else(|| {
                    crate::domain::Refusal::new(crate::domain::Reason::EventNotFound, "No such event.").into()
                })
            });
        match shot.await {
            Ok(shot) => Ok(Some(shot)),
            Err(Error::Refused(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

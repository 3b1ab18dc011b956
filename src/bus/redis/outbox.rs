//! What waits to be published. Putting never waits; one task sends in batches, each as one round trip.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use ::redis::{Pipeline, Value};
use futures_util::future::join_all;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{super::Condition, Desk, Envelope, channel, house_channel};
use crate::{domain::notice::Noticed, redis::Redis, telemetry::Metrics};

/// Envelopes that may wait.
const WAITING: usize = 4_096;
/// Signals are not worth the room that entries may need: they find it full at half.
const WAITING_SIGNALS: usize = WAITING / 2;
/// Bytes that may wait.
const WAITING_BYTES: usize = 32 * 1024 * 1024;
/// Envelopes of one round trip.
const BATCH: usize = 256;
/// Bytes of one round trip, about; more would make other commands wait.
const BATCH_BYTES: usize = 256 * 1024;
/// Dismissals that could not be told are kept for when they can. More of them in one outage are lost.
const OWED: usize = 1_024;
/// After Redis is back, so long for the others to come back to it as well.
const OWED_AFTER: Duration = Duration::from_secs(3);

pub(super) struct Outbox {
    waiting: mpsc::Sender<Envelope>,
    bytes: Arc<AtomicUsize>,
    metrics: Arc<Metrics>,
}

impl Outbox {
    pub(super) fn start(
        redis: &Redis,
        desk: Arc<Desk>,
        condition: &watch::Sender<Condition>,
        metrics: Arc<Metrics>,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        let (waiting, envelopes) = mpsc::channel(WAITING);
        let bytes = Arc::new(AtomicUsize::new(0));
        let carrier = Carrier {
            redis: redis.clone(),
            desk,
            bytes: Arc::clone(&bytes),
            metrics: Arc::clone(&metrics),
            owed: VecDeque::new(),
        };
        let (condition, stop) = (condition.subscribe(), stop.clone());
        tasks.spawn(async move { stop.run_until_cancelled(carrier.carry(envelopes, condition)).await });
        Self {
            waiting,
            bytes,
            metrics,
        }
    }

    pub(super) fn put(&self, envelope: Envelope) {
        let size = size(&envelope);
        let is_signal = matches!(
            envelope,
            Envelope::Signal(..) | Envelope::Aside(..) | Envelope::Noticed(_)
        );
        let fits = self.bytes.load(Ordering::Acquire) + size <= WAITING_BYTES
            && !(is_signal && self.waiting.capacity() < WAITING - WAITING_SIGNALS);
        self.bytes.fetch_add(size, Ordering::AcqRel);
        if !fits || self.waiting.try_send(envelope).is_err() {
            self.bytes.fetch_sub(size, Ordering::AcqRel);
            self.metrics.bus_dropped("outbox", 1);
        }
    }
}

fn size(envelope: &Envelope) -> usize {
    match envelope {
        Envelope::Entries(_, entries) => entries.iter().map(|entry| entry.json.len()).sum(),
        Envelope::Signal(_, signal) => signal.json.len(),
        Envelope::Aside(_, _, json) => json.len(),
        Envelope::Noticed(Noticed::Users(users)) => users.iter().map(|user| user.as_str().len() + 1).sum(),
        Envelope::Noticed(Noticed::Everyone) | Envelope::Reached(..) | Envelope::Dismissed(..) | Envelope::Stale(_) => {
            0
        }
    }
}

struct Carrier {
    redis: Redis,
    desk: Arc<Desk>,
    bytes: Arc<AtomicUsize>,
    metrics: Arc<Metrics>,
    /// Dismissals that others have not heard of. Entries are in the log for everybody; these are nowhere else.
    owed: VecDeque<Envelope>,
}

impl Carrier {
    async fn carry(mut self, mut envelopes: mpsc::Receiver<Envelope>, mut condition: watch::Receiver<Condition>) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut pay_at: Option<Instant> = None;
        loop {
            tokio::select! {
                count = envelopes.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        return;
                    }
                    self.send(&batch).await;
                    batch.clear();
                }
                changed = condition.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let is_well = condition.borrow_and_update().trouble.is_none();
                    pay_at = (is_well && !self.owed.is_empty()).then(|| Instant::now() + OWED_AFTER);
                }
                () = sleep_until(pay_at.unwrap_or_else(Instant::now)), if pay_at.is_some() => {
                    pay_at = None;
                    let owed: Vec<_> = self.owed.drain(..).collect();
                    self.send(&owed).await;
                }
            }
            if pay_at.is_none() && !self.owed.is_empty() && condition.borrow().trouble.is_none() {
                pay_at = Some(Instant::now() + OWED_AFTER);
            }
        }
    }

    async fn send(&mut self, envelopes: &[Envelope]) {
        for envelope in envelopes {
            self.bytes.fetch_sub(size(envelope), Ordering::AcqRel);
        }
        if self.redis.trouble().is_some() {
            self.metrics.bus_dropped("away", envelopes.len() as u64);
            return self.owe(envelopes);
        }
        let mut rest = envelopes;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = rest.iter().take_while(|envelope| {
                bytes += size(envelope);
                bytes <= BATCH_BYTES
            });
            let (now, later) = rest.split_at(fits.count().max(1));
            if self.send_at_once(now).await.is_err() {
                self.metrics.bus_dropped("failed", now.len() as u64);
                self.owe(now);
            } else {
                self.metrics.bus_published.inc_by(now.len() as u64);
            }
            rest = later;
        }
    }

    /// One round trip; in a cluster one per slot, side by side. What goes to one channel keeps its order.
    async fn send_at_once(&self, envelopes: &[Envelope]) -> Result<(), ()> {
        let is_cluster = self.redis.is_cluster();
        let verb = if is_cluster { "SPUBLISH" } else { "PUBLISH" };
        let mut by_channel: HashMap<String, Pipeline> = HashMap::new();
        let mut all = Pipeline::with_capacity(envelopes.len());
        for envelope in envelopes {
            let channel = self.channel(envelope);
            for letter in self.desk.write(envelope) {
                let commands = if is_cluster {
                    by_channel.entry(channel.clone()).or_default()
                } else {
                    &mut all
                };
                commands.cmd(verb).arg(&channel).arg(&letter[..]);
            }
        }
        let pipelines = by_channel.into_values().chain([all]).collect::<Vec<_>>();
        let sent = join_all(pipelines.iter().map(|commands| self.redis.ask_all(commands))).await;
        let went = |answers: &Result<Vec<Value>, _>| {
            answers
                .as_ref()
                .is_ok_and(|answers| !answers.iter().any(|answer| matches!(answer, Value::ServerError(_))))
        };
        sent.iter().all(went).then_some(()).ok_or(())
    }

    fn channel(&self, envelope: &Envelope) -> String {
        match envelope {
            Envelope::Entries(event, _)
            | Envelope::Reached(event, _)
            | Envelope::Signal(event, _)
            | Envelope::Aside(event, ..)
            | Envelope::Dismissed(event, ..) => channel(&self.redis, *event),
            Envelope::Stale(_) | Envelope::Noticed(_) => house_channel(&self.redis),
        }
    }

    fn owe(&mut self, envelopes: &[Envelope]) {
        let dismissals = envelopes
            .iter()
            .filter(|envelope| matches!(envelope, Envelope::Dismissed(..)));
        let room = OWED.saturating_sub(self.owed.len());
        self.owed.extend(dismissals.take(room).cloned());
    }
}

//! The bus over Redis: a channel per event that somebody here attends, and one for the whole house.
//!
//! Bounded on both sides, and nobody waits: `publish` puts into an outbox that one task empties in batches, the
//! connection's reader puts into an inbox that another opens. What does not fit is dropped and counted. Sharded channels
//! where Redis is a cluster.

mod letter;
mod outbox;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Bus, Condition, Envelope, Hearing, Interest};
use crate::{
    domain::EventId,
    redis::{Attention, Ear, Redis},
    telemetry::Metrics,
};
use letter::{Desk, Opened, SIZE_MAX};
use outbox::Outbox;

/// Letters that may wait to be opened. Opening takes microseconds, so more means the machine is stuck.
const INBOX: usize = 4_096;
/// Envelopes that may wait for the stream.
const OPENED: usize = 64;

/// One instance's end of a bus over Redis.
pub struct RedisBus {
    redis: Redis,
    ear: Ear,
    outbox: Outbox,
    condition: watch::Sender<Condition>,
    /// Taken by the one who listens.
    opened: Mutex<Option<mpsc::Receiver<Envelope>>>,
    metrics: Arc<Metrics>,
    /// The whole house.
    _house: Attention,
}

/// The channel of one event. The braces make it one slot with whatever else is kept of the event.
fn channel(redis: &Redis, event: EventId) -> String {
    redis.name(format_args!("bus:{{{event}}}"))
}

fn house_channel(redis: &Redis) -> String {
    redis.name("bus:house")
}

impl RedisBus {
    /// `secret` is what all instances of this house share; letters without its seal are not believed.
    #[must_use]
    pub fn start(
        redis: &Redis,
        secret: &[u8],
        metrics: Arc<Metrics>,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        let desk = Arc::new(Desk::new(secret));
        let (inbox, letters) = mpsc::channel::<Bytes>(INBOX);
        let full = Arc::clone(&metrics);
        let hear = move |letter: Bytes| {
            if letter.len() > SIZE_MAX {
                full.bus_dropped("garbled", 1);
            } else if inbox.try_send(letter).is_err() {
                full.bus_dropped("inbox", 1);
            }
        };
        let ear = redis.listen(hear, tasks, stop);
        let (tell, opened) = mpsc::channel(OPENED);
        tasks.spawn(open_all(
            letters,
            Arc::clone(&desk),
            tell,
            Arc::clone(&metrics),
            stop.clone(),
        ));
        let condition = watch::Sender::new(Condition {
            trouble: Some(crate::redis::Trouble::Starting.reason()),
            restored: 0,
        });
        tasks.spawn(follow(
            ear.clone(),
            condition.clone(),
            Arc::clone(&metrics),
            stop.clone(),
        ));
        let outbox = Outbox::start(redis, desk, &condition, Arc::clone(&metrics), tasks, stop);
        let house = ear.attend(&house_channel(redis));
        Self {
            redis: redis.clone(),
            ear,
            outbox,
            condition,
            opened: Mutex::new(Some(opened)),
            metrics,
            _house: house,
        }
    }
}

impl Bus for RedisBus {
    fn publish(&self, envelope: Envelope) {
        self.outbox.put(envelope);
    }

    fn listen(&self) -> mpsc::Receiver<Envelope> {
        let taken = self.opened.lock().unwrap_or_else(PoisonError::into_inner).take();
        taken.unwrap_or_else(|| {
            tracing::error!("the bus was listened to twice; the first listener hears it");
            mpsc::channel(1).1
        })
    }

    fn attend(&self, event: EventId) -> Interest {
        self.metrics.bus_channels.inc();
        Interest::new(Attending {
            attention: self.ear.attend(&channel(&self.redis, event)),
            condition: self.condition.subscribe(),
            metrics: Arc::clone(&self.metrics),
        })
    }

    fn condition(&self) -> watch::Receiver<Condition> {
        self.condition.subscribe()
    }
}

struct Attending {
    attention: Attention,
    condition: watch::Receiver<Condition>,
    metrics: Arc<Metrics>,
}

impl Drop for Attending {
    fn drop(&mut self) {
        self.metrics.bus_channels.dec();
    }
}

impl Hearing for Attending {
    fn heard(&self, patience: Duration) -> BoxFuture<'_, bool> {
        Box::pin(async move {
            // Nobody waits for a Redis that is known to be away.
            let troubled = self.condition.borrow().trouble.is_some();
            self.attention
                .heard(if troubled { Duration::ZERO } else { patience })
                .await
        })
    }
}

/// Opens letters in the order in which they came.
async fn open_all(
    mut letters: mpsc::Receiver<Bytes>,
    desk: Arc<Desk>,
    tell: mpsc::Sender<Envelope>,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
) {
    let mut warned = false;
    while let Some(Some(letter)) = stop.run_until_cancelled(letters.recv()).await {
        match desk.open(letter) {
            Opened::Letter(envelope) => {
                metrics.bus_heard.inc();
                if tell.send(envelope).await.is_err() {
                    return;
                }
            }
            Opened::Echo => {}
            Opened::Garbled => {
                metrics.bus_dropped("garbled", 1);
                if !std::mem::replace(&mut warned, true) {
                    tracing::warn!(
                        "something on the bus is not from this house: do all instances have the same `auth.secret` and version?"
                    );
                }
            }
        }
    }
}

/// Says of the bus what is true of the listening.
async fn follow(ear: Ear, condition: watch::Sender<Condition>, metrics: Arc<Metrics>, stop: CancellationToken) {
    let mut hearing = ear.watch();
    loop {
        let now = *hearing.borrow_and_update();
        metrics.bus_troubled.set(i64::from(now.trouble.is_some()));
        condition.send_replace(Condition {
            trouble: now.trouble.map(crate::redis::Trouble::reason),
            restored: now.restored,
        });
        if !matches!(stop.run_until_cancelled(hearing.changed()).await, Some(Ok(()))) {
            return;
        }
    }
}

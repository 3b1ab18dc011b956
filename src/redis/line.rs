//! A line: one connection that listens, to one node. It subscribes in batches to what is wanted of its slots, and proves
//! now and then that it hears: a word published on a channel of its own must come back.
//!
//! The connection is made anew here, not by the library, which gives up after some failures and swallows what goes wrong
//! while subscribing again.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use ::redis::{
    Client, Pipeline, PushInfo, PushKind, RedisError, Value,
    aio::{ConnectionLike, MultiplexedConnection},
};
use tokio::{
    sync::Notify,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    Trouble,
    address::{CONNECT, bounds},
    ask::trouble_of,
    ear::Listening,
    slots::Share,
};

/// Channels per round trip. More would make the others wait.
const BATCH: usize = 500;
/// Taking up many channels may take longer than one command; more than this is a dead connection.
const PATIENCE: Duration = Duration::from_secs(2);
/// Probes in a row without an echo, and Redis is deaf.
const DEAF: u64 = 2;
/// Echoes in a row that took more than half of what a command may take, and Redis is slow.
const LATE: u64 = 2;
/// Probes in a row without an echo, and the connection itself may be what is broken.
const BROKEN: u64 = 6;

pub(super) struct Line {
    pub(super) share: Share,
    client: Client,
    /// The channel of its own.
    probe: String,
    pub(super) ended: CancellationToken,
    /// Channels to look at: to take up or to leave. A set, so bounded by the channels there are.
    // A std mutex: held for set operations.
    stirred: Mutex<HashSet<Arc<str>>>,
    stir: Notify,
    trouble: Mutex<Option<Trouble>>,
}

/// What the connection's reader tells the line.
struct Pulse {
    probe: String,
    broken: AtomicBool,
    /// Confirmations of leaving that we asked for. One more than that means a slot has moved away.
    farewells: AtomicI64,
    /// Number of the last probe that came back.
    echoed: AtomicU64,
    echoed_at: Mutex<Option<Instant>>,
    news: Notify,
}

impl Line {
    pub(super) fn new(share: Share, client: Client, probe: String, ended: CancellationToken) -> Self {
        Self {
            share,
            client,
            probe,
            ended,
            stirred: Mutex::default(),
            stir: Notify::new(),
            trouble: Mutex::new(Some(Trouble::Starting)),
        }
    }

    pub(super) fn has(&self, slot: u16) -> bool {
        self.share
            .1
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&slot))
    }

    pub(super) fn trouble(&self) -> Option<Trouble> {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_in(&self, ear: &Listening, trouble: Option<Trouble>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
        ear.assess();
    }

    /// Looks at these soon.
    pub(super) fn stir(&self, names: impl IntoIterator<Item = Arc<str>>) {
        self.stirred
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(names);
        self.stir.notify_one();
    }

    fn stirred(&self) -> Vec<Arc<str>> {
        let mut stirred = self.stirred.lock().unwrap_or_else(PoisonError::into_inner);
        let batch: Vec<_> = stirred.iter().take(BATCH).cloned().collect();
        for name in &batch {
            stirred.remove(name);
        }
        batch
    }
}

/// Keeps the line up until it is ended.
pub(super) async fn keep(ear: Arc<Listening>, line: Arc<Line>) {
    let keeping = async {
        loop {
            match Call::begin(&ear, &line).await {
                Ok(mut call) => {
                    let trouble = call.go_on().await;
                    ear.now_heard(call.heard.iter(), false);
                    line.is_in(&ear, Some(trouble));
                }
                Err(error) => {
                    tracing::debug!(error = %error, "no connection to listen to redis on");
                    line.is_in(&ear, Some(trouble_of(&error).unwrap_or(Trouble::Refusing)));
                }
            }
            ear.suspicion.notify_one();
            sleep(ear.redis.inner.probe).await;
        }
    };
    line.ended.run_until_cancelled(keeping).await;
}

/// A connection while it lasts.
struct Call<'a> {
    ear: &'a Arc<Listening>,
    line: &'a Arc<Line>,
    connection: MultiplexedConnection,
    pulse: Arc<Pulse>,
    heard: HashSet<Arc<str>>,
    /// Number of the last probe, and when it was sent.
    probed: u64,
    probed_at: Instant,
    /// Number of the last probe that was seen to come back.
    echoed: u64,
    unheard: u64,
    late: u64,
    /// Channels to try again: the slots are elsewhere, or the cluster is not whole.
    refused: Vec<Arc<str>>,
}

impl<'a> Call<'a> {
    async fn begin(ear: &'a Arc<Listening>, line: &'a Arc<Line>) -> Result<Self, RedisError> {
        let pulse = Arc::new(Pulse {
            probe: line.probe.clone(),
            broken: AtomicBool::new(false),
            farewells: AtomicI64::new(0),
            echoed: AtomicU64::new(0),
            echoed_at: Mutex::default(),
            news: Notify::new(),
        });
        let (reader, hearer) = (Arc::clone(&pulse), Arc::clone(ear));
        let bounds = bounds(PATIENCE).set_push_sender(move |push: PushInfo| {
            reader.take(push, &hearer);
            Ok::<(), ::redis::aio::SendError>(())
        });
        let connecting = line.client.get_multiplexed_async_connection_with_config(&bounds);
        let connection = match timeout(CONNECT * 2, connecting).await {
            Ok(connection) => connection?,
            Err(_) => return Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()),
        };
        Ok(Self {
            ear,
            line,
            connection,
            pulse,
            heard: HashSet::new(),
            probed: 0,
            probed_at: Instant::now(),
            echoed: 0,
            unheard: 0,
            late: 0,
            refused: Vec::new(),
        })
    }

    /// Listens until the connection is of no use; says what was wrong.
    async fn go_on(&mut self) -> Trouble {
        let probe: Arc<str> = self.line.probe.as_str().into();
        match self
            .change("SUBSCRIBE", "SSUBSCRIBE", std::slice::from_ref(&probe))
            .await
        {
            Ok(refused) if refused.is_empty() => {}
            Ok(_) => return Trouble::Refusing,
            Err(trouble) => return trouble,
        }
        self.line.stir(self.ear.wanted(self.line));
        let mut ticks = interval(self.ear.redis.inner.probe);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut settled = false;
        loop {
            loop {
                let batch = self.line.stirred();
                if batch.is_empty() {
                    break;
                }
                if let Err(trouble) = self.follow(batch).await {
                    return trouble;
                }
            }
            if !settled {
                settled = true;
                self.ear.restored();
            }
            tokio::select! {
                () = self.line.stir.notified() => {}
                () = self.pulse.news.notified() => {
                    self.judge();
                }
                _ = ticks.tick() => self.probe().await,
            }
            if self.pulse.broken.load(Ordering::Acquire) {
                return Trouble::Unreachable;
            }
            if self.unheard >= BROKEN {
                return Trouble::Deaf;
            }
        }
    }

    /// Takes up what is wanted and not heard, leaves what is heard and not wanted.
    async fn follow(&mut self, names: Vec<Arc<str>>) -> Result<(), Trouble> {
        let (wanted, unwanted): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| self.ear.is_wanted(name));
        let take: Vec<_> = wanted.into_iter().filter(|name| !self.heard.contains(name)).collect();
        let leave: Vec<_> = unwanted.into_iter().filter(|name| self.heard.contains(name)).collect();
        let refused = self.change("SUBSCRIBE", "SSUBSCRIBE", &take).await?;
        let taken: Vec<_> = take.into_iter().filter(|name| !refused.contains(name)).collect();
        self.heard.extend(taken.iter().cloned());
        self.ear.now_heard(taken.iter(), true);
        for name in &leave {
            self.heard.remove(name);
        }
        self.pulse
            .farewells
            .fetch_add(i64::try_from(leave.len()).unwrap_or(0), Ordering::AcqRel);
        self.change("UNSUBSCRIBE", "SUNSUBSCRIBE", &leave).await?;
        if !refused.is_empty() {
            self.ear.suspicion.notify_one();
            self.refused.extend(refused);
        }
        Ok(())
    }

    /// One command per channel, all at once. Gives back those that were refused.
    async fn change(&mut self, single: &str, sharded: &str, names: &[Arc<str>]) -> Result<Vec<Arc<str>>, Trouble> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let verb = if self.is_sharded() { sharded } else { single };
        let mut commands = Pipeline::with_capacity(names.len());
        for name in names {
            commands.cmd(verb).arg(&**name);
        }
        let answers = self.connection.req_packed_commands(&commands, 0, names.len()).await;
        let answers = answers.map_err(|error| trouble_of(&error).unwrap_or(Trouble::Refusing))?;
        let refused = names
            .iter()
            .zip(answers)
            .filter(|(_, answer)| !matches!(answer, Value::Push { .. }));
        Ok(refused.map(|(name, _)| Arc::clone(name)).collect())
    }

    async fn probe(&mut self) {
        if self.probed > 0 && !self.judge() {
            self.unheard += 1;
            if self.unheard >= DEAF {
                self.is_in(Some(Trouble::Deaf));
            }
        }
        self.line.stir(self.refused.drain(..));
        self.probed += 1;
        self.probed_at = Instant::now();
        let verb = if self.is_sharded() { "SPUBLISH" } else { "PUBLISH" };
        let mut word = ::redis::cmd(verb);
        word.arg(&self.line.probe).arg(self.probed);
        // An error is known to the keeper of that connection, and no echo will come.
        drop(self.ear.redis.ask::<Value>(&word).await);
    }

    /// What the last echo says. False: there was none since we last looked.
    fn judge(&mut self) -> bool {
        let echoed = self.pulse.echoed.load(Ordering::Acquire);
        if echoed <= self.echoed {
            return self.echoed == self.probed;
        }
        (self.echoed, self.unheard) = (echoed, 0);
        let took = self.pulse.took(self.probed_at);
        let in_time = echoed == self.probed && took.is_some_and(|took| took <= self.ear.redis.inner.timeout / 2);
        self.late = if in_time { 0 } else { self.late + 1 };
        self.is_in((self.late >= LATE).then_some(Trouble::Slow));
        true
    }

    fn is_in(&self, trouble: Option<Trouble>) {
        if self.line.trouble() != trouble {
            self.line.is_in(self.ear, trouble);
        }
    }

    fn is_sharded(&self) -> bool {
        self.ear.redis.inner.address.is_cluster()
    }
}

impl Pulse {
    fn took(&self, since: Instant) -> Option<Duration> {
        let at = *self.echoed_at.lock().unwrap_or_else(PoisonError::into_inner);
        at.map(|at| at.saturating_duration_since(since))
    }

    /// Called by the connection's reader, which nothing may hold up.
    fn take(&self, push: PushInfo, ear: &Listening) {
        match push.kind {
            PushKind::Message | PushKind::SMessage => {
                let mut parts = push.data.into_iter();
                let (Some(Value::BulkString(channel)), Some(Value::BulkString(payload))) = (parts.next(), parts.next())
                else {
                    return;
                };
                if channel == self.probe.as_bytes() {
                    self.echo(&payload);
                } else {
                    (ear.hear)(payload.into());
                }
            }
            PushKind::SUnsubscribe if self.farewells.fetch_sub(1, Ordering::AcqRel) > 0 => {}
            PushKind::Disconnection | PushKind::SUnsubscribe => {
                self.broken.store(true, Ordering::Release);
                self.news.notify_one();
            }
            _ => {}
        }
    }

    fn echo(&self, payload: &[u8]) {
        let number = std::str::from_utf8(payload).ok().and_then(|text| text.parse().ok());
        *self.echoed_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.echoed.fetch_max(number.unwrap_or(0), Ordering::AcqRel);
        self.news.notify_one();
    }
}

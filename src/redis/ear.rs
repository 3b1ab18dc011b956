//! Listening: which channels somebody here wants to hear, and whether they are heard.
//!
//! What is wanted is a map, not a queue: a storm of beginnings and endings costs one look per channel. The connections
//! are lines (`line.rs`), one to a single Redis, one to each primary of a cluster; a line that breaks is made anew and
//! takes up everything that is wanted, and whoever may have missed something is told by [`Hearing::restored`].

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::{Notify, watch},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Redis, Trouble,
    address::{CONNECT, Node, bounds},
    line::{self, Line},
    slots::{SLOTS, Share, read_shares, slot},
};
use crate::crypto;

/// A cluster is asked this often who has which slots, and whenever something points to a change.
const CHART: Duration = Duration::from_secs(10);

/// Whether what is wanted is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hearing {
    pub trouble: Option<Trouble>,
    /// Moves on whenever something may have been missed and is heard again from now on.
    pub restored: u64,
}

/// Takes what arrives on any channel. Must not block.
pub(super) type Hear = Box<dyn Fn(Bytes) + Send + Sync>;

/// A cheap handle on all listening of this instance.
#[derive(Clone)]
pub struct Ear {
    inner: Arc<Listening>,
}

pub(super) struct Listening {
    pub(super) redis: Redis,
    pub(super) hear: Hear,
    /// Tells this instance's own probe channels from others'.
    own: String,
    tasks: TaskTracker,
    // A std mutex: held for map operations, never across an await.
    board: Mutex<Board>,
    hearing: watch::Sender<Hearing>,
    /// Something points to another sharing out of slots.
    pub(super) suspicion: Notify,
}

#[derive(Default)]
struct Board {
    /// Bounded by those who want to hear: stands, mostly.
    channels: HashMap<Arc<str>, Arc<Channel>>,
    lines: Vec<Arc<Line>>,
}

/// A channel that somebody wants to hear.
pub(super) struct Channel {
    name: Arc<str>,
    slot: u16,
    wanted_by: AtomicUsize,
    heard: AtomicBool,
    /// Somebody went on without waiting any longer.
    late: AtomicBool,
    news: Notify,
}

/// The channel is listened to while this lives.
pub struct Attention {
    channel: Arc<Channel>,
    ear: Arc<Listening>,
}

impl Redis {
    /// Begins to listen, to nothing yet. `hear` gets what arrives on any channel; it must not block.
    #[must_use]
    pub fn listen(
        &self,
        hear: impl Fn(Bytes) + Send + Sync + 'static,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Ear {
        let inner = Arc::new(Listening {
            redis: self.clone(),
            hear: Box::new(hear),
            own: crypto::encode(&crypto::random::<9>()),
            tasks: tasks.clone(),
            board: Mutex::default(),
            hearing: watch::Sender::new(Hearing {
                trouble: Some(Trouble::Starting),
                restored: 0,
            }),
            suspicion: Notify::new(),
        });
        tasks.spawn(keep_assessing(Arc::clone(&inner), stop.clone()));
        if self.inner.address.is_cluster() {
            tasks.spawn(keep_chart(Arc::clone(&inner), stop.clone()));
        } else {
            let whole = (self.inner.address.named()[0].clone(), vec![(0, SLOTS - 1)]);
            inner.share_out(vec![whole], stop);
        }
        Ear { inner }
    }
}

impl Ear {
    /// Listens to a channel from soon on, while the answer lives.
    #[must_use]
    pub fn attend(&self, name: &str) -> Attention {
        let mut board = self.inner.board();
        let channel = match board.channels.get(name) {
            Some(channel) => Arc::clone(channel),
            None => board.add(name),
        };
        channel.wanted_by.fetch_add(1, Ordering::AcqRel);
        drop(board);
        Attention {
            channel,
            ear: Arc::clone(&self.inner),
        }
    }

    /// Whether what is wanted is heard, and changes of that.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Hearing> {
        self.inner.hearing.subscribe()
    }
}

impl Attention {
    #[must_use]
    pub fn is_heard(&self) -> bool {
        self.channel.heard.load(Ordering::Acquire)
    }

    /// Waits until everything published from now on is heard, but not longer than `patience`. Whoever goes on without is
    /// told by [`Hearing::restored`] when it is.
    pub async fn heard(&self, patience: Duration) -> bool {
        let heard = async {
            loop {
                let news = self.channel.news.notified();
                if self.is_heard() {
                    return;
                }
                news.await;
            }
        };
        // The next news could come between the look and the wait, were the future not made first.
        if timeout(patience, heard).await.is_ok() {
            return true;
        }
        self.channel.late.store(true, Ordering::Release);
        self.is_heard()
    }
}

impl Drop for Attention {
    fn drop(&mut self) {
        let mut board = self.ear.board();
        if self.channel.wanted_by.fetch_sub(1, Ordering::AcqRel) == 1 {
            board.channels.remove(&self.channel.name);
            board.stir(&self.channel);
        }
    }
}

impl Board {
    fn add(&mut self, name: &str) -> Arc<Channel> {
        let name: Arc<str> = name.into();
        let channel = Arc::new(Channel {
            name: Arc::clone(&name),
            slot: slot(&name),
            wanted_by: AtomicUsize::new(0),
            heard: AtomicBool::new(false),
            late: AtomicBool::new(false),
            news: Notify::new(),
        });
        self.channels.insert(name, Arc::clone(&channel));
        self.stir(&channel);
        channel
    }

    /// Has the channel's line look at it.
    fn stir(&self, channel: &Channel) {
        if let Some(line) = self.lines.iter().find(|line| line.has(channel.slot)) {
            line.stir([Arc::clone(&channel.name)]);
        }
    }
}

impl Listening {
    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every wanted channel of a line.
    pub(super) fn wanted(&self, line: &Line) -> Vec<Arc<str>> {
        let board = self.board();
        let names = board.channels.values().filter(|channel| line.has(channel.slot));
        names.map(|channel| Arc::clone(&channel.name)).collect()
    }

    pub(super) fn is_wanted(&self, name: &str) -> bool {
        self.board().channels.contains_key(name)
    }

    /// These are heard from now on, or not any more.
    pub(super) fn now_heard<'a>(&self, names: impl Iterator<Item = &'a Arc<str>>, heard: bool) {
        let mut late = false;
        let board = self.board();
        for channel in names.filter_map(|name| board.channels.get(name)) {
            channel.heard.store(heard, Ordering::Release);
            if heard {
                late |= channel.late.swap(false, Ordering::AcqRel);
                channel.news.notify_waiters();
            }
        }
        drop(board);
        if late {
            self.restored();
        }
    }

    pub(super) fn restored(&self) {
        self.hearing.send_modify(|hearing| hearing.restored += 1);
    }

    /// Puts together what is known of the connections.
    pub(super) fn assess(&self) {
        let of_lines = {
            let board = self.board();
            let worst = board.lines.iter().filter_map(|line| line.trouble()).min();
            if board.lines.is_empty() {
                Some(Trouble::Starting)
            } else {
                worst
            }
        };
        let trouble = self.redis.trouble().or(of_lines);
        let mut was = None;
        let changed = self.hearing.send_if_modified(|hearing| {
            was = hearing.trouble;
            hearing.trouble = trouble;
            hearing.restored += u64::from(was.is_some() && trouble.is_none());
            was != trouble
        });
        match trouble {
            Some(trouble) if changed && trouble != Trouble::Starting => {
                tracing::warn!(
                    bus.trouble = trouble.reason(),
                    "what other instances say does not arrive as it should"
                );
            }
            None if changed => tracing::info!("what other instances say is heard"),
            _ => {}
        }
    }

    /// Takes up the lines that these shares need, leaves those that none needs, keeps the rest.
    fn share_out(self: &Arc<Self>, shares: Vec<Share>, stop: &CancellationToken) {
        let mut board = self.board();
        let (kept, left): (Vec<_>, Vec<_>) = board.lines.drain(..).partition(|line| shares.contains(&line.share));
        for line in &left {
            line.ended.cancel();
        }
        for channel in board
            .channels
            .values()
            .filter(|channel| left.iter().any(|line| line.has(channel.slot)))
        {
            channel.heard.store(false, Ordering::Release);
        }
        let known: HashSet<_> = kept.iter().map(|line| line.share.clone()).collect();
        board.lines = kept;
        for share in shares.into_iter().filter(|share| !known.contains(share)) {
            let client = match self.redis.inner.address.node(&share.0) {
                Ok(client) => client,
                Err(error) => {
                    tracing::error!(error = %error, "no client for a node of the cluster");
                    continue;
                }
            };
            let probe = self.probe_name(&share.1);
            let line = Arc::new(Line::new(share, client, probe, stop.child_token()));
            board.lines.push(Arc::clone(&line));
            self.tasks.spawn(line::keep(Arc::clone(self), line));
        }
        drop(board);
        self.assess();
    }
}

impl Listening {
    /// A channel of our own that lies in these slots.
    fn probe_name(&self, slots: &[(u16, u16)]) -> String {
        let name = |number: u32| self.redis.name(format_args!("probe:{}:{number}", self.own));
        let fits = |name: &String| slots.iter().any(|(first, last)| (*first..=*last).contains(&slot(name)));
        // A node with a single slot is found after some 16,384 tries, in a moment; a node without any is not asked.
        (0..1_000_000).map(name).find(fits).unwrap_or_else(|| name(0))
    }
}

async fn keep_assessing(ear: Arc<Listening>, stop: CancellationToken) {
    let mut redis = ear.redis.watch();
    while let Some(Ok(())) = stop.run_until_cancelled(redis.changed()).await {
        ear.assess();
    }
}

/// Knows which node of a cluster has which slots.
async fn keep_chart(ear: Arc<Listening>, stop: CancellationToken) {
    let keeping = async {
        let mut known: Vec<Node> = Vec::new();
        loop {
            let named = ear.redis.inner.address.named();
            for node in known.iter().chain(&named) {
                if let Some(shares) = ask_for_shares(&ear, node).await {
                    known = shares.iter().map(|(node, _)| node.clone()).collect();
                    ear.share_out(shares, &stop);
                    break;
                }
            }
            sleep(ear.redis.inner.probe).await;
            // Running out of patience is the other good reason to ask again.
            drop(timeout(CHART, ear.suspicion.notified()).await);
        }
    };
    stop.run_until_cancelled(keeping).await;
}

/// The whole chart, from one node that knows it.
async fn ask_for_shares(ear: &Listening, node: &Node) -> Option<Vec<Share>> {
    let asking = async {
        let client = ear.redis.inner.address.node(node).ok()?;
        let bounds = bounds(ear.redis.inner.timeout);
        let mut connection = client
            .get_multiplexed_async_connection_with_config(&bounds)
            .await
            .ok()?;
        let answer = ::redis::cmd("CLUSTER")
            .arg("SLOTS")
            .query_async(&mut connection)
            .await
            .ok()?;
        let shares = read_shares(&answer, node);
        (!shares.is_empty()).then_some(shares)
    };
    timeout(CONNECT * 2, asking).await.ok().flatten()
}

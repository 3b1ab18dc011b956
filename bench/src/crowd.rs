//! Many watchers, opened a bounded number at a time, and what they saw.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::bail;
use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use crate::{
    engine_io::EngineIo,
    frames::Frames,
    schedule::BenchClock,
    target::{Protocol, Target},
    watcher::{Board, Reader, SharedBoard, Watcher},
};

/// How many streams are opened at the same time.
const OPENING: usize = 64;
/// A response head says that a stream was accepted, not yet that it hears everything.
const SUBSCRIBING: Duration = Duration::from_millis(500);
const LOOK: Duration = Duration::from_millis(2);

#[derive(Clone)]
pub(crate) struct CrowdPlan {
    pub(crate) target: Arc<dyn Target>,
    /// Streams are opened at these in turn.
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) clock: BenchClock,
    pub(crate) channels: Vec<Arc<str>>,
    /// Spread evenly over the channels.
    pub(crate) watchers: usize,
    /// One watcher in so many reads stamps; all count.
    pub(crate) sample: usize,
    /// Whether the first watcher keeps the totals of reactions, and reads who is here.
    pub(crate) witness: bool,
    /// So many come a second, evenly; all as fast as they are let in when absent.
    pub(crate) pace: Option<u64>,
}

pub(crate) struct Crowd {
    board: SharedBoard,
    per_channel: u64,
    watchers: usize,
    tasks: JoinSet<()>,
    /// From the first connect until the last stream was live.
    pub(crate) opened_in_ns: u64,
}

impl Crowd {
    /// Returns when every stream is live.
    pub(crate) async fn open(plan: &CrowdPlan, limit: Duration) -> anyhow::Result<Self> {
        let began_ns = plan.clock.now_ns();
        let mut crowd = Self {
            board: SharedBoard::new(plan.watchers),
            per_channel: (plan.watchers / plan.channels.len().max(1)) as u64,
            watchers: plan.watchers,
            tasks: JoinSet::new(),
            opened_in_ns: 0,
        };
        let gate = Arc::new(Semaphore::new(OPENING));
        let begun = Instant::now();
        let channels = plan.channels.iter().cycle().take(plan.watchers);
        let places = channels.zip(plan.addresses.iter().cycle());
        for (index, (channel, address)) in places.enumerate() {
            if let Some(per_second) = plan.pace {
                let due = Duration::from_micros(index as u64 * 1_000_000 / per_second.max(1));
                sleep_until(begun + due).await;
            }
            let sampled = index % plan.sample.max(1) == 0;
            let frames = Frames::new(sampled);
            let frames = if plan.witness && index == 0 {
                frames.capturing()
            } else {
                frames
            };
            let watcher = Watcher {
                index,
                channel: Arc::clone(channel),
                target: Arc::clone(&plan.target),
                address: *address,
                clock: plan.clock,
                board: crowd.board.clone(),
                reader: match plan.target.protocol() {
                    Protocol::Sse => Reader::Sse(Box::new(frames)),
                    Protocol::EngineIo => Reader::EngineIo(Box::new(EngineIo::new(sampled))),
                },
                retry_ms: 0,
            };
            crowd.tasks.spawn(watcher.run(Arc::clone(&gate)));
        }
        if !crowd
            .wait(limit, |board| {
                board.count.live >= plan.watchers || board.count.failures > 0
            })
            .await
            || crowd.board.lock().count.failures > 0
        {
            let count = &crowd.board.lock().count;
            let why = count.first_failure.as_deref().unwrap_or("time is up");
            bail!("{} of {} streams opened: {why}", count.live, plan.watchers);
        }
        crowd.opened_in_ns = crowd.board.lock().count.last_arrival_ns.saturating_sub(began_ns);
        if !plan.target.greets() {
            // As EventSource does; some servers end a few streams of many that come at once.
            crowd.board.lock().returning = true;
            sleep(SUBSCRIBING).await;
        }
        Ok(crowd)
    }

    /// Waits for something to have been seen; false when it was not in time.
    pub(crate) async fn wait(&self, limit: Duration, seen: impl Fn(&Board) -> bool) -> bool {
        let end = Instant::now() + limit;
        loop {
            if seen(&self.board.lock()) {
                return true;
            }
            if Instant::now() >= end {
                return false;
            }
            sleep(LOOK).await;
        }
    }

    pub(crate) fn board(&self) -> &SharedBoard {
        &self.board
    }

    pub(crate) fn watchers(&self) -> usize {
        self.watchers
    }

    /// How many watchers each channel has.
    pub(crate) fn per_channel(&self) -> u64 {
        self.per_channel
    }

    /// Closes every stream.
    pub(crate) async fn go_home(mut self) {
        self.board.lock().returning = false;
        self.tasks.shutdown().await;
    }
}

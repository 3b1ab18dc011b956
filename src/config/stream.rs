//! How stands keep and pass on what happens, and how many may listen.

use serde::{Deserialize, Serialize};

/// `[stream]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StreamConfig {
    /// Frames a stand keeps in memory, at most. Who falls further behind reads from the database.
    pub ring_entries: usize,
    /// Bytes of frames a stand keeps, at most.
    pub ring_bytes: usize,
    /// A named heartbeat is sent this often. Proxies close silent connections after 30 to 60 seconds.
    pub heartbeat_ms: u64,
    /// What clients are told to wait before reconnecting; jittered by ±50 % per stream. Those who leave at shutdown wait
    /// about half of it: their leaving is spread already.
    pub retry_ms: u64,
    /// Under load, seats are woken at most this often; when quiet, at once. Bounds the cost to seats × ticks.
    pub tick_ms: u64,
    /// Stands compare their head with the database's this often, to find a lost last hint.
    pub sweep_ms: u64,
    /// How long a stand waits for a missing entry to arrive before it reads it from the log.
    pub repair_wait_ms: u64,
    /// Open streams on this instance.
    pub max_seats: usize,
    /// Open streams of one signed-in user, over all devices and events.
    pub max_seats_per_user: usize,
    /// Open streams from one address. Offices and mobile networks put many people behind one.
    pub max_seats_per_address: usize,
    /// Events with somebody listening, at the same time.
    pub max_stands: usize,
    /// Delays that viewers ask for are rounded up to steps of so many seconds, so that they share what is held back.
    pub delay_step_seconds: u32,
    /// What is told later than it happens, at the same time: each delay of each event, and each replay.
    pub max_shifted_stands: usize,
    /// At shutdown, streams are closed spread over this time, so that they do not all come back at once.
    pub drain_window_ms: u64,
    /// At shutdown, work that is under way after the streams were closed has so long; then the process ends regardless.
    pub grace_ms: u64,
}

impl Default for StreamConfig {
    fn default() -> Self {
        Self {
            ring_entries: 4_096,
            ring_bytes: 8 * 1024 * 1024,
            heartbeat_ms: 15_000,
            retry_ms: 2_000,
            tick_ms: 20,
            sweep_ms: 1_000,
            repair_wait_ms: 50,
            max_seats: 20_000,
            max_seats_per_user: 20,
            max_seats_per_address: 200,
            max_stands: 10_000,
            delay_step_seconds: 5,
            max_shifted_stands: 1_000,
            drain_window_ms: 5_000,
            grace_ms: 10_000,
        }
    }
}

impl StreamConfig {
    pub(super) fn check(&self) -> Result<(), super::Wrong> {
        if self.ring_entries == 0 || self.ring_bytes == 0 {
            return Err(("stream", "`ring_entries` and `ring_bytes` are at least 1"));
        }
        if !(1_000..=120_000).contains(&self.heartbeat_ms) {
            return Err(("stream.heartbeat_ms", "lies between 1000 and 120000"));
        }
        if self.retry_ms < 100 {
            return Err(("stream.retry_ms", "is at least 100, or clients reconnect in a storm"));
        }
        if !(1..=60).contains(&self.delay_step_seconds) {
            return Err(("stream.delay_step_seconds", "lies between 1 and 60"));
        }
        if self.tick_ms == 0 || self.sweep_ms < 50 {
            return Err(("stream", "`tick_ms` is at least 1 and `sweep_ms` at least 50"));
        }
        Ok(())
    }
}

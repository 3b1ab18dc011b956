//! The clock of a shifted stand: reads a little ahead in the log and passes on what is due.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use tokio::time::sleep;

use super::Shift;
use crate::{
    domain::{Audience, Stamp, entry::MessageGone},
    store::{Error, Head, LogEntry, log},
    stream::{frame::Frame, hub::Hub, stand::Stand},
};

/// Entries read at once.
const PAGE: u64 = 256;
/// How far ahead of what is due the clock reads.
const AHEAD_ENTRIES: usize = 1_024;
const AHEAD_BYTES: usize = 1024 * 1024;
/// A clock ticks at least this often, while somebody sits there: for signals, and to look at what came into the log.
const TICK: Duration = Duration::from_millis(200);
/// What is due within so little is passed on together.
const LEAST: Duration = Duration::from_millis(10);
/// After trouble with the database.
const REST: Duration = Duration::from_secs(1);
/// A delayed stand that everybody has left goes on for so long, so that a reload finds it. A replay is its one seat's.
const LINGER: Duration = Duration::from_secs(10);

/// What was read and is not due yet.
struct Ahead {
    entries: VecDeque<(Stamp, LogEntry)>,
    bytes: usize,
    /// How far was read.
    reached: Head,
    /// The latest time of what was read. Whatever follows is not due before it, whatever its own time.
    latest: Stamp,
}

impl Ahead {
    const fn of(reached: Head) -> Self {
        Self {
            entries: VecDeque::new(),
            bytes: 0,
            reached,
            latest: Stamp::EPOCH,
        }
    }

    fn is_full(&self) -> bool {
        self.entries.len() >= AHEAD_ENTRIES || self.bytes >= AHEAD_BYTES
    }

    fn add(&mut self, page: Vec<LogEntry>) {
        for entry in page {
            self.reached = entry.head();
            self.latest = self.latest.max(entry.at);
            self.bytes += entry.json.len();
            self.entries.push_back((self.latest, entry));
        }
    }

    fn take(&mut self, due: Stamp) -> Vec<LogEntry> {
        let count = self.entries.partition_point(|(at, _)| *at <= due);
        let taken: Vec<_> = self.entries.drain(..count).map(|(_, entry)| entry).collect();
        self.bytes -= taken.iter().map(|entry| entry.json.len()).sum::<usize>();
        taken
    }

    fn next_due(&self) -> Option<Stamp> {
        self.entries.front().map(|(at, _)| *at)
    }

    fn forget(&mut self, gone: &MessageGone) {
        for (_, entry) in &mut self.entries {
            if let Some(emptied) = entry.forgetting(gone) {
                self.bytes = self.bytes - entry.json.len() + emptied.json.len();
                *entry = emptied;
            }
        }
    }
}

impl Hub {
    /// Feeds a shifted stand until nobody needs it any more.
    pub(super) async fn keep_time(self: Arc<Self>, stand: Arc<Stand>) {
        let Some(shift) = &stand.shift else { return };
        let linger = if shift.is_replay() { Duration::ZERO } else { LINGER };
        let mut ahead = Ahead::of(stand.head());
        while !shift.live.0.shifted.leave(&stand, linger) {
            let rest = match self.tick(&stand, shift, &mut ahead).await {
                Ok(()) => ahead.next_due().map_or(TICK, |at| shift.until(at)).clamp(LEAST, TICK),
                Err(error) => {
                    if !error.is_outage() {
                        tracing::error!(event.id = %stand.event, error = &error as &dyn std::error::Error, "a delayed stream does not go on; trying again");
                    }
                    REST
                }
            };
            if self.stop.run_until_cancelled(sleep(rest)).await.is_none() {
                return;
            }
        }
    }

    /// Passes on what is due, and reads ahead.
    async fn tick(self: &Arc<Self>, stand: &Arc<Stand>, shift: &Shift, ahead: &mut Ahead) -> Result<(), Error> {
        let live = &shift.live.0;
        if live.head().epoch > stand.head().epoch {
            let head = self.place_at(stand.event, live.head(), shift.due()).await?;
            stand.begin_epoch(head);
            stand.wake_now();
            *ahead = Ahead::of(head);
        }
        loop {
            self.pass_on_due(stand, shift, ahead)?;
            if ahead.is_full() || ahead.reached.position() >= live.head().position() {
                return Ok(());
            }
            // Both audiences, because their places are told apart by counting both; seats here hear the public one.
            let page = log::read_after(self.store.reader(), stand.event, Audience::Staff, ahead.reached, PAGE).await?;
            if page.is_empty() {
                return Ok(());
            }
            for gone in page.iter().filter_map(LogEntry::takes_away) {
                // What will be gone in a moment is not shown for that moment either.
                ahead.forget(&gone);
                stand.forget(&gone);
                shift.forget(&gone).await;
            }
            ahead.add(page);
        }
    }

    fn pass_on_due(self: &Arc<Self>, stand: &Arc<Stand>, shift: &Shift, ahead: &mut Ahead) -> Result<(), Error> {
        let due = shift.due();
        let entries = ahead.take(due);
        let mut told = !entries.is_empty();
        if let Some(last) = entries.last().map(LogEntry::head) {
            let fits = stand.arrive(entries);
            if !fits || stand.head() != last {
                *ahead = Ahead::of(stand.head());
                return Err(Error::unreadable("log", "it has a hole"));
            }
        }
        while let Some(signal) = shift.next_signal(due) {
            stand.push_live(|head| Frame::signal(signal, head));
            told = true;
        }
        if told {
            self.wake(stand);
        }
        Ok(())
    }
}

impl Shift {
    fn next_signal(&self, due: Stamp) -> Option<crate::bus::LiveSignal> {
        self.waiting().take_due(due)
    }
}

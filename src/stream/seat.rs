//! A seat: one open stream, a position in a stand.
//!
//! It subscribes first, replays up to the head it saw, then goes live; so nothing falls between history and live. It
//! waits for nothing itself: [`Seat::take`] says what to do next, and whoever writes to the client (an usher, or the
//! body of an answer) does it. Whoever falls out of the ring reads from the log in pages and comes back to the ring.

mod opening;

use std::{
    collections::VecDeque,
    net::IpAddr,
    sync::{Arc, atomic::Ordering},
};

use super::{
    frame::{Chunk, Format, View, chunk, private, signal_json},
    hub::{Entered, Hub},
    limits::Pass,
    parcel::Parcel,
    resume::Resume,
    shift::Telling,
    snapshot::{Age, Shot},
    stand::{Place, Stand, Taken},
};
use crate::{
    clock,
    config::StreamConfig,
    domain::{
        Audience, EventId, Stamp,
        entry::{ByeReason, ResetReason, Signal, SignalKind, StreamBye, StreamReset, StreamResumed},
        room::Receipts,
        user::{Role, User},
    },
    store::{Error, Head, log},
};

/// Entries read at once for a seat that is not in the ring. Many seats may do so together, and each keeps what it read
/// until its socket has taken it.
const PAGE: u64 = 128;
/// One chunk in this many is measured from publish to socket: enough for a histogram, cheap enough for every stream.
const MEASURE_ONE_IN: u64 = 32;
/// Who was turned away for lack of room is asked to stay away this many times longer than usual.
const OVERLOAD_RETRY_FACTOR: u64 = 10;

/// Who sits where.
#[derive(Debug, Clone)]
pub struct SeatInfo {
    pub seat: u64,
    pub event: EventId,
    /// From the event's settings: up to so many users, arrivals and departures are told one by one.
    pub small_room_users: u32,
    /// From the event's settings: whether people hear who has read how far.
    pub receipts: Receipts,
    pub user: Option<Arc<User>>,
    pub role: Role,
    pub address: IpAddr,
}

/// What somebody asks for when opening a stream.
#[derive(Debug, Clone)]
pub struct SeatRequest {
    pub event: EventId,
    /// From the event's settings: up to so many users, arrivals and departures are told one by one.
    pub small_room_users: u32,
    /// From the event's settings: whether people hear who has read how far.
    pub receipts: Receipts,
    pub user: Option<Arc<User>>,
    pub role: Role,
    pub address: IpAddr,
    /// Where to go on: as sent, unchecked.
    pub resume: Option<String>,
    pub filter: super::TypeFilter,
    pub format: Format,
    /// Give what there is and end.
    pub once: bool,
    /// As it happens, or later.
    pub telling: Telling,
    /// When the right to listen ends.
    pub expires_at: Option<Stamp>,
}

enum Stage {
    /// Sending what was missed.
    Replay {
        goal: Head,
        from: Option<Head>,
        entries: u64,
    },
    Live(Place),
    /// Waiting for a snapshot, because the past it has heard is no longer the log's.
    Afresh,
    Ended,
}

/// An open stream. Ask it to [`Seat::take`] until it is over.
pub struct Seat {
    hub: Arc<Hub>,
    stand: Entered,
    info: SeatInfo,
    view: View,
    stage: Stage,
    at: Head,
    queue: VecDeque<Parcel>,
    once: bool,
    expires_at: Option<Stamp>,
    closed: Option<ByeReason>,
    takes: u64,
    /// How many dismissals it has heard.
    heard: u64,
    /// Whether it was counted and announced; opening can fail, or be given up by the client, before that.
    seated: bool,
    /// Whether others see that somebody is here. Who watches a replay is not here now.
    is_present: bool,
    telling: Telling,
    _pass: Pass,
}

/// What is to be done for a seat.
pub(super) enum Step {
    /// Send this; with `more`, ask again at once.
    Send { parcel: Parcel, more: bool },
    /// Nothing, until its stand calls. Whoever asks has to listen for the call before it asks.
    Wait,
    /// Read what it needs and show it to [`Seat::got`]. Asked again, it asks for the same.
    Read(PageRequest),
    /// Nothing follows.
    Over,
}

/// What a seat needs from the database.
pub(super) struct PageRequest {
    hub: Arc<Hub>,
    stand: Arc<Stand>,
    at: Head,
    view: View,
    /// A snapshot instead of a page of the log.
    afresh: Option<Age>,
}

/// What was read for a seat.
pub(super) enum Page {
    Log(Chunk),
    Snapshot(Option<Arc<Shot>>),
}

impl PageRequest {
    pub(super) async fn read(self) -> Result<Page, Error> {
        let Self {
            hub, stand, at, view, ..
        } = self;
        if let Some(age) = self.afresh {
            return Ok(Page::Snapshot(hub.snapshot(&stand, view.audience, age).await?));
        }
        let mut page = log::read_after(hub.store.reader(), stand.event, view.audience, at, PAGE).await?;
        if stand.shift.is_some() {
            // The log has more than what is due.
            let head = stand.head();
            page.retain(|entry| entry.position() <= head.position());
        }
        Ok(Page::Log(chunk(&page, &view)))
    }
}

impl Seat {
    /// What is to be done next.
    pub(super) fn take(&mut self) -> Step {
        loop {
            if let Some(parcel) = self.queue.pop_front() {
                if self.queue.is_empty() {
                    // Most seats never need it again.
                    self.queue = VecDeque::new();
                }
                return Step::Send { parcel, more: true };
            }
            if let (Some(reason), false) = (self.must_leave(), matches!(self.stage, Stage::Ended)) {
                self.say_bye(reason);
                continue;
            }
            let step = match self.stage {
                Stage::Replay { .. } | Stage::Live(_) if self.at.epoch < self.stand.0.head().epoch => {
                    self.starts_afresh();
                    None
                }
                Stage::Replay { goal, from, entries } => self.replay(goal, from, entries),
                Stage::Live(place) => self.live(place),
                Stage::Afresh => Some(self.request(Some(self.age()))),
                Stage::Ended => return Step::Over,
            };
            if let Some(step) = step {
                return step;
            }
        }
    }

    fn is_done(&self, goal: Head) -> bool {
        match self.view.audience {
            Audience::Public => self.at.public >= goal.public,
            Audience::Staff => self.at.position() >= goal.position(),
        }
    }

    fn replay(&mut self, goal: Head, from: Option<Head>, entries: u64) -> Option<Step> {
        let done = self.is_done(goal);
        if done && let Some(place) = self.stand.0.locate(self.at, self.view.audience) {
            if let Some(from) = from {
                let (from, to) = (from.cursor(self.view.audience), self.at.cursor(self.view.audience));
                self.say(&Signal::StreamResumed(StreamResumed { from, to, entries }), None);
            }
            self.stage = if self.once { Stage::Ended } else { Stage::Live(place) };
            return None;
        }
        let Some((parcel, at, count)) = self.stand.0.replay(self.at, goal, &self.view) else {
            return Some(self.request(None));
        };
        self.replayed(at, count);
        parcel.map(|parcel| Step::Send { parcel, more: true })
    }

    fn request(&self, afresh: Option<Age>) -> Step {
        Step::Read(PageRequest {
            hub: Arc::clone(&self.hub),
            stand: Arc::clone(&self.stand.0),
            at: self.at,
            view: self.view.clone(),
            afresh,
        })
    }

    /// Who stays catches up at once through the ring; who takes what there is and goes must get all of it.
    fn age(&self) -> Age {
        if self.once { Age::Current } else { Age::Recent }
    }

    /// The past that this seat has heard is no longer the log's.
    fn starts_afresh(&mut self) {
        let reason = ResetReason::Epoch;
        self.hub.metrics.resumed(Resume::Reset(reason).outcome());
        self.say(&Signal::StreamReset(StreamReset { reason }), None);
        self.stage = Stage::Afresh;
    }

    fn replayed(&mut self, reached: Head, count: u64) {
        if let Stage::Replay { goal, from, entries } = self.stage {
            // The ring has moved past the goal meanwhile: there is a new one.
            let goal = if self.is_done(goal) { self.stand.0.head() } else { goal };
            let entries = entries + count;
            self.stage = Stage::Replay { goal, from, entries };
        }
        self.at = reached;
    }

    /// What it asked for.
    pub(super) fn got(&mut self, page: Result<Page, Error>) {
        match (page, &self.stage) {
            (Ok(Page::Log(chunk)), Stage::Replay { goal, .. }) => {
                let reached = chunk.reached.unwrap_or(*goal);
                self.queue.extend(chunk.parcel);
                self.replayed(reached, chunk.count);
            }
            (Ok(Page::Snapshot(shot)), Stage::Afresh) => self.begins_with(shot),
            (Ok(_), _) => {}
            (Err(error), _) => {
                if !error.is_outage() {
                    tracing::error!(event.id = %self.info.event, error = &error as &dyn std::error::Error, "a stream broke off");
                }
                self.say_bye(ByeReason::Internal);
            }
        }
    }

    fn live(&mut self, mut place: Place) -> Option<Step> {
        let taken = self.stand.0.take(&mut place, &self.view);
        self.at = place.at;
        self.stage = Stage::Live(place);
        if self.view.hears_messages() {
            self.stand.0.handed.note(self.at.public, self.view.user());
        }
        match taken {
            Taken::Chunk { parcel, born, more } => {
                self.takes += 1;
                if self.takes % MEASURE_ONE_IN == self.info.seat % MEASURE_ONE_IN {
                    self.hub.metrics.publish_to_socket.observe(born.elapsed().as_secs_f64());
                }
                return Some(Step::Send { parcel, more });
            }
            Taken::Nothing => {}
            Taken::Fallen => {
                self.stage = Stage::Replay {
                    goal: self.stand.0.head(),
                    from: None,
                    entries: 0,
                }
            }
            Taken::Empty if self.once => self.stage = Stage::Ended,
            Taken::Empty => return Some(Step::Wait),
        }
        None
    }

    /// Whether the seat has to go: it was dismissed, its right has ended, or the house is closing and it is its turn.
    fn must_leave(&mut self) -> Option<ByeReason> {
        let dismissed = self.stand.0.dismissals.since(&mut self.heard, self.view.user());
        if dismissed.is_some() {
            return dismissed;
        }
        if let Some(expires_at) = self.expires_at {
            if clock::now() >= expires_at {
                return Some(ByeReason::TokenExpired);
            }
            // Looked at first: thousands of seats writing to one place would only get into each other's way.
            let next = &self.stand.0.next_expiry_ms;
            if next.load(Ordering::Acquire) > expires_at.ms() {
                next.fetch_min(expires_at.ms(), Ordering::AcqRel);
            }
        }
        let drained = u64::from(self.hub.drained.load(Ordering::Acquire));
        (drained > 0 && turn(self.info.seat) < drained).then_some(ByeReason::Shutdown)
    }

    pub(super) fn stand(&self) -> &Arc<Stand> {
        &self.stand.0
    }

    pub(super) fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    fn say(&mut self, signal: &Signal, retry_ms: Option<u64>) {
        let json = signal_json(signal, clock::now());
        self.queue
            .push_back(private(self.view.format, signal.kind(), &json, None, retry_ms));
    }

    fn say_bye(&mut self, reason: ByeReason) {
        self.queue
            .push_back(bye(self.view.format, reason, &self.hub.config, self.info.seat));
        self.closed = Some(reason);
        self.stage = Stage::Ended;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if !self.seated {
            return;
        }
        self.hub.metrics.seats.dec();
        let reason = match (self.closed, self.once) {
            (Some(reason), _) => reason.name(),
            (None, true) => "done",
            (None, false) => "client",
        };
        self.hub.metrics.seat_closed(reason);
        for listener in self.hub.listeners.get().into_iter().flatten() {
            if self.is_present {
                listener.closed(&self.info);
            }
        }
    }
}

/// Last words, also for a stream that was never opened.
pub(super) fn bye(format: Format, reason: ByeReason, config: &StreamConfig, seed: u64) -> Parcel {
    let retry_ms = config.retry_ms;
    let retry_ms = match reason {
        ByeReason::Overloaded | ByeReason::TooManyConnections => jittered(retry_ms * OVERLOAD_RETRY_FACTOR, seed),
        // These left one after the other; a wide jitter on top would only heap the middle of the wave.
        ByeReason::Shutdown if config.drain_window_ms >= retry_ms => retry_ms / 2 + jittered(retry_ms / 8, seed),
        _ => jittered(retry_ms, seed),
    };
    let bye = StreamBye {
        reason,
        reconnect: reason.reconnect(),
        retry_ms,
    };
    let json = signal_json(&Signal::StreamBye(bye), clock::now());
    private(format, SignalKind::StreamBye, &json, None, Some(retry_ms))
}

/// Between half and one and a half times `ms`, so that many do not come back at once.
pub(super) fn jittered(ms: u64, seed: u64) -> u64 {
    ms / 2 + spread(seed ^ 0x5eed) % (ms + 1)
}

/// When it is a seat's turn to leave, in thousandths of the window. Steps of the golden ratio lie evenly for any run of
/// seats, where chance would heap them.
pub(super) fn turn(seat: u64) -> u64 {
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    ((seat.wrapping_mul(GOLDEN) >> 32) * 1_000) >> 32
}

/// A number without visible pattern for each seat (`SplitMix64`).
fn spread(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::turn;

    #[test]
    fn any_run_of_seats_leaves_evenly_over_the_window() {
        for (first, seats) in [(1, 50), (900, 300), (123_456, 10_000)] {
            let mut tenths = [0_usize; 10];
            for seat in first..first + seats {
                tenths[usize::try_from(turn(seat) / 100).unwrap()] += 1;
            }
            let mean = usize::try_from(seats / 10).unwrap();
            assert!(
                tenths.iter().all(|tenth| tenth.abs_diff(mean) <= 3),
                "{seats}: {tenths:?}"
            );
        }
    }
}

//! A seat: one open stream, a position in a stand.
//!
//! It subscribes first, replays up to the head it saw, then goes live; so nothing falls between history and live. It
//! holds at most one chunk. Whoever falls out of the ring reads from the log in pages and comes back to the ring.

use std::{
    collections::VecDeque,
    net::IpAddr,
    sync::{Arc, atomic::Ordering},
};

use bytes::Bytes;
use tokio::sync::watch;

use super::{
    frame::{Format, View, chunk, private, signal_json},
    hub::{Entered, Hub},
    limits::Pass,
    resume::Resume,
    snapshot::Age,
    stand::{Place, Taken},
};
use crate::{
    clock,
    domain::{
        Audience, EventId, Stamp,
        entry::{ByeReason, ResetReason, Signal, SignalKind, StreamBye, StreamReady, StreamReset, StreamResumed},
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
    pub user: Option<User>,
    pub role: Role,
    pub address: IpAddr,
}

/// What somebody asks for when opening a stream.
#[derive(Debug, Clone)]
pub struct SeatRequest {
    pub event: EventId,
    /// From the event's settings: up to so many users, arrivals and departures are told one by one.
    pub small_room_users: u32,
    pub user: Option<User>,
    pub role: Role,
    pub address: IpAddr,
    /// Where to go on: as sent, unchecked.
    pub resume: Option<String>,
    pub filter: super::TypeFilter,
    pub format: Format,
    /// Give what there is and end.
    pub once: bool,
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
    Ended,
}

/// An open stream. Ask it for [`Seat::next`] until it says `None`.
pub struct Seat {
    hub: Arc<Hub>,
    stand: Entered,
    info: SeatInfo,
    view: View,
    wake: watch::Receiver<u64>,
    stage: Stage,
    at: Head,
    queue: VecDeque<Bytes>,
    once: bool,
    expires_at: Option<Stamp>,
    closed: Option<ByeReason>,
    takes: u64,
    /// How many dismissals it has heard.
    heard: u64,
    /// Whether it was counted and announced; opening can fail, or be given up by the client, before that.
    seated: bool,
    _pass: Pass,
}

impl Seat {
    /// Opens a stream, or says with which last words it is refused.
    pub(super) async fn open(hub: &Arc<Hub>, request: SeatRequest) -> Result<Self, ByeReason> {
        if hub.drained.load(Ordering::Acquire) > 0 {
            return Err(ByeReason::Shutdown);
        }
        let pass = hub
            .turnstile
            .enter(request.user.as_ref().map(|user| &user.id), request.address)
            .await?;
        match Self::open_with(hub, request, pass).await {
            Ok(Some(seat)) => Ok(seat),
            Ok(None) => Err(ByeReason::Overloaded),
            Err(error) => {
                if !error.is_outage() {
                    tracing::error!(error = &error as &dyn std::error::Error, "a stream could not be opened");
                }
                Err(ByeReason::Internal)
            }
        }
    }

    async fn open_with(hub: &Arc<Hub>, request: SeatRequest, pass: Pass) -> Result<Option<Self>, Error> {
        let Some(stand) = hub.enter(request.event).await? else {
            return Ok(None);
        };
        let (wake, dismissals) = (stand.0.subscribe(), stand.0.dismissals.count());
        let audience = if request.role.is_staff() {
            Audience::Staff
        } else {
            Audience::Public
        };
        let user_id = request.user.as_ref().map(|user| user.id.clone());
        let view = View {
            audience,
            format: request.format,
            filter: request.filter,
            user: user_id,
        };
        let seat = hub.next_seat.fetch_add(1, Ordering::Relaxed);
        let head = stand.0.head();
        let mut seat = Self {
            info: SeatInfo {
                seat,
                event: request.event,
                small_room_users: request.small_room_users,
                user: request.user,
                role: request.role,
                address: request.address,
            },
            hub: Arc::clone(hub),
            stand,
            view,
            wake,
            stage: Stage::Ended,
            at: head,
            queue: VecDeque::new(),
            once: request.once,
            expires_at: request.expires_at,
            closed: None,
            takes: 0,
            heard: dismissals,
            seated: false,
            _pass: pass,
        };
        let resume = Resume::check(
            hub.store.reader(),
            request.event,
            audience,
            head,
            request.resume.as_deref(),
        )
        .await?;
        seat.begin(resume, head).await?;
        seat.seated = true;
        seat.hub.metrics.seats.inc();
        seat.hub.metrics.seats_opened.inc();
        for listener in seat.hub.listeners.get().into_iter().flatten() {
            listener.opened(&seat.info);
        }
        Ok(Some(seat))
    }

    async fn begin(&mut self, resume: Resume, head: Head) -> Result<(), Error> {
        self.hub.metrics.resumed(resume.outcome());
        match resume {
            Resume::From(at) => {
                self.say_ready(head, false).await?;
                self.at = at;
                self.stage = Stage::Replay {
                    goal: head,
                    from: Some(at),
                    entries: 0,
                };
            }
            Resume::Fresh => {
                self.say_ready(head, true).await?;
                self.say_snapshot().await?;
            }
            Resume::Reset(reason) => {
                self.say_ready(head, true).await?;
                self.say(&Signal::StreamReset(StreamReset { reason }), None);
                self.say_snapshot().await?;
            }
        }
        Ok(())
    }

    /// The next bytes to send; waits for them. `None` when the stream is over. Losing the future loses nothing.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.queue.pop_front() {
                return Some(bytes);
            }
            // Before we look at anything that could wake us, or we might sleep through it.
            self.wake.borrow_and_update();
            if let (Some(reason), false) = (self.must_leave(), matches!(self.stage, Stage::Ended)) {
                self.say_bye(reason);
                continue;
            }
            let step = match self.stage {
                Stage::Replay { .. } | Stage::Live(_) if self.at.epoch < self.stand.0.head().epoch => {
                    self.start_afresh().await
                }
                Stage::Replay { goal, from, entries } => self.replay(goal, from, entries).await,
                Stage::Live(place) => self.live(place).await,
                Stage::Ended => return None,
            };
            match step {
                Ok(Some(bytes)) => return Some(bytes),
                Ok(None) => {}
                Err(error) => {
                    if error.is_outage() {
                        self.say_bye(ByeReason::Internal);
                        continue;
                    }
                    tracing::error!(event.id = %self.info.event, error = &error as &dyn std::error::Error, "a stream broke off");
                    self.say_bye(ByeReason::Internal);
                }
            }
        }
    }

    /// The past that this seat has heard is no longer the log's.
    async fn start_afresh(&mut self) -> Result<Option<Bytes>, Error> {
        let reset = Resume::Reset(ResetReason::Epoch);
        self.hub.metrics.resumed(reset.outcome());
        self.say(
            &Signal::StreamReset(StreamReset {
                reason: ResetReason::Epoch,
            }),
            None,
        );
        self.say_snapshot().await?;
        Ok(None)
    }

    async fn replay(&mut self, goal: Head, from: Option<Head>, entries: u64) -> Result<Option<Bytes>, Error> {
        let done = match self.view.audience {
            Audience::Public => self.at.public >= goal.public,
            Audience::Staff => self.at.position() >= goal.position(),
        };
        if done && let Some(place) = self.stand.0.locate(self.at, self.view.audience) {
            if let Some(from) = from {
                let (from, to) = (from.cursor(self.view.audience), self.at.cursor(self.view.audience));
                self.say(&Signal::StreamResumed(StreamResumed { from, to, entries }), None);
            }
            self.stage = if self.once { Stage::Ended } else { Stage::Live(place) };
            return Ok(None);
        }
        let (bytes, at, count) = if let Some(missed) = self.stand.0.replay(self.at, goal, &self.view) {
            missed
        } else {
            let reader = self.hub.store.reader();
            let page = log::read_after(reader, self.info.event, self.view.audience, self.at, PAGE).await?;
            let chunk = chunk(&page, &self.view);
            (chunk.bytes, chunk.reached.unwrap_or(goal), chunk.count)
        };
        self.at = at;
        let goal = if done { self.stand.0.head() } else { goal };
        self.stage = Stage::Replay {
            goal,
            from,
            entries: entries + count,
        };
        Ok(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }

    async fn live(&mut self, mut place: Place) -> Result<Option<Bytes>, Error> {
        let taken = self.stand.0.take(&mut place, &self.view);
        self.at = place.at;
        self.stage = Stage::Live(place);
        match taken {
            Taken::Chunk { bytes, born } => {
                self.takes += 1;
                if self.takes % MEASURE_ONE_IN == self.info.seat % MEASURE_ONE_IN {
                    self.hub.metrics.publish_to_socket.observe(born.elapsed().as_secs_f64());
                }
                return Ok(Some(bytes));
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
            // The stand outlives its seats, so the sender is never gone while we wait.
            Taken::Empty => drop(self.wake.changed().await),
        }
        Ok(None)
    }

    /// Whether the seat has to go: it was dismissed, its right has ended, or the house is closing and it is its turn.
    fn must_leave(&mut self) -> Option<ByeReason> {
        let dismissed = self.stand.0.dismissals.since(&mut self.heard, self.view.user.as_ref());
        if dismissed.is_some() {
            return dismissed;
        }
        if let Some(expires_at) = self.expires_at {
            if clock::now() >= expires_at {
                return Some(ByeReason::TokenExpired);
            }
            self.stand.0.next_expiry_ms.fetch_min(expires_at.ms(), Ordering::AcqRel);
        }
        let drained = u64::from(self.hub.drained.load(Ordering::Acquire));
        (drained > 0 && spread(self.info.seat) % 1_000 < drained).then_some(ByeReason::Shutdown)
    }

    async fn say_ready(&mut self, head: Head, fresh: bool) -> Result<(), Error> {
        let mut my_reactions = None;
        if let (true, Some(user)) = (fresh, &self.info.user) {
            for part in self.hub.parts.get().into_iter().flatten() {
                if let Some(mine) = part.mine(self.info.event, &user.id).await? {
                    my_reactions = Some(mine);
                }
            }
        }
        let retry_ms = jittered(self.hub.config.retry_ms, self.info.seat);
        let ready = StreamReady {
            event_id: self.info.event,
            role: self.info.role,
            user: self.info.user.clone(),
            head: head.cursor(self.view.audience),
            heartbeat_ms: self.hub.config.heartbeat_ms,
            retry_ms,
            my_reactions,
        };
        self.say(&Signal::StreamReady(ready), Some(retry_ms));
        Ok(())
    }

    async fn say_snapshot(&mut self) -> Result<(), Error> {
        // Who stays catches up at once through the ring; who takes what there is and goes must get all of it.
        let age = if self.once { Age::Current } else { Age::Recent };
        let shot = self.hub.snapshot(&self.stand.0, self.view.audience, age).await?;
        let Some(shot) = shot else {
            self.say_bye(ByeReason::Forbidden);
            return Ok(());
        };
        self.queue.push_back(shot.frame(self.view.format));
        self.at = shot.head;
        self.stage = match self.stand.0.locate(shot.head, self.view.audience) {
            _ if self.once => Stage::Ended,
            Some(place) => Stage::Live(place),
            None => Stage::Replay {
                goal: self.stand.0.head(),
                from: None,
                entries: 0,
            },
        };
        Ok(())
    }

    fn say(&mut self, signal: &Signal, retry_ms: Option<u64>) {
        let json = signal_json(signal, clock::now());
        self.queue
            .push_back(private(self.view.format, signal.kind(), &json, None, retry_ms));
    }

    fn say_bye(&mut self, reason: ByeReason) {
        self.queue
            .push_back(bye(self.view.format, reason, self.hub.config.retry_ms, self.info.seat));
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
            listener.closed(&self.info);
        }
    }
}

/// Last words, also for a stream that was never opened.
pub(super) fn bye(format: Format, reason: ByeReason, retry_ms: u64, seed: u64) -> Bytes {
    let longer = if matches!(reason, ByeReason::Overloaded | ByeReason::TooManyConnections) {
        OVERLOAD_RETRY_FACTOR
    } else {
        1
    };
    let retry_ms = jittered(retry_ms * longer, seed);
    let bye = StreamBye {
        reason,
        reconnect: reason.reconnect(),
        retry_ms,
    };
    let json = signal_json(&Signal::StreamBye(bye), clock::now());
    private(format, SignalKind::StreamBye, &json, None, Some(retry_ms))
}

/// Between half and one and a half times `ms`, so that many do not come back at once.
fn jittered(ms: u64, seed: u64) -> u64 {
    ms / 2 + spread(seed ^ 0x5eed) % (ms + 1)
}

/// A number without visible pattern for each seat (`SplitMix64`).
fn spread(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

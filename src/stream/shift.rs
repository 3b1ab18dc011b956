//! Shifted stands: where an event is told later than it happens, either so many seconds later or all over again.
//!
//! A shifted stand is an ordinary stand, with seats, a ring and snapshots of its own. It differs in what feeds it: not the
//! writer and the bus, but a clock (`shift/clock.rs`) that takes entries from the log and passes each on when its time has
//! come. Signals are kept until then (`shift/waiting.rs`), and snapshots are folded from the log (`shift/past.rs`). Each holds
//! on to the stand of the event as it happens, through which it hears of signals and of those who have to leave.
//!
//! What it tells is what everybody may see, whoever asks: staff have to see things as they happen.

mod clock;
mod earlier;
mod past;
mod waiting;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    hub::{Entered, Hub},
    limits::Counted,
    stand::Stand,
};
use crate::{
    bus::LiveSignal,
    clock::now,
    domain::{
        EventId, Stamp,
        shift::{Delay, Pace},
    },
    store::{Error, Head, log, moment},
};
pub use earlier::Earlier;
use past::Base;
use waiting::Waiting;

/// When somebody wants to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    AsItHappens,
    Behind(Delay),
    Again(Replay),
}

/// Something that happened, told again from a place in its log on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replay {
    pub from: Head,
    pub pace: Pace,
}

enum Rhythm {
    Behind {
        delay_ms: u64,
    },
    /// It begins once its seat has its first words, or they would be ahead of where it was asked to begin.
    Again {
        pace: Pace,
        begun: OnceLock<Instant>,
    },
}

/// What makes a stand a shifted one.
pub(super) struct Shift {
    rhythm: Rhythm,
    /// The event as it happens.
    live: Entered,
    // A std mutex: held to put signals in and take them out.
    waiting: Mutex<Waiting>,
    // An async mutex: held while a past is put together, so that many who ask share it.
    base: tokio::sync::Mutex<Option<Base>>,
    earlier: tokio::sync::Mutex<Option<Arc<Earlier>>>,
    _counted: Counted,
}

impl Shift {
    fn new(rhythm: Rhythm, live: Entered, counted: Counted) -> Self {
        Self {
            rhythm,
            live,
            waiting: Mutex::default(),
            base: tokio::sync::Mutex::default(),
            earlier: tokio::sync::Mutex::default(),
            _counted: counted,
        }
    }

    pub(super) const fn is_replay(&self) -> bool {
        matches!(self.rhythm, Rhythm::Again { .. })
    }

    /// What lies before this moment of the event is due. A replay does not overtake what happens.
    pub(super) fn due(&self) -> Stamp {
        match &self.rhythm {
            Rhythm::Behind { delay_ms } => now().plus_ms(-i64::try_from(*delay_ms).unwrap_or(i64::MAX)),
            Rhythm::Again { pace, begun } => {
                let watched = begun.get().map_or(Duration::ZERO, Instant::elapsed);
                let watched_ms = u64::try_from(watched.as_millis()).unwrap_or(u64::MAX);
                pace.at.plus_ms(pace.speed.covers_ms(watched_ms)).min(now())
            }
        }
    }

    /// How long it takes until that is due.
    fn until(&self, at: Stamp) -> Duration {
        let event_ms = u64::try_from(at.ms() - self.due().ms()).unwrap_or(0);
        Duration::from_millis(match &self.rhythm {
            Rhythm::Behind { .. } => event_ms,
            Rhythm::Again { pace, .. } => pace.speed.takes_ms(event_ms),
        })
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Those who tell later what a stand tells.
#[derive(Default)]
pub(super) struct ShiftedStands {
    /// How many there may be. Looked at first, since most events have none.
    count: AtomicUsize,
    // A std mutex: held to look through a short list. Each with its delay, by which it is shared; their clocks keep them.
    stands: Mutex<Vec<(Option<u64>, Weak<Stand>)>>,
}

impl ShiftedStands {
    fn stands(&self) -> MutexGuard<'_, Vec<(Option<u64>, Weak<Stand>)>> {
        self.stands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn all(&self) -> Vec<Arc<Stand>> {
        if self.count.load(Ordering::Acquire) == 0 {
            return Vec::new();
        }
        self.stands().iter().filter_map(|(_, stand)| stand.upgrade()).collect()
    }

    /// A signal was given: those that are behind pass it on later. In a replay nothing is live.
    pub(super) fn hear(&self, signal: &LiveSignal) {
        let stands = self.all();
        let shifts = stands.iter().filter_map(|stand| stand.shift.as_ref());
        for shift in shifts.filter(|shift| !shift.is_replay()) {
            shift.waiting().add(now(), signal.clone());
        }
    }

    /// The stand of that delay, or a new one. `None`: there are too many.
    fn enter(&self, delay_ms: Option<u64>, make: impl FnOnce() -> Option<Stand>) -> Option<Entered> {
        let mut stands = self.stands();
        stands.retain(|(_, stand)| stand.strong_count() > 0);
        let shared = stands
            .iter()
            .find(|(known, _)| delay_ms.is_some() && *known == delay_ms);
        let stand = if let Some(stand) = shared.and_then(|(_, stand)| stand.upgrade()) {
            stand
        } else {
            let stand = Arc::new(make()?);
            stands.push((delay_ms, Arc::downgrade(&stand)));
            stand
        };
        self.count.store(stands.len(), Ordering::Release);
        stand.seats.fetch_add(1, Ordering::AcqRel);
        Some(Entered(stand))
    }

    /// Takes a stand off the list that nobody has needed for so long. False: somebody does.
    fn leave(&self, leaving: &Stand, linger: Duration) -> bool {
        let mut stands = self.stands();
        if !leaving.is_idle(linger) || leaving.seats.load(Ordering::Acquire) > 0 {
            return false;
        }
        stands.retain(|(_, stand)| stand.strong_count() > 0 && !std::ptr::eq(stand.as_ptr(), leaving));
        self.count.store(stands.len(), Ordering::Release);
        true
    }
}

impl Hub {
    /// Where the event is told so much later, opened if need be. `None`: there are too many stands.
    pub(super) async fn enter_behind(self: &Arc<Self>, event: EventId, delay: Delay) -> Result<Option<Entered>, Error> {
        let delay_ms = delay.in_steps_ms(self.config.delay_step_seconds);
        self.enter_shifted(event, Rhythm::Behind { delay_ms }, Some(delay_ms), None)
            .await
    }

    /// A stand that tells everything again, for one seat.
    pub(super) async fn enter_replay(
        self: &Arc<Self>,
        event: EventId,
        replay: Replay,
    ) -> Result<Option<Entered>, Error> {
        let rhythm = Rhythm::Again {
            pace: replay.pace,
            begun: OnceLock::new(),
        };
        self.enter_shifted(event, rhythm, None, Some(replay.from)).await
    }

    async fn enter_shifted(
        self: &Arc<Self>,
        event: EventId,
        rhythm: Rhythm,
        shared_by: Option<u64>,
        from: Option<Head>,
    ) -> Result<Option<Entered>, Error> {
        let Some(live) = self.enter(event).await? else {
            return Ok(None);
        };
        let stand = Arc::clone(&live.0);
        let make = || {
            let counted = Counted::one(&self.shifted, self.config.max_shifted_stands)?;
            let shift = Shift::new(rhythm, live, counted);
            Some(Stand::shifted(&stand, shift, &self.config))
        };
        let Some(entered) = stand.shifted.enter(shared_by, make) else {
            return Ok(None);
        };
        let opening = &entered.0;
        let open = async {
            let head = match (from, &opening.shift) {
                (None, Some(shift)) => {
                    let end = log::head(self.store.reader(), event).await?.unwrap_or(Head::EMPTY);
                    self.place_at(event, end, shift.due()).await?
                }
                (from, _) => from.unwrap_or(Head::EMPTY),
            };
            opening.open_at(head);
            if opening.shift.as_ref().is_some_and(|shift| !shift.is_replay()) {
                self.tasks.spawn(Arc::clone(self).keep_time(Arc::clone(opening)));
            }
            Ok::<(), Error>(())
        };
        opening.opened.get_or_try_init(|| open).await?;
        Ok(Some(entered))
    }

    /// A replay's seat has its first words: from now on time passes.
    pub(super) fn begin_replay(self: &Arc<Self>, stand: &Arc<Stand>) {
        if let Some(Rhythm::Again { begun, .. }) = stand.shift.as_ref().map(|shift| &shift.rhythm)
            && begun.set(Instant::now()).is_ok()
        {
            self.tasks.spawn(Arc::clone(self).keep_time(Arc::clone(stand)));
        }
    }

    /// Where the log stood at that moment. That the event was made is known from the beginning: without it there is nothing
    /// to show.
    async fn place_at(&self, event: EventId, end: Head, at: Stamp) -> Result<Head, Error> {
        let head = moment::head_at(self.store.reader(), event, end, at).await?;
        Ok(if head.public == 0 && end.public > 0 {
            Head { public: 1, ..head }
        } else {
            head
        })
    }
}

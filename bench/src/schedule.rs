//! When each request is due. Latency counts from the due time, so a server that falls behind cannot hide it by slowing
//! the generator down (open loop). The closed loop, for throughput, sends as soon as an answer came.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

const SECOND_NS: u64 = 1_000_000_000;
/// Timers of the runtime are this coarse; the rest is waited for by yielding.
const TIMER_NS: u64 = 2_000_000;
/// How long after its end an open schedule still gives out slots. Who is that late has failed whatever comes, and with far
/// too much to do the rest would take minutes.
const PATIENCE: Duration = Duration::from_secs(2);
/// Above this rate being a millisecond late is the same to everyone, and yielding would take the core from the seats.
const PRECISE_RATE: u64 = 200;

/// Nanoseconds since the bench began. The stamps in messages count so.
#[derive(Clone, Copy)]
pub(crate) struct BenchClock(Instant);

impl BenchClock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn now_ns(self) -> u64 {
        u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// One request to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) index: u64,
    pub(crate) due_ns: u64,
}

enum Pace {
    Open { per_second: u64, until_ns: u64 },
    Closed { until_ns: u64 },
}

/// A bounded number of slots that any number of authors take from.
pub(crate) struct Schedule {
    clock: BenchClock,
    first_ns: u64,
    count: u64,
    pace: Pace,
    next: AtomicU64,
}

impl Schedule {
    /// `per_second` slots a second for `lasting`, beginning shortly after now.
    pub(crate) fn open(clock: BenchClock, per_second: u64, lasting: Duration) -> Self {
        let per_second = per_second.max(1);
        let millis = u64::try_from(lasting.as_millis()).unwrap_or(u64::MAX);
        let first_ns = clock.now_ns() + 20_000_000;
        let until_ns = first_ns.saturating_add(u64::try_from((lasting + PATIENCE).as_nanos()).unwrap_or(u64::MAX));
        Self {
            clock,
            first_ns,
            count: (per_second.saturating_mul(millis) / 1000).max(1),
            pace: Pace::Open { per_second, until_ns },
            next: AtomicU64::new(0),
        }
    }

    /// As fast as answers come, for `lasting`, never more than `at_most` slots.
    pub(crate) fn closed(clock: BenchClock, lasting: Duration, at_most: u64) -> Self {
        let first_ns = clock.now_ns();
        let until_ns = first_ns.saturating_add(u64::try_from(lasting.as_nanos()).unwrap_or(u64::MAX));
        Self {
            clock,
            first_ns,
            count: at_most,
            pace: Pace::Closed { until_ns },
            next: AtomicU64::new(0),
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Slots that nobody took.
    pub(crate) fn left(&self) -> u64 {
        self.count.saturating_sub(self.next.load(Ordering::Relaxed))
    }

    pub(crate) fn first_ns(&self) -> u64 {
        self.first_ns
    }

    fn due_ns(&self, index: u64) -> u64 {
        match self.pace {
            // Whole seconds and the rest apart: no drift, and no overflow before the bench is centuries old.
            Pace::Open { per_second, .. } => {
                self.first_ns + index / per_second * SECOND_NS + index % per_second * SECOND_NS / per_second
            }
            Pace::Closed { .. } => self.clock.now_ns(),
        }
    }

    /// The next slot, whether due or not; `None` when all are given out or the time is over.
    pub(crate) fn take(&self) -> Option<Slot> {
        self.take_if(|_| true)
    }

    /// The next slot if it is due by now: for authors who send several in one go.
    pub(crate) fn take_due(&self) -> Option<Slot> {
        let now_ns = self.clock.now_ns();
        self.take_if(|slot| slot.due_ns <= now_ns)
    }

    fn take_if(&self, wanted: impl Fn(Slot) -> bool) -> Option<Slot> {
        let (Pace::Open { until_ns, .. } | Pace::Closed { until_ns }) = self.pace;
        if self.clock.now_ns() >= until_ns {
            return None;
        }
        let slot = |index| Slot {
            index,
            due_ns: self.due_ns(index),
        };
        self.next
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |index| {
                (index < self.count && wanted(slot(index))).then_some(index + 1)
            })
            .ok()
            .map(slot)
    }

    /// Returns when the slot is due: to some microseconds at low rates, to a millisecond or two at high ones.
    pub(crate) async fn wait(&self, slot: Slot) {
        let early_ns = slot.due_ns.saturating_sub(self.clock.now_ns());
        let precise = matches!(self.pace, Pace::Open { per_second, .. } if per_second <= PRECISE_RATE);
        let doze_ns = if precise {
            early_ns.saturating_sub(TIMER_NS)
        } else {
            early_ns
        };
        if doze_ns > 0 {
            tokio::time::sleep(Duration::from_nanos(doze_ns)).await;
        }
        while precise && self.clock.now_ns() < slot.due_ns {
            tokio::task::yield_now().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(schedule: &Schedule) -> Vec<Slot> {
        std::iter::from_fn(|| schedule.take()).collect()
    }

    #[test]
    fn open_slots_are_evenly_spaced_without_drift() {
        for per_second in [1, 3, 7, 10, 15_000] {
            let schedule = Schedule::open(BenchClock::start(), per_second, Duration::from_secs(3));
            let slots = taken(&schedule);
            assert_eq!(slots.len() as u64, per_second * 3);
            for slot in &slots {
                let exact = u128::from(slot.index) * u128::from(SECOND_NS) / u128::from(per_second);
                assert_eq!(
                    u128::from(slot.due_ns - schedule.first_ns),
                    exact,
                    "{per_second}/s, {slot:?}"
                );
            }
        }
    }

    #[test]
    fn each_slot_is_given_once_and_then_no_more() {
        let schedule = Schedule::open(BenchClock::start(), 1000, Duration::from_secs(1));
        let indexes: Vec<u64> = taken(&schedule).iter().map(|slot| slot.index).collect();
        assert_eq!(indexes, (0..1000).collect::<Vec<_>>());
        assert_eq!(schedule.take(), None);
    }

    #[test]
    fn what_nobody_took_is_left() {
        let schedule = Schedule::open(BenchClock::start(), 10, Duration::from_secs(1));
        assert!(schedule.take().is_some() && schedule.take().is_some());
        assert_eq!(schedule.left(), 8);
    }

    #[test]
    fn a_slot_of_the_future_is_not_due() {
        let schedule = Schedule::open(BenchClock::start(), 1, Duration::from_secs(2));
        assert_eq!(schedule.take_due(), None, "the first slot lies a little ahead");
        assert!(schedule.take().is_some());
    }

    #[test]
    fn a_closed_loop_ends_by_count_or_by_time() {
        let clock = BenchClock::start();
        let by_count = Schedule::closed(clock, Duration::from_mins(1), 5);
        assert_eq!(taken(&by_count).len(), 5);
        let by_time = Schedule::closed(clock, Duration::ZERO, 5);
        assert_eq!(by_time.take(), None);
    }

    #[tokio::test]
    async fn waiting_never_ends_early() {
        let clock = BenchClock::start();
        for per_second in [100, 1000] {
            let schedule = Schedule::open(clock, per_second, Duration::from_millis(50));
            while let Some(slot) = schedule.take() {
                schedule.wait(slot).await;
                assert!(clock.now_ns() >= slot.due_ns);
            }
        }
    }
}

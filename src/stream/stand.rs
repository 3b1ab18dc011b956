//! A stand: where one event's entries arrive on this instance, are put in order, kept for a while and fanned out.
//!
//! It passes on the next position only; smaller ones are echoes, larger ones wait for what is missing (and the hub
//! reads it from the log if it does not come). It never queues for a seat: seats are positions in its ring.

mod taking;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::{
    dismissal::Dismissals,
    frame::{CHUNK_MAX, Frame, SharedFrame, View},
    handed::HandedHere,
    parcel::{Packing, Parcel},
    shift::{Shift, ShiftedStands},
    snapshot::Shots,
    usher::Calls,
};
use taking::Joined;
pub(super) use taking::Taken;

use crate::{
    config::StreamConfig,
    domain::{Audience, EventId, entry::MessageGone},
    store::{Head, LogEntry},
};

/// Entries kept while one before them is missing. More than a burst; beyond it, the log has them anyway.
const WAITING_MAX: usize = 256;
/// Shifted stands keep less: there are many of them with few seats each, and the log has everything they tell.
const SHIFTED_RING_ENTRIES: usize = 1_024;
const SHIFTED_RING_BYTES: usize = 1024 * 1024;

pub(super) struct Stand {
    pub(super) event: EventId,
    // A std mutex: held for pushes and cuts of the ring, never across an await.
    board: Mutex<Board>,
    /// Set once the head was read from the log.
    pub(super) opened: tokio::sync::OnceCell<()>,
    wake: watch::Sender<u64>,
    /// The ushers who have seats here.
    pub(super) calls: Calls,
    pub(super) seats: AtomicUsize,
    pub(super) repairing: AtomicBool,
    /// After how many interruptions of the database its past was last compared with the log's.
    pub(super) compared: AtomicU64,
    /// When the first seat's right to listen ends, in milliseconds; seats put it there, the hub's tick clears it.
    pub(super) next_expiry_ms: AtomicI64,
    pub(super) shots: Shots,
    /// A shifted stand shares them with the one whose event it tells later: who has to go has to go at once.
    pub(super) dismissals: Arc<Dismissals>,
    pub(super) handed: Arc<HandedHere>,
    /// Why and by how much it tells things later; `None` if it tells them as they happen.
    pub(super) shift: Option<Shift>,
    /// Those who tell later what this one tells.
    pub(super) shifted: ShiftedStands,
    ring_entries: usize,
    ring_bytes: usize,
}

struct Board {
    /// The last entry passed on. `None` until the log's head is known.
    last: Option<Head>,
    /// The same as it was, to be compared with the log after the database was away.
    last_entry: Option<LogEntry>,
    /// The largest position anybody told us of.
    told: u64,
    waiting: BTreeMap<u64, LogEntry>,
    ring: VecDeque<SharedFrame>,
    /// Offset of the ring's first frame; offsets count frames since the stand opened.
    first: u64,
    /// The head before the ring's first frame.
    before: Head,
    bytes: usize,
    joined: VecDeque<Joined>,
    last_wake: Option<Instant>,
    wake_planned: bool,
    idle_since: Instant,
}

/// Where a seat is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) at: Head,
    offset: u64,
    /// The seat knows more than the stand has passed on (its snapshot was newer): frames it has are skipped.
    ahead: bool,
}

/// When the seats should be woken after something arrived.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wake {
    Done,
    After(Duration),
}

impl Stand {
    pub(super) fn new(event: EventId, config: &StreamConfig) -> Self {
        let board = Board {
            last: None,
            last_entry: None,
            told: 0,
            waiting: BTreeMap::new(),
            ring: VecDeque::new(),
            first: 0,
            before: Head::EMPTY,
            bytes: 0,
            joined: VecDeque::new(),
            last_wake: None,
            wake_planned: false,
            idle_since: Instant::now(),
        };
        Self {
            event,
            board: Mutex::new(board),
            opened: tokio::sync::OnceCell::new(),
            wake: watch::Sender::new(0),
            calls: Calls::default(),
            seats: AtomicUsize::new(0),
            repairing: AtomicBool::new(false),
            compared: AtomicU64::new(0),
            next_expiry_ms: AtomicI64::new(i64::MAX),
            shots: Shots::default(),
            dismissals: Arc::default(),
            handed: Arc::default(),
            shift: None,
            shifted: ShiftedStands::default(),
            ring_entries: config.ring_entries,
            ring_bytes: config.ring_bytes,
        }
    }

    /// One that tells later what `live` tells. It is fed by its own clock, see `shift/clock.rs`.
    pub(super) fn shifted(live: &Arc<Self>, shift: Shift, config: &StreamConfig) -> Self {
        Self {
            dismissals: Arc::clone(&live.dismissals),
            handed: if shift.is_replay() {
                Arc::default()
            } else {
                Arc::clone(&live.handed)
            },
            shift: Some(shift),
            ring_entries: config.ring_entries.min(SHIFTED_RING_ENTRIES),
            ring_bytes: config.ring_bytes.min(SHIFTED_RING_BYTES),
            ..Self::new(live.event, config)
        }
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts passing on after the head that the log had.
    pub(super) fn open_at(&self, head: Head) {
        let mut board = self.board();
        if board.last.is_none() {
            (board.last, board.before) = (Some(head), head);
            board.told = board.told.max(head.position());
        }
    }

    pub(super) fn head(&self) -> Head {
        self.board().last.unwrap_or(Head::EMPTY)
    }

    /// The head, if it is known, and the entry that made it.
    pub(super) fn known(&self) -> Option<(Head, Option<LogEntry>)> {
        let board = self.board();
        Some((board.last?, board.last_entry.clone()))
    }

    pub(super) fn last_entry(&self) -> Option<LogEntry> {
        self.board().last_entry.clone()
    }

    /// The past is another one: forgets what it has and goes on after the head that the log has now. Seats find out that
    /// their place is of an older epoch.
    pub(super) fn begin_epoch(&self, head: Head) {
        let mut board = self.board();
        if board.last.is_none_or(|last| last.epoch >= head.epoch) {
            return;
        }
        board.first = board.tail();
        board.ring.clear();
        board.joined.clear();
        board.waiting.clear();
        board.bytes = 0;
        (board.last, board.last_entry, board.before) = (Some(head), None, head);
        board.told = head.position();
        self.handed.forget();
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.wake.subscribe()
    }

    /// Somebody said that the log reaches so far.
    pub(super) fn hear_of(&self, head: Head) {
        let mut board = self.board();
        board.told = board.told.max(head.position());
    }

    /// Up to which position something is missing, if anything is that somebody told us of.
    pub(super) fn behind(&self) -> Option<u64> {
        let board = self.board();
        let last = board.last?.position();
        (last < board.told).then_some(board.told)
    }

    /// What was told up to this position could not be found in the log: forget it, unless more was told meanwhile.
    pub(super) fn give_up_waiting(&self, told: u64) {
        let mut board = self.board();
        if board.told == told {
            board.waiting.clear();
            board.told = board.last.map_or(0, Head::position);
        }
    }

    /// Entries arrive, from this instance's writer, the bus or a repair: in any order, any number of times. Ok(false): one
    /// of them is of another past than the one we know.
    #[must_use]
    pub(super) fn arrive(&self, entries: impl IntoIterator<Item = LogEntry>) -> bool {
        let mut board = self.board();
        let mut fits = true;
        for entry in entries {
            let position = entry.position();
            let Some(last) = board.last else {
                board.told = board.told.max(position);
                continue;
            };
            if entry.epoch != last.epoch {
                fits &= entry.epoch < last.epoch;
                continue;
            }
            board.told = board.told.max(position);
            fits &= !board
                .last_entry
                .as_ref()
                .is_some_and(|known| known.is_other_than(&entry));
            if position == last.position() + 1 {
                self.pass_on(&mut board, &entry);
                while let Some(next) = board.next_waiting() {
                    self.pass_on(&mut board, &next);
                }
            } else if position > last.position() && board.waiting.len() < WAITING_MAX {
                board.waiting.insert(position, entry);
            }
        }
        fits
    }

    fn pass_on(&self, board: &mut Board, entry: &LogEntry) {
        board.last = Some(entry.head());
        board.last_entry = Some(entry.clone());
        if let Some(gone) = entry.takes_away() {
            board.forget(&gone);
        }
        self.push(board, Frame::entry(entry));
    }

    /// A message will be gone further on; what still tells of it loses its text.
    pub(super) fn forget(&self, gone: &MessageGone) {
        self.board().forget(gone);
    }

    /// A signal, after whatever was passed on so far.
    pub(super) fn push_live(&self, make: impl FnOnce(Head) -> Frame) {
        let mut board = self.board();
        let head = board.last.unwrap_or(Head::EMPTY);
        self.push(&mut board, make(head));
    }

    fn push(&self, board: &mut Board, frame: Frame) {
        board.bytes += frame.size();
        board.ring.push_back(Arc::new(frame));
        while board.ring.len() > self.ring_entries || (board.bytes > self.ring_bytes && board.ring.len() > 1) {
            let Some(gone) = board.ring.pop_front() else { break };
            board.bytes -= gone.size();
            board.before = gone.head;
            board.first += 1;
        }
    }

    /// Wakes the seats at once if they slept long enough, else says when to.
    pub(super) fn wake(&self, tick: Duration) -> Wake {
        let mut board = self.board();
        let now = Instant::now();
        let rested = board.last_wake.map_or(tick, |last| now.duration_since(last));
        if rested >= tick && !board.wake_planned {
            board.last_wake = Some(now);
            self.rouse(board);
            Wake::Done
        } else if board.wake_planned {
            Wake::Done
        } else {
            board.wake_planned = true;
            Wake::After(tick.saturating_sub(rested))
        }
    }

    /// Wakes the seats now.
    pub(super) fn wake_now(&self) {
        let mut board = self.board();
        board.wake_planned = false;
        board.last_wake = Some(Instant::now());
        self.rouse(board);
    }

    fn rouse(&self, board: MutexGuard<'_, Board>) {
        let tail = board.tail();
        drop(board);
        self.wake.send_replace(tail);
        self.calls.ring();
    }

    /// The place right after `at`, if the ring can go on from there.
    pub(super) fn locate(&self, at: Head, audience: Audience) -> Option<Place> {
        let board = self.board();
        let last = board.last.filter(|last| last.epoch == at.epoch)?;
        let (covered, ahead) = match audience {
            Audience::Public => (board.before.public <= at.public, at.public > last.public),
            Audience::Staff => (
                board.before.position() <= at.position(),
                at.position() > last.position(),
            ),
        };
        let passed = |frame: &SharedFrame| match audience {
            Audience::Public => frame.head.public <= at.public,
            Audience::Staff => frame.head.position() <= at.position(),
        };
        let index = board.ring.partition_point(passed);
        covered.then(|| Place {
            at,
            offset: board.first + index as u64,
            ahead,
        })
    }

    /// Entries after `at` up to `goal` (which the stand has passed on) from the ring, without signals: what a resuming
    /// seat missed. Gives the bytes, the place reached and the number of entries; `None` if the ring does not reach back
    /// so far.
    pub(super) fn replay(&self, at: Head, goal: Head, view: &View) -> Option<(Option<Parcel>, Head, u64)> {
        let place = self.locate(at, view.audience)?;
        let board = self.board();
        let from = usize::try_from(place.offset.checked_sub(board.first)?).ok()?;
        let (mut packing, mut at, mut count) = (Packing::new(), at, 0);
        for frame in board
            .ring
            .iter()
            .skip(from)
            .take_while(|frame| frame.head.position() <= goal.position())
        {
            if packing.len() > CHUNK_MAX {
                return Some((packing.seal(), at, count));
            }
            if frame.is_entry() && frame.pack(view, &mut packing) {
                count += 1;
            }
            at = frame.head;
        }
        Some((packing.seal(), goal, count))
    }

    pub(super) fn is_idle(&self, linger: Duration) -> bool {
        let mut board = self.board();
        if self.seats.load(Ordering::Acquire) > 0 {
            board.idle_since = Instant::now();
        }
        board.idle_since.elapsed() > linger
    }
}

impl Board {
    fn tail(&self) -> u64 {
        self.first + self.ring.len() as u64
    }

    /// Those who come later, or were not yet there, do not hear what was taken away.
    fn forget(&mut self, gone: &MessageGone) {
        for frame in &mut self.ring {
            if let Some(emptied) = frame.forgetting(gone) {
                self.bytes = self.bytes - frame.size() + emptied.size();
                *frame = Arc::new(emptied);
            }
        }
        self.joined.clear();
    }

    fn next_waiting(&mut self) -> Option<LogEntry> {
        let next = self.last?.position() + 1;
        // Those passed on meanwhile by another way are of no use.
        while self
            .waiting
            .first_key_value()
            .is_some_and(|(position, _)| *position < next)
        {
            self.waiting.pop_first();
        }
        self.waiting.remove(&next)
    }
}

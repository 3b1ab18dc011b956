//! An usher's loop: look at what has come, serve whom it concerns, a little at a time, in turn.
//!
//! Nothing here waits but the loop itself. Events take turns, so that a full house does not keep a small room waiting;
//! after each stretch of work the thread is given back, so that requests are answered meanwhile.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use prometheus_client::metrics::counter::Counter;
use tokio::{
    task::{coop::unconstrained, yield_now},
    time::sleep,
};
use tokio_util::task::TaskTracker;

use super::{
    party::Party,
    post::{Arrival, Bell, Call, Errand, Letters, Post},
    sitting::{Chair, Served, Sitting},
    slots::{Key, Slots},
};
use crate::{
    store::Error,
    stream::{
        seat::{Page, PageRequest},
        stand::Stand,
    },
};

/// So long the usher works before it gives its thread to others.
const STRETCH: Duration = Duration::from_micros(500);
/// Seats of one event served before it is another event's turn.
const HANDFUL: usize = 16;
/// How often deadlines are looked at, while there are any.
const LOOK: Duration = Duration::from_millis(100);
/// Pages of the log that one usher reads at the same time; the database has others to answer.
const READS: usize = 8;
/// For what clients say; nobody looks at it.
const SCRATCH_BYTES: usize = 4 * 1_024;

pub(super) struct Round {
    post: Arc<Post>,
    tasks: TaskTracker,
    stalled: Counter,
    sittings: Slots<Sitting>,
    parties: Slots<Party>,
    /// By the stand's address: a party keeps its stand, so no other can have it.
    by_stand: HashMap<usize, Key>,
    letters: Letters,
    arrivals: VecDeque<Arrival>,
    pages: VecDeque<(Key, Result<Page, Error>)>,
    /// Those to be looked at.
    stirred: VecDeque<Key>,
    /// Parties to go round.
    called: VecDeque<Key>,
    reading: usize,
    hungry: VecDeque<(Key, PageRequest)>,
    /// Those with a deadline.
    watched: Vec<Key>,
    looked: Instant,
    pieces: VecDeque<Bytes>,
    scratch: Vec<u8>,
}

impl Round {
    pub(super) fn new(post: Arc<Post>, tasks: TaskTracker, stalled: Counter) -> Self {
        Self {
            post,
            tasks,
            stalled,
            sittings: Slots::default(),
            parties: Slots::default(),
            by_stand: HashMap::new(),
            letters: Letters::default(),
            arrivals: VecDeque::new(),
            pages: VecDeque::new(),
            stirred: VecDeque::new(),
            called: VecDeque::new(),
            reading: 0,
            hungry: VecDeque::new(),
            watched: Vec::new(),
            looked: Instant::now(),
            pieces: VecDeque::new(),
            scratch: vec![0; SCRATCH_BYTES],
        }
    }

    /// Goes on for ever. Unconstrained: the loop gives way by itself, and no socket's readiness is held back from it.
    pub(super) async fn run(self) {
        unconstrained(self.go_on()).await;
    }

    async fn go_on(mut self) {
        loop {
            if self.work() {
                yield_now().await;
            } else if self.watched.is_empty() && self.post.end().is_none() {
                self.post.bell.notified().await;
            } else {
                tokio::select! {
                    () = self.post.bell.notified() => {}
                    () = sleep(LOOK) => {}
                }
            }
        }
    }

    /// Works for a stretch. True: there is more to do.
    fn work(&mut self) -> bool {
        let began = Instant::now();
        self.collect();
        if began.duration_since(self.looked) >= LOOK {
            self.look(began);
        }
        loop {
            let mut idle = true;
            if let Some(arrival) = self.arrivals.pop_front() {
                self.seat(arrival);
                idle = false;
            }
            if let Some(key) = self.stirred.pop_front() {
                self.attend(key);
                idle = false;
            }
            if let Some((key, page)) = self.pages.pop_front() {
                self.read(key, page);
                idle = false;
            }
            if let Some(party) = self.called.pop_front() {
                self.go_round(party);
                idle = false;
            }
            if idle {
                return false;
            }
            if began.elapsed() >= STRETCH {
                return true;
            }
        }
    }

    fn collect(&mut self) {
        let mut letters = std::mem::take(&mut self.letters);
        self.post.collect(&mut letters);
        self.arrivals.extend(letters.arrivals.drain(..));
        self.stirred.extend(letters.stirred.drain(..));
        self.pages.extend(letters.pages.drain(..));
        for key in letters.calls.drain(..) {
            if let Some(party) = self.parties.get_mut(key)
                && party.is_called()
            {
                self.begin(key);
            }
        }
        self.letters = letters;
    }

    fn begin(&mut self, key: Key) {
        let Some(party) = self.parties.get_mut(key) else { return };
        party.begin(|key, row| {
            if let Some(sitting) = self.sittings.get_mut(key) {
                sitting.row = u32::try_from(row).unwrap_or(u32::MAX);
            }
        });
        self.called.push_back(key);
    }

    fn go_round(&mut self, key: Key) {
        for _ in 0..HANDFUL {
            let Some(party) = self.parties.get_mut(key) else { return };
            if let Some(seat) = party.next() {
                self.serve(seat);
            } else {
                if party.ends() {
                    self.begin(key);
                }
                return;
            }
        }
        self.called.push_back(key);
    }

    fn seat(&mut self, arrival: Arrival) {
        let Arrival { socket, seat, terms } = arrival;
        if self.post.end().is_some_and(|end| end <= Instant::now()) {
            return;
        }
        let stand = Arc::clone(seat.stand());
        let party = self.party(&stand);
        let post = &self.post;
        let chair = Chair {
            socket,
            seat,
            patience: terms.patience,
            keep: terms.keep,
            party,
        };
        let key = self.sittings.insert(|key| Sitting::new(chair, Bell::new(post, key)));
        if let (Some(party), Some(sitting)) = (self.parties.get_mut(party), self.sittings.get_mut(key)) {
            sitting.row = u32::try_from(party.add(key)).unwrap_or(u32::MAX);
        }
        if !terms.head.is_empty() {
            self.pieces.push_back(terms.head);
        }
        // From here on its stand's calls reach it; what was said before is in the ring.
        self.serve(key);
        self.hear(key);
    }

    /// The party of a stand, made if need be.
    fn party(&mut self, stand: &Arc<Stand>) -> Key {
        let address = Arc::as_ptr(stand).addr();
        if let Some(key) = self.by_stand.get(&address) {
            return *key;
        }
        let post = &self.post;
        let key = self.parties.insert(|key| Party::new(stand, Call::new(post, key)));
        if let Some(party) = self.parties.get_mut(key) {
            stand.calls.add(Arc::clone(&party.call));
        }
        self.by_stand.insert(address, key);
        key
    }

    /// A socket stirred: its client has hung up, or takes bytes again.
    fn attend(&mut self, key: Key) {
        if self.hear(key) {
            self.serve(key);
        }
    }

    /// Listens to a client, and lets it go if it has hung up.
    fn hear(&mut self, key: Key) -> bool {
        let Some(sitting) = self.sittings.get_mut(key) else {
            return false;
        };
        sitting.bell.heard();
        let stays = sitting.listen(&mut self.scratch);
        if !stays {
            self.remove(key);
        }
        stays
    }

    fn serve(&mut self, key: Key) {
        let Some(sitting) = self.sittings.get_mut(key) else {
            return;
        };
        match sitting.serve(&mut self.pieces) {
            Served::Idle | Served::Stuck => {}
            Served::More => self.stirred.push_back(key),
            Served::Reads(request) => self.send_for(key, request),
            Served::Gone => return self.remove(key),
        }
        if let Some(sitting) = self.sittings.get_mut(key)
            && sitting.has_deadline()
            && !std::mem::replace(&mut sitting.watched, true)
        {
            self.watched.push(key);
        }
    }

    fn send_for(&mut self, key: Key, request: PageRequest) {
        if self.reading >= READS {
            return self.hungry.push_back((key, request));
        }
        self.reading += 1;
        self.tasks.spawn(Errand::new(&self.post, key).run(request));
    }

    /// A page was read.
    fn read(&mut self, key: Key, page: Result<Page, Error>) {
        self.reading -= 1;
        if let Some(sitting) = self.sittings.get_mut(key) {
            sitting.reads = false;
            if let Some(seat) = sitting.seat() {
                seat.got(page);
            }
            self.serve(key);
        }
        while let Some((key, request)) = self.hungry.pop_front() {
            if self.sittings.get_mut(key).is_some() {
                return self.send_for(key, request);
            }
        }
    }

    /// Ends what is overdue.
    fn look(&mut self, now: Instant) {
        self.looked = now;
        if self.post.end().is_some_and(|end| end <= now) {
            return self.close_all();
        }
        for key in std::mem::take(&mut self.watched) {
            let Some(sitting) = self.sittings.get_mut(key) else {
                continue;
            };
            match sitting.is_overdue(now) {
                Some(stalled) => {
                    if stalled {
                        self.stalled.inc();
                    }
                    self.remove(key);
                }
                None if sitting.has_deadline() => self.watched.push(key),
                None => sitting.watched = false,
            }
        }
    }

    fn close_all(&mut self) {
        if self.sittings.len() > 0 {
            tracing::warn!(
                streams = self.sittings.len(),
                "the grace period is over; closing what is left"
            );
        }
        self.sittings.clear();
        self.parties.clear();
        self.by_stand.clear();
        self.watched.clear();
        self.hungry.clear();
    }

    fn remove(&mut self, key: Key) {
        let Some(sitting) = self.sittings.remove(key) else {
            return;
        };
        let Some(party) = self.parties.get_mut(sitting.party) else {
            return;
        };
        if party.remove(sitting.row as usize) {
            party.stand.calls.remove(&party.call);
            self.by_stand.remove(&Arc::as_ptr(&party.stand).addr());
            self.parties.remove(sitting.party);
        } else if party.is_gappy() && party.is_called() {
            self.begin(sitting.party);
        }
    }
}

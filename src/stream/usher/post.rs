//! How an usher is told of things: new seats, calls of stands, sockets that stirred, pages that were read.
//!
//! Everything is bounded by what is open: each stand calls once until it was heard, each socket stirs once until it was
//! looked at, each seat reads one page at a time.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::Wake,
    time::Instant,
};

use tokio::{net::TcpStream, sync::Notify};

use super::{Terms, slots::Key};
use crate::{
    store::Error,
    stream::seat::{Page, PageRequest, Seat},
};

/// A socket and its seat on their way to an usher.
pub(super) struct Arrival {
    pub(super) socket: TcpStream,
    pub(super) seat: Seat,
    pub(super) terms: Terms,
}

/// Where one usher is told of things.
#[derive(Default)]
pub(super) struct Post {
    // A std mutex: held to push or to take everything.
    letters: Mutex<Letters>,
    pub(super) bell: Notify,
    end: OnceLock<Instant>,
}

/// What has come since the usher last looked.
#[derive(Default)]
pub(super) struct Letters {
    pub(super) arrivals: Vec<Arrival>,
    /// Parties whose stand has called.
    pub(super) calls: Vec<Key>,
    /// Sockets that can be read or written again.
    pub(super) stirred: Vec<Key>,
    pub(super) pages: Vec<(Key, Result<Page, Error>)>,
}

impl Post {
    fn tell(&self, letter: impl FnOnce(&mut Letters)) {
        letter(&mut self.letters());
        self.bell.notify_one();
    }

    fn letters(&self) -> MutexGuard<'_, Letters> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Swaps what has come for something empty, whose room is used again.
    pub(super) fn collect(&self, into: &mut Letters) {
        std::mem::swap(&mut *self.letters(), into);
    }

    pub(super) fn arrives(&self, arrival: Arrival) {
        self.tell(|letters| letters.arrivals.push(arrival));
    }

    pub(super) fn close_by(&self, end: Instant) {
        // Told twice, the first time counts.
        self.end.get_or_init(|| end);
        self.bell.notify_one();
    }

    /// When everything has to be closed, if the house is closing.
    pub(super) fn end(&self) -> Option<Instant> {
        self.end.get().copied()
    }
}

/// What a stand knows of one usher that has seats there.
pub(super) struct Call {
    pub(super) post: Arc<Post>,
    pub(super) party: Key,
    rung: AtomicBool,
}

impl Call {
    pub(super) fn new(post: &Arc<Post>, party: Key) -> Arc<Self> {
        Arc::new(Self {
            post: Arc::clone(post),
            party,
            rung: AtomicBool::new(false),
        })
    }

    fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            self.post.tell(|letters| letters.calls.push(self.party));
        }
    }

    /// To be said before the seats are looked at: whatever comes later calls again.
    pub(super) fn heard(&self) {
        self.rung.store(false, Ordering::Release);
    }
}

/// The ushers a stand has to call. A party leaves with its last seat.
#[derive(Default)]
pub(in crate::stream) struct Calls(Mutex<Vec<Arc<Call>>>);

impl Calls {
    fn all(&self) -> MutexGuard<'_, Vec<Arc<Call>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::stream) fn ring(&self) {
        self.all().iter().for_each(|call| call.ring());
    }

    pub(super) fn add(&self, call: Arc<Call>) {
        self.all().push(call);
    }

    pub(super) fn remove(&self, call: &Arc<Call>) {
        self.all().retain(|other| !Arc::ptr_eq(other, call));
    }
}

/// Wakes the usher for one socket: what a socket has in place of a task.
pub(super) struct Bell {
    post: Arc<Post>,
    key: Key,
    rung: AtomicBool,
}

impl Bell {
    pub(super) fn new(post: &Arc<Post>, key: Key) -> Arc<Self> {
        Arc::new(Self {
            post: Arc::clone(post),
            key,
            rung: AtomicBool::new(false),
        })
    }

    /// To be said before the socket is looked at.
    pub(super) fn heard(&self) {
        self.rung.store(false, Ordering::Release);
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            self.post.tell(|letters| letters.stirred.push(self.key));
        }
    }
}

/// A page being read. However the reading ends, the usher hears of it.
pub(super) struct Errand {
    post: Arc<Post>,
    key: Key,
    page: Option<Result<Page, Error>>,
}

impl Errand {
    pub(super) fn new(post: &Arc<Post>, key: Key) -> Self {
        Self {
            post: Arc::clone(post),
            key,
            page: None,
        }
    }

    pub(super) async fn run(mut self, request: PageRequest) {
        self.page = Some(request.read().await);
    }
}

impl Drop for Errand {
    fn drop(&mut self) {
        let lost = || Err(Error::unreadable("log", "the reading was broken off"));
        let page = self.page.take().unwrap_or_else(lost);
        self.post.tell(|letters| letters.pages.push((self.key, page)));
    }
}

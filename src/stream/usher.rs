//! Ushers: the loops that write to the sockets of open streams, a few per process, each with thousands of seats.
//!
//! A stream over plain HTTP/1.1 only ever receives frames, so once the head of its answer is out it needs no HTTP
//! library, no task and no timer: its socket comes here together with its seat. When a stand calls, its usher asks each
//! seat what to send and writes it; what a socket does not take at once waits with it, and nothing more is asked for
//! until it has gone. A seat costs its few hundred bytes and the kernel's socket.
//!
//! `round.rs` is the loop, `sitting.rs` one socket with its seat, `party.rs` the seats of one stand, `post.rs` how an
//! usher is told of things.

mod party;
mod post;
mod round;
mod sitting;
mod slots;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use prometheus_client::metrics::counter::Counter;
use tokio::{net::TcpStream, runtime::Handle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::seat::Seat;
pub(super) use post::Calls;
use post::{Arrival, Post};
use round::Round;

/// How a socket changes hands.
pub struct Terms {
    /// What is still to be written before the seat's own bytes: the head of the answer, if it has not gone out.
    pub head: Bytes,
    /// How long the client may take nothing at all while there is something for it.
    pub patience: Duration,
    /// Kept until the socket is closed: its place in whatever is counted elsewhere.
    pub keep: Box<dyn Send>,
}

/// All ushers of this instance.
pub(super) struct Ushers {
    posts: Vec<Arc<Post>>,
    next: AtomicUsize,
}

impl Ushers {
    /// One for each thread that can run them.
    pub(super) fn start(tasks: &TaskTracker, stop: &CancellationToken, stalled: &Counter) -> Self {
        let count = Handle::current().metrics().num_workers().max(1);
        let posts: Vec<Arc<Post>> = (0..count).map(|_| Arc::default()).collect();
        for post in &posts {
            let round = Round::new(Arc::clone(post), tasks.clone(), stalled.clone());
            let stop = stop.clone();
            tasks.spawn(async move {
                stop.run_until_cancelled(round.run()).await;
            });
        }
        Self {
            posts,
            next: AtomicUsize::new(0),
        }
    }

    fn take_in(&self, arrival: Arrival) {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.posts.len().max(1);
        if let Some(post) = self.posts.get(turn) {
            post.arrives(arrival);
        }
    }

    /// Closes at that time whatever is still open then, heard or not.
    pub(super) fn close_by(&self, end: Instant) {
        for post in &self.posts {
            post.close_by(end);
        }
    }
}

impl Seat {
    /// Gives the seat and its socket to an usher, who writes to it from now on.
    pub fn sit_down(self, socket: TcpStream, terms: Terms) {
        let hub = Arc::clone(self.hub());
        hub.ushers.take_in(Arrival {
            socket,
            seat: self,
            terms,
        });
    }
}

//! What lies between hyper and the socket: our own connection IO.
//!
//! It ends a connection whose client takes no bytes for too long, which is what bounds a slow reader: its seat holds a
//! position only, the kernel's buffer is small, and hyper stops asking for more while a write waits. It never splits the
//! socket and keeps vectored writes, so bytes are not copied here.
//!
//! It also names the connection: every request carries a [`Connection`] handle in its extensions. By that handle a
//! stream leaves hyper: its answer has a body that yields no bytes ([`Leave`]) but puts its seat there when hyper comes
//! for the first. The head is complete by then; it is kept here instead of being written, and the connection's task
//! takes socket, head and seat to an usher, who writes them together.

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_util::Stream;
use prometheus_client::metrics::counter::Counter;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Sleep,
};

use crate::stream::Seat;

/// What a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Http1,
    Http2,
}

/// One connection, as its requests know it. A cheap clone.
#[derive(Clone)]
pub struct Connection(Arc<Facts>);

struct Facts {
    id: u64,
    peer: SocketAddr,
    protocol: Protocol,
    secure: bool,
    /// Set once, when a stream wants to go on without hyper.
    leaving: AtomicBool,
    /// hyper has given us everything it had to write.
    flushed: AtomicBool,
    // A std mutex: held to put a seat in or take it out, once.
    leaver: Mutex<Option<Seat>>,
}

impl Connection {
    pub(super) fn new(id: u64, peer: SocketAddr, protocol: Protocol, secure: bool) -> Self {
        Self(Arc::new(Facts {
            id,
            peer,
            protocol,
            secure,
            leaving: AtomicBool::new(false),
            flushed: AtomicBool::new(false),
            leaver: Mutex::new(None),
        }))
    }

    /// Whether a stream may leave with the socket: only plain HTTP/1 is nothing but bytes one after the other.
    #[must_use]
    pub fn lets_go(&self) -> bool {
        self.0.protocol == Protocol::Http1 && !self.0.secure
    }

    fn leaver(&self) -> MutexGuard<'_, Option<Seat>> {
        self.0.leaver.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_leaving(&self) -> bool {
        self.0.leaving.load(Ordering::Acquire)
    }

    /// Whether hyper has done its part and the socket may be taken.
    pub(super) fn has_left(&self) -> bool {
        self.is_leaving() && self.0.flushed.load(Ordering::Acquire)
    }

    /// The seat that leaves.
    pub(super) fn take_leaver(&self) -> Option<Seat> {
        self.leaver().take()
    }

    /// Counts up from 1 within one server.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.0.id
    }

    /// Who is on the other end of the socket; a proxy, if there is one. See `http::address` for the client.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        self.0.peer
    }

    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.0.protocol
    }

    /// Whether TLS ends here.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.0.secure
    }
}

/// The body of an answer that hyper begins and an usher goes on with. Never yields a byte.
pub(super) struct Leave {
    connection: Connection,
    seat: Option<Seat>,
}

impl Leave {
    pub(super) fn new(connection: Connection, seat: Seat) -> Self {
        Self {
            connection,
            seat: Some(seat),
        }
    }
}

impl Stream for Leave {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(seat) = self.seat.take() {
            *self.connection.leaver() = Some(seat);
            self.connection.0.leaving.store(true, Ordering::Release);
        }
        // Nobody has to wake it: the connection's task looks once hyper has flushed, in the same poll.
        Poll::Pending
    }
}

/// A socket with a bound on how long its client may refuse our bytes.
pub struct Wire<S> {
    socket: S,
    /// By which a stream may leave. None under TLS, where this is not what hyper writes to.
    connection: Option<Connection>,
    /// What hyper wrote after a stream began to leave: the head of the answer.
    head: Vec<u8>,
    patience: Duration,
    /// Armed while a write waits. Only stalled connections pay for a timer.
    stall: Option<Pin<Box<Sleep>>>,
    stalled: Counter,
}

impl<S> Wire<S> {
    pub fn new(socket: S, patience: Duration, stalled: Counter) -> Self {
        Self {
            socket,
            connection: None,
            head: Vec::new(),
            patience,
            stall: None,
            stalled,
        }
    }

    /// Lets a stream leave by that connection's handle.
    pub(super) fn of(self, connection: &Connection) -> Self {
        Self {
            connection: Some(connection.clone()),
            ..self
        }
    }

    fn is_leaving(&self) -> bool {
        self.connection.as_ref().is_some_and(Connection::is_leaving)
    }

    /// The socket, and what has to be written to it first.
    pub(super) fn into_parts(self) -> (S, Bytes) {
        (self.socket, self.head.into())
    }

    /// Passes a write's outcome on; a write that waits too long fails.
    fn watch<T>(&mut self, cx: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.stall = None;
            return outcome;
        }
        let patience = self.patience;
        let stall = self.stall.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        match stall.as_mut().poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => {
                self.stalled.inc();
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_leaving() {
            self.head.extend_from_slice(buf);
            return Poll::Ready(Ok(buf.len()));
        }
        let outcome = Pin::new(&mut self.socket).poll_write(cx, buf);
        self.watch(cx, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.is_leaving() {
            for buf in bufs {
                self.head.extend_from_slice(buf);
            }
            return Poll::Ready(Ok(bufs.iter().map(|buf| buf.len()).sum()));
        }
        let outcome = Pin::new(&mut self.socket).poll_write_vectored(cx, bufs);
        self.watch(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(connection) = self.connection.as_ref().filter(|connection| connection.is_leaving()) {
            // hyper flushes us once it has nothing left.
            connection.0.flushed.store(true, Ordering::Release);
            return Poll::Ready(Ok(()));
        }
        // A plain socket's flush is ready at once and says nothing about its writes: it must not disarm the timer.
        match Pin::new(&mut self.socket).poll_flush(cx) {
            Poll::Pending => self.watch(cx, Poll::Pending),
            ready @ Poll::Ready(_) => ready,
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.socket).poll_shutdown(cx);
        self.watch(cx, outcome)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn a_write_nobody_takes_fails_and_progress_disarms() {
        let (near, mut far) = tokio::io::duplex(4);
        let stalled = Counter::default();
        let mut wire = Wire::new(near, Duration::from_millis(50), stalled.clone());
        let mut taken = [0; 8];
        let (written, read) = tokio::join!(wire.write_all(b"takeable"), far.read_exact(&mut taken));
        assert!(written.is_ok() && read.is_ok() && wire.stall.is_none());

        let written = wire.write_all(b"too much").await;
        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(stalled.get(), 1);
    }
}

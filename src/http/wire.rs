//! What lies between hyper and the socket: our own connection IO.
//!
//! It ends a connection whose client takes no bytes for too long, which is what bounds a slow reader: its seat holds a
//! position only, the kernel's buffer is small, and hyper stops asking for more while a write waits. It also names the
//! connection: every request carries a [`Connection`] handle in its extensions. That handle is the seam by which a
//! stream's socket can later be taken over, so that its stand writes to it once the head of the answer is out; nothing
//! else has to change for that. It never splits the socket and keeps vectored writes, so bytes are not copied here.

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use prometheus_client::metrics::counter::Counter;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Sleep,
};

/// What a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Http1,
    Http2,
}

/// One connection, as its requests know it. A cheap clone.
#[derive(Debug, Clone)]
pub struct Connection(Arc<Facts>);

#[derive(Debug)]
struct Facts {
    id: u64,
    peer: SocketAddr,
    protocol: Protocol,
    secure: bool,
}

impl Connection {
    pub(super) fn new(id: u64, peer: SocketAddr, protocol: Protocol, secure: bool) -> Self {
        Self(Arc::new(Facts {
            id,
            peer,
            protocol,
            secure,
        }))
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

/// A socket with a bound on how long its client may refuse our bytes.
pub struct Wire<S> {
    socket: S,
    patience: Duration,
    /// Armed while a write waits. Only stalled connections pay for a timer.
    stall: Option<Pin<Box<Sleep>>>,
    stalled: Counter,
}

impl<S> Wire<S> {
    pub fn new(socket: S, patience: Duration, stalled: Counter) -> Self {
        Self {
            socket,
            patience,
            stall: None,
            stalled,
        }
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
        let outcome = Pin::new(&mut self.socket).poll_write(cx, buf);
        self.watch(cx, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.socket).poll_write_vectored(cx, bufs);
        self.watch(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
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

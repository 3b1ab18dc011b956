//! Takes connections and speaks HTTP on them, each within its bounds.
//!
//! Our own loop around hyper, because a stream server lives from its limits: how many connections in all and from one
//! address, how long a head, a silence and an unread write may last. The protocol is told by its first bytes under a
//! deadline; HTTP/2 without TLS works with prior knowledge. With TLS (`secure.rs`) it is agreed on. Who is turned away is told so (`http/refuse.rs`). On `stop`
//! no connection is taken any more, open ones finish what they are doing, and `grace` ends what is left.

mod room;
mod secure;

use std::{
    convert::Infallible,
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
    time::Duration,
};

use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use poem::{
    Addr, Endpoint, Request, Response,
    http::uri::Scheme,
    web::{LocalAddr, RemoteAddr},
};
use room::{Place, Room};
use socket2::{Domain, Protocol as SocketProtocol, Socket, Type};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

use super::{
    tls::Tls,
    wire::{Connection, Protocol, Wire},
};
use crate::{
    config::ServeConfig,
    stream::{Seat, Terms},
    telemetry::Metrics,
};

/// Pause after a failed accept. Out of file handles, a loop without it burns a core and accepts nothing sooner.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Connections that may be told no at the same time; beyond that they are closed unheard.
const REFUSALS: usize = 64;
/// Connections the kernel keeps ready for us.
const BACKLOG: i32 = 1_024;

/// A listening socket. Accepted connections inherit what is set here, so it is not set again for each.
pub fn listen(address: SocketAddr, config: &ServeConfig) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(SocketProtocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_send_buffer_size(config.send_buffer_bytes)?;
    // Frames are written whole; waiting for an acknowledgement would only delay them.
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_user_timeout(Some(Duration::from_millis(config.tcp_user_timeout_ms)))?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Serves until `stop`, then lets connections finish for at most `grace`. With `tls`, speaks nothing else.
pub async fn run<E>(
    listener: TcpListener,
    tls: Option<Tls>,
    endpoint: E,
    config: ServeConfig,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
    grace: Duration,
) where
    E: Endpoint<Output = Response> + 'static,
{
    let house = Arc::new(House::new(endpoint, config, tls, metrics, stop.clone()));
    let tasks = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((socket, peer)) => house.clone().admit(socket, peer, &tasks),
            Err(error) => {
                tracing::warn!(error = %error, "no connection could be taken");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    tasks.close();
    if timeout(grace, tasks.wait()).await.is_err() {
        tracing::warn!(
            connections = tasks.len(),
            "the grace period is over; closing what is left"
        );
        house.cut.cancel();
        tasks.wait().await;
    }
}

/// What all connections share.
struct House<E> {
    endpoint: E,
    config: ServeConfig,
    tls: Option<Tls>,
    metrics: Arc<Metrics>,
    /// Finish what you are doing.
    stop: CancellationToken,
    /// The grace period is over.
    cut: CancellationToken,
    room: Room,
    refusals: Arc<Semaphore>,
    ids: AtomicU64,
}

impl<E: Endpoint<Output = Response> + 'static> House<E> {
    fn new(endpoint: E, config: ServeConfig, tls: Option<Tls>, metrics: Arc<Metrics>, stop: CancellationToken) -> Self {
        Self {
            room: Room::new(&config, metrics.connections_open.clone()),
            refusals: Arc::new(Semaphore::new(REFUSALS)),
            ids: AtomicU64::new(1),
            cut: CancellationToken::new(),
            endpoint,
            config,
            tls,
            metrics,
            stop,
        }
    }

    fn admit(self: Arc<Self>, socket: TcpStream, peer: SocketAddr, tasks: &TaskTracker) {
        let Some(place) = self.room.place(peer.ip()) else {
            self.metrics.connections_refused.inc();
            if let Ok(permit) = self.refusals.clone().try_acquire_owned() {
                let tls = self.tls.clone();
                tasks.spawn(async move {
                    secure::turn_away(tls, socket, peer).await;
                    drop(permit);
                });
            }
            return;
        };
        // Both stay with the socket, wherever it goes: the place in the counts, and that we wait for it at the end.
        let stay = (place, tasks.token());
        tasks.spawn(async move {
            match self.tls.clone() {
                Some(tls) => {
                    self.attend_securely(tls, socket, peer).await;
                    drop(stay);
                }
                None => self.attend(socket, peer, stay).await,
            }
        });
    }

    /// A connection from its first byte to its last.
    async fn attend(self: Arc<Self>, socket: TcpStream, peer: SocketAddr, stay: (Place, TaskTrackerToken)) {
        let patience = Duration::from_millis(self.config.header_read_timeout_ms);
        let protocol = tokio::select! {
            // Nothing was asked yet, so nothing is left to finish.
            () = self.stop.cancelled() => return,
            protocol = timeout(patience, protocol(&socket)) => protocol,
        };
        let Ok(Ok(protocol)) = protocol else { return };
        let Ok(local) = socket.local_addr() else { return };
        let connection = self.connection(peer, protocol, false);
        let wire = self.wire(socket).of(&connection);
        let left = self.clone().speak(wire, connection, local, Scheme::HTTP).await;
        if let Some((wire, seat)) = left {
            let (socket, head) = wire.into_parts();
            let terms = Terms {
                head,
                patience: Duration::from_millis(self.config.write_stall_timeout_ms),
                keep: Box::new(stay),
            };
            seat.sit_down(socket, terms);
        }
    }

    fn connection(&self, peer: SocketAddr, protocol: Protocol, secure: bool) -> Connection {
        Connection::new(self.ids.fetch_add(1, Ordering::Relaxed), peer, protocol, secure)
    }

    /// The socket with its bound on unread bytes.
    fn wire(&self, socket: TcpStream) -> Wire<TcpStream> {
        let stall = Duration::from_millis(self.config.write_stall_timeout_ms);
        Wire::new(socket, stall, self.metrics.connections_stalled.clone())
    }

    /// Speaks the protocol on a wire, or on TLS over one. Gives the wire back when a stream goes on without us, which
    /// only happens on plain HTTP/1.
    async fn speak<S>(
        self: Arc<Self>,
        wire: S,
        connection: Connection,
        local: SocketAddr,
        scheme: Scheme,
    ) -> Option<(S, Seat)>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let config = &self.config;
        let patience = Duration::from_millis(config.header_read_timeout_ms);
        let (peer, protocol) = (connection.peer(), connection.protocol());
        let io = TokioIo::new(wire);
        let (house, handle, asked) = (self.clone(), connection.clone(), CancellationToken::new());
        let first = asked.clone();
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            let (house, scheme) = (house.clone(), scheme.clone());
            request.extensions_mut().insert(connection.clone());
            first.cancel();
            async move {
                let (local, remote) = (LocalAddr(Addr::socket(local)), RemoteAddr(Addr::socket(peer)));
                let request = Request::from((request, local, remote, scheme));
                let response = house.endpoint.get_response(request).await;
                Ok::<_, Infallible>(hyper::Response::from(response))
            }
        });
        // Boxed apart, so that a connection costs what its own protocol needs.
        match protocol {
            Protocol::Http1 => {
                let mut connection = Box::new(http1_builder(config).serve_connection(io, service));
                let pinned = Pin::new(&mut *connection);
                if self.drive(pinned, &handle, http1::Connection::graceful_shutdown).await {
                    let wire = connection.into_parts().io.into_inner();
                    return Some((wire, handle.take_leaver()?));
                }
            }
            Protocol::Http2 => {
                let mut connection = Box::pin(http2_builder(config).serve_connection(io, service));
                let drive = self.drive(connection.as_mut(), &handle, http2::Connection::graceful_shutdown);
                tokio::select! {
                    _ = drive => {}
                    () = silence(&asked, patience) => {}
                }
            }
        }
        None
    }

    /// True: a stream has left with the socket.
    async fn drive<C>(&self, mut connection: Pin<&mut C>, handle: &Connection, finish: fn(Pin<&mut C>)) -> bool
    where
        C: Future<Output = hyper::Result<()>>,
    {
        let mut stop = pin!(self.stop.cancelled());
        let mut finishing = false;
        loop {
            let until_left = poll_fn(|cx| match connection.as_mut().poll(cx) {
                Poll::Pending if handle.has_left() => Poll::Ready(Ok(true)),
                polled => polled.map_ok(|()| false),
            });
            tokio::select! {
                ended = until_left => {
                    return ended.unwrap_or_else(|error| {
                        tracing::debug!(error = %error, "a connection ended early");
                        false
                    });
                }
                () = &mut stop, if !finishing => {
                    finishing = true;
                    finish(connection.as_mut());
                }
                () = self.cut.cancelled() => return false,
            }
        }
    }
}

/// Ends when nothing was asked in time; never, once something was. hyper waits for HTTP/2's preface without a bound.
async fn silence(asked: &CancellationToken, patience: Duration) {
    if timeout(patience, asked.cancelled()).await.is_ok() {
        std::future::pending::<()>().await;
    }
}

/// What the first bytes say. Does not take them.
async fn protocol(socket: &TcpStream) -> io::Result<Protocol> {
    // How HTTP/2 begins; no HTTP/1 method does.
    const PREFACE: &[u8; 3] = b"PRI";
    let mut first = [0; PREFACE.len()];
    loop {
        let count = socket.peek(&mut first).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if first[..count] != PREFACE[..count] {
            return Ok(Protocol::Http1);
        }
        if count == PREFACE.len() {
            return Ok(Protocol::Http2);
        }
        // A peek of the same bytes is ready at once; only time can bring more.
        sleep(Duration::from_millis(10)).await;
    }
}

fn http1_builder(config: &ServeConfig) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(config.header_read_timeout_ms))
        // hyper takes no less than 8 KiB.
        .max_buf_size(config.http1_buffer_bytes.max(8_192));
    builder
}

fn http2_builder(config: &ServeConfig) -> http2::Builder<TokioExecutor> {
    let ping = Duration::from_millis(config.http2_ping_interval_ms);
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(config.http2_max_streams)
        .max_header_list_size(config.http2_header_list_bytes)
        .initial_stream_window_size(config.http2_window_bytes)
        .initial_connection_window_size(config.http2_window_bytes)
        .max_send_buf_size(config.http2_send_buffer_bytes)
        .keep_alive_interval(ping)
        .keep_alive_timeout(ping);
    builder
}

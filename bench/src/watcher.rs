//! One reader of one stream: opens it, counts what comes, and returns after a goodbye when the scenario asks for that.
//!
//! Watchers share one read buffer and one count behind a lock that nobody contends for (the runtime has one thread), so
//! each costs little more than its socket.

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead as _, AsyncWriteExt as _, ReadBuf},
    net::TcpStream,
    sync::Semaphore,
};

use crate::{
    body::Body,
    count::Count,
    engine_io::EngineIo,
    frames::{Frame, Frames, Kind},
    schedule::BenchClock,
    target::Target,
};

/// One read takes at most this; also the only buffer all watchers need.
const BUFFER_BYTES: usize = 256 * 1024;
/// What a browser waits when the server named no `retry:`.
const RETRY_DEFAULT_MS: u64 = 2_000;
/// A scenario ends long before; this keeps a lost watcher from trying for ever.
const RETURNS_MAX: u32 = 200;

/// What all watchers of a crowd share.
pub(crate) struct Board {
    pub(crate) count: Count,
    /// Whether a watcher comes back when its stream ends.
    pub(crate) returning: bool,
    buffer: Vec<u8>,
}

#[derive(Clone)]
pub(crate) struct SharedBoard(Arc<Mutex<Board>>);

impl SharedBoard {
    pub(crate) fn new(watchers: usize) -> Self {
        Self(Arc::new(Mutex::new(Board {
            count: Count::new(watchers),
            returning: false,
            buffer: vec![0; BUFFER_BYTES],
        })))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Board> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a stream is written; which one it is depends on the target.
pub(crate) enum Reader {
    // Boxed, because ten thousand of them are one or the other.
    Sse(Box<Frames>),
    EngineIo(Box<EngineIo>),
}

impl Reader {
    fn feed(
        &mut self,
        bytes: &[u8],
        replies: &mut Vec<u8>,
        hear: impl FnMut(Frame, &[u8]),
    ) -> Result<(), &'static str> {
        match self {
            Self::Sse(frames) => {
                frames.feed(bytes, hear);
                Ok(())
            }
            Self::EngineIo(packets) => packets
                .feed(bytes, replies, hear)
                .map_err(|_| "the stream is not socket.io"),
        }
    }

    /// For a new connection; only server-sent events keep their place.
    fn reconnect(&mut self) {
        match self {
            Self::Sse(frames) => frames.reconnect(),
            Self::EngineIo(packets) => **packets = EngineIo::new(true),
        }
    }

    fn last_id(&self) -> String {
        match self {
            Self::Sse(frames) => String::from_utf8_lossy(frames.last_id()).into_owned(),
            Self::EngineIo(_) => String::new(),
        }
    }
}

pub(crate) struct Watcher {
    pub(crate) index: usize,
    pub(crate) channel: Arc<str>,
    pub(crate) target: Arc<dyn Target>,
    pub(crate) address: SocketAddr,
    pub(crate) clock: BenchClock,
    pub(crate) board: SharedBoard,
    pub(crate) reader: Reader,
    pub(crate) retry_ms: u64,
}

impl Watcher {
    /// Until the stream ends; or, when returning, until the bench drops this.
    pub(crate) async fn run(mut self, gate: Arc<Semaphore>) {
        let mut gate = Some(gate);
        for _ in 0..RETURNS_MAX {
            let outcome = self.visit(gate.take()).await;
            let returning = {
                let mut board = self.board.lock();
                board.count.ended += 1;
                if let Err(why) = outcome {
                    board.count.fail(why);
                }
                board.returning
            };
            if !returning {
                return;
            }
            let wait_ms = if self.retry_ms == 0 {
                RETRY_DEFAULT_MS
            } else {
                self.retry_ms
            };
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
            self.reader.reconnect();
        }
    }

    /// One connection, from opening to its end. The gate bounds how many open at the same time.
    async fn visit(&mut self, gate: Option<Arc<Semaphore>>) -> Result<(), String> {
        let mut permit = match gate {
            Some(gate) => Some(gate.acquire_owned().await.map_err(|_| "the crowd was sent home")?),
            None => None,
        };
        let socket = TcpStream::connect(self.address).await;
        let mut socket = socket.map_err(|error| format!("connect: {error}"))?;
        // Ten thousand closed streams would otherwise hold their ports for a minute.
        socket.set_zero_linger().map_err(|error| error.to_string())?;
        let last_id = self.reader.last_id();
        let request = self.target.subscribe(&self.channel, self.index, &last_id);
        let written = socket.write_all(&request).await;
        written.map_err(|error| format!("send: {error}"))?;
        drop((request, last_id));

        let mut body = Body::default();
        let mut replies = Vec::new();
        let mut live = false;
        let ended = std::future::poll_fn(|context| {
            loop {
                let mut board = self.board.lock();
                let Board { count, buffer, .. } = &mut *board;
                let mut into = ReadBuf::new(buffer);
                let read = ready!(Pin::new(&mut socket).poll_read(context, &mut into));
                if let Err(error) = read {
                    return Poll::Ready(Err(format!("read: {error}")));
                }
                let bytes = into.filled();
                if bytes.is_empty() {
                    return Poll::Ready(Ok(()));
                }
                count.reads += 1;
                let now_ns = self.clock.now_ns();
                let (reader, index, retry_ms) = (&mut self.reader, self.index, &mut self.retry_ms);
                let greets = self.target.greets();
                let (mut arrived, mut understood) = (false, Ok(()));
                let taken = body.feed(bytes, |data| {
                    let fed = reader.feed(data, &mut replies, |frame, text| {
                        *retry_ms = frame.retry_ms.unwrap_or(*retry_ms);
                        arrived |= matches!(frame.kind, Kind::Snapshot | Kind::Resumed);
                        count.hear(index, frame, text, now_ns);
                    });
                    understood = understood.and(fed);
                });
                if taken.is_err() {
                    return Poll::Ready(Err("the stream is not HTTP/1.1".to_owned()));
                }
                if !matches!(body.status(), 0 | 101 | 200) {
                    return Poll::Ready(Err(format!("a stream was answered {}", body.status())));
                }
                if let Err(why) = understood {
                    return Poll::Ready(Err(why.to_owned()));
                }
                if !replies.is_empty() {
                    // A few bytes on a socket that sent nothing else always fit.
                    match socket.try_write(&replies) {
                        Ok(written) if written == replies.len() => replies.clear(),
                        _ => return Poll::Ready(Err("a stream takes no replies".to_owned())),
                    }
                }
                if !live && (arrived || (!greets && body.status() == 200)) {
                    live = true;
                    count.arrive(now_ns);
                    permit = None;
                }
                if body.done() {
                    return Poll::Ready(Ok(()));
                }
            }
        })
        .await;
        drop(permit);
        if live {
            self.board.lock().count.leave();
        }
        ended
    }
}

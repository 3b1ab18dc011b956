//! Readers that do not read: they cost what is bounded, for a bounded time, and nobody else notices.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
};

use crate::support::{Process, Reader, TestServer, public_log, soon};

/// A stream over a socket that takes little. As HTTP/1.0 the frames come without chunks between them.
async fn opens_stream(address: SocketAddr, version: &str, event: &str, header: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut socket = soon("a connection", socket.connect(address)).await.unwrap();
    let request = format!("GET /v1/events/{event}/stream HTTP/{version}\r\nHost: test\r\n{header}\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    socket
}

/// Somebody on a bad line, who reads a little now and then.
struct Slow {
    socket: TcpStream,
    reader: Reader,
    unread: Vec<u8>,
    in_body: bool,
}

impl Slow {
    fn new(socket: TcpStream, reader: Reader) -> Self {
        Self {
            socket,
            reader,
            unread: Vec::new(),
            in_body: false,
        }
    }

    /// Reads at most so much; false: the stream is over.
    async fn reads(&mut self, most: usize) -> bool {
        let mut bytes = vec![0; most];
        let count = soon("bytes", self.socket.read(&mut bytes)).await.unwrap();
        self.unread.extend_from_slice(&bytes[..count]);
        if !self.in_body {
            let Some(end) = self.unread.windows(4).position(|four| four == b"\r\n\r\n") else {
                return count > 0;
            };
            self.unread.drain(..end + 4);
            self.in_body = true;
        }
        self.reader.hears_bytes(&mut self.unread);
        count > 0
    }
}

const LAST_WORDS: &str = "good night";

/// Reads without a pause, on one connection, until the last words; gives when they came.
async fn reads_to_the_end(mut reader: Reader) -> (Reader, Instant) {
    let mut link = reader.connects().await.unwrap();
    while !reader.heard.last().is_some_and(|line| line.json.contains(LAST_WORDS)) {
        assert!(reader.reads_on(&mut link).await, "a healthy reader was cut off");
    }
    (reader, Instant::now())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_readers_who_stop_reading_are_cut_off_and_nobody_else_notices() {
    const STALLED: usize = 50;
    const ROUNDS: usize = 40;
    const HEALTHY: usize = 3;
    let dir = TempDir::new().unwrap();
    // The ring holds about a tenth of what will be said.
    let server = Process::start(
        dir.path(),
        &[
            ("SERVE__WRITE_STALL_TIMEOUT_MS", "10000"),
            ("STREAM__RING_ENTRIES", "80"),
        ],
    )
    .await;
    let host = server.user("hanna", &["host"]);
    let event = host.starts_event("session").await;
    let address: SocketAddr = server.url().strip_prefix("http://").unwrap().parse().unwrap();
    let mut healthy = JoinSet::new();
    for _ in 0..HEALTHY {
        healthy.spawn(reads_to_the_end(Reader::new(&host.nobody(), &event)));
    }
    let stalled = join_all((0..STALLED).map(|number| {
        let version = if number % 2 == 0 { "1.0" } else { "1.1" };
        opens_stream(address, version, &event, "")
    }))
    .await;
    let mut slow = Slow::new(
        opens_stream(address, "1.0", &event, "").await,
        Reader::new(&host.nobody(), &event),
    );
    // Hears little, so that it need not read all the time.
    let mut watcher = host.watches_with(&event, "?types=presence.changed", None).await;
    let everybody = STALLED + HEALTHY + 2;
    watcher
        .hears_that("everybody's arrival", |frame| {
            frame.json["data"]["viewers"] == json!(everybody)
        })
        .await;
    let before = server.resident_kib();

    let text = "x".repeat(4_000);
    let mut most = before;
    for _ in 0..ROUNDS {
        join_all((0..20).map(|_| host.says(&event, &text))).await;
        slow.reads(16 * 1_024).await;
        most = most.max(server.resident_kib());
    }
    host.says(&event, LAST_WORDS).await;
    let said = Instant::now();
    let log = public_log(&host, &event).await;
    while let Some(reader) = healthy.join_next().await {
        let (reader, heard) = reader.unwrap();
        reader.agrees_with(&log);
        let waited = heard.saturating_duration_since(said);
        assert!(waited < Duration::from_secs(3), "a healthy reader waited {waited:?}");
    }
    let last = &log.last().unwrap().id;
    // Whoever is slow but reads on has long been past the ring's end, and misses nothing either.
    while !slow.reader.has_heard(last) {
        assert!(slow.reads(64 * 1_024).await, "the slow reader was cut off");
    }
    slow.reader.agrees_with(&log);
    drop(slow);
    // The others are cut off once they have taken nothing for the time allowed.
    watcher
        .hears_that("the end of those who stopped", |frame| {
            frame.json["data"]["viewers"]
                .as_u64()
                .is_some_and(|viewers| viewers <= 4)
        })
        .await;
    let metrics = host.get("/metrics").await.text;
    assert!(
        metrics.contains(&format!("grandstand_connections_stalled_total {STALLED}")),
        "{metrics}"
    );
    most = most.max(server.resident_kib());
    assert!(most - before < 64 * 1_024, "grew by {} KiB", most - before);
    drop(stalled);
}

#[tokio::test]
async fn a_role_taken_away_ends_a_stream_that_is_still_catching_up() {
    let server = TestServer::start_with(|config| config.stream.ring_entries = 16).await;
    let (host, ana, mo) = (server.host(), server.user("ana", &[]), server.user("mo", &[]));
    let event = host.starts_event("session").await;
    let membership = format!("/v1/events/{event}/members/mo");
    host.put(&membership, &json!({"role": "moderator"})).await.ok();
    host.holds_messages(&event).await;
    let text = "x".repeat(4_000);
    for _ in 0..20 {
        join_all((0..20).map(|_| ana.says(&event, &text))).await;
    }
    let header = format!("Authorization: Bearer {}\r\nLast-Event-ID: 1-0-0\r\n", mo.token());
    let mut slow = Slow::new(
        opens_stream(server.address(), "1.0", &event, &header).await,
        Reader::new(&mo, &event),
    );
    while slow.reader.heard.is_empty() {
        assert!(slow.reads(1_024).await);
    }
    assert_eq!(host.delete(&membership).await.status, 204);
    while slow.reads(64 * 1_024).await {}
    // What was in the socket already is theirs; nothing after it.
    assert_eq!(slow.reader.bye.unwrap()["reason"], "role-changed");
    assert!(slow.reader.heard.len() < 300, "heard {}", slow.reader.heard.len());
}

//! Streams whose sockets were taken from the HTTP library: what clients may do to them, byte by byte.

mod ends;

use std::time::Duration;

use futures_util::future::join_all;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;

use crate::support::{
    Actor, Process, Reader, TestServer,
    line::{Line, request},
    public_log, soon,
};

/// A number of `/metrics`.
pub(crate) async fn number(who: &Actor, name: &str) -> i64 {
    let metrics = who.get("/metrics").await.text;
    let line = metrics.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.unwrap_or_else(|| panic!("{name} in {metrics}")).parse().unwrap()
}

/// Waits until a number of `/metrics` is what it has to become.
pub(crate) async fn becomes(who: &Actor, name: &str, wanted: impl Fn(i64) -> bool) {
    let reached = async { while !wanted(number(who, name).await) {} };
    soon(name, reached).await;
}

#[tokio::test]
async fn what_a_client_says_after_its_request_is_thrown_away_within_a_bound() {
    let server = TestServer::start().await;
    let host = server.host();
    let event = host.starts_event("session").await;
    let mut line = Line::connects(server.address(), None).await;
    let twice = request(&event, "").repeat(2);
    line.sends(&twice).await;
    line.reads_to("event: stream.snapshot").await;
    line.sends("GET / HTTP/1.1\r\nHost: test\r\n\r\nand anything else")
        .await;
    host.says(&event, "still here").await;
    line.reads_to("still here").await;
    let streams = String::from_utf8_lossy(&line.body).matches("stream.ready").count();
    assert_eq!(streams, 2, "event and type of one frame: one stream, not two");
    assert_eq!(number(&host, "grandstand_seats").await, 1);

    // Whoever does not stop talking is not talked to. The write may fail when the other side is quicker.
    let noise = vec![b'x'; 512 * 1_024];
    drop(line.socket.write_all(&noise).await);
    line.reads_to_the_end().await;
    becomes(&host, "grandstand_seats", |seats| seats == 0).await;
}

#[tokio::test]
async fn whoever_hangs_up_or_says_that_nothing_follows_leaves_a_free_place() {
    let server = TestServer::start().await;
    let host = server.host();
    let event = host.starts_event("session").await;
    for half in [false, true] {
        let mut lines = Vec::new();
        for _ in 0..5 {
            let mut line = Line::connects(server.address(), None).await;
            line.asks(&event, "").await;
            line.reads_to("event: stream.snapshot").await;
            lines.push(line);
        }
        assert_eq!(number(&host, "grandstand_seats").await, 5);
        if half {
            for line in &mut lines {
                line.socket.shutdown().await.unwrap();
                line.reads_to_the_end().await;
            }
        } else {
            // In the middle of a frame, for them.
            host.says(&event, &"x".repeat(4_000)).await;
            drop(lines);
        }
        becomes(&host, "grandstand_seats", |seats| seats == 0).await;
        becomes(&host, "grandstand_connections_open", |open| open <= 2).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_arrive_byte_by_byte_as_they_were_said() {
    let server = TestServer::start_with(|config| config.serve.send_buffer_bytes = 4_096).await;
    let host = server.host();
    let event = host.starts_event("session").await;
    let mut line = Line::connects(server.address(), Some(2_048)).await;
    line.asks(&event, "").await;
    line.reads_to("event: stream.snapshot").await;
    for round in 0..4 {
        join_all((0..10).map(|number| {
            let (host, event) = (host.clone(), event.clone());
            async move {
                host.says(&event, &format!("{round}-{number} {}", "ä".repeat(1_500)))
                    .await
            }
        }))
        .await;
    }
    host.says(&event, "the last of them").await;
    let log = public_log(&host, &event).await;
    let mut reader = Reader::new(&host.nobody(), &event);
    // One byte at a time while much is waiting, then as it comes.
    for _ in 0..20_000 {
        assert!(line.reads(1).await);
    }
    while !reader.has_heard(&log.last().unwrap().id) {
        assert!(line.reads(999).await);
        reader.hears_bytes(&mut line.body);
    }
    reader.agrees_with(&log);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_streams_that_open_and_vanish_leave_nothing_behind() {
    let dir = TempDir::new().unwrap();
    let settings = [
        ("SERVE__MAX_CONNECTIONS_PER_ADDRESS", "5000"),
        ("STREAM__MAX_SEATS_PER_ADDRESS", "5000"),
    ];
    let server = Process::start(dir.path(), &settings).await;
    let host = server.user("hanna", &["host"]);
    let event = host.starts_event("session").await;
    let address = server.url().strip_prefix("http://").unwrap().parse().unwrap();
    // Whatever is opened once and kept is open after the first hundred.
    let mut before = 0;
    for (round, count) in [(0, 100), (1, 500), (2, 500), (3, 500), (4, 500)] {
        join_all((0..count).map(|number| {
            let event = event.clone();
            async move {
                let mut line = Line::connects(address, None).await;
                line.asks(&event, "").await;
                match number % 3 {
                    0 => {}
                    1 => assert!(line.reads(10).await),
                    _ => line.reads_to("event: stream.snapshot").await,
                }
            }
        }))
        .await;
        becomes(&host, "grandstand_seats", |seats| seats == 0).await;
        becomes(&host, "grandstand_connections_open", |open| open <= 2).await;
        if round == 0 {
            before = server.open_files();
        }
    }
    let after = server.open_files();
    assert!(after <= before + 4, "{before} files were open before, {after} are now");
}

#[tokio::test]
async fn a_stream_counts_as_a_connection_until_it_is_closed() {
    let server = TestServer::start_with(|config| config.serve.max_connections_per_address = 4).await;
    let host = server.host();
    let event = host.starts_event("session").await;
    let mut lines = Vec::new();
    for _ in 0..3 {
        let mut line = Line::connects(server.address(), None).await;
        line.asks(&event, "").await;
        line.reads_to("event: stream.snapshot").await;
        lines.push(line);
    }
    // The fourth is the host's own.
    let mut line = Line::connects(server.address(), None).await;
    line.asks(&event, "Accept: text/event-stream\r\n").await;
    line.reads_to_the_end().await;
    assert!(
        String::from_utf8_lossy(&line.body).contains("stream.bye"),
        "{}",
        line.head
    );
    lines.pop();
    becomes(&host, "grandstand_connections_open", |open| open == 3).await;
    let mut line = Line::connects(server.address(), None).await;
    line.asks(&event, "").await;
    line.reads_to("event: stream.snapshot").await;
}

/// A client that takes nothing, with more than its socket holds waiting for it.
pub(crate) async fn stalls(server: &TestServer, host: &Actor, event: &str) -> Line {
    let mut line = Line::connects(server.address(), Some(2_048)).await;
    line.asks(event, "").await;
    line.reads_to("event: stream.snapshot").await;
    let text = "x".repeat(4_000);
    for _ in 0..10 {
        join_all((0..10).map(|_| host.says(event, &text))).await;
    }
    line
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_takes_nothing_is_cut_off_and_the_others_are_not() {
    let server = TestServer::start_with(|config| {
        config.serve.write_stall_timeout_ms = 1_000;
        config.serve.send_buffer_bytes = 4_096;
    })
    .await;
    let host = server.host();
    let event = host.starts_event("session").await;
    let mut healthy = host.nobody().watches(&event).await;
    // The healthy one reads all the while, or it would be one that takes nothing, too.
    let stalled = async {
        let line = stalls(&server, &host, &event).await;
        becomes(&host, "grandstand_connections_stalled_total", |stalled| stalled == 1).await;
        line
    };
    let (mut line, _) = tokio::join!(stalled, healthy.entries_to(102));
    becomes(&host, "grandstand_seats", |seats| seats == 1).await;
    line.reads_to_the_end().await;
    assert!(!line.ended, "cut off, not ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_takes_nothing_does_not_keep_the_house_from_closing() {
    let mut server = TestServer::start_with(|config| {
        // Far longer than a test waits.
        config.serve.write_stall_timeout_ms = 600_000;
        config.serve.send_buffer_bytes = 4_096;
        config.stream.grace_ms = 500;
    })
    .await;
    let host = server.host();
    let event = host.starts_event("session").await;
    let _line = stalls(&server, &host, &event).await;
    tokio::time::timeout(Duration::from_secs(25), server.shut_down())
        .await
        .expect("the grace period ends it");
}

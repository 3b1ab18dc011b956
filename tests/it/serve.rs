//! The front door under clients that misbehave: every bound is met by a real socket.

mod door;
mod secure;

use std::time::Duration;

use door::{DEADLINE, Door, flood, hears, rest};
use poem::endpoint::make;
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    time::{Instant, timeout},
};

#[tokio::test]
async fn a_silent_client_is_closed() {
    let door = Door::open(|_| {});
    assert_eq!(rest(&mut door.knock().await).await, "");
    door.until_open(0).await;
}

#[tokio::test]
async fn a_half_sent_head_is_closed() {
    let door = Door::open(|_| {});
    for half in ["G", "P", "PR", "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "] {
        let answer = door.tell(half).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
            "{half:?}: {answer}"
        );
    }
    door.until_open(0).await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_answer() {
    let door = Door::open(|_| {});
    let answer = door.tell("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with("hello"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_slow_body_ends_as_a_timeout() {
    let door = Door::open(|_| {});
    let answer = door
        .tell("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")
        .await;
    assert!(
        answer.starts_with("HTTP/1.1 408") && answer.contains("request-timeout"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_large_body_is_refused_with_and_without_a_length() {
    let door = Door::open(|config| config.max_body_bytes = 8);
    let declared = "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n";
    let chunked = "POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n123456789\r\n0\r\n\r\n";
    for request in [declared, chunked] {
        let answer = door.tell(request).await;
        assert!(
            answer.starts_with("HTTP/1.1 413") && answer.contains("payload-too-large"),
            "{answer}"
        );
    }
    let fits = door
        .tell("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n12345678")
        .await;
    assert!(fits.ends_with("\r\n\r\n8"), "{fits}");
}

#[tokio::test]
async fn a_panic_and_a_hanging_handler_become_problems() {
    let door = Door::open(|_| {});
    let panicked = door
        .tell("GET /panic HTTP/1.1\r\nHost: a\r\nX-Request-Id: my-request-1\r\n\r\n")
        .await;
    assert!(
        panicked.starts_with("HTTP/1.1 500") && panicked.contains("my-request-1"),
        "{panicked}"
    );
    let hung = door.tell("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(
        hung.starts_with("HTTP/1.1 503") && hung.contains("retry-after"),
        "{hung}"
    );
}

#[tokio::test]
async fn one_too_many_is_told_so_and_let_in_later() {
    for per_address in [false, true] {
        let door = Door::open(|config| {
            let bound = if per_address {
                &mut config.max_connections_per_address
            } else {
                &mut config.max_connections
            };
            *bound = 1;
            config.header_read_timeout_ms = 60_000;
        });
        let first = door.knock().await;
        door.until_open(1).await;
        let api = door.tell("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(
            api.starts_with("HTTP/1.1 503") && api.contains("Retry-After: 5"),
            "{api}"
        );
        let stream = door
            .tell("GET / HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n")
            .await;
        assert!(
            stream.starts_with("HTTP/1.1 200") && stream.contains("event: stream.bye"),
            "{stream}"
        );
        assert_eq!(door.metrics.connections_refused.get(), 2);

        drop(first);
        door.until_open(0).await;
        let later = door
            .tell("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            .await;
        assert!(later.ends_with("hello"), "{later}");
    }
}

#[tokio::test]
async fn a_reader_that_stops_is_cut_and_its_stream_dropped() {
    let (sender, ended) = tokio::sync::oneshot::channel();
    let sender = std::sync::Mutex::new(Some(sender));
    let endpoint = make(move |_| {
        let sender = sender.lock().unwrap().take();
        async move { Ok::<_, poem::Error>(flood(sender)) }
    });
    let door = Door::open_to(endpoint, |_| {});
    let mut socket = door.knock().await;
    socket
        .write_all(b"GET /flood HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    hears(&mut socket, "xxx").await;
    // From here on nothing is read. The sender goes when the stream does.
    timeout(DEADLINE, ended)
        .await
        .expect("the stream is dropped")
        .unwrap_err();
    assert_eq!(door.metrics.connections_stalled.get(), 1);
    door.until_open(0).await;
}

#[tokio::test]
async fn http2_works_with_prior_knowledge() {
    let door = Door::open(|_| {});
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let client = reqwest::Client::builder()
        .http2_prior_knowledge()
        .tls_certs_only([])
        .build()
        .unwrap();
    let answer = client.get(format!("http://{}/", door.address)).send().await.unwrap();
    assert_eq!(answer.version(), reqwest::Version::HTTP_2);
    assert_eq!(answer.text().await.unwrap(), "hello over 2");
}

#[tokio::test]
async fn shutdown_lets_answers_finish_and_ends_streams_in_time() {
    let door = Door::open(|config| config.header_read_timeout_ms = 60_000);
    let mut idle = door.knock().await;
    idle.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    hears(&mut idle, "hello").await;
    let mut silent = door.knock().await;
    let mut quiet = door.knock().await;
    quiet
        .write_all(b"GET /quiet HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    hears(&mut quiet, "200 OK").await;

    let began = Instant::now();
    door.stop.cancel();
    rest(&mut idle).await;
    rest(&mut silent).await;
    timeout(DEADLINE, door.tasks.wait()).await.expect("the server ends");
    assert!(
        began.elapsed() >= Duration::from_millis(300),
        "the stream was given its grace"
    );
    rest(&mut quiet).await;
    assert_eq!(door.metrics.connections_open.get(), 0);
    assert!(
        TcpStream::connect(door.address).await.is_err(),
        "nobody listens any more"
    );
}

#[tokio::test]
async fn every_answer_is_dressed() {
    let door = Door::open(|_| {});
    let answer = door
        .tell("GET /v1/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await;
    for header in [
        "x-request-id: req_",
        "x-content-type-options: nosniff",
        "cache-control: no-store",
    ] {
        assert!(answer.contains(header), "{header} in {answer}");
    }
    assert!(
        door.metrics
            .render()
            .contains("grandstand_http_requests_total{class=\"2xx\"} 1")
    );
}

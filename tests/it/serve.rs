//! The front door under clients that misbehave: every bound is met by a real socket.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::StreamExt;
use grandstand::{
    config::{CorsConfig, ServeConfig},
    http::{
        Connection, Edge,
        allow::Allow,
        serve::{listen, run},
        wire::Protocol,
    },
    telemetry::Metrics,
};
use poem::{Body, Endpoint, Request, Response, endpoint::make};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Far longer than anything here takes; only a hang meets it.
const DEADLINE: Duration = Duration::from_secs(10);

/// A house that greets, counts bodies, streams for ever and panics, by path.
fn endpoint() -> impl Endpoint<Output = Response> {
    make(|mut request: Request| async move {
        Ok::<_, poem::Error>(match request.uri().path() {
            "/body" => request.take_body().into_bytes().await?.len().to_string().into(),
            "/flood" => flood(None),
            "/quiet" => Response::builder().body(Body::from_bytes_stream(futures_util::stream::pending::<
                Result<Bytes, std::io::Error>,
            >())),
            "/panic" => panic!("on purpose"),
            "/slow" => std::future::pending().await,
            _ => {
                let http2 = request.data::<Connection>().map(Connection::protocol) == Some(Protocol::Http2);
                Response::from(if http2 { "hello over 2" } else { "hello" })
            }
        })
    })
}

/// Bytes without end, made when they are asked for; the sender is dropped with the stream.
fn flood(ended: Option<tokio::sync::oneshot::Sender<()>>) -> Response {
    let frame = Bytes::from(vec![b'x'; 16 * 1_024]);
    let frames = futures_util::stream::repeat_with(move || {
        let _held = &ended;
        Ok::<_, std::io::Error>(frame.clone())
    });
    Response::builder().body(Body::from_bytes_stream(frames.boxed()))
}

struct Door {
    address: SocketAddr,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Door {
    async fn open(adjust: impl FnOnce(&mut ServeConfig)) -> Self {
        Self::open_to(endpoint(), adjust).await
    }

    async fn open_to(
        inside: impl Endpoint<Output = Response> + 'static,
        adjust: impl FnOnce(&mut ServeConfig),
    ) -> Self {
        let mut config = ServeConfig {
            header_read_timeout_ms: 300,
            body_read_timeout_ms: 300,
            handler_timeout_ms: 300,
            write_stall_timeout_ms: 300,
            ..ServeConfig::default()
        };
        adjust(&mut config);
        let listener = listen("127.0.0.1:0".parse().unwrap(), &config).unwrap();
        let door = Self {
            address: listener.local_addr().unwrap(),
            metrics: Arc::default(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let edge = Edge::new(
            inside,
            &config,
            &CorsConfig::default(),
            Allow::default(),
            door.metrics.clone(),
        )
        .unwrap();
        let grace = Duration::from_millis(300);
        door.tasks.spawn(run(
            listener,
            edge,
            config,
            door.metrics.clone(),
            door.stop.clone(),
            grace,
        ));
        door.tasks.close();
        door
    }

    async fn knock(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends these bytes and gives all that comes until the other side closes.
    async fn tell(&self, text: &str) -> String {
        let mut socket = self.knock().await;
        socket.write_all(text.as_bytes()).await.unwrap();
        rest(&mut socket).await
    }

    async fn until_open(&self, count: i64) {
        let reached = async {
            while self.metrics.connections_open.get() != count {
                tokio::task::yield_now().await;
            }
        };
        timeout(DEADLINE, reached).await.expect("the count of open connections");
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn rest(socket: &mut TcpStream) -> String {
    let mut all = Vec::new();
    // A reset is a close, too.
    let _closed = timeout(DEADLINE, socket.read_to_end(&mut all))
        .await
        .expect("the server closes");
    String::from_utf8_lossy(&all).into_owned()
}

/// Reads until the text was seen.
async fn hears(socket: &mut TcpStream, text: &str) {
    let mut all = Vec::new();
    let heard = async {
        while !String::from_utf8_lossy(&all).contains(text) {
            assert_ne!(socket.read_buf(&mut all).await.unwrap(), 0, "closed before {text:?}");
        }
    };
    timeout(DEADLINE, heard)
        .await
        .unwrap_or_else(|_| panic!("{text:?} was not heard"));
}

#[tokio::test]
async fn a_silent_client_is_closed() {
    let door = Door::open(|_| {}).await;
    assert_eq!(rest(&mut door.knock().await).await, "");
    door.until_open(0).await;
}

#[tokio::test]
async fn a_half_sent_head_is_closed() {
    let door = Door::open(|_| {}).await;
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
    let door = Door::open(|_| {}).await;
    let answer = door.tell("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with("hello"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_slow_body_ends_as_a_timeout() {
    let door = Door::open(|_| {}).await;
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
    let door = Door::open(|config| config.max_body_bytes = 8).await;
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
    let door = Door::open(|_| {}).await;
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
        })
        .await;
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
    let door = Door::open_to(endpoint, |_| {}).await;
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
    let door = Door::open(|_| {}).await;
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
    let door = Door::open(|config| config.header_read_timeout_ms = 60_000).await;
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
    let door = Door::open(|_| {}).await;
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

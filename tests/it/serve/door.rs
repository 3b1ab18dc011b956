//! A front door on a free port, with short patience, and what a client does there.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::StreamExt;
use grandstand::{
    config::{CorsConfig, ServeConfig},
    http::{
        Connection, Edge, Tls,
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
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::support::Papers;

/// Far longer than anything here takes; only a hang meets it.
pub(super) const DEADLINE: Duration = Duration::from_secs(10);

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
pub(super) fn flood(ended: Option<tokio::sync::oneshot::Sender<()>>) -> Response {
    let frame = Bytes::from(vec![b'x'; 16 * 1_024]);
    let frames = futures_util::stream::repeat_with(move || {
        let _held = &ended;
        Ok::<_, std::io::Error>(frame.clone())
    });
    Response::builder().body(Body::from_bytes_stream(frames.boxed()))
}

fn impatient() -> ServeConfig {
    ServeConfig {
        header_read_timeout_ms: 300,
        body_read_timeout_ms: 300,
        // Well after the body's, which would otherwise race with it on a busy machine.
        handler_timeout_ms: 2_000,
        write_stall_timeout_ms: 300,
        ..ServeConfig::default()
    }
}

pub(super) struct Door {
    pub(super) address: SocketAddr,
    pub(super) metrics: Arc<Metrics>,
    pub(super) stop: CancellationToken,
    pub(super) tasks: TaskTracker,
}

impl Door {
    pub(super) fn open(adjust: impl FnOnce(&mut ServeConfig)) -> Self {
        Self::open_to(endpoint(), adjust)
    }

    pub(super) fn open_to(
        inside: impl Endpoint<Output = Response> + 'static,
        adjust: impl FnOnce(&mut ServeConfig),
    ) -> Self {
        let mut config = impatient();
        adjust(&mut config);
        Self::serve(inside, None, config)
    }

    /// The same behind TLS.
    pub(super) async fn open_securely(papers: &Papers, adjust: impl FnOnce(&mut ServeConfig)) -> Self {
        Self::open_securely_to(papers, endpoint(), adjust).await
    }

    pub(super) async fn open_securely_to(
        papers: &Papers,
        inside: impl Endpoint<Output = Response> + 'static,
        adjust: impl FnOnce(&mut ServeConfig),
    ) -> Self {
        let mut config = ServeConfig {
            tls_cert: Some(papers.cert()),
            tls_key: Some(papers.key()),
            ..impatient()
        };
        adjust(&mut config);
        let tls = Tls::load(&config).await.unwrap();
        Self::serve(inside, tls, config)
    }

    fn serve(inside: impl Endpoint<Output = Response> + 'static, tls: Option<Tls>, config: ServeConfig) -> Self {
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
            tls,
            edge,
            config,
            door.metrics.clone(),
            door.stop.clone(),
            grace,
        ));
        door.tasks.close();
        door
    }

    pub(super) async fn knock(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends these bytes and gives all that comes until the other side closes.
    pub(super) async fn tell(&self, text: &str) -> String {
        let mut socket = self.knock().await;
        socket.write_all(text.as_bytes()).await.unwrap();
        rest(&mut socket).await
    }

    pub(super) async fn until_open(&self, count: i64) {
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

pub(super) async fn rest(socket: &mut TcpStream) -> String {
    let mut all = Vec::new();
    // A reset is a close, too.
    let _closed = timeout(DEADLINE, socket.read_to_end(&mut all))
        .await
        .expect("the server closes");
    String::from_utf8_lossy(&all).into_owned()
}

/// Reads until the text was seen.
pub(super) async fn hears(socket: &mut TcpStream, text: &str) {
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

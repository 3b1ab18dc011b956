//! A connection to one instance, as a browser's: requests one after another, or one stream.
//!
//! Every connection is ours alone, so that cutting it cuts exactly one reader or author.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    body::Incoming,
    client::conn::http1::{Builder, SendRequest},
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{net::TcpSocket, task::JoinSet, time::timeout};

const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// Read ahead by little, so that a reader that stops is soon felt at the other end.
const READ_AHEAD_BYTES: usize = 16 * 1024;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lost {
    /// Nobody listens there: nothing can have happened.
    NobodyHome,
    /// No answer in time: anything can have happened.
    Silence,
    /// The connection broke: anything can have happened.
    Broken(String),
}

#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) json: Option<Value>,
}

impl Ask {
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            headers: Vec::new(),
            json: None,
        }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn post(path: impl Into<String>, json: Value) -> Self {
        Self::new(Method::POST, path).json(json)
    }

    pub(crate) fn json(mut self, json: Value) -> Self {
        self.json = Some(json);
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With a token or key; none for nobody in particular.
    pub(crate) fn bearing(self, token: Option<&str>) -> Self {
        match token {
            Some(token) => self.header("Authorization", format!("Bearer {token}")),
            None => self,
        }
    }

    fn request(&self) -> Result<Request<Full<Bytes>>, http::Error> {
        let mut request = Request::builder()
            .method(self.method.clone())
            .uri(&self.path)
            .header(header::HOST, "localhost");
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        match &self.json {
            Some(json) => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(Full::from(json.to_string())),
            None => request.body(Full::default()),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// For people who look for a cause.
    pub(crate) fn words(&self) -> String {
        let body = String::from_utf8_lossy(&self.body);
        format!("{} {}", self.status, body.chars().take(300).collect::<String>())
    }
}

pub(crate) struct Link {
    requests: SendRequest<Full<Bytes>>,
    /// Drives the connection; dropped, it cuts it.
    _wire: JoinSet<()>,
}

impl Link {
    /// With a small receive buffer, the kernel takes little on the reader's behalf.
    pub(crate) async fn open(to: SocketAddr, receive_buffer: Option<u32>) -> Result<Self, Lost> {
        let connect = async {
            let socket = TcpSocket::new_v4()?;
            if let Some(bytes) = receive_buffer {
                socket.set_recv_buffer_size(bytes)?;
            }
            let stream = socket.connect(to).await?;
            stream.set_nodelay(true)?;
            Ok(stream)
        };
        let stream = timeout(CONNECT_LIMIT, connect).await.map_err(|_| Lost::NobodyHome)?;
        let stream = stream.map_err(|_: std::io::Error| Lost::NobodyHome)?;
        let handshake = Builder::new()
            .max_buf_size(READ_AHEAD_BYTES)
            .handshake(TokioIo::new(stream));
        let (requests, connection) = handshake.await.map_err(broken)?;
        let mut wire = JoinSet::new();
        wire.spawn(async move {
            // How it ended is seen by whoever waits for an answer.
            drop(connection.await);
        });
        Ok(Self { requests, _wire: wire })
    }

    /// Sends and waits for the head of the answer.
    pub(crate) async fn begin(&mut self, ask: &Ask, patience: Duration) -> Result<http::Response<Incoming>, Lost> {
        let request = ask.request().map_err(|error| Lost::Broken(error.to_string()))?;
        let answered = async {
            self.requests.ready().await.map_err(broken)?;
            self.requests.send_request(request).await.map_err(broken)
        };
        timeout(patience, answered).await.map_err(|_| Lost::Silence)?
    }

    /// The whole answer. After an error the connection is of no use any more.
    pub(crate) async fn ask(&mut self, ask: &Ask, patience: Duration) -> Result<Answer, Lost> {
        let whole = async {
            let (head, body) = self.begin(ask, patience).await?.into_parts();
            let body = body.collect().await.map_err(broken)?.to_bytes();
            Ok(Answer {
                status: head.status.as_u16(),
                body,
            })
        };
        timeout(patience, whole).await.map_err(|_| Lost::Silence)?
    }
}

fn broken(error: impl std::error::Error) -> Lost {
    Lost::Broken(error.to_string())
}

/// One question on a connection of its own.
pub(crate) async fn once(to: SocketAddr, ask: &Ask, patience: Duration) -> Result<Answer, Lost> {
    Link::open(to, None).await?.ask(ask, patience).await
}

/// Text as it may stand in a path.
pub(crate) fn percent(text: &str) -> String {
    text.bytes()
        .fold(String::new(), |text, byte| format!("{text}%{byte:02X}"))
}

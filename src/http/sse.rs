//! The body of a stream: shared bytes on their way to one socket, and how it is documented.
//!
//! Frames are made once, in `stream/frame.rs`; nothing is encoded here.

use std::marker::PhantomData;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use poem::{
    Body, IntoResponse, Request, Response,
    http::{HeaderValue, Version, header},
};
use poem_openapi::{
    ApiResponse,
    registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry},
    types::Type,
};

use super::{
    schema::{AnyEntry, AnyFrame},
    wire::{Connection, Leave},
};
use crate::stream::{Format, Opened};

pub const EVENT_STREAM: &str = "text/event-stream";
pub const NDJSON: &str = "application/x-ndjson";
const JSON: &str = "application/json";

/// An open stream as a response.
pub struct StreamResponse(Response);

impl StreamResponse {
    /// A stream of ready-made frames. Caches and proxies are told to leave it alone.
    pub fn new(content_type: &'static str, frames: impl Stream<Item = Bytes> + Send + 'static) -> Self {
        let body = Body::from_bytes_stream(frames.map(Ok::<_, std::io::Error>));
        Self::with_body(content_type, body)
    }

    /// The answer to a request for a stream. Where the connection lets it, the stream leaves with the socket.
    pub fn of(request: &Request, content_type: &'static str, opened: Opened) -> Self {
        let connection = request.extensions().get::<Connection>();
        let lets_go = |connection: &&Connection| request.version() == Version::HTTP_11 && connection.lets_go();
        let Some(connection) = connection.filter(lets_go) else {
            return Self::new(content_type, opened.into_chunks());
        };
        match opened.into_seat() {
            Ok(seat) => {
                let leave = Leave::new(connection.clone(), seat);
                let mut response = Self::with_body(content_type, Body::from_bytes_stream(leave));
                // Nothing is answered on this connection after the stream.
                let close = HeaderValue::from_static("close");
                response.0.headers_mut().insert(header::CONNECTION, close);
                response
            }
            Err(refused) => Self::new(content_type, refused.into_chunks()),
        }
    }

    fn with_body(content_type: &'static str, body: Body) -> Self {
        let response = Response::builder()
            .header(header::CONTENT_TYPE, content_type)
            .header(header::CACHE_CONTROL, "no-store, no-transform")
            // nginx gathers answers before it passes them on, unless told so.
            .header("X-Accel-Buffering", "no");
        Self(response.body(body))
    }

    /// Adds a cookie to the response's head.
    #[must_use]
    pub fn with_cookie(mut self, cookie: Option<&str>) -> Self {
        // Of our own making; were it ever not a header, the stream is still right without it.
        if let Some(cookie) = cookie.and_then(|cookie| cookie.parse().ok()) {
            self.0.headers_mut().append(header::SET_COOKIE, cookie);
        }
        self
    }
}

impl IntoResponse for StreamResponse {
    fn into_response(self) -> Response {
        self.0
    }
}

/// The `Last-Event-ID`, whatever it is. Empty means none: browsers send it so.
#[must_use]
pub fn sent_id(request: &Request) -> Option<String> {
    let id = request.headers().get("Last-Event-ID").map(HeaderValue::as_bytes)?;
    (!id.is_empty()).then(|| String::from_utf8_lossy(id).into_owned())
}

fn one_of(content: Vec<MetaMediaType>, description: &'static str) -> MetaResponses {
    let response = MetaResponse {
        description,
        status: Some(200),
        status_range: None,
        content,
        headers: vec![],
    };
    MetaResponses {
        responses: vec![response],
    }
}

/// A sequence without a known end; `format` names its framing.
#[must_use]
pub fn endless(format: &'static str, item: MetaSchemaRef) -> MetaSchemaRef {
    let items = Some(Box::new(item));
    MetaSchemaRef::Inline(Box::new(MetaSchema {
        items,
        ..MetaSchema::new_with_format("array", format)
    }))
}

/// One event of a stream, as readers of server-sent events hand it out.
fn stream_event() -> MetaSchema {
    let field = |ty: &'static str, description: &'static str| {
        MetaSchemaRef::Inline(Box::new(MetaSchema {
            description: Some(description),
            ..MetaSchema::new(ty)
        }))
    };
    MetaSchema {
        description: Some("One server-sent event. Comments and unknown fields are to be ignored."),
        required: vec!["event", "data"],
        properties: vec![
            ("event", field("string", "The frame's `type`.")),
            (
                "id",
                field(
                    "string",
                    "What to go on from: the cursor of an entry or snapshot, or a notification's id.",
                ),
            ),
            (
                "data",
                field("string", "One frame as JSON: a `StreamFrame` in an event's stream."),
            ),
            (
                "retry",
                field("integer", "How long to wait before reconnecting, in milliseconds."),
            ),
        ],
        ..MetaSchema::new("object")
    }
}

/// A stream whose frames are `F`, as the document has it.
fn stream_of<F: Type>(description: &'static str) -> MetaResponses {
    let content = vec![
        MetaMediaType {
            content_type: EVENT_STREAM,
            schema: MetaSchemaRef::Reference("StreamEvent".to_owned()),
        },
        MetaMediaType {
            content_type: NDJSON,
            schema: endless("ndjson", F::schema_ref()),
        },
    ];
    one_of(content, description)
}

fn register_stream<F: Type>(registry: &mut Registry) {
    F::register(registry);
    registry.create_schema::<StreamResponse, _>("StreamEvent".to_owned(), |_| stream_event());
}

/// The body of a stream that belongs to no event; `F` says what its frames are.
pub struct PerchResponse<F>(StreamResponse, PhantomData<F>);

impl<F> PerchResponse<F> {
    pub fn of(request: &Request, format: Format, opened: Opened) -> Self {
        Self(StreamResponse::of(request, content_type(format), opened), PhantomData)
    }

    /// As of [`StreamResponse::with_cookie`].
    #[must_use]
    pub fn with_cookie(self, cookie: Option<&str>) -> Self {
        Self(self.0.with_cookie(cookie), PhantomData)
    }
}

impl<F: Send> IntoResponse for PerchResponse<F> {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

impl<F: Type> ApiResponse for PerchResponse<F> {
    fn meta() -> MetaResponses {
        stream_of::<F>("The stream. The `data` of each event is what an NDJSON line would be: one frame.")
    }

    fn register(registry: &mut Registry) {
        register_stream::<F>(registry);
    }
}

/// How a format is called in `Content-Type`.
#[must_use]
pub const fn content_type(format: Format) -> &'static str {
    match format {
        Format::Sse => EVENT_STREAM,
        Format::Ndjson => NDJSON,
    }
}

impl ApiResponse for StreamResponse {
    fn meta() -> MetaResponses {
        stream_of::<AnyFrame>("The stream. The `data` of each event (or each NDJSON line) is one `StreamFrame`.")
    }

    fn register(registry: &mut Registry) {
        register_stream::<AnyFrame>(registry);
    }
}

/// A page of the log, as JSON or as lines.
pub struct LogResponse(pub Response);

impl IntoResponse for LogResponse {
    fn into_response(self) -> Response {
        self.0
    }
}

impl ApiResponse for LogResponse {
    fn meta() -> MetaResponses {
        let content = vec![
            MetaMediaType {
                content_type: JSON,
                schema: MetaSchemaRef::Reference("LogPage".to_owned()),
            },
            MetaMediaType {
                content_type: NDJSON,
                schema: endless("ndjson", AnyEntry::schema_ref()),
            },
        ];
        one_of(content, "Entries in order.")
    }

    fn register(registry: &mut Registry) {
        AnyEntry::register(registry);
        registry.create_schema::<Self, _>("LogPage".to_owned(), |_| MetaSchema {
            required: vec!["items", "next_cursor"],
            properties: vec![
                (
                    "items",
                    MetaSchemaRef::Inline(Box::new(MetaSchema {
                        items: Some(Box::new(AnyEntry::schema_ref())),
                        ..MetaSchema::new("array")
                    })),
                ),
                (
                    "next_cursor",
                    MetaSchemaRef::Inline(Box::new(MetaSchema {
                        description: Some(
                            "Go on after this; the same cursor as the stream's. Always there: more may come.",
                        ),
                        ..MetaSchema::new("string")
                    })),
                ),
            ],
            ..MetaSchema::new("object")
        });
    }
}

//! How we say no on the wire: RFC 9457 problems. The only place that knows which refusal is which status
//! (`error/codes.rs` is the table).
//!
//! A lawful no ([`Refusal`]) tells the caller what to mend. What broke ([`Problem::broken`]) is bland outside; its whole
//! chain of causes is logged once, here. Request id and instance are filled in by the edge.

mod codes;

pub use codes::codes;

use codes::{INTERNAL, OUTCOME_UNKNOWN, REQUEST_TIMEOUT, UNAVAILABLE, row};
use poem::{IntoResponse, Response, error::ResponseError, http::StatusCode};
use poem_openapi::{
    ApiResponse, Object,
    registry::{MetaHeader, MetaMediaType, MetaResponse, MetaResponses, Registry},
    types::Type,
};
use serde::Serialize;

use crate::{
    domain::{Fault, Reason, Refusal, Stamp},
    store,
};

/// Restarts and failovers take a few seconds.
const AWAY_SECONDS: u32 = 2;

pub const PROBLEM_JSON: &str = "application/problem+json";

/// One field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Object)]
#[oai(rename = "ProblemError")]
struct FaultOut {
    /// RFC 6901 JSON pointer into the request body; for a parameter, its name after a slash.
    pointer: String,
    /// The rule that was broken.
    code: String,
    /// What to do about it.
    detail: String,
}

/// Why a request was refused (RFC 9457). `code` is stable; the sentences are for people and may change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Object)]
#[oai(rename = "Problem", skip_serializing_if_is_none)]
struct ProblemOut {
    #[serde(rename = "type")]
    #[oai(rename = "type")]
    kind: String,
    title: String,
    status: u16,
    detail: String,
    /// The path that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    code: String,
    /// Name it when you ask for help.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<FaultOut>>,
    /// For a room that is not open: from when it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    opens_at: Option<Stamp>,
    /// For a room that is not open: until when it is, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    closes_at: Option<Stamp>,
    /// For what you may not do for a while: until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    until_at: Option<Stamp>,
}

/// A no, ready for the wire. Small, because it travels in every `Result`.
#[derive(Debug, Clone)]
pub struct Problem(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    out: ProblemOut,
    retry_after_seconds: Option<u32>,
}

impl Problem {
    fn new((code, status, title): (&str, u16, &str), detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            out: ProblemOut {
                kind: format!("/problems/{code}"),
                title: title.to_owned(),
                status,
                detail: detail.into(),
                instance: None,
                code: code.to_owned(),
                request_id: None,
                errors: None,
                opens_at: None,
                closes_at: None,
                until_at: None,
            },
            retry_after_seconds: None,
        }))
    }

    /// A lawful no without more to say than its sentence.
    #[must_use]
    pub fn of(reason: Reason, detail: impl Into<String>) -> Self {
        Refusal::new(reason, detail).into()
    }

    /// Something broke: bland for the caller, the whole chain of causes in the log.
    #[must_use]
    pub fn broken(error: &(dyn std::error::Error + 'static)) -> Self {
        let chain: Vec<String> = std::iter::successors(Some(error), |error| error.source())
            .map(ToString::to_string)
            .collect();
        tracing::error!(error = chain.join(": "), "a request failed");
        Self::internal()
    }

    /// Something broke that has been logged already.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            INTERNAL,
            "Try again; if it stays, name the request id when you ask for help.",
        )
    }

    /// The database is away; what was asked was not done.
    fn unavailable() -> Self {
        Self::new(UNAVAILABLE, "Nothing was changed. Try again shortly.").retry_after(AWAY_SECONDS)
    }

    /// The database went away while it committed.
    fn outcome_unknown() -> Self {
        let detail = "The database went away before it answered, so it may or may not have been done. Repeating it with \
                      the same client_id is safe.";
        Self::new(OUTCOME_UNKNOWN, detail).retry_after(AWAY_SECONDS)
    }

    fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after_seconds = Some(seconds);
        self
    }

    /// The client took too long to send its body.
    #[must_use]
    pub fn too_slow() -> Self {
        Self::new(REQUEST_TIMEOUT, "The body did not arrive in time.")
    }

    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.out.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    #[must_use]
    pub fn code(&self) -> &str {
        &self.0.out.code
    }

    /// Whether it is about the database being away, which passes.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        self.code() == UNAVAILABLE.0
    }

    /// The same, with what only the edge knows: the request's id and path.
    #[must_use]
    pub fn about(mut self, request_id: &str, instance: &str) -> Self {
        self.0.out.request_id = Some(request_id.to_owned());
        self.0.out.instance = Some(instance.to_owned());
        self
    }

    /// The document, as it goes over the wire.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // Strings and numbers only: nothing in it can fail to serialise.
        serde_json::to_vec(&self.0.out).unwrap_or_default()
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, title) = row(refusal.reason);
        let mut problem = Self::new((refusal.reason.code(), status, title), refusal.detail);
        let inner = &mut *problem.0;
        let faults: Vec<FaultOut> = refusal.faults.into_iter().map(FaultOut::from).collect();
        inner.out.errors = Some(faults).filter(|faults| !faults.is_empty());
        if let Some((opens_at, closes_at)) = refusal.window {
            inner.out.opens_at = Some(opens_at);
            inner.out.closes_at = closes_at;
        }
        inner.out.until_at = refusal.until;
        // Whoever is told to wait is told how long.
        inner.retry_after_seconds = refusal
            .retry_after_seconds
            .or_else(|| matches!(status, 429 | 503).then_some(1));
        problem
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Refused(refusal) => refusal.into(),
            store::Error::Overloaded => {
                Self::of(Reason::Overloaded, "Too many changes are waiting. Try again shortly.")
            }
            store::Error::Away(error) => {
                // Said once by whoever found out; here it would be said for every request.
                tracing::debug!(error = %error, "a request found the database away");
                Self::unavailable()
            }
            store::Error::InDoubt(_) => Self::outcome_unknown(),
            store::Error::Closed => Self::of(Reason::ShuttingDown, "Try again; another server will answer."),
            broken => Self::broken(&broken),
        }
    }
}

impl From<Fault> for FaultOut {
    fn from(fault: Fault) -> Self {
        Self {
            pointer: fault.pointer,
            code: fault.code.to_owned(),
            detail: fault.detail,
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.out.detail)
    }
}

impl std::error::Error for Problem {}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut builder = Response::builder().status(self.status()).content_type(PROBLEM_JSON);
        if let Some(seconds) = self.0.retry_after_seconds {
            builder = builder.header("Retry-After", seconds);
        }
        if self.status() == StatusCode::UNAUTHORIZED {
            builder = builder.header("WWW-Authenticate", "Bearer");
        }
        builder.body(self.to_json())
    }
}

impl ResponseError for Problem {
    fn status(&self) -> StatusCode {
        Self::status(self)
    }

    fn as_response(&self) -> Response {
        self.clone().into_response()
    }
}

impl ApiResponse for Problem {
    fn meta() -> MetaResponses {
        MetaResponses {
            responses: vec![MetaResponse {
                description: "A problem; `code` says which.",
                status: None,
                status_range: None,
                content: vec![MetaMediaType {
                    content_type: PROBLEM_JSON,
                    schema: ProblemOut::schema_ref(),
                }],
                headers: vec![MetaHeader {
                    name: "Retry-After".to_owned(),
                    description: Some("Seconds to wait; with 429 and 503.".to_owned()),
                    required: false,
                    deprecated: false,
                    schema: u32::schema_ref(),
                }],
            }],
        }
    }

    fn register(registry: &mut Registry) {
        ProblemOut::register(registry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_all_it_has_to_say() {
        let refusal = Refusal {
            window: Some((Stamp::from_ms(0), None)),
            ..Refusal::field("/text", "too-long", "Say it shorter.").retry_after(7)
        };
        let problem = Problem::from(refusal).about("req_1", "/v1/events");
        let json: serde_json::Value = serde_json::from_slice(&problem.to_json()).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "type": "/problems/invalid-content", "title": "The content is not acceptable", "status": 422,
                "detail": "Say it shorter.", "instance": "/v1/events", "code": "invalid-content", "request_id": "req_1",
                "errors": [{"pointer": "/text", "code": "too-long", "detail": "Say it shorter."}],
                "opens_at": "1970-01-01T00:00:00.000Z",
            })
        );
        let response = problem.into_response();
        assert_eq!(response.header("Retry-After"), Some("7"));
        assert_eq!(response.content_type(), Some(PROBLEM_JSON));
    }

    #[test]
    fn what_broke_stays_inside() {
        let problem = Problem::broken(&std::io::Error::other("the secret is hunter2"));
        assert_eq!(problem.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!String::from_utf8(problem.to_json()).unwrap().contains("hunter2"));
    }
}

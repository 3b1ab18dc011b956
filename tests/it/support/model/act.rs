//! What the scripted server does with one request.

use std::time::Duration;

use serde_json::{Value, json};

/// How an answer ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// With that `finish_reason`.
    Finish(String),
    /// The connection is gone.
    Cut,
    /// Nothing more, but the connection stays.
    Hang,
    /// It goes on and on.
    Never,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Pieces(Vec<String>),
    Fail {
        status: u16,
        retry_after: Option<String>,
        code: Value,
    },
    Raw {
        content_type: &'static str,
        body: Vec<u8>,
    },
}

/// Made by one of the constructors, then changed.
#[derive(Debug, Clone)]
pub struct Act {
    pub(super) kind: Kind,
    pub(super) end: End,
    pub(super) before: Duration,
    pub(super) pause: Duration,
    pub(super) counts: bool,
    pub(super) refusal: Option<String>,
}

impl Act {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            end: End::Finish("stop".to_owned()),
            before: Duration::ZERO,
            pause: Duration::ZERO,
            counts: true,
            refusal: None,
        }
    }

    pub fn say(text: impl Into<String>) -> Self {
        Self::new(Kind::Pieces(vec![text.into()]))
    }

    pub fn pieces<T: Into<String>>(pieces: impl IntoIterator<Item = T>) -> Self {
        Self::new(Kind::Pieces(pieces.into_iter().map(Into::into).collect()))
    }

    /// Takes the request and says nothing, not even a status.
    pub fn hang() -> Self {
        Self::new(Kind::Pieces(Vec::new())).then_hang()
    }

    /// The documented error of that status.
    pub fn fail(status: u16) -> Self {
        Self::new(Kind::Fail {
            status,
            retry_after: None,
            code: Value::Null,
        })
    }

    /// 429, with how many seconds to wait.
    pub fn busy(seconds: Option<u32>) -> Self {
        Self::new(Kind::Fail {
            status: 429,
            retry_after: seconds.map(|seconds| seconds.to_string()),
            code: json!("rate_limit_exceeded"),
        })
    }

    /// 429 because the account is empty.
    pub fn broke() -> Self {
        Self::new(Kind::Fail {
            status: 429,
            retry_after: None,
            code: json!("insufficient_quota"),
        })
    }

    /// 200 with that body, which calls itself JSON.
    pub fn rubbish(body: impl Into<Vec<u8>>) -> Self {
        Self::raw("application/json", body)
    }

    /// 200 with that body.
    pub fn raw(content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self::new(Kind::Raw {
            content_type,
            body: body.into(),
        })
    }

    /// A model that declines.
    pub fn refuse(words: &str) -> Self {
        let mut act = Self::pieces([""]);
        act.refusal = Some(words.to_owned());
        act
    }

    pub fn finishing(mut self, reason: &str) -> Self {
        self.end = End::Finish(reason.to_owned());
        self
    }

    pub fn then_cut(mut self) -> Self {
        self.end = End::Cut;
        self
    }

    pub fn then_hang(mut self) -> Self {
        self.end = End::Hang;
        self
    }

    /// Repeats its pieces for ever.
    pub fn without_end(mut self) -> Self {
        self.end = End::Never;
        self
    }

    /// Waits before the first byte.
    pub fn after(mut self, wait: Duration) -> Self {
        self.before = wait;
        self
    }

    /// Waits before each piece.
    pub fn pausing(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// Without counts of tokens, as some servers.
    pub fn uncounted(mut self) -> Self {
        self.counts = false;
        self
    }
}

/// What the API says when it says no.
pub(super) fn error(status: u16, message: &str, param: Option<&str>, code: &Value) -> Value {
    let kind = match status {
        429 if code == "insufficient_quota" => "insufficient_quota",
        429 => "requests",
        500.. => "server_error",
        _ => "invalid_request_error",
    };
    json!({"error": {"message": message, "type": kind, "param": param, "code": code}})
}

//! Every reason for which we say no. A refusal is lawful and expected: the caller can mend it.
//!
//! What *broke* is not here (see `store::Error` and its like), nor are HTTP statuses (`http/error.rs` alone knows them).

use super::time::Stamp;

/// Why we say no. Each has a stable code on the wire; codes are never renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    InvalidRequest,
    InvalidCursor,
    LimitTooLarge,
    Unauthenticated,
    TokenExpired,
    TokenInvalid,
    Forbidden,
    Csrf,
    GuestsNotAllowed,
    NotFound,
    MethodNotAllowed,
    EventNotFound,
    MessageNotFound,
    IllegalTransition,
    EventNotOver,
    RoomNotOpen,
    SlugTaken,
    EditWindowOver,
    MessageDeleted,
    Conflict,
    VersionMismatch,
    PreconditionRequired,
    PayloadTooLarge,
    UnsupportedMediaType,
    IdempotencyMismatch,
    InvalidContent,
    ContestRule,
    PollNotFound,
    PollClosed,
    VoteFinal,
    TooManyPolls,
    RateLimited,
    TooManyConnections,
    Overloaded,
    ShuttingDown,
    SlowMode,
    RoomLocked,
    MembersOnly,
    EmojiOnly,
    NotUnique,
    LinksNotAllowed,
    AccountTooYoung,
    Banned,
    Muted,
    TimedOut,
    MessageBlocked,
    AlreadyAppealed,
    AssistantOff,
    NoModel,
    TooManySessions,
}

/// One field that is wrong: where (RFC 6901 JSON pointer), which rule, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub pointer: String,
    pub code: &'static str,
    pub detail: String,
}

impl Fault {
    #[must_use]
    pub fn new(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            code,
            detail: detail.into(),
        }
    }
}

/// A lawful no, with everything the caller needs to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refusal {
    pub reason: Reason,
    /// One sentence for the caller. Never holds secrets or other people's text.
    pub detail: String,
    pub faults: Vec<Fault>,
    /// When trying again makes sense, in seconds.
    pub retry_after_seconds: Option<u32>,
    /// For a room that is not open: from when to when it is.
    pub window: Option<(Stamp, Option<Stamp>)>,
    /// For what somebody may not do for a while: until when.
    pub until: Option<Stamp>,
}

impl Refusal {
    #[must_use]
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
            faults: Vec::new(),
            retry_after_seconds: None,
            window: None,
            until: None,
        }
    }

    /// Content that breaks a rule, naming each field.
    #[must_use]
    pub fn content(faults: Vec<Fault>) -> Self {
        let detail = faults
            .first()
            .map_or_else(|| "The content is not acceptable.".into(), |fault| fault.detail.clone());
        Self {
            faults,
            ..Self::new(Reason::InvalidContent, detail)
        }
    }

    /// [`Refusal::content`] for a single field.
    #[must_use]
    pub fn field(pointer: &str, code: &'static str, detail: impl Into<String>) -> Self {
        Self::content(vec![Fault::new(pointer, code, detail)])
    }

    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        Self {
            retry_after_seconds: Some(seconds),
            ..self
        }
    }
}

impl Reason {
    /// The name on the wire and in the docs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid-request",
            Self::InvalidCursor => "invalid-cursor",
            Self::LimitTooLarge => "limit-too-large",
            Self::Unauthenticated => "unauthenticated",
            Self::TokenExpired => "token-expired",
            Self::TokenInvalid => "token-invalid",
            Self::Forbidden => "forbidden",
            Self::Csrf => "csrf",
            Self::GuestsNotAllowed => "guests-not-allowed",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::EventNotFound => "event-not-found",
            Self::MessageNotFound => "message-not-found",
            Self::IllegalTransition => "illegal-transition",
            Self::EventNotOver => "event-not-over",
            Self::RoomNotOpen => "room-not-open",
            Self::SlugTaken => "slug-taken",
            Self::EditWindowOver => "edit-window-over",
            Self::MessageDeleted => "message-deleted",
            Self::Conflict => "conflict",
            Self::VersionMismatch => "version-mismatch",
            Self::PreconditionRequired => "precondition-required",
            Self::PayloadTooLarge => "payload-too-large",
            Self::UnsupportedMediaType => "unsupported-media-type",
            Self::IdempotencyMismatch => "idempotency-mismatch",
            Self::InvalidContent => "invalid-content",
            Self::ContestRule => "contest-rule",
            Self::PollNotFound => "poll-not-found",
            Self::PollClosed => "poll-closed",
            Self::VoteFinal => "vote-final",
            Self::TooManyPolls => "too-many-polls",
            Self::RateLimited => "rate-limited",
            Self::TooManyConnections => "too-many-connections",
            Self::Overloaded => "overloaded",
            Self::ShuttingDown => "shutting-down",
            Self::SlowMode => "slow-mode",
            Self::RoomLocked => "room-locked",
            Self::MembersOnly => "members-only",
            Self::EmojiOnly => "emoji-only",
            Self::NotUnique => "not-unique",
            Self::LinksNotAllowed => "links-not-allowed",
            Self::AccountTooYoung => "account-too-young",
            Self::Banned => "banned",
            Self::Muted => "muted",
            Self::TimedOut => "timed-out",
            Self::MessageBlocked => "message-blocked",
            Self::AlreadyAppealed => "already-appealed",
            Self::AssistantOff => "assistant-off",
            Self::NoModel => "no-model",
            Self::TooManySessions => "too-many-sessions",
        }
    }
}

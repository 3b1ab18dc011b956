//! What can go wrong between us and a model. No variant carries a word that was asked or answered.

use super::Whose;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("no model is set up for this")]
    Disabled,
    #[error("the budget of the {} is used up", whose.name())]
    Budget { whose: Whose, retry_after_seconds: u32 },
    /// The breaker: it failed too often of late, and is left alone for a while.
    #[error("the model is left alone after failures")]
    Open { retry_after_seconds: u32 },
    /// Too many wait already, or this one waited too long.
    #[error("too many questions wait for the model")]
    Overloaded,
    #[error("the model took too long")]
    Timeout,
    #[error("the model's server asks for patience")]
    RateLimited { retry_after_seconds: Option<u32> },
    /// It cannot be reached, or says itself that it is broken.
    #[error("the model's server is not available")]
    Unavailable,
    /// What came back is no answer of such an API.
    #[error("the model's server answered with rubbish")]
    Rubbish,
    /// The answer ended in the middle.
    #[error("the answer was cut off")]
    Cut,
    /// The server does not want this question (or our key), or the model declines to answer.
    #[error("the model's server refused")]
    Refused,
}

impl Error {
    /// A stable name, for records and labels.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Budget { .. } => "budget",
            Self::Open { .. } => "open",
            Self::Overloaded => "overloaded",
            Self::Timeout => "timeout",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Rubbish => "rubbish",
            Self::Cut => "cut",
            Self::Refused => "refused",
        }
    }

    /// How long whoever asks should wait before asking again, if that is known.
    #[must_use]
    pub const fn retry_after_seconds(&self) -> Option<u32> {
        match self {
            Self::Budget {
                retry_after_seconds, ..
            }
            | Self::Open { retry_after_seconds } => Some(*retry_after_seconds),
            Self::RateLimited { retry_after_seconds } => *retry_after_seconds,
            _ => None,
        }
    }
}

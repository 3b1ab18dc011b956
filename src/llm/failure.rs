//! One attempt that failed: as what, whether another is worth it, and what it says about the server.

use std::time::Duration;

use async_openai::error::OpenAIError;
use http::StatusCode;

use super::Error;

#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub(super) struct Failure {
    pub(super) error: Error,
    /// Another attempt may go better.
    pub(super) again: bool,
    /// The server is to blame, not the question.
    pub(super) sick: bool,
    pub(super) retry_after: Option<Duration>,
}

impl Failure {
    /// The same would come of it again, or something was heard already.
    pub(super) const fn lasting(error: Error) -> Self {
        Self {
            error,
            again: false,
            sick: true,
            retry_after: None,
        }
    }

    pub(super) const fn passing(error: Error) -> Self {
        Self {
            error,
            again: true,
            sick: true,
            retry_after: None,
        }
    }

    /// It was the question, not the server.
    pub(super) const fn refused() -> Self {
        Self {
            error: Error::Refused,
            again: false,
            sick: false,
            retry_after: None,
        }
    }

    /// It never came to an answer.
    pub(super) fn of_transport(error: &reqwest::Error) -> Self {
        if error.is_builder() || error.is_request() && error.is_timeout() && !error.is_connect() {
            return Self::lasting(Error::Unavailable);
        }
        Self::passing(Error::Unavailable)
    }

    pub(super) fn of_status(status: StatusCode, code: Option<&str>, retry_after: Option<Duration>) -> Self {
        let failure = match (status, code) {
            // Waiting does not fill an empty account.
            (StatusCode::TOO_MANY_REQUESTS, Some("insufficient_quota")) => Self::lasting(Error::RateLimited {
                retry_after_seconds: None,
            }),
            (StatusCode::TOO_MANY_REQUESTS, _) => Self::passing(Error::RateLimited {
                retry_after_seconds: retry_after.map(|after| u32::try_from(after.as_secs()).unwrap_or(u32::MAX)),
            }),
            (StatusCode::REQUEST_TIMEOUT | StatusCode::CONFLICT, _) => Self::passing(Error::Unavailable),
            (status, _) if status.is_server_error() => Self::passing(Error::Unavailable),
            // Our key, our path, our model: every question would end so.
            (
                StatusCode::UNAUTHORIZED
                | StatusCode::FORBIDDEN
                | StatusCode::NOT_FOUND
                | StatusCode::METHOD_NOT_ALLOWED,
                _,
            ) => Self::lasting(Error::Refused),
            (status, _) if status.is_client_error() => Self::refused(),
            _ => Self::lasting(Error::Rubbish),
        };
        // The status alone: an error's text may repeat what was asked, or the key.
        tracing::warn!(status = status.as_u16(), "the model's server did not answer a question");
        Self { retry_after, ..failure }
    }

    pub(super) fn of_client(error: OpenAIError) -> Self {
        match error {
            OpenAIError::Boxed(inner) => inner
                .downcast::<Self>()
                .map_or_else(|_| Self::lasting(Error::Unavailable), |failure| *failure),
            OpenAIError::Reqwest(error) => Self::of_transport(&error),
            _ => Self::lasting(Error::Rubbish),
        }
    }
}

//! What can go wrong between us and the database, and the one lawful no that travels through it.

use crate::domain::Refusal;

/// Why a change was not written or a question not answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule said no; nothing was written.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The queue before the writer is full; nothing was written, try again shortly.
    #[error("the write queue is full")]
    Overloaded,
    /// The writer has stopped; nothing was written.
    #[error("the writer has stopped")]
    Closed,
    /// The database failed. What was asked may or may not have been written.
    #[error("the database failed")]
    Broken(#[source] sea_orm::DbErr),
    /// The change has a bug; nothing was written.
    #[error("a change panicked")]
    Panicked,
    /// The database holds something we cannot read.
    #[error("unreadable {what} in the database")]
    Unreadable {
        what: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The data directory cannot be used.
    #[error("{what}")]
    Directory {
        what: String,
        #[source]
        source: std::io::Error,
    },
}

impl From<sea_orm::DbErr> for Error {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Broken(error)
    }
}

impl Error {
    /// For values that the database should never hold.
    pub fn unreadable(what: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unreadable {
            what,
            source: source.into(),
        }
    }
}

//! What can go wrong between us and the database, and the one lawful no that travels through it.

use sea_orm::{DbErr, RuntimeErr};

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
    /// The database is away, or could not do it just now; nothing was written.
    #[error("the database does not answer")]
    Away(#[source] DbErr),
    /// The database went away while it committed. What was asked may or may not have been written.
    #[error("the database went away before it said whether it had committed")]
    InDoubt(#[source] DbErr),
    /// The database failed; nothing was written.
    #[error("the database failed")]
    Broken(#[source] DbErr),
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

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        if is_passing(&error) {
            Self::Away(error)
        } else {
            Self::Broken(error)
        }
    }
}

impl Error {
    /// Whether it passes by itself, and whoever found it out has said so in the log.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Away(_) | Self::InDoubt(_) | Self::Overloaded)
    }

    /// For values that the database should never hold.
    pub fn unreadable(what: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unreadable {
            what,
            source: source.into(),
        }
    }
}

/// The database did not answer in time.
pub(super) fn silence() -> DbErr {
    DbErr::Conn(RuntimeErr::Internal("it did not answer in time".to_owned()))
}

/// Whether the trouble is with reaching the database or with who else is using it just now, not with what was asked.
pub(super) fn is_passing(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(RuntimeErr::Internal(_)) => true,
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => match error.as_ref() {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::BeginFailed
            | sqlx::Error::WorkerCrashed => true,
            sqlx::Error::Database(error) => error.code().is_some_and(|code| is_passing_code(&code)),
            _ => false,
        },
        _ => false,
    }
}

/// `SQLSTATE` of a connection that ended, a server that starts, stops, is full or only reads (a standby before its
/// promotion), a time that ran out, a deadlock. SQLite's codes are plain numbers and never look like these.
fn is_passing_code(code: &str) -> bool {
    let class = matches!(code.get(..2), Some("08" | "53" | "57" | "58"));
    class && code.len() == 5 || matches!(code, "25006" | "25P03" | "40001" | "40P01" | "55P03")
}

/// Whether what a COMMIT was answered leaves no doubt that nothing was kept.
pub(super) fn is_certain_no(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error else {
        return false;
    };
    match error.as_ref() {
        // Integrity, transaction state, rollback.
        sqlx::Error::Database(error) => error
            .code()
            .is_some_and(|code| code.len() == 5 && matches!(code.get(..2), Some("23" | "25" | "40"))),
        _ => false,
    }
}

/// Whether another try on a fresh connection makes sense: the old one was dead, or two batches stood in each other's way.
pub(super) fn is_worth_another_try(error: &DbErr) -> bool {
    let (DbErr::Conn(RuntimeErr::SqlxError(error))
    | DbErr::Exec(RuntimeErr::SqlxError(error))
    | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return false;
    };
    match error.as_ref() {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            matches!(
                &*code,
                "25P03" | "40001" | "40P01" | "57P01" | "57P02" | "57P05" | "08006"
            )
        }),
        _ => false,
    }
}

//! SQLite: one file in the data directory, for one server.

use std::{path::Path, time::Duration};

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectOptions, DatabaseConnection, DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

use super::Error;

/// How long a connection waits for another process (the command line beside a running server) to finish its write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The write-ahead log is carried over into the database after so many pages of 4 KiB. Pages that many batches touch are
/// carried once; more would only make the file and the first read after a crash longer.
const WAL_PAGES: &str = "4096";

/// Takes the write lock at once: a transaction that first reads and then writes would otherwise be refused half-way.
pub(super) fn write_options() -> TransactionOptions {
    TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    }
}

/// Pages a writer keeps at hand, in KiB: the ends of the logs and indexes of many events that speak by turns.
const WRITER_CACHE: &str = "-16384";

/// The one connection that writes.
pub(super) async fn connect_writer(path: &Path) -> Result<DatabaseConnection, DbErr> {
    open(path, 1, |sqlite| sqlite.pragma("cache_size", WRITER_CACHE)).await
}

pub(super) async fn connect(path: &Path, connections: u32) -> Result<DatabaseConnection, DbErr> {
    open(path, connections, |sqlite| sqlite).await
}

async fn open(
    path: &Path,
    connections: u32,
    furnish: fn(SqliteConnectOptions) -> SqliteConnectOptions,
) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(format!("sqlite://{}?mode=rwc", path.display()));
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(10))
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .map_sqlx_sqlite_opts(move |sqlite| {
            furnish(sqlite)
                .journal_mode(SqliteJournalMode::Wal)
                // A commit that was answered survives the machine losing power, not only the process dying.
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(BUSY_TIMEOUT)
                .pragma("wal_autocheckpoint", WAL_PAGES)
                .foreign_keys(true)
        });
    sea_orm::Database::connect(options).await
}

/// In one transaction under the write lock, so that two processes starting together do not both try.
pub(super) async fn migrate(db: &DatabaseConnection) -> Result<(), DbErr> {
    let txn = db.begin_with_options(write_options()).await?;
    Migrator::up(&txn, None).await?;
    txn.commit().await
}

pub(super) fn prepare_directory(dir: &Path) -> Result<(), Error> {
    let broken = |source| Error::Directory {
        what: format!("cannot create the data directory {}", dir.display()),
        source,
    };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(broken)
}

/// Keeps a second server away from the directory as long as the file is open.
pub(super) fn lock_directory(dir: &Path) -> Result<std::fs::File, Error> {
    let path = dir.join("lock");
    let broken = |source| Error::Directory {
        what: format!("cannot open {}", path.display()),
        source,
    };
    let file = std::fs::File::options()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(broken)?;
    file.try_lock().map_err(|refused| Error::Directory {
        what: format!("the data directory {} is in use by another grandstand", dir.display()),
        source: refused.into(),
    })?;
    Ok(file)
}

//! Opening the database: its files, its settings, its lock, its migrations.

use std::{path::Path, sync::Arc, time::Duration};

use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use tokio::sync::mpsc;

use super::{Error, Store, writer::Writer};
use crate::{config::StoreConfig, telemetry::Metrics};

/// How long a connection waits for another process (the command line beside a running server) to finish its write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

impl Store {
    /// Opens the data directory for the server: one at a time, migrated, with a running writer.
    pub async fn open(config: &StoreConfig, metrics: Arc<Metrics>) -> Result<Self, Error> {
        prepare_directory(&config.data_dir)?;
        let lock = lock_directory(&config.data_dir)?;
        let store = Self::connect(config, metrics, Some(lock)).await?;
        Ok(store)
    }

    /// Opens the data directory for a command beside the server, which may be running.
    pub async fn open_tool(config: &StoreConfig) -> Result<Self, Error> {
        prepare_directory(&config.data_dir)?;
        Self::connect(config, Arc::new(Metrics::default()), None).await
    }

    async fn connect(config: &StoreConfig, metrics: Arc<Metrics>, lock: Option<std::fs::File>) -> Result<Self, Error> {
        let path = config.data_dir.join("grandstand.db");
        let write_db = connect(&path, 1).await?;
        migrate(&write_db).await?;
        let reader = connect(&path, config.readers).await?;
        let (jobs, waiting) = mpsc::channel(config.queue_max);
        let on_commit = Arc::new(std::sync::OnceLock::new());
        let writer = Writer {
            path,
            db: Some(write_db),
            jobs: waiting,
            batch_max: config.batch_max,
            on_commit: Arc::clone(&on_commit),
            metrics,
        };
        #[expect(clippy::disallowed_methods, reason = "the writer is awaited by name in `close`")]
        let writer = tokio::spawn(writer.run());
        Ok(Self {
            reader,
            jobs: Arc::new(std::sync::RwLock::new(Some(jobs))),
            on_commit,
            writer: Arc::new(tokio::sync::Mutex::new(Some(writer))),
            lock: Arc::new(std::sync::Mutex::new(lock)),
        })
    }
}

fn prepare_directory(dir: &Path) -> Result<(), Error> {
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

fn lock_directory(dir: &Path) -> Result<std::fs::File, Error> {
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

pub(super) async fn connect(path: &Path, connections: u32) -> Result<DatabaseConnection, sea_orm::DbErr> {
    let mut options = ConnectOptions::new(format!("sqlite://{}?mode=rwc", path.display()));
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(10))
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .journal_mode(SqliteJournalMode::Wal)
                // A commit that was answered survives the machine losing power, not only the process dying.
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(BUSY_TIMEOUT)
                .foreign_keys(true)
        });
    Database::connect(options).await
}

/// In one transaction under the write lock, so that two processes starting together do not both try.
async fn migrate(db: &DatabaseConnection) -> Result<(), Error> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let txn = db.begin_with_options(options).await?;
    Migrator::up(&txn, None).await?;
    Ok(txn.commit().await?)
}

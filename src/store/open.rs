//! Opening the database, whichever it is: migrated, with readers and running lanes.

use std::{path::PathBuf, sync::Arc, time::Duration};

use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr, TransactionOptions, TransactionTrait};

use super::{Error, Store, lane::Lanes, postgres::Postgres, reader::Reader, sqlite};
use crate::{config::StoreConfig, telemetry::Metrics};

/// Where the data is.
#[derive(Clone)]
pub(super) enum Database {
    Sqlite(PathBuf),
    Postgres(Box<Postgres>),
}

impl Database {
    fn of(config: &StoreConfig) -> Result<Self, Error> {
        let limit = Duration::from_millis(config.answer_within_ms.into());
        Ok(match &config.database_url {
            Some(url) => Self::Postgres(Box::new(Postgres::new(url, limit)?)),
            None => Self::Sqlite(config.data_dir.join("grandstand.db")),
        })
    }

    /// A connection that writes.
    pub(super) async fn connect(&self) -> Result<DatabaseConnection, DbErr> {
        match self {
            Self::Sqlite(path) => sqlite::connect_writer(path).await,
            Self::Postgres(postgres) => postgres.writer().await,
        }
    }

    pub(super) async fn begin(&self, db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
        let options = match self {
            Self::Sqlite(_) => sqlite::write_options(),
            Self::Postgres(_) => TransactionOptions::default(),
        };
        db.begin_with_options(options).await
    }

    /// How long it may take over one batch, or over its commit. A file is not waited for, it is there.
    pub(super) fn answer_within(&self) -> Option<Duration> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(postgres) => Some(postgres.answer_within()),
        }
    }

    /// A connection broke.
    pub(super) fn interrupted(&self) {
        if let Self::Postgres(postgres) = self {
            postgres.interrupted();
        }
    }

    /// Brings it to the newest shape; gives what reads it.
    async fn open(&self, readers: u32) -> Result<Reader, DbErr> {
        match self {
            Self::Sqlite(path) => {
                let db = sqlite::connect(path, 1).await?;
                sqlite::migrate(&db).await?;
                db.close_by_ref().await?;
                Ok(Reader::local(sqlite::connect(path, readers).await?))
            }
            Self::Postgres(postgres) => {
                postgres.migrate().await?;
                Ok(Reader::remote(Postgres::clone(postgres), readers))
            }
        }
    }
}

impl Store {
    /// Opens the database for the server. A data directory serves one at a time, a PostgreSQL database any number.
    pub async fn open(config: &StoreConfig, metrics: Arc<Metrics>) -> Result<Self, Error> {
        Self::connect(config, metrics, true).await
    }

    /// Opens the database for a command beside the server, which may be running.
    pub async fn open_tool(config: &StoreConfig) -> Result<Self, Error> {
        Self::connect(config, Arc::new(Metrics::default()), false).await
    }

    async fn connect(config: &StoreConfig, metrics: Arc<Metrics>, alone: bool) -> Result<Self, Error> {
        let database = Database::of(config)?;
        let (mut lock, mut lanes) = (None, config.writers);
        if let Database::Sqlite(_) = database {
            sqlite::prepare_directory(&config.data_dir)?;
            lock = alone.then(|| sqlite::lock_directory(&config.data_dir)).transpose()?;
            lanes = 1;
        }
        let reader = database.open(config.readers).await?;
        let (on_commit, on_notice, known) = (Arc::default(), Arc::default(), Arc::default());
        let lanes = Lanes::open(lanes, config, &database, (&on_commit, &on_notice, &known), &metrics);
        Ok(Self {
            reader,
            lanes: Arc::new(lanes),
            on_commit,
            on_notice,
            known,
            metrics,
            lock: Arc::new(std::sync::Mutex::new(lock)),
        })
    }
}

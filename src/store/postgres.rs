//! PostgreSQL: one database that several servers share.
//!
//! Nothing is left to how the server is configured: commits are durable, isolation is read committed, and everything that
//! could wait for ever has a bound, on the server and, because a frozen server keeps no time, here as well.

use std::{
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, RuntimeErr, SqlxPostgresConnector, TransactionTrait};
use sqlx::{
    ConnectOptions as _, Connection as _,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::error::silence;
use crate::config::Secret;

/// A connection that was idle for longer is asked whether it still lives before it is used.
const TRUSTED_FOR: Duration = Duration::from_secs(1);
/// Connections are replaced after this time, so that nothing a connection gathers on the server stays for ever.
const LIFETIME: Duration = Duration::from_mins(30);
/// Starting waits so long for a database that is starting, too.
const PATIENCE_AT_START: Duration = Duration::from_secs(15);
/// Migrations may wait for another instance's, and may take long. Nobody is answered meanwhile.
const MIGRATION_WITHIN: Duration = Duration::from_mins(10);
/// Any number, the same in every version: whoever holds it migrates.
const MIGRATION_LOCK: i64 = 0x6772_616e_6473_7464;

/// A commit that was answered survives the server losing power, and each statement sees what was committed before it.
const LASTING: [(&str, &str); 2] = [
    ("synchronous_commit", "on"),
    ("default_transaction_isolation", "read committed"),
];

/// Where the database is, and how long it may take.
#[derive(Clone)]
pub(super) struct Postgres {
    options: PgConnectOptions,
    answer_within: Duration,
    interruptions: Arc<AtomicU64>,
}

impl Postgres {
    pub(super) fn new(url: &Secret, answer_within: Duration) -> Result<Self, DbErr> {
        let options = PgConnectOptions::from_str(url.expose()).map_err(conn_err)?;
        let named = options.get_application_name().is_some();
        let options = if named {
            options
        } else {
            options.application_name("grandstand")
        };
        Ok(Self {
            options: options.disable_statement_logging(),
            answer_within,
            interruptions: Arc::default(),
        })
    }

    /// A connection broke.
    pub(super) fn interrupted(&self) {
        self.interruptions.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn interruptions(&self) -> u64 {
        self.interruptions.load(Ordering::Acquire)
    }

    pub(super) fn answer_within(&self) -> Duration {
        self.answer_within
    }

    /// How long connecting may take.
    fn connect_within(&self) -> Duration {
        self.answer_within.mul_f64(0.6)
    }

    /// The settings of a connection. A server that stopped in the middle of a transaction loses its locks before others
    /// tire of waiting for them; a statement ends on the server before we give it up.
    fn session(&self) -> PgConnectOptions {
        let ms = |share: f64| format!("{}ms", self.answer_within.mul_f64(share).as_millis().max(1));
        self.options.clone().options(LASTING).options([
            ("statement_timeout", ms(0.9)),
            ("lock_timeout", ms(0.8)),
            ("idle_in_transaction_session_timeout", ms(0.5)),
            // The server finds out about clients that vanished without a word.
            ("tcp_keepalives_idle", "10".to_owned()),
            ("tcp_keepalives_interval", "5".to_owned()),
            ("tcp_keepalives_count", "3".to_owned()),
        ])
    }

    /// A pool that connects when first asked.
    pub(super) fn readers(&self, connections: u32) -> DatabaseConnection {
        let postgres = self.clone();
        let pool = self.pool(connections).before_acquire(move |connection, meta| {
            let postgres = postgres.clone();
            Box::pin(async move {
                if meta.idle_for > TRUSTED_FOR {
                    connection.ping().await.inspect_err(|_| postgres.interrupted())?;
                }
                Ok(true)
            })
        });
        SqlxPostgresConnector::from_sqlx_postgres_pool(pool.connect_lazy_with(self.session()))
    }

    /// The one connection of a lane, open.
    pub(super) async fn writer(&self) -> Result<DatabaseConnection, DbErr> {
        let pool = self.pool(1).connect_with(self.session());
        Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(
            pool.await.map_err(conn_err)?,
        ))
    }

    fn pool(&self, connections: u32) -> PgPoolOptions {
        PgPoolOptions::new()
            .max_connections(connections)
            .min_connections(0)
            .acquire_timeout(self.connect_within())
            .max_lifetime(LIFETIME)
            .test_before_acquire(false)
            // Waiting shows in the answers and their times; no lines of the driver's own.
            .acquire_slow_threshold(LIFETIME)
    }

    /// In one transaction under a lock that all instances take, so that those starting together do not all try.
    pub(super) async fn migrate(&self) -> Result<(), DbErr> {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(PATIENCE_AT_START);
        // Read committed, or whoever waited for the lock would not see what was done meanwhile.
        let options = self.options.clone().options(LASTING);
        let pool = pool.connect_with(options).await.map_err(conn_err)?;
        let db = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
        let migrating = async {
            let txn = db.begin().await?;
            let lock = format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})");
            txn.execute_unprepared(&lock).await?;
            Migrator::up(&txn, None).await?;
            txn.commit().await?;
            db.close_by_ref().await
        };
        tokio::time::timeout(MIGRATION_WITHIN, migrating)
            .await
            .unwrap_or_else(|_| Err(silence()))
    }
}

fn conn_err(error: sqlx::Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(error.into()))
}

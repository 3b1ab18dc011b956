//! Reading: a pool of connections, each question under a bound.
//!
//! A server that is frozen, or a network that swallows, never says so. So a question is given up after a while, and with it
//! the whole pool: its connections may hang on for a quarter of an hour, and new ones may work at once.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::{Duration, Instant},
};

use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, IsolationLevel,
    QueryResult, Statement, TransactionOptions, TransactionTrait,
};

use super::{
    Error,
    error::{is_worth_another_try, silence},
    postgres::Postgres,
};

/// A handle for plain questions; a change made through it would bypass the log.
#[derive(Clone)]
pub struct Reader {
    backend: DbBackend,
    pool: Arc<RwLock<DatabaseConnection>>,
    /// How to make another pool. SQLite never needs one: there is nobody to wait for.
    remote: Option<Remote>,
    /// When the database was last found to be away, until it answers again.
    away_since: Arc<Mutex<Option<Instant>>>,
}

#[derive(Clone)]
struct Remote {
    postgres: Postgres,
    connections: u32,
}

/// A database that could not be reached is left alone for so long; who asks meanwhile is told at once.
const REST: Duration = Duration::from_millis(500);

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, DbErr>> + Send + 'a>>;

impl Reader {
    pub(super) fn local(pool: DatabaseConnection) -> Self {
        Self {
            backend: pool.get_database_backend(),
            pool: Arc::new(RwLock::new(pool)),
            remote: None,
            away_since: Arc::default(),
        }
    }

    pub(super) fn remote(postgres: Postgres, connections: u32) -> Self {
        let pool = postgres.readers(connections);
        Self {
            backend: DbBackend::Postgres,
            pool: Arc::new(RwLock::new(pool)),
            remote: Some(Remote { postgres, connections }),
            away_since: Arc::default(),
        }
    }

    fn pool(&self) -> DatabaseConnection {
        self.pool.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins to read several things as of one moment. To be used under [`Reader::within`].
    pub async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = match self.backend {
            DbBackend::Postgres => TransactionOptions {
                isolation_level: Some(IsolationLevel::RepeatableRead),
                access_mode: Some(AccessMode::ReadOnly),
                ..TransactionOptions::default()
            },
            _ => TransactionOptions::default(),
        };
        self.ask(|pool| Box::pin(async move { pool.begin_with_options(options).await }))
            .await
    }

    /// Gives up what takes longer than the database may take for an answer.
    pub async fn within<T>(&self, reading: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let Some(limit) = self.limit() else {
            return reading.await;
        };
        let pool = self.pool();
        tokio::time::timeout(limit, reading).await.unwrap_or_else(|_| {
            self.renew(&pool);
            Err(silence().into())
        })
    }

    fn limit(&self) -> Option<Duration> {
        Some(self.remote.as_ref()?.postgres.answer_within())
    }

    /// Asks, and asks again if the connection turned out to be dead; each such attempt rids the pool of one.
    async fn ask<T>(&self, ask: impl Fn(DatabaseConnection) -> Answer<'static, T>) -> Result<T, DbErr> {
        let pool = self.pool();
        let Some(remote) = &self.remote else {
            return ask(pool).await;
        };
        if self.away_since().is_some_and(|since| since.elapsed() < REST) {
            return Err(silence());
        }
        let asking = async {
            for _ in 0..remote.connections {
                match ask(pool.clone()).await {
                    Err(error) if is_worth_another_try(&error) => remote.postgres.interrupted(),
                    answer => return answer,
                }
            }
            ask(pool.clone()).await
        };
        let limit = remote.postgres.answer_within();
        let answer = tokio::time::timeout(limit, asking).await.unwrap_or_else(|_| {
            self.renew(&pool);
            Err(silence())
        });
        match &answer {
            Err(DbErr::Conn(_) | DbErr::ConnectionAcquire(_)) => {
                if self.away_since().replace(Instant::now()).is_none() {
                    tracing::warn!("the database is away; questions are refused until it is back");
                }
            }
            _ => *self.away_since() = None,
        }
        answer
    }

    fn away_since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.away_since.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the pool, unless somebody did it already.
    fn renew(&self, old: &DatabaseConnection) {
        let Some(remote) = &self.remote else { return };
        remote.postgres.interrupted();
        let mut pool = self.pool.write().unwrap_or_else(PoisonError::into_inner);
        if is_same(&pool, old) {
            *pool = remote.postgres.readers(remote.connections);
        }
    }

    pub(super) fn interruptions(&self) -> u64 {
        self.remote.as_ref().map_or(0, |remote| remote.postgres.interruptions())
    }

    /// Whether the database answers.
    pub(super) async fn ping(&self) -> Result<(), DbErr> {
        self.ask(|pool| Box::pin(async move { pool.ping().await })).await
    }

    pub(super) async fn close(&self) -> Result<(), DbErr> {
        let closing = self.pool();
        let closing = closing.close_by_ref();
        match self.limit() {
            Some(limit) => tokio::time::timeout(limit, closing)
                .await
                .unwrap_or_else(|_| Err(silence())),
            None => closing.await,
        }
    }
}

fn is_same(one: &DatabaseConnection, other: &DatabaseConnection) -> bool {
    // Options are kept in the pool, so the same place in memory is the same pool.
    std::ptr::eq(
        one.get_postgres_connection_pool().options(),
        other.get_postgres_connection_pool().options(),
    )
}

#[sea_orm::prelude::async_trait::async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DbBackend {
        self.backend
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.pool().execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.pool().execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.ask(|pool| {
            let statement = statement.clone();
            Box::pin(async move { pool.query_one_raw(statement).await })
        })
        .await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.ask(|pool| {
            let statement = statement.clone();
            Box::pin(async move { pool.query_all_raw(statement).await })
        })
        .await
    }
}

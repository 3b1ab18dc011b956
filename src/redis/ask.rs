//! Asking: one command, many, or a script; each in bounded time, and at no cost while Redis is known to be away.

use std::sync::atomic::Ordering;

use ::redis::{
    Cmd, ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult, ServerErrorKind, ToRedisArgs, Value,
    aio::{ConnectionLike, MultiplexedConnection},
    cluster_async::ClusterConnection,
    from_redis_value,
};
use tokio::time::timeout;

use super::{Error, Redis, Script, Trouble};

/// So many commands in a row without an answer in time, and the rest is not asked until the keeper has had one.
const MISSES: u32 = 3;

/// A cheap copy of a handle on the connection for commands.
#[derive(Clone)]
pub(super) enum Connection {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Connection {
    pub(super) async fn one(&mut self, command: &Cmd) -> RedisResult<Value> {
        match self {
            Self::Single(connection) => connection.req_packed_command(command).await,
            Self::Cluster(connection) => connection.req_packed_command(command).await,
        }
        .and_then(Value::extract_error)
    }

    async fn all(&mut self, commands: &Pipeline) -> RedisResult<Vec<Value>> {
        match self {
            Self::Single(connection) => connection.req_packed_commands(commands, 0, commands.len()).await,
            Self::Cluster(connection) => connection.req_packed_commands(commands, 0, commands.len()).await,
        }
    }
}

impl Redis {
    /// Asks one thing.
    pub async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Error> {
        let mut connection = self.connection()?;
        let value = self.in_time(connection.one(command)).await?;
        Ok(from_redis_value(value).map_err(RedisError::from)?)
    }

    /// Asks several things at once, each with its own answer or error. In a cluster their keys share a slot.
    pub async fn ask_all(&self, commands: &Pipeline) -> Result<Vec<Value>, Error> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        let mut connection = self.connection()?;
        self.in_time(connection.all(commands)).await
    }

    /// Has a decision made. The keys share a slot.
    pub async fn run<T: FromRedisValue>(
        &self,
        script: &Script,
        keys: &[String],
        arguments: impl ToRedisArgs,
    ) -> Result<T, Error> {
        let call = |verb: &str, what: &str| {
            let mut command = ::redis::cmd(verb);
            command.arg(what).arg(keys.len()).arg(keys).arg(&arguments);
            command
        };
        match self.ask(&call("EVALSHA", &script.digest)).await {
            // A Redis that was restarted, or another node. The text is remembered from here on.
            Err(Error::Failed(error)) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                self.ask(&call("EVAL", script.text)).await
            }
            answer => answer,
        }
    }

    fn connection(&self) -> Result<Connection, Error> {
        match self.trouble() {
            Some(trouble) => Err(Error::Away(trouble)),
            None => self.inner.connection().ok_or(Error::Away(Trouble::Starting)),
        }
    }

    async fn in_time<T>(&self, answer: impl Future<Output = RedisResult<T>>) -> Result<T, Error> {
        match timeout(self.inner.timeout, answer).await {
            Ok(Ok(answer)) => {
                self.inner.missed.store(0, Ordering::Release);
                Ok(answer)
            }
            Ok(Err(error)) => {
                if let Some(trouble) = trouble_of(&error) {
                    if trouble != Trouble::Silent || self.inner.missed.fetch_add(1, Ordering::AcqRel) + 1 >= MISSES {
                        self.inner.is_in(Some(trouble));
                    }
                    self.inner.suspicion.notify_one();
                }
                Err(if error.is_timeout() {
                    Error::TimedOut
                } else {
                    error.into()
                })
            }
            Err(_) => {
                if self.inner.missed.fetch_add(1, Ordering::AcqRel) + 1 >= MISSES {
                    self.inner.is_in(Some(Trouble::Silent));
                }
                self.inner.suspicion.notify_one();
                Err(Error::TimedOut)
            }
        }
    }
}

/// What an error says about Redis as a whole; `None` if only about the command.
pub(super) fn trouble_of(error: &RedisError) -> Option<Trouble> {
    use ServerErrorKind as Said;
    match error.kind() {
        ErrorKind::Server(Said::BusyLoading | Said::ReadOnly | Said::MasterDown | Said::ClusterDown)
        | ErrorKind::AuthenticationFailed
        | ErrorKind::RESP3NotSupported => Some(Trouble::Refusing),
        ErrorKind::ClusterConnectionNotFound => Some(Trouble::Unreachable),
        _ if error.is_timeout() => Some(Trouble::Silent),
        _ if error.is_io_error() || error.is_unrecoverable_error() => Some(Trouble::Unreachable),
        _ => None,
    }
}

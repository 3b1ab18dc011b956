//! The one who keeps the connection: makes it, asks now and then whether it still answers, and makes it anew.

use std::sync::Arc;

use ::redis::{RedisError, RedisResult};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{
    Inner, Trouble,
    address::{CONNECT, bounds},
    ask::{Connection, trouble_of},
};

/// So many questions without an answer, and the connection is made anew: the other end may be gone without a word.
const PATIENCE: u32 = 4;

pub(super) async fn keep(inner: Arc<Inner>, stop: CancellationToken) {
    let keeping = async {
        loop {
            match connect(&inner).await {
                Ok(connection) => {
                    inner.put(Some(connection.clone()));
                    inner.is_in(None);
                    watch(&inner, connection).await;
                    inner.put(None);
                }
                Err(trouble) => inner.is_in(Some(trouble)),
            }
            sleep(inner.probe).await;
        }
    };
    stop.run_until_cancelled(keeping).await;
}

/// A connection that has answered.
async fn connect(inner: &Inner) -> Result<Connection, Trouble> {
    let connecting = async {
        let mut connection = if inner.address.is_cluster() {
            Connection::Cluster(inner.address.cluster()?.get_async_connection().await?)
        } else {
            let client = inner.address.single()?;
            let bounds = bounds(inner.timeout);
            Connection::Single(client.get_multiplexed_async_connection_with_config(&bounds).await?)
        };
        connection.one(&::redis::cmd("PING")).await?;
        RedisResult::Ok(connection)
    };
    let failed = |error: RedisError| {
        tracing::debug!(error = %error, "no connection to redis");
        trouble_of(&error).unwrap_or(Trouble::Refusing)
    };
    match timeout(CONNECT * 2, connecting).await {
        Ok(outcome) => outcome.map_err(failed),
        Err(_) => Err(Trouble::Silent),
    }
}

/// Until the connection is of no use any more.
async fn watch(inner: &Inner, mut connection: Connection) {
    let mut missed = 0;
    while missed < PATIENCE {
        tokio::select! {
            () = sleep(inner.probe) => {}
            () = inner.suspicion.notified() => {}
        }
        match timeout(inner.timeout, connection.one(&::redis::cmd("PING"))).await {
            Ok(Ok(_)) => {
                missed = 0;
                inner.is_in(None);
            }
            Ok(Err(error)) => match trouble_of(&error) {
                Some(Trouble::Silent) => {
                    missed += 1;
                    inner.is_in(Some(Trouble::Silent));
                }
                trouble => return inner.is_in(Some(trouble.unwrap_or(Trouble::Refusing))),
            },
            Err(_) => {
                missed += 1;
                inner.is_in(Some(Trouble::Silent));
            }
        }
    }
}

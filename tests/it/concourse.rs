//! What instances share besides the log. `contract.rs` holds for one alone and for several; `roll.rs` counts people
//! against a model; `together.rs` is two servers on one Redis, `outage.rs` what becomes of them without it.

mod contract;
mod outage;
mod roll;
mod together;

use std::{sync::Arc, time::Duration};

use grandstand::{
    bus::LocalBus,
    concourse::{Bounds, Concourse},
    config::{BusConfig, Config, Secret},
    crypto,
    redis::Redis,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::support::{Actor, TestServer, postgres, redis::Redis as RedisServer, server::SECRET, soon};

const BOUNDS: Bounds = Bounds {
    keys: 1_024,
    tickets: 3,
};

/// One instance's end, without a server around it.
struct Instance {
    concourse: Concourse,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Instance {
    async fn on(config: &BusConfig) -> Self {
        crypto::install();
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let redis = Redis::open(config, &tasks, &stop).unwrap().unwrap();
        soon("redis", redis.ready()).await;
        let concourse = Concourse::shared(BOUNDS, redis, &Secret::new(SECRET), &tasks, stop.clone());
        Self { concourse, stop, tasks }
    }

    /// As if it were killed: from now on nothing of it moves.
    async fn dies(&self) {
        self.stop.cancel();
        self.tasks.close();
        soon("the end of its tasks", self.tasks.wait()).await;
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Waits until something is so, asking again and again.
pub async fn until<F: Future<Output = bool>>(what: &str, so: impl Fn() -> F) {
    let asking = async {
        while !so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    soon(what, asking).await;
}

/// Two servers on one Redis and one database.
pub(crate) async fn twins(redis: &RedisServer, change: impl Fn(&mut Config)) -> (TestServer, TestServer, String) {
    let dirs = [Arc::new(TempDir::new().unwrap()), Arc::new(TempDir::new().unwrap())];
    let database = postgres::lay_ground(dirs[0].path()).await;
    postgres::assign(dirs[1].path(), &database);
    let settings = |config: &mut Config| {
        config.bus = redis.config();
        change(config);
    };
    let [one, two] = dirs.map(|dir| TestServer::start_on(dir, Arc::new(LocalBus::default()), settings));
    let (one, two) = (Box::pin(one).await, Box::pin(two).await);
    for server in [&one, &two] {
        let ready = || async { server.anybody().get("/health/ready").await.ok()["status"] == json!("ready") };
        until("a server that has its redis", ready).await;
    }
    let event = one.host().starts_event("session").await;
    (one, two, event)
}

/// Viewers and users, as an actor's server counts them.
async fn counts(who: &Actor, event: &str) -> (u64, u64) {
    let page = participants(who, event).await;
    (page["viewers"].as_u64().unwrap(), page["users"].as_u64().unwrap())
}

async fn participants(who: &Actor, event: &str) -> Value {
    who.get(&format!("/v1/events/{event}/participants")).await.ok()
}

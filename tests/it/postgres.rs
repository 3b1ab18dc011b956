//! Several servers on one PostgreSQL, and what they do when it goes away. These run on PostgreSQL whatever the suite runs on.

mod doubt;
mod epoch;
mod many;
mod outage;
mod tables;
mod wire;

use std::sync::Arc;

use grandstand::{
    bus::{Bus, LocalBus},
    config::Config,
};
use tempfile::TempDir;

pub(crate) use crate::support::postgres::fresh_database;
use crate::support::{TestServer, postgres};

/// A server on that database. Without a bus that reaches others, it hears of them by its sweep alone.
pub(crate) async fn server_at(url: &str, bus: Arc<dyn Bus>, change: impl FnOnce(&mut Config)) -> TestServer {
    let dir = TempDir::new().unwrap();
    postgres::assign(dir.path(), url);
    TestServer::start_on(Arc::new(dir), bus, change).await
}

pub(crate) async fn server_alone_at(url: &str, change: impl FnOnce(&mut Config)) -> TestServer {
    server_at(url, Arc::new(LocalBus::default()), change).await
}

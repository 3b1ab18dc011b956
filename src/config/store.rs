//! Where data is kept and how writes are gathered.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Secret;

/// `[store]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreConfig {
    /// A PostgreSQL database, `postgres://user:password@host/name`, which several instances may share. Without it, a SQLite
    /// file in the data directory, for this server alone. Hidden, because it carries a password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_url: Option<Secret>,
    /// The data directory: database, signing secret, lock. Made with access for its owner only. A relative path counts
    /// from the working directory, so that trying it out leaves everything in one visible place.
    pub data_dir: PathBuf,
    /// Connections that read. More than the machine's cores only helps when readers wait for the disk.
    pub readers: u32,
    /// Connections that write, on PostgreSQL; an event always takes the same one. SQLite has one writer whatever this says.
    pub writers: u32,
    /// How long PostgreSQL may take over an answer before we say that it is away. Bounds how long anybody waits for a
    /// database that is frozen or cut off, and how long one instance can keep others waiting for a lock.
    pub answer_within_ms: u32,
    /// Changes that may wait for each writer, and as many reactions and the like beside them. Full means 503 at once, so this
    /// bounds memory and waiting time.
    pub queue_max: usize,
    /// Changes per transaction at most. Larger batches write more per second but make the last one wait longer.
    pub batch_max: usize,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            database_url: None,
            data_dir: PathBuf::from("grandstand-data"),
            readers: 4,
            writers: 4,
            answer_within_ms: 5_000,
            queue_max: 4_096,
            batch_max: 256,
        }
    }
}

impl StoreConfig {
    pub(super) fn check(&self) -> Result<(), super::Wrong> {
        if self.data_dir.as_os_str().is_empty() {
            return Err(("store.data_dir", "must name a directory"));
        }
        if self.database_url.as_ref().is_some_and(|url| !is_postgres(url.expose())) {
            return Err(("store.database_url", "starts with `postgres://` or `postgresql://`"));
        }
        if self.readers == 0 || self.queue_max == 0 || self.batch_max == 0 {
            return Err(("store", "`readers`, `queue_max` and `batch_max` are at least 1"));
        }
        if !(1..=64).contains(&self.writers) {
            return Err(("store.writers", "lies between 1 and 64"));
        }
        if !(200..=60_000).contains(&self.answer_within_ms) {
            return Err(("store.answer_within_ms", "lies between 200 and 60000"));
        }
        Ok(())
    }
}

fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

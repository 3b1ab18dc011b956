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
    /// Changes that may wait for the writer. Full means 503 at once, so this bounds memory and waiting time.
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
        Ok(())
    }
}

fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

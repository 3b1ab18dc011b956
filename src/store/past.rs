//! Whether the logs in the database are the ones we know: a failover to a copy that lagged behind, or an old backup, takes
//! the end of them away, and others may have taken those places since.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

use sea_orm::{DatabaseTransaction, DbErr};

use super::{
    LogEntry,
    log::{self, Head},
};
use crate::domain::EventId;

/// Who knows how a log ended, from what was committed: the head, and, if it is at hand, the entry that made it.
pub(super) type Known = Arc<dyn Fn(EventId) -> Option<(Head, Option<LogEntry>)> + Send + Sync>;

/// Events remembered as compared; over this they are compared again.
const COMPARED_MAX: usize = 10_000;

/// What one writer knows of the past.
pub(super) struct Past {
    known: Arc<OnceLock<Known>>,
    /// Events whose last entry was found to be the one we know, on this connection.
    compared: BTreeSet<EventId>,
}

impl Past {
    pub(super) fn new(known: Arc<OnceLock<Known>>) -> Self {
        Self {
            known,
            compared: BTreeSet::new(),
        }
    }

    /// Another connection may lead to another database, or to one of another time.
    pub(super) fn forget(&mut self) {
        self.compared.clear();
    }

    /// Begins another epoch in every locked log that is not the one we know: what is said now takes places that others had.
    /// Under the lock, so it happens once over all instances.
    pub(super) async fn compare(
        &mut self,
        txn: &DatabaseTransaction,
        heads: &mut BTreeMap<EventId, Head>,
    ) -> Result<(), DbErr> {
        let Some(known) = self.known.get() else { return Ok(()) };
        if self.compared.len() > COMPARED_MAX {
            self.compared.clear();
        }
        for (event, head) in heads {
            let Some((known, entry)) = known(*event) else { continue };
            if (head.epoch, head.position()) < (known.epoch, known.position()) {
                tracing::error!(event.id = %event, ?known, found = ?head, "the database has lost the end of a log");
                head.epoch = known.epoch + 1;
                continue;
            }
            let Some(entry) = entry.filter(|entry| entry.epoch == head.epoch && !self.compared.contains(event)) else {
                continue;
            };
            if log::has(txn, &entry).await? {
                self.compared.insert(*event);
            } else {
                tracing::error!(event.id = %event, ?known, "the database has another past than the one we told");
                head.epoch = known.epoch + 1;
            }
        }
        Ok(())
    }
}

//! When the log turns out to have another past than the one that was told: a failover to a copy that lagged behind, or an
//! old backup. The stand then begins another epoch with the log, and its seats start afresh.

use std::sync::{Arc, atomic::Ordering};

use super::{hub::Hub, mend::Repair, stand::Stand};
use crate::store::{Error, Head, log};

impl Hub {
    /// Compares what a stand knew with the head that was found in the log afterwards. False: they do not fit, and what is
    /// needed is under way.
    pub(super) fn fits(self: &Arc<Self>, stand: &Arc<Stand>, known: Head, found: Option<Head>) -> bool {
        let found = match found {
            Some(found) => found,
            None if known.position() == 0 => return true,
            None => Head {
                epoch: 0,
                ..Head::EMPTY
            },
        };
        if found.epoch > known.epoch {
            stand.begin_epoch(found);
            stand.wake_now();
            return false;
        }
        let is_shorter = (found.epoch, found.position()) < (known.epoch, known.position());
        if is_shorter {
            self.renew(stand);
        }
        !is_shorter
    }

    /// After the database was away: whether the log still ends as the stand knew it. It may be long enough and yet another
    /// one. To be asked before anything more is passed on. Ok(false): it does not, and what is needed is under way.
    pub(super) async fn has_same_past(self: &Arc<Self>, stand: &Arc<Stand>) -> Result<bool, Error> {
        let interruptions = self.store.interruptions();
        if stand.compared.load(Ordering::Acquire) == interruptions {
            return Ok(true);
        }
        if let Some(entry) = stand.last_entry()
            && !log::has(self.store.reader(), &entry).await?
        {
            self.renew(stand);
            return Ok(false);
        }
        stand.compared.store(interruptions, Ordering::Release);
        Ok(true)
    }

    /// Has the log begin another epoch if it lost what the stand knows, and the stand go on from there. Decided under the
    /// log's lock, so that of many instances one does it and the others find it done.
    pub(super) fn renew(self: &Arc<Self>, stand: &Arc<Stand>) {
        if stand.repairing.swap(true, Ordering::AcqRel) {
            return;
        }
        let (hub, repair) = (Arc::clone(self), Repair(Arc::clone(stand)));
        self.tasks.spawn(async move {
            let stand = &repair.0;
            // What the writer notices under the log's lock, it notices by itself.
            let nothing = hub.store.record(stand.event, |_| Box::pin(async { Ok(()) }));
            match nothing.await {
                Ok(recorded) => {
                    stand.begin_epoch(recorded.head);
                    stand.wake_now();
                }
                Err(error) => {
                    tracing::warn!(event.id = %stand.event, error = %error, "a log was not compared; the next sweep tries again");
                }
            }
        });
    }
}

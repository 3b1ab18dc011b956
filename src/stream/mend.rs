//! Mending: what a stand lacks is read from the log, and heads are compared now and then, so that a lost last hint is
//! found too.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::time::{sleep, timeout};

use super::{hub::Hub, stand::Stand};
use crate::{
    domain::{Audience, EventId},
    store::{Error, log},
};

/// Entries read at once when a stand mends a hole.
const PAGE: u64 = 500;
/// While the bus does not deliver, heads are compared this often: seats hear what others wrote within a fraction of a
/// second. One query for all stands, so it costs little.
const SWEEP_TROUBLED: Duration = Duration::from_millis(250);
/// Two sweeps are at least so far apart, whatever the bus says.
const SWEEP_REST: Duration = Duration::from_millis(150);
/// A stand without seats is kept this long, so that a reload finds its ring.
const LINGER: Duration = Duration::from_secs(10);

/// The one repair of a stand that may be under way; however it ends, the next may begin.
pub(super) struct Repair(pub(super) Arc<Stand>);

impl Drop for Repair {
    fn drop(&mut self) {
        self.0.repairing.store(false, Ordering::Release);
    }
}

impl Hub {
    /// Another instance says that the log reaches so far.
    pub(super) fn hear_of(self: &Arc<Self>, event: EventId, head: log::Head) {
        let Some(stand) = self.find(event) else { return };
        stand.hear_of(head);
        self.mend_if_behind(&stand, Duration::ZERO);
    }

    /// Starts one repair of the stand if something is missing, after giving it `wait` to arrive by itself.
    pub(super) fn mend_if_behind(self: &Arc<Self>, stand: &Arc<Stand>, wait: Duration) {
        if stand.behind().is_none() || stand.repairing.swap(true, Ordering::AcqRel) {
            return;
        }
        let (hub, repair) = (Arc::clone(self), Repair(Arc::clone(stand)));
        self.tasks.clone().spawn(async move {
            sleep(wait).await;
            let stand = Arc::clone(&repair.0);
            let mended = hub.mend(&stand).await;
            drop(repair);
            match mended {
                // What arrived between our last look and now has been left to us.
                Ok(()) => hub.mend_if_behind(&stand, Duration::from_millis(hub.config.repair_wait_ms)),
                Err(error) => {
                    tracing::warn!(event.id = %stand.event, error = %error, "a hole was not mended; the next sweep tries again");
                }
            }
        });
    }

    async fn mend(self: &Arc<Self>, stand: &Arc<Stand>) -> Result<(), Error> {
        while let Some(told) = stand.behind() {
            self.metrics.repairs.inc();
            if !self.has_same_past(stand).await? {
                return Ok(());
            }
            let head = stand.head();
            let missing = log::read_after(self.store.reader(), stand.event, Audience::Staff, head, PAGE).await?;
            if missing.is_empty() {
                stand.give_up_waiting(told);
                return Ok(());
            }
            self.tell_listeners(stand.event, &missing);
            let fits = stand.arrive(missing);
            if !fits {
                return Ok(());
            }
            if stand.head() == head {
                return Err(Error::unreadable("log", "it has a hole"));
            }
            self.wake(stand);
        }
        Ok(())
    }

    /// Compares heads now and then, more often while the bus is in trouble, and at once when it is well again.
    pub(super) async fn keep_sweeping(self: Arc<Self>) {
        let mut condition = self.bus.condition();
        let sweeping = async {
            loop {
                let period = Duration::from_millis(self.config.sweep_ms);
                let troubled = condition.borrow_and_update().trouble.is_some();
                let rest = if troubled { period.min(SWEEP_TROUBLED) } else { period };
                sleep(SWEEP_REST.min(rest)).await;
                // A bus that is gone changes no more: then only time passes.
                if let Ok(Err(_)) = timeout(rest.saturating_sub(SWEEP_REST), condition.changed()).await {
                    sleep(rest).await;
                }
                self.sweep().await;
            }
        };
        self.stop.run_until_cancelled(sweeping).await;
    }

    /// Compares heads with the log, so that a lost last hint is found too; forgets stands nobody needs.
    async fn sweep(self: &Arc<Self>) {
        let mut gone = Vec::new();
        self.stands().retain(|_, kept| {
            let is_idle = kept.stand.is_idle(LINGER);
            if is_idle {
                gone.push(Arc::clone(&kept.interest));
            }
            !is_idle
        });
        // Giving up interest takes the bus's own lock; not under ours.
        drop(gone);
        let stands = self.all();
        let known: Vec<_> = stands.iter().map(|stand| (stand.event, stand.head())).collect();
        let events: Vec<_> = known.iter().map(|(event, _)| *event).collect();
        let heads = match log::heads(self.store.reader(), &events).await {
            Ok(heads) => heads.into_iter().collect::<HashMap<_, _>>(),
            // Said by whoever found it out.
            Err(error) if error.is_outage() => return,
            Err(error) => return tracing::warn!(error = %error, "heads could not be compared"),
        };
        for (stand, (event, known)) in stands.iter().zip(known) {
            let found = heads.get(&event).copied();
            if !self.fits(stand, known, found) || !self.has_same_past(stand).await.unwrap_or(false) {
                continue;
            }
            if let Some(found) = found {
                stand.hear_of(found);
                self.mend_if_behind(stand, Duration::ZERO);
            }
        }
    }
}

//! One batch of changes inside one transaction: each under a savepoint, then the log in bulk.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::AssertUnwindSafe,
};

use futures_util::FutureExt;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, TransactionTrait};

use super::{
    Error, LogEntry, bulk,
    forget::forget,
    heads,
    log::{self, Head},
    notices,
    past::Past,
    scribe::{Said, Scribe},
    together::{Lot, Scribes},
    writer::{Answer, Change, Job},
};
use crate::{
    clock,
    domain::{EventId, Stamp},
};

/// Callers whose changes ran well and who wait for the commit, with the head each will be told.
pub(super) type Ran = Vec<(Box<dyn Answer>, Head)>;
/// All whose changes are not to stand.
type Failed = Vec<Box<dyn Answer>>;

/// Runs every change and writes the log; refused changes are answered at once and leave no trace. Err: the transaction is
/// in doubt, and none of these may stand.
pub(super) async fn run_batch(
    txn: &DatabaseTransaction,
    mut heads: BTreeMap<EventId, Head>,
    past: &mut Past,
    batch: Vec<Job>,
) -> Result<(Ran, Said), (Failed, sea_orm::DbErr)> {
    let epochs: BTreeMap<EventId, u32> = heads.iter().map(|(event, head)| (*event, head.epoch)).collect();
    if let Err(error) = past.compare(txn, &mut heads).await {
        return Err((gather(batch).into_iter().flat_map(Unit::into_answers).collect(), error));
    }
    let mut running = Running {
        txn,
        now: clock::now(),
        heads,
        ran: Vec::with_capacity(batch.len()),
        said: Said::default(),
    };
    let mut units = gather(batch).into_iter();
    let alone = units.len() == 1;
    while let Some(unit) = units.next() {
        let done = match unit {
            Unit::Alone(event, change) => running.run_change(event, change, alone).await,
            Unit::Lot(lot) => running.run_lot(lot, alone).await,
        };
        if let Err((mut failed, error)) = done {
            failed.extend(running.ran.into_iter().map(|(caller, _)| caller));
            failed.extend(units.flat_map(Unit::into_answers));
            return Err((failed, error));
        }
    }
    match append(
        txn,
        running.now,
        running.ran.len(),
        &mut running.said,
        &running.heads,
        &epochs,
    )
    .await
    {
        Ok(()) => Ok((running.ran, running.said)),
        Err(error) => Err((running.ran.into_iter().map(|(caller, _)| caller).collect(), error)),
    }
}

/// What runs under one savepoint.
enum Unit {
    Alone(Option<EventId>, Box<dyn Change>),
    Lot(Box<dyn Lot>),
}

impl Unit {
    fn into_answers(self) -> Failed {
        match self {
            Self::Alone(_, change) => vec![change],
            Self::Lot(lot) => callers(lot),
        }
    }
}

fn callers(lot: Box<dyn Lot>) -> Failed {
    lot.into_answers().into_iter().map(|(_, caller)| caller).collect()
}

/// Puts changes of one kind together, at the place of the first. They have waited side by side, so nobody can tell.
fn gather(batch: Vec<Job>) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    for job in batch {
        let change = match job {
            Job::Alone { event, change, .. } => {
                units.push(Unit::Alone(event, change));
                continue;
            }
            Job::Like { change, .. } => change,
        };
        let same = units.iter_mut().find_map(|unit| match unit {
            Unit::Lot(lot) if lot.kind() == change.kind() => Some(lot),
            _ => None,
        });
        if let Some(lot) = same {
            lot.add(change);
        } else {
            let mut lot = change.lot();
            lot.add(change);
            units.push(Unit::Lot(lot));
        }
    }
    units
}

/// How a change did not come about.
enum Failure {
    /// It alone failed and left no trace.
    Refused(Error),
    /// Its traces could not be undone (or kept): the whole transaction cannot be relied on.
    InDoubt(sea_orm::DbErr),
}

/// A batch on its way.
struct Running<'a> {
    txn: &'a DatabaseTransaction,
    now: Stamp,
    heads: BTreeMap<EventId, Head>,
    ran: Ran,
    said: Said,
}

impl Running<'_> {
    /// Err: in doubt, with the caller.
    async fn run_change(
        &mut self,
        event: Option<EventId>,
        mut change: Box<dyn Change>,
        alone: bool,
    ) -> Result<(), (Failed, sea_orm::DbErr)> {
        // A change outside any log gets a scribe whose words nobody could place; the type it runs under never asks.
        let log = event.unwrap_or_else(|| EventId::from_uuid(sea_orm::prelude::Uuid::nil()));
        let head = self.heads.get(&log).copied().unwrap_or(Head::EMPTY);
        let now = self.now;
        let outcome = under_savepoint(self.txn, alone, async |txn| {
            let mut scribe = Scribe::new(txn, log, now, head);
            // A panic is a bug in one change; it must not take the writer along, and with it everybody's.
            let run = AssertUnwindSafe(change.run(&mut scribe)).catch_unwind();
            run.await.map_err(|_| Error::Panicked)??;
            scribe.finish()
        });
        match outcome.await {
            Ok((head, more)) => {
                self.heads.insert(log, head);
                self.said.extend(more);
                self.ran.push((change, head));
                Ok(())
            }
            Err(Failure::Refused(error)) => {
                change.answer(Err(error));
                Ok(())
            }
            Err(Failure::InDoubt(error)) => Err((vec![change], error)),
        }
    }

    /// As [`Running::run_change`], for several at once; those that fail together are tried one by one.
    async fn run_lot(&mut self, mut lot: Box<dyn Lot>, alone: bool) -> Result<(), (Failed, sea_orm::DbErr)> {
        let single = lot.len() == 1;
        let mut waiting = match self.try_lot(&mut lot, alone && single).await {
            Ok(()) => {
                self.keep(lot);
                return Ok(());
            }
            Err(Failure::InDoubt(error)) => return Err((callers(lot), error)),
            Err(Failure::Refused(error)) if single => {
                refuse(lot, error);
                return Ok(());
            }
            Err(Failure::Refused(error)) => {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "several changes are tried one by one"
                );
                lot.split().into_iter()
            }
        };
        while let Some(mut one) = waiting.next() {
            match self.try_lot(&mut one, false).await {
                Ok(()) => self.keep(one),
                Err(Failure::Refused(error)) => refuse(one, error),
                Err(Failure::InDoubt(error)) => {
                    return Err(([one].into_iter().chain(waiting).flat_map(callers).collect(), error));
                }
            }
        }
        Ok(())
    }

    async fn try_lot(&mut self, lot: &mut Box<dyn Lot>, alone: bool) -> Result<(), Failure> {
        let (heads, now) = (&self.heads, self.now);
        let (moved, said) = under_savepoint(self.txn, alone, async |txn| {
            let mut scribes = Scribes::new(txn, now, heads);
            let run = AssertUnwindSafe(lot.run(&mut scribes)).catch_unwind();
            run.await.map_err(|_| Error::Panicked)??;
            Ok(scribes.finish())
        })
        .await?;
        self.heads.extend(moved);
        self.said.extend(said);
        Ok(())
    }

    fn keep(&mut self, lot: Box<dyn Lot>) {
        for (event, caller) in lot.into_answers() {
            let head = self.heads.get(&event).copied().unwrap_or(Head::EMPTY);
            self.ran.push((caller, head));
        }
    }
}

/// The one change of a lot is refused.
fn refuse(lot: Box<dyn Lot>, error: Error) {
    if let Some(caller) = callers(lot).pop() {
        caller.answer(Err(error));
    }
}

/// Runs under a savepoint that is rolled back if it does not end well. `alone` needs none: then the whole transaction is.
async fn under_savepoint<T>(
    txn: &DatabaseTransaction,
    alone: bool,
    run: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, Error>,
) -> Result<T, Failure> {
    if alone {
        return run(txn).await.map_err(Failure::Refused);
    }
    let savepoint = txn.begin().await.map_err(Failure::InDoubt)?;
    match run(&savepoint).await {
        Ok(done) => savepoint.commit().await.map(|()| done).map_err(Failure::InDoubt),
        Err(error) => {
            savepoint.rollback().await.map_err(Failure::InDoubt)?;
            Err(Failure::Refused(error))
        }
    }
}

/// The events of a batch.
pub(super) struct Events {
    pub(super) all: BTreeSet<EventId>,
    /// Those whose logs may grow.
    pub(super) said: BTreeSet<EventId>,
}

impl Events {
    pub(super) fn of(batch: &[Job]) -> Self {
        Self {
            all: batch.iter().filter_map(Job::event).collect(),
            said: batch.iter().filter(|job| job.says()).filter_map(Job::event).collect(),
        }
    }
}

async fn append(
    txn: &DatabaseTransaction,
    now: Stamp,
    ran: usize,
    said: &mut Said,
    heads: &BTreeMap<EventId, Head>,
    epochs: &BTreeMap<EventId, u32>,
) -> Result<(), sea_orm::DbErr> {
    let is_postgres = txn.get_database_backend() == DbBackend::Postgres;
    if is_postgres && said.entries.is_empty() && said.forgotten.is_empty() && ran > 0 {
        // PostgreSQL answers the COMMIT of a transaction in which something failed with a silent ROLLBACK. Any statement
        // before it says so; when nothing is appended, this one does.
        txn.execute_unprepared("SELECT 1").await?;
    }
    let rows = said.entries.iter().map(LogEntry::values).collect();
    bulk::insert(txn, "log_entry", log::COLUMNS, rows, "").await?;
    if !said.notices.is_empty() {
        said.noticed.extend(notices::write(txn, now, &said.notices).await?);
    }
    for forgotten in &said.forgotten {
        forget(txn, forgotten).await?;
        said.noticed
            .extend(notices::told_of(txn, forgotten.gone.message_id).await?);
    }
    let mut moved: BTreeSet<EventId> = said.entries.iter().map(|entry| entry.event).collect();
    // Those that begin another epoch, whether or not something was said in it already.
    let begins_anew = |(event, epoch): &(&EventId, &u32)| heads.get(*event).is_some_and(|head| head.epoch != **epoch);
    moved.extend(epochs.iter().filter(begins_anew).map(|(event, _)| *event));
    let moved = moved
        .into_iter()
        .filter_map(|event| heads.get(&event).map(|head| (event, *head)))
        .collect();
    heads::move_on(txn, moved).await
}

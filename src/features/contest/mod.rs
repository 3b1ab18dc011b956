//! The contest: setting it up, taking in what feeds report, and showing the scoreboard.
//!
//! The rules are `domain::contest`'s; here a batch of reports becomes one change of the event's log, all or nothing, each
//! report once. Endpoints in `api.rs`, queries in `rows.rs`.

pub mod api;
pub mod rows;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc};

use futures_util::future::BoxFuture;
use sea_orm::DatabaseTransaction;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        Audience, Cursor, EventId, Fault, IncidentId, Reason, Refusal,
        contest::{ContestIn, ContestState, Report, Scoreboard, Update, UpdateIn, update::check_feed_name},
        event::Event,
        shift::Delay,
    },
    store::{Error, Scribe, Store},
    stream::{Draft, SnapshotPart, Stream},
};
use rows::{Kept, KnownUpdate};

/// What became of one report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum UpdateOutcome {
    Recorded,
    /// It was recorded before; nothing changed.
    Duplicate,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct UpdateResult {
    pub source_id: String,
    pub outcome: UpdateOutcome,
    /// The incident it made or changed, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident_id: Option<IncidentId>,
}

/// A batch that has the right form; whether the contest allows it shows when it is taken in.
#[derive(Debug, Clone)]
pub struct Batch {
    source: String,
    updates: Vec<(UpdateIn, Update)>,
}

impl Batch {
    /// At most so many updates in one batch: one transaction must stay short.
    pub const MAX: usize = 100;

    /// Reads what a feed sent, naming every field that is wrong.
    pub fn read(source: String, updates: Vec<UpdateIn>) -> Result<Self, Refusal> {
        let mut faults: Vec<Fault> = check_feed_name(&source, 64, "/source").err().into_iter().collect();
        if !(1..=Self::MAX).contains(&updates.len()) {
            let detail = format!("A batch has 1 to {} updates.", Self::MAX);
            return Err(broken_rules(vec![Fault::new("/updates", "out-of-range", detail)]));
        }
        let mut read = Vec::with_capacity(updates.len());
        for (index, update) in updates.into_iter().enumerate() {
            match update.read() {
                Ok(exact) => read.push((update, exact)),
                Err(found) => faults.extend(of_update(index, found)),
            }
        }
        if faults.is_empty() {
            Ok(Self { source, updates: read })
        } else {
            Err(broken_rules(faults))
        }
    }
}

/// The feature.
#[derive(Clone)]
pub struct Contests {
    store: Store,
    stream: Stream,
}

impl Contests {
    #[must_use]
    pub fn new(store: Store, stream: Stream) -> Self {
        Self { store, stream }
    }

    /// The scoreboard of an event, if it has a contest.
    pub async fn find(&self, event: EventId) -> Result<Option<Scoreboard>, Error> {
        let kept = rows::find(self.store.reader(), event).await?;
        Ok(kept.map(|kept| kept.state.scoreboard()))
    }

    /// The scoreboard as it stood so much earlier.
    pub async fn find_behind(&self, event: EventId, delay: Option<Delay>) -> Result<Option<Scoreboard>, Error> {
        match Delay::any(delay) {
            Some(delay) => Ok(self.stream.earlier(event, delay).await?.snapshot.contest.clone()),
            None => self.find(event).await,
        }
    }

    /// Sets the contest up, making it from the event if there was none.
    pub async fn set_up(&self, event: &Arc<Event>, setup: ContestIn) -> Result<Scoreboard, Error> {
        let (id, event) = (event.id, Arc::clone(event));
        let recorded = self
            .stream
            .record(id, move |scribe| Box::pin(set_up(scribe, event, setup)))
            .await?;
        Ok(recorded.value)
    }

    /// Takes in a batch, all or nothing. The cursor is a place in the public log after everything it told.
    pub async fn report(&self, event: EventId, batch: Batch) -> Result<(Vec<UpdateResult>, Cursor), Error> {
        let recorded = self
            .stream
            .record(event, move |scribe| Box::pin(take_in(scribe, batch)))
            .await?;
        Ok((recorded.value, recorded.head.cursor(Audience::Public)))
    }
}

fn broken_rules(faults: Vec<Fault>) -> Refusal {
    Refusal {
        reason: Reason::ContestRule,
        ..Refusal::content(faults)
    }
}

fn of_update(index: usize, faults: Vec<Fault>) -> impl Iterator<Item = Fault> {
    faults.into_iter().map(move |fault| Fault {
        pointer: format!("/updates/{index}{}", fault.pointer),
        ..fault
    })
}

async fn set_up(scribe: &mut Scribe<'_>, event: Arc<Event>, setup: ContestIn) -> Result<Scoreboard, Error> {
    let (txn, id, now) = (scribe.txn(), scribe.event(), scribe.now());
    let known = rows::find(txn, id).await?;
    let is_new = known.is_none();
    let mut kept = known.unwrap_or_else(|| Kept {
        id: sea_orm::prelude::Uuid::now_v7(),
        state: ContestState::new(event.kind, &event.participants, now),
        version: 0,
    });
    let told = kept.state.configure(&setup).map_err(broken_rules)?;
    if is_new {
        rows::insert(txn, id, &kept.state, now).await?;
        scribe.say(&kept.state.set_up_anew());
    } else if let Some(entry) = told {
        rows::update(txn, &kept, now).await?;
        scribe.say(&entry);
    }
    Ok(kept.state.scoreboard())
}

async fn take_in(scribe: &mut Scribe<'_>, batch: Batch) -> Result<Vec<UpdateResult>, Error> {
    let (txn, now) = (scribe.txn(), scribe.now());
    let Some(mut kept) = rows::find(txn, scribe.event()).await? else {
        let detail = "This event has no contest yet; PUT …/contest makes one.";
        return Err(Refusal::new(Reason::NotFound, detail).into());
    };
    let source_ids = batch
        .updates
        .iter()
        .map(|(update, _)| update.source_id.clone())
        .collect();
    let mut known = rows::known_updates(txn, kept.id, &batch.source, source_ids).await?;
    let (mut results, mut taken) = (Vec::new(), Vec::new());
    for (index, (update, exact)) in batch.updates.into_iter().enumerate() {
        let source_id = update.source_id.clone();
        if let Some(duplicate) = duplicate(&known, &update).map_err(|fault| one_fault(index, fault))? {
            results.push(duplicate);
            continue;
        }
        let report = Report {
            source: &batch.source,
            source_id: &source_id,
            incident_id: IncidentId::generate(),
            now,
        };
        let applied = kept.state.apply(&report, &exact);
        let applied = applied.map_err(|faults| broken_rules(of_update(index, faults).collect()))?;
        for entry in &applied.entries {
            scribe.say(entry);
        }
        let incident_id = applied.incident_id;
        taken.push((update.clone(), incident_id));
        known.insert(source_id.clone(), KnownUpdate { update, incident_id });
        results.push(UpdateResult {
            source_id,
            outcome: UpdateOutcome::Recorded,
            incident_id,
        });
    }
    if !taken.is_empty() {
        rows::insert_updates(txn, kept.id, &batch.source, &taken, now).await?;
        rows::update(txn, &kept, now).await?;
    }
    Ok(results)
}

fn one_fault(index: usize, fault: Fault) -> Refusal {
    broken_rules(of_update(index, vec![fault]).collect())
}

/// The answer to a report that was taken in before; a fault if it said something else then.
fn duplicate(known: &HashMap<String, KnownUpdate>, update: &UpdateIn) -> Result<Option<UpdateResult>, Fault> {
    match known.get(&update.source_id) {
        None => Ok(None),
        Some(known) if known.update == *update => Ok(Some(UpdateResult {
            source_id: update.source_id.clone(),
            outcome: UpdateOutcome::Duplicate,
            incident_id: known.incident_id,
        })),
        Some(_) => {
            let detail = "Something else was reported under this id; to change it, send an amend under a new id.";
            Err(Fault::new("/source_id", "already-reported", detail))
        }
    }
}

impl SnapshotPart for Contests {
    fn add<'a>(
        &'a self,
        read: &'a DatabaseTransaction,
        event: EventId,
        _audience: Audience,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            draft.contest = rows::scoreboard(read, event).await?;
            Ok(())
        })
    }
}

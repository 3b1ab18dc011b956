//! The contest and its reported updates as rows.

use std::collections::HashMap;

use entity::{contest, contest_update};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, prelude::Uuid,
};

use crate::{
    domain::{
        EventId, IncidentId, Stamp,
        contest::{ContestState, Scoreboard, UpdateIn},
    },
    store::Error,
};

/// An event has one contest today; its ordinal is the place for more.
const FIRST: i32 = 0;

/// A contest as it is kept.
pub(super) struct Kept {
    pub(super) id: Uuid,
    pub(super) state: ContestState,
    pub(super) version: i64,
}

/// An update that was taken in before.
pub(super) struct KnownUpdate {
    pub(super) update: UpdateIn,
    pub(super) incident_id: Option<IncidentId>,
}

/// The scoreboard as `read` sees it; for snapshots. `None` if the event has no contest.
pub async fn scoreboard(read: &DatabaseTransaction, event: EventId) -> Result<Option<Scoreboard>, Error> {
    Ok(find(read, event).await?.map(|kept| kept.state.scoreboard()))
}

pub(super) async fn find(db: &impl ConnectionTrait, event: EventId) -> Result<Option<Kept>, Error> {
    let row = contest::Entity::find()
        .filter(contest::Column::EventId.eq(event.uuid()))
        .filter(contest::Column::Ordinal.eq(FIRST))
        .one(db)
        .await?;
    row.map(|row| {
        let state = serde_json::from_str(&row.state).map_err(|error| Error::unreadable("contest", error))?;
        Ok(Kept {
            id: row.id,
            state,
            version: row.version,
        })
    })
    .transpose()
}

fn state_json(state: &ContestState) -> Result<String, Error> {
    serde_json::to_string(state).map_err(|error| Error::unreadable("contest", error))
}

pub(super) async fn insert(
    db: &impl ConnectionTrait,
    event: EventId,
    state: &ContestState,
    now: Stamp,
) -> Result<(), Error> {
    let row = contest::ActiveModel {
        id: Set(Uuid::now_v7()),
        event_id: Set(event.uuid()),
        ordinal: Set(FIRST),
        state: Set(state_json(state)?),
        version: Set(1),
        changed_ms: Set(Some(now.ms())),
    };
    contest::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// Under the lock of the event's log, as all changes; so versions are counted without a gap.
pub(super) async fn update(db: &impl ConnectionTrait, kept: &Kept, now: Stamp) -> Result<(), Error> {
    let row = contest::ActiveModel {
        id: Set(kept.id),
        state: Set(state_json(&kept.state)?),
        version: Set(kept.version + 1),
        changed_ms: Set(Some(now.ms())),
        ..Default::default()
    };
    contest::Entity::update(row).exec(db).await?;
    Ok(())
}

/// Those of the named updates that were taken in before, by their ids.
pub(super) async fn known_updates(
    db: &impl ConnectionTrait,
    contest_id: Uuid,
    source: &str,
    source_ids: Vec<String>,
) -> Result<HashMap<String, KnownUpdate>, Error> {
    use contest_update::Column as C;
    let rows = contest_update::Entity::find()
        .filter(C::ContestId.eq(contest_id))
        .filter(C::Source.eq(source))
        .filter(C::SourceId.is_in(source_ids))
        .all(db)
        .await?;
    rows.into_iter()
        .map(|row| {
            let update = serde_json::from_str(&row.body).map_err(|error| Error::unreadable("contest update", error))?;
            let incident_id = row.incident_id.map(IncidentId::from_uuid);
            Ok((row.source_id, KnownUpdate { update, incident_id }))
        })
        .collect()
}

pub(super) async fn insert_updates(
    db: &impl ConnectionTrait,
    contest_id: Uuid,
    source: &str,
    updates: &[(UpdateIn, Option<IncidentId>)],
    now: Stamp,
) -> Result<(), Error> {
    let rows: Result<Vec<_>, Error> = updates
        .iter()
        .map(|(update, incident_id)| {
            Ok(contest_update::ActiveModel {
                contest_id: Set(contest_id),
                source: Set(source.to_owned()),
                source_id: Set(update.source_id.clone()),
                incident_id: Set(incident_id.map(IncidentId::uuid)),
                body: Set(serde_json::to_string(update).map_err(|error| Error::unreadable("contest update", error))?),
                at_ms: Set(now.ms()),
            })
        })
        .collect();
    contest_update::Entity::insert_many(rows?)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

//! Lines of events as rows: which there are, by marks that move on with every change, and what they say.

use std::collections::HashMap;

use entity::{contest, event};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, Select,
    prelude::Uuid,
};

use crate::{
    domain::{
        EventId, Stamp,
        contest::{ContestState, Scoreboard},
        lobby::{LobbyEvent, When},
    },
    store::{
        Error,
        event::{Eyes, read},
    },
};

/// What is scheduled within this time is soon; what should have begun and has not is still to come for a while.
const SOON_MS: i64 = 24 * 3_600_000;
const OVERDUE_MS: i64 = 6 * 3_600_000;
/// What ended within this time is just over.
const JUST_MS: i64 = 2 * 3_600_000;
/// So many of each kind are in the lobby.
const LIVE_MOST: u64 = 500;
const NEXT_MOST: u64 = 500;
const ENDED_MOST: u64 = 200;
/// An event has one contest today.
const FIRST: i32 = 0;

/// By which a line is known to be as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks {
    event: i64,
    contest: Option<i64>,
}

/// The public events of the lobby in its order, with their marks.
pub(super) async fn marks(db: &impl ConnectionTrait, now: Stamp) -> Result<Vec<(EventId, Marks, When)>, Error> {
    let mut marks = Vec::new();
    for when in When::ALL {
        let wanted = section(when, now)
            .filter(Eyes::Public.sight())
            .select_only()
            .columns([event::Column::Id, event::Column::Version])
            .column_as(contest::Column::Version, "contest_version")
            .join(JoinType::LeftJoin, contests());
        let rows: Vec<(Uuid, i64, Option<i64>)> = wanted.into_tuple().all(db).await?;
        marks.extend(rows.into_iter().map(|(id, event, contest)| {
            let marks = Marks { event, contest };
            (EventId::from_uuid(id), marks, when)
        }));
    }
    Ok(marks)
}

fn contests() -> sea_orm::RelationDef {
    event::Entity::belongs_to(contest::Entity)
        .from(event::Column::Id)
        .to(contest::Column::EventId)
        .into()
}

fn section(when: When, now: Stamp) -> Select<event::Entity> {
    use event::Column as C;
    let query = event::Entity::find().filter(C::Status.is_in(when.statuses().iter().map(|status| status.name())));
    match when {
        When::Live => query
            .order_by_desc(C::ScheduledMs)
            .order_by_desc(C::Id)
            .limit(LIVE_MOST),
        When::Next => query
            .filter(C::ScheduledMs.gte(now.ms() - OVERDUE_MS))
            .filter(C::ScheduledMs.lte(now.ms() + SOON_MS))
            .order_by_asc(C::ScheduledMs)
            .order_by_asc(C::Id)
            .limit(NEXT_MOST),
        When::Ended => query
            .filter(C::EndedMs.is_not_null())
            .filter(C::EndedMs.gte(now.ms() - JUST_MS))
            .order_by_desc(C::EndedMs)
            .order_by_desc(C::Id)
            .limit(ENDED_MOST),
    }
}

/// The lines of those of these events that `eyes` may see. What cannot be read is left out, and said in the log.
pub(super) async fn lines(db: &impl ConnectionTrait, ids: &[EventId], eyes: &Eyes) -> Result<Vec<LobbyEvent>, Error> {
    let ids = || ids.iter().map(|id| id.uuid());
    let in_sight = Condition::all().add(event::Column::Id.is_in(ids())).add(eyes.sight());
    let rows = event::Entity::find().filter(in_sight).all(db).await?;
    lines_of(db, rows).await
}

/// The lines of these events.
pub(super) async fn lines_of(db: &impl ConnectionTrait, rows: Vec<event::Model>) -> Result<Vec<LobbyEvent>, Error> {
    let mut boards = boards(db, rows.iter().map(|row| row.id)).await?;
    let line = |row: event::Model| {
        let (id, changed_ms) = (row.id, row.changed_ms);
        let event = match read(row) {
            Ok(event) => event,
            Err(error) => {
                unreadable(id, &error);
                return None;
            }
        };
        let (contest, told_ms) = boards.remove(&id).unzip();
        let last = [event.ended_at, event.started_at, Some(event.created_at)];
        let since = changed_ms
            .map(Stamp::from_ms)
            .or_else(|| last.into_iter().flatten().max());
        let told = told_ms.flatten().map(Stamp::from_ms);
        let changed_at = since.max(told).unwrap_or(event.created_at);
        Some(LobbyEvent::of(event, contest, changed_at))
    };
    Ok(rows.into_iter().filter_map(line).collect())
}

async fn boards(
    db: &impl ConnectionTrait,
    events: impl Iterator<Item = Uuid>,
) -> Result<HashMap<Uuid, (Scoreboard, Option<i64>)>, Error> {
    use contest::Column as C;
    let rows = contest::Entity::find()
        .filter(C::EventId.is_in(events))
        .filter(C::Ordinal.eq(FIRST))
        .all(db)
        .await?;
    let board = |row: contest::Model| match serde_json::from_str::<ContestState>(&row.state) {
        Ok(state) => Some((row.event_id, (state.scoreboard(), row.changed_ms))),
        Err(error) => {
            unreadable(row.event_id, &error);
            None
        }
    };
    Ok(rows.into_iter().filter_map(board).collect())
}

fn unreadable(event: Uuid, error: &(dyn std::error::Error + 'static)) {
    let event = EventId::from_uuid(event);
    tracing::error!(event.id = %event, error, "an event cannot be shown in lists");
}

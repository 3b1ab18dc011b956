//! How far logs were looked at, as rows; and what there is to look at.

use entity::{claim, commentary, contest, event, log_entry, message};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, JoinType, QueryFilter, QueryOrder, QuerySelect,
    prelude::Uuid,
    sea_query::{Expr, OnConflict},
};

use crate::{
    domain::{
        EventId, MessageId, Stamp,
        assistant::Remark,
        commentary::{HEEDED, Heard, Notes},
        entry::EntryKind,
        event::Event,
    },
    store::{Error, event::read},
};

/// An event has one contest today.
const FIRST: i32 = 0;
/// The public audience, in the log's rows.
const PUBLIC: i16 = 0;

/// How far an event's log was looked at.
#[derive(Debug, Clone, Default)]
pub(super) struct Mark {
    pub(super) seq: i64,
    pub(super) notes: Notes,
}

/// An event with a contest, as it is now.
pub(super) struct Watched {
    pub(super) event: Event,
    pub(super) contest_version: i64,
    pub(super) event_version: i64,
}

pub(super) async fn watched(db: &impl ConnectionTrait, event: EventId) -> Result<Option<Watched>, Error> {
    let contest_version: Option<i64> = contest::Entity::find()
        .select_only()
        .column(contest::Column::Version)
        .filter(contest::Column::EventId.eq(event.uuid()))
        .filter(contest::Column::Ordinal.eq(FIRST))
        .into_tuple()
        .one(db)
        .await?;
    let Some(contest_version) = contest_version else {
        return Ok(None);
    };
    let Some(row) = event::Entity::find_by_id(event.uuid()).one(db).await? else {
        return Ok(None);
    };
    let event_version = row.version;
    let event = read(row)?;
    Ok(Some(Watched {
        event,
        contest_version,
        event_version,
    }))
}

pub(super) async fn find(db: &impl ConnectionTrait, event: EventId) -> Result<Option<Mark>, Error> {
    let row = commentary::Entity::find_by_id(event.uuid()).one(db).await?;
    row.map(|row| {
        let notes = serde_json::from_str(&row.notes).map_err(|error| Error::unreadable("commentary", error))?;
        Ok(Mark { seq: row.seq, notes })
    })
    .transpose()
}

/// The place up to which the log was looked at; read under the log's lock to see whether somebody else was faster.
pub(super) async fn seq(db: &impl ConnectionTrait, event: EventId) -> Result<i64, Error> {
    let seq: Option<i64> = commentary::Entity::find_by_id(event.uuid())
        .select_only()
        .column(commentary::Column::Seq)
        .into_tuple()
        .one(db)
        .await?;
    Ok(seq.unwrap_or(0))
}

pub(super) async fn put(db: &impl ConnectionTrait, watched: &Watched, mark: &Mark) -> Result<(), Error> {
    use commentary::Column as C;
    let notes = serde_json::to_string(&mark.notes).map_err(|error| Error::unreadable("commentary", error))?;
    let row = commentary::ActiveModel {
        event_id: Set(watched.event.id.uuid()),
        seq: Set(mark.seq),
        contest_version: Set(watched.contest_version),
        event_version: Set(watched.event_version),
        notes: Set(notes),
    };
    let mut again = OnConflict::column(C::EventId);
    again.update_columns([C::Seq, C::ContestVersion, C::EventVersion, C::Notes]);
    commentary::Entity::insert(row)
        .on_conflict(again)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// The next public entries of the kinds that are heeded.
pub(super) async fn entries(
    db: &impl ConnectionTrait,
    event: EventId,
    after: i64,
    limit: u64,
) -> Result<Vec<Heard>, Error> {
    use log_entry::Column as C;
    let rows = log_entry::Entity::find()
        .filter(C::EventId.eq(event.uuid()))
        .filter(C::Audience.eq(PUBLIC))
        .filter(C::Seq.gt(after))
        .filter(C::Kind.is_in(HEEDED.map(EntryKind::name)))
        .order_by_asc(C::Seq)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter()
        .map(|row| {
            let kind = EntryKind::parse(&row.kind)
                .ok_or_else(|| Error::unreadable("entry kind", format!("unknown kind `{}`", row.kind)))?;
            Ok(Heard {
                seq: u64::try_from(row.seq).unwrap_or(0),
                at: Stamp::from_ms(row.at_ms),
                entry: kind
                    .read(&row.data)
                    .map_err(|error| Error::unreadable("entry", error))?,
            })
        })
        .collect()
}

/// Events whose contest, or which themselves, changed since then and were not looked at, by id from after `last` on.
pub(super) async fn behind(
    db: &impl ConnectionTrait,
    since: Stamp,
    last: Option<EventId>,
    limit: u64,
) -> Result<Vec<EventId>, Error> {
    use commentary::Column as K;
    use contest::Column as C;
    let col = |column: K| Expr::col((commentary::Entity, column));
    let changed = Condition::any()
        .add(C::ChangedMs.gte(since.ms()))
        .add(event::Column::ChangedMs.gte(since.ms()));
    let unseen = Condition::any()
        .add(K::EventId.is_null())
        .add(col(K::ContestVersion).ne(Expr::col((contest::Entity, C::Version))))
        .add(col(K::EventVersion).ne(Expr::col((event::Entity, event::Column::Version))));
    let mut query = contest::Entity::find()
        .select_only()
        .column(C::EventId)
        .join(
            JoinType::InnerJoin,
            contest::Entity::belongs_to(event::Entity)
                .from(C::EventId)
                .to(event::Column::Id)
                .into(),
        )
        .join(
            JoinType::LeftJoin,
            contest::Entity::belongs_to(commentary::Entity)
                .from(C::EventId)
                .to(K::EventId)
                .into(),
        )
        .filter(C::Ordinal.eq(FIRST))
        .filter(changed)
        .filter(unseen);
    if let Some(last) = last {
        query = query.filter(C::EventId.gt(last.uuid()));
    }
    let ids: Vec<Uuid> = query.order_by_asc(C::EventId).limit(limit).into_tuple().all(db).await?;
    Ok(ids.into_iter().map(EventId::from_uuid).collect())
}

/// Forgets a claim.
pub(super) async fn unclaim(db: &impl ConnectionTrait, occasion: &str) -> Result<(), Error> {
    claim::Entity::delete_by_id(occasion.to_owned()).exec(db).await?;
    Ok(())
}

/// What stands beside a message of the house.
pub(super) async fn remark(db: &impl ConnectionTrait, id: MessageId) -> Result<Option<Remark>, Error> {
    let row = message::Entity::find()
        .filter(message::Column::Id.eq(id.uuid()))
        .one(db)
        .await?;
    let remark = row.and_then(|row| row.remark).map(serde_json::from_value);
    remark.transpose().map_err(|error| Error::unreadable("remark", error))
}

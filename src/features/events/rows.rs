//! Events and their members as rows.

use std::collections::HashMap;

use entity::{event, event_member, event_participant};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, TryInsertResult,
    prelude::Uuid,
    sea_query::{LikeExpr, OnConflict},
};

use crate::{
    domain::{
        EventId, Stamp, UserId,
        event::{Event, EventKind, EventStatus, Participant, Visibility},
        timetable::Told,
        user::Role,
    },
    store::{
        Error, escape_like,
        event::{Eyes, PUBLIC, read},
    },
};

/// Which events a list asks for. What is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    pub(super) statuses: Vec<EventStatus>,
    pub(super) kind: Option<EventKind>,
    pub(super) participant: Option<String>,
    pub(super) text: Option<String>,
    pub(super) featured: Option<bool>,
    pub(super) starts_after: Option<Stamp>,
    pub(super) starts_before: Option<Stamp>,
    /// Private events are listed for these eyes only.
    pub(super) eyes: Eyes,
}

/// The columns that can change.
fn columns(event: &Event) -> Result<event::ActiveModel, Error> {
    let json = |what, value: Result<serde_json::Value, serde_json::Error>| {
        value.map_err(|error| Error::unreadable(what, error))
    };
    Ok(event::ActiveModel {
        id: Set(event.id.uuid()),
        slug: Set(event.slug.clone()),
        title: Set(event.title.clone()),
        kind: Set(event.kind.name().to_owned()),
        status: Set(event.status.name().to_owned()),
        participants: Set(json("participants", serde_json::to_value(&event.participants))?),
        venue: Set(event.venue.clone()),
        scheduled_ms: Set(event.scheduled_at.ms()),
        started_ms: Set(event.started_at.map(Stamp::ms)),
        ended_ms: Set(event.ended_at.map(Stamp::ms)),
        featured: Set(event.featured),
        visibility: Set(if event.visibility == Visibility::Public {
            PUBLIC
        } else {
            "private"
        }
        .to_owned()),
        cover_url: Set(event.cover_url.clone()),
        stream_url: Set(event.stream_url.clone()),
        settings: Set(json("event settings", serde_json::to_value(&event.settings))?),
        version: Set(i64::try_from(event.version).unwrap_or(i64::MAX)),
        demo: Set(event.demo),
        search_text: Set(search_text(&event.title, event.venue.as_deref(), &event.participants)),
        changed_ms: Set(Some(crate::clock::now().ms())),
        ..Default::default()
    })
}

/// Stands in the search text before the participants' names. No tidy text contains it.
const NAMES: char = '\u{1f}';

/// Title and venue, then names: what lists are searched by.
fn search_text(title: &str, venue: Option<&str>, participants: &[Participant]) -> String {
    let names = participants
        .iter()
        .flat_map(|participant| [Some(participant.name.as_str()), participant.short_name.as_deref()]);
    let names: Vec<_> = names.flatten().collect();
    let text = format!("{title}\n{}{NAMES}{}", venue.unwrap_or_default(), names.join("\n"));
    text.to_lowercase()
}

/// Ok(false): the slug is taken.
pub(super) async fn insert(db: &impl ConnectionTrait, event: &Event, created_by: &str) -> Result<bool, Error> {
    let row = event::ActiveModel {
        created_by: Set(created_by.to_owned()),
        created_ms: Set(event.created_at.ms()),
        ..columns(event)?
    };
    let insert = event::Entity::insert(row).on_conflict_do_nothing_on([event::Column::Slug]);
    let done = insert.exec_without_returning(db).await?;
    let is_new = matches!(done, TryInsertResult::Inserted(1..));
    if is_new {
        take_part(db, event).await?;
    }
    Ok(is_new)
}

/// Writes down who takes part, for those who ask by participant.
async fn take_part(db: &impl ConnectionTrait, event: &Event) -> Result<(), Error> {
    let row = |participant: &Participant| event_participant::ActiveModel {
        participant_id: Set(participant.id.clone()),
        event_id: Set(event.id.uuid()),
    };
    if event.participants.is_empty() {
        return Ok(());
    }
    event_participant::Entity::insert_many(event.participants.iter().map(row))
        .exec_without_returning(db)
        .await?;
    Ok(())
}

pub(super) async fn update(db: &impl ConnectionTrait, event: &Event) -> Result<(), Error> {
    event::Entity::update(columns(event)?).exec(db).await?;
    Ok(())
}

/// Writes down anew who takes part.
pub(super) async fn line_up(db: &impl ConnectionTrait, event: &Event) -> Result<(), Error> {
    event_participant::Entity::delete_many()
        .filter(event_participant::Column::EventId.eq(event.id.uuid()))
        .exec(db)
        .await?;
    take_part(db, event).await
}

pub(super) async fn find(db: &impl ConnectionTrait, id: EventId) -> Result<Option<Event>, Error> {
    event::Entity::find_by_id(id.uuid())
        .one(db)
        .await?
        .map(read)
        .transpose()
}

/// An event, and what its log said of its room.
pub(super) async fn find_with_told(db: &impl ConnectionTrait, id: EventId) -> Result<Option<(Event, Told)>, Error> {
    let Some(row) = event::Entity::find_by_id(id.uuid()).one(db).await? else {
        return Ok(None);
    };
    let at = row.room_told_ms.map(Stamp::from_ms);
    let told = match row.room_open {
        None => Told::Nothing,
        Some(true) => at.map_or(Told::Nothing, Told::Open),
        Some(false) => Told::Closed(at),
    };
    Ok(Some((read(row)?, told)))
}

/// Notes what the log said of an event's room, and when something happens to the event by itself.
pub(super) async fn note(db: &impl ConnectionTrait, id: EventId, told: Told, due: Option<Stamp>) -> Result<(), Error> {
    let (open, at) = match told {
        Told::Nothing => (None, None),
        Told::Open(at) => (Some(true), Some(at)),
        Told::Closed(at) => (Some(false), at),
    };
    let row = event::ActiveModel {
        id: Set(id.uuid()),
        room_open: Set(open),
        room_told_ms: Set(at.map(Stamp::ms)),
        due_ms: Set(due.map(Stamp::ms)),
        ..Default::default()
    };
    let noted = event::Entity::update_many().set(row);
    noted.filter(event::Column::Id.eq(id.uuid())).exec(db).await?;
    Ok(())
}

/// Events to which something happens by itself by now, in that order, from after `last` on.
pub(super) async fn due(
    db: &impl ConnectionTrait,
    now: Stamp,
    last: Option<(EventId, Stamp)>,
    limit: u64,
) -> Result<Vec<(EventId, Stamp)>, Error> {
    use event::Column as C;
    let mut query = event::Entity::find()
        .select_only()
        .columns([C::Id, C::DueMs])
        .filter(C::DueMs.is_not_null())
        .filter(C::DueMs.lte(now.ms()));
    if let Some((id, at)) = last {
        let same_time = Condition::all().add(C::DueMs.eq(at.ms())).add(C::Id.gt(id.uuid()));
        query = query.filter(Condition::any().add(C::DueMs.gt(at.ms())).add(same_time));
    }
    let query = query.order_by_asc(C::DueMs).order_by_asc(C::Id).limit(limit);
    let rows: Vec<(Uuid, i64)> = query.into_tuple().all(db).await?;
    let due = |(id, ms)| (EventId::from_uuid(id), Stamp::from_ms(ms));
    Ok(rows.into_iter().map(due).collect())
}

/// When something happens next by itself, after now.
pub(super) async fn next_due(db: &impl ConnectionTrait, now: Stamp) -> Result<Option<Stamp>, Error> {
    use event::Column as C;
    let query = event::Entity::find()
        .select_only()
        .column(C::DueMs)
        .filter(C::DueMs.is_not_null())
        .filter(C::DueMs.gt(now.ms()))
        .order_by_asc(C::DueMs);
    let next: Option<i64> = query.into_tuple().one(db).await?;
    Ok(next.map(Stamp::from_ms))
}

pub(super) async fn find_by_slug(db: &impl ConnectionTrait, slug: &str) -> Result<Option<Event>, Error> {
    event::Entity::find()
        .filter(event::Column::Slug.eq(slug))
        .one(db)
        .await?
        .map(read)
        .transpose()
}

pub(super) async fn slug_is_taken(db: &impl ConnectionTrait, slug: &str, but_not_by: EventId) -> Result<bool, Error> {
    let query = event::Entity::find()
        .filter(event::Column::Slug.eq(slug))
        .filter(event::Column::Id.ne(but_not_by.uuid()));
    Ok(query.one(db).await?.is_some())
}

/// Events by scheduled start, latest first; `after` is the last one of the page before.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    wanted: &Wanted,
    after: Option<(Stamp, EventId)>,
    limit: u64,
) -> Result<Vec<Event>, Error> {
    use event::Column as C;
    let mut query = event::Entity::find();
    if !wanted.statuses.is_empty() {
        query = query.filter(C::Status.is_in(wanted.statuses.iter().map(|status| status.name())));
    }
    if let Some(kind) = wanted.kind {
        query = query.filter(C::Kind.eq(kind.name()));
    }
    let anywhere = wanted.text.as_deref().map(|text| (String::from("%"), text));
    let in_names = wanted.participant.as_deref().map(|text| (format!("%{NAMES}%"), text));
    for (before, text) in [anywhere, in_names].into_iter().flatten() {
        let pattern = format!("{before}{}%", escape_like(&text.to_lowercase()));
        query = query.filter(C::SearchText.like(LikeExpr::new(pattern).escape('\\')));
    }
    if let Some(featured) = wanted.featured {
        query = query.filter(C::Featured.eq(featured));
    }
    if let Some(from) = wanted.starts_after {
        query = query.filter(C::ScheduledMs.gte(from.ms()));
    }
    if let Some(until) = wanted.starts_before {
        query = query.filter(C::ScheduledMs.lt(until.ms()));
    }
    if let Some((scheduled, id)) = after {
        let same_time = Condition::all()
            .add(C::ScheduledMs.eq(scheduled.ms()))
            .add(C::Id.lt(id.uuid()));
        query = query.filter(Condition::any().add(C::ScheduledMs.lt(scheduled.ms())).add(same_time));
    }
    query = query.filter(wanted.eyes.sight());
    let rows = query
        .order_by(C::ScheduledMs, Order::Desc)
        .order_by(C::Id, Order::Desc)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(read).collect()
}

/// Role of a user in an event, as written down by its hosts.
pub(super) async fn role_of(db: &impl ConnectionTrait, event: EventId, user: &UserId) -> Result<Option<Role>, Error> {
    let row = event_member::Entity::find_by_id((event.uuid(), user.as_str().to_owned()))
        .one(db)
        .await?;
    Ok(row.and_then(|row| Role::parse(&row.role)))
}

/// The roles of an event's members, if there are no more than `most`.
pub(super) async fn few_roles(
    db: &impl ConnectionTrait,
    event: EventId,
    most: usize,
) -> Result<Option<HashMap<UserId, Role>>, Error> {
    let rows = event_member::Entity::find()
        .filter(event_member::Column::EventId.eq(event.uuid()))
        .limit(most as u64 + 1)
        .all(db)
        .await?;
    let role = |row: &event_member::Model| Some((row.user_id.parse().ok()?, Role::parse(&row.role)?));
    Ok((rows.len() <= most).then(|| rows.iter().filter_map(role).collect()))
}

pub(super) async fn set_role(
    db: &impl ConnectionTrait,
    event: EventId,
    user: &UserId,
    role: Role,
    now: Stamp,
) -> Result<(), Error> {
    let row = event_member::ActiveModel {
        event_id: Set(event.uuid()),
        user_id: Set(user.as_str().to_owned()),
        role: Set(role.name().to_owned()),
        since_ms: Set(now.ms()),
    };
    let mut again = OnConflict::columns([event_member::Column::EventId, event_member::Column::UserId]);
    again.update_column(event_member::Column::Role);
    event_member::Entity::insert(row)
        .on_conflict(again)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Ok(false): there was nothing to take away.
pub(super) async fn remove_role(db: &impl ConnectionTrait, event: EventId, user: &UserId) -> Result<bool, Error> {
    let done = event_member::Entity::delete_by_id((event.uuid(), user.as_str().to_owned()))
        .exec(db)
        .await?;
    Ok(done.rows_affected > 0)
}

/// Members by user id, from after `after` on.
pub(super) async fn members(
    db: &impl ConnectionTrait,
    event: EventId,
    after: Option<&UserId>,
    limit: u64,
) -> Result<Vec<(UserId, Role, Stamp)>, Error> {
    let mut query = event_member::Entity::find().filter(event_member::Column::EventId.eq(event.uuid()));
    if let Some(after) = after {
        query = query.filter(event_member::Column::UserId.gt(after.as_str()));
    }
    let rows = query
        .order_by_asc(event_member::Column::UserId)
        .limit(limit)
        .all(db)
        .await?;
    let member = |row: event_member::Model| {
        let user = row
            .user_id
            .parse()
            .map_err(|error| Error::unreadable("user id", error))?;
        let role =
            Role::parse(&row.role).ok_or_else(|| Error::unreadable("role", format!("unknown role `{}`", row.role)))?;
        Ok((user, role, Stamp::from_ms(row.since_ms)))
    };
    rows.into_iter().map(member).collect()
}

//! Personas and conversations with them, as rows.

use entity::{message, persona, persona_session};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Statement, prelude::Uuid,
};

use crate::{
    domain::{
        EventId, PersonaId, Stamp, UserId,
        chat::MessageStatus,
        persona::{ScoreSheet, Session, SessionStatus, Sheet},
    },
    store::Error,
};

fn json<T: serde::Serialize>(what: &'static str, value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::unreadable(what, error))
}

fn parse<T: serde::de::DeserializeOwned>(what: &'static str, text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| Error::unreadable(what, error))
}

/// A persona as it is kept.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) id: PersonaId,
    pub(super) owner: Option<UserId>,
    pub(super) sheet: Sheet,
    pub(super) created_at: Stamp,
}

fn kept(row: &persona::Model) -> Result<Kept, Error> {
    Ok(Kept {
        id: PersonaId::from_uuid(row.id),
        owner: row.owner_id.parse().ok(),
        sheet: parse("persona", &row.sheet)?,
        created_at: Stamp::from_ms(row.created_ms),
    })
}

pub(super) async fn insert(db: &impl ConnectionTrait, kept: &Kept) -> Result<(), Error> {
    let row = persona::ActiveModel {
        id: Set(kept.id.uuid()),
        owner_id: Set(kept
            .owner
            .as_ref()
            .map_or(String::new(), |owner| owner.as_str().to_owned())),
        sheet: Set(json("persona", &kept.sheet)?),
        created_ms: Set(kept.created_at.ms()),
    };
    persona::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// False: there is none.
pub(super) async fn rewrite(db: &impl ConnectionTrait, id: PersonaId, sheet: &Sheet) -> Result<bool, Error> {
    let update = persona::Entity::update_many()
        .col_expr(persona::Column::Sheet, json("persona", sheet)?.into())
        .filter(persona::Column::Id.eq(id.uuid()));
    Ok(update.exec(db).await?.rows_affected > 0)
}

/// False: there was none. Sessions go on with what they were begun with.
pub(super) async fn remove(db: &impl ConnectionTrait, id: PersonaId) -> Result<bool, Error> {
    Ok(persona::Entity::delete_by_id(id.uuid()).exec(db).await?.rows_affected > 0)
}

pub(super) async fn count(db: &impl ConnectionTrait) -> Result<u64, Error> {
    Ok(persona::Entity::find().count(db).await?)
}

pub(super) async fn find(db: &impl ConnectionTrait, id: PersonaId) -> Result<Option<Kept>, Error> {
    let row = persona::Entity::find_by_id(id.uuid()).one(db).await?;
    row.as_ref().map(kept).transpose()
}

/// Latest first, from before that one.
pub(super) async fn page(db: &impl ConnectionTrait, before: Option<PersonaId>, limit: u64) -> Result<Vec<Kept>, Error> {
    let mut query = persona::Entity::find();
    if let Some(before) = before {
        query = query.filter(persona::Column::Id.lt(before.uuid()));
    }
    let query = query.order_by_desc(persona::Column::Id).limit(limit);
    query.all(db).await?.iter().map(kept).collect()
}

/// A session as it is kept.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) event: EventId,
    pub(super) persona: PersonaId,
    pub(super) user: UserId,
    pub(super) sheet: Sheet,
    pub(super) status: SessionStatus,
    pub(super) turns: u32,
    pub(super) answered_seq: i64,
    pub(super) failures: i32,
    pub(super) due_ms: i64,
    pub(super) ends_ms: i64,
    pub(super) last_ms: i64,
    pub(super) started_ms: i64,
    pub(super) ended_ms: Option<i64>,
    pub(super) score: Option<ScoreSheet>,
    pub(super) reason: Option<String>,
}

fn held(row: &persona_session::Model) -> Result<Held, Error> {
    Ok(Held {
        event: EventId::from_uuid(row.event_id),
        persona: PersonaId::from_uuid(row.persona_id),
        user: row
            .user_id
            .parse()
            .map_err(|error| Error::unreadable("user id", error))?,
        sheet: parse("persona", &row.sheet)?,
        status: SessionStatus::parse(&row.status)
            .ok_or_else(|| Error::unreadable("session", format!("unknown status `{}`", row.status)))?,
        turns: u32::try_from(row.turns).unwrap_or(0),
        answered_seq: row.answered_seq,
        failures: row.failures,
        due_ms: row.due_ms,
        ends_ms: row.ends_ms,
        last_ms: row.last_ms,
        started_ms: row.started_ms,
        ended_ms: row.ended_ms,
        score: row
            .score
            .as_deref()
            .map(|text| parse("score sheet", text))
            .transpose()?,
        reason: row.reason.clone(),
    })
}

impl Held {
    pub(super) fn shown(self) -> Session {
        Session {
            id: self.event,
            persona_id: self.persona,
            persona_name: self.sheet.name,
            user_id: self.user,
            status: self.status,
            turns: self.turns,
            turns_most: self.sheet.turns_most,
            started_at: Stamp::from_ms(self.started_ms),
            ends_at: Stamp::from_ms(self.last_ms),
            ended_at: self.ended_ms.map(Stamp::from_ms),
            score: self.score,
            reason: self.reason,
        }
    }
}

pub(super) async fn begin(db: &impl ConnectionTrait, held: &Held) -> Result<(), Error> {
    let row = persona_session::ActiveModel {
        event_id: Set(held.event.uuid()),
        persona_id: Set(held.persona.uuid()),
        user_id: Set(held.user.as_str().to_owned()),
        sheet: Set(json("persona", &held.sheet)?),
        started_ms: Set(held.started_ms),
        last_ms: Set(held.last_ms),
        leased_ms: Set(0),
        ..changing(held)?
    };
    persona_session::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// What moves on; the lease is not touched.
fn changing(held: &Held) -> Result<persona_session::ActiveModel, Error> {
    Ok(persona_session::ActiveModel {
        status: Set(held.status.name().to_owned()),
        turns: Set(i32::try_from(held.turns).unwrap_or(i32::MAX)),
        answered_seq: Set(held.answered_seq),
        failures: Set(held.failures),
        due_ms: Set(held.due_ms),
        ends_ms: Set(held.ends_ms),
        ended_ms: Set(held.ended_ms),
        score: Set(held
            .score
            .as_ref()
            .map(|score| json("score sheet", score))
            .transpose()?),
        reason: Set(held.reason.clone()),
        ..Default::default()
    })
}

pub(super) async fn update(db: &impl ConnectionTrait, held: &Held) -> Result<(), Error> {
    persona_session::Entity::update_many()
        .set(changing(held)?)
        .filter(persona_session::Column::EventId.eq(held.event.uuid()))
        .exec(db)
        .await?;
    Ok(())
}

pub(super) async fn find_held(db: &impl ConnectionTrait, event: EventId) -> Result<Option<Held>, Error> {
    let row = persona_session::Entity::find_by_id(event.uuid()).one(db).await?;
    row.as_ref().map(held).transpose()
}

/// A user's sessions, latest first, from before that one.
pub(super) async fn of_user(
    db: &impl ConnectionTrait,
    user: &UserId,
    before: Option<EventId>,
    limit: u64,
) -> Result<Vec<Held>, Error> {
    use persona_session::Column as C;
    let mut query = persona_session::Entity::find().filter(C::UserId.eq(user.as_str()));
    if let Some(before) = before {
        query = query.filter(C::EventId.lt(before.uuid()));
    }
    let query = query.order_by_desc(C::EventId).limit(limit);
    query.all(db).await?.iter().map(held).collect()
}

pub(super) async fn open_of(db: &impl ConnectionTrait, user: &UserId) -> Result<u64, Error> {
    use persona_session::Column as C;
    let open = persona_session::Entity::find()
        .filter(C::UserId.eq(user.as_str()))
        .filter(C::Status.eq(SessionStatus::Open.name()));
    Ok(open.count(db).await?)
}

/// Sessions in which something is to be done, and nobody is at it: a greeting, an answer, an end, a score sheet.
const OWED: &str = "SELECT s.event_id FROM persona_session s WHERE s.leased_ms <= $1 AND s.due_ms <= $1 AND \
    (s.status = 'scoring' OR (s.status = 'open' AND (s.answered_seq < 0 OR s.ends_ms <= $1 OR EXISTS (\
    SELECT 1 FROM message m WHERE m.event_id = s.event_id AND m.author_id = s.user_id AND m.status = 'active' \
    AND m.seq > s.answered_seq)))) ORDER BY s.due_ms LIMIT $2";

#[derive(FromQueryResult)]
struct Owed {
    event_id: Uuid,
}

pub(super) async fn owed(db: &impl ConnectionTrait, now: Stamp, most: i64) -> Result<Vec<EventId>, Error> {
    let query = Statement::from_sql_and_values(db.get_database_backend(), OWED, [now.ms().into(), most.into()]);
    let rows = Owed::find_by_statement(query).all(db).await?;
    Ok(rows.into_iter().map(|row| EventId::from_uuid(row.event_id)).collect())
}

/// Takes or keeps a session for a while: `from` is the lease it has, 0 for any that ran out. False: somebody else has it.
pub(super) async fn lease(
    db: &impl ConnectionTrait,
    event: EventId,
    from: i64,
    now: Stamp,
    until: i64,
) -> Result<bool, Error> {
    use persona_session::Column as C;
    let update = persona_session::Entity::update_many()
        .col_expr(C::LeasedMs, until.into())
        .filter(C::EventId.eq(event.uuid()));
    let update = if from == 0 {
        update.filter(C::LeasedMs.lte(now.ms()))
    } else {
        update.filter(C::LeasedMs.eq(from))
    };
    Ok(update.exec(db).await?.rows_affected > 0)
}

/// Something that was said.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) seq: i64,
    pub(super) author: String,
    pub(super) text: String,
}

/// The latest of what was said, in order.
pub(super) async fn lines(db: &impl ConnectionTrait, event: EventId, most: u64) -> Result<Vec<Line>, Error> {
    use message::Column as C;
    let rows: Vec<(i64, String, String)> = message::Entity::find()
        .select_only()
        .columns([C::Seq, C::AuthorId, C::Text])
        .filter(C::EventId.eq(event.uuid()))
        .filter(C::Status.eq(MessageStatus::Active.name()))
        .order_by_desc(C::Seq)
        .limit(most)
        .into_tuple()
        .all(db)
        .await?;
    let line = |(seq, author, text)| Line { seq, author, text };
    Ok(rows.into_iter().rev().map(line).collect())
}

/// The last thing that user said.
pub(super) async fn last_of(db: &impl ConnectionTrait, event: EventId, user: &UserId) -> Result<i64, Error> {
    use message::Column as C;
    let last: Option<i64> = message::Entity::find()
        .select_only()
        .column(C::Seq)
        .filter(C::EventId.eq(event.uuid()))
        .filter(C::AuthorId.eq(user.as_str()))
        .filter(C::Status.eq(MessageStatus::Active.name()))
        .order_by_desc(C::Seq)
        .limit(1)
        .into_tuple()
        .one(db)
        .await?;
    Ok(last.unwrap_or(0))
}

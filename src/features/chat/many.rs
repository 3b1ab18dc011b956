//! Many messages at once: writing them down, and finding what was sent before. PostgreSQL gets an array for each column
//! (see `store/unnest.rs` for why), SQLite a parameter for each value.

use entity::message;
use sea_orm::{
    ActiveValue, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, QueryFilter, Value,
    prelude::Uuid,
    sea_query::Expr,
};

use super::{Saying, rows::IS_SENT};
use crate::{
    domain::EventId,
    store::{Error, unnest},
};

/// Rows per statement: sixteen columns each, far below the 32,766 parameters that SQLite takes.
const ROWS_PER_INSERT: usize = 256;

/// Arrays carry no NULL, so what is absent comes as empty; none of these texts and ids is ever empty itself.
const INSERT: &str = "INSERT INTO message (id, event_id, seq, author_id, author_name, author_avatar_url, author_badges, \
    text, words, status, parent_id, reply_count, pinned, client_id, sent_hash, created_ms) \
    SELECT id, event_id, seq, author_id, author_name, NULLIF(author_avatar_url, ''), author_badges::jsonb, \
    text, words, status, NULLIF(parent_id, '00000000-0000-0000-0000-000000000000'), 0, FALSE, \
    NULLIF(client_id, ''), NULLIF(sent_hash, ''), created_ms \
    FROM unnest($1::uuid[], $2::uuid[], $3::int8[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], \
    $10::text[], $11::uuid[], $12::text[], $13::text[], $14::int8[]) AS said (id, event_id, seq, author_id, author_name, \
    author_avatar_url, author_badges, text, words, status, parent_id, client_id, sent_hash, created_ms)";

const FIND_SENT: &str = "SELECT message.* FROM unnest($1::uuid[], $2::text[], $3::text[]) AS sent (event, author, client) \
    JOIN message ON event_id = sent.event AND author_id = sent.author AND client_id = sent.client \
    WHERE client_id IS NOT NULL";

/// What makes a send the same send: where, by whom, under which id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Sent {
    event: Uuid,
    author: String,
    client_id: String,
}

impl Sent {
    pub(super) fn of(event: EventId, saying: &Saying) -> Option<Self> {
        Some(Self {
            event: event.uuid(),
            author: saying.author.id.as_str().to_owned(),
            client_id: saying.client_id.as_ref()?.as_str().to_owned(),
        })
    }

    pub(super) fn of_row(row: &message::Model) -> Self {
        Self {
            event: row.event_id,
            author: row.author_id.clone(),
            client_id: row.client_id.clone().unwrap_or_default(),
        }
    }
}

/// What was sent before under these ids.
pub(super) async fn find_sent(db: &impl ConnectionTrait, keys: Vec<Sent>) -> Result<Vec<message::Model>, Error> {
    use message::Column as C;
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let found = if db.get_database_backend() == DbBackend::Postgres {
        let columns = [
            unnest::column(keys.iter().map(|key| key.event)),
            unnest::column(keys.iter().map(|key| key.author.clone())),
            unnest::column(keys.into_iter().map(|key| key.client_id)),
        ];
        let query = message::Entity::find().from_raw_sql(unnest::statement(FIND_SENT, columns));
        query.all(db).await
    } else {
        let place = Expr::tuple([C::EventId, C::AuthorId, C::ClientId].map(Expr::col));
        let keys = keys.into_iter().map(|key| (key.event, key.author, key.client_id));
        let query = message::Entity::find().filter(Expr::cust(IS_SENT));
        query.filter(place.in_tuples(keys)).all(db).await
    };
    Ok(found?)
}

pub(super) async fn insert_all(db: &impl ConnectionTrait, rows: Vec<message::ActiveModel>) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    if db.get_database_backend() == DbBackend::Postgres {
        db.execute_raw(unnest::statement(INSERT, columns(rows))).await?;
        return Ok(());
    }
    for rows in rows.chunks(ROWS_PER_INSERT) {
        message::Entity::insert_many(rows.iter().cloned())
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

fn columns(mut rows: Vec<message::ActiveModel>) -> [Value; 14] {
    [
        each(&mut rows, |row| &mut row.id),
        each(&mut rows, |row| &mut row.event_id),
        each(&mut rows, |row| &mut row.seq),
        each(&mut rows, |row| &mut row.author_id),
        each(&mut rows, |row| &mut row.author_name),
        each_if_any(&mut rows, |row| &mut row.author_avatar_url),
        unnest::column(
            rows.iter_mut()
                .map(|row| row.author_badges.take().unwrap_or_default().to_string()),
        ),
        each(&mut rows, |row| &mut row.text),
        each(&mut rows, |row| &mut row.words),
        each(&mut rows, |row| &mut row.status),
        each_if_any(&mut rows, |row| &mut row.parent_id),
        each_if_any(&mut rows, |row| &mut row.client_id),
        each_if_any(&mut rows, |row| &mut row.sent_hash),
        each(&mut rows, |row| &mut row.created_ms),
    ]
}

/// A column of which every row has a value.
fn each<T>(rows: &mut [message::ActiveModel], field: fn(&mut message::ActiveModel) -> &mut ActiveValue<T>) -> Value
where
    T: Into<Value> + Default,
    Vec<T>: Into<Value>,
{
    unnest::column(rows.iter_mut().map(|row| field(row).take().unwrap_or_default()))
}

/// A column in which what is absent comes as empty.
fn each_if_any<T>(
    rows: &mut [message::ActiveModel],
    field: fn(&mut message::ActiveModel) -> &mut ActiveValue<Option<T>>,
) -> Value
where
    T: Default,
    Option<T>: Into<Value>,
    Vec<T>: Into<Value>,
{
    unnest::column(rows.iter_mut().map(|row| field(row).take().flatten().unwrap_or_default()))
}

//! New messages as rows, written together: on SQLite with a parameter for each value, on PostgreSQL with an array for each
//! column. What the house adds to its own words is not among them: it speaks seldom (`podium.rs`).

use entity::message;
use sea_orm::{
    ActiveValue::{self, Set},
    ConnectionTrait, DbBackend, Value,
    prelude::Json,
};

use super::rows::signed;
use crate::{
    domain::{
        EventId, MessageId,
        chat::{Message, MessageStatus},
        mention::Mention,
        text::joined_words,
    },
    store::{Error, bulk, unnest},
};

/// `release_ms`: when it appears by itself, if it waits.
pub(super) fn new_row(
    event: EventId,
    message: &Message,
    sent_hash: Option<String>,
    release_ms: Option<i64>,
) -> message::ActiveModel {
    let author = &message.author;
    message::ActiveModel {
        id: Set(message.id.uuid()),
        event_id: Set(event.uuid()),
        // The place that one nobody sees would have had, below zero, where no public place is.
        seq: Set(if message.status == MessageStatus::Shadowed {
            -signed(message.seq)
        } else {
            signed(message.seq)
        }),
        author_id: Set(author.id.as_str().to_owned()),
        author_name: Set(author.name.clone()),
        author_avatar_url: Set(author.avatar_url.clone()),
        author_badges: Set(Json::from(author.badges.clone())),
        text: Set(message.text.clone()),
        words: Set(joined_words(&message.text)),
        status: Set(message.status.name().to_owned()),
        parent_id: Set(message.parent_id.map(MessageId::uuid)),
        reply_count: Set(0),
        pinned: Set(false),
        client_id: Set(message.client_id.clone()),
        sent_hash: Set(sent_hash),
        created_ms: Set(message.created_at.ms()),
        edited_ms: Set(None),
        release_ms: Set(release_ms),
        mentions: Set(mentions_column(&message.mentions)),
        ..Default::default()
    }
}

/// Null for almost every message.
pub(super) fn mentions_column(mentions: &[Mention]) -> Option<Json> {
    let json = (!mentions.is_empty()).then(|| serde_json::to_value(mentions));
    // Ids and names: they serialise.
    json.and_then(Result::ok)
}

/// Arrays carry no NULL, so what is absent comes as empty; none of these texts and ids is ever empty itself.
const INSERT: &str = "INSERT INTO message (id, event_id, seq, author_id, author_name, author_avatar_url, author_badges, \
    text, words, status, parent_id, reply_count, pinned, client_id, sent_hash, created_ms, release_ms, mentions) \
    SELECT id, event_id, seq, author_id, author_name, NULLIF(author_avatar_url, ''), author_badges::jsonb, \
    text, words, status, NULLIF(parent_id, '00000000-0000-0000-0000-000000000000'), 0, FALSE, \
    NULLIF(client_id, ''), NULLIF(sent_hash, ''), created_ms, NULLIF(release_ms, 0), NULLIF(mentions, '')::jsonb \
    FROM unnest($1::uuid[], $2::uuid[], $3::int8[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], \
    $10::text[], $11::uuid[], $12::text[], $13::text[], $14::int8[], $15::int8[], \
    $16::text[]) AS said (id, event_id, seq, author_id, author_name, \
    author_avatar_url, author_badges, text, words, status, parent_id, client_id, sent_hash, created_ms, release_ms, mentions)";

pub(super) async fn insert_all(db: &impl ConnectionTrait, rows: Vec<message::ActiveModel>) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    if db.get_database_backend() == DbBackend::Postgres {
        db.execute_raw(unnest::statement(INSERT, columns(rows))).await?;
        return Ok(());
    }
    let rows = rows.into_iter().map(values).collect();
    Ok(bulk::insert(db, "message", COLUMNS, rows, "").await?)
}

/// The columns of a new message, in the order of [`values`].
const COLUMNS: [&str; 19] = [
    "id",
    "event_id",
    "seq",
    "author_id",
    "author_name",
    "author_avatar_url",
    "author_badges",
    "text",
    "words",
    "status",
    "parent_id",
    "reply_count",
    "pinned",
    "client_id",
    "sent_hash",
    "created_ms",
    "edited_ms",
    "release_ms",
    "mentions",
];

fn values(row: message::ActiveModel) -> [Value; COLUMNS.len()] {
    fn of<T: Into<Value>>(value: ActiveValue<T>) -> Value {
        value.into_value().unwrap_or(Value::Int(None))
    }
    [
        of(row.id),
        of(row.event_id),
        of(row.seq),
        of(row.author_id),
        of(row.author_name),
        of(row.author_avatar_url),
        of(row.author_badges),
        of(row.text),
        of(row.words),
        of(row.status),
        of(row.parent_id),
        of(row.reply_count),
        of(row.pinned),
        of(row.client_id),
        of(row.sent_hash),
        of(row.created_ms),
        of(row.edited_ms),
        of(row.release_ms),
        of(row.mentions),
    ]
}

fn columns(mut rows: Vec<message::ActiveModel>) -> [Value; 16] {
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
        unnest::column(
            rows.iter_mut()
                .map(|row| once_each(&row.words.take().unwrap_or_default())),
        ),
        each(&mut rows, |row| &mut row.status),
        each_if_any(&mut rows, |row| &mut row.parent_id),
        each_if_any(&mut rows, |row| &mut row.client_id),
        each_if_any(&mut rows, |row| &mut row.sent_hash),
        each(&mut rows, |row| &mut row.created_ms),
        each_if_any(&mut rows, |row| &mut row.release_ms),
        unnest::column(rows.iter_mut().map(|row| {
            let mentions = row.mentions.take().flatten();
            mentions.map_or_else(String::new, |mentions| mentions.to_string())
        })),
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
    unnest::column(
        rows.iter_mut()
            .map(|row| field(row).take().flatten().unwrap_or_default()),
    )
}

/// Each word once: that is all the vector made from them keeps, and reading them again and again is most of what it costs.
fn once_each(words: &str) -> String {
    let mut words: Vec<&str> = words.split(' ').collect();
    words.sort_unstable();
    words.dedup();
    words.join(" ")
}

//! New messages as rows, written together.

use entity::message;
use sea_orm::{
    ActiveValue::{self, Set},
    ConnectionTrait, DbBackend, EntityTrait, Value,
    prelude::Json,
};

use super::rows::signed;
use crate::{
    domain::{EventId, MessageId, chat::Message, text::joined_words},
    store::{Error, bulk},
};

pub(super) fn new_row(event: EventId, message: &Message, sent_hash: Option<String>) -> message::ActiveModel {
    let author = &message.author;
    message::ActiveModel {
        id: Set(message.id.uuid()),
        event_id: Set(event.uuid()),
        seq: Set(signed(message.seq)),
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
        ..Default::default()
    }
}

/// Rows per statement: seventeen columns each, far below the 65,535 parameters that PostgreSQL takes.
const ROWS_PER_INSERT: usize = 256;

pub(super) async fn insert_all(db: &impl ConnectionTrait, rows: Vec<message::ActiveModel>) -> Result<(), Error> {
    if db.get_database_backend() == DbBackend::Sqlite {
        let rows = rows.into_iter().map(values).collect();
        return Ok(bulk::insert(db, "message", COLUMNS, rows, "").await?);
    }
    for rows in rows.chunks(ROWS_PER_INSERT) {
        message::Entity::insert_many(rows.iter().cloned())
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// The columns of a new message, in the order of [`values`].
const COLUMNS: [&str; 17] = [
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
    ]
}

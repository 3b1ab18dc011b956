//! Messages as rows, with the totals of their reactions.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::{audit, message, reaction, reaction_total};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Value,
    prelude::{Json, Uuid},
    sea_query::{Expr, LikeExpr, SimpleExpr},
};

use super::Saying;
use crate::{
    domain::{
        EventId, MessageId, Stamp, UserId,
        chat::{Author, Message, MessageStatus},
        reaction::ReactionCount,
        text::joined_words,
    },
    store::{Error, bulk, escape_like, unnest},
};

/// Which way a page of history goes.
#[derive(Debug, Clone, Copy)]
pub enum Page {
    /// Latest first, from before this `seq`.
    Before(u64),
    /// Oldest first, from after this `seq`.
    After(u64),
}

/// What a search looks for. Empty words mean any text.
#[derive(Debug, Clone, Default)]
pub struct Sought {
    pub words: Vec<String>,
    /// Signs such as emoji, which the index of words does not know; looked for as they stand.
    pub signs: Option<String>,
    pub author: Option<UserId>,
    pub since: Option<Stamp>,
    pub until: Option<Stamp>,
}

pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn is_visible(status: MessageStatus) -> bool {
    matches!(
        status,
        MessageStatus::Active | MessageStatus::Held | MessageStatus::Shadowed
    )
}

/// A message as people see it: what was deleted or hidden has lost its text.
pub(super) fn read(row: message::Model, reactions: Vec<ReactionCount>) -> Result<Message, Error> {
    let status = MessageStatus::parse(&row.status)
        .ok_or_else(|| Error::unreadable("message status", format!("unknown value `{}`", row.status)))?;
    let author = Author {
        id: row
            .author_id
            .parse()
            .map_err(|error| Error::unreadable("author id", error))?,
        name: row.author_name,
        avatar_url: row.author_avatar_url,
        badges: serde_json::from_value(row.author_badges).map_err(|error| Error::unreadable("badges", error))?,
    };
    let seen = is_visible(status);
    let mentions = match row.mentions.filter(|_| seen) {
        Some(mentions) => serde_json::from_value(mentions).map_err(|error| Error::unreadable("mentions", error))?,
        None => Vec::new(),
    };
    let assistant = match row.remark.filter(|_| seen) {
        Some(remark) => Some(serde_json::from_value(remark).map_err(|error| Error::unreadable("remark", error))?),
        None => None,
    };
    Ok(Message {
        id: MessageId::from_uuid(row.id),
        // Below zero is the place that one nobody sees would have had.
        seq: if status == MessageStatus::Shadowed {
            row.seq.unsigned_abs()
        } else {
            u64::try_from(row.seq).unwrap_or(0)
        },
        author,
        text: if seen { row.text } else { String::new() },
        status,
        parent_id: row.parent_id.map(MessageId::from_uuid),
        reply_count: u32::try_from(row.reply_count).unwrap_or(0),
        pinned: row.pinned,
        reactions: if seen { reactions } else { Vec::new() },
        mentions,
        assistant,
        model: None,
        client_id: row.client_id,
        created_at: Stamp::from_ms(row.created_ms),
        edited_at: row.edited_ms.map(Stamp::from_ms),
        mine: None,
    })
}

/// Rows to messages, with one query for all their reactions.
pub(super) async fn read_all(db: &impl ConnectionTrait, rows: Vec<message::Model>) -> Result<Vec<Message>, Error> {
    let mut totals = totals(db, rows.iter().map(|row| row.id)).await?;
    let with_totals = |row: message::Model| {
        let reactions = totals.remove(&row.id).unwrap_or_default();
        read(row, reactions)
    };
    rows.into_iter().map(with_totals).collect()
}

/// Reaction totals of messages as the log has told them, most used first. Not the newest count: what is read at a place
/// of the log must be what the entries up to there add up to.
async fn totals(
    db: &impl ConnectionTrait,
    messages: impl ExactSizeIterator<Item = Uuid>,
) -> Result<HashMap<Uuid, Vec<ReactionCount>>, Error> {
    use reaction_total::Column as C;
    let mut found: HashMap<Uuid, Vec<ReactionCount>> = HashMap::new();
    if messages.len() == 0 {
        return Ok(found);
    }
    let query = reaction_total::Entity::find()
        .filter(C::MessageId.is_in(messages))
        .filter(C::ToldCount.gt(0));
    for row in query.order_by_desc(C::ToldCount).order_by_asc(C::Emoji).all(db).await? {
        let count = ReactionCount {
            emoji: row.emoji,
            count: u64::try_from(row.told_count).unwrap_or(0),
        };
        found.entry(row.message_id).or_default().push(count);
    }
    Ok(found)
}

pub(super) async fn find_row(
    db: &impl ConnectionTrait,
    event: EventId,
    id: MessageId,
) -> Result<Option<message::Model>, Error> {
    let query = message::Entity::find().filter(message::Column::Id.eq(id.uuid()));
    Ok(query.filter(message::Column::EventId.eq(event.uuid())).one(db).await?)
}

/// One message as it is now.
pub(super) async fn read_one(db: &impl ConnectionTrait, row: message::Model) -> Result<Message, Error> {
    let mut totals = totals(db, std::iter::once(row.id)).await?;
    let reactions = totals.remove(&row.id).unwrap_or_default();
    read(row, reactions)
}

/// Messages by id, whatever event they belong to.
pub(super) async fn find_rows(
    db: &impl ConnectionTrait,
    ids: impl Iterator<Item = MessageId>,
) -> Result<HashMap<Uuid, message::Model>, Error> {
    let ids: BTreeSet<Uuid> = ids.map(MessageId::uuid).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let query = message::Entity::find().filter(message::Column::Id.is_in(ids));
    Ok(query.all(db).await?.into_iter().map(|row| (row.id, row)).collect())
}

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

const FIND_SENT: &str = "SELECT message.* FROM unnest($1::uuid[], $2::text[], $3::text[]) AS sent (event, author, client) \
    JOIN message ON event_id = sent.event AND author_id = sent.author AND client_id = sent.client \
    WHERE client_id IS NOT NULL";

/// What was sent before under these ids.
pub(super) async fn find_sent(db: &impl ConnectionTrait, keys: Vec<Sent>) -> Result<Vec<message::Model>, Error> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    if db.get_database_backend() == DbBackend::Postgres {
        let columns = [
            unnest::column(keys.iter().map(|key| key.event)),
            unnest::column(keys.iter().map(|key| key.author.clone())),
            unnest::column(keys.into_iter().map(|key| key.client_id)),
        ];
        let query = message::Entity::find().from_raw_sql(unnest::statement(FIND_SENT, columns));
        return Ok(query.all(db).await?);
    }
    let keys = keys
        .into_iter()
        .map(|key| [key.event.into(), key.author.into(), key.client_id.into()]);
    let key = ["event_id", "author_id", "client_id"];
    Ok(bulk::find::<message::Entity, 3>(db, key, keys.collect()).await?)
}

/// Writes the columns of `change` that are set, on the row with that number.
pub(super) async fn update(
    db: &impl ConnectionTrait,
    row_no: i64,
    mut change: message::ActiveModel,
) -> Result<(), Error> {
    if let Set(text) = &change.text {
        change.words = Set(joined_words(text));
    }
    let query = message::Entity::update_many()
        .set(change)
        .filter(message::Column::RowNo.eq(row_no));
    query.exec(db).await?;
    Ok(())
}

/// Who wrote a message.
pub(super) async fn author_of(db: &impl ConnectionTrait, id: MessageId) -> Result<Option<UserId>, Error> {
    let query = message::Entity::find()
        .select_only()
        .column(message::Column::AuthorId)
        .filter(message::Column::Id.eq(id.uuid()));
    let author: Option<String> = query.into_tuple().one(db).await?;
    let read = |author: String| author.parse().map_err(|error| Error::unreadable("author id", error));
    author.map(read).transpose()
}

/// People by what they said in an event after that place, with the place; the latest first, up to `most` messages.
pub(super) async fn speakers(
    db: &impl ConnectionTrait,
    event: EventId,
    after: i64,
    most: u64,
) -> Result<Vec<(i64, String, String)>, Error> {
    use message::Column as C;
    let query = message::Entity::find()
        .select_only()
        .columns([C::Seq, C::AuthorId, C::AuthorName])
        .filter(C::EventId.eq(event.uuid()))
        .filter(C::Seq.gt(after))
        .order_by_desc(C::Seq)
        .limit(most);
    Ok(query.into_tuple().all(db).await?)
}

/// So many replies more or less.
pub(super) async fn count_reply(db: &impl ConnectionTrait, parent: Uuid, by: i32) -> Result<(), Error> {
    let count = Expr::col(message::Column::ReplyCount).add(by);
    let query = message::Entity::update_many().col_expr(message::Column::ReplyCount, count);
    query.filter(message::Column::Id.eq(parent)).exec(db).await?;
    Ok(())
}

/// A page of the event's messages that ever appeared; `author` and `parent` narrow it.
pub(super) async fn page(
    db: &impl ConnectionTrait,
    event: EventId,
    author: Option<&UserId>,
    parent: Option<MessageId>,
    page: Page,
    limit: u64,
) -> Result<Vec<Message>, Error> {
    use message::Column as C;
    let mut query = message::Entity::find().filter(C::EventId.eq(event.uuid())).limit(limit);
    if let Some(author) = author {
        query = query.filter(C::AuthorId.eq(author.as_str()));
    }
    if let Some(parent) = parent {
        query = query.filter(C::ParentId.eq(parent.uuid()));
    }
    query = match page {
        Page::Before(seq) => query
            .filter(C::Seq.lt(signed(seq)))
            .filter(C::Seq.gt(0))
            .order_by_desc(C::Seq),
        Page::After(seq) => query.filter(C::Seq.gt(signed(seq))).order_by_asc(C::Seq),
    };
    read_all(db, query.all(db).await?).await
}

// Conditions of partial indexes, to the letter as the migration has them.
const IS_HELD: &str = "status = 'held'";
const IS_GONE: &str = "status IN ('deleted', 'hidden')";
const IS_RIPENING: &str = "release_ms IS NOT NULL AND status = 'held'";
const IS_PINNED: &str = "pinned";

/// Pinned messages people can see, in the order they were said.
pub(super) async fn pinned(db: &impl ConnectionTrait, event: EventId) -> Result<Vec<Message>, Error> {
    use message::Column as C;
    let query = message::Entity::find()
        .filter(C::EventId.eq(event.uuid()))
        .filter(Expr::cust(IS_PINNED));
    let query = query.filter(C::Status.eq(MessageStatus::Active.name()));
    read_all(db, query.order_by_asc(C::Seq).all(db).await?).await
}

/// Messages that wait for a moderator, oldest first, from after that row, with their rows' numbers.
pub(super) async fn held(
    db: &impl ConnectionTrait,
    event: EventId,
    after: i64,
    limit: u64,
) -> Result<Vec<(i64, Message)>, Error> {
    use message::Column as C;
    let query = message::Entity::find()
        .filter(C::EventId.eq(event.uuid()))
        .filter(Expr::cust(IS_HELD))
        .filter(C::RowNo.gt(after));
    let rows = query.order_by_asc(C::RowNo).limit(limit).all(db).await?;
    let numbers: Vec<i64> = rows.iter().map(|row| row.row_no).collect();
    let mut messages = read_all(db, rows).await?;
    add_verdicts(db, &mut messages).await?;
    Ok(numbers.into_iter().zip(messages).collect())
}

/// Puts beside messages what a model last thought of them.
async fn add_verdicts(db: &impl ConnectionTrait, messages: &mut [Message]) -> Result<(), Error> {
    use audit::Column as C;
    if messages.is_empty() {
        return Ok(());
    }
    let query = audit::Entity::find()
        .select_only()
        .columns([C::MessageId, C::Model])
        .filter(C::MessageId.is_in(messages.iter().map(|message| message.id.uuid())))
        .filter(C::Model.is_not_null())
        .order_by_asc(C::RowNo);
    let rows: Vec<(Option<Uuid>, Option<Json>)> = query.into_tuple().all(db).await?;
    for (id, model) in rows {
        let message = messages.iter_mut().find(|message| Some(message.id.uuid()) == id);
        if let (Some(message), Some(model)) = (message, model) {
            message.model = serde_json::from_value(model).map_err(|error| Error::unreadable("verdict", error))?;
        }
    }
    Ok(())
}

/// An author's messages that nobody else sees, as a page of those around them would have them.
pub(super) async fn shadowed(
    db: &impl ConnectionTrait,
    event: EventId,
    author: &UserId,
    parent: Option<MessageId>,
    page: Page,
    limit: u64,
) -> Result<Vec<Message>, Error> {
    use message::Column as C;
    // They have the places below zero, so where there are none, this looks at an empty stretch of an index.
    let mut query = message::Entity::find()
        .filter(C::EventId.eq(event.uuid()))
        .filter(C::Seq.lt(0))
        .filter(C::AuthorId.eq(author.as_str()))
        .filter(C::Status.eq(MessageStatus::Shadowed.name()))
        .limit(limit);
    if let Some(parent) = parent {
        query = query.filter(C::ParentId.eq(parent.uuid()));
    }
    query = match page {
        Page::Before(seq) => query.filter(C::Seq.gt(-signed(seq))).order_by_asc(C::Seq),
        Page::After(seq) => query.filter(C::Seq.lt(-signed(seq))).order_by_desc(C::Seq),
    };
    read_all(db, query.all(db).await?).await
}

/// Held messages whose time has come, with their row, from after that row on.
pub(super) async fn due(
    db: &impl ConnectionTrait,
    now: Stamp,
    after: i64,
    limit: u64,
) -> Result<Vec<(i64, EventId, MessageId)>, Error> {
    use message::Column as C;
    let query = message::Entity::find()
        .select_only()
        .columns([C::RowNo, C::EventId, C::Id])
        .filter(Expr::cust(IS_RIPENING))
        .filter(C::ReleaseMs.lte(now.ms()))
        .filter(C::RowNo.gt(after))
        .order_by_asc(C::RowNo)
        .limit(limit);
    let rows: Vec<(i64, Uuid, Uuid)> = query.into_tuple().all(db).await?;
    let due = |(row_no, event, id)| (row_no, EventId::from_uuid(event), MessageId::from_uuid(id));
    Ok(rows.into_iter().map(due).collect())
}

/// How many messages people can see: those that appeared less those that are gone, each counted in an index alone.
pub(super) async fn count_active(db: &impl ConnectionTrait, event: EventId) -> Result<u64, Error> {
    use message::Column as C;
    let appeared = || {
        message::Entity::find()
            .filter(C::EventId.eq(event.uuid()))
            .filter(C::Seq.gt(0))
    };
    let all = appeared().count(db).await?;
    let gone = appeared().filter(Expr::cust(IS_GONE)).count(db).await?;
    Ok(all.saturating_sub(gone))
}

/// Which emoji a user put on which of these messages.
pub(super) async fn mine(
    db: &impl ConnectionTrait,
    user: &UserId,
    messages: impl Iterator<Item = Uuid>,
) -> Result<BTreeMap<MessageId, Vec<String>>, Error> {
    use reaction::Column as C;
    let query = reaction::Entity::find()
        .filter(C::MessageId.is_in(messages))
        .filter(C::UserId.eq(user.as_str()));
    let mut mine: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for row in query.order_by_asc(C::Emoji).all(db).await? {
        mine.entry(MessageId::from_uuid(row.message_id))
            .or_default()
            .push(row.emoji);
    }
    Ok(mine)
}

/// Whether a message has words that begin like these. Words have letters and digits only, so that nothing a person types
/// is a query of its own; they are quoted all the same.
fn matching(backend: DbBackend, words: &[String]) -> SimpleExpr {
    let (sql, quote, suffix, and) = match backend {
        DbBackend::Postgres => ("message.search @@ $1::tsquery", "'", ":*", " & "),
        _ => (
            "row_no IN (SELECT rowid FROM message_search WHERE message_search MATCH ?)",
            "\"",
            "*",
            " ",
        ),
    };
    let terms: Vec<_> = words
        .iter()
        .map(|word| format!("{quote}{word}{quote}{suffix}"))
        .collect();
    Expr::cust_with_values(sql, [Value::from(terms.join(and))])
}

/// Messages found by their words (each may be the beginning of one), latest first, from before this `seq`.
pub(super) async fn search(
    db: &impl ConnectionTrait,
    event: EventId,
    sought: &Sought,
    before: u64,
    limit: u64,
) -> Result<Vec<Message>, Error> {
    use message::Column as C;
    let mut query = message::Entity::find()
        .filter(C::EventId.eq(event.uuid()))
        .filter(C::Status.eq(MessageStatus::Active.name()));
    if !sought.words.is_empty() {
        query = query.filter(matching(db.get_database_backend(), &sought.words));
    }
    if let Some(signs) = &sought.signs {
        query = query.filter(C::Text.like(LikeExpr::new(format!("%{}%", escape_like(signs))).escape('\\')));
    }
    if let Some(author) = &sought.author {
        query = query.filter(C::AuthorId.eq(author.as_str()));
    }
    if let Some(since) = sought.since {
        query = query.filter(C::CreatedMs.gte(since.ms()));
    }
    if let Some(until) = sought.until {
        query = query.filter(C::CreatedMs.lt(until.ms()));
    }
    let query = query
        .filter(C::Seq.lt(signed(before)))
        .order_by_desc(C::Seq)
        .limit(limit);
    read_all(db, query.all(db).await?).await
}

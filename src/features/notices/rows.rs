//! Notifications as rows, with what their messages say now.

use std::collections::HashMap;

use entity::{event, mailbox, message, notification};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
    prelude::Uuid,
    sea_query::{Expr, Query, SelectStatement},
};

use crate::{
    domain::{
        EventId, MessageId, NotificationId, Stamp, UserId,
        chat::{Author, MessageStatus},
        notice::{self, NoticeKind, Notification, NotificationEvent},
    },
    store::Error,
};

use notification::Column as C;

/// Which way a page goes. Places are those among one person's notifications.
#[derive(Debug, Clone, Copy)]
pub enum Page {
    /// Latest first, from before this place.
    Before(i64),
    /// Oldest first, from after this place.
    After(i64),
}

impl Page {
    /// The page that goes on from there.
    pub(super) fn from(self, place: i64) -> Self {
        match self {
            Self::Before(_) => Self::Before(place),
            Self::After(_) => Self::After(place),
        }
    }
}

/// A notification that is there, whoever may see it. Its event's name is not looked up yet.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) seq: i64,
    pub(super) event: Option<EventId>,
    pub(super) notification: Notification,
}

/// Whether it is there: its message can be seen, if it is about one.
fn is_there() -> SelectStatement {
    use message::Column as M;
    let mut seen = Query::select();
    seen.expr(Expr::val(1))
        .from(message::Entity)
        .and_where(Expr::col((message::Entity, M::Id)).equals((notification::Entity, C::MessageId)))
        .and_where(Expr::col((message::Entity, M::Status)).eq(MessageStatus::Active.name()));
    seen
}

fn about_messages() -> [&'static str; 2] {
    [NoticeKind::Mention.name(), NoticeKind::Reply.name()]
}

pub(super) async fn page(
    db: &impl ConnectionTrait,
    user: &UserId,
    page: Page,
    unread: bool,
    limit: u64,
) -> Result<Vec<Found>, Error> {
    let mut query = notification::Entity::find()
        .filter(C::UserId.eq(user.as_str()))
        .filter(C::Kind.is_not_in(about_messages()).or(Expr::exists(is_there())))
        .limit(limit);
    if unread {
        query = query.filter(C::ReadMs.is_null());
    }
    query = match page {
        Page::Before(seq) => query.filter(C::Seq.lt(seq)).order_by_desc(C::Seq),
        Page::After(seq) => query.filter(C::Seq.gt(seq)).order_by_asc(C::Seq),
    };
    let rows = query.all(db).await?;
    let mut messages = messages(db, rows.iter().filter_map(|row| row.message_id)).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let message = row.message_id.and_then(|id| messages.remove(&id));
        found.extend(read(row, message)?);
    }
    Ok(found)
}

async fn messages(
    db: &impl ConnectionTrait,
    ids: impl Iterator<Item = Uuid>,
) -> Result<HashMap<Uuid, message::Model>, Error> {
    let ids: Vec<Uuid> = ids.collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let query = message::Entity::find().filter(message::Column::Id.is_in(ids));
    Ok(query.all(db).await?.into_iter().map(|row| (row.id, row)).collect())
}

/// `None`: its message went out of sight meanwhile.
fn read(row: notification::Model, message: Option<message::Model>) -> Result<Option<Found>, Error> {
    let kind = NoticeKind::parse(&row.kind)
        .ok_or_else(|| Error::unreadable("notification", format!("unknown kind `{}`", row.kind)))?;
    let (mut by, mut text) = (None, row.text.unwrap_or_default());
    if kind.is_about_a_message() {
        let is_seen = |message: &message::Model| message.status == MessageStatus::Active.name();
        let Some(message) = message.filter(is_seen) else {
            return Ok(None);
        };
        text = message.text;
        by = Some(Author {
            id: message
                .author_id
                .parse()
                .map_err(|error| Error::unreadable("author id", error))?,
            name: message.author_name,
            avatar_url: message.author_avatar_url,
            badges: serde_json::from_value(message.author_badges)
                .map_err(|error| Error::unreadable("badges", error))?,
        });
    }
    Ok(Some(Found {
        seq: row.seq,
        event: row.event_id.map(EventId::from_uuid),
        notification: Notification {
            id: NotificationId::from_uuid(row.id),
            kind,
            event: None,
            message_id: row.message_id.map(MessageId::from_uuid),
            by,
            text: notice::excerpt(&text),
            created_at: Stamp::from_ms(row.created_ms),
            read_at: row.read_ms.map(Stamp::from_ms),
        },
    }))
}

/// An event's name, for those who were told of it but may not enter any more.
pub(super) async fn event(db: &impl ConnectionTrait, id: EventId) -> Result<Option<NotificationEvent>, Error> {
    let query = event::Entity::find_by_id(id.uuid())
        .select_only()
        .columns([event::Column::Slug, event::Column::Title]);
    let named: Option<(String, String)> = query.into_tuple().one(db).await?;
    Ok(named.map(|(slug, title)| NotificationEvent { id, slug, title }))
}

/// Unread ones that are there, by event and kind.
pub(super) async fn unread(
    db: &impl ConnectionTrait,
    user: &UserId,
) -> Result<Vec<(Option<EventId>, Option<NoticeKind>, u64)>, Error> {
    let query = notification::Entity::find()
        .select_only()
        .columns([C::EventId, C::Kind])
        .column_as(C::Seq.count(), "count")
        .filter(C::UserId.eq(user.as_str()))
        .filter(C::ReadMs.is_null())
        .filter(C::Kind.is_not_in(about_messages()).or(Expr::exists(is_there())))
        .group_by(C::EventId)
        .group_by(C::Kind);
    let counts: Vec<(Option<Uuid>, String, i64)> = query.into_tuple().all(db).await?;
    let count = |(event, kind, count): (Option<Uuid>, String, i64)| {
        let count = u64::try_from(count).unwrap_or(0);
        (event.map(EventId::from_uuid), NoticeKind::parse(&kind), count)
    };
    Ok(counts.into_iter().map(count).collect())
}

/// The latest place that was given out, and whose it is if it is still there.
pub(super) async fn last(db: &impl ConnectionTrait, user: &UserId) -> Result<Option<(i64, NotificationId)>, Error> {
    let query = notification::Entity::find()
        .select_only()
        .columns([C::Seq, C::Id])
        .filter(C::UserId.eq(user.as_str()))
        .order_by_desc(C::Seq);
    let last: Option<(i64, Uuid)> = query.into_tuple().one(db).await?;
    Ok(last.map(|(seq, id)| (seq, NotificationId::from_uuid(id))))
}

/// The latest one up to which everything is read.
pub(super) async fn read_mark(
    db: &impl ConnectionTrait,
    user: &UserId,
) -> Result<Option<(i64, NotificationId)>, Error> {
    let first_unread = notification::Entity::find()
        .select_only()
        .column(C::Seq)
        .filter(C::UserId.eq(user.as_str()))
        .filter(C::ReadMs.is_null())
        .order_by_asc(C::Seq);
    let first: Option<i64> = first_unread.into_tuple().one(db).await?;
    let query = notification::Entity::find()
        .select_only()
        .columns([C::Seq, C::Id])
        .filter(C::UserId.eq(user.as_str()))
        .filter(C::Seq.lt(first.unwrap_or(i64::MAX)))
        .order_by_desc(C::Seq);
    let mark: Option<(i64, Uuid)> = query.into_tuple().one(db).await?;
    Ok(mark.map(|(seq, id)| (seq, NotificationId::from_uuid(id))))
}

/// Where one stands among its owner's.
pub(super) async fn place(db: &impl ConnectionTrait, user: &UserId, id: NotificationId) -> Result<Option<i64>, Error> {
    let query = notification::Entity::find()
        .select_only()
        .column(C::Seq)
        .filter(C::Id.eq(id.uuid()))
        .filter(C::UserId.eq(user.as_str()));
    Ok(query.into_tuple().one(db).await?)
}

/// False: nothing was unread up to there.
pub(super) async fn read_up_to(db: &impl ConnectionTrait, user: &UserId, seq: i64, now: Stamp) -> Result<bool, Error> {
    let query = notification::Entity::update_many()
        .col_expr(C::ReadMs, Expr::value(now.ms()))
        .filter(C::UserId.eq(user.as_str()))
        .filter(C::ReadMs.is_null())
        .filter(C::Seq.lte(seq));
    Ok(query.exec(db).await?.rows_affected > 0)
}

/// False: none of them was unread.
pub(super) async fn read_these(
    db: &impl ConnectionTrait,
    user: &UserId,
    ids: Vec<NotificationId>,
    now: Stamp,
) -> Result<bool, Error> {
    let query = notification::Entity::update_many()
        .col_expr(C::ReadMs, Expr::value(now.ms()))
        .filter(C::UserId.eq(user.as_str()))
        .filter(C::ReadMs.is_null())
        .filter(C::Id.is_in(ids.into_iter().map(NotificationId::uuid)));
    Ok(query.exec(db).await?.rows_affected > 0)
}

/// Of each of these people: the last place given out, and how many are unread, seen or not.
pub(super) async fn standings(
    db: &impl ConnectionTrait,
    users: &[UserId],
) -> Result<HashMap<String, (i64, i64)>, Error> {
    let ids = || users.iter().map(|user| user.as_str().to_owned());
    let boxes = mailbox::Entity::find().filter(mailbox::Column::UserId.is_in(ids()));
    let mut standings: HashMap<String, (i64, i64)> = HashMap::new();
    for row in boxes.all(db).await? {
        standings.insert(row.user_id, (row.last_seq, 0));
    }
    let query = notification::Entity::find()
        .select_only()
        .column(C::UserId)
        .column_as(C::Seq.count(), "count")
        .filter(C::UserId.is_in(ids()))
        .filter(C::ReadMs.is_null())
        .group_by(C::UserId);
    let unread: Vec<(String, i64)> = query.into_tuple().all(db).await?;
    for (user, count) in unread {
        standings.entry(user).or_default().1 = count;
    }
    Ok(standings)
}

/// The next people by id, with the last place given out.
pub(super) async fn boxes(db: &impl ConnectionTrait, after: &str, most: u64) -> Result<Vec<(String, i64)>, Error> {
    let query = mailbox::Entity::find()
        .filter(mailbox::Column::UserId.gt(after))
        .order_by_asc(mailbox::Column::UserId)
        .limit(most);
    let rows = query.all(db).await?;
    Ok(rows.into_iter().map(|row| (row.user_id, row.last_seq)).collect())
}

/// Throws away what somebody has up to that place.
pub(super) async fn drop_up_to(db: &impl ConnectionTrait, user: &str, seq: i64) -> Result<u64, Error> {
    let query = notification::Entity::delete_many()
        .filter(C::UserId.eq(user))
        .filter(C::Seq.lte(seq));
    Ok(query.exec(db).await?.rows_affected)
}

/// Whether somebody has anything up to that place.
pub(super) async fn has_up_to(db: &impl ConnectionTrait, user: &str, seq: i64) -> Result<bool, Error> {
    let query = notification::Entity::find()
        .select_only()
        .column(C::Seq)
        .filter(C::UserId.eq(user))
        .filter(C::Seq.lte(seq));
    let found: Option<i64> = query.into_tuple().one(db).await?;
    Ok(found.is_some())
}

/// Whether anything is from before that time.
pub(super) async fn is_any_before(db: &impl ConnectionTrait, time: Stamp) -> Result<bool, Error> {
    let query = notification::Entity::find()
        .select_only()
        .column(C::CreatedMs)
        .filter(C::CreatedMs.lt(time.ms()));
    let found: Option<i64> = query.into_tuple().one(db).await?;
    Ok(found.is_some())
}

/// The last place that was given out to somebody.
pub(super) async fn last_place(db: &impl ConnectionTrait, user: &UserId) -> Result<i64, Error> {
    let row = mailbox::Entity::find_by_id(user.as_str().to_owned()).one(db).await?;
    Ok(row.map_or(0, |row| row.last_seq))
}

/// Throws away so many of those from before that time.
pub(super) async fn drop_before(db: &impl ConnectionTrait, time: Stamp, most: u64) -> Result<u64, Error> {
    let sql = "DELETE FROM notification WHERE id IN \
               (SELECT id FROM notification WHERE created_ms < $1 ORDER BY created_ms LIMIT $2)";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let values = [time.ms().into(), most.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected())
}

//! Marks as rows, and what lies behind them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::{message, receipt};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    prelude::Uuid,
    sea_query::{Expr, OnConflict},
};

use crate::{
    domain::{EventId, MessageId, Stamp, UserId, chat::MessageStatus, receipt::Receipt},
    store::Error,
};

/// Rows per statement, far below the 32,766 parameters that a database takes.
const ROWS_PER_STATEMENT: usize = 500;

fn read(row: &receipt::Model) -> Result<Receipt, Error> {
    Ok(Receipt {
        user_id: row
            .user_id
            .parse()
            .map_err(|error| Error::unreadable("user id", error))?,
        message_id: MessageId::from_uuid(row.message_id),
        seq: u64::try_from(row.seq).unwrap_or(0),
        read_at: Stamp::from_ms(row.read_ms),
    })
}

fn signed(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

pub(super) async fn find(db: &impl ConnectionTrait, event: EventId, user: &UserId) -> Result<Option<Receipt>, Error> {
    let row = receipt::Entity::find_by_id((event.uuid(), user.as_str().to_owned()));
    row.one(db).await?.as_ref().map(read).transpose()
}

/// The marks of these people in these events.
pub(super) async fn find_all(
    db: &impl ConnectionTrait,
    keys: BTreeSet<(EventId, UserId)>,
) -> Result<HashMap<(EventId, UserId), Receipt>, Error> {
    use receipt::Column as C;
    let mut found = HashMap::with_capacity(keys.len());
    let keys: Vec<_> = keys.into_iter().collect();
    for keys in keys.chunks(ROWS_PER_STATEMENT) {
        let keys = keys
            .iter()
            .map(|(event, user)| (event.uuid(), user.as_str().to_owned()));
        let place = Expr::tuple([C::EventId, C::UserId].map(Expr::col)).in_tuples(keys);
        for row in receipt::Entity::find().filter(place).all(db).await? {
            let event = EventId::from_uuid(row.event_id);
            let receipt = read(&row)?;
            found.insert((event, receipt.user_id.clone()), receipt);
        }
    }
    Ok(found)
}

/// Where messages are: in which event, at which `seq`.
pub(super) async fn places(
    db: &impl ConnectionTrait,
    ids: impl Iterator<Item = MessageId>,
) -> Result<HashMap<MessageId, (EventId, u64)>, Error> {
    use message::Column as C;
    let ids: BTreeSet<Uuid> = ids.map(MessageId::uuid).collect();
    let query = message::Entity::find()
        .select_only()
        .columns([C::Id, C::EventId, C::Seq])
        .filter(C::Id.is_in(ids));
    let found: Vec<(Uuid, Uuid, i64)> = query.into_tuple().all(db).await?;
    let place = |(id, event, seq): (Uuid, Uuid, i64)| {
        let seq = u64::try_from(seq).unwrap_or(0);
        (MessageId::from_uuid(id), (EventId::from_uuid(event), seq))
    };
    Ok(found.into_iter().map(place).collect())
}

pub(super) async fn put_all(
    db: &impl ConnectionTrait,
    marks: BTreeMap<(EventId, UserId), Receipt>,
) -> Result<(), Error> {
    use receipt::Column as C;
    let rows: Vec<_> = marks
        .into_iter()
        .map(|((event, user), mark)| receipt::ActiveModel {
            event_id: Set(event.uuid()),
            user_id: Set(user.as_str().to_owned()),
            message_id: Set(mark.message_id.uuid()),
            seq: Set(signed(mark.seq)),
            read_ms: Set(mark.read_at.ms()),
        })
        .collect();
    for rows in rows.chunks(ROWS_PER_STATEMENT) {
        let mut again = OnConflict::columns([C::EventId, C::UserId]);
        again.update_columns([C::MessageId, C::Seq, C::ReadMs]);
        receipt::Entity::insert_many(rows.iter().cloned())
            .on_conflict(again)
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// Marks by user id, from after `after` on; `only` this one, if somebody is named.
pub(super) async fn page(
    db: &impl ConnectionTrait,
    event: EventId,
    only: Option<&UserId>,
    after: Option<&UserId>,
    limit: u64,
) -> Result<Vec<Receipt>, Error> {
    use receipt::Column as C;
    let mut query = receipt::Entity::find().filter(C::EventId.eq(event.uuid()));
    if let Some(only) = only {
        query = query.filter(C::UserId.eq(only.as_str()));
    }
    if let Some(after) = after {
        query = query.filter(C::UserId.gt(after.as_str()));
    }
    let rows = query.order_by_asc(C::UserId).limit(limit).all(db).await?;
    rows.iter().map(read).collect()
}

/// How many messages of others people can see after that place, up to `most`.
pub(super) async fn unread(
    db: &impl ConnectionTrait,
    event: EventId,
    user: &UserId,
    after: u64,
    most: u64,
) -> Result<u64, Error> {
    use message::Column as C;
    let query = message::Entity::find()
        .select_only()
        .column(C::Seq)
        .filter(C::EventId.eq(event.uuid()))
        .filter(C::Seq.gt(signed(after)))
        .filter(C::Status.eq(MessageStatus::Active.name()))
        .filter(C::AuthorId.ne(user.as_str()))
        .limit(most);
    let seqs: Vec<i64> = query.into_tuple().all(db).await?;
    Ok(seqs.len() as u64)
}

//! Marks as rows, and what lies behind them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::{message, receipt};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Value, prelude::Uuid};

use crate::{
    domain::{EventId, MessageId, Stamp, UserId, chat::MessageStatus, receipt::Receipt},
    store::{Error, bulk},
};

const KEY: [&str; 2] = ["event_id", "user_id"];

fn values((event, user): &(EventId, UserId)) -> [Value; 2] {
    [event.uuid().into(), user.as_str().into()]
}

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
    let mut found = HashMap::with_capacity(keys.len());
    let keys = keys.iter().map(values).collect();
    for row in bulk::find::<receipt::Entity, 2>(db, KEY, keys).await? {
        let receipt = read(&row)?;
        found.insert((EventId::from_uuid(row.event_id), receipt.user_id.clone()), receipt);
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

const PUT_ON: &str = "ON CONFLICT (event_id, user_id) DO UPDATE SET \
    message_id = excluded.message_id, seq = excluded.seq, read_ms = excluded.read_ms";

pub(super) async fn put_all(
    db: &impl ConnectionTrait,
    marks: BTreeMap<(EventId, UserId), Receipt>,
) -> Result<(), Error> {
    let rows = marks.iter().map(|(key, mark)| {
        let [event, user] = values(key);
        [
            event,
            user,
            mark.message_id.uuid().into(),
            signed(mark.seq).into(),
            mark.read_at.ms().into(),
        ]
    });
    let columns = ["event_id", "user_id", "message_id", "seq", "read_ms"];
    Ok(bulk::insert(db, "receipt", columns, rows.collect(), PUT_ON).await?)
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

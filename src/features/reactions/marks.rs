//! Who put what on which message, and how many did, as rows.

use std::collections::BTreeSet;

use entity::reaction;
use sea_orm::{ConnectionTrait, Value, prelude::Uuid};

use crate::store::{Error, bulk};

/// A reaction's place: message, user, emoji.
pub(super) type Key = (Uuid, String, String);

const KEY: [&str; 3] = ["message_id", "user_id", "emoji"];

/// Those of the reactions that are there.
pub(super) async fn find(db: &impl ConnectionTrait, keys: &BTreeSet<Key>) -> Result<BTreeSet<Key>, Error> {
    let rows = bulk::find::<reaction::Entity, 3>(db, KEY, keys.iter().map(values).collect()).await?;
    let keys = rows.into_iter().map(|row| (row.message_id, row.user_id, row.emoji));
    Ok(keys.collect())
}

/// Puts reactions that are not there, each in its event.
pub(super) async fn put<'a>(
    db: &impl ConnectionTrait,
    marks: impl Iterator<Item = (&'a Key, Uuid)>,
    now_ms: i64,
) -> Result<(), Error> {
    let rows = marks.map(|(key, event)| {
        let [message, user, emoji] = values(key);
        [message, user, emoji, event.into(), now_ms.into()]
    });
    let columns = ["message_id", "user_id", "emoji", "event_id", "created_ms"];
    Ok(bulk::insert(db, "reaction", columns, rows.collect(), "").await?)
}

/// Takes reactions away.
pub(super) async fn take(db: &impl ConnectionTrait, keys: &[Key]) -> Result<(), Error> {
    Ok(bulk::delete::<reaction::Entity, 3>(db, KEY, keys.iter().map(values).collect()).await?)
}

const COUNT_ON: &str = "ON CONFLICT (message_id, emoji) DO UPDATE SET count = reaction_total.count + excluded.count";

/// Adds to totals: of which message, in which event, of which emoji, how many.
pub(super) async fn count(
    db: &impl ConnectionTrait,
    steps: impl Iterator<Item = (Uuid, Uuid, String, i64)>,
) -> Result<(), Error> {
    let row = |(message, event, emoji, step): (Uuid, Uuid, String, i64)| {
        [
            Value::from(message),
            event.into(),
            emoji.into(),
            step.into(),
            0i64.into(),
        ]
    };
    let columns = ["message_id", "event_id", "emoji", "count", "told_count"];
    Ok(bulk::insert(db, "reaction_total", columns, steps.map(row).collect(), COUNT_ON).await?)
}

fn values((message, user, emoji): &Key) -> [Value; 3] {
    [(*message).into(), user.clone().into(), emoji.clone().into()]
}

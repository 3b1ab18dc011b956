//! Awards as rows.

use entity::badge;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use crate::{
    domain::{EventId, Stamp, UserId, badge::Awards},
    store::Error,
};

/// All awards of an event, by user id.
pub(super) async fn all(db: &impl ConnectionTrait, event: EventId) -> Result<Vec<Awards>, Error> {
    let rows = badge::Entity::find().filter(badge::Column::EventId.eq(event.uuid()));
    let mut all: Vec<Awards> = Vec::new();
    for row in rows.all(db).await? {
        let user_id: UserId = row
            .user_id
            .parse()
            .map_err(|error| Error::unreadable("user id", error))?;
        match all.iter_mut().find(|awards| awards.user_id == user_id) {
            Some(awards) => awards.badges.push(row.badge),
            None => all.push(Awards {
                user_id,
                badges: vec![row.badge],
            }),
        }
    }
    // Databases do not agree on how texts are sorted.
    all.sort_unstable_by(|one, other| one.user_id.cmp(&other.user_id));
    for awards in &mut all {
        awards.badges.sort_unstable();
    }
    Ok(all)
}

/// What one person was awarded.
pub(super) async fn of(db: &impl ConnectionTrait, event: EventId, user: &UserId) -> Result<Vec<String>, Error> {
    let rows = badge::Entity::find()
        .filter(badge::Column::EventId.eq(event.uuid()))
        .filter(badge::Column::UserId.eq(user.as_str()))
        .order_by_asc(badge::Column::Badge);
    let mut badges: Vec<String> = rows.all(db).await?.into_iter().map(|row| row.badge).collect();
    badges.sort_unstable();
    Ok(badges)
}

pub(super) async fn count(db: &impl ConnectionTrait, event: EventId) -> Result<u64, Error> {
    let rows = badge::Entity::find().filter(badge::Column::EventId.eq(event.uuid()));
    Ok(rows.count(db).await?)
}

pub(super) async fn insert(
    db: &impl ConnectionTrait,
    event: EventId,
    user: &UserId,
    badge: &str,
    by: &str,
    now: Stamp,
) -> Result<(), Error> {
    let row = badge::ActiveModel {
        event_id: Set(event.uuid()),
        user_id: Set(user.as_str().to_owned()),
        badge: Set(badge.to_owned()),
        given_by: Set(by.to_owned()),
        given_ms: Set(now.ms()),
    };
    badge::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// Ok(false): there was nothing to take away.
pub(super) async fn remove(
    db: &impl ConnectionTrait,
    event: EventId,
    user: &UserId,
    badge: &str,
) -> Result<bool, Error> {
    let key = (event.uuid(), user.as_str().to_owned(), badge.to_owned());
    let done = badge::Entity::delete_by_id(key).exec(db).await?;
    Ok(done.rows_affected > 0)
}

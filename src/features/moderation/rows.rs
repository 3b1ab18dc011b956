//! Sanctions as rows.

use entity::{sanction, sanction_mark};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::Expr,
};

use super::{book::Marked, marks, sanctions::Wanted};
use crate::{
    domain::{
        EventId, MessageId, SanctionId, Stamp, UserId,
        moderation::{ADDRESS_MARK_MAX_MS, InForce, MARK_MAX_MS, Sanction, SanctionKind},
        user::Role,
    },
    store::Error,
};

// The condition of a partial index, to the letter as the migration has it.
const NOT_LIFTED: &str = "lifted_ms IS NULL";
const IS_BAN: &str = "kind = 'ban'";

fn in_scope(scope: Option<EventId>) -> Condition {
    let column = sanction::Column::EventId;
    Condition::all().add(match scope {
        Some(event) => column.eq(event.uuid()),
        None => column.is_null(),
    })
}

fn still(now: Stamp) -> Condition {
    let until = sanction::Column::UntilMs;
    Condition::any().add(until.is_null()).add(until.gt(now.ms()))
}

fn user(text: &str) -> Result<UserId, Error> {
    text.parse().map_err(|error| Error::unreadable("user id", error))
}

fn kind(name: &str) -> Result<SanctionKind, Error> {
    SanctionKind::parse(name).ok_or_else(|| Error::unreadable("sanction", format!("unknown kind `{name}`")))
}

fn role(name: &str) -> Result<Role, Error> {
    Role::parse(name).ok_or_else(|| Error::unreadable("sanction", format!("unknown role `{name}`")))
}

fn in_force(row: &sanction::Model) -> Result<InForce, Error> {
    Ok(InForce {
        id: SanctionId::from_uuid(row.id),
        kind: kind(&row.kind)?,
        until: row.until_ms.map(Stamp::from_ms),
        by: role(&row.by_role)?,
    })
}

fn read(row: sanction::Model, now: Stamp) -> Result<Sanction, Error> {
    let until_at = row.until_ms.map(Stamp::from_ms);
    Ok(Sanction {
        id: SanctionId::from_uuid(row.id),
        event_id: row.event_id.map(EventId::from_uuid),
        user_id: user(&row.user_id)?,
        kind: kind(&row.kind)?,
        reason: row.reason,
        note: row.note,
        message_id: row.message_id.map(MessageId::from_uuid),
        by: row.by_id.as_deref().map(user).transpose()?,
        created_at: Stamp::from_ms(row.created_ms),
        until_at,
        lifted_at: row.lifted_ms.map(Stamp::from_ms),
        lifted_by: row.lifted_by.as_deref().map(user).transpose()?,
        in_force: row.lifted_ms.is_none() && until_at.is_none_or(|until| until > now),
    })
}

pub(super) async fn insert(db: &impl ConnectionTrait, sanction: &Sanction, by: Role) -> Result<(), Error> {
    let row = sanction::ActiveModel {
        row_no: NotSet,
        id: Set(sanction.id.uuid()),
        event_id: Set(sanction.event_id.map(EventId::uuid)),
        user_id: Set(sanction.user_id.as_str().to_owned()),
        kind: Set(sanction.kind.name().to_owned()),
        reason: Set(sanction.reason.clone()),
        note: Set(sanction.note.clone()),
        message_id: Set(sanction.message_id.map(MessageId::uuid)),
        by_id: Set(sanction.by.as_ref().map(|by| by.as_str().to_owned())),
        by_role: Set(by.name().to_owned()),
        created_ms: Set(sanction.created_at.ms()),
        until_ms: Set(sanction.until_at.map(Stamp::ms)),
        lifted_ms: Set(None),
        lifted_by: Set(None),
    };
    sanction::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// Keeps by what a banned guest is known again, for as long as the ban lasts and no longer than is fair.
pub(super) async fn mark(
    db: &impl ConnectionTrait,
    sanction: &Sanction,
    marks: &[String],
    now: Stamp,
) -> Result<(), Error> {
    if sanction.kind != SanctionKind::Ban || marks.is_empty() {
        return Ok(());
    }
    // Nothing is kept beyond its time, and this is when somebody looks.
    let over = sanction_mark::Entity::delete_many().filter(sanction_mark::Column::ExpiresMs.lte(now.ms()));
    over.exec(db).await?;
    let rows = marks.iter().map(|mark| {
        let most = if marks::is_address(mark) {
            ADDRESS_MARK_MAX_MS
        } else {
            MARK_MAX_MS
        };
        let longest = sanction.created_at.plus_ms(most);
        sanction_mark::ActiveModel {
            sanction_id: Set(sanction.id.uuid()),
            mark: Set(mark.clone()),
            event_id: Set(sanction.event_id.map(EventId::uuid)),
            since_ms: Set(sanction.created_at.ms()),
            expires_ms: Set(sanction.until_at.map_or(longest, |until| until.min(longest)).ms()),
        }
    });
    let insert = sanction_mark::Entity::insert_many(rows)
        .on_conflict_do_nothing_on([sanction_mark::Column::SanctionId, sanction_mark::Column::Mark]);
    insert.exec_without_returning(db).await?;
    Ok(())
}

async fn lift_where(
    db: &impl ConnectionTrait,
    which: Condition,
    by: Option<&UserId>,
    now: Stamp,
) -> Result<bool, Error> {
    use sanction::Column as C;
    let rows: Vec<uuid::Uuid> = sanction::Entity::find()
        .select_only()
        .column(C::Id)
        .filter(which)
        .filter(Expr::cust(NOT_LIFTED))
        .into_tuple()
        .all(db)
        .await?;
    if rows.is_empty() {
        return Ok(false);
    }
    let lift = sanction::Entity::update_many()
        .col_expr(C::LiftedMs, Expr::value(now.ms()))
        .col_expr(C::LiftedBy, Expr::value(by.map(|by| by.as_str().to_owned())));
    lift.filter(C::Id.is_in(rows.clone())).exec(db).await?;
    let forget = sanction_mark::Entity::delete_many();
    forget
        .filter(sanction_mark::Column::SanctionId.is_in(rows))
        .exec(db)
        .await?;
    Ok(true)
}

/// Ends what is of the same kind against the same user.
pub(super) async fn replace(
    db: &impl ConnectionTrait,
    scope: Option<EventId>,
    user: &UserId,
    kind: SanctionKind,
    by: Option<&UserId>,
    now: Stamp,
) -> Result<(), Error> {
    use sanction::Column as C;
    let same = in_scope(scope)
        .add(C::UserId.eq(user.as_str()))
        .add(C::Kind.eq(kind.name()))
        .add(still(now));
    lift_where(db, same, by, now).await.map(|_| ())
}

/// False: it was lifted before.
pub(super) async fn lift(
    db: &impl ConnectionTrait,
    id: SanctionId,
    by: Option<&UserId>,
    now: Stamp,
) -> Result<bool, Error> {
    let one = Condition::all().add(sanction::Column::Id.eq(id.uuid()));
    lift_where(db, one, by, now).await
}

/// A sanction, and the role of who gave it.
pub(super) async fn find(
    db: &impl ConnectionTrait,
    scope: Option<EventId>,
    id: SanctionId,
) -> Result<Option<(Sanction, Role)>, Error> {
    let query = sanction::Entity::find().filter(in_scope(scope));
    let row = query.filter(sanction::Column::Id.eq(id.uuid())).one(db).await?;
    row.map(|row| {
        let by = role(&row.by_role)?;
        Ok((read(row, crate::clock::now())?, by))
    })
    .transpose()
}

pub(super) async fn list(
    db: &impl ConnectionTrait,
    scope: Option<EventId>,
    wanted: &Wanted,
    now: Stamp,
) -> Result<Vec<(i64, Sanction)>, Error> {
    use sanction::Column as C;
    let mut query = sanction::Entity::find().filter(in_scope(scope));
    if let Some(user) = &wanted.user {
        query = query.filter(C::UserId.eq(user.as_str()));
    }
    if let Some(kind) = wanted.kind {
        query = query.filter(C::Kind.eq(kind.name()));
    }
    if wanted.in_force {
        query = query.filter(Expr::cust(NOT_LIFTED)).filter(still(now));
    }
    if let Some(before) = wanted.before {
        query = query.filter(C::RowNo.lt(before));
    }
    let rows = query.order_by_desc(C::RowNo).limit(wanted.limit).all(db).await?;
    rows.into_iter().map(|row| Ok((row.row_no, read(row, now)?))).collect()
}

fn not_lifted(scope: Option<EventId>) -> Select<sanction::Entity> {
    let query = sanction::Entity::find().filter(in_scope(scope));
    query.filter(Expr::cust(NOT_LIFTED)).filter(still(crate::clock::now()))
}

pub(super) async fn all_in_force(
    db: &impl ConnectionTrait,
    scope: Option<EventId>,
    limit: u64,
) -> Result<Vec<(UserId, InForce)>, Error> {
    let rows = not_lifted(scope).limit(limit).all(db).await?;
    rows.into_iter()
        .map(|row| Ok((user(&row.user_id)?, in_force(&row)?)))
        .collect()
}

pub(super) async fn against(
    db: &impl ConnectionTrait,
    scope: Option<EventId>,
    user: &UserId,
) -> Result<Vec<InForce>, Error> {
    let query = not_lifted(scope).filter(sanction::Column::UserId.eq(user.as_str()));
    query.all(db).await?.iter().map(in_force).collect()
}

/// Marks of bans in force, of that kind or all.
pub(super) async fn marked(
    db: &impl ConnectionTrait,
    scope: Option<EventId>,
    mark: Option<&str>,
    limit: u64,
) -> Result<Vec<Marked>, Error> {
    use sanction_mark::Column as C;
    let mut query = sanction_mark::Entity::find().filter(C::ExpiresMs.gt(crate::clock::now().ms()));
    query = match scope {
        Some(event) => query.filter(C::EventId.eq(event.uuid())),
        None => query.filter(C::EventId.is_null()),
    };
    if let Some(mark) = mark {
        query = query.filter(C::Mark.eq(mark));
    }
    let rows = query.limit(limit).all(db).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let bans = sanction::Entity::find().filter(sanction::Column::Id.is_in(rows.iter().map(|row| row.sanction_id)));
    let bans = bans.filter(Expr::cust(NOT_LIFTED)).all(db).await?;
    let mut marked = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(ban) = bans.iter().find(|ban| ban.id == row.sanction_id) {
            marked.push(Marked {
                mark: row.mark,
                since: Stamp::from_ms(row.since_ms),
                expires: Stamp::from_ms(row.expires_ms),
                ban: in_force(ban)?,
            });
        }
    }
    Ok(marked)
}

/// Bans given since then that hold.
pub(super) async fn bans_since(db: &impl ConnectionTrait, since: Stamp, limit: u64) -> Result<Vec<Sanction>, Error> {
    use sanction::Column as C;
    let now = crate::clock::now();
    let query = sanction::Entity::find()
        .filter(Expr::cust(IS_BAN))
        .filter(C::CreatedMs.gt(since.ms()));
    let query = query.filter(Expr::cust(NOT_LIFTED)).filter(still(now));
    let rows = query.order_by_desc(C::CreatedMs).limit(limit).all(db).await?;
    rows.into_iter().map(|row| read(row, now)).collect()
}

//! The totals, and how much of them the log has told.

use std::collections::{BTreeMap, BTreeSet};

use entity::{applause_total, message, reaction, reaction_total};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    prelude::Uuid,
    sea_query::{Expr, Order, Query},
};

use crate::{
    domain::{
        EventId, MessageId, UserId,
        chat::MessageStatus,
        entry::ApplauseChanged,
        reaction::{Applause, MessageReactions, ReactionCount},
        snapshot::RECENT_MESSAGES,
    },
    store::Error,
};

/// Totals told in one entry at most; the rest follows in the next tick.
const TOLD_AT_ONCE: u64 = 500;
pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// Whether anybody has reacted to anything in an event.
pub(super) async fn any(db: &impl ConnectionTrait, event: EventId) -> Result<bool, Error> {
    let query = reaction::Entity::find()
        .select_only()
        .column(reaction::Column::EventId)
        .filter(reaction::Column::EventId.eq(event.uuid()));
    Ok(query.limit(1).into_tuple::<Uuid>().one(db).await?.is_some())
}

/// Which emoji each of these users put on the latest messages.
pub(super) async fn of_users(
    db: &impl ConnectionTrait,
    event: EventId,
    users: &[UserId],
) -> Result<Vec<(String, MessageId, String)>, Error> {
    use message::Column as M;
    use reaction::Column as C;
    let latest = Query::select()
        .column(M::Id)
        .from(message::Entity)
        .and_where(M::EventId.eq(event.uuid()))
        .and_where(M::Seq.gt(0))
        .order_by(M::Seq, Order::Desc)
        .limit(RECENT_MESSAGES)
        .to_owned();
    let query = reaction::Entity::find()
        .filter(C::EventId.eq(event.uuid()))
        .filter(C::UserId.is_in(users.iter().map(UserId::as_str)))
        .filter(C::MessageId.in_subquery(latest));
    let rows = query.order_by_asc(C::Emoji).all(db).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.user_id, MessageId::from_uuid(row.message_id), row.emoji))
        .collect())
}

/// Applause as the log has told it.
pub(super) async fn applause_told(db: &impl ConnectionTrait, event: EventId) -> Result<Applause, Error> {
    let query = applause_total::Entity::find().filter(applause_total::Column::EventId.eq(event.uuid()));
    let rows = query.filter(applause_total::Column::ToldCount.gt(0)).all(db).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.kind, unsigned(row.told_count)))
        .collect())
}

/// Events with anything untold, for the time after a crash.
pub(super) async fn events_untold(db: &impl ConnectionTrait) -> Result<BTreeSet<EventId>, Error> {
    use applause_total::Column as A;
    use reaction_total::Column as R;
    let untold = |count, told| Expr::col(count).ne(Expr::col(told));
    let reactions = reaction_total::Entity::find()
        .select_only()
        .column(R::EventId)
        .distinct();
    let reactions: Vec<sea_orm::prelude::Uuid> = reactions
        .filter(untold(R::Count, R::ToldCount))
        .into_tuple()
        .all(db)
        .await?;
    let applause = applause_total::Entity::find()
        .select_only()
        .column(A::EventId)
        .distinct();
    let untold = Expr::col(A::Count).ne(Expr::col(A::ToldCount));
    let applause: Vec<sea_orm::prelude::Uuid> = applause.filter(untold).into_tuple().all(db).await?;
    Ok(reactions.into_iter().chain(applause).map(EventId::from_uuid).collect())
}

/// Whether anything of the event is untold.
pub(super) async fn is_untold(db: &impl ConnectionTrait, event: EventId) -> Result<bool, Error> {
    use applause_total::Column as A;
    use reaction_total::Column as R;
    let applause = applause_total::Entity::find()
        .filter(A::EventId.eq(event.uuid()))
        .filter(Expr::col(A::Count).ne(Expr::col(A::ToldCount)));
    if applause.one(db).await?.is_some() {
        return Ok(true);
    }
    let reactions = reaction_total::Entity::find()
        .filter(R::EventId.eq(event.uuid()))
        .filter(Expr::col(R::Count).ne(Expr::col(R::ToldCount)));
    Ok(reactions.one(db).await?.is_some())
}

/// Those of the messages that people can see; what was deleted meanwhile has no reactions any more.
async fn still_seen(
    db: &impl ConnectionTrait,
    messages: Vec<sea_orm::prelude::Uuid>,
) -> Result<Vec<sea_orm::prelude::Uuid>, Error> {
    use message::Column as C;
    let query = message::Entity::find()
        .select_only()
        .column(C::Id)
        .filter(C::Id.is_in(messages));
    let query = query.filter(C::Status.eq(MessageStatus::Active.name()));
    Ok(query.into_tuple().all(db).await?)
}

/// Full totals of the messages with something untold, marked as told. The flag says whether more is left.
pub(super) async fn tell_reactions(
    db: &impl ConnectionTrait,
    event: EventId,
) -> Result<(Vec<MessageReactions>, bool), Error> {
    use reaction_total::Column as C;
    let query = reaction_total::Entity::find()
        .select_only()
        .column(C::MessageId)
        .distinct()
        .filter(C::EventId.eq(event.uuid()));
    let query = query
        .filter(Expr::col(C::Count).ne(Expr::col(C::ToldCount)))
        .limit(TOLD_AT_ONCE);
    let messages: Vec<sea_orm::prelude::Uuid> = query.into_tuple().all(db).await?;
    if messages.is_empty() {
        return Ok((Vec::new(), false));
    }
    let more = messages.len() as u64 >= TOLD_AT_ONCE;
    let told = reaction_total::Entity::update_many().col_expr(C::ToldCount, Expr::col(C::Count));
    told.filter(C::MessageId.is_in(messages.iter().copied()))
        .exec(db)
        .await?;
    let messages = still_seen(db, messages).await?;
    let mut totals: BTreeMap<_, Vec<ReactionCount>> = messages.iter().map(|id| (*id, Vec::new())).collect();
    let query = reaction_total::Entity::find()
        .filter(C::MessageId.is_in(messages))
        .filter(C::Count.gt(0));
    for row in query.order_by_desc(C::Count).order_by_asc(C::Emoji).all(db).await? {
        totals.entry(row.message_id).or_default().push(ReactionCount {
            emoji: row.emoji,
            count: unsigned(row.count),
        });
    }
    let told = totals.into_iter().map(|(id, reactions)| MessageReactions {
        message_id: MessageId::from_uuid(id),
        reactions,
    });
    Ok((told.collect(), more))
}

/// The applause's totals and what came since the last telling, marked as told; `None` if nothing came.
pub(super) async fn tell_applause(db: &impl ConnectionTrait, event: EventId) -> Result<Option<ApplauseChanged>, Error> {
    use applause_total::Column as C;
    let rows = applause_total::Entity::find()
        .filter(C::EventId.eq(event.uuid()))
        .all(db)
        .await?;
    let burst: Applause = rows
        .iter()
        .filter(|row| row.count != row.told_count)
        .map(|row| (row.kind.clone(), unsigned(row.count - row.told_count)))
        .collect();
    if burst.is_empty() {
        return Ok(None);
    }
    let told = applause_total::Entity::update_many().col_expr(C::ToldCount, Expr::col(C::Count));
    told.filter(C::EventId.eq(event.uuid())).exec(db).await?;
    let applause = rows.into_iter().map(|row| (row.kind, unsigned(row.count))).collect();
    Ok(Some(ApplauseChanged { applause, burst }))
}

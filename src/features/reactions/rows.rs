//! Who reacted how, the totals, and how much of them the log has told.

use std::collections::{BTreeMap, BTreeSet};

use entity::{applause_total, message, reaction, reaction_total};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, TryInsertResult,
    prelude::Uuid,
    sea_query::{Expr, OnConflict, Order, Query},
};

use crate::{
    clock,
    domain::{
        EventId, MessageId, Reason, Refusal, UserId,
        chat::MessageStatus,
        entry::ApplauseChanged,
        reaction::{Applause, ApplauseKind, Emoji, MessageReactions, ReactionCount},
        snapshot::RECENT_MESSAGES,
    },
    store::Error,
};

/// Totals told in one entry at most; the rest follows in the next tick.
const TOLD_AT_ONCE: u64 = 500;
/// Different emoji on one message, so that its row of reactions stays a row.
const EMOJI_PER_MESSAGE: usize = 50;

/// One user's emoji put on or taken off.
pub(super) struct Act {
    pub(super) event: EventId,
    pub(super) message: MessageId,
    pub(super) user: UserId,
    pub(super) emoji: Emoji,
    pub(super) on: bool,
}

fn unsigned(number: i64) -> u64 {
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

/// Carries the act out; gives the emoji's count afterwards.
pub(super) async fn react(db: &impl ConnectionTrait, act: &Act) -> Result<u64, Error> {
    use reaction_total::Column as C;
    require_message(db, act).await?;
    if !(if act.on {
        put(db, act).await?
    } else {
        take(db, act).await?
    }) {
        return count(db, act).await;
    }
    let step = if act.on { 1 } else { -1 };
    let row = reaction_total::ActiveModel {
        message_id: Set(act.message.uuid()),
        emoji: Set(act.emoji.as_str().to_owned()),
        event_id: Set(act.event.uuid()),
        count: Set(step),
        told_count: Set(0),
    };
    let mut again = OnConflict::columns([C::MessageId, C::Emoji]);
    again.value(C::Count, Expr::col((reaction_total::Entity, C::Count)).add(step));
    reaction_total::Entity::insert(row)
        .on_conflict(again)
        .exec_without_returning(db)
        .await?;
    count(db, act).await
}

async fn require_message(db: &impl ConnectionTrait, act: &Act) -> Result<(), Error> {
    use message::Column as C;
    let query = message::Entity::find()
        .select_only()
        .column(C::Status)
        .filter(C::Id.eq(act.message.uuid()));
    let status: Option<String> = query
        .filter(C::EventId.eq(act.event.uuid()))
        .into_tuple()
        .one(db)
        .await?;
    match status.as_deref().and_then(MessageStatus::parse) {
        Some(MessageStatus::Active) => Ok(()),
        Some(MessageStatus::Deleted | MessageStatus::Hidden) => {
            Err(Refusal::new(Reason::MessageDeleted, "The message was deleted.").into())
        }
        Some(MessageStatus::Held) | None => {
            Err(Refusal::new(Reason::MessageNotFound, "No such message in this event.").into())
        }
    }
}

/// Ok(false): it was there already.
async fn put(db: &impl ConnectionTrait, act: &Act) -> Result<bool, Error> {
    use reaction::Column as C;
    if count(db, act).await? == 0 {
        let kinds = reaction_total::Entity::find().filter(reaction_total::Column::MessageId.eq(act.message.uuid()));
        let kinds = kinds
            .filter(reaction_total::Column::Count.gt(0))
            .limit(EMOJI_PER_MESSAGE as u64)
            .all(db)
            .await?;
        if kinds.len() >= EMOJI_PER_MESSAGE {
            let detail = format!("A message takes at most {EMOJI_PER_MESSAGE} different emoji.");
            return Err(Refusal::field("/emoji", "too-many", detail).into());
        }
    }
    let row = reaction::ActiveModel {
        message_id: Set(act.message.uuid()),
        user_id: Set(act.user.as_str().to_owned()),
        emoji: Set(act.emoji.as_str().to_owned()),
        event_id: Set(act.event.uuid()),
        created_ms: Set(clock::now().ms()),
    };
    let once = reaction::Entity::insert(row).on_conflict_do_nothing_on([C::MessageId, C::UserId, C::Emoji]);
    let done = once.exec_without_returning(db).await?;
    Ok(matches!(done, TryInsertResult::Inserted(1..)))
}

/// Ok(false): it was not there.
async fn take(db: &impl ConnectionTrait, act: &Act) -> Result<bool, Error> {
    let key = (
        act.message.uuid(),
        act.user.as_str().to_owned(),
        act.emoji.as_str().to_owned(),
    );
    Ok(reaction::Entity::delete_by_id(key).exec(db).await?.rows_affected > 0)
}

async fn count(db: &impl ConnectionTrait, act: &Act) -> Result<u64, Error> {
    let key = (act.message.uuid(), act.emoji.as_str().to_owned());
    Ok(reaction_total::Entity::find_by_id(key)
        .one(db)
        .await?
        .map_or(0, |row| unsigned(row.count)))
}

pub(super) async fn applaud(
    db: &impl ConnectionTrait,
    event: EventId,
    kind: ApplauseKind,
    times: u32,
) -> Result<Applause, Error> {
    use applause_total::Column as C;
    let row = applause_total::ActiveModel {
        event_id: Set(event.uuid()),
        kind: Set(kind.name().to_owned()),
        count: Set(i64::from(times)),
        told_count: Set(0),
    };
    let mut again = OnConflict::columns([C::EventId, C::Kind]);
    again.value(
        C::Count,
        Expr::col((applause_total::Entity, C::Count)).add(i64::from(times)),
    );
    applause_total::Entity::insert(row)
        .on_conflict(again)
        .exec_without_returning(db)
        .await?;
    let rows = applause_total::Entity::find()
        .filter(C::EventId.eq(event.uuid()))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.kind, unsigned(row.count))).collect())
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

/// Events with anything untold, for the start after a crash.
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

//! What people follow, as rows.

use entity::follow;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::Lobby;
use crate::{
    clock,
    domain::{
        EventId, Refusal, Stamp, UserId,
        lobby::{Follow, FollowKind},
    },
    store::Error,
};

/// Somebody follows at most so many things.
pub(super) const MOST: u64 = 500;

/// All that somebody follows.
#[derive(Debug, Default)]
pub(super) struct Following {
    pub(super) events: Vec<EventId>,
    pub(super) participants: Vec<String>,
}

impl Lobby {
    /// Following twice is following once.
    pub(super) async fn follow(&self, user: UserId, kind: FollowKind, target: String) -> Result<(), Error> {
        let now = clock::now();
        self.0
            .store
            .write(move |txn| Box::pin(async move { insert(txn, &user, kind, &target, now).await }))
            .await
    }

    /// Not following any more what was not followed is no fault.
    pub(super) async fn unfollow(&self, user: UserId, kind: FollowKind, target: String) -> Result<(), Error> {
        self.0
            .store
            .write(move |txn| {
                Box::pin(async move {
                    follow::Entity::delete_by_id((user.as_str().to_owned(), kind.name().to_owned(), target))
                        .exec(txn)
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// What a user follows, by kind and id, from after `after` on.
    pub(super) async fn follows(
        &self,
        user: &UserId,
        after: Option<(FollowKind, String)>,
        limit: u64,
    ) -> Result<Vec<Follow>, Error> {
        use follow::Column as C;
        let mut query = follow::Entity::find().filter(C::UserId.eq(user.as_str()));
        if let Some((kind, target)) = after {
            let same_kind = Condition::all().add(C::Kind.eq(kind.name())).add(C::Target.gt(target));
            query = query.filter(Condition::any().add(C::Kind.gt(kind.name())).add(same_kind));
        }
        let rows = query
            .order_by_asc(C::Kind)
            .order_by_asc(C::Target)
            .limit(limit)
            .all(self.0.store.reader())
            .await?;
        let follow = |row: follow::Model| {
            let kind = FollowKind::parse(&row.kind)
                .ok_or_else(|| Error::unreadable("follow", format!("unknown kind `{}`", row.kind)))?;
            Ok(Follow {
                kind,
                id: row.target,
                since_at: Stamp::from_ms(row.since_ms),
            })
        };
        rows.into_iter().map(follow).collect()
    }

    pub(super) async fn following(&self, user: &UserId) -> Result<Following, Error> {
        let mut following = Following::default();
        for follow in self.follows(user, None, MOST).await? {
            match follow.kind {
                FollowKind::Event => following.events.extend(follow.id.parse::<EventId>().ok()),
                FollowKind::Participant => following.participants.push(follow.id),
            }
        }
        Ok(following)
    }
}

async fn insert(
    txn: &impl ConnectionTrait,
    user: &UserId,
    kind: FollowKind,
    target: &str,
    now: Stamp,
) -> Result<(), Error> {
    use follow::Column as C;
    let row = follow::ActiveModel {
        user_id: Set(user.as_str().to_owned()),
        kind: Set(kind.name().to_owned()),
        target: Set(target.to_owned()),
        since_ms: Set(now.ms()),
    };
    follow::Entity::insert(row)
        .on_conflict_do_nothing_on([C::UserId, C::Kind, C::Target])
        .exec_without_returning(txn)
        .await?;
    // Counted afterwards, so that following again what is followed is never too much; too much is rolled back.
    let follows = follow::Entity::find()
        .filter(C::UserId.eq(user.as_str()))
        .count(txn)
        .await?;
    if follows > MOST {
        let detail = format!("Nobody follows more than {MOST} events and participants.");
        return Err(Refusal::field("/id", "too-many", detail).into());
    }
    Ok(())
}

//! The feed: events somebody follows, and those in which somebody they follow takes part. What is live, then what comes next,
//! then what ended lately.

use std::collections::HashMap;

use entity::{event, event_participant};
use futures_util::{StreamExt, stream};
use sea_orm::{ColumnTrait, Condition, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use super::{Lobby, follows::Following, rows};
use crate::{
    clock,
    domain::{
        EventId, Stamp,
        lobby::{FeedItem, LobbyEvent, Turnout, When},
    },
    store::{Error, event::Eyes},
};

/// What should have begun and has not stays in the feed for so long; what ended, for so long.
const OVERDUE_MS: i64 = 24 * 3_600_000;
const ENDED_MS: i64 = 7 * 24 * 3_600_000;
/// Questions about people under way at the same time.
const QUESTIONS_AT_ONCE: usize = 16;

/// An event's place in a feed.
pub(super) type Spot = (When, Stamp, EventId);

/// By which time events are in order there, and in which.
const fn order(when: When) -> (event::Column, Order) {
    match when {
        When::Live => (event::Column::ScheduledMs, Order::Desc),
        When::Next => (event::Column::ScheduledMs, Order::Asc),
        When::Ended => (event::Column::EndedMs, Order::Desc),
    }
}

/// Where an event stands in a feed.
pub(super) fn spot(item: &FeedItem) -> Spot {
    let event = &item.event;
    let at = match item.when {
        When::Live | When::Next => event.starts_at,
        When::Ended => event.ended_at.unwrap_or(event.starts_at),
    };
    (item.when, at, event.id)
}

impl Lobby {
    /// So many of the events that `following` speaks of and `eyes` may see, from after `after` on.
    pub(super) async fn feed(
        &self,
        following: &Following,
        eyes: &Eyes,
        after: Option<Spot>,
        limit: u64,
    ) -> Result<Vec<FeedItem>, Error> {
        let mut items: Vec<FeedItem> = Vec::new();
        if following.events.is_empty() && following.participants.is_empty() {
            return Ok(items);
        }
        for when in When::ALL {
            let left = limit.saturating_sub(items.len() as u64);
            let begins = after.filter(|(last, ..)| *last == when);
            if left == 0 || after.is_some_and(|(last, ..)| when < last) {
                continue;
            }
            let lines = self.section(following, eyes, when, begins, left).await?;
            items.extend(lines.into_iter().map(|event| FeedItem {
                when,
                follows_event: following.events.contains(&event.id),
                follows_participants: following.of(&event),
                event,
            }));
        }
        self.count(&mut items).await;
        Ok(items)
    }

    async fn section(
        &self,
        following: &Following,
        eyes: &Eyes,
        when: When,
        after: Option<Spot>,
        limit: u64,
    ) -> Result<Vec<LobbyEvent>, Error> {
        use event::Column as C;
        let (reader, now) = (self.0.store.reader(), clock::now());
        let (column, direction) = order(when);
        let mut query = event::Entity::find()
            .filter(following.sight())
            .filter(eyes.sight())
            .filter(C::Status.is_in(when.statuses().iter().map(|status| status.name())));
        query = match when {
            When::Live => query,
            When::Next => query.filter(C::ScheduledMs.gte(now.ms() - OVERDUE_MS)),
            When::Ended => query.filter(C::EndedMs.gte(now.ms() - ENDED_MS)),
        };
        if let Some((_, at, id)) = after {
            let same_time = Condition::all().add(column.eq(at.ms()));
            query = query.filter(if direction == Order::Asc {
                let later = Condition::any().add(column.gt(at.ms()));
                later.add(same_time.add(C::Id.gt(id.uuid())))
            } else {
                let earlier = Condition::any().add(column.lt(at.ms()));
                earlier.add(same_time.add(C::Id.lt(id.uuid())))
            });
        }
        let rows = query
            .order_by(column, direction.clone())
            .order_by(C::Id, direction)
            .limit(limit)
            .all(reader)
            .await?;
        rows::lines_of(reader, rows).await
    }

    async fn count(&self, items: &mut [FeedItem]) {
        let crowd = &*self.0.crowd;
        let ids: Vec<EventId> = items.iter().map(|item| item.event.id).collect();
        let counting = ids
            .into_iter()
            .map(|id| async move { (id, crowd.everywhere(id).await) });
        let counts: HashMap<EventId, _> = stream::iter(counting)
            .buffer_unordered(QUESTIONS_AT_ONCE)
            .collect()
            .await;
        for item in items {
            item.event.viewers = counts
                .get(&item.event.id)
                .copied()
                .map(Turnout::from)
                .unwrap_or_default();
        }
    }
}

impl Following {
    /// Those who are followed among the event's participants.
    fn of(&self, event: &LobbyEvent) -> Vec<String> {
        let ids = event.participants.iter().map(|participant| &participant.id);
        ids.filter(|id| self.participants.contains(id)).cloned().collect()
    }

    fn sight(&self) -> Condition {
        use event_participant::Column as P;
        let theirs = event_participant::Entity::find()
            .select_only()
            .column(P::EventId)
            .filter(P::ParticipantId.is_in(&self.participants))
            .into_query();
        Condition::any()
            .add(event::Column::Id.is_in(self.events.iter().map(|event| event.uuid())))
            .add(event::Column::Id.in_subquery(theirs))
    }
}

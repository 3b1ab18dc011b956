//! Polls as they are kept, and as different eyes may see them.

use std::collections::{BTreeMap, BTreeSet};

use entity::{poll, poll_option_total, poll_vote};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid,
    sea_query::Expr,
};

use crate::{
    domain::{
        EventId, PollId, Stamp, UserId,
        poll::{Choices, OptionVotes, Poll, PollOption, PollResults, PollStatus, PollTotals, RECENT_POLLS},
    },
    store::Error,
};

/// The row of totals that counts voters.
pub(super) const VOTERS: i32 = 0;
/// Polls told in one entry at most; there are never more open ones.
const TOLD_AT_ONCE: u64 = 100;
/// Polls looked at in one go when their time is over.
const DUE_AT_ONCE: u64 = 200;
/// To the letter as the indexes have them.
pub(super) const IS_OPEN: &str = "status = 'open'";
const IS_DUE: &str = "status = 'open' AND closes_ms IS NOT NULL";
const HAS_ENDED: &str = "ended_seq IS NOT NULL";

/// For whom a poll is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eyes {
    /// As far as the log has told.
    Log,
    /// Exact, for anybody.
    Everybody,
    /// Exact, with votes that are secret still.
    Staff,
}

/// A poll's row, read.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) row: poll::Model,
    pub(super) options: Vec<String>,
    pub(super) status: PollStatus,
    pub(super) results: PollResults,
}

impl Found {
    pub(super) fn read(row: poll::Model) -> Result<Self, Error> {
        let unknown = |value: &str| Error::unreadable("poll", format!("unknown value `{value}`"));
        let status = PollStatus::parse(&row.status).ok_or_else(|| unknown(&row.status))?;
        let results = PollResults::parse(&row.results).ok_or_else(|| unknown(&row.results))?;
        let options =
            serde_json::from_value(row.options.clone()).map_err(|error| Error::unreadable("poll options", error))?;
        Ok(Self {
            row,
            options,
            status,
            results,
        })
    }

    pub(super) fn uuid(&self) -> Uuid {
        self.row.id
    }

    pub(super) fn max_choices(&self) -> u32 {
        u32::try_from(self.row.max_choices).unwrap_or(1)
    }

    pub(super) fn closes_at(&self) -> Option<Stamp> {
        self.row.closes_ms.map(Stamp::from_ms)
    }

    fn seen(&self, totals: &Totals, eyes: Eyes) -> Poll {
        let shows_votes = eyes == Eyes::Staff || self.results.shown_to_all(self.status);
        let options = (1_u32..).zip(&self.options).map(|(id, text)| PollOption {
            id,
            text: text.clone(),
            votes: shows_votes.then(|| totals.of(id, eyes)),
        });
        Poll {
            id: PollId::from_uuid(self.row.id),
            seq: unsigned(self.row.seq),
            question: self.row.question.clone(),
            options: options.collect(),
            max_choices: self.max_choices(),
            results: self.results,
            change_allowed: self.row.change_allowed,
            guests: self.row.guests,
            status: self.status,
            opened_at: Stamp::from_ms(self.row.opened_ms),
            closes_at: self.closes_at(),
            closed_at: self.row.ended_ms.map(Stamp::from_ms),
            reason: self.row.reason.clone(),
            voters: totals.voters(eyes),
            mine: None,
        }
    }
}

/// A poll's totals by option: counted, and told.
#[derive(Debug, Default)]
struct Totals(BTreeMap<i32, (i64, i64)>);

impl Totals {
    fn row(&self, option: i32, eyes: Eyes) -> u64 {
        let (count, told) = self.0.get(&option).copied().unwrap_or_default();
        unsigned(if eyes == Eyes::Log { told } else { count })
    }

    fn voters(&self, eyes: Eyes) -> u64 {
        self.row(VOTERS, eyes)
    }

    fn of(&self, option: u32, eyes: Eyes) -> u64 {
        i32::try_from(option).map_or(0, |option| self.row(option, eyes))
    }
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

pub(super) async fn find(db: &impl ConnectionTrait, event: EventId, id: PollId) -> Result<Option<Found>, Error> {
    let row = poll::Entity::find_by_id(id.uuid()).one(db).await?;
    row.filter(|row| row.event_id == event.uuid())
        .map(Found::read)
        .transpose()
}

pub(super) async fn find_all(db: &impl ConnectionTrait, ids: BTreeSet<Uuid>) -> Result<Vec<Found>, Error> {
    let query = poll::Entity::find().filter(poll::Column::Id.is_in(ids));
    query.all(db).await?.into_iter().map(Found::read).collect()
}

/// Polls with their totals.
pub(super) async fn show(db: &impl ConnectionTrait, found: Vec<Found>, eyes: Eyes) -> Result<Vec<Poll>, Error> {
    let totals = totals(db, found.iter().map(Found::uuid)).await?;
    let none = Totals::default();
    let seen = found
        .iter()
        .map(|found| found.seen(totals.get(&found.row.id).unwrap_or(&none), eyes));
    Ok(seen.collect())
}

async fn totals(db: &impl ConnectionTrait, polls: impl Iterator<Item = Uuid>) -> Result<BTreeMap<Uuid, Totals>, Error> {
    let ids: Vec<Uuid> = polls.collect();
    let mut totals: BTreeMap<Uuid, Totals> = BTreeMap::new();
    if ids.is_empty() {
        return Ok(totals);
    }
    let query = poll_option_total::Entity::find().filter(poll_option_total::Column::PollId.is_in(ids));
    for row in query.all(db).await? {
        let of_poll = totals.entry(row.poll_id).or_default();
        of_poll.0.insert(row.option, (row.count, row.told_count));
    }
    Ok(totals)
}

/// What a snapshot shows: the latest that are over, in the order in which they ended, then the open ones.
pub(super) async fn shown(db: &impl ConnectionTrait, event: EventId) -> Result<Vec<Found>, Error> {
    use poll::Column as C;
    let of_event = || poll::Entity::find().filter(C::EventId.eq(event.uuid()));
    let ended = of_event().filter(Expr::cust(HAS_ENDED)).order_by_desc(C::EndedSeq);
    let mut rows = ended.limit(RECENT_POLLS).all(db).await?;
    rows.reverse();
    let open = of_event().filter(Expr::cust(IS_OPEN)).order_by_asc(C::Seq);
    rows.extend(open.all(db).await?);
    rows.into_iter().map(Found::read).collect()
}

pub(super) async fn page(
    db: &impl ConnectionTrait,
    event: EventId,
    status: Option<PollStatus>,
    before: u64,
    limit: u64,
) -> Result<Vec<Found>, Error> {
    use poll::Column as C;
    let mut query = poll::Entity::find()
        .filter(C::EventId.eq(event.uuid()))
        .filter(C::Seq.lt(i64::try_from(before).unwrap_or(i64::MAX)));
    if let Some(status) = status {
        query = query.filter(C::Status.eq(status.name()));
    }
    let rows = query.order_by_desc(C::Seq).limit(limit).all(db).await?;
    rows.into_iter().map(Found::read).collect()
}

/// What these users chose in these polls.
pub(super) async fn votes_of(
    db: &impl ConnectionTrait,
    polls: &[Uuid],
    users: &[UserId],
) -> Result<Vec<(String, PollId, Choices)>, Error> {
    use poll_vote::Column as C;
    let query = poll_vote::Entity::find()
        .filter(C::PollId.is_in(polls.iter().copied()))
        .filter(C::UserId.is_in(users.iter().map(UserId::as_str)));
    let votes = query.all(db).await?.into_iter().filter_map(|row| {
        let choices = Choices::from_bits(row.choices)?;
        Some((row.user_id, PollId::from_uuid(row.poll_id), choices))
    });
    Ok(votes.collect())
}

/// Open polls whose time is over.
pub(super) async fn due(db: &impl ConnectionTrait, now: Stamp) -> Result<Vec<(EventId, PollId)>, Error> {
    use poll::Column as C;
    let query = poll::Entity::find()
        .select_only()
        .columns([C::EventId, C::Id])
        .filter(Expr::cust(IS_DUE))
        .filter(C::ClosesMs.lte(now.ms()));
    let query = query.order_by_asc(C::ClosesMs).limit(DUE_AT_ONCE);
    let rows: Vec<(Uuid, Uuid)> = query.into_tuple().all(db).await?;
    let ids = |(event, poll)| (EventId::from_uuid(event), PollId::from_uuid(poll));
    Ok(rows.into_iter().map(ids).collect())
}

fn is_untold() -> Expr {
    use poll_option_total::Column as C;
    Expr::col(C::Count).ne(Expr::col(C::ToldCount))
}

/// Events with anything untold, for the time after a crash.
pub(super) async fn events_untold(db: &impl ConnectionTrait) -> Result<BTreeSet<EventId>, Error> {
    let query = poll_option_total::Entity::find()
        .select_only()
        .column(poll_option_total::Column::EventId)
        .distinct()
        .filter(is_untold());
    let events: Vec<Uuid> = query.into_tuple().all(db).await?;
    Ok(events.into_iter().map(EventId::from_uuid).collect())
}

/// Polls of the event with totals the log has not told.
pub(super) async fn untold(db: &impl ConnectionTrait, event: EventId) -> Result<BTreeSet<Uuid>, Error> {
    use poll_option_total::Column as C;
    let query = poll_option_total::Entity::find()
        .select_only()
        .column(C::PollId)
        .distinct()
        .filter(C::EventId.eq(event.uuid()))
        .filter(is_untold())
        .limit(TOLD_AT_ONCE);
    let polls: Vec<Uuid> = query.into_tuple().all(db).await?;
    Ok(polls.into_iter().collect())
}

/// From now on everything of these polls is told.
pub(super) async fn mark_told(db: &impl ConnectionTrait, polls: BTreeSet<Uuid>) -> Result<(), Error> {
    use poll_option_total::Column as C;
    let told = poll_option_total::Entity::update_many().col_expr(C::ToldCount, Expr::col(C::Count));
    told.filter(C::PollId.is_in(polls)).filter(is_untold()).exec(db).await?;
    Ok(())
}

/// Totals of these polls as everybody may know them, marked as told.
pub(super) async fn tell(db: &impl ConnectionTrait, polls: BTreeSet<Uuid>) -> Result<Vec<PollTotals>, Error> {
    mark_told(db, polls.clone()).await?;
    let mut found = find_all(db, polls).await?;
    found.retain(|found| found.status == PollStatus::Open);
    found.sort_by_key(|found| found.row.seq);
    let told = show(db, found, Eyes::Log).await?.into_iter().map(|poll| {
        let votes = poll.options.iter().map(|option| {
            let votes = option.votes?;
            Some(OptionVotes { id: option.id, votes })
        });
        PollTotals {
            poll_id: poll.id,
            voters: poll.voters,
            options: votes.collect(),
        }
    });
    Ok(told.collect())
}

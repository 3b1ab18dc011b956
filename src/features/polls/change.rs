//! Opening polls and ending them, inside the log's transaction.

use std::collections::BTreeSet;

use entity::{poll, poll_option_total};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, sea_query::Expr,
};

use super::rows::{self, Eyes, Found, IS_OPEN, VOTERS};
use crate::{
    domain::{
        PollId, Reason, Refusal, Stamp, UserId,
        entry::{Entry, PollTold},
        poll::{NewPoll, OPEN_POLLS_MAX, Poll, PollStatus},
    },
    store::{Error, Scribe},
};

pub(super) fn no_such_poll() -> Refusal {
    Refusal::new(Reason::PollNotFound, "No such poll in this event.")
}

pub(super) async fn open(scribe: &mut Scribe<'_>, new: NewPoll, by: Option<UserId>) -> Result<Poll, Error> {
    let (txn, now, event) = (scribe.txn(), scribe.now(), scribe.event().uuid());
    let closes_at = new.closes_at(now)?;
    let open = poll::Entity::find()
        .filter(poll::Column::EventId.eq(event))
        .filter(Expr::cust(IS_OPEN));
    if open.count(txn).await? >= OPEN_POLLS_MAX {
        let detail = format!("An event has at most {OPEN_POLLS_MAX} open polls.");
        return Err(Refusal::new(Reason::TooManyPolls, detail).into());
    }
    let row = poll::Model {
        id: PollId::generate().uuid(),
        event_id: event,
        seq: signed(scribe.next_seq()),
        question: new.question,
        options: new.options.into(),
        max_choices: i32::try_from(new.max_choices).unwrap_or(1),
        results: new.results.name().to_owned(),
        change_allowed: new.change_allowed,
        guests: new.guests,
        status: PollStatus::Open.name().to_owned(),
        opened_by: by.map(|user| user.to_string()),
        opened_ms: now.ms(),
        closes_ms: closes_at.map(Stamp::ms),
        ended_ms: None,
        ended_seq: None,
        reason: None,
    };
    let found = Found::read(row.clone())?;
    let row = poll::ActiveModel::from(row).reset_all();
    poll::Entity::insert(row).exec_without_returning(txn).await?;
    let options = i32::try_from(found.options.len()).unwrap_or(i32::MAX);
    let totals = (VOTERS..=options).map(|option| poll_option_total::ActiveModel {
        poll_id: Set(found.uuid()),
        option: Set(option),
        event_id: Set(event),
        count: Set(0),
        told_count: Set(0),
    });
    poll_option_total::Entity::insert_many(totals)
        .exec_without_returning(txn)
        .await?;
    let poll = as_told(scribe, found).await?;
    scribe.say(&Entry::PollOpened(PollTold { poll: poll.clone() }));
    Ok(poll)
}

/// Why a poll ends.
#[derive(Debug, Clone)]
pub(super) enum End {
    ByHand,
    /// Its time is over.
    Due,
    Retracted(Option<String>),
}

/// Ends a poll that has not ended so yet, and says so. The log's lock is held, so what is found here still holds when it is
/// written, and of several instances that come to end a poll the first one does.
pub(super) async fn end(scribe: &mut Scribe<'_>, id: PollId, how: End) -> Result<Poll, Error> {
    let found = rows::find(scribe.txn(), scribe.event(), id)
        .await?
        .ok_or_else(no_such_poll)?;
    let now = scribe.now();
    // After its time nobody could vote any more, whenever that was noticed.
    let ended_at = found.closes_at().map_or(now, |closes| closes.min(now));
    let (status, reason) = match (how, found.status) {
        (End::ByHand, PollStatus::Retracted) => {
            return Err(Refusal::new(Reason::PollClosed, "The poll was retracted.").into());
        }
        (End::Due, PollStatus::Open) if found.closes_at().is_none_or(|closes| closes > now) => {
            return as_told(scribe, found).await;
        }
        (End::ByHand | End::Due, PollStatus::Open) => (PollStatus::Closed, None),
        (End::Retracted(reason), PollStatus::Open | PollStatus::Closed) => (PollStatus::Retracted, reason),
        (End::ByHand | End::Due | End::Retracted(_), _) => return as_told(scribe, found).await,
    };
    let row = poll::Model {
        status: status.name().to_owned(),
        ended_ms: found.row.ended_ms.or(Some(ended_at.ms())),
        ended_seq: found.row.ended_seq.or_else(|| Some(signed(scribe.next_seq()))),
        reason,
        ..found.row.clone()
    };
    let change = poll::ActiveModel {
        status: Set(row.status.clone()),
        ended_ms: Set(row.ended_ms),
        ended_seq: Set(row.ended_seq),
        reason: Set(row.reason.clone()),
        ..Default::default()
    };
    let as_found = poll::Entity::update_many()
        .set(change)
        .filter(poll::Column::Id.eq(found.uuid()))
        .filter(poll::Column::Status.eq(found.status.name()));
    if as_found.exec(scribe.txn()).await?.rows_affected != 1 {
        return Err(Refusal::new(Reason::Conflict, "Somebody else ended the poll at the same time.").into());
    }
    rows::mark_told(scribe.txn(), BTreeSet::from([found.uuid()])).await?;
    let poll = as_told(scribe, Found::read(row)?).await?;
    let told = PollTold { poll: poll.clone() };
    scribe.say(&if status == PollStatus::Retracted {
        Entry::PollRetracted(told)
    } else {
        Entry::PollClosed(told)
    });
    Ok(poll)
}

async fn as_told(scribe: &Scribe<'_>, found: Found) -> Result<Poll, Error> {
    let mut polls = rows::show(scribe.txn(), vec![found], Eyes::Log).await?;
    polls.pop().ok_or_else(|| no_such_poll().into())
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

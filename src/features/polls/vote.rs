//! Voting: all who vote at the same time are counted together, with a handful of statements.
//!
//! The events' heads are locked meanwhile like for anything that is said, so that what is read here still holds when it is
//! written: no vote is counted in a poll that another instance has just closed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::poll_vote;
use futures_util::future::BoxFuture;
use sea_orm::{DatabaseTransaction, Value, prelude::Uuid};

use super::{
    change::no_such_poll,
    rows::{self, Found, VOTERS},
};
use crate::{
    domain::{
        PollId, Reason, Refusal, Stamp, UserId,
        poll::{Choices, PollResults, require_open},
    },
    store::{Asked, Error, Outcomes, Scribes, Together, bulk},
};

/// One user's vote, or that it is taken back. Gives whether anything changed.
#[derive(Debug, Clone)]
pub(super) struct Vote {
    pub(super) poll: PollId,
    pub(super) user: UserId,
    pub(super) is_guest: bool,
    pub(super) choices: Option<Choices>,
}

impl Together for Vote {
    type Done = bool;

    fn together<'a>(all: &'a [Asked<Self>], scribes: &'a mut Scribes<'_>) -> BoxFuture<'a, Outcomes<bool>> {
        Box::pin(async move {
            let now = scribes.now();
            let mut urn = Urn::read(scribes.txn(), all).await?;
            let outcomes = all
                .iter()
                .map(|asked| urn.take(asked, now).map_err(Error::from))
                .collect();
            urn.write(scribes.txn(), now).await?;
            Ok(outcomes)
        })
    }
}

/// Whose vote in which poll.
type Key = (Uuid, String);

impl Vote {
    fn key(&self) -> Key {
        (self.poll.uuid(), self.user.as_str().to_owned())
    }
}

/// What the voters find, and what they make of it.
struct Urn {
    polls: HashMap<Uuid, Found>,
    votes: HashMap<Key, Choices>,
    /// Votes that were touched, and what each was before.
    before: BTreeMap<Key, Option<Choices>>,
}

impl Urn {
    async fn read(txn: &DatabaseTransaction, all: &[Asked<Vote>]) -> Result<Self, Error> {
        let ids: BTreeSet<Uuid> = all.iter().map(|asked| asked.change.poll.uuid()).collect();
        let polls = rows::find_all(txn, ids).await?;
        let keys: BTreeSet<Key> = all.iter().map(|asked| asked.change.key()).collect();
        let mut votes = HashMap::new();
        for row in bulk::find::<poll_vote::Entity, 2>(txn, KEY, keys.iter().map(values).collect()).await? {
            let unreadable = || Error::unreadable("vote", format!("unknown choices {}", row.choices));
            let choices = Choices::from_bits(row.choices).ok_or_else(unreadable)?;
            votes.insert((row.poll_id, row.user_id), choices);
        }
        Ok(Self {
            polls: polls.into_iter().map(|found| (found.uuid(), found)).collect(),
            votes,
            before: BTreeMap::new(),
        })
    }

    /// Whether the vote changes anything, or why it may not.
    fn take(&mut self, Asked { event, change }: &Asked<Vote>, now: Stamp) -> Result<bool, Refusal> {
        let poll = self.polls.get(&change.poll.uuid());
        let poll = poll
            .filter(|poll| poll.row.event_id == event.uuid())
            .ok_or_else(no_such_poll)?;
        if change.is_guest && !poll.row.guests {
            return Err(Refusal::new(Reason::GuestsNotAllowed, "Sign in to vote in this poll."));
        }
        let key = change.key();
        let before = self.votes.get(&key).copied();
        if before == change.choices {
            // A repeat whose first answer was lost is told what became of it, also after the poll has closed.
            return Ok(false);
        }
        require_open(poll.status, poll.closes_at(), now)?;
        if let Some(choices) = change.choices {
            choices.fit(poll.options.len(), poll.max_choices())?;
        }
        if before.is_some() && !poll.row.change_allowed {
            return Err(Refusal::new(
                Reason::VoteFinal,
                "This poll lets nobody change their vote.",
            ));
        }
        self.before.entry(key.clone()).or_insert(before);
        match change.choices {
            Some(choices) => drop(self.votes.insert(key, choices)),
            None => drop(self.votes.remove(&key)),
        }
        Ok(true)
    }

    async fn write(self, txn: &DatabaseTransaction, now: Stamp) -> Result<(), Error> {
        let Self { polls, votes, before } = self;
        let (mut put, mut taken) = (Vec::new(), Vec::new());
        let mut steps: BTreeMap<(Uuid, i32), i64> = BTreeMap::new();
        for (key, was) in before {
            let is = votes.get(&key).copied();
            if is == was {
                continue;
            }
            for (choices, step) in [(was, -1), (is, 1)] {
                let ids = choices.into_iter().flat_map(Choices::ids);
                let options = ids.filter_map(|id| i32::try_from(id).ok());
                for option in choices.map(|_| VOTERS).into_iter().chain(options) {
                    *steps.entry((key.0, option)).or_default() += step;
                }
            }
            match is {
                Some(choices) => put.push((key, choices)),
                None => taken.push(key),
            }
        }
        put_all(txn, &put, now).await?;
        bulk::delete::<poll_vote::Entity, 2>(txn, KEY, taken.iter().map(values).collect()).await?;
        step_all(txn, &polls, steps).await
    }
}

const KEY: [&str; 2] = ["poll_id", "user_id"];

fn values((poll, user): &Key) -> [Value; 2] {
    [(*poll).into(), user.clone().into()]
}

const PUT_ON: &str =
    "ON CONFLICT (poll_id, user_id) DO UPDATE SET choices = excluded.choices, voted_ms = excluded.voted_ms";

async fn put_all(txn: &DatabaseTransaction, votes: &[(Key, Choices)], now: Stamp) -> Result<(), Error> {
    let rows = votes.iter().map(|(key, choices)| {
        let [poll, user] = values(key);
        [poll, user, choices.bits().into(), now.ms().into()]
    });
    let columns = ["poll_id", "user_id", "choices", "voted_ms"];
    Ok(bulk::insert(txn, "poll_vote", columns, rows.collect(), PUT_ON).await?)
}

const STEP_ON: &str = "ON CONFLICT (poll_id, option) DO UPDATE SET count = poll_option_total.count + excluded.count, \
    told_count = poll_option_total.told_count + excluded.told_count";

async fn step_all(
    txn: &DatabaseTransaction,
    polls: &HashMap<Uuid, Found>,
    steps: BTreeMap<(Uuid, i32), i64>,
) -> Result<(), Error> {
    let rows = steps
        .into_iter()
        .filter(|(_, step)| *step != 0)
        .filter_map(|((id, option), step)| {
            let poll = polls.get(&id)?;
            let is_secret = poll.results == PollResults::WhenClosed && option != VOTERS;
            let told = if is_secret { step } else { 0 };
            let event = poll.row.event_id;
            Some([Value::from(id), option.into(), event.into(), step.into(), told.into()])
        });
    let columns = ["poll_id", "option", "event_id", "count", "told_count"];
    Ok(bulk::insert(txn, "poll_option_total", columns, rows.collect(), STEP_ON).await?)
}

//! Reacting and applauding: all who do so at the same time are counted together, with a handful of statements.
//!
//! The events' heads are locked meanwhile like for anything that is said, so that what is read here still holds when it
//! is written, whatever other instances do.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::{applause_total, message, reaction_total};
use futures_util::future::BoxFuture;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect, Value, prelude::Uuid,
};

use super::{
    marks::{self, Key},
    rows::unsigned,
};
use crate::{
    domain::{
        MessageId, Reason, Refusal, UserId,
        chat::MessageStatus,
        reaction::{Applause, ApplauseKind, Emoji},
    },
    store::{Asked, Error, Outcomes, Scribes, Together, bulk},
};

/// Different emoji on one message, so that its row of reactions stays a row.
const EMOJI_PER_MESSAGE: usize = 50;

/// One user's emoji put on or taken off. Gives that emoji's count afterwards.
#[derive(Debug, Clone)]
pub(super) struct React {
    pub(super) message: MessageId,
    pub(super) user: UserId,
    pub(super) emoji: Emoji,
    pub(super) on: bool,
}

impl Together for React {
    type Done = u64;
    const GIVES_WAY: bool = true;

    fn together<'a>(all: &'a [Asked<Self>], scribes: &'a mut Scribes<'_>) -> BoxFuture<'a, Outcomes<u64>> {
        Box::pin(async move {
            let mut ledger = Ledger::read(scribes.txn(), all).await?;
            let outcomes = all
                .iter()
                .map(|asked| ledger.enter(asked).map_err(Error::from))
                .collect();
            ledger.write(scribes.txn(), scribes.now().ms()).await?;
            Ok(outcomes)
        })
    }
}

/// What the acts find, and what they make of it.
struct Ledger {
    messages: HashMap<Uuid, (Uuid, Option<MessageStatus>)>,
    counts: BTreeMap<(Uuid, String), i64>,
    there: BTreeSet<Key>,
    /// Reactions that were touched, and whether each was there before.
    before: BTreeMap<Key, bool>,
    steps: BTreeMap<(Uuid, String), i64>,
}

impl Ledger {
    async fn read(txn: &DatabaseTransaction, all: &[Asked<React>]) -> Result<Self, Error> {
        let ids: BTreeSet<Uuid> = all.iter().map(|asked| asked.change.message.uuid()).collect();
        let query = message::Entity::find()
            .select_only()
            .columns([message::Column::Id, message::Column::EventId, message::Column::Status])
            .filter(message::Column::Id.is_in(ids.iter().copied()));
        let found: Vec<(Uuid, Uuid, String)> = query.into_tuple().all(txn).await?;
        let totals = reaction_total::Entity::find().filter(reaction_total::Column::MessageId.is_in(ids));
        let totals = totals.all(txn).await?.into_iter();
        let keys: BTreeSet<Key> = all.iter().map(|asked| asked.change.key()).collect();
        let there = marks::find(txn, &keys).await?;
        let message = |(id, event, status): (Uuid, Uuid, String)| (id, (event, MessageStatus::parse(&status)));
        Ok(Self {
            messages: found.into_iter().map(message).collect(),
            counts: totals.map(|row| ((row.message_id, row.emoji), row.count)).collect(),
            there,
            before: BTreeMap::new(),
            steps: BTreeMap::new(),
        })
    }

    fn enter(&mut self, Asked { event, change }: &Asked<React>) -> Result<u64, Refusal> {
        let (id, key) = (change.message.uuid(), change.key());
        match self.messages.get(&id).filter(|(of, _)| *of == event.uuid()) {
            Some((_, Some(MessageStatus::Active))) => {}
            Some((_, Some(MessageStatus::Deleted | MessageStatus::Hidden))) => {
                return Err(Refusal::new(Reason::MessageDeleted, "The message was deleted."));
            }
            Some((_, Some(MessageStatus::Held | MessageStatus::Shadowed) | None)) | None => {
                return Err(Refusal::new(Reason::MessageNotFound, "No such message in this event."));
            }
        }
        let place = (id, change.emoji.as_str().to_owned());
        let count = self.counts.get(&place).copied().unwrap_or(0);
        let is_there = self.there.contains(&key);
        if is_there == change.on {
            return Ok(unsigned(count));
        }
        if change.on && count == 0 && self.kinds(id) >= EMOJI_PER_MESSAGE {
            let detail = format!("A message takes at most {EMOJI_PER_MESSAGE} different emoji.");
            return Err(Refusal::field("/emoji", "too-many", detail));
        }
        self.before.entry(key.clone()).or_insert(is_there);
        if change.on {
            self.there.insert(key);
        } else {
            self.there.remove(&key);
        }
        let step = if change.on { 1 } else { -1 };
        *self.steps.entry(place.clone()).or_default() += step;
        self.counts.insert(place, count + step);
        Ok(unsigned(count + step))
    }

    fn kinds(&self, message: Uuid) -> usize {
        let of_message = self
            .counts
            .range((message, String::new())..)
            .take_while(|((id, _), _)| *id == message);
        of_message.filter(|(_, count)| **count > 0).count()
    }

    async fn write(self, txn: &DatabaseTransaction, now_ms: i64) -> Result<(), Error> {
        let Self {
            messages,
            there,
            before,
            steps,
            ..
        } = self;
        let event_of = |id: &Uuid| messages.get(id).map_or_else(Uuid::nil, |(event, _)| *event);
        let (put, taken): (Vec<_>, Vec<_>) = before
            .into_iter()
            .filter(|(key, was)| there.contains(key) != *was)
            .map(|(key, _)| key)
            .partition(|key| there.contains(key));
        marks::put(txn, put.iter().map(|key| (key, event_of(&key.0))), now_ms).await?;
        marks::take(txn, &taken).await?;
        let steps = steps.into_iter().filter(|(_, step)| *step != 0);
        let steps = steps.map(|((message, emoji), step)| (message, event_of(&message), emoji, step));
        marks::count(txn, steps).await
    }
}

impl React {
    fn key(&self) -> Key {
        let user = self.user.as_str().to_owned();
        (self.message.uuid(), user, self.emoji.as_str().to_owned())
    }
}

/// Some claps. Gives the event's totals.
#[derive(Debug, Clone)]
pub(super) struct Applaud {
    pub(super) kind: ApplauseKind,
    pub(super) times: u32,
}

impl Together for Applaud {
    type Done = Applause;
    const GIVES_WAY: bool = true;

    fn together<'a>(all: &'a [Asked<Self>], scribes: &'a mut Scribes<'_>) -> BoxFuture<'a, Outcomes<Applause>> {
        Box::pin(async move {
            let totals = applaud_all(scribes.txn(), all).await?;
            let of = |asked: &Asked<Self>| totals.get(&asked.event.uuid()).cloned().unwrap_or_default();
            Ok(all.iter().map(|asked| Ok(of(asked))).collect())
        })
    }
}

const CLAP_ON: &str = "ON CONFLICT (event_id, kind) DO UPDATE SET count = applause_total.count + excluded.count";

/// Counts the claps; gives the totals of their events.
async fn applaud_all(db: &impl ConnectionTrait, all: &[Asked<Applaud>]) -> Result<HashMap<Uuid, Applause>, Error> {
    use applause_total::Column as C;
    let mut claps: BTreeMap<(Uuid, &'static str), i64> = BTreeMap::new();
    for Asked { event, change } in all {
        *claps.entry((event.uuid(), change.kind.name())).or_default() += i64::from(change.times);
    }
    let events: BTreeSet<Uuid> = claps.keys().map(|(event, _)| *event).collect();
    let row = |((event, kind), count): ((Uuid, &'static str), i64)| {
        [Value::from(event), kind.into(), count.into(), 0i64.into()]
    };
    let columns = ["event_id", "kind", "count", "told_count"];
    let rows = claps.into_iter().map(row).collect();
    bulk::insert(db, "applause_total", columns, rows, CLAP_ON).await?;
    let mut totals: HashMap<Uuid, Applause> = HashMap::new();
    let rows = applause_total::Entity::find().filter(C::EventId.is_in(events));
    for row in rows.all(db).await? {
        totals
            .entry(row.event_id)
            .or_default()
            .insert(row.kind, unsigned(row.count));
    }
    Ok(totals)
}

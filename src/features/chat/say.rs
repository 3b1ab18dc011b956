//! Saying something: all who speak at the same time are written down together, with a handful of statements.

use std::collections::{BTreeMap, HashMap};

use entity::message;
use futures_util::future::BoxFuture;
use sea_orm::prelude::Uuid;

use super::{
    Saying, call,
    change::{is_gone, no_such_message},
    fresh,
    lately::Lately,
    rows::{self, Sent},
    shadow::as_its_author_sees,
};
use crate::{
    crypto,
    domain::{
        EventId, MessageId, Reason, Refusal, UserId,
        chat::{Author, Message, MessageStatus},
        entry::{Entry, MessageSaid, ModerationDecided},
        moderation::{Deciding, Decision},
    },
    store::{Asked, Error, Outcomes, Scribes, Together, audit, jobs},
};

impl Together for Saying {
    type Done = Message;

    fn together<'a>(all: &'a [Asked<Self>], scribes: &'a mut Scribes<'_>) -> BoxFuture<'a, Outcomes<Message>> {
        Box::pin(say_all(all, scribes))
    }
}

async fn say_all(all: &[Asked<Saying>], scribes: &mut Scribes<'_>) -> Outcomes<Message> {
    let txn = scribes.txn();
    let mut sent = sent_before(txn, all).await?;
    let parents = rows::find_rows(txn, all.iter().filter_map(|asked| asked.change.parent_id)).await?;
    let (mut outcomes, mut fresh) = (Vec::with_capacity(all.len()), Vec::with_capacity(all.len()));
    let mut lately = Lately::before(txn, all, scribes.now()).await?;
    let (mut replies, mut decisions, mut jobs) = (BTreeMap::<Uuid, i32>::new(), Vec::new(), Vec::new());
    for Asked { event, change } in all {
        let hash = change.client_id.as_ref().map(|_| content_hash(change));
        let key = Sent::of(*event, change);
        if let Some(before) = key.as_ref().and_then(|key| sent.get(key)) {
            outcomes.push(again(before, hash.as_deref()));
            continue;
        }
        let parent_id = match change
            .parent_id
            .map(|parent| thread_of(*event, parent, &parents, change))
            .transpose()
        {
            Ok(parent_id) => parent_id,
            Err(refusal) => {
                outcomes.push(Err(refusal.into()));
                continue;
            }
        };
        if let Err(refusal) = lately.say(*event, change) {
            outcomes.push(Err(refusal.into()));
            continue;
        }
        let answered = change.parent_id.and_then(|parent| parents.get(&parent.uuid()));
        let answered = answered.and_then(|row| row.author_id.parse().ok());
        let (message, decision) = speak(scribes, *event, change, parent_id, answered.as_ref())?;
        decisions.extend(decision);
        jobs.extend(change.jobs.iter().map(|job| job.about(*event, message.id.uuid())));
        if let (Some(parent), MessageStatus::Active) = (parent_id, message.status) {
            *replies.entry(parent.uuid()).or_default() += 1;
        }
        if let Some(key) = key {
            sent.insert(key, (hash.clone(), as_its_author_sees(message.clone())));
        }
        fresh.push(fresh::new_row(*event, &message, hash, appears_at(change, &message)));
        outcomes.push(Ok(as_its_author_sees(message)));
    }
    fresh::insert_all(txn, fresh).await?;
    audit::write_all(txn, &decisions).await?;
    jobs::add_all(txn, scribes.now(), jobs).await?;
    for (parent, count) in replies {
        rows::count_reply(txn, parent, count).await?;
    }
    Ok(outcomes)
}

/// When a message that waits appears by itself.
fn appears_at(saying: &Saying, message: &Message) -> Option<i64> {
    let waits = saying.held && saying.hold_seconds > 0;
    waits.then(|| message.created_at.plus_ms(i64::from(saying.hold_seconds) * 1_000).ms())
}

/// Gives the message its place and says it.
fn speak(
    scribes: &mut Scribes<'_>,
    event: EventId,
    saying: &Saying,
    parent_id: Option<MessageId>,
    answered: Option<&UserId>,
) -> Result<(Message, Option<Decision>), Error> {
    let created_at = scribes.now();
    scribes.of(event, |scribe| {
        let (seq, status) = if saying.shadowed {
            (scribe.next_seq(), MessageStatus::Shadowed)
        } else if saying.held {
            (0, MessageStatus::Held)
        } else {
            (scribe.next_seq(), MessageStatus::Active)
        };
        let said = MessageSaid {
            message: Message {
                id: MessageId::generate(),
                seq,
                author: Author::from(&saying.author),
                text: saying.text.as_str().to_owned(),
                status,
                parent_id,
                reply_count: 0,
                pinned: false,
                reactions: Vec::new(),
                mentions: saying.mentions.clone(),
                client_id: saying.client_id.clone().map(String::from),
                created_at,
                edited_at: None,
                assistant: None,
                model: None,
                mine: None,
            },
        };
        let message = said.message.clone();
        if status == MessageStatus::Active {
            scribe.say(&Entry::MessageCreated(said));
            call::notify(scribe, &message, answered, &[]);
        } else {
            scribe.say_to_staff(&Entry::MessageHeld(said));
        }
        let decision = saying.grounds.clone().map(|grounds| {
            let deciding = Deciding {
                message: Some(message.id),
                ..grounds
            };
            deciding.decided(Some(event), created_at)
        });
        if let Some(decision) = decision.clone().filter(|_| status != MessageStatus::Active) {
            // Staff hear why with what; that letters were covered is for the record alone.
            scribe.say_to_staff(&Entry::ModerationDecided(ModerationDecided { decision }));
        }
        (message, decision)
    })
}

/// What was sent before under the same ids, with the hash of its content.
type SentBefore = HashMap<Sent, (Option<String>, Message)>;

async fn sent_before(txn: &sea_orm::DatabaseTransaction, all: &[Asked<Saying>]) -> Result<SentBefore, Error> {
    let keys: Vec<Sent> = all
        .iter()
        .filter_map(|asked| Sent::of(asked.event, &asked.change))
        .collect();
    let mut before = SentBefore::with_capacity(keys.len());
    for row in rows::find_sent(txn, keys).await? {
        let (hash, key) = (row.sent_hash.clone(), Sent::of_row(&row));
        before.insert(key, (hash, as_its_author_sees(rows::read_one(txn, row).await?)));
    }
    Ok(before)
}

/// The same again answers as the first did.
fn again((hash, message): &(Option<String>, Message), sent: Option<&str>) -> Result<Message, Error> {
    if hash.as_deref() == sent {
        return Ok(message.clone());
    }
    let detail = "Something else was sent under this id before.";
    Err(Refusal::new(Reason::IdempotencyMismatch, detail).into())
}

/// What tells a repeat from a mistake: the text and what it answers to.
fn content_hash(saying: &Saying) -> String {
    let parent = saying.parent_id.map(|parent| parent.to_string()).unwrap_or_default();
    // What was sent, not what a rule made of it: the rules may have changed since.
    let text = saying.original.as_deref().unwrap_or(saying.text.as_str());
    crypto::sha256_hex(format!("{parent}\n{text}").as_bytes())
}

/// Threads are one level deep: an answer to an answer belongs to the same thread.
fn thread_of(
    event: EventId,
    parent: MessageId,
    parents: &HashMap<Uuid, message::Model>,
    saying: &Saying,
) -> Result<MessageId, Refusal> {
    let row = parents
        .get(&parent.uuid())
        .filter(|row| row.event_id == event.uuid())
        .ok_or_else(no_such_message)?;
    match MessageStatus::parse(&row.status) {
        Some(MessageStatus::Active) => Ok(row.parent_id.map_or(parent, MessageId::from_uuid)),
        // To its author it is there.
        Some(MessageStatus::Shadowed) if saying.shadowed && row.author_id == saying.author.id.as_str() => {
            Ok(row.parent_id.map_or(parent, MessageId::from_uuid))
        }
        // It has not appeared, so it is not there to be answered.
        Some(MessageStatus::Held | MessageStatus::Shadowed) => Err(no_such_message()),
        Some(MessageStatus::Hidden | MessageStatus::Deleted) | None => Err(is_gone()),
    }
}

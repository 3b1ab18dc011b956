//! Questions as rows, and the messages that ask them.

use entity::{assistant_question as question, message};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, prelude::Uuid};
use serde::Deserialize;

use crate::{
    domain::{EventId, MessageId, QuestionId, Stamp, UserId, assistant::QuestionOutcome, chat::MessageStatus},
    store::{Error, LogEntry},
};

/// A message that asks something, whoever may see it.
pub(super) struct Asked {
    pub(super) id: MessageId,
    pub(super) author: UserId,
    pub(super) text: String,
    pub(super) status: MessageStatus,
    /// The thread it stands in, if any.
    pub(super) parent_id: Option<MessageId>,
    pub(super) at: Stamp,
}

impl Asked {
    /// A question has the id of the message that asks it, in its own form.
    pub(super) fn question(&self) -> QuestionId {
        QuestionId::from_uuid(self.id.uuid())
    }

    /// The thread in which it is answered.
    pub(super) fn thread(&self) -> MessageId {
        self.parent_id.unwrap_or(self.id)
    }
}

/// A question that is at its end.
pub(super) struct Ended {
    pub(super) outcome: QuestionOutcome,
    pub(super) reason: Option<String>,
    pub(super) answer: Option<MessageId>,
}

pub(super) async fn asked(db: &impl ConnectionTrait, event: EventId, id: Uuid) -> Result<Option<Asked>, Error> {
    let query = message::Entity::find()
        .filter(message::Column::Id.eq(id))
        .filter(message::Column::EventId.eq(event.uuid()));
    let Some(row) = query.one(db).await? else {
        return Ok(None);
    };
    Ok(Some(Asked {
        id: MessageId::from_uuid(row.id),
        author: row
            .author_id
            .parse()
            .map_err(|error| Error::unreadable("author id", error))?,
        text: row.text,
        status: MessageStatus::parse(&row.status)
            .ok_or_else(|| Error::unreadable("message status", format!("unknown value `{}`", row.status)))?,
        parent_id: row.parent_id.map(MessageId::from_uuid),
        at: Stamp::from_ms(row.created_ms),
    }))
}

pub(super) async fn ended(db: &impl ConnectionTrait, id: QuestionId) -> Result<Option<Ended>, Error> {
    let row = question::Entity::find_by_id(id.uuid()).one(db).await?;
    row.map(|row| {
        let outcome = OUTCOMES.iter().find(|(_, name)| *name == row.status);
        let (outcome, _) =
            outcome.ok_or_else(|| Error::unreadable("question", format!("unknown outcome `{}`", row.status)))?;
        Ok(Ended {
            outcome: *outcome,
            reason: row.reason,
            answer: row.answer_id.map(MessageId::from_uuid),
        })
    })
    .transpose()
}

pub(super) async fn insert(
    db: &impl ConnectionTrait,
    event: EventId,
    asked: &Asked,
    ended: &Ended,
    now: Stamp,
) -> Result<(), Error> {
    let status = OUTCOMES
        .iter()
        .find(|(outcome, _)| *outcome == ended.outcome)
        .map_or("", |(_, name)| name);
    let row = question::ActiveModel {
        id: Set(asked.id.uuid()),
        event_id: Set(event.uuid()),
        asker_id: Set(asked.author.as_str().to_owned()),
        status: Set(status.to_owned()),
        reason: Set(ended.reason.clone()),
        answer_id: Set(ended.answer.map(MessageId::uuid)),
        asked_ms: Set(asked.at.ms()),
        ended_ms: Set(now.ms()),
    };
    question::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

const OUTCOMES: [(QuestionOutcome, &str); 3] = [
    (QuestionOutcome::Answered, "answered"),
    (QuestionOutcome::Failed, "failed"),
    (QuestionOutcome::Refused, "refused"),
];

#[derive(Deserialize)]
struct Said {
    message: SaidId,
}

#[derive(Deserialize)]
struct SaidId {
    id: MessageId,
}

/// The message of which an entry tells.
pub(super) fn message_of(entry: &LogEntry) -> Option<Uuid> {
    // What cannot be read is no reason to fail: the next look finds it.
    let said: Said = serde_json::from_str(entry.data()).ok()?;
    Some(said.message.id.uuid())
}

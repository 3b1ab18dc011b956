//! What happens to messages, inside the log's transaction. Each changes rows and says so.

use entity::message;
use sea_orm::ActiveValue::Set;

use super::{Rewording, call, fresh::mentions_column, lately, rows, shadow::as_its_author_sees};
use crate::{
    domain::{
        MessageId, Reason, Refusal, UserId,
        chat::{Message, MessageStatus},
        entry::{Entry, GoneBy, MessageGone, MessageSaid},
        moderation::{Action, Deciding},
        user::Role,
    },
    store::{Error, Scribe, audit, jobs},
};

pub(super) fn no_such_message() -> Refusal {
    Refusal::new(Reason::MessageNotFound, "No such message in this event.")
}

pub(super) fn is_gone() -> Refusal {
    Refusal::new(Reason::MessageDeleted, "The message was deleted.")
}

async fn count_reply(scribe: &Scribe<'_>, message: &Message, by: i32) -> Result<(), Error> {
    match message.parent_id {
        Some(parent) => rows::count_reply(scribe.txn(), parent.uuid(), by).await,
        None => Ok(()),
    }
}

async fn require_row(scribe: &Scribe<'_>, id: MessageId) -> Result<(message::Model, MessageStatus), Error> {
    let row = rows::find_row(scribe.txn(), scribe.event(), id)
        .await?
        .ok_or_else(no_such_message)?;
    let status = MessageStatus::parse(&row.status)
        .ok_or_else(|| Error::unreadable("message status", format!("unknown value `{}`", row.status)))?;
    Ok((row, status))
}

pub(super) async fn edit(
    scribe: &mut Scribe<'_>,
    id: MessageId,
    author: UserId,
    new: Rewording,
    window_ms: i64,
) -> Result<Message, Error> {
    let Rewording {
        text,
        mentions,
        unique,
        grounds,
        jobs,
    } = new;
    let (row, status) = require_row(scribe, id).await?;
    if row.author_id != author.as_str() {
        return Err(Refusal::new(Reason::Forbidden, "Only its author may edit a message.").into());
    }
    if !rows::is_visible(status) {
        return Err(is_gone().into());
    }
    let now_ms = scribe.now().ms();
    if now_ms > row.created_ms.saturating_add(window_ms) {
        let detail = format!("Messages can be edited for {} seconds.", window_ms / 1_000);
        return Err(Refusal::new(Reason::EditWindowOver, detail).into());
    }
    if row.text == text.as_str() {
        return Ok(as_its_author_sees(rows::read_one(scribe.txn(), row).await?));
    }
    if unique && lately::was_said(scribe.txn(), scribe.event(), &text, Some(id), scribe.now()).await? {
        return Err(lately::not_unique().into());
    }
    let edited = message::ActiveModel {
        text: Set(text.into_string()),
        edited_ms: Set(Some(now_ms)),
        mentions: Set(mentions_column(&mentions)),
        ..Default::default()
    };
    let before = rows::read(row.clone(), Vec::new())?.mentions;
    let message = rewrite(scribe, row, edited).await?;
    let said = Entry::MessageUpdated(MessageSaid {
        message: message.clone(),
    });
    if status == MessageStatus::Active {
        call::notify(scribe, &message, None, &before);
        scribe.say(&said)
    } else {
        scribe.say_to_staff(&said)
    };
    if let Some(grounds) = grounds {
        note(scribe, &message, grounds).await?;
    }
    let about = jobs.iter().map(|job| job.about(scribe.event(), message.id.uuid()));
    jobs::add_all(scribe.txn(), scribe.now(), about.collect()).await?;
    Ok(as_its_author_sees(message))
}

/// Writes a decision about a message into the record.
async fn note(scribe: &mut Scribe<'_>, message: &Message, why: Deciding) -> Result<(), Error> {
    let why = Deciding {
        user: Some(message.author.id.clone()),
        message: Some(message.id),
        ..why
    };
    audit::decide(scribe, why).await.map(|_| ())
}

pub(super) async fn remove(scribe: &mut Scribe<'_>, id: MessageId, by: UserId, role: Role) -> Result<(), Error> {
    let (row, status) = require_row(scribe, id).await?;
    let to = match (row.author_id == by.as_str(), role.is_staff()) {
        (true, _) => MessageStatus::Deleted,
        (false, true) => MessageStatus::Hidden,
        (false, false) => {
            return Err(Refusal::new(Reason::Forbidden, "Only its author or staff may delete a message.").into());
        }
    };
    if rows::is_visible(status) {
        let message = take_away(scribe, row, status, to).await?;
        if to == MessageStatus::Hidden {
            note(scribe, &message, Deciding::new(Action::MessageHidden, Some(by))).await?;
        }
    }
    Ok(())
}

/// Ok for a message that waits, or that was refused before.
pub(super) async fn require_waiting(scribe: &Scribe<'_>, id: MessageId) -> Result<(), Error> {
    match require_row(scribe, id).await?.1 {
        MessageStatus::Held | MessageStatus::Shadowed | MessageStatus::Hidden => Ok(()),
        MessageStatus::Active => Err(Refusal::new(Reason::Conflict, "The message does not wait; hide it.").into()),
        MessageStatus::Deleted => Err(is_gone().into()),
    }
}

/// False: it was out of sight.
pub(super) async fn hide(scribe: &mut Scribe<'_>, id: MessageId, why: Deciding) -> Result<(Message, bool), Error> {
    let (row, status) = require_row(scribe, id).await?;
    if !rows::is_visible(status) {
        return Ok((rows::read_one(scribe.txn(), row).await?, false));
    }
    let message = take_away(scribe, row, status, MessageStatus::Hidden).await?;
    note(scribe, &message, why).await?;
    Ok((message, true))
}

/// Hides or deletes a message that can be seen, and has the log forget its text. What its author takes back is gone from
/// the database; what staff hide is kept in its row, for an appeal.
async fn take_away(
    scribe: &mut Scribe<'_>,
    row: message::Model,
    from: MessageStatus,
    to: MessageStatus,
) -> Result<Message, Error> {
    let mut change = message::ActiveModel {
        status: Set(to.name().to_owned()),
        pinned: Set(false),
        ..Default::default()
    };
    if to == MessageStatus::Deleted {
        change.text = Set(String::new());
        change.mentions = Set(None);
    }
    let message = rewrite(scribe, row, change).await?;
    let by = if to == MessageStatus::Deleted {
        GoneBy::Author
    } else {
        GoneBy::Staff
    };
    let gone = MessageGone {
        message_id: message.id,
        parent_id: message.parent_id,
        by,
    };
    scribe.forget(gone.clone(), message.seq);
    let said = if by == GoneBy::Author {
        Entry::MessageDeleted(gone)
    } else {
        Entry::MessageHidden(gone)
    };
    if from == MessageStatus::Active {
        count_reply(scribe, &message, -1).await?;
        scribe.say(&said);
    } else {
        // Nobody but staff (and its author) ever saw it.
        scribe.say_to_staff(&said);
    }
    Ok(message)
}

/// False: it has appeared before.
pub(super) async fn release(scribe: &mut Scribe<'_>, id: MessageId, why: Deciding) -> Result<(Message, bool), Error> {
    let (row, status) = require_row(scribe, id).await?;
    match status {
        MessageStatus::Held | MessageStatus::Shadowed => Ok((appear(scribe, row, Some(why)).await?, true)),
        MessageStatus::Active => Ok((rows::read_one(scribe.txn(), row).await?, false)),
        MessageStatus::Hidden | MessageStatus::Deleted => Err(is_gone().into()),
    }
}

/// `None`: it does not wait for anybody.
pub(super) async fn release_held(
    scribe: &mut Scribe<'_>,
    id: MessageId,
    why: Deciding,
) -> Result<Option<Message>, Error> {
    let (row, status) = require_row(scribe, id).await?;
    if status == MessageStatus::Held {
        return appear(scribe, row, Some(why)).await.map(Some);
    }
    Ok(None)
}

/// Its time to wait is over and nobody has decided. Nothing happens if somebody has.
pub(super) async fn ripen(scribe: &mut Scribe<'_>, id: MessageId) -> Result<(), Error> {
    let (row, status) = require_row(scribe, id).await?;
    if status == MessageStatus::Held {
        appear(scribe, row, None).await?;
    }
    Ok(())
}

/// False: it was not hidden.
pub(super) async fn restore(scribe: &mut Scribe<'_>, id: MessageId, why: Deciding) -> Result<(Message, bool), Error> {
    let (row, status) = require_row(scribe, id).await?;
    match status {
        MessageStatus::Hidden => Ok((appear(scribe, row, Some(why)).await?, true)),
        MessageStatus::Active => Ok((rows::read_one(scribe.txn(), row).await?, false)),
        MessageStatus::Held | MessageStatus::Shadowed => {
            Err(Refusal::new(Reason::Conflict, "The message waits; release it.").into())
        }
        MessageStatus::Deleted => Err(is_gone().into()),
    }
}

/// A message appears at the end of the log.
async fn appear(scribe: &mut Scribe<'_>, row: message::Model, why: Option<Deciding>) -> Result<Message, Error> {
    let seq = i64::try_from(scribe.next_seq()).unwrap_or(i64::MAX);
    let active = MessageStatus::Active.name().to_owned();
    let change = message::ActiveModel {
        status: Set(active),
        seq: Set(seq),
        ..Default::default()
    };
    let message = rewrite(scribe, row, change).await?;
    count_reply(scribe, &message, 1).await?;
    scribe.say(&Entry::MessageReleased(MessageSaid {
        message: message.clone(),
    }));
    let answered = match message.parent_id {
        Some(parent) => rows::author_of(scribe.txn(), parent).await?,
        None => None,
    };
    call::notify(scribe, &message, answered.as_ref(), &[]);
    if let Some(why) = why {
        note(scribe, &message, why).await?;
    }
    Ok(message)
}

pub(super) async fn pin(scribe: &mut Scribe<'_>, id: MessageId, pinned: bool) -> Result<Message, Error> {
    let (row, status) = require_row(scribe, id).await?;
    match status {
        MessageStatus::Active => {}
        MessageStatus::Held | MessageStatus::Shadowed => {
            return Err(Refusal::new(Reason::Conflict, "Release the message first.").into());
        }
        MessageStatus::Hidden | MessageStatus::Deleted => return Err(is_gone().into()),
    }
    if row.pinned == pinned {
        return rows::read_one(scribe.txn(), row).await;
    }
    let message = rewrite(
        scribe,
        row,
        message::ActiveModel {
            pinned: Set(pinned),
            ..Default::default()
        },
    )
    .await?;
    scribe.say(&Entry::MessageUpdated(MessageSaid {
        message: message.clone(),
    }));
    Ok(message)
}

/// Writes the columns that are set and gives the message as it is then.
pub(super) async fn rewrite(
    scribe: &Scribe<'_>,
    row: message::Model,
    change: message::ActiveModel,
) -> Result<Message, Error> {
    let (row_no, id) = (row.row_no, MessageId::from_uuid(row.id));
    rows::update(scribe.txn(), row_no, change).await?;
    let row = rows::find_row(scribe.txn(), scribe.event(), id)
        .await?
        .ok_or_else(no_such_message)?;
    rows::read_one(scribe.txn(), row).await
}

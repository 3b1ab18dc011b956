//! What the house says in a room: a message, inside somebody else's change.

use entity::message;
use futures_util::future::BoxFuture;
use sea_orm::{ActiveValue::Set, EntityTrait, prelude::Json};

use super::{Chat, call, change, fresh, rows};
use crate::{
    domain::{
        MessageId,
        assistant::Remark,
        chat::{Author, Message, MessageStatus},
        entry::{Entry, MessageSaid},
    },
    http::podium::{Podium, Statement},
    store::{Error, Scribe},
};

impl Podium for Chat {
    fn speak<'a>(
        &'a self,
        scribe: &'a mut Scribe<'_>,
        statement: Statement,
    ) -> BoxFuture<'a, Result<Option<Message>, Error>> {
        Box::pin(speak(scribe, statement))
    }

    fn amend<'a>(
        &'a self,
        scribe: &'a mut Scribe<'_>,
        message: MessageId,
        remark: Remark,
    ) -> BoxFuture<'a, Result<Option<Message>, Error>> {
        Box::pin(amend(scribe, message, remark))
    }
}

async fn speak(scribe: &mut Scribe<'_>, statement: Statement) -> Result<Option<Message>, Error> {
    let (mut parent_id, mut answered) = (None, None);
    if let Some(parent) = statement.parent_id {
        let row = rows::find_row(scribe.txn(), scribe.event(), parent).await?;
        let Some(row) = row.filter(|row| MessageStatus::parse(&row.status) == Some(MessageStatus::Active)) else {
            return Ok(None);
        };
        answered = row.author_id.parse().ok();
        parent_id = Some(row.parent_id.map_or(parent, MessageId::from_uuid));
    }
    let message = Message {
        id: MessageId::generate(),
        seq: scribe.next_seq(),
        author: Author::from(&statement.author),
        text: statement.text.into_string(),
        status: MessageStatus::Active,
        parent_id,
        reply_count: 0,
        pinned: false,
        reactions: Vec::new(),
        mentions: Vec::new(),
        assistant: statement.remark,
        model: None,
        client_id: statement.client_id.map(String::from),
        created_at: scribe.now(),
        edited_at: None,
        mine: None,
    };
    scribe.say(&Entry::MessageCreated(MessageSaid {
        message: message.clone(),
    }));
    call::notify(scribe, &message, answered.as_ref(), &[]);
    let row = message::ActiveModel {
        remark: Set(column(message.assistant.as_ref())),
        ..fresh::new_row(scribe.event(), &message, None, None)
    };
    message::Entity::insert(row)
        .exec_without_returning(scribe.txn())
        .await?;
    if let Some(parent) = parent_id {
        rows::count_reply(scribe.txn(), parent.uuid(), 1).await?;
    }
    Ok(Some(message))
}

async fn amend(scribe: &mut Scribe<'_>, id: MessageId, remark: Remark) -> Result<Option<Message>, Error> {
    let row = rows::find_row(scribe.txn(), scribe.event(), id).await?;
    let Some(row) = row.filter(|row| MessageStatus::parse(&row.status) == Some(MessageStatus::Active)) else {
        return Ok(None);
    };
    let change = message::ActiveModel {
        remark: Set(column(Some(&remark))),
        ..Default::default()
    };
    let message = change::rewrite(scribe, row, change).await?;
    scribe.say(&Entry::MessageUpdated(MessageSaid {
        message: message.clone(),
    }));
    Ok(Some(message))
}

fn column(remark: Option<&Remark>) -> Option<Json> {
    // Names, numbers and texts: they serialise.
    remark.and_then(|remark| serde_json::to_value(remark).ok())
}

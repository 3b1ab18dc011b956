//! Speaking: everything that is asked of somebody who says something, whichever door they come by.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{Chat, Saying, manners};
use crate::{
    domain::{MessageId, Refusal, chat::Message, text::MessageText},
    http::{
        Caller, Problem,
        gate::Admission,
        judge::{Act, Judge},
        podium::{Floor, Spoken},
    },
};

/// Chat, to those who have people say something by another door.
pub struct ChatFloor {
    pub chat: Chat,
    pub judge: Arc<dyn Judge>,
}

impl Floor for ChatFloor {
    fn say<'a>(
        &'a self,
        who: &'a Admission,
        caller: &'a Caller,
        spoken: Spoken,
    ) -> BoxFuture<'a, Result<Message, Problem>> {
        Box::pin(say(&self.chat, &*self.judge, who, caller, spoken))
    }

    fn find<'a>(&'a self, who: &'a Admission, message: MessageId) -> BoxFuture<'a, Result<Message, Problem>> {
        Box::pin(async move {
            let user = who.user.as_ref().map(|user| &user.id);
            Ok(self.chat.find(who.event.id, message, user, who.role).await?)
        })
    }
}

/// Says something as somebody. What is held is a message as well; its status says so.
pub(super) async fn say(
    chat: &Chat,
    judge: &dyn Judge,
    who: &Admission,
    caller: &Caller,
    spoken: Spoken,
) -> Result<Message, Problem> {
    let author = who.require_user()?.clone();
    who.require_open_room()?;
    limit_talk(who, caller).await?;
    let (room, staff) = (&who.event.settings.room, who.role.is_staff());
    let mut saying = Saying {
        author,
        text: MessageText::parse(&spoken.text)?,
        mentions: Vec::new(),
        original: None,
        parent_id: spoken.parent_id,
        client_id: spoken.client_id,
        held: room.hold_messages && !staff,
        hold_seconds: room.hold_seconds,
        unique: room.unique_messages && !staff,
        shadowed: false,
        grounds: None,
        jobs: Vec::new(),
    };
    manners::may_say(chat, who, caller, &saying).await?;
    let act = Act::Say {
        client_id: saying.client_id.as_ref(),
    };
    let judged = judge.judge(who, caller, saying.text.clone(), act).await?;
    saying.is_judged(judged);
    saying.jobs.extend(spoken.jobs);
    let event = who.event.id;
    saying.mentions = chat.called(event, &saying.text, &spoken.named).await?;
    Ok(chat.say(event, saying).await?)
}

/// Counts one message or edit: of its author, of everybody at their address, of all viewers of the event. Staff have to be
/// heard in a crowd that is not.
pub(super) async fn limit_talk(who: &Admission, caller: &Caller) -> Result<(), Refusal> {
    caller.limit(|limits| limits.post).await?;
    if who.role.is_staff() {
        return Ok(());
    }
    caller.limit_address(|limits| limits.post_address).await?;
    caller.limit_event(who.event.id, |limits| limits.post_event).await
}

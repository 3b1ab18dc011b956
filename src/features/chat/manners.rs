//! Whether a room, as it is set, lets something be said: one question, asked before anything is written.
//!
//! The rules are `domain/room/manners.rs`; here is what they need to know beyond the message.

use super::{Chat, Saying};
use crate::{
    clock,
    domain::{Refusal, room::Writer, text::MessageText},
    http::{Caller, Problem, gate::Admission},
};

/// Ok if that may be said now. Takes the author's turn where the room is in slow mode. What was sent before under the same
/// `client_id` passes whatever the room says now: it is answered as it was, and said only once.
pub(super) async fn may_say(chat: &Chat, who: &Admission, caller: &Caller, saying: &Saying) -> Result<(), Problem> {
    match judge(chat, who, caller, saying).await? {
        Ok(()) => Ok(()),
        Err(_) if chat.was_sent(who.event.id, saying).await? => Ok(()),
        Err(refusal) => Err(refusal.into()),
    }
}

/// Ok if a message may be made to say that. An edit takes no turn: whoever corrects a word has not spoken again.
pub(super) fn may_edit(who: &Admission, caller: &Caller, text: &MessageText) -> Result<(), Refusal> {
    let room = &who.event.settings.room;
    room.admits(writer(who, caller), clock::now())?;
    room.accepts(who.role, text.as_str())
}

fn writer(who: &Admission, caller: &Caller) -> Writer {
    Writer {
        role: who.role,
        since: caller.identity.since(),
    }
}

/// The outer result is about what broke.
async fn judge(chat: &Chat, who: &Admission, caller: &Caller, saying: &Saying) -> Result<Result<(), Refusal>, Problem> {
    if let Err(refusal) = may_edit(who, caller, &saying.text) {
        return Ok(Err(refusal));
    }
    let room = &who.event.settings.room;
    if room.slow_mode_seconds == 0 || who.role.is_staff() {
        return Ok(Ok(()));
    }
    // Looked at once more when it is written; here so that a repeat does not cost its author a turn.
    if saying.unique
        && let Some(refusal) = chat.said_lately(who.event.id, &saying.text).await?
    {
        return Ok(Err(refusal));
    }
    Ok(caller.take_turn(who.event.id, room.slow_mode_seconds).await)
}

//! Around the judge of the house: notes that a message is to be looked at, and holds it back until then where an event wants it.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{AFTER, BEFORE, CODE, LATE, Screening};
use crate::{
    clock,
    domain::{
        EventId,
        moderation::{Action, Deciding},
        screening::ScreeningMode,
        text::MessageText,
    },
    http::{
        Caller, Problem,
        gate::Admission,
        judge::{Act, Fate, Judge, Judged},
    },
    store::{Error, jobs::NewJob},
};

/// The judge that chat asks.
pub struct Screen {
    pub inner: Arc<dyn Judge>,
    pub screening: Screening,
}

impl Judge for Screen {
    fn judge<'a>(
        &'a self,
        admission: &'a Admission,
        caller: &'a Caller,
        text: MessageText,
        act: Act<'a>,
    ) -> BoxFuture<'a, Result<Judged, Problem>> {
        Box::pin(async move {
            let judged = self.inner.judge(admission, caller, text, act).await?;
            Ok(self.screening.noted(admission, judged, act))
        })
    }

    fn judge_own(&self, event: EventId, text: MessageText) -> BoxFuture<'_, Result<Option<MessageText>, Error>> {
        self.inner.judge_own(event, text)
    }

    fn judge_name<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), Problem>> {
        self.inner.judge_name(name)
    }
}

impl Screening {
    fn noted(&self, admission: &Admission, mut judged: Judged, act: Act<'_>) -> Judged {
        let mode = self.mode(&admission.event);
        // What nobody but its author sees needs no look; staff are trusted, as the rules trust them.
        if mode == ScreeningMode::Off || admission.role.is_staff() || judged.fate == Fate::Shadowed {
            return judged;
        }
        let now = clock::now();
        let is_held_anyhow = judged.fate == Fate::Held || admission.event.settings.room.hold_messages;
        // A message that people have seen does not vanish because of a new text; it is looked at afterwards.
        let is_edit = matches!(act, Act::Edit(_));
        if mode == ScreeningMode::After || is_held_anyhow || is_edit {
            judged.jobs.push(NewJob { kind: AFTER, due: now });
        } else {
            judged.fate = Fate::Held;
            judged.grounds.get_or_insert_with(|| Deciding {
                code: Some(CODE.to_owned()),
                reason: Some("Messages are looked at before they appear.".to_owned()),
                rule_version: Some(self.config.version),
                ..Deciding::new(Action::MessageHeld, None)
            });
            let late_ms = i64::try_from(self.config.late_after_ms).unwrap_or(i64::MAX);
            judged.jobs.extend([
                NewJob { kind: BEFORE, due: now },
                NewJob {
                    kind: LATE,
                    due: now.plus_ms(late_ms),
                },
            ]);
        }
        self.noted.notify_one();
        judged
    }
}

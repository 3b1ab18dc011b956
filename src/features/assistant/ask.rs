//! Asking: a text that calls the assistant has a job written down with it.
//!
//! Stands around the judge as others stand around the gate, so that chat knows nothing of it.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{QUESTION, TOO_MANY, address};
use crate::{
    clock,
    domain::{EventId, Refusal, text::MessageText},
    http::{
        Caller, Problem,
        gate::Admission,
        judge::{Act, Judge, Judged},
    },
    store::{Error, jobs::NewJob},
};

/// A judge who knows a question by its looks.
pub struct Asking {
    pub judge: Arc<dyn Judge>,
    /// What the assistant is called here.
    pub name: String,
}

/// Counts one question, of its asker and of everybody in the event.
pub(super) async fn limit(who: &Admission, caller: &Caller) -> Result<(), Refusal> {
    caller.limit(|limits| limits.ask).await?;
    caller.limit_event(who.event.id, |limits| limits.ask_event).await
}

impl Judge for Asking {
    fn judge<'a>(
        &'a self,
        admission: &'a Admission,
        caller: &'a Caller,
        text: MessageText,
        act: Act<'a>,
    ) -> BoxFuture<'a, Result<Judged, Problem>> {
        Box::pin(async move {
            let mut judged = self.judge.judge(admission, caller, text, act).await?;
            let asks = matches!(act, Act::Say { .. }) && admission.event.settings.assistant.answers;
            if asks && address::is_called(judged.text.as_str(), &self.name) {
                let within = limit(admission, caller).await.is_ok();
                judged.jobs.push(NewJob {
                    kind: if within { QUESTION } else { TOO_MANY },
                    due: clock::now(),
                });
            }
            Ok(judged)
        })
    }

    fn judge_own(&self, event: EventId, text: MessageText) -> BoxFuture<'_, Result<Option<MessageText>, Error>> {
        self.judge.judge_own(event, text)
    }

    fn judge_name<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), Problem>> {
        Box::pin(async move {
            if address::looks_like(name, &self.name) {
                return Err(Refusal::field("/name", "reserved", "This is the assistant's name.").into());
            }
            self.judge.judge_name(name).await
        })
    }
}

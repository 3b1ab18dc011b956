//! Taking up questions, and ending them.
//!
//! Every instance looks, at once when something was said that may be a question, and once a second. A job is leased, so a
//! question of whoever died is taken up by somebody else; it is ended in the transaction that says the answer, so it is
//! answered once.

use std::{sync::PoisonError, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{Assistant, QUESTION, TOO_MANY, answer::Draft, rows};
use crate::{
    clock,
    domain::{
        assistant::{AssistantAnswered, QuestionOutcome},
        chat::MessageStatus,
        entry::Entry,
    },
    http::podium::Statement,
    store::{
        Error, Scribe,
        jobs::{self, Job, JobKind},
    },
};

const LOOK: Duration = Duration::from_secs(1);
/// Whoever has a question and is not heard of for so long has lost it.
pub(super) const LEASE: Duration = Duration::from_secs(12);
/// A question that was begun so often and never ended ends whoever tries.
const ATTEMPTS_MOST: u32 = 5;
/// A held question is looked at again when it has waited twice as long, within these; its release is heard of at once.
const HELD_LOOK_MS: (i64, i64) = (2_000, 60_000);
/// After something broke.
const AGAIN_MS: i64 = 2_000;

impl Assistant {
    /// Answers questions until told to stop.
    pub async fn work(self, stop: CancellationToken) {
        let _halted = self.0.halt.clone().drop_guard();
        loop {
            let called = async {
                tokio::select! {
                    () = self.0.called.notified() => {}
                    () = tokio::time::sleep(LOOK) => {}
                }
            };
            if stop.run_until_cancelled(called).await.is_none() {
                return;
            }
            match self.look_round().await {
                Ok(()) => {}
                Err(Error::Closed) => return,
                Err(error) => {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(error, "questions could not be looked up");
                }
            }
        }
    }

    async fn look_round(&self) -> Result<(), Error> {
        self.hasten().await?;
        self.take_up(TOO_MANY).await?;
        self.take_up(QUESTION).await
    }

    async fn take_up(&self, kind: JobKind) -> Result<(), Error> {
        let free = self.0.places.available_permits();
        if free == 0 {
            return Ok(());
        }
        let most = u64::try_from(free).unwrap_or(1);
        let jobs = self.0.means.store.take_jobs(kind, most, clock::now(), LEASE).await?;
        for job in jobs {
            // Nobody else takes places, so there is one for each.
            let Ok(place) = std::sync::Arc::clone(&self.0.places).try_acquire_owned() else {
                break;
            };
            let this = self.clone();
            self.0.means.tasks.spawn(async move {
                let halt = this.0.halt.clone();
                let carried = halt.run_until_cancelled(this.carry_out(kind, job)).await;
                drop(place);
                if let Some(Err(error)) = carried
                    .as_ref()
                    .filter(|carried| !matches!(carried, Err(Error::Closed)))
                {
                    let error: &dyn std::error::Error = error;
                    tracing::warn!(error, "a question waits for another try");
                }
                this.wake();
            });
        }
        Ok(())
    }

    async fn carry_out(&self, kind: JobKind, job: Job) -> Result<(), Error> {
        let carried = self.try_to(kind, job.clone()).await;
        if carried.is_err() {
            // If this fails as well, the lease runs out.
            self.put_off(&job, AGAIN_MS).await?;
        }
        carried
    }

    async fn try_to(&self, kind: JobKind, mut job: Job) -> Result<(), Error> {
        let asked = rows::asked(self.0.means.store.reader(), job.event, job.subject).await?;
        let Some(asked) = asked else {
            return self.drop_job(job).await;
        };
        let draft = match asked.status {
            MessageStatus::Held => {
                let waited = clock::now().ms() - job.created_at.ms();
                return self.set_aside(&job, waited.clamp(HELD_LOOK_MS.0, HELD_LOOK_MS.1)).await;
            }
            MessageStatus::Shadowed | MessageStatus::Hidden | MessageStatus::Deleted => Draft::unsaid("withheld"),
            MessageStatus::Active if kind == TOO_MANY => Draft::unsaid("rate-limited"),
            MessageStatus::Active if job.attempts > ATTEMPTS_MOST => Draft::unsaid("interrupted").failed(),
            MessageStatus::Active => self.answer(&mut job, &asked).await?,
        };
        let (id, this) = (job.event, self.clone());
        let change = self.0.means.stream.record(id, move |scribe| {
            Box::pin(async move { this.end(scribe, &job, &asked, draft).await })
        });
        change.await.map(|_ended| ())
    }

    /// Ends a question: says what there is to say, and that it is at its end. Nothing happens if somebody else has.
    async fn end(&self, scribe: &mut Scribe<'_>, job: &Job, asked: &rows::Asked, draft: Draft) -> Result<(), Error> {
        let is_ours = jobs::done(scribe.txn(), job).await?;
        if !is_ours || rows::ended(scribe.txn(), asked.question()).await?.is_some() {
            return Ok(());
        }
        let Draft {
            said,
            by,
            mut outcome,
            mut reason,
        } = draft;
        let mut answer = None;
        if let Some((text, remark)) = said {
            let statement = Statement {
                author: self.0.user.clone(),
                text,
                parent_id: Some(asked.id),
                client_id: None,
                remark: Some(remark),
            };
            answer = self.0.means.podium.speak(scribe, statement).await?;
            if answer.is_none() {
                // It was taken back or hidden meanwhile.
                (outcome, reason) = (QuestionOutcome::Refused, Some("withheld".to_owned()));
            }
        }
        let answered = AssistantAnswered {
            question_id: asked.question(),
            message_id: asked.id,
            outcome,
            answer_id: answer.as_ref().map(|answer| answer.id),
            by: by.filter(|_| answer.is_some()),
            reason: reason.clone(),
        };
        let ended = rows::Ended {
            outcome,
            reason: reason.clone(),
            answer: answered.answer_id,
        };
        let entry = Entry::AssistantAnswered(answered);
        if reason.as_deref() == Some("withheld") {
            // Nobody but staff knows of the question.
            scribe.say_to_staff(&entry);
        } else {
            scribe.say(&entry);
        }
        rows::insert(scribe.txn(), scribe.event(), asked, &ended, scribe.now()).await
    }

    async fn put_off(&self, job: &Job, wait_ms: i64) -> Result<(), Error> {
        let (job, until) = (job.clone(), clock::now().plus_ms(wait_ms));
        let write = self.0.means.store.write(move |txn| {
            let job = job.clone();
            Box::pin(async move { jobs::put_off(txn, &job, until).await })
        });
        write.await.map(|_ours| ())
    }

    async fn set_aside(&self, job: &Job, wait_ms: i64) -> Result<(), Error> {
        let (job, until) = (job.clone(), clock::now().plus_ms(wait_ms));
        let write = self.0.means.store.write(move |txn| {
            let job = job.clone();
            Box::pin(async move { jobs::set_aside(txn, &job, until).await })
        });
        write.await.map(|_ours| ())
    }

    async fn drop_job(&self, job: Job) -> Result<(), Error> {
        let write = self.0.means.store.write(move |txn| {
            let job = job.clone();
            Box::pin(async move { jobs::done(txn, &job).await })
        });
        write.await.map(|_ours| ())
    }

    /// Keeps a question for longer. False: somebody else has it.
    pub(super) async fn keep(&self, job: &mut Job) -> Result<bool, Error> {
        let kept = job.clone();
        let write = self.0.means.store.write(move |txn| {
            let mut kept = kept.clone();
            Box::pin(async move {
                let held = jobs::hold(txn, &mut kept, clock::now(), LEASE).await?;
                Ok(held.then_some(kept))
            })
        });
        Ok(match write.await? {
            Some(held) => {
                *job = held;
                true
            }
            None => false,
        })
    }

    /// Held questions that were released meanwhile are looked at now.
    async fn hasten(&self) -> Result<(), Error> {
        let released = std::mem::take(&mut *self.0.released.lock().unwrap_or_else(PoisonError::into_inner));
        if released.is_empty() {
            return Ok(());
        }
        self.0.means.store.hasten_jobs(QUESTION, released, clock::now()).await
    }
}

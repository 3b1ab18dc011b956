//! Seeing to jobs: takes those that are due, gathers texts, asks about what is not remembered, and hands verdicts on.

use std::{collections::BTreeMap, time::Duration};

use entity::message;
use futures_util::future::join_all;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use tokio_util::sync::CancellationToken;

use super::{AFTER, BEFORE, LATE, Screening, ask};
use crate::{
    clock,
    config::ModerationBy,
    domain::{EventId, chat::MessageStatus, screening::ModelVerdict},
    llm,
    store::{
        Error,
        jobs::{self, Job, JobKind},
    },
};

/// Jobs of other instances, and those that were put off, are looked for this often.
const LOOK: Duration = Duration::from_millis(500);
/// A model that fails is asked about the same message again after this, then twice as long, and so on.
const FIRST_PAUSE_MS: i64 = 1_000;
const LONGEST_PAUSE_MS: i64 = 60_000;

/// A job and the text it is about.
pub(super) struct Piece {
    pub(super) job: Job,
    pub(super) text: String,
}

impl Screening {
    /// Sees to what was noted, until told to stop. Messages that have waited long enough are seen to by themselves: a model
    /// that hangs must not hold them up, and where there is none any more they must not wait for ever.
    pub async fn work(self, stop: CancellationToken) {
        let judging = async {
            if self.can_look() {
                self.judge(&stop).await;
            }
        };
        tokio::join!(judging, self.let_late_ones_go(&stop));
    }

    async fn judge(&self, stop: &CancellationToken) {
        let gathered = Duration::from_millis(self.config.batch_wait_ms);
        loop {
            let woken = async {
                tokio::select! {
                    () = self.noted.notified() => tokio::time::sleep(gathered).await,
                    () = tokio::time::sleep(LOOK) => {}
                }
            };
            if stop.run_until_cancelled(woken).await.is_none() {
                return;
            }
            // A job that is cut off here by the stop is taken again when its lease is over.
            match stop.run_until_cancelled(self.look()).await {
                None | Some(Err(Error::Closed)) => return,
                Some(Ok(())) => {}
                Some(Err(error)) => complain(&error),
            }
        }
    }

    async fn let_late_ones_go(&self, stop: &CancellationToken) {
        let mut pause = LOOK;
        while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
            pause = LOOK;
            match self.late().await {
                Err(Error::Closed) => return,
                Ok(false) => {}
                Ok(true) => pause = Duration::ZERO,
                Err(error) => complain(&error),
            }
        }
    }

    async fn look(&self) -> Result<(), Error> {
        let (before, after) = tokio::join!(self.judge_all(BEFORE), self.judge_all(AFTER));
        let is_more = before? | after?;
        if is_more {
            self.noted.notify_one();
        }
        Ok(())
    }

    /// Messages that have waited long enough. True: there may be more.
    async fn late(&self) -> Result<bool, Error> {
        let most = 64;
        let jobs = self.store.take_jobs(LATE, most, clock::now(), self.lease()).await?;
        let is_full = jobs.len() as u64 == most;
        for outcome in join_all(jobs.into_iter().map(|job| self.is_late(job))).await {
            outcome?;
        }
        Ok(is_full)
    }

    /// True: there may be more.
    async fn judge_all(&self, kind: JobKind) -> Result<bool, Error> {
        let most = (self.config.batch_most * self.config.batches_at_once) as u64;
        let jobs = self.store.take_jobs(kind, most, clock::now(), self.lease()).await?;
        if jobs.is_empty() {
            return Ok(false);
        }
        let is_full = jobs.len() as u64 == most;
        let pieces = self.read(jobs).await?;
        // A chat model's batch is of one event, which pays for it.
        let mut by_event: BTreeMap<EventId, Vec<Piece>> = BTreeMap::new();
        let is_chat = self.llm.judge() == ModerationBy::Chat;
        let nobody = EventId::from_uuid(sea_orm::prelude::Uuid::nil());
        for piece in pieces {
            let payer = if is_chat { piece.job.event } else { nobody };
            by_event.entry(payer).or_default().push(piece);
        }
        let mut batches = Vec::new();
        for mut pieces in by_event.into_values() {
            while !pieces.is_empty() {
                let rest = pieces.split_off(pieces.len().min(self.config.batch_most));
                batches.push(self.judge_batch(kind, std::mem::replace(&mut pieces, rest)));
            }
        }
        for outcome in join_all(batches).await {
            outcome?;
        }
        Ok(is_full)
    }

    /// Their texts. Jobs about what is gone, or that nobody but its author sees, are done.
    async fn read(&self, jobs: Vec<Job>) -> Result<Vec<Piece>, Error> {
        use message::Column as C;
        let query = message::Entity::find().filter(C::Id.is_in(jobs.iter().map(|job| job.subject)));
        let rows = query.all(self.store.reader()).await?;
        let mut texts: BTreeMap<_, _> = rows
            .into_iter()
            .filter(|row| {
                matches!(
                    MessageStatus::parse(&row.status),
                    Some(MessageStatus::Active | MessageStatus::Held)
                )
            })
            .map(|row| (row.id, row.text))
            .collect();
        let (mut pieces, mut gone) = (Vec::new(), Vec::new());
        for job in jobs {
            match texts.remove(&job.subject) {
                Some(text) => pieces.push(Piece { job, text }),
                None => gone.push(job),
            }
        }
        self.are_done(gone).await?;
        Ok(pieces)
    }

    async fn judge_batch(&self, kind: JobKind, pieces: Vec<Piece>) -> Result<(), Error> {
        let Some(first) = pieces.first() else { return Ok(()) };
        let mut unknown: Vec<String> = Vec::new();
        let mut known: BTreeMap<String, ModelVerdict> = BTreeMap::new();
        for piece in &pieces {
            if known.contains_key(&piece.text) || unknown.contains(&piece.text) {
                continue;
            }
            match self.memory.recall(&piece.text) {
                Some(verdict) => drop(known.insert(piece.text.clone(), verdict)),
                None => unknown.push(piece.text.clone()),
            }
        }
        let within = Duration::from_millis(self.config.answer_within_ms);
        let judged = self.ask(first.job.event, &unknown, within).await;
        let retry_after = match judged {
            Ok(verdicts) => {
                for (text, verdict) in unknown.into_iter().zip(verdicts) {
                    self.memory.keep(&text, &verdict);
                    known.insert(text, verdict);
                }
                None
            }
            Err(error) => {
                tracing::debug!(code = error.code(), "messages wait for a verdict");
                error.retry_after_seconds()
            }
        };
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for piece in pieces {
            match known.get(&piece.text) {
                Some(verdict) => with.push((piece.job, verdict.clone())),
                None => without.push(piece.job),
            }
        }
        self.carry_out(kind, with).await?;
        self.try_later(without, retry_after).await
    }

    async fn ask(&self, event: EventId, texts: &[String], within: Duration) -> Result<Vec<ModelVerdict>, llm::Error> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let asking = async {
            match self.llm.judge() {
                ModerationBy::Endpoint => self.llm.moderate(texts).await,
                ModerationBy::Chat => ask::scores(&self.llm, event, texts, within).await,
                ModerationBy::None => Err(llm::Error::Disabled),
            }
        };
        let judgements = tokio::time::timeout(within, asking)
            .await
            .unwrap_or(Err(llm::Error::Timeout))?;
        Ok(judgements
            .iter()
            .map(|judged| ModelVerdict::new(&judged.provider, &judged.model, &judged.scores))
            .collect())
    }

    /// Gives jobs back for another try, or up.
    async fn try_later(&self, jobs: Vec<Job>, retry_after: Option<u32>) -> Result<(), Error> {
        if jobs.is_empty() {
            return Ok(());
        }
        let (now, give_up_ms) = (clock::now(), i64::from(self.config.give_up_after_seconds) * 1_000);
        self.store
            .write(move |txn| {
                Box::pin(async move {
                    for job in jobs {
                        if now.ms() - job.created_at.ms() > give_up_ms {
                            jobs::done(txn, &job).await?;
                            tracing::warn!(message.id = %job.subject, "a message stays without a verdict");
                            continue;
                        }
                        let pause = FIRST_PAUSE_MS << job.attempts.saturating_sub(1).min(10);
                        let asked_for = retry_after.map_or(0, |seconds| i64::from(seconds) * 1_000);
                        let pause = pause.max(asked_for).min(LONGEST_PAUSE_MS);
                        jobs::put_off(txn, &job, now.plus_ms(pause)).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Ends jobs of which nothing comes.
    pub(super) async fn are_done(&self, jobs: Vec<Job>) -> Result<(), Error> {
        if jobs.is_empty() {
            return Ok(());
        }
        self.store
            .write(move |txn| {
                Box::pin(async move {
                    for job in jobs {
                        jobs::done(txn, &job).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

fn complain(error: &Error) {
    let error: &dyn std::error::Error = error;
    tracing::warn!(error, "messages could not be screened; they are taken up again");
}

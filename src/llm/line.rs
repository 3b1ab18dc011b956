//! The bounds around an exchange: a place among those under way, the breaker, the whole deadline, and when to try again.

use std::{ops::ControlFlow, sync::Arc, time::Duration};

use tokio::{sync::OwnedSemaphorePermit, time::Instant};

use super::{
    Error,
    breaker::{Breaker, Pass},
    failure::Failure,
    places::Places,
};
use crate::{config::LlmConfig, crypto, telemetry::Metrics};

/// One of the two ways to the server: questions, or judgements. Each fails for itself.
pub(super) struct Line {
    name: &'static str,
    places: Places,
    breaker: Arc<Breaker>,
    bounds: Bounds,
    metrics: Arc<Metrics>,
}

#[derive(Clone, Copy)]
struct Bounds {
    deadline: Duration,
    retries: u32,
    backoff: Duration,
    longest_pause: Duration,
}

/// Somebody who has a place, until dropped.
pub(super) struct Granted<'a> {
    line: &'a Line,
    _place: OwnedSemaphorePermit,
    deadline: Instant,
}

/// The attempts of one question.
pub(super) struct Attempts<'a> {
    granted: Granted<'a>,
    pass: Option<Pass>,
    failed: u32,
}

impl Line {
    pub(super) fn new(name: &'static str, config: &LlmConfig, metrics: &Arc<Metrics>) -> Self {
        let (waiting, breaker_open) = (metrics.llm.waiting(name), config.breaker_open_seconds);
        metrics.llm.breaker(name, false);
        Self {
            name,
            places: Places::new(
                config.most_at_once,
                config.most_waiting,
                Duration::from_millis(config.wait_ms),
                waiting,
            ),
            breaker: Arc::new(Breaker::new(
                config.breaker_failures,
                Duration::from_secs(u64::from(breaker_open)),
            )),
            bounds: Bounds {
                deadline: Duration::from_millis(config.deadline_ms),
                retries: config.retries,
                backoff: Duration::from_millis(config.backoff_ms),
                longest_pause: Duration::from_secs(u64::from(config.retry_after_most_seconds)),
            },
            metrics: Arc::clone(metrics),
        }
    }

    /// Waits for a place. Whoever would be turned away by the breaker is told at once.
    pub(super) async fn wait(&self, at_most: Duration) -> Result<Granted<'_>, Error> {
        if let Some(retry_after_seconds) = self.breaker.is_open(Instant::now()) {
            return Err(Error::Open { retry_after_seconds });
        }
        let at_most = at_most.min(self.bounds.deadline);
        let deadline = Instant::now() + at_most;
        let place = self.places.take(at_most).await?;
        Ok(Granted {
            line: self,
            _place: place,
            deadline,
        })
    }

    fn pause(&self, failed: u32) -> Duration {
        let full = self.bounds.backoff.saturating_mul(1_u32 << failed.min(10));
        // Between half of it and all of it: those who failed together do not come back together.
        let [byte] = crypto::random::<1>();
        full.mul_f64(0.5 + f64::from(byte) / 512.0)
    }
}

impl<'a> Granted<'a> {
    /// Past the breaker, which may have opened while this one waited.
    pub(super) fn attempts(self) -> Result<Attempts<'a>, Error> {
        let pass = self.line.breaker.pass(Instant::now());
        let pass = pass.map_err(|retry_after_seconds| Error::Open { retry_after_seconds })?;
        Ok(Attempts {
            granted: self,
            pass: Some(pass),
            failed: 0,
        })
    }
}

impl Attempts<'_> {
    /// One attempt, ended by the whole deadline if need be, and what follows from it: the outcome, or another attempt.
    pub(super) async fn next<T>(
        &mut self,
        once: impl Future<Output = Result<T, Failure>>,
    ) -> ControlFlow<Result<T, Error>> {
        let line = self.granted.line;
        let outcome = tokio::time::timeout_at(self.granted.deadline, once).await;
        let failure = match outcome.unwrap_or_else(|_| Err(Failure::lasting(Error::Timeout))) {
            Ok(value) => {
                self.went_well();
                return ControlFlow::Break(Ok(value));
            }
            Err(failure) => failure,
        };
        let pause = failure.retry_after.unwrap_or_else(|| line.pause(self.failed));
        let in_time = pause <= line.bounds.longest_pause.max(line.pause(self.failed))
            && Instant::now() + pause < self.granted.deadline;
        if failure.again && self.failed < line.bounds.retries && in_time {
            self.failed += 1;
            line.metrics.llm.retried();
            tokio::time::sleep(pause).await;
            return ControlFlow::Continue(());
        }
        if failure.sick {
            self.went_wrong(&failure);
        } else {
            // It answers; what it does not like is this question.
            self.went_well();
        }
        ControlFlow::Break(Err(failure.error))
    }

    fn went_well(&mut self) {
        let closed = self.pass.take().is_some_and(Pass::went_well);
        if closed {
            self.granted.line.metrics.llm.breaker(self.granted.line.name, false);
            tracing::info!(line = self.granted.line.name, "the model answers again");
        }
    }

    fn went_wrong(&mut self, failure: &Failure) {
        let line = self.granted.line;
        let opened = self
            .pass
            .take()
            .is_some_and(|pass| pass.failed(failure.retry_after, Instant::now()));
        if opened {
            line.metrics.llm.breaker(line.name, true);
            tracing::warn!(
                line = line.name,
                code = failure.error.code(),
                "the model is left alone for a while"
            );
        }
    }
}

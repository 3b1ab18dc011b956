//! Asks a language model behind an API like OpenAI's, within bounds of time, places, tokens and patience.
//!
//! Knows nothing of prompts, events or rows: features know what to ask (`features/assistant`, `features/screening`, …), the
//! account of tokens is kept by a [`Purse`] from outside. No question leaves the house twice but by a retry after a failure in
//! which nothing was heard. Read on in `line.rs` (bounds around an exchange), `asking.rs` (one attempt) and `wire.rs`.

mod ask;
mod asking;
mod body;
mod breaker;
mod error;
mod events;
mod failure;
mod line;
mod places;
mod purse;
mod wire;

use std::{ops::ControlFlow, sync::Arc, time::Duration};

pub use ask::{Answer, Ask, Judgement, Purpose, Schema, Speaker, Turn};
pub use error::Error;
pub use purse::{Bottomless, Payer, Purse, Reserved, Spent, Whose};

use crate::{
    config::{LlmConfig, ModerationBy},
    telemetry::Metrics,
};
use asking::Server;
use line::Line;
use purse::Tab;

/// The settings cannot be worked with.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the file with the key cannot be read")]
    KeyFile(#[source] std::io::Error),
    #[error("the key has characters that cannot be sent")]
    Key,
}

/// The model that judges at the endpoint, if no other is named.
const JUDGE: &str = "omni-moderation-latest";
/// Texts of one request for judgement.
pub const MOST_JUDGED_AT_ONCE: usize = 32;

/// A cheap handle on the model; one that is not set up answers [`Error::Disabled`].
#[derive(Clone)]
pub struct Llm(Option<Arc<Open>>);

struct Open {
    config: LlmConfig,
    server: Server,
    chat: Line,
    moderation: Line,
    purse: Arc<dyn Purse>,
    metrics: Arc<Metrics>,
}

impl Llm {
    /// A handle on what the settings name. Nobody is asked yet, and nothing is connected.
    pub fn open(config: &LlmConfig, metrics: &Arc<Metrics>, purse: Arc<dyn Purse>) -> Result<Self, OpenError> {
        let Some(server) = Server::new(config)? else {
            return Ok(Self::disabled());
        };
        let line = |name| Line::new(name, config, metrics);
        Ok(Self(Some(Arc::new(Open {
            server,
            chat: line("chat"),
            moderation: line("moderation"),
            purse,
            metrics: Arc::clone(metrics),
            config: config.clone(),
        }))))
    }

    /// No model.
    #[must_use]
    pub fn disabled() -> Self {
        Self(None)
    }

    /// Whether there is a model to [`Llm::ask`].
    #[must_use]
    pub fn can_chat(&self) -> bool {
        self.0.as_ref().is_some_and(|open| open.config.model.is_some())
    }

    /// Who judges messages, if anybody can: the endpoint by [`Llm::moderate`], a chat model by [`Llm::ask`] with
    /// [`Purpose::Screening`].
    #[must_use]
    pub fn judge(&self) -> ModerationBy {
        let Some(open) = &self.0 else {
            return ModerationBy::None;
        };
        match open.config.moderation {
            ModerationBy::Chat if open.model_for(Purpose::Screening).is_none() => ModerationBy::None,
            by => by,
        }
    }

    /// Whether messages can be judged.
    #[must_use]
    pub fn can_moderate(&self) -> bool {
        self.judge() != ModerationBy::None
    }

    /// Where the model is: the host of the base URL.
    #[must_use]
    pub fn provider(&self) -> &str {
        self.0.as_ref().map_or("", |open| open.server.provider())
    }

    /// Asks and waits for the whole answer. Dropping the future cancels the request at the wire.
    pub async fn ask(&self, ask: Ask) -> Result<Answer, Error> {
        let open = self.0.as_deref().ok_or(Error::Disabled)?;
        open.ask(ask, None).await
    }

    /// Asks; `hear` gets each piece of text as it comes, which may be followed by a failure. Dropping the future cancels the
    /// request at the wire.
    pub async fn ask_streaming(&self, ask: Ask, mut hear: impl FnMut(&str) + Send) -> Result<Answer, Error> {
        let open = self.0.as_deref().ok_or(Error::Disabled)?;
        open.ask(ask, Some(&mut hear)).await
    }

    /// Judges texts at the moderation endpoint, at most [`MOST_JUDGED_AT_ONCE`]: one judgement each, in order. Costs no tokens.
    pub async fn moderate(&self, texts: &[String]) -> Result<Vec<Judgement>, Error> {
        let open = self.0.as_deref().ok_or(Error::Disabled)?;
        if open.config.moderation != ModerationBy::Endpoint {
            return Err(Error::Disabled);
        }
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        open.moderate(texts).await
    }
}

/// What hears pieces of an answer.
type Ear<'a> = &'a mut (dyn FnMut(&str) + Send);

impl Open {
    fn model_for(&self, purpose: Purpose) -> Option<&str> {
        let own = self.config.moderation_model.as_deref();
        own.filter(|_| purpose == Purpose::Screening && self.config.moderation == ModerationBy::Chat)
            .or(self.config.model.as_deref())
    }

    async fn ask(&self, ask: Ask, mut hear: Option<Ear<'_>>) -> Result<Answer, Error> {
        let model = self.model_for(ask.purpose).ok_or(Error::Disabled)?;
        let started = std::time::Instant::now();
        let outcome = self.answer(&ask, model, &mut hear).await;
        let code = outcome.as_ref().map_or_else(Error::code, |_| "answered");
        self.metrics.llm.asked(ask.purpose.name(), code, started.elapsed());
        if let Ok(answer) = &outcome {
            self.metrics.llm.used(answer.tokens_in, answer.tokens_out);
        }
        outcome
    }

    async fn answer(&self, ask: &Ask, model: &str, hear: &mut Option<Ear<'_>>) -> Result<Answer, Error> {
        let turn = self.chat.wait(ask.deadline).await?;
        let most = ask.tokens_at_most().saturating_add(ask.max_tokens);
        let mut tab = Tab::open(&self.purse, &ask.payer, most).await.map_err(Error::from)?;
        if self.config.log_prompts {
            let turns: Vec<_> = ask
                .turns
                .iter()
                .map(|turn| (turn.speaker, turn.text.as_str()))
                .collect();
            tracing::info!(instructions = ask.instructions, ?turns, "asking the model");
        }
        let mut attempts = turn.attempts()?;
        let outcome = loop {
            let attempt = self.server.ask(ask, model, hear, &mut tab);
            if let ControlFlow::Break(outcome) = attempts.next(attempt).await {
                break outcome;
            }
        };
        let used = match &outcome {
            Ok(answer) => answer.tokens_in.saturating_add(answer.tokens_out),
            Err(_) => tab.used(),
        };
        tab.settle(used).await;
        if let (true, Ok(answer)) = (self.config.log_prompts, &outcome) {
            tracing::info!(text = answer.text, "the model answered");
        }
        outcome
    }

    async fn moderate(&self, texts: &[String]) -> Result<Vec<Judgement>, Error> {
        let model = self.config.moderation_model.as_deref().unwrap_or(JUDGE);
        let started = std::time::Instant::now();
        let outcome = self.judgements(texts, model).await;
        let code = outcome.as_ref().map_or_else(Error::code, |_| "answered");
        self.metrics.llm.asked("moderation", code, started.elapsed());
        outcome
    }

    async fn judgements(&self, texts: &[String], model: &str) -> Result<Vec<Judgement>, Error> {
        let mut attempts = self.moderation.wait(Duration::MAX).await?.attempts()?;
        loop {
            if let ControlFlow::Break(outcome) = attempts.next(self.server.moderate(texts, model)).await {
                return outcome;
            }
        }
    }
}

impl From<Spent> for Error {
    fn from(spent: Spent) -> Self {
        match spent {
            Spent::Over {
                whose,
                retry_after_seconds,
            } => Self::Budget {
                whose,
                retry_after_seconds,
            },
            Spent::Unknown => Self::Unavailable,
        }
    }
}

//! What can be asked of a model, and what comes back. None of it shows people's words when it is printed for a log.

use std::{fmt, time::Duration};

use super::Payer;

/// What a question is for; a label of the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    Answer,
    Post,
    Screening,
    Persona,
    Scoring,
}

impl Purpose {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Post => "post",
            Self::Screening => "screening",
            Self::Persona => "persona",
            Self::Scoring => "scoring",
        }
    }
}

/// A question to the chat model.
#[derive(Clone)]
pub struct Ask {
    pub purpose: Purpose,
    /// What the house says. No words of people, ever: they go into `turns`, quoted.
    pub instructions: String,
    /// What was said, in order. May not be empty.
    pub turns: Vec<Turn>,
    /// The form of the answer, as a strict JSON schema.
    pub schema: Option<Schema>,
    /// Of the answer.
    pub max_tokens: u32,
    /// For everything: waiting for a place, retries, the whole answer.
    pub deadline: Duration,
    pub payer: Payer,
}

#[derive(Clone)]
pub struct Turn {
    pub speaker: Speaker,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    User,
    Model,
}

/// A strict JSON schema: every object with `additionalProperties: false` and all its properties required.
#[derive(Debug, Clone)]
pub struct Schema {
    /// Letters, digits, `_` and `-`, at most 64.
    pub name: &'static str,
    pub json: serde_json::Value,
}

/// What the model said.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    pub text: String,
    /// As the server names it.
    pub model: String,
    /// As the server counted, or estimated if it does not say.
    pub tokens_in: u32,
    pub tokens_out: u32,
    /// False if a bound ended it before the model did.
    pub finished: bool,
}

/// What a moderation model thinks of one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// By the model's own measure.
    pub flagged: bool,
    /// Categories as the API names them, with scores from 0 to 1.
    pub scores: Vec<(String, f64)>,
    pub model: String,
    /// Where the model is: the host of the base URL.
    pub provider: String,
}

impl Ask {
    /// A guess at how many tokens this takes to ask, rather too many than too few: three bytes a token, and some around
    /// each message.
    #[must_use]
    pub(super) fn tokens_at_most(&self) -> u32 {
        let schema = self.schema.as_ref().map_or(0, |schema| schema.json.to_string().len());
        let turns: usize = self.turns.iter().map(|turn| turn.text.len() + 12).sum();
        let bytes = self.instructions.len() + 24 + schema + turns;
        u32::try_from(bytes.div_ceil(3)).unwrap_or(u32::MAX)
    }
}

impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ask")
            .field("purpose", &self.purpose)
            .field("turns", &self.turns.len())
            .field("max_tokens", &self.max_tokens)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({} bytes)", self.speaker, self.text.len())
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("bytes", &self.text.len())
            .field("model", &self.model)
            .field("tokens_in", &self.tokens_in)
            .field("tokens_out", &self.tokens_out)
            .field("finished", &self.finished)
            .finish()
    }
}

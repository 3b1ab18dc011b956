//! What goes over the wire: requests as the API documents them, answers as servers really write them.
//!
//! Answers are read leniently: compatible servers leave fields out, add their own, and write `""` where the API has a word
//! or nothing. What is needed and has the wrong type is rubbish.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Ask, Error, Speaker, failure::Failure};
use crate::config::{LlmConfig, MaxTokensField, StructuredOutput};

/// `POST /chat/completions`
#[derive(Debug, Serialize)]
pub(super) struct ChatRequest<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<Value>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
}

#[derive(Debug, Serialize)]
struct Message<'a> {
    role: &'static str,
    content: std::borrow::Cow<'a, str>,
}

#[derive(Debug, Serialize)]
struct StreamOptions {
    include_usage: bool,
}

/// `POST /moderations`
#[derive(Debug, Serialize)]
pub(super) struct ModerationRequest<'a> {
    pub(super) model: &'a str,
    pub(super) input: &'a [String],
}

/// Which of the two names the server knows.
pub(super) fn max_tokens_field(config: &LlmConfig, host: &str) -> MaxTokensField {
    let is_at = |domain: &str| {
        host.strip_suffix(domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    match config.max_tokens_field {
        MaxTokensField::Auto if is_at("openai.com") || is_at("openai.azure.com") => MaxTokensField::MaxCompletionTokens,
        MaxTokensField::Auto => MaxTokensField::MaxTokens,
        named => named,
    }
}

/// The words that ask for a form where the server does not enforce one.
fn instructions(ask: &Ask, output: StructuredOutput) -> std::borrow::Cow<'_, str> {
    let Some(schema) = ask.schema.as_ref().filter(|_| output != StructuredOutput::JsonSchema) else {
        return ask.instructions.as_str().into();
    };
    let mut text = ask.instructions.clone();
    // Writing into a string does not fail.
    let _done = write!(
        text,
        "\n\nAnswer with one JSON object and nothing else. It fits this JSON schema: {}",
        schema.json
    );
    text.into()
}

fn response_format(ask: &Ask, output: StructuredOutput) -> Option<Value> {
    let schema = ask.schema.as_ref()?;
    match output {
        StructuredOutput::JsonSchema => Some(json!({
            "type": "json_schema",
            "json_schema": {"name": schema.name, "strict": true, "schema": schema.json},
        })),
        StructuredOutput::JsonObject => Some(json!({"type": "json_object"})),
        StructuredOutput::None => None,
    }
}

impl<'a> ChatRequest<'a> {
    pub(super) fn new(ask: &'a Ask, model: &'a str, config: &LlmConfig, field: MaxTokensField, stream: bool) -> Self {
        let output = config.structured_output;
        let system = (!ask.instructions.is_empty() || ask.schema.is_some()).then(|| Message {
            role: "system",
            content: instructions(ask, output),
        });
        let said = ask.turns.iter().map(|turn| Message {
            role: match turn.speaker {
                Speaker::User => "user",
                Speaker::Model => "assistant",
            },
            content: turn.text.as_str().into(),
        });
        let new_name = field == MaxTokensField::MaxCompletionTokens;
        Self {
            model,
            messages: system.into_iter().chain(said).collect(),
            max_tokens: (!new_name).then_some(ask.max_tokens),
            max_completion_tokens: new_name.then_some(ask.max_tokens),
            temperature: config.temperature,
            response_format: response_format(ask, output),
            stream,
            stream_options: stream.then_some(StreamOptions { include_usage: true }),
        }
    }
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
pub(super) struct Usage {
    #[serde(default)]
    prompt_tokens: u32,
    #[serde(default)]
    completion_tokens: u32,
}

/// A whole answer, or a piece of one.
#[derive(Deserialize)]
pub(super) struct Reply {
    model: Option<String>,
    choices: Option<Vec<Choice>>,
    usage: Option<Usage>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(alias = "delta")]
    message: Option<Said>,
    finish_reason: Option<Value>,
}

#[derive(Deserialize)]
struct Said {
    content: Option<String>,
    refusal: Option<String>,
}

/// An answer while it is put together.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) text: String,
    model: String,
    usage: Option<Usage>,
    finish: Option<String>,
    is_refused: bool,
    /// A bound of ours ended it.
    is_full: bool,
}

impl Draft {
    /// Adds a piece; gives back what is new of the text.
    pub(super) fn add(&mut self, value: Value, most_bytes: usize) -> Result<String, Failure> {
        let reply: Reply = serde_json::from_value(value).map_err(|_| Failure::lasting(Error::Rubbish))?;
        if reply.error.is_some_and(|error| !error.is_null()) {
            // Servers that find out about a failure after they said 200.
            return Err(Failure::lasting(Error::Unavailable));
        }
        if let Some(model) = reply.model.filter(|model| self.model.is_empty() && !model.is_empty()) {
            self.model = model.chars().take(100).collect();
        }
        self.usage = reply.usage.or(self.usage);
        let Some(choice) = reply.choices.unwrap_or_default().into_iter().next() else {
            return Ok(String::new());
        };
        let reason = choice.finish_reason.as_ref().and_then(Value::as_str);
        if let Some(reason) = reason.filter(|reason| !reason.is_empty()) {
            self.finish = Some(reason.chars().take(40).collect());
        }
        let Some(said) = choice.message else {
            return Ok(String::new());
        };
        self.is_refused |= said.refusal.is_some_and(|refusal| !refusal.is_empty());
        let mut piece = said.content.unwrap_or_default();
        let room = most_bytes.saturating_sub(self.text.len());
        if piece.len() > room {
            self.is_full = true;
            piece.truncate(piece.floor_char_boundary(room));
        }
        self.text.push_str(&piece);
        Ok(piece)
    }

    /// Nothing more is needed of it.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    /// The model said that it ended.
    pub(super) fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// What was used so far, as far as we can tell: four bytes a token.
    pub(super) fn tokens_out(&self) -> u32 {
        self.usage.map_or_else(
            || u32::try_from(self.text.len().div_ceil(4)).unwrap_or(u32::MAX),
            |usage| usage.completion_tokens,
        )
    }

    pub(super) fn into_answer(self, ask: &Ask, model: &str) -> Result<Answer, Failure> {
        if self.is_refused || self.finish.as_deref() == Some("content_filter") {
            return Err(Failure::refused());
        }
        if self.text.trim().is_empty() {
            return Err(Failure::lasting(Error::Rubbish));
        }
        let tokens_out = self.tokens_out();
        let tokens_in = self.usage.map(|usage| usage.prompt_tokens).filter(|tokens| *tokens > 0);
        let text = if ask.schema.is_some() {
            unfenced(&self.text).to_owned()
        } else {
            self.text
        };
        Ok(Answer {
            text,
            model: if self.model.is_empty() {
                model.to_owned()
            } else {
                self.model
            },
            tokens_in: tokens_in.unwrap_or_else(|| ask.tokens_at_most()),
            tokens_out,
            finished: !self.is_full && self.finish.as_deref() != Some("length"),
        })
    }
}

/// JSON out of the fence that models like to put around it.
fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let inner = text.strip_prefix("```json").or_else(|| text.strip_prefix("```"));
    inner.map_or(text, |inner| inner.strip_suffix("```").unwrap_or(inner).trim())
}

/// `POST /moderations`, answered.
#[derive(Deserialize)]
pub(super) struct Moderated {
    pub(super) model: Option<String>,
    pub(super) results: Vec<ModeratedText>,
}

#[derive(Deserialize)]
pub(super) struct ModeratedText {
    pub(super) flagged: bool,
    category_scores: std::collections::BTreeMap<String, Option<f64>>,
}

/// Categories of one text, at most; the API has thirteen.
const CATEGORIES: usize = 64;

impl ModeratedText {
    /// Scores between 0 and 1; what is none is left out.
    pub(super) fn scores(self) -> Vec<(String, f64)> {
        let scores = self.category_scores.into_iter().take(CATEGORIES);
        scores
            .filter_map(|(name, score)| {
                let score = score.filter(|score| (0.0..=1.0).contains(score))?;
                Some((name.chars().take(60).collect(), score))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drafted(pieces: &[Value]) -> Result<Draft, Error> {
        let mut draft = Draft::default();
        for piece in pieces {
            draft.add(piece.clone(), 20).map_err(|failure| failure.error)?;
        }
        Ok(draft)
    }

    #[test]
    fn servers_that_write_it_their_own_way_are_understood() {
        let piece =
            |text: &str, reason: Value| json!({"choices": [{"delta": {"content": text}, "finish_reason": reason}]});
        let draft = drafted(&[
            piece("He", json!("")),
            piece("llo", Value::Null),
            json!({"choices": null}),
        ])
        .unwrap();
        assert!(draft.text == "Hello" && !draft.is_finished());
        let draft = drafted(&[
            json!({"model": "m", "choices": [{"message": {"role": "assistant", "content": "Yes", "extra": 1}, "finish_reason": "stop"}],
                   "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4, "queue_time": 0.1}}),
        ])
        .unwrap();
        assert!(draft.is_finished() && draft.tokens_out() == 1);
        for wrong in [
            json!([]),
            json!("no"),
            json!({"choices": [{"message": {"content": 5}}]}),
            json!({"choices": 3}),
        ] {
            assert_eq!(drafted(&[wrong]).err(), Some(Error::Rubbish));
        }
        assert_eq!(
            drafted(&[json!({"error": {"message": "out of memory"}})]).err(),
            Some(Error::Unavailable)
        );
    }

    #[test]
    fn an_answer_that_does_not_end_is_cut_between_letters() {
        let piece = json!({"choices": [{"delta": {"content": "aé".repeat(20)}}]});
        let draft = drafted(&[piece]).unwrap();
        assert!(draft.is_full() && draft.text == "aé".repeat(6) + "a");
    }

    #[test]
    fn fences_are_taken_off() {
        for (text, inner) in [
            ("{}", "{}"),
            ("```json\n{}\n```", "{}"),
            (" ```{}``` ", "{}"),
            ("```json {", "{"),
        ] {
            assert_eq!(unfenced(text), inner);
        }
    }
}

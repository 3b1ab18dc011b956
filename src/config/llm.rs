//! A language model behind an API like OpenAI's: where it is, what it may take, and what it may cost.
//!
//! Nothing is asked of anybody as long as there is no `base_url`: everything works without a model.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Secret, Wrong};

/// `[llm]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LlmConfig {
    /// What `/chat/completions` and `/moderations` are put behind, such as `https://api.openai.com/v1`,
    /// `http://127.0.0.1:11434/v1` (Ollama) or `https://NAME.openai.azure.com/openai/deployments/NAME` (Azure). Without it
    /// there is no model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// Sent with every request, never shown. Servers of one's own often need none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key: Option<Secret>,
    /// A file that holds the key, for those who keep secrets in files. Read once, at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_file: Option<PathBuf>,
    /// Azure: the `api-version` of every request. With it the key goes into the header `api-key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// The model that answers, writes and plays, such as `gpt-4o-mini` or `llama3.2`. Without it nobody is asked to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Who judges messages.
    pub moderation: ModerationBy,
    /// The model that judges. Without it: `omni-moderation-latest` at the endpoint, or `model` in a chat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moderation_model: Option<String>,
    /// How far the server keeps answers to a form. What it does not enforce is asked for in words; answers are checked anyhow.
    pub structured_output: StructuredOutput,
    /// What the bound on an answer is called: older servers know `max_tokens`, newer models only `max_completion_tokens`.
    pub max_tokens_field: MaxTokensField,
    /// Sent only if set: some models refuse it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Until a connection stands.
    pub connect_ms: u64,
    /// From the request to the first byte of the answer. Models that are loaded first take long here.
    pub first_byte_ms: u64,
    /// Between two pieces of an answer.
    pub idle_ms: u64,
    /// A whole question with waiting and retries, whatever whoever asks would allow.
    pub deadline_ms: u64,
    /// Further attempts after one that failed before anything was heard.
    pub retries: u32,
    /// Before the first retry; twice as long before each next one, and a random part of it.
    pub backoff_ms: u64,
    /// A server that says when to come back is obeyed up to this; if it wants longer, the question fails at once.
    pub retry_after_most_seconds: u32,
    /// Requests under way at once, of questions and of judgements each.
    pub most_at_once: usize,
    /// Questions that wait for one of those to end. One more is refused at once.
    pub most_waiting: usize,
    /// How long one waits.
    pub wait_ms: u64,
    /// So many failures in a row and nobody is asked for a while.
    pub breaker_failures: u32,
    /// That while. After it one question tries; if it fails, another such while begins.
    pub breaker_open_seconds: u32,
    /// Bytes of an answer's text, at most. A model that does not stop is cut off.
    pub answer_most_bytes: usize,
    /// Tokens, asked and answered, that an event may use up a day (UTC). 0: no bound.
    pub tokens_event_day: u64,
    /// Tokens a person's questions may use up an hour, in all events together. 0: no bound.
    pub tokens_user_hour: u64,
    /// Tokens everything together may use up a day (UTC). 0: no bound.
    pub tokens_house_day: u64,
    /// Writes what is asked and answered into the log, people's words included. For finding out why a model says what it says.
    pub log_prompts: bool,
}

/// Who judges messages after the local rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModerationBy {
    None,
    /// The API's own moderation endpoint.
    Endpoint,
    /// A chat model, asked for scores.
    Chat,
}

/// How far a server keeps answers to a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StructuredOutput {
    /// To a JSON schema.
    JsonSchema,
    /// To some JSON.
    JsonObject,
    /// Not at all.
    None,
}

/// What the bound on an answer is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaxTokensField {
    /// `max_completion_tokens` at OpenAI and Azure, `max_tokens` everywhere else.
    Auto,
    MaxTokens,
    MaxCompletionTokens,
}

impl Default for LlmConfig {
    fn default() -> Self {
        Self {
            base_url: None,
            api_key: None,
            api_key_file: None,
            api_version: None,
            model: None,
            moderation: ModerationBy::None,
            moderation_model: None,
            structured_output: StructuredOutput::JsonSchema,
            max_tokens_field: MaxTokensField::Auto,
            temperature: None,
            connect_ms: 5_000,
            first_byte_ms: 30_000,
            idle_ms: 15_000,
            deadline_ms: 60_000,
            retries: 2,
            backoff_ms: 500,
            retry_after_most_seconds: 10,
            most_at_once: 8,
            most_waiting: 64,
            wait_ms: 10_000,
            breaker_failures: 5,
            breaker_open_seconds: 30,
            answer_most_bytes: 64 * 1_024,
            tokens_event_day: 1_000_000,
            tokens_user_hour: 60_000,
            tokens_house_day: 10_000_000,
            log_prompts: false,
        }
    }
}

impl LlmConfig {
    pub(super) fn check(&self) -> Result<(), Wrong> {
        if self.base_url.as_deref().is_some_and(|url| !is_base(url)) {
            return Err((
                "llm.base_url",
                "is an http or https URL without query or user, such as `https://api.openai.com/v1`",
            ));
        }
        if self
            .api_key
            .as_ref()
            .is_some_and(|key| !is_printable(key.expose(), 4_096))
        {
            return Err(("llm.api_key", "has 1 to 4096 visible ASCII characters"));
        }
        if self.api_key.is_some() && self.api_key_file.is_some() {
            return Err(("llm.api_key_file", "and `llm.api_key` cannot both be set"));
        }
        for (name, text) in [
            ("llm.model", &self.model),
            ("llm.moderation_model", &self.moderation_model),
            ("llm.api_version", &self.api_version),
        ] {
            if text.as_deref().is_some_and(|text| !is_printable(text, 200)) {
                return Err((name, "has 1 to 200 visible ASCII characters"));
            }
        }
        if self.temperature.is_some_and(|warmth| !(0.0..=2.0).contains(&warmth)) {
            return Err(("llm.temperature", "lies between 0 and 2"));
        }
        let times = [
            self.connect_ms,
            self.first_byte_ms,
            self.idle_ms,
            self.deadline_ms,
            self.wait_ms,
            self.backoff_ms,
        ];
        if times.iter().any(|ms| !(1..=600_000).contains(ms)) {
            return Err((
                "llm",
                "`connect_ms`, `first_byte_ms`, `idle_ms`, `deadline_ms`, `wait_ms` and `backoff_ms` lie between 1 and 600000",
            ));
        }
        if self.retries > 5 || self.retry_after_most_seconds > 600 {
            return Err((
                "llm",
                "`retries` is at most 5 and `retry_after_most_seconds` at most 600",
            ));
        }
        if !(1..=256).contains(&self.most_at_once) || self.most_waiting > 4_096 {
            return Err((
                "llm",
                "`most_at_once` lies between 1 and 256, `most_waiting` is at most 4096",
            ));
        }
        if self.breaker_failures == 0 || !(1..=3_600).contains(&self.breaker_open_seconds) {
            return Err((
                "llm",
                "`breaker_failures` is at least 1 and `breaker_open_seconds` lies between 1 and 3600",
            ));
        }
        if !(256..=1_048_576).contains(&self.answer_most_bytes) {
            return Err(("llm.answer_most_bytes", "lies between 256 and 1048576"));
        }
        Ok(())
    }
}

fn is_printable(text: &str, most: usize) -> bool {
    !text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_base(text: &str) -> bool {
    let plain = !text.contains(['?', '#', '@', '\\']) && text.bytes().all(|byte| byte.is_ascii_graphic());
    plain
        && text.parse::<http::Uri>().is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
        })
}

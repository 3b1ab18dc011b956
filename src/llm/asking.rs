//! One attempt: the request, and its answer whole or piece by piece. No retries here.
//!
//! Whole answers go through the client crate. Streams are read here: the crate would put a task and a queue without a bound
//! between the socket and us, and could not tell an answer that ended from one that was cut off.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_openai::{Client, config::Config as _};
use http::header;
use serde_json::Value;

use super::{
    Answer, Ask, Ear, Error, Judgement, OpenError, Tab,
    body::{ChatRequest, Draft, Moderated, ModerationRequest, max_tokens_field},
    events::{Line, Lines},
    failure::Failure,
    wire::{Base, Wire, exchange, http_client, read},
};
use crate::config::{LlmConfig, MaxTokensField};

/// Of a key file; a key is some hundred bytes.
const KEY_BYTES: usize = 4_096;

/// The model's server.
pub(super) struct Server {
    base: Base,
    provider: String,
    config: LlmConfig,
    field: MaxTokensField,
    /// Made when first needed, and tried again if it could not be made.
    client: Mutex<Option<Arc<Made>>>,
}

struct Made {
    http: reqwest::Client,
    api: Client<Base>,
    most_bytes: usize,
}

impl Server {
    pub(super) fn new(config: &LlmConfig) -> Result<Option<Self>, OpenError> {
        let Some(url) = &config.base_url else { return Ok(None) };
        let from_file = match &config.api_key_file {
            Some(path) => Some(std::fs::read_to_string(path).map_err(OpenError::KeyFile)?),
            None => None,
        };
        let key = from_file.as_deref().map(str::trim);
        if key.is_some_and(|key| key.is_empty() || key.len() > KEY_BYTES) {
            return Err(OpenError::Key);
        }
        let key = key.or_else(|| config.api_key.as_ref().map(crate::config::Secret::expose));
        let base = Base::new(url, key, config.api_version.as_deref()).ok_or(OpenError::Key)?;
        let provider = base.host();
        Ok(Some(Self {
            field: max_tokens_field(config, &provider),
            provider,
            base,
            config: config.clone(),
            client: Mutex::default(),
        }))
    }

    pub(super) fn provider(&self) -> &str {
        &self.provider
    }

    fn client(&self) -> Result<Arc<Made>, Failure> {
        let mut made = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = made.as_ref() {
            return Ok(Arc::clone(made));
        }
        let connect_within = Duration::from_millis(self.config.connect_ms);
        let http = http_client(&self.base, connect_within).map_err(|error| {
            tracing::error!(error = %error, "no client for the model's server can be made; are there CA certificates?");
            Failure::lasting(Error::Unavailable)
        })?;
        let wire = Wire::new(http.clone(), self.config.answer_most_bytes);
        let new = Arc::new(Made {
            most_bytes: wire.most_bytes,
            api: Client::build(http.clone(), self.base.clone()).with_http_service(wire),
            http,
        });
        *made = Some(Arc::clone(&new));
        Ok(new)
    }

    /// Asks. What it costs is noted on the tab as far as it can be known, in case nobody waits for the end.
    pub(super) async fn ask(
        &self,
        ask: &Ask,
        model: &str,
        hear: &mut Option<Ear<'_>>,
        tab: &mut Tab,
    ) -> Result<Answer, Failure> {
        let before = tab.used();
        tab.note(ask.tokens_at_most());
        let outcome = match hear {
            Some(hear) => self.hear_out(ask, model, &mut **hear, tab).await,
            None => self.hear_whole(ask, model).await,
        };
        if let Err(Failure {
            error: Error::Unavailable | Error::RateLimited { .. },
            ..
        }) = &outcome
        {
            // It was never worked on.
            tab.reset(before);
        }
        outcome
    }

    async fn hear_whole(&self, ask: &Ask, model: &str) -> Result<Answer, Failure> {
        let body = ChatRequest::new(ask, model, &self.config, self.field, false);
        let made = self.client()?;
        let value: Value = made.api.chat().create_byot(body).await.map_err(Failure::of_client)?;
        let mut draft = Draft::default();
        draft.add(value, self.config.answer_most_bytes)?;
        draft.into_answer(ask, model)
    }

    async fn hear_out(
        &self,
        ask: &Ask,
        model: &str,
        hear: &mut (dyn FnMut(&str) + Send),
        tab: &mut Tab,
    ) -> Result<Answer, Failure> {
        let body = ChatRequest::new(ask, model, &self.config, self.field, true);
        let first_byte = Duration::from_millis(self.config.first_byte_ms);
        let made = self.client()?;
        let request = made
            .http
            .post(self.base.url("/chat/completions"))
            .query(&self.base.query())
            .headers(self.base.headers())
            .header(header::ACCEPT, "text/event-stream")
            .json(&body)
            .build()
            .map_err(|error| Failure::of_transport(&error))?;
        let response = tokio::time::timeout(first_byte, exchange(&made.http, request))
            .await
            .map_err(|_| Failure::lasting(Error::Timeout))??;
        let mut draft = Draft::default();
        if is_json(&response) {
            // A server that does not stream.
            let bytes = read(response, made.most_bytes).await?;
            let value = serde_json::from_slice(&bytes).map_err(|_| Failure::lasting(Error::Rubbish))?;
            hear(&draft.add(value, self.config.answer_most_bytes)?);
        } else {
            self.read_pieces(response, &mut draft, hear, tab).await?;
        }
        draft.into_answer(ask, model)
    }

    async fn read_pieces(
        &self,
        mut response: reqwest::Response,
        draft: &mut Draft,
        hear: &mut (dyn FnMut(&str) + Send),
        tab: &mut Tab,
    ) -> Result<(), Failure> {
        let idle = Duration::from_millis(self.config.idle_ms);
        let mut patience = Duration::from_millis(self.config.first_byte_ms);
        let mut lines = Lines::default();
        let mut noted = 0;
        loop {
            let chunk = match tokio::time::timeout(patience, response.chunk()).await {
                Ok(Ok(Some(chunk))) => chunk,
                // The model had ended; what was missing is only the count of tokens.
                _ if draft.is_finished() => return Ok(()),
                Err(_) => return Err(Failure::lasting(Error::Timeout)),
                Ok(_) if draft.text.is_empty() => return Err(Failure::passing(Error::Cut)),
                Ok(_) => return Err(Failure::lasting(Error::Cut)),
            };
            patience = idle;
            lines.put(&chunk);
            while let Some(line) = lines.next().map_err(|_| Failure::lasting(Error::Rubbish))? {
                let Line::Data(data) = line else { return Ok(()) };
                let value = serde_json::from_str(&data).map_err(|_| Failure::lasting(Error::Rubbish))?;
                let piece = draft.add(value, self.config.answer_most_bytes)?;
                if !piece.is_empty() {
                    hear(&piece);
                }
                if draft.is_full() {
                    return Ok(());
                }
            }
            let tokens = draft.tokens_out();
            tab.note(tokens.saturating_sub(noted));
            noted = tokens.max(noted);
        }
    }

    /// One judgement each, in order.
    pub(super) async fn moderate(&self, texts: &[String], model: &str) -> Result<Vec<Judgement>, Failure> {
        let made = self.client()?;
        let request = ModerationRequest { model, input: texts };
        let moderations = made.api.moderations();
        let asking = moderations.create_byot(request);
        let patience = Duration::from_millis(self.config.first_byte_ms);
        let value: Value = tokio::time::timeout(patience, asking)
            .await
            .map_err(|_| Failure::lasting(Error::Timeout))?
            .map_err(Failure::of_client)?;
        let read: Moderated = serde_json::from_value(value).map_err(|_| Failure::lasting(Error::Rubbish))?;
        if read.results.len() != texts.len() {
            return Err(Failure::lasting(Error::Rubbish));
        }
        let named = read.model.filter(|name| !name.is_empty());
        let model: String = named.as_deref().unwrap_or(model).chars().take(100).collect();
        Ok(read
            .results
            .into_iter()
            .map(|result| Judgement {
                flagged: result.flagged,
                scores: result.scores(),
                model: model.clone(),
                provider: self.provider.clone(),
            })
            .collect())
    }
}

fn is_json(response: &reqwest::Response) -> bool {
    let content_type = response.headers().get(header::CONTENT_TYPE);
    content_type
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/json"))
}

//! A small client of our own public API that does not give up easily.
//!
//! What may pass (429, 502, 503, 504, no connection, no answer) is tried again, waiting longer each time and as long as
//! the server asks. Everything it sends may be sent twice: reports carry source ids, messages client ids, and events a
//! slug.

use std::time::Duration;

use reqwest::{Method, StatusCode, header::RETRY_AFTER};
use serde_json::Value;

use super::Dice;
use crate::domain::contest::UpdateIn;

const ATTEMPTS: u32 = 10;
const FIRST_WAIT_MS: u64 = 250;
const LONGEST_WAIT_MS: u64 = 15_000;
/// However long the server asks us to wait, a minute is enough to look again.
const LONGEST_ASKED: Duration = Duration::from_mins(1);
const TIMEOUT: Duration = Duration::from_secs(20);

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server said no: status, code and sentence, and the fields it named.
    #[error("{detail} ({status}, {code})")]
    Refused { status: u16, code: String, detail: String },
    /// The server did not answer, however often it was asked.
    #[error("cannot reach {url}: {reason}")]
    Unreachable { url: String, reason: String },
    /// The answer was not what the API promises.
    #[error("{url} does not answer like Grandstand")]
    Odd { url: String },
    /// The client could not be made.
    #[error("the address or the HTTP client is not usable: {0}")]
    Unusable(String),
}

impl ClientError {
    /// The stable code of a refusal.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }
}

/// One address and one identity. A cheap clone.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    /// Up to and including `/v1`.
    base: String,
    token: Option<String>,
}

impl Client {
    /// A client of the server at `url` (with or without `/v1`), with a token or key if given.
    pub fn new(url: &str, token: Option<String>) -> Result<Self, ClientError> {
        Self::build(url, token, |builder| builder)
    }

    /// A client of the very server it runs in, at the address that server holds. Its certificate names the public host, so
    /// there is nothing to check it against; and nobody else can be at that address.
    pub fn at_home(url: &str, token: Option<String>) -> Result<Self, ClientError> {
        Self::build(url, token, |builder| {
            builder.tls_certs_only([]).tls_danger_accept_invalid_certs(true)
        })
    }

    fn build(
        url: &str,
        token: Option<String>,
        trust: fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    ) -> Result<Self, ClientError> {
        let base = url.trim().trim_end_matches('/').trim_end_matches("/v1");
        if crate::domain::text::Url::parse(base).is_err() {
            return Err(ClientError::Unusable(format!("`{base}` is not a link to a server")));
        }
        // The binary has installed a provider at its start; a library user or a test may not have.
        rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
        let mut builder = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(Duration::from_secs(5))
            .user_agent(concat!("grandstand/", env!("CARGO_PKG_VERSION")));
        if base.starts_with("http://") {
            // Without TLS no certificates are needed; the builder would fail on a machine that has none.
            builder = builder.tls_certs_only([]);
        }
        let http = trust(builder)
            .build()
            .map_err(|error| ClientError::Unusable(error.to_string()))?;
        Ok(Self {
            http,
            base: format!("{base}/v1"),
            token,
        })
    }

    /// The same server, seen as somebody else.
    #[must_use]
    pub fn with_token(&self, token: String) -> Self {
        Self {
            token: Some(token),
            ..self.clone()
        }
    }

    /// The same server, seen as nobody in particular.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self {
            token: None,
            ..self.clone()
        }
    }

    pub async fn get(&self, path: &str) -> Result<Value, ClientError> {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, ClientError> {
        self.call(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Option<&Value>) -> Result<Value, ClientError> {
        self.call(Method::PUT, path, body).await
    }

    /// Sends a batch of reports to an event's contest.
    pub async fn report(&self, event: &str, source: &str, updates: &[&UpdateIn]) -> Result<Value, ClientError> {
        let body = serde_json::json!({ "source": source, "updates": updates });
        self.post(&format!("/events/{event}/contest/updates"), &body).await
    }

    /// Passes an event on (`start`, `end`, …). Ok(false): it could not go there, most likely because it is there already.
    pub async fn pass(&self, event: &str, verb: &str) -> Result<bool, ClientError> {
        match self.call(Method::POST, &format!("/events/{event}/{verb}"), None).await {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some("illegal-transition") => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Makes an event, or finds the one that has its slug. Gives the event.
    pub async fn create_event(&self, event: &Value) -> Result<Value, ClientError> {
        match (self.post("/events", event).await, event["slug"].as_str()) {
            (Err(error), Some(slug)) if error.code() == Some("slug-taken") => {
                self.get(&format!("/events/{slug}")).await
            }
            (made, _) => made,
        }
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, ClientError> {
        let url = format!("{}{path}", self.base);
        let mut dice = Dice::fresh();
        let mut wait_ms = FIRST_WAIT_MS;
        let mut attempt = 1;
        loop {
            let mut request = self.http.request(method.clone(), &url);
            if let Some(token) = &self.token {
                request = request.bearer_auth(token);
            }
            if let Some(body) = body {
                request = request.json(body);
            }
            let (error, asked) = match request.send().await {
                Ok(response) => {
                    let asked = asked_wait(&response);
                    let may_pass = may_pass(response.status());
                    match read(response, &url).await {
                        Err(error) if may_pass => (error, asked),
                        done => return done,
                    }
                }
                Err(error) => {
                    let reason = innermost(&error);
                    (
                        ClientError::Unreachable {
                            url: url.clone(),
                            reason,
                        },
                        None,
                    )
                }
            };
            if attempt == ATTEMPTS {
                return Err(error);
            }
            attempt += 1;
            let jittered = Duration::from_millis(dice.throw(wait_ms / 2..wait_ms));
            tokio::time::sleep(asked.map_or(jittered, |asked| asked + jittered)).await;
            wait_ms = (wait_ms * 2).min(LONGEST_WAIT_MS);
        }
    }
}

fn may_pass(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}

fn asked_wait(response: &reqwest::Response) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    let seconds = text.parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_ASKED))
}

async fn read(response: reqwest::Response, url: &str) -> Result<Value, ClientError> {
    let status = response.status();
    let bytes = response.bytes().await.map_err(|error| ClientError::Unreachable {
        url: url.to_owned(),
        reason: innermost(&error),
    })?;
    let odd = || ClientError::Odd { url: url.to_owned() };
    if status.is_success() {
        return if bytes.is_empty() {
            Ok(Value::Null)
        } else {
            serde_json::from_slice(&bytes).map_err(|_| odd())
        };
    }
    let problem: Value = serde_json::from_slice(&bytes).map_err(|_| odd())?;
    let code = problem["code"].as_str().ok_or_else(odd)?.to_owned();
    let mut detail = problem["detail"].as_str().unwrap_or_default().to_owned();
    for fault in problem["errors"].as_array().into_iter().flatten().take(3) {
        let (pointer, said) = (fault["pointer"].as_str(), fault["detail"].as_str());
        detail = format!("{detail} {}: {}", pointer.unwrap_or_default(), said.unwrap_or_default());
    }
    Err(ClientError::Refused {
        status: status.as_u16(),
        code,
        detail,
    })
}

/// The last cause says what happened ("connection refused"); the ones around it only where.
fn innermost(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .last()
        .map_or_else(String::new, ToString::to_string)
}

#[cfg(test)]
mod tests;

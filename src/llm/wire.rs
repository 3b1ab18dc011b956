//! The way to the model's server: one request, one answer, within bounds. Retries are somebody else's.
//!
//! The client crate would retry by itself, read answers without a bound and write those that it cannot read into the log,
//! people's words included. So it is handed this as its way to the wire: what it gets to see is small and is JSON.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use async_openai::{config::Config as ApiConfig, error::OpenAIError, middleware::HttpRequestFactory};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use secrecy::SecretString;
use serde::Deserialize;
use tower_service::Service;

use super::{Error, failure::Failure};

/// An answer's envelope, and what JSON makes of its text.
const ENVELOPE_BYTES: usize = 64 * 1_024;
/// Of an error only its code is read.
const ERROR_BYTES: usize = 16 * 1_024;

/// Where the server is and how it knows us.
#[derive(Clone)]
pub(super) struct Base {
    url: String,
    key: SecretString,
    key_header: HeaderName,
    key_value: Option<HeaderValue>,
    api_version: Option<String>,
}

impl Base {
    pub(super) fn new(url: &str, key: Option<&str>, api_version: Option<&str>) -> Option<Self> {
        let is_azure = api_version.is_some();
        let key_value = match key {
            Some(key) => {
                let text = if is_azure {
                    key.to_owned()
                } else {
                    format!("Bearer {key}")
                };
                let mut value = HeaderValue::from_str(&text).ok()?;
                value.set_sensitive(true);
                Some(value)
            }
            None => None,
        };
        Some(Self {
            url: url.trim_end_matches('/').to_owned(),
            key: SecretString::from(key.unwrap_or_default()),
            key_header: if is_azure {
                HeaderName::from_static("api-key")
            } else {
                header::AUTHORIZATION
            },
            key_value,
            api_version: api_version.map(str::to_owned),
        })
    }

    pub(super) fn is_plain(&self) -> bool {
        self.url.starts_with("http://")
    }

    /// The host, for people to see.
    pub(super) fn host(&self) -> String {
        let uri: Option<http::Uri> = self.url.parse().ok();
        uri.and_then(|uri| uri.host().map(str::to_owned)).unwrap_or_default()
    }
}

impl ApiConfig for Base {
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(value) = &self.key_value {
            headers.insert(self.key_header.clone(), value.clone());
        }
        headers
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    fn query(&self) -> Vec<(&str, &str)> {
        let version = self.api_version.as_deref();
        version.map(|version| ("api-version", version)).into_iter().collect()
    }

    fn api_base(&self) -> &str {
        &self.url
    }

    fn api_key(&self) -> &SecretString {
        &self.key
    }
}

/// The HTTP client. A machine without certificates is found out here, so it is made when first needed.
pub(super) fn http_client(base: &Base, connect_within: Duration) -> Result<reqwest::Client, reqwest::Error> {
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(connect_within)
        .pool_idle_timeout(Duration::from_secs(30));
    if base.is_plain() {
        // Certificates are not needed, and a small machine may not have any.
        builder = builder.no_proxy().tls_certs_only([]);
    }
    builder.build()
}

/// One exchange: a refusal is told apart by its status, and nothing of its text goes on.
pub(super) async fn exchange(
    client: &reqwest::Client,
    request: reqwest::Request,
) -> Result<reqwest::Response, Failure> {
    let response = client
        .execute(request)
        .await
        .map_err(|error| Failure::of_transport(&error))?;
    if response.status().is_success() {
        return Ok(response);
    }
    let (status, retry_after) = (response.status(), retry_after(response.headers()));
    let code = tokio::time::timeout(Duration::from_secs(2), read(response, ERROR_BYTES)).await;
    let code = code.ok().and_then(Result::ok).and_then(|bytes| code_of(&bytes));
    Err(Failure::of_status(status, code.as_deref(), retry_after))
}

/// A whole body of at most so many bytes.
pub(super) async fn read(mut response: reqwest::Response, most: usize) -> Result<Bytes, Failure> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| Failure::lasting(Error::Cut))? {
        if bytes.len() + chunk.len() > most {
            return Err(Failure::lasting(Error::Rubbish));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// In seconds or as a date, RFC 9110, 10.2.3.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(text).ok()?;
    Some(at.duration_since(SystemTime::now()).unwrap_or_default())
}

fn code_of(bytes: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Wrapped {
        error: Inner,
    }
    #[derive(Deserialize)]
    struct Inner {
        code: Option<serde_json::Value>,
    }
    let wrapped: Wrapped = serde_json::from_slice(bytes).ok()?;
    wrapped.error.code?.as_str().map(str::to_owned)
}

/// The way to the wire that the client crate is given.
#[derive(Clone)]
pub(super) struct Wire {
    pub(super) client: reqwest::Client,
    pub(super) most_bytes: usize,
}

impl Wire {
    pub(super) fn new(client: reqwest::Client, answer_most_bytes: usize) -> Self {
        let most_bytes = answer_most_bytes.saturating_mul(6).saturating_add(ENVELOPE_BYTES);
        Self { client, most_bytes }
    }

    async fn carry(self, request: reqwest::Request) -> Result<reqwest::Response, Failure> {
        let response = exchange(&self.client, request).await?;
        let body = read(response, self.most_bytes).await?;
        if serde_json::from_slice::<serde_json::Value>(&body).is_err() {
            return Err(Failure::lasting(Error::Rubbish));
        }
        let mut whole = http::Response::new(body);
        *whole.status_mut() = StatusCode::OK;
        Ok(whole.into())
    }
}

impl Service<HttpRequestFactory> for Wire {
    type Response = reqwest::Response;
    type Error = OpenAIError;
    type Future = Pin<Box<dyn Future<Output = Result<reqwest::Response, OpenAIError>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), OpenAIError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, factory: HttpRequestFactory) -> Self::Future {
        let wire = self.clone();
        Box::pin(async move {
            let request = factory.build().await?;
            wire.carry(request)
                .await
                .map_err(|failure| OpenAIError::Boxed(Box::new(failure)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_says_when_to_come_again_in_seconds_or_by_date() {
        let in_an_hour = SystemTime::now() + Duration::from_hours(1);
        let told = |text: &str| {
            let value = HeaderValue::from_str(text).expect("a header's value");
            retry_after(&HeaderMap::from_iter([(header::RETRY_AFTER, value)]))
        };
        assert_eq!(told("7"), Some(Duration::from_secs(7)));
        let wait = told(&httpdate::fmt_http_date(in_an_hour)).expect("a date is understood");
        assert!(
            wait <= Duration::from_hours(1) && wait > Duration::from_mins(58),
            "{wait:?}"
        );
        assert_eq!(told("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO), "long gone");
        assert_eq!(told("soon"), None);
    }
}

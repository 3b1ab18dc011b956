//! The outermost wrapper of every request: names it, bounds it, and turns whatever comes back into an answer that is
//! complete. After it nothing can fail.
//!
//! From outside in: request id, client address, preflight, body bound, deadline, panic guard; on the way out problems,
//! rate limit headers, security headers, permission for other origins, one log line. The line holds method, route
//! pattern, status and time; never a query, a path that matched nothing, an address or a token.

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use poem::{
    Endpoint, IntoResponse, PathPattern, Request, Response,
    http::{HeaderValue, Method, StatusCode, header},
};
use tracing::Instrument;

use super::{
    address::{AddressError, TrustedProxies},
    allow::Allow,
    body,
    cors::Cors,
    error::Problem,
    limit::Ledger,
    unasked,
    wire::Connection,
};
use crate::{
    config::{CorsConfig, ServeConfig},
    domain::{Reason, Refusal},
    telemetry::Metrics,
};

/// What the request is called in logs and problems; the caller's own name for it, if it is a sane one.
#[derive(Debug, Clone)]
pub struct RequestId(Arc<str>);

impl RequestId {
    fn of(request: &Request) -> Self {
        let given = request.header("X-Request-Id").filter(|id| {
            let sane = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            (8..=64).contains(&id.len()) && id.bytes().all(sane)
        });
        let made = || format!("req_{}", uuid::Uuid::now_v7().simple());
        Self(given.map_or_else(made, str::to_owned).into())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The house behind its edge. Its answers are final: the call never fails.
pub struct Edge<E> {
    inside: E,
    trusted: TrustedProxies,
    cors: Cors,
    allow: Allow,
    html_policy: Option<HeaderValue>,
    /// What browsers are told over TLS of our own, if anything.
    hsts: Option<HeaderValue>,
    max_body_bytes: usize,
    body_patience: Duration,
    handler_patience: Duration,
    metrics: Arc<Metrics>,
}

impl<E: Endpoint> Edge<E> {
    pub fn new(
        inside: E,
        serve: &ServeConfig,
        cors: &CorsConfig,
        allow: Allow,
        metrics: Arc<Metrics>,
    ) -> Result<Self, AddressError> {
        Ok(Self {
            inside,
            trusted: TrustedProxies::parse(&serve.trusted_proxies)?,
            cors: Cors::new(cors),
            allow,
            html_policy: serve.html_policy.parse().ok().filter(|_| !serve.html_policy.is_empty()),
            hsts: hsts(serve.hsts_seconds),
            max_body_bytes: serve.max_body_bytes,
            body_patience: Duration::from_millis(serve.body_read_timeout_ms),
            handler_patience: Duration::from_millis(serve.handler_timeout_ms),
            metrics,
        })
    }

    /// What the house says, or the problem instead.
    async fn ask(&self, mut request: Request, id: &RequestId) -> Response {
        if let Some(response) = self.cors.preflight(&request) {
            return response;
        }
        let path = request.uri().path().to_owned();
        body::bound(&mut request, self.max_body_bytes, self.body_patience);
        let call = AssertUnwindSafe(self.inside.call(request)).catch_unwind();
        let (problem, pattern) = match tokio::time::timeout(self.handler_patience, call).await {
            Ok(Ok(Ok(answer))) => return answer.into_response(),
            Ok(Ok(Err(error))) if error.is_from_response() => return error.into_response(),
            Ok(Ok(Err(error))) => (unasked::problem(&error), error.data::<PathPattern>().cloned()),
            Ok(Err(_panic)) => {
                tracing::error!("a handler panicked; the hook's line before this one says where");
                (Problem::internal(), None)
            }
            Err(_elapsed) => {
                tracing::warn!("a handler took too long");
                let refusal = Refusal::new(Reason::Overloaded, "The answer took too long.").retry_after(5);
                (refusal.into(), None)
            }
        };
        let mut response = problem.about(id.as_str(), &path).into_response();
        if let Some(pattern) = pattern {
            let methods = self.allow.methods(&pattern.0).map(str::parse::<HeaderValue>);
            if let Some(Ok(methods)) = methods.filter(|_| response.status() == StatusCode::METHOD_NOT_ALLOWED) {
                response.headers_mut().insert(header::ALLOW, methods);
            }
            response.set_data(pattern);
        }
        response
    }

    /// What every answer carries.
    fn dress(&self, response: &mut Response, asked: &Asked, ledger: &Ledger) {
        let headers = response.headers_mut();
        let mut say = |name: &'static str, value: &str| {
            // Values are of our own making or were checked.
            if let Ok(value) = value.parse() {
                headers.insert(name, value);
            }
        };
        say("X-Request-Id", asked.id.as_str());
        say("X-Content-Type-Options", "nosniff");
        say("Referrer-Policy", "same-origin");
        let readers = if self.cors.is_for_everyone() {
            "cross-origin"
        } else {
            "same-origin"
        };
        say("Cross-Origin-Resource-Policy", readers);
        if let Some((policies, left)) = ledger.headers() {
            say("RateLimit-Policy", &policies);
            say("RateLimit", &left);
        }
        if let Some(hsts) = self.hsts.as_ref().filter(|_| asked.is_secure) {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, hsts.clone());
        }
        if asked.is_api && !headers.contains_key(header::CACHE_CONTROL) {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        let html = headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        if let Some(policy) = self.html_policy.as_ref().filter(|_| html) {
            let entry = headers.entry(header::CONTENT_SECURITY_POLICY);
            entry.or_insert_with(|| policy.clone());
        }
        self.cors.permit(asked.origin.as_ref(), headers);
    }

    fn note(&self, response: &Response, asked: &Asked) {
        let status = response.status().as_u16();
        let elapsed = asked.at.elapsed();
        self.metrics.http.answered(status);
        self.metrics.http_seconds.observe(elapsed.as_secs_f64());
        let route = response.data::<PathPattern>().map_or("-", |pattern| &pattern.0);
        // At thousands of requests a second, a line each would cost more than the answers.
        tracing::debug!(
            http.method = asked.method.as_str(),
            http.route = route,
            http.status = status,
            http.elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            "answered"
        );
    }
}

fn hsts(seconds: u32) -> Option<HeaderValue> {
    format!("max-age={seconds}").parse().ok().filter(|_| seconds > 0)
}

/// What the way out must know of the way in.
struct Asked {
    id: RequestId,
    method: Method,
    is_api: bool,
    is_secure: bool,
    origin: Option<HeaderValue>,
    at: Instant,
}

impl<E: Endpoint> Endpoint for Edge<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let asked = Asked {
            id: RequestId::of(&request),
            method: request.method().clone(),
            is_api: request.uri().path().starts_with("/v1/"),
            is_secure: request.data::<Connection>().is_some_and(Connection::is_secure),
            origin: request.headers().get(header::ORIGIN).cloned(),
            at: Instant::now(),
        };
        let ledger = Ledger::default();
        request.set_data(asked.id.clone());
        request.set_data(ledger.clone());
        if let Some(peer) = request.remote_addr().as_socket_addr() {
            let client = self.trusted.client(peer.ip(), request.headers());
            request.set_data(client);
        }
        let span = tracing::info_span!("request", request.id = asked.id.as_str());
        async {
            let mut response = self.ask(request, &asked.id).await;
            self.dress(&mut response, &asked, &ledger);
            self.note(&response, &asked);
            Ok(response)
        }
        .instrument(span)
        .await
    }
}

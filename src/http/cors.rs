//! Which other websites' scripts may read our answers (the Fetch standard's CORS protocol).
//!
//! An origin we do not know gets an answer without permission, never an error: the browser says no, and a caller that is
//! no browser does not care. Credentials are allowed to named origins only, never to `*`.

use poem::{
    Request, Response,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
};

use crate::config::CorsConfig;

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, X-API-Key, X-Device-Id, \
     X-Request-Id",
);
const EXPOSED: HeaderValue =
    HeaderValue::from_static("ETag, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id");

#[derive(Debug, Clone)]
pub(super) struct Cors {
    origins: Vec<String>,
    everyone: bool,
    max_age: HeaderValue,
}

impl Cors {
    pub(super) fn new(config: &CorsConfig) -> Self {
        Self {
            everyone: config.allowed_origins.iter().any(|origin| origin == "*"),
            origins: config.allowed_origins.clone(),
            max_age: config.max_age_seconds.into(),
        }
    }

    /// Whether every site may use our answers.
    pub(super) fn is_for_everyone(&self) -> bool {
        self.everyone
    }

    /// The answer to a browser that asks before it sends, if this is one.
    pub(super) fn preflight(&self, request: &Request) -> Option<Response> {
        let asks = request.method() == Method::OPTIONS
            && request.headers().contains_key(header::ORIGIN)
            && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if !asks {
            return None;
        }
        let mut response = Response::builder().status(StatusCode::NO_CONTENT).finish();
        let headers = response.headers_mut();
        if self.permission(request.headers().get(header::ORIGIN)).is_some() {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, self.max_age.clone());
        }
        Some(response)
    }

    /// Tells the browser what the asking page may do with this answer.
    pub(super) fn permit(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        if self.origins.is_empty() {
            return;
        }
        // Caches must not give one origin's permission to another. Appended: other reasons to vary stay.
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        if let Some(permission) = self.permission(origin) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, permission);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
            if !self.everyone {
                headers.insert(
                    header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
                    HeaderValue::from_static("true"),
                );
            }
        }
    }

    fn permission(&self, origin: Option<&HeaderValue>) -> Option<HeaderValue> {
        if self.everyone {
            return origin.map(|_| HeaderValue::from_static("*"));
        }
        origin
            .filter(|origin| self.origins.iter().any(|known| known.as_bytes() == origin.as_bytes()))
            .cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permission(allowed: &[&str], origin: Option<&[u8]>) -> (Option<String>, bool, bool) {
        let cors = Cors::new(&CorsConfig {
            allowed_origins: allowed.iter().map(ToString::to_string).collect(),
            ..CorsConfig::default()
        });
        let mut headers = HeaderMap::new();
        let origin = origin.map(|origin| HeaderValue::from_bytes(origin).unwrap());
        cors.permit(origin.as_ref(), &mut headers);
        let permission = headers.get("access-control-allow-origin");
        (
            permission.map(|value| value.to_str().unwrap().to_owned()),
            headers.contains_key("access-control-allow-credentials"),
            headers.contains_key("vary"),
        )
    }

    #[test]
    fn only_named_origins_are_permitted_and_only_they_with_credentials() {
        let club = "https://club.example";
        let yes = Some(club.as_bytes());
        assert_eq!(permission(&[], yes), (None, false, false));
        assert_eq!(permission(&[club], yes), (Some(club.to_owned()), true, true));
        assert_eq!(permission(&[club], Some(b"https://evil.example")), (None, false, true));
        assert_eq!(
            permission(&[club], Some(b"https://club.example.evil")),
            (None, false, true)
        );
        assert_eq!(permission(&[club], Some(b"\xff\xfe")), (None, false, true));
        assert_eq!(permission(&[club], None), (None, false, true));
        assert_eq!(permission(&["*"], yes), (Some("*".to_owned()), false, true));
        assert_eq!(permission(&["*"], None), (None, false, true));
    }
}

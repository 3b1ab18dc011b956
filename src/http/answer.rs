//! Answers that are more than a document with status 200: created, accepted, unchanged, nothing.

use poem::{IntoResponse, Response, http::StatusCode};
use poem_openapi::{
    ApiResponse,
    registry::{MetaHeader, MetaResponse, MetaResponses, Registry},
    types::Type,
};
use serde::Serialize;

use super::json::{described, written};

/// 201 with what was made, and where it is now.
#[derive(Debug, Clone)]
pub struct Created<T> {
    pub body: T,
    /// Path of the new thing, for the `Location` header.
    pub location: Option<String>,
    /// Its version, as made by [`super::etag::of_version`].
    pub etag: Option<String>,
    /// A `Set-Cookie` value to answer with.
    pub cookie: Option<String>,
}

/// 201 published, or 202 kept for a moderator to decide.
#[derive(Debug, Clone)]
pub enum Posted<T> {
    Created(T),
    Accepted(T),
}

/// 200 with an `ETag`, or 304 for a caller who has it already.
#[derive(Debug, Clone)]
pub enum Tagged<T> {
    Document { body: T, etag: String },
    Unchanged { etag: String },
}

/// 204.
#[derive(Debug, Clone, Copy)]
pub struct NoContent;

impl<T> Created<T> {
    pub fn new(body: T) -> Self {
        Self {
            body,
            location: None,
            etag: None,
            cookie: None,
        }
    }

    #[must_use]
    pub fn with_cookie(self, cookie: Option<String>) -> Self {
        Self { cookie, ..self }
    }

    #[must_use]
    pub fn at(self, location: impl Into<String>) -> Self {
        Self {
            location: Some(location.into()),
            ..self
        }
    }

    #[must_use]
    pub fn tagged(self, etag: impl Into<String>) -> Self {
        Self {
            etag: Some(etag.into()),
            ..self
        }
    }
}

fn with(mut response: Response, header: &'static str, value: Option<&str>) -> Response {
    // A value of our own making; were it ever not a header, the answer is still right without it.
    if let Some(value) = value.and_then(|value| value.parse().ok()) {
        response.headers_mut().insert(header, value);
    }
    response
}

fn status(mut response: Response, status: StatusCode) -> Response {
    if response.status().is_success() {
        response.set_status(status);
    }
    response
}

impl<T: Serialize + Send> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let response = status(written(&self.body), StatusCode::CREATED);
        let response = with(response, "Location", self.location.as_deref());
        let response = with(response, "ETag", self.etag.as_deref());
        with(response, "Set-Cookie", self.cookie.as_deref())
    }
}

impl<T: Serialize + Send> IntoResponse for Posted<T> {
    fn into_response(self) -> Response {
        match self {
            Self::Created(body) => status(written(&body), StatusCode::CREATED),
            Self::Accepted(body) => status(written(&body), StatusCode::ACCEPTED),
        }
    }
}

impl<T: Serialize + Send> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let (response, etag) = match self {
            Self::Document { body, etag } => (written(&body), etag),
            Self::Unchanged { etag } => (StatusCode::NOT_MODIFIED.into_response(), etag),
        };
        // May be kept by its reader, must be asked for again each time: that is what the tag is for.
        let response = with(response, "Cache-Control", Some("private, no-cache"));
        with(response, "ETag", Some(&etag))
    }
}

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

fn header(name: &str, description: &str) -> MetaHeader {
    MetaHeader {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        required: false,
        deprecated: false,
        schema: String::schema_ref(),
    }
}

fn empty(status: u16, description: &'static str) -> MetaResponse {
    MetaResponse {
        description,
        status: Some(status),
        status_range: None,
        content: Vec::new(),
        headers: Vec::new(),
    }
}

impl<T: Type + Serialize> ApiResponse for Created<T> {
    fn meta() -> MetaResponses {
        let mut created = described::<T>(201, "Created.");
        created.headers.push(header("Location", "Where it is."));
        created.headers.push(header("ETag", "Its version, where it has one."));
        MetaResponses {
            responses: vec![created],
        }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: Type + Serialize> ApiResponse for Posted<T> {
    fn meta() -> MetaResponses {
        MetaResponses {
            responses: vec![
                described::<T>(201, "Published."),
                described::<T>(202, "Held: a moderator decides."),
            ],
        }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: Type + Serialize> ApiResponse for Tagged<T> {
    fn meta() -> MetaResponses {
        let mut document = described::<T>(200, "");
        document
            .headers
            .push(header("ETag", "Send it back as `If-None-Match` or `If-Match`."));
        MetaResponses {
            responses: vec![document, empty(304, "Not changed since the tag in `If-None-Match`.")],
        }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl ApiResponse for NoContent {
    fn meta() -> MetaResponses {
        MetaResponses {
            responses: vec![empty(204, "Done.")],
        }
    }

    fn register(_registry: &mut Registry) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_carry_their_status_and_headers() {
        let made = Created::new(1).at("/v1/events/x").tagged("\"3\"").into_response();
        assert_eq!(made.status(), StatusCode::CREATED);
        assert_eq!(
            (made.header("Location"), made.header("ETag")),
            (Some("/v1/events/x"), Some("\"3\""))
        );

        assert_eq!(Posted::Accepted(1).into_response().status(), StatusCode::ACCEPTED);
        assert_eq!(NoContent.into_response().status(), StatusCode::NO_CONTENT);

        let same = Tagged::<u8>::Unchanged { etag: "\"3\"".into() }.into_response();
        assert_eq!(
            (same.status(), same.header("ETag")),
            (StatusCode::NOT_MODIFIED, Some("\"3\""))
        );
    }
}

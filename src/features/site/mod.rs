//! The web app, served from the binary: hashed files for ever, the page itself never from a cache.
//!
//! Every address that is no file is the app's own business and gets the page. No directories, no disk access at run time
//! (in release builds), so no path can lead out of the app.

use poem::{
    Endpoint, IntoResponse, Request, Response,
    http::{Method, StatusCode, header},
};
use rust_embed::RustEmbed;

use crate::{
    crypto,
    domain::{Reason, Refusal},
    http::{Problem, etag},
};

#[derive(RustEmbed)]
#[folder = "web/app/dist"]
#[allow_missing = true]
struct Files;

const PAGE: &str = "index.html";
/// Nothing but our own files, except pictures, which hosts and users link from elsewhere.
const PAGE_POLICY: &str = "default-src 'self'; img-src 'self' https: data:; style-src 'self' 'unsafe-inline'; \
                           object-src 'none'; base-uri 'none'; frame-ancestors 'self'; form-action 'self'";

/// The web app as an endpoint.
pub struct Site;

impl Endpoint for Site {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Err(Problem::from(Refusal::new(Reason::MethodNotAllowed, "Pages are only read.")).into());
        }
        let path = request.uri().path().trim_start_matches('/');
        let looks_like_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
        let (name, file) = match Files::get(path) {
            Some(file) => (path, file),
            None if looks_like_file => return Err(nothing_here()),
            None => (PAGE, Files::get(PAGE).ok_or_else(nothing_here)?),
        };
        let tag = format!("\"{}\"", crypto::encode(&file.metadata.sha256_hash()[..16]));
        let caching = if name.starts_with("assets/") {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        let mut response = Response::builder()
            .header(header::CACHE_CONTROL, caching)
            .header(header::ETAG, &tag)
            .header(header::CONTENT_TYPE, content_type(name));
        if name == PAGE {
            response = response.header(header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
        }
        if etag::is_known(request.header(header::IF_NONE_MATCH), &tag) {
            return Ok(response.status(StatusCode::NOT_MODIFIED).finish());
        }
        Ok(response.body(file.data.into_owned()).into_response())
    }
}

fn nothing_here() -> poem::Error {
    Problem::from(Refusal::new(Reason::NotFound, "There is nothing here.")).into()
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webmanifest" => "application/manifest+json",
        "json" | "map" => "application/json",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

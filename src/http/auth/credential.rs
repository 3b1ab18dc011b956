//! What a request shows to say who it is from. Finding it, not judging it.

use poem::{Request, http::header};

use super::{cookie, keyring::SECRET_PREFIX};
use crate::domain::{Reason, Refusal};

/// What was shown. Never printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Credential<'a> {
    Nothing,
    /// A token in a header.
    Bearer(&'a str),
    /// An API key in a header.
    Key(&'a str),
    /// A token in the session cookie.
    Session(&'a str),
}

impl<'a> Credential<'a> {
    /// Headers win over the cookie: scripts set them on purpose, browsers send cookies by themselves.
    pub(super) fn of(request: &'a Request) -> Result<Self, Refusal> {
        let mut authorization = request.headers().get_all(header::AUTHORIZATION).iter();
        let key = request.headers().get("X-API-Key");
        let unreadable = |_| invalid("The credential has characters that no credential has.");
        match (authorization.next(), authorization.next(), key) {
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) => Err(invalid("Show one credential, not several.")),
            (Some(value), None, None) => bearer(value.to_str().map_err(unreadable)?),
            (None, _, Some(value)) => Ok(Self::Key(value.to_str().map_err(unreadable)?.trim())),
            (None, _, None) => Ok(cookie::find(request, cookie::SESSION)
                .filter(|token| !token.is_empty())
                .map_or(Self::Nothing, Self::Session)),
        }
    }
}

fn bearer(value: &str) -> Result<Credential<'_>, Refusal> {
    let (scheme, credential) = value.trim().split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(invalid("Expected `Authorization: Bearer …`."));
    }
    let credential = credential.trim();
    if credential.starts_with(SECRET_PREFIX) {
        Ok(Credential::Key(credential))
    } else {
        Ok(Credential::Bearer(credential))
    }
}

fn invalid(detail: &str) -> Refusal {
    Refusal::new(Reason::TokenInvalid, detail)
}

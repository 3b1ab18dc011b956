//! Whom we believe, and what people may do who have not said who they are.

use std::{collections::BTreeMap, net::IpAddr};

use serde::{Deserialize, Serialize};

use super::{Secret, Wrong};

/// `[auth]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// Signs and checks HS256 tokens; its bytes are the key. At least 32 of them. Without it a random one is made and kept
    /// in the data directory's file `secret`. Changing it signs everybody out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// What `aud` of HS256 tokens must be. Without it, tokens that carry an `aud` are refused: they are meant for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// Who may take part with a name only.
    pub guests: GuestPolicy,
    /// How long a guest stays the same guest. Guests have no way to sign in again under the same id.
    pub guest_ttl_seconds: u32,
    /// Public events can be read without signing in. Off: every reader needs a token, a cookie or a key.
    pub anonymous_read: bool,
    /// Where browsers see us, such as `https://live.example`. Needed when a proxy changes `Host`; requests with a cookie
    /// that change something must come from here. `https` also marks cookies as `Secure`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_origin: Option<String>,
    /// How long a stream ticket can be used after it was made: 1 to 60. It travels in a URL, so it should be short.
    pub ticket_ttl_seconds: u32,
    /// Stream tickets not yet used, at most. Over this the next ticket is refused with 503 rather than memory grow.
    pub max_tickets: usize,
    /// How long browsers may reconnect to a stream they opened with a ticket. Never longer than the user's token.
    pub stream_cookie_ttl_seconds: u32,
    /// API keys are remembered so long. A revoked key works on for up to this time on each instance.
    pub key_cache_ms: u32,
    /// Other services whose tokens we take, checked against their published keys.
    pub issuers: Vec<IssuerConfig>,
    /// An issuer's keys are fetched again for an unknown key at most this often. Forged tokens with random key names would
    /// otherwise make us flood the issuer.
    pub jwks_cooldown_seconds: u32,
    /// Keys are fetched again after this time even if nothing unknown turned up, so that withdrawn keys end.
    pub jwks_max_age_seconds: u32,
    /// A fetch takes at most so long; requests that need it wait.
    pub jwks_timeout_ms: u32,
}

/// Another service whose tokens we take. Tokens are `RS256`, `ES256` or `EdDSA`; shared secrets are never taken from a URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerConfig {
    /// What `iss` of its tokens says, to the letter.
    pub issuer: String,
    /// Where its keys are: `https`, or `http` on a loopback address.
    pub jwks_url: String,
    /// What `aud` of its tokens must hold. Required: without it, tokens made for any other service would be good here.
    pub audience: String,
    /// Put before every `sub`, such as `club:`. Without it the issuer names users in the same space as all others, and two
    /// issuers may mean two people by one id.
    #[serde(default)]
    pub id_prefix: String,
    /// Which of its role names means which of ours (`viewer`, `moderator`, `host`, `admin`). Names not listed give nothing.
    #[serde(default)]
    pub roles: BTreeMap<String, String>,
    /// Believe its `events` claim, which gives roles in single events.
    #[serde(default)]
    pub event_roles: bool,
}

/// Who may take part with a name only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuestPolicy {
    /// Only while the server listens on a loopback address: easy to try, closed when put online.
    Loopback,
    Always,
    Never,
}

impl GuestPolicy {
    /// Whether guests are welcome on a server that listens there.
    #[must_use]
    pub const fn allows(self, listen: IpAddr) -> bool {
        match self {
            Self::Loopback => listen.is_loopback(),
            Self::Always => true,
            Self::Never => false,
        }
    }
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            secret: None,
            audience: None,
            guests: GuestPolicy::Loopback,
            guest_ttl_seconds: 12 * 3_600,
            anonymous_read: true,
            public_origin: None,
            ticket_ttl_seconds: 60,
            max_tickets: 65_536,
            stream_cookie_ttl_seconds: 12 * 3_600,
            key_cache_ms: 5_000,
            issuers: Vec::new(),
            jwks_cooldown_seconds: 30,
            jwks_max_age_seconds: 600,
            jwks_timeout_ms: 5_000,
        }
    }
}

/// HMAC-SHA-256 is as strong as its key, up to 32 bytes.
const SECRET_MIN_BYTES: usize = 32;

impl AuthConfig {
    pub(super) fn check(&self) -> Result<(), Wrong> {
        if self
            .secret
            .as_ref()
            .is_some_and(|secret| secret.expose().len() < SECRET_MIN_BYTES)
        {
            return Err(("auth.secret", "has at least 32 bytes"));
        }
        if !(1..=60).contains(&self.ticket_ttl_seconds) {
            return Err(("auth.ticket_ttl_seconds", "lies between 1 and 60"));
        }
        if self.key_cache_ms > 5_000 {
            return Err((
                "auth.key_cache_ms",
                "is at most 5000, or revoking a key does not help in time",
            ));
        }
        if self.guest_ttl_seconds == 0 || self.max_tickets == 0 || self.jwks_timeout_ms == 0 {
            return Err((
                "auth",
                "`guest_ttl_seconds`, `max_tickets` and `jwks_timeout_ms` are at least 1",
            ));
        }
        if self.public_origin.as_deref().is_some_and(|origin| !is_origin(origin)) {
            return Err((
                "auth.public_origin",
                "is a scheme and a host, such as `https://live.example`",
            ));
        }
        self.issuers.iter().try_for_each(IssuerConfig::check)
    }
}

impl IssuerConfig {
    fn check(&self) -> Result<(), Wrong> {
        if self.issuer.is_empty() || self.audience.is_empty() {
            return Err(("auth.issuers", "each needs `issuer` and `audience`"));
        }
        if !is_fetchable(&self.jwks_url) {
            return Err((
                "auth.issuers.jwks_url",
                "is an https URL, or http on a loopback address",
            ));
        }
        if !self.id_prefix.bytes().all(|byte| byte.is_ascii_graphic()) || self.id_prefix.len() > 32 {
            return Err(("auth.issuers.id_prefix", "has at most 32 visible ASCII characters"));
        }
        let known = |name: &String| matches!(name.as_str(), "viewer" | "moderator" | "host" | "admin");
        if !self.roles.values().all(known) {
            return Err((
                "auth.issuers.roles",
                "may give `viewer`, `moderator`, `host` and `admin`",
            ));
        }
        Ok(())
    }
}

fn is_origin(text: &str) -> bool {
    text.parse::<http::Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri
                .authority()
                .is_some_and(|authority| text.ends_with(authority.as_str()) && !authority.as_str().contains('@'))
    })
}

fn is_fetchable(text: &str) -> bool {
    text.parse::<http::Uri>().is_ok_and(|uri| {
        let host = uri.host().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let is_loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
        uri.scheme_str() == Some("https") && !host.is_empty() || uri.scheme_str() == Some("http") && is_loopback
    })
}

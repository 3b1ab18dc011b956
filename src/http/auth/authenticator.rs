//! From a credential to who it speaks for. The one handle the app builds and hands to every request.

use std::{sync::Arc, time::Duration};

use poem::Request;
use tokio_util::task::TaskTracker;

use super::{
    Grant, Identity, Issued, KeyBook, Tokens,
    credential::Credential,
    issuers::{Issuers, is_accepted},
    keyring::Keyring,
    origin,
    pass::Passes,
    tickets::Tickets,
    tokens,
};
use crate::{
    bus::Stale,
    clock,
    concourse::Shelf,
    config::{AuthConfig, Secret},
    domain::{EventId, Reason, Refusal, Stamp},
    http::Problem,
    stream::Forgetter,
};

/// Checks credentials and makes ours. A cheap clone; lives in every request's data.
#[derive(Clone)]
pub struct Authenticator(Arc<Inner>);

struct Inner {
    tokens: Tokens,
    issuers: Issuers,
    keyring: Keyring,
    tickets: Tickets,
    passes: Passes,
    public_origin: Option<String>,
    anonymous_read: bool,
    ticket_ttl_seconds: u32,
    stream_cookie_ttl_seconds: u32,
}

impl Authenticator {
    /// Tickets lie on the `shelf`; `tasks` runs fetches of other services' keys.
    #[must_use]
    pub fn new(config: &AuthConfig, secret: &Secret, keys: Arc<dyn KeyBook>, shelf: Shelf, tasks: TaskTracker) -> Self {
        Self(Arc::new(Inner {
            tokens: Tokens::new(config, secret),
            issuers: Issuers::new(config, tasks),
            keyring: Keyring::new(keys, Duration::from_millis(config.key_cache_ms.into())),
            tickets: Tickets::new(shelf),
            passes: Passes::new(secret),
            public_origin: config.public_origin.clone(),
            anonymous_read: config.anonymous_read,
            ticket_ttl_seconds: config.ticket_ttl_seconds,
            stream_cookie_ttl_seconds: config.stream_cookie_ttl_seconds,
        }))
    }

    /// Who a request is from. A credential that is no good is a problem, never a stranger.
    pub(super) async fn identify(&self, request: &Request) -> Result<Identity, Problem> {
        match Credential::of(request)? {
            Credential::Nothing => Ok(Identity::Anonymous),
            Credential::Bearer(token) => Ok(self.check_token(token).await?),
            Credential::Key(secret) => Ok(Identity::Key(self.0.keyring.identify(secret).await?)),
            Credential::Session(token) => {
                self.require_own_page(request)?;
                Ok(self.check_token(token).await?)
            }
        }
    }

    /// Who a token speaks for. Its algorithm says whose keys to try, and nothing more.
    pub async fn check_token(&self, token: &str) -> Result<Identity, Refusal> {
        if let Some(identity) = self.0.tokens.known(token) {
            return Ok(identity);
        }
        let header = tokens::header(token)?;
        if header.alg == jsonwebtoken::Algorithm::HS256 {
            self.0.tokens.check(token)
        } else if is_accepted(header.alg) {
            self.0.issuers.check(token, &header).await
        } else {
            Err(Refusal::new(
                Reason::TokenInvalid,
                "The token's algorithm is not accepted.",
            ))
        }
    }

    /// The token of a request's `Authorization` header; a cookie does not count.
    pub fn require_bearer<'a>(&self, request: &'a Request) -> Result<&'a str, Refusal> {
        match Credential::of(request)? {
            Credential::Bearer(token) => Ok(token),
            Credential::Nothing | Credential::Key(_) | Credential::Session(_) => Err(Refusal::new(
                Reason::Unauthenticated,
                "Show a token in `Authorization: Bearer …`.",
            )),
        }
    }

    /// Signs a token of our own.
    pub fn issue(&self, grant: &Grant) -> Result<Issued, Problem> {
        self.0
            .tokens
            .issue(grant, clock::now())
            .map_err(|error| Problem::broken(&error))
    }

    /// A ticket to open one stream of that event (or one's own, [`super::OWN_STREAM`]), for clients that cannot send headers; and until when.
    pub async fn issue_ticket(&self, identity: &Identity, event: EventId) -> Result<(String, Stamp), Refusal> {
        let Some(user) = identity.user() else {
            return Err(Refusal::new(
                Reason::Unauthenticated,
                "Tickets are for people who are signed in.",
            ));
        };
        let text = || self.0.passes.new_ticket(&user.id, event);
        let ttl = Duration::from_secs(self.0.ticket_ttl_seconds.into());
        let ticket = self.0.tickets.keep(text, identity, event, ttl).await?;
        let expires_at = clock::now().plus_ms(i64::from(self.0.ticket_ttl_seconds) * 1_000);
        Ok((ticket, expires_at))
    }

    /// Ok unless another site's page made a browser ask for a change.
    pub fn require_own_page(&self, request: &Request) -> Result<(), Refusal> {
        origin::require_own_page(request, self.0.public_origin.as_deref())
    }

    /// Whether browsers reach us over TLS.
    #[must_use]
    pub fn is_https(&self, request: &Request) -> bool {
        origin::is_https(request, self.0.public_origin.as_deref())
    }

    /// Forgets remembered keys, after one was revoked here.
    pub fn forget_keys(&self) {
        self.0.keyring.forget();
    }

    pub(super) fn anonymous_read(&self) -> bool {
        self.0.anonymous_read
    }

    pub(super) fn tickets(&self) -> &Tickets {
        &self.0.tickets
    }

    pub(super) fn passes(&self) -> &Passes {
        &self.0.passes
    }

    pub(super) fn stream_cookie_ttl_seconds(&self) -> u32 {
        self.0.stream_cookie_ttl_seconds
    }
}

impl Forgetter for Authenticator {
    fn forget(&self, stale: &Stale) {
        if *stale == Stale::Keys {
            self.forget_keys();
        }
    }
}

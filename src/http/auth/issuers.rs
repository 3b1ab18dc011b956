//! Tokens of other services: whose they are, and with which of their keys they must have been signed.
//!
//! Keys are kept. They are fetched again when a token names one we do not know (at most once per cooldown, one fetch at a
//! time) and when they are old. A failed fetch changes nothing: the old keys stay good.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use jsonwebtoken::{Algorithm, Header};
use serde::Deserialize;
use tokio::{sync::Mutex, time::Instant};
use tokio_util::task::TaskTracker;

use super::{
    Identity,
    claims::{Claims, Signer},
    jwks::{self, PublicKey},
    tokens::{refused, validation},
};
use crate::{
    config::{AuthConfig, IssuerConfig},
    domain::{Reason, Refusal},
};

/// All services whose tokens we take.
pub(super) struct Issuers {
    issuers: Vec<Arc<Issuer>>,
    /// Fetches run here, so that a client that hangs up cannot break one off for everybody.
    tasks: TaskTracker,
}

struct Issuer {
    config: IssuerConfig,
    cooldown: Duration,
    max_age: Duration,
    patience: Duration,
    known: RwLock<Known>,
    /// When the last fetch began. Locked while one is under way: all who need its outcome wait for the one.
    fetching: Arc<Mutex<Option<Instant>>>,
}

#[derive(Clone, Default)]
struct Known {
    keys: Arc<[PublicKey]>,
    fetched_at: Option<Instant>,
}

#[derive(Deserialize)]
struct Peek {
    iss: String,
}

impl Issuers {
    pub(super) fn new(config: &AuthConfig, tasks: TaskTracker) -> Self {
        let issuer = |one: &IssuerConfig| {
            Arc::new(Issuer {
                config: one.clone(),
                cooldown: Duration::from_secs(config.jwks_cooldown_seconds.into()),
                max_age: Duration::from_secs(config.jwks_max_age_seconds.into()),
                patience: Duration::from_millis(config.jwks_timeout_ms.into()),
                known: RwLock::default(),
                fetching: Arc::default(),
            })
        };
        Self {
            issuers: config.issuers.iter().map(issuer).collect(),
            tasks,
        }
    }

    /// Who a token of another service speaks for. `header` is the token's.
    pub(super) async fn check(&self, token: &str, header: &Header) -> Result<Identity, Refusal> {
        // Read before it is checked, only to know whose keys to check it with.
        let peek: Peek = jsonwebtoken::dangerous::insecure_decode_claims(token).map_err(|error| refused(&error))?;
        let issuer = self.issuers.iter().find(|issuer| issuer.config.issuer == peek.iss);
        let issuer = issuer.ok_or_else(|| invalid("The token's issuer is not known here."))?;
        let key = issuer.key(header, &self.tasks).await?;
        let mut validation = validation(key.algorithm, Some(&issuer.config.audience));
        validation.set_issuer(&[&issuer.config.issuer]);
        let data = jsonwebtoken::decode::<Claims>(token, &key.key, &validation).map_err(|error| refused(&error))?;
        data.claims.identity(Signer::Outside(&issuer.config))
    }
}

fn invalid(detail: &str) -> Refusal {
    Refusal::new(Reason::TokenInvalid, detail)
}

impl Issuer {
    async fn key(self: &Arc<Self>, header: &Header, tasks: &TaskTracker) -> Result<PublicKey, Refusal> {
        let known = self.known();
        let found = known.find(header);
        let is_old = known.fetched_at.is_none_or(|at| at.elapsed() >= self.max_age);
        if let Some(key) = found.as_ref().filter(|_| !is_old) {
            return Ok(key.clone());
        }
        // With a key at hand nobody waits for another's fetch; without one, the fetch decides.
        let turn = match found {
            Some(_) => Arc::clone(&self.fetching).try_lock_owned().ok(),
            None => Some(Arc::clone(&self.fetching).lock_owned().await),
        };
        if let Some(mut last_attempt) = turn
            && self.known().fetched_at == known.fetched_at
            && last_attempt.is_none_or(|at| at.elapsed() >= self.cooldown)
        {
            *last_attempt = Some(Instant::now());
            let issuer = Arc::clone(self);
            let fetch = tasks.spawn(async move {
                issuer.fetch().await;
                drop(last_attempt);
            });
            if fetch.await.is_err() {
                tracing::error!("fetching an issuer's keys panicked");
            }
        }
        let known = self.known();
        match known.find(header) {
            Some(key) => Ok(key),
            None if known.fetched_at.is_none() => {
                let refusal = Refusal::new(Reason::Overloaded, "The issuer's keys cannot be fetched at the moment.");
                Err(refusal.retry_after(5))
            }
            None => Err(invalid("The token's key is not among its issuer's keys.")),
        }
    }

    async fn fetch(&self) {
        match jwks::fetch(&self.config.jwks_url, self.patience).await {
            Ok(keys) => {
                let known = Known {
                    keys: keys.into(),
                    fetched_at: Some(Instant::now()),
                };
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
            }
            Err(error) => {
                let error = anyhow::Error::new(error);
                tracing::warn!(issuer = %self.config.issuer, error = format!("{error:#}"), "an issuer's keys could not be fetched; known keys stay good");
            }
        }
    }

    fn known(&self) -> Known {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Known {
    /// The key a token names; one that names none is fine where there is no choice.
    fn find(&self, header: &Header) -> Option<PublicKey> {
        let mut fitting = self.keys.iter().filter(|key| key.algorithm == header.alg);
        match &header.kid {
            Some(kid) => fitting.find(|key| key.kid.as_ref() == Some(kid)).cloned(),
            None => fitting.next().filter(|_| fitting.next().is_none()).cloned(),
        }
    }
}

/// Whether tokens of others may be signed that way.
pub(super) fn is_accepted(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::RS256 | Algorithm::ES256 | Algorithm::EdDSA)
}

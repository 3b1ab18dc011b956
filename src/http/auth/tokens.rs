//! Tokens of our own: HS256 with the house's secret. Whoever holds the secret may sign for anyone.
//!
//! The algorithm is fixed by us, never by the token. Tokens of others are checked in `issuers.rs`.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use serde_json::{Value, json};

use super::{
    Identity,
    claims::{Claims, Signer},
};
use crate::{
    clock,
    config::{AuthConfig, Secret},
    domain::{EventId, Reason, Refusal, Stamp, user::Role, user::User},
    store::Recent,
};

/// Clocks differ. Tokens are good for so long after their end and before their beginning; more would keep revoked
/// sessions alive, less would refuse fresh tokens from machines whose clock runs ahead.
pub(super) const LEEWAY_SECONDS: u64 = 60;
/// A token that was good is not looked into again for so long: decoding one costs as much as half a post. Its end is
/// looked at every time.
const BELIEVED_FOR: Duration = Duration::from_secs(5);
/// Tokens remembered at most.
const REMEMBERED: usize = 4_096;
/// Longer tokens are not remembered, so that all together hold a few megabytes. Ours have some 300 bytes.
const REMEMBERED_BYTES: usize = 1_024;
/// Longer texts are no token of ours, and not worth decoding.
const MAX_TOKEN_BYTES: usize = 8_192;

/// What a token of ours shall say.
#[derive(Debug, Clone)]
pub struct Grant {
    pub user: User,
    /// Roles everywhere.
    pub roles: Vec<Role>,
    /// Roles in single events.
    pub events: BTreeMap<EventId, Role>,
    pub ttl_seconds: u32,
}

/// A token, signed.
#[derive(Clone, PartialEq, Eq)]
pub struct Issued {
    pub token: String,
    pub expires_at: Stamp,
}

/// Signs and checks with the house's secret.
#[derive(Clone)]
pub struct Tokens {
    signing: EncodingKey,
    checking: DecodingKey,
    validation: Validation,
    audience: Option<String>,
    known: Arc<Recent<String, Identity>>,
}

impl Tokens {
    #[must_use]
    pub fn new(config: &AuthConfig, secret: &Secret) -> Self {
        let bytes = secret.expose().as_bytes();
        Self {
            signing: EncodingKey::from_secret(bytes),
            checking: DecodingKey::from_secret(bytes),
            validation: validation(Algorithm::HS256, config.audience.as_deref()),
            audience: config.audience.clone(),
            known: Arc::new(Recent::new(BELIEVED_FOR, REMEMBERED)),
        }
    }

    /// Who a token speaks for that was found good a moment ago.
    pub(super) fn known(&self, token: &str) -> Option<Identity> {
        let is_good = |identity: &Identity| identity.expires_at().is_some_and(|end| clock::now() < end);
        self.known.get(token).filter(is_good)
    }

    /// Signs a token.
    pub fn issue(&self, grant: &Grant, now: Stamp) -> Result<Issued, jsonwebtoken::errors::Error> {
        let issued_at = now.ms().div_euclid(1_000);
        let expires_at = issued_at.saturating_add(grant.ttl_seconds.into());
        let mut claims = json!({
            "sub": grant.user.id, "name": grant.user.name, "iat": issued_at, "exp": expires_at,
        });
        let mut say = |claim: &str, value: Value| {
            claims[claim] = value;
        };
        if let Some(picture) = &grant.user.avatar_url {
            say("picture", json!(picture));
        }
        if !grant.user.badges.is_empty() {
            say("badges", json!(grant.user.badges));
        }
        if !grant.roles.is_empty() {
            say("roles", json!(grant.roles));
        }
        if !grant.events.is_empty() {
            let events: BTreeMap<String, Role> =
                grant.events.iter().map(|(id, role)| (id.to_string(), *role)).collect();
            say("events", json!(events));
        }
        if grant.user.guest {
            say("guest", json!(true));
        }
        if let Some(audience) = &self.audience {
            say("aud", json!(audience));
        }
        Ok(Issued {
            token: jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.signing)?,
            expires_at: Stamp::from_ms(expires_at.saturating_mul(1_000)),
        })
    }

    /// Who a token of ours speaks for.
    pub(super) fn check(&self, token: &str) -> Result<Identity, Refusal> {
        let data =
            jsonwebtoken::decode::<Claims>(token, &self.checking, &self.validation).map_err(|error| refused(&error))?;
        let identity = data.claims.identity(Signer::House)?;
        // Nothing withdraws a token, so nothing that was found good is bad a moment later.
        if token.len() <= REMEMBERED_BYTES {
            self.known.put(token.to_owned(), identity.clone(), self.known.now());
        }
        Ok(identity)
    }
}

/// The one algorithm, our leeway, `exp` required, `nbf` and `aud` honoured.
pub(super) fn validation(algorithm: Algorithm, audience: Option<&str>) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.leeway = LEEWAY_SECONDS;
    validation.validate_nbf = true;
    if let Some(audience) = audience {
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["exp", "aud"]);
    }
    validation
}

/// The token's header, if it is one that can be checked at all.
pub(super) fn header(token: &str) -> Result<Header, Refusal> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(Refusal::new(Reason::TokenInvalid, "The token is too long."));
    }
    let header = jsonwebtoken::decode_header(token).map_err(|error| refused(&error))?;
    if header.crit.is_some() {
        return Err(Refusal::new(
            Reason::TokenInvalid,
            "The token demands extensions that are not known here.",
        ));
    }
    Ok(header)
}

/// Why, in words that help an honest sender. They know their token; nobody learns about keys.
pub(super) fn refused(error: &jsonwebtoken::errors::Error) -> Refusal {
    let detail = match error.kind() {
        ErrorKind::ExpiredSignature => return Refusal::new(Reason::TokenExpired, "The token has expired."),
        ErrorKind::ImmatureSignature => "The token is not valid yet.",
        ErrorKind::InvalidAudience => "The token is meant for another audience.",
        ErrorKind::InvalidIssuer => "The token's issuer is not known here.",
        ErrorKind::InvalidSignature => "The token's signature is not right.",
        ErrorKind::MissingRequiredClaim(_) => {
            "The token lacks a required claim (`exp`, and `aud` where one is expected)."
        }
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName | ErrorKind::UnsupportedAlgorithm => {
            "The token's algorithm is not accepted for its key."
        }
        _ => "The token cannot be read.",
    };
    Refusal::new(Reason::TokenInvalid, detail)
}

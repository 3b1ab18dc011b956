//! Another service's published keys (RFC 7517): fetching them within bounds, and keeping only those we can trust.
//!
//! A key decides its algorithm here, so that no token can choose a weaker one. Shared secrets (`oct`) are never taken.

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;

/// Key sets are a few kilobytes; a larger answer is none.
const MAX_BYTES: usize = 256 * 1_024;
/// More keys than any issuer rotates through.
const MAX_KEYS: usize = 64;

/// A key that may have signed a token.
#[derive(Clone)]
pub(super) struct PublicKey {
    pub kid: Option<String>,
    pub algorithm: Algorithm,
    pub key: DecodingKey,
}

/// Why keys could not be fetched.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("the request failed")]
    Request(#[from] reqwest::Error),
    #[error("the answer has status {0}")]
    Status(u16),
    #[error("the answer is larger than {MAX_BYTES} bytes")]
    TooLarge,
    #[error("the answer took too long")]
    TooSlow,
    #[error("the answer is no key set")]
    Unreadable(#[from] serde_json::Error),
    #[error("the key set holds no key we can use")]
    Empty,
}

#[derive(Deserialize)]
struct KeySet {
    /// Read one by one, so that one strange key does not hide the others.
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Key {
    kty: String,
    crv: Option<String>,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// The keys at that address, now.
pub(super) async fn fetch(url: &str, patience: Duration) -> Result<Vec<PublicKey>, FetchError> {
    tokio::time::timeout(patience, fetch_bytes(url))
        .await
        .map_err(|_| FetchError::TooSlow)?
        .and_then(|bytes| read(&bytes))
}

async fn fetch_bytes(url: &str) -> Result<Vec<u8>, FetchError> {
    let mut builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    if url.starts_with("http://") {
        // Loopback (settings allow nothing else): no proxy, and no certificates, which a small machine may not even have.
        builder = builder.no_proxy().tls_certs_only([]);
    }
    let mut response = builder
        .build()?
        .get(url)
        .header("Accept", "application/json")
        .send()
        .await?;
    if response.status() != reqwest::StatusCode::OK {
        return Err(FetchError::Status(response.status().as_u16()));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if bytes.len() + chunk.len() > MAX_BYTES {
            return Err(FetchError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The usable keys of a set.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<PublicKey>, FetchError> {
    let set: KeySet = serde_json::from_slice(bytes)?;
    let usable = set
        .keys
        .into_iter()
        .filter_map(|value| read_key(serde_json::from_value(value).ok()?));
    let keys: Vec<PublicKey> = usable.take(MAX_KEYS).collect();
    if keys.is_empty() {
        Err(FetchError::Empty)
    } else {
        Ok(keys)
    }
}

fn read_key(key: Key) -> Option<PublicKey> {
    if key.purpose.is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let (algorithm, names, decoding) = match (key.kty.as_str(), key.crv.as_deref()) {
        ("RSA", _) => (
            Algorithm::RS256,
            &["RS256"][..],
            DecodingKey::from_rsa_components(&key.n?, &key.e?),
        ),
        ("EC", Some("P-256")) => (
            Algorithm::ES256,
            &["ES256"][..],
            DecodingKey::from_ec_components(&key.x?, &key.y?),
        ),
        ("OKP", Some("Ed25519")) => (
            Algorithm::EdDSA,
            &["EdDSA", "Ed25519"][..],
            DecodingKey::from_ed_components(&key.x?),
        ),
        _ => return None,
    };
    let agrees = key.alg.is_none_or(|alg| names.contains(&alg.as_str()));
    Some(PublicKey {
        kid: key.kid,
        algorithm,
        key: decoding.ok().filter(|_| agrees)?,
    })
}

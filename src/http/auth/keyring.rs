//! API keys at the door: from the secret to the key, remembered for moments.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::KeyIdentity;
use crate::{
    crypto,
    domain::{Reason, Refusal},
    http::Problem,
    store,
};

/// Secrets start with it, so that scanners find leaked ones.
pub const SECRET_PREFIX: &str = "gsk_";
/// 32 bytes in base64.
const SECRET_LETTERS: usize = 43;
/// Answers remembered at most; over this all are forgotten and asked again.
const MAX_REMEMBERED: usize = 4_096;

/// Where keys are kept. Asked by digest: the secret itself goes no further than the door.
pub trait KeyBook: Send + Sync {
    /// The key of that digest, unless it was revoked.
    fn find<'a>(&'a self, secret_hash: &'a str) -> BoxFuture<'a, Result<Option<KeyIdentity>, store::Error>>;
}

pub(super) struct Keyring {
    book: std::sync::Arc<dyn KeyBook>,
    memory: Duration,
    /// Also remembers what is no key, so that guessing costs the guesser only. Never held over an await.
    known: Mutex<HashMap<String, Answer>>,
}

/// What the book said.
#[derive(Clone)]
struct Answer {
    /// From before the question: the answer may have been true only then.
    asked_at: Instant,
    found: Option<KeyIdentity>,
}

/// A new secret, to be shown once, and its digest, to be kept.
#[must_use]
pub fn new_secret() -> (String, String) {
    let secret = format!("{SECRET_PREFIX}{}", crypto::random_text());
    let digest = crypto::sha256_hex(secret.as_bytes());
    (secret, digest)
}

impl Keyring {
    pub(super) fn new(book: std::sync::Arc<dyn KeyBook>, memory: Duration) -> Self {
        Self {
            book,
            memory,
            known: Mutex::default(),
        }
    }

    /// The key behind a secret.
    pub(super) async fn identify(&self, secret: &str) -> Result<KeyIdentity, Problem> {
        let unknown = || {
            Problem::from(Refusal::new(
                Reason::TokenInvalid,
                "The API key is not known or was revoked.",
            ))
        };
        let shaped = secret
            .strip_prefix(SECRET_PREFIX)
            .is_some_and(|rest| rest.len() == SECRET_LETTERS);
        if !shaped {
            return Err(unknown());
        }
        let hash = crypto::sha256_hex(secret.as_bytes());
        if let Some(remembered) = self.remembered(&hash) {
            return remembered.found.ok_or_else(unknown);
        }
        let asked_at = Instant::now();
        let found = self.book.find(&hash).await?;
        let answer = Answer {
            asked_at,
            found: found.clone(),
        };
        self.remember(hash, answer);
        found.ok_or_else(unknown)
    }

    /// Forgets all, so that a key revoked on this instance ends at once.
    pub(super) fn forget(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn remembered(&self, hash: &str) -> Option<Answer> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .get(hash)
            .filter(|answer| answer.asked_at.elapsed() < self.memory)
            .cloned()
    }

    fn remember(&self, hash: String, answer: Answer) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_REMEMBERED {
            known.clear();
        }
        known.insert(hash, answer);
    }
}

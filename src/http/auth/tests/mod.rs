//! Credentials at the door, as requests carry them: `tokens` of ours, `issuers` over a real wire, `callers`, `streams`.

mod callers;
mod issuers;
mod streams;
mod tokens;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;

use super::*;
use crate::{
    clock,
    concourse::{Bounds, Concourse},
    config::{AuthConfig, Secret},
    domain::Reason,
    store,
};

const SECRET: &str = "a secret of at least thirty-two bytes";

/// Keys by digest, and how often they were asked for.
#[derive(Default)]
struct Shelf {
    keys: Mutex<HashMap<String, KeyIdentity>>,
    asked: Mutex<u32>,
}

impl KeyBook for Shelf {
    fn find<'a>(&'a self, secret_hash: &'a str) -> BoxFuture<'a, Result<Option<KeyIdentity>, store::Error>> {
        *self.asked.lock().unwrap() += 1;
        let found = self.keys.lock().unwrap().get(secret_hash).cloned();
        Box::pin(async move { Ok(found) })
    }
}

fn door(config: &AuthConfig) -> Authenticator {
    door_with(config, Arc::default())
}

fn door_with(config: &AuthConfig, keys: Arc<Shelf>) -> Authenticator {
    crate::crypto::install();
    let bounds = Bounds {
        keys: 64,
        tickets: config.max_tickets,
    };
    let shelf = Concourse::alone(bounds).shelf;
    Authenticator::new(config, &Secret::new(SECRET), keys, shelf, TaskTracker::new())
}

/// Seconds from now, as claims count.
fn at(seconds: i64) -> i64 {
    clock::now().ms() / 1_000 + seconds
}

fn claims(more: &Value) -> Value {
    let mut claims = json!({"sub": "ana", "name": "Ana", "exp": at(600), "iat": at(0)});
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

fn signed(claims: &Value, secret: &str) -> String {
    crate::crypto::install();
    let key = jsonwebtoken::EncodingKey::from_secret(secret.as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), claims, &key).unwrap()
}

/// A token of ours.
fn token(more: &Value) -> String {
    signed(&claims(more), SECRET)
}

async fn reason(door: &Authenticator, token: &str) -> Reason {
    door.check_token(token).await.unwrap_err().reason
}

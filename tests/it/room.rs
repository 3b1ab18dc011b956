//! How a room behaves: what moderators set, who hears of it, and what is refused because of it.

mod age;
mod holds;
mod repeats;
mod settings;
mod slow;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, Reply};

/// Changes how the room behaves.
async fn tunes(who: &Actor, event: &str, change: &Value) -> Reply {
    who.patch(&format!("/v1/events/{event}/room"), change).await
}

async fn tunes_with(who: &Actor, event: &str, tag: &str, change: &Value) -> Reply {
    let request = who.request(Method::PATCH, &format!("/v1/events/{event}/room"));
    who.send(request.header("If-Match", tag).json(change)).await
}

async fn posts(who: &Actor, event: &str, text: &str) -> Reply {
    who.post(&format!("/v1/events/{event}/messages"), &json!({"text": text}))
        .await
}

async fn edits(who: &Actor, event: &str, message: &Value, text: &str) -> Reply {
    let id = message["id"].as_str().unwrap();
    who.patch(&format!("/v1/events/{event}/messages/{id}"), &json!({"text": text}))
        .await
}

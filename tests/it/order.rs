//! Keeping order: who may write, what may be said, who decides, and what is remembered of it.

mod sanctions;

use serde_json::{Value, json};

use crate::support::{Actor, Reply};

/// A path below an event.
fn below(event: &str, rest: &str) -> String {
    format!("/v1/events/{event}/{rest}")
}

async fn says(who: &Actor, event: &str, text: &str) -> Reply {
    who.post(&below(event, "messages"), &json!({"text": text})).await
}

/// Gives a sanction; gives it back.
async fn sanctions(by: &Actor, event: &str, user: &str, kind: &str, more: Value) -> Value {
    let mut body = json!({"user_id": user, "kind": kind, "reason": "enough"});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().cloned().unwrap_or_default());
    by.post(&below(event, "sanctions"), &body).await.ok()
}

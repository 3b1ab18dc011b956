//! Keeping order: who may write, what may be said, who decides, and what is remembered of it.

mod guests;
mod queue;
mod raid;
mod record;
mod reports;
mod rules;
mod sanctions;
mod shadow;
mod together;

use reqwest::Method;
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

/// The path of one message.
fn at(event: &str, message: &Value, rest: &str) -> String {
    below(event, &format!("messages/{}{rest}", message["id"].as_str().unwrap()))
}

/// Takes the place of the rules at that path, whatever their version.
async fn writes_rules(by: &Actor, path: &str, book: &Value) -> Reply {
    let now = by.get(path).await;
    let version = now.header("etag").to_owned();
    now.ok();
    let request = by.request(Method::PUT, path).header("If-Match", version);
    by.send(request.json(book)).await
}

/// Rules with one list of words for each action.
fn word_rules() -> Value {
    let list = |name: &str, action: &str, word: &str| {
        let mut list = json!({"name": name, "category": "insult", "action": action, "words": [word]});
        if action == "timeout" {
            list["timeout_seconds"] = json!(600);
        }
        list
    };
    json!({
        "words": [
            list("masked", "mask", "maskword"), list("held", "hold", "holdword"), list("hidden", "hide", "hideword"),
            list("bounced", "bounce", "bounceword"), list("timed", "timeout", "timeword"),
        ],
    })
}

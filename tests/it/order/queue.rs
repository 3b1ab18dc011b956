//! People who decide: release, reject, hide, restore; and appeals against it.

use serde_json::{Value, json};

use super::{at, below};
use crate::support::TestServer;

#[tokio::test]
async fn a_rejected_message_never_appears_and_its_author_is_told_why() {
    let server = TestServer::start().await;
    let (hanna, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let event = hanna.starts_event("session").await;
    hanna.holds_messages(&event).await;
    let (mut staff, mut own) = (hanna.watches(&event).await, ana.watches(&event).await);
    own.hears("stream.snapshot").await;
    let held = ana.says(&event, "may I?").await;
    assert_eq!(
        hanna.post(&at(&event, &held, "/reject"), &json!({})).await.refused(400),
        "invalid-request"
    );
    let reject = json!({"reason": "not here"});
    assert_eq!(
        ana.post(&at(&event, &held, "/reject"), &reject).await.refused(403),
        "forbidden"
    );
    for _ in 0..2 {
        assert_eq!(
            hanna.post(&at(&event, &held, "/reject"), &reject).await.ok()["status"],
            "hidden"
        );
    }
    let told = own.hears("moderation.told").await;
    assert_eq!(
        (
            &told.data()["action"],
            &told.data()["reason"],
            &told.data()["message_id"]
        ),
        (&json!("message.rejected"), &json!("not here"), &held["id"])
    );
    assert_eq!(staff.hears("message.hidden").await.data()["message_id"], held["id"]);
    assert_eq!(
        staff.hears("moderation.decided").await.data()["decision"]["by"],
        "hanna"
    );
    let mine = ana.get(&below(&event, "decisions/mine")).await.ok();
    assert_eq!(mine["items"].as_array().unwrap().len(), 1, "twice is once: {mine}");
    assert_eq!(
        (&mine["items"][0]["reason"], mine["items"][0].get("by")),
        (&json!("not here"), None)
    );
    assert_eq!(ben.get(&below(&event, "decisions/mine")).await.ok()["items"], json!([]));
    assert!(!ben.get(&below(&event, "messages")).await.text.contains("may I?"));
    let shown = hanna.says(&event, "hello").await;
    assert_eq!(
        hanna.post(&at(&event, &shown, "/reject"), &reject).await.refused(409),
        "conflict"
    );
}

#[tokio::test]
async fn held_messages_are_listed_in_pages_oldest_first() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    hanna.holds_messages(&event).await;
    for number in 0..5 {
        ana.says(&event, &format!("number {number}")).await;
    }
    let (mut texts, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = hanna
            .get(&below(&event, &format!("messages/held?limit=2{cursor}")))
            .await
            .ok();
        texts.extend(page["items"].as_array().unwrap().iter().map(|one| one["text"].clone()));
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&after={next}");
    }
    assert_eq!(texts, ["number 0", "number 1", "number 2", "number 3", "number 4"]);
}

#[tokio::test]
async fn an_author_appeals_once_and_the_message_may_be_seen_again() {
    let server = TestServer::start().await;
    let (hanna, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let event = hanna.starts_event("session").await;
    let said = ana.says(&event, "the referee sleeps").await;
    let text = json!({"text": "it is a figure of speech"});
    assert_eq!(
        ana.post(&at(&event, &said, "/appeal"), &text).await.refused(409),
        "conflict"
    );
    let hide = at(&event, &said, "/hide?reason=unkind");
    hanna.post(&hide, &Value::Null).await.ok();
    assert_eq!(
        ben.post(&at(&event, &said, "/appeal"), &text).await.refused(404),
        "message-not-found"
    );
    let (mut staff, mut own, mut public) = (
        hanna.watches(&event).await,
        ana.watches(&event).await,
        ben.watches(&event).await,
    );
    for seat in [&mut own, &mut public] {
        seat.hears("stream.snapshot").await;
    }
    let appeal = ana.post(&at(&event, &said, "/appeal"), &text).await;
    assert_eq!(appeal.status, 201);
    let heard = staff.hears("appeal.filed").await;
    assert_eq!(heard.data()["appeal"], appeal.body);
    assert_eq!(
        ana.post(&at(&event, &said, "/appeal"), &text).await.refused(409),
        "already-appealed"
    );
    assert_eq!(ana.get(&below(&event, "appeals")).await.refused(403), "forbidden");
    let open = hanna.get(&below(&event, "appeals?open=true")).await.ok();
    assert_eq!(open["items"], json!([appeal.body]));

    let decide = below(
        &event,
        &format!("appeals/{}/decide", appeal.body["id"].as_str().unwrap()),
    );
    let overturn = json!({"decision": "overturned", "reason": "fair enough"});
    let decided = hanna.post(&decide, &overturn).await.ok();
    assert_eq!(
        (&decided["decision"], &decided["decided_by"]),
        (&json!("overturned"), &json!("hanna"))
    );
    assert_eq!(hanna.post(&decide, &overturn).await.refused(409), "conflict");
    let again = public.hears("message.released").await;
    assert_eq!(
        (&again.data()["message"]["id"], &again.data()["message"]["text"]),
        (&said["id"], &json!("the referee sleeps"))
    );
    let told = own
        .hears_that("the decision", |frame| frame.data()["action"] == "appeal.overturned")
        .await;
    assert_eq!(told.data()["reason"], "fair enough");
    assert_eq!(ben.get(&at(&event, &said, "")).await.ok()["text"], "the referee sleeps");
    assert_eq!(
        hanna.get(&below(&event, "appeals?open=true")).await.ok()["items"],
        json!([])
    );
}

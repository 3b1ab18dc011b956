//! Replies, edits, pins, and what is left of a message that was taken away.

use serde_json::{Value, json};

use super::{at, messages};
use crate::support::{Actor, TestServer};

async fn replies(who: &Actor, event: &str, parent: &Value, text: &str) -> Value {
    who.post(&messages(event), &json!({"text": text, "parent_id": parent["id"]}))
        .await
        .ok()
}

async fn reads(who: &Actor, event: &str, message: &Value) -> Value {
    who.get(&at(event, message, "")).await.ok()
}

#[tokio::test]
async fn replies_make_one_thread_and_are_counted() {
    let server = TestServer::start().await;
    let (hanna, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let event = hanna.starts_event("session").await;
    let question = ana.says(&event, "who wins?").await;
    let first = replies(&ben, &event, &question, "we do").await;
    let second = replies(&ana, &event, &first, "sure?").await;
    assert_eq!(
        (&first["parent_id"], &second["parent_id"]),
        (&question["id"], &question["id"])
    );
    assert_eq!(reads(&ana, &event, &question).await["reply_count"], 2);
    assert_eq!(reads(&ana, &event, &first).await["reply_count"], 0);

    let page = ana.get(&at(&event, &question, "/replies?limit=1")).await.ok();
    assert_eq!(page["items"][0]["id"], first["id"]);
    let next = page["next_cursor"].as_str().unwrap();
    let page = ana
        .get(&at(&event, &question, &format!("/replies?limit=1&after={next}")))
        .await
        .ok();
    assert_eq!(
        (&page["items"][0]["id"], page.get("next_cursor")),
        (&second["id"], None)
    );

    // Taken back by its author or hidden by staff: one less, and once only.
    for _ in 0..2 {
        ben.delete(&at(&event, &first, "")).await.ok();
        hanna.post(&at(&event, &second, "/hide"), &Value::Null).await.ok();
    }
    assert_eq!(reads(&ana, &event, &question).await["reply_count"], 0);
    for gone in [&first, &second] {
        let reply = json!({"text": "hm", "parent_id": gone["id"]});
        assert_eq!(
            ana.post(&messages(&event), &reply).await.refused(409),
            "message-deleted"
        );
    }
    let elsewhere = hanna.starts_event("session").await;
    let reply = json!({"text": "hm", "parent_id": question["id"]});
    assert_eq!(
        ana.post(&messages(&elsewhere), &reply).await.refused(404),
        "message-not-found"
    );
    assert_eq!(
        ana.get(&at(&elsewhere, &question, "")).await.refused(404),
        "message-not-found"
    );
}

#[tokio::test]
async fn an_author_may_edit_for_a_while_and_nobody_else_may() {
    let server = TestServer::start().await;
    let (hanna, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let event = hanna.starts_event("session").await;
    let mut seat = ben.watches(&event).await;
    let said = ana.says(&event, "teh match").await;
    let path = at(&event, &said, "");
    let edited = ana.patch(&path, &json!({"text": "the  match "})).await.ok();
    assert_eq!((&edited["text"], &edited["seq"]), (&json!("the  match"), &said["seq"]));
    assert!(edited["edited_at"].is_string());
    assert_eq!(seat.hears("message.updated").await.data()["message"], edited);
    assert_eq!(
        ana.patch(&path, &json!({"text": "the  match"})).await.ok(),
        edited,
        "no change is no edit"
    );
    for other in [&ben, &hanna] {
        assert_eq!(
            other.patch(&path, &json!({"text": "mine"})).await.refused(403),
            "forbidden"
        );
    }
    assert_eq!(
        ana.patch(&path, &json!({"text": " "})).await.refused(422),
        "invalid-content"
    );
    ana.delete(&path).await.ok();
    assert_eq!(
        ana.patch(&path, &json!({"text": "again"})).await.refused(409),
        "message-deleted"
    );

    let strict = hanna
        .creates_event(json!({"settings": {"edit_window_seconds": 0}}))
        .await;
    let said = ana.says(&strict, "final word").await;
    // A later entry shows that the moment has passed.
    let mut later = said.clone();
    while later["created_at"] == said["created_at"] {
        later = ana.says(&strict, "later").await;
    }
    let late = ana.patch(&at(&strict, &said, ""), &json!({"text": "changed"})).await;
    assert_eq!(late.refused(409), "edit-window-over");
}

#[tokio::test]
async fn pins_are_for_what_can_be_seen() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    let mut seat = ana.watches(&event).await;
    let said = ana.says(&event, "rules of the house").await;
    for _ in 0..2 {
        assert_eq!(
            hanna.put(&at(&event, &said, "/pin"), &Value::Null).await.ok()["pinned"],
            true
        );
    }
    assert_eq!(seat.hears("message.updated").await.data()["message"]["pinned"], true);
    let snapshot = ana.reads_snapshot(&event).await;
    assert_eq!(snapshot["pinned"][0]["id"], said["id"]);
    assert_eq!(hanna.delete(&at(&event, &said, "/pin")).await.ok()["pinned"], false);
    assert_eq!(seat.hears("message.updated").await.data()["message"]["pinned"], false);
    hanna.put(&at(&event, &said, "/pin"), &Value::Null).await.ok();
    ana.delete(&at(&event, &said, "")).await.ok();
    assert_eq!(
        hanna.put(&at(&event, &said, "/pin"), &Value::Null).await.refused(409),
        "message-deleted"
    );
    let snapshot = ana.reads_snapshot(&event).await;
    assert_eq!(snapshot["pinned"], json!([]));
}

/// Everything anybody can read of an event, in one text.
async fn everything(who: &Actor, event: &str, resume: &str) -> String {
    let mut all = who.reads_snapshot(event).await.to_string();
    for rest in [
        "messages",
        "messages/search",
        "messages/search?q=secret",
        "snapshot",
        "log",
        "log?format=ndjson",
        "stream?poll=1",
    ] {
        all += &who.get(&format!("/v1/events/{event}/{rest}")).await.text;
    }
    for after in ["0", resume] {
        all += &who
            .get(&format!("/v1/events/{event}/stream?poll=1&after={after}"))
            .await
            .text;
    }
    all
}

#[tokio::test]
async fn what_its_author_takes_back_is_gone_for_everybody() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    let mut seat = server.anybody().watches(&event).await;
    seat.hears("stream.snapshot").await;
    let resume = seat.last_id.clone().unwrap();
    let said = ana.says(&event, "secret one").await;
    ana.patch(&at(&event, &said, ""), &json!({"text": "secret two"}))
        .await
        .ok();
    hanna.put(&at(&event, &said, "/pin"), &Value::Null).await.ok();
    hanna
        .put(&at(&event, &said, "/reactions/%F0%9F%91%8D"), &Value::Null)
        .await
        .ok();
    seat.hears("reactions.changed").await;
    assert!(everything(&ana, &event, &resume).await.contains("secret"));
    for _ in 0..2 {
        assert_eq!(ana.delete(&at(&event, &said, "")).await.status, 204);
    }
    let gone = seat.hears("message.deleted").await;
    assert_eq!(
        (&gone.data()["message_id"], &gone.data()["by"]),
        (&said["id"], &json!("author"))
    );
    let left = reads(&ana, &event, &said).await;
    assert_eq!(
        (&left["status"], &left["text"], &left["pinned"]),
        (&json!("deleted"), &json!(""), &json!(false))
    );
    for who in [&ana, &hanna, &server.anybody()] {
        let all = everything(who, &event, &resume).await;
        assert!(!all.contains("secret"), "{all}");
    }
    // Its place in the log stays: nobody who resumes misses a number.
    let seqs: Vec<_> = ana
        .reads_log(&event)
        .await
        .iter()
        .map(|entry| entry["seq"].as_u64().unwrap())
        .collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_staff_hide_is_out_of_sight_for_everybody() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    let mut seat = server.anybody().watches(&event).await;
    seat.hears("stream.snapshot").await;
    let resume = seat.last_id.clone().unwrap();
    let (one, two) = (
        ana.says(&event, "secret one").await,
        ana.says(&event, "secret two").await,
    );
    hanna.delete(&at(&event, &one, "")).await.ok();
    let hidden = hanna.post(&at(&event, &two, "/hide"), &Value::Null).await.ok();
    assert_eq!((&hidden["status"], &hidden["text"]), (&json!("hidden"), &json!("")));
    for said in [&one, &two] {
        let gone = seat.hears("message.hidden").await;
        assert_eq!(
            (&gone.data()["message_id"], &gone.data()["by"]),
            (&said["id"], &json!("staff"))
        );
        assert_eq!(reads(&ana, &event, said).await["status"], "hidden");
        let react = ana
            .put(&at(&event, said, "/reactions/%F0%9F%91%8D"), &Value::Null)
            .await;
        assert_eq!(react.refused(409), "message-deleted");
    }
    for who in [&ana, &server.anybody()] {
        assert!(!everything(who, &event, &resume).await.contains("secret"));
    }
    assert_eq!(ana.get(&format!("/v1/events/{event}/status")).await.ok()["messages"], 0);
}

//! What concerns one person: being called, being answered, and the stream that tells of it.

mod follows;
mod marks;
mod sight;
mod stream;
mod together;

use serde_json::{Value, json};

use crate::support::{Actor, Frame, Seat, TestServer, soon};
use reqwest::Method;

/// Somebody's notifications, the latest first, and how many are unread.
async fn mailbox(who: &Actor) -> (Vec<Value>, u64) {
    let page = who.get("/v1/me/notifications").await.ok();
    let unread = page["unread"].as_u64().unwrap();
    (page["items"].as_array().unwrap().clone(), unread)
}

/// The kinds and texts of them.
async fn told(who: &Actor) -> Vec<(String, String)> {
    let text = |one: &Value, field: &str| one[field].as_str().unwrap().to_owned();
    let (items, _) = mailbox(who).await;
    items.iter().map(|one| (text(one, "kind"), text(one, "text"))).collect()
}

fn mention(text: &str) -> (String, String) {
    ("mention".to_owned(), text.to_owned())
}

/// Opens somebody's own stream.
async fn listens(who: &Actor, last_id: Option<&str>) -> Seat {
    listens_at(who, "/v1/me/stream", last_id).await
}

async fn listens_at(who: &Actor, path: &str, last_id: Option<&str>) -> Seat {
    let mut request = who.request(Method::GET, path);
    if let Some(last_id) = last_id {
        request = request.header("Last-Event-ID", last_id);
    }
    let response = soon("a stream", request.send()).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    Seat::new(response)
}

/// As [`listens`], past the first words.
async fn listens_on(who: &Actor) -> Seat {
    let mut seat = listens(who, None).await;
    seat.hears("me.snapshot").await;
    seat
}

fn text_of(frame: &Frame) -> &str {
    frame.data()["notification"]["text"].as_str().unwrap()
}

async fn replies(who: &Actor, event: &str, parent: &Value, text: &str) -> Value {
    let body = json!({"text": text, "parent_id": parent["id"]});
    who.post(&format!("/v1/events/{event}/messages"), &body).await.ok()
}

fn at(event: &str, message: &Value, more: &str) -> String {
    format!("/v1/events/{event}/messages/{}{more}", message["id"].as_str().unwrap())
}

#[tokio::test]
async fn who_is_called_is_notified_and_hears_of_it_at_once() {
    let server = TestServer::start().await;
    let (hanna, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let event = hanna.starts_event("session").await;
    ana.says(&event, "hello").await;
    let mut own = listens(&ana, None).await;
    assert_eq!(own.hears("stream.ready").await.data()["user"]["id"], "ana");
    let snapshot = own.hears("me.snapshot").await;
    assert_eq!(snapshot.data(), &json!({"unread": 0, "latest": []}));
    let said = ben.says(&event, "well said, @ANA!").await;
    assert_eq!(said["mentions"], json!([{"user_id": "ana", "name": "ana"}]));
    let told = own.hears("notification.created").await;
    let notification = &told.data()["notification"];
    assert_eq!(told.id, notification["id"].as_str().unwrap());
    assert!(told.id.starts_with("ntf_"));
    assert_eq!(told.data()["unread"], 1);
    for (field, value) in [
        ("kind", json!("mention")),
        ("message_id", said["id"].clone()),
        ("text", json!("well said, @ANA!")),
        ("by", said["author"].clone()),
        ("read_at", Value::Null),
    ] {
        assert_eq!(notification.get(field).cloned().unwrap_or_default(), value, "{field}");
    }
    assert_eq!(notification["event"]["id"], json!(event));
    assert_eq!(notification["event"]["title"], "Test match");
    let (items, unread) = mailbox(&ana).await;
    assert_eq!((&items[..], unread), (&[notification.clone()][..], 1));
    assert_eq!(mailbox(&ben).await.1, 0);
    // The log, the history and a snapshot say who was called.
    let log = hanna.reads_log(&event).await;
    let entry = log.iter().rfind(|entry| entry["type"] == "message.created").unwrap();
    assert_eq!(entry["data"]["message"]["mentions"], said["mentions"]);
    let state = ben.reads_snapshot(&event).await;
    assert_eq!(state["messages"][1]["mentions"], said["mentions"]);
    assert!(state["messages"][0].get("mentions").is_none(), "nobody is called");
}

#[tokio::test]
async fn an_answer_notifies_the_author_of_what_it_answers() {
    let server = TestServer::start().await;
    let (ana, ben, cem) = (
        server.user("ana", &[]),
        server.user("ben", &[]),
        server.user("cem", &[]),
    );
    let event = server.host().starts_event("session").await;
    let first = ana.says(&event, "who wins?").await;
    let second = replies(&ben, &event, &first, "we do").await;
    // An answer to an answer stands in the same thread, and is told to whom it answers.
    replies(&cem, &event, &second, "@ana and @ben do").await;
    replies(&ana, &event, &first, "I answer myself, @ana").await;
    let reply = |text: &str| ("reply".to_owned(), text.to_owned());
    assert_eq!(told(&ana).await, [mention("@ana and @ben do"), reply("we do")]);
    assert_eq!(
        told(&ben).await,
        [reply("@ana and @ben do")],
        "once, though they are called as well"
    );
    assert_eq!(told(&cem).await, []);
}

#[tokio::test]
async fn people_are_found_by_being_there_and_named_by_id() {
    let server = TestServer::start().await;
    let named = |id: &str, name: &str| server.user_with(id, &json!({"name": name}));
    let (anne, other, mary) = (named("a1", "Anne"), named("a2", "anne"), named("m", "Anne  Marie"));
    let ben = server.user("ben", &[]);
    let event = server.host().starts_event("session").await;
    let says = async |body: Value| ben.post(&format!("/v1/events/{event}/messages"), &body).await;
    // Nobody is there, nobody is called.
    let said = says(json!({"text": "@Anne @nobody", "mentions": ["a1"]})).await.ok();
    assert!(said.get("mentions").is_none());
    let mut seat = mary.watches(&event).await;
    seat.hears("stream.snapshot").await;
    anne.says(&event, "hello").await;
    other.says(&event, "hello").await;
    // Who only gave a name takes nobody's.
    server.guest("Anne").await.says(&event, "hello").await;
    for (body, called) in [
        (json!({"text": "@ANNE MARIE!"}), &["m"][..]),
        (json!({"text": "@anne maria"}), &["a2"]),
        (json!({"text": "@anne, @anne marie", "mentions": ["a1"]}), &["a1", "m"]),
        (
            json!({"text": "you know who", "mentions": ["a1", "a1", "nobody"]}),
            &["a1"],
        ),
    ] {
        let said = says(body.clone()).await.ok();
        let ids: Vec<&str> = said["mentions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|mention| mention["user_id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, called, "{body}");
    }
    let eleven: Vec<String> = (0..11).map(|number| format!("u{number}")).collect();
    assert_eq!(says(json!({"text": "all", "mentions": eleven})).await.status, 422);
    // In plain text as well.
    let request = ben.request(Method::POST, &format!("/v1/events/{event}/messages"));
    let request = request.header("Content-Type", "text/plain").body("@Anne");
    assert_eq!(ben.send(request).await.ok()["mentions"][0]["user_id"], "a2");
}

#[tokio::test]
async fn the_same_send_twice_notifies_once() {
    let server = TestServer::start().await;
    let (ana, ben) = (server.user("ana", &[]), server.user("ben", &[]));
    let event = server.host().starts_event("session").await;
    let first = ana.says(&event, "hello").await;
    let body = json!({"text": "@ana", "client_id": "c1", "parent_id": first["id"]});
    let path = format!("/v1/events/{event}/messages");
    let sends = (0..20).map(|_| ben.post(&path, &body));
    let ids: Vec<Value> = futures_util::future::join_all(sends)
        .await
        .into_iter()
        .map(|sent| sent.ok()["id"].clone())
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!(told(&ana).await.len(), 1);
}

#[tokio::test]
async fn an_edit_notifies_those_who_were_not_called_before() {
    let server = TestServer::start().await;
    let (ana, ben, cem) = (
        server.user("ana", &[]),
        server.user("ben", &[]),
        server.user("cem", &[]),
    );
    let event = server.host().starts_event("session").await;
    for person in [&ana, &cem] {
        person.says(&event, "hello").await;
    }
    let said = ben.says(&event, "@ana, my number is 12345").await;
    for text in ["@ana and @cem", "@cem", "@ana @cem"] {
        let edited = ben.patch(&at(&event, &said, ""), &json!({"text": text})).await.ok();
        assert_eq!(edited["mentions"].as_array().unwrap().len(), text.matches('@').count());
    }
    // Each once; and what they are shown is what the message says now.
    for person in [&ana, &cem] {
        assert_eq!(told(person).await, [mention("@ana @cem")]);
    }
    let edited = ben.patch(&at(&event, &said, ""), &json!({"text": "nobody"})).await.ok();
    assert!(edited.get("mentions").is_none());
}

#[tokio::test]
async fn a_long_message_is_shown_by_its_beginning() {
    let server = TestServer::start().await;
    let (ana, ben) = (server.user("ana", &[]), server.user("ben", &[]));
    let event = server.host().starts_event("session").await;
    ana.says(&event, "hello").await;
    ben.says(&event, &format!("@ana {}", "é".repeat(1_000))).await;
    let (_, text) = told(&ana).await.remove(0);
    assert_eq!(text, format!("@ana {}…", "é".repeat(194)));
}

#[tokio::test]
async fn an_appeal_is_answered_to_whom_it_concerns_even_if_they_may_not_come_in() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    let said = ana.says(&event, "too much").await;
    hanna.post(&at(&event, &said, "/hide"), &Value::Null).await.ok();
    let appeal = ana
        .post(&at(&event, &said, "/appeal"), &json!({"text": "a joke"}))
        .await
        .ok();
    let path = format!("/v1/events/{event}/appeals/{}/decide", appeal["id"].as_str().unwrap());
    let mut own = listens_on(&ana).await;
    let ban = json!({"user_id": "ana", "kind": "ban", "reason": "enough"});
    hanna.post(&format!("/v1/events/{event}/sanctions"), &ban).await.ok();
    hanna
        .post(&path, &json!({"decision": "upheld", "reason": "no joke"}))
        .await
        .ok();
    let heard = own.hears("notification.created").await;
    let notification = &heard.data()["notification"];
    assert_eq!(
        (&notification["kind"], &notification["message_id"], text_of(&heard)),
        (&json!("appeal-decided"), &said["id"], "upheld: no joke")
    );
    assert_eq!((heard.data()["unread"].clone(), mailbox(&ana).await.1), (json!(1), 1));
}

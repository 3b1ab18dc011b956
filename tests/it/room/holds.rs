//! Messages that wait a while for a moderator and then appear by themselves.

use std::sync::Arc;

use grandstand::bus::LocalBus;
use serde_json::{Value, json};

use super::{posts, tunes};
use crate::support::TestServer;

#[tokio::test]
async fn a_message_nobody_decides_on_appears_when_its_time_has_come() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    let change = json!({"hold_messages": true, "hold_seconds": 3});
    tunes(&hanna, &event, &change).await.ok();
    let mut seat = server.anybody().watches(&event).await;
    seat.hears("stream.snapshot").await;
    let hidden = posts(&ana, &event, "rude").await;
    assert_eq!(hidden.status, 202, "{}", hidden.text);
    let id = hidden.body["id"].as_str().unwrap();
    hanna
        .post(&format!("/v1/events/{event}/messages/{id}/hide"), &Value::Null)
        .await
        .ok();
    let waiting = posts(&ana, &event, "polite").await;
    assert_eq!(waiting.status, 202, "{}", waiting.text);
    let appeared = seat.hears("message.released").await;
    assert_eq!(appeared.data()["message"]["id"], waiting.body["id"]);
    assert_eq!(appeared.data()["message"]["status"], "active");
    // The hidden one is older: its time has passed as well.
    let log = ana.reads_log(&event).await;
    assert!(
        log.iter()
            .all(|entry| entry["data"]["message"]["id"] != hidden.body["id"]),
        "{log:?}"
    );

    // Without a time, it waits for somebody; a restart changes neither.
    tunes(&hanna, &event, &json!({"hold_seconds": 0})).await.ok();
    let patient = posts(&ana, &event, "patient").await.ok();
    tunes(&hanna, &event, &json!({"hold_seconds": 1})).await.ok();
    let overdue = posts(&ana, &event, "overdue").await.ok();
    let dir = server.leave().await;
    let server = TestServer::start_on(dir, Arc::new(LocalBus::default()), |_| {}).await;
    let mut seat = server.anybody().resumes(&event, &appeared.id).await;
    let released = seat.hears("message.released").await;
    assert_eq!(released.data()["message"]["id"], overdue["id"]);
    let held = server
        .host()
        .get(&format!("/v1/events/{event}/messages/held"))
        .await
        .ok();
    assert_eq!(held["items"][0]["id"], patient["id"]);
    assert_eq!(held["items"].as_array().unwrap().len(), 1);
}

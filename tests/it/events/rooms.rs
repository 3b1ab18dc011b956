//! When a room is open: reading works always, writing in the window, staff always.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use crate::support::{Actor, Reply, TestServer};

/// Everything people write in a room; gives the refusals.
async fn tries_to_write(who: &Actor, event: &str, message: &str) -> Vec<Reply> {
    let at = |rest: &str| format!("/v1/events/{event}/{rest}");
    vec![
        who.post(&at("messages"), &json!({"text": "hi"})).await,
        who.patch(&at(&format!("messages/{message}")), &json!({"text": "edited"}))
            .await,
        who.put(&at(&format!("messages/{message}/reactions/%F0%9F%91%8D")), &Value::Null)
            .await,
        who.post(&at("applause"), &json!({"kind": "like"})).await,
    ]
}

async fn reads(who: &Actor, event: &str) {
    for rest in [
        "",
        "/messages",
        "/log",
        "/snapshot",
        "/status",
        "/participants",
        "/stream?poll=1",
    ] {
        assert_eq!(
            who.get(&format!("/v1/events/{event}{rest}")).await.status,
            200,
            "{rest}"
        );
    }
}

#[tokio::test]
async fn before_its_room_opens_people_read_and_staff_prepare() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let scheduled = Utc::now() + Duration::hours(2);
    let event = hanna
        .creates_event(json!({"scheduled_at": scheduled.to_rfc3339()}))
        .await;
    let welcome = hanna.says(&event, "welcome, we start soon").await;
    for refused in tries_to_write(&ana, &event, welcome["id"].as_str().unwrap()).await {
        assert_eq!(refused.refused(409), "room-not-open");
        let opens_at: DateTime<Utc> = refused.body["opens_at"].as_str().unwrap().parse().unwrap();
        assert_eq!(opens_at.timestamp(), (scheduled - Duration::hours(1)).timestamp());
    }
    reads(&ana, &event).await;
    reads(&server.anybody(), &event).await;
    let status = ana.get(&format!("/v1/events/{event}/status")).await.ok();
    assert_eq!(
        (&status["room"]["open"], &status["status"]),
        (&json!(false), &json!("scheduled"))
    );

    // Its host opens it earlier, or starts the event before its time.
    let edit = hanna.request(reqwest::Method::PATCH, &format!("/v1/events/{event}"));
    let edit = edit
        .header("If-Match", "*")
        .json(&json!({"settings": {"opens_before_seconds": 10_800}}));
    hanna.send(edit).await.ok();
    ana.says(&event, "first").await;
    let early = hanna
        .creates_event(json!({"scheduled_at": scheduled.to_rfc3339()}))
        .await;
    hanna
        .post(&format!("/v1/events/{early}/start"), &Value::Null)
        .await
        .ok();
    ana.says(&early, "already?").await;
}

#[tokio::test]
async fn after_its_room_closed_people_read_and_take_back_what_they_said() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    for (verb, settings) in [("end", json!({"closes_after_seconds": 0})), ("cancel", json!({}))] {
        let event = hanna.creates_event(json!({"settings": settings})).await;
        hanna
            .post(&format!("/v1/events/{event}/start"), &Value::Null)
            .await
            .ok();
        let said = ana.says(&event, "oh").await;
        let id = said["id"].as_str().unwrap();
        let over = hanna
            .post(&format!("/v1/events/{event}/{verb}"), &Value::Null)
            .await
            .ok();
        for refused in tries_to_write(&ana, &event, id).await {
            assert_eq!(refused.refused(409), "room-not-open");
            assert_eq!(refused.body["closes_at"], over["ended_at"]);
        }
        reads(&ana, &event).await;
        assert_eq!(
            ana.delete(&format!("/v1/events/{event}/messages/{id}")).await.status,
            204
        );
        hanna.says(&event, "thanks for coming").await;
    }
}

#[tokio::test]
async fn a_room_stays_open_a_while_after_the_end() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    hanna
        .post(&format!("/v1/events/{event}/pause"), &Value::Null)
        .await
        .ok();
    ana.says(&event, "in the break").await;
    hanna.post(&format!("/v1/events/{event}/end"), &Value::Null).await.ok();
    ana.says(&event, "what a match").await;
    let status = ana.get(&format!("/v1/events/{event}/status")).await.ok();
    let closes_at: DateTime<Utc> = status["room"]["closes_at"].as_str().unwrap().parse().unwrap();
    assert!(status["room"]["open"] == true && closes_at > Utc::now() + Duration::minutes(59));
    assert_eq!(
        (&status["messages"], &status["status"]),
        (&json!(2), &json!("completed"))
    );
}

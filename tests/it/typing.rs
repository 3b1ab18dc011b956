//! Who types: one list, told when it changes, ended by saying something, by saying so, or by itself.

use grandstand::config::QuotaConfig;
use serde_json::{Value, json};

use crate::{
    concourse::twins,
    support::{Actor, Frame, Seat, TestServer, redis::Redis as RedisServer},
};

async fn types(who: &Actor, event: &str, body: Value) {
    let said = who.post(&format!("/v1/events/{event}/typing"), &body).await;
    assert_eq!(said.status, 204, "{}", said.text);
}

fn names(users: &Value) -> Vec<&str> {
    let users = users.as_array().unwrap().iter();
    users.map(|user| user["name"].as_str().unwrap()).collect()
}

async fn hears_typing(seat: &mut Seat, who: &[&str]) -> Frame {
    let fits = |frame: &Frame| frame.event == "typing.changed" && names(&frame.data()["users"]) == who;
    seat.hears_that(&format!("that {who:?} type"), fits).await
}

#[tokio::test]
async fn who_types_is_seen_until_they_say_something_or_stop() {
    let server = TestServer::start().await;
    let (hanna, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let event = hanna.starts_event("session").await;
    let mut seat = server.anybody().watches(&event).await;
    seat.hears("stream.snapshot").await;
    types(&ana, &event, json!({"typing": true})).await;
    let told = hears_typing(&mut seat, &["ana"]).await;
    assert_eq!(told.seq(), None, "a signal, not an entry");
    assert_eq!(
        (&told.data()["others"], &told.data()["threads"]),
        (&json!(0), &json!([]))
    );
    types(&ben, &event, json!({"typing": true})).await;
    hears_typing(&mut seat, &["ana", "ben"]).await;
    ana.says(&event, "there").await;
    hears_typing(&mut seat, &["ben"]).await;
    types(&ben, &event, json!({"typing": false})).await;
    hears_typing(&mut seat, &[]).await;
}

#[tokio::test]
async fn who_goes_away_in_the_middle_of_a_word_stops_by_itself() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    let mut seat = server.anybody().watches(&event).await;
    types(&ana, &event, json!({"typing": true})).await;
    hears_typing(&mut seat, &["ana"]).await;
    hears_typing(&mut seat, &[]).await;
}

#[tokio::test]
async fn threads_are_told_apart_and_a_crowd_is_counted() {
    let server = TestServer::start().await;
    let hanna = server.host();
    let event = hanna.starts_event("session").await;
    let parent = hanna.says(&event, "what do you think?").await["id"].clone();
    let mut seat = server.anybody().watches(&event).await;
    seat.hears("stream.snapshot").await;
    types(
        &server.user("ana", &[]),
        &event,
        json!({"typing": true, "parent_id": parent}),
    )
    .await;
    for number in 0..7 {
        types(
            &server.user(&format!("fan{number}"), &[]),
            &event,
            json!({"typing": true}),
        )
        .await;
    }
    let fits = |frame: &Frame| frame.event == "typing.changed" && frame.data()["others"] == 3;
    let told = seat.hears_that("a crowd", fits).await;
    assert_eq!(names(&told.data()["users"]), ["fan0", "fan1", "fan2", "fan3"]);
    let thread = &told.data()["threads"][0];
    assert_eq!((&thread["parent_id"], names(&thread["users"])), (&parent, vec!["ana"]));
}

#[tokio::test]
async fn a_lively_room_is_told_once_a_second() {
    let server = TestServer::start().await;
    let event = server.host().starts_event("session").await;
    let mut seat = server.anybody().watches(&event).await;
    seat.hears("stream.snapshot").await;
    let people: Vec<Actor> = (0..10)
        .map(|number| server.user(&format!("fan{number}"), &[]))
        .collect();
    let begun = std::time::Instant::now();
    for round in 0..15 {
        for who in &people {
            types(who, &event, json!({"typing": round % 2 == 0})).await;
        }
    }
    types(&server.user("last", &[]), &event, json!({"typing": true})).await;
    let mut frames = 0;
    loop {
        let told = seat.hears("typing.changed").await;
        frames += 1;
        if told.data().to_string().contains("\"last\"") || told.data()["others"] == 7 {
            break;
        }
    }
    let most = begun.elapsed().as_secs() + 2;
    assert!(frames <= most, "{frames} frames, at most {most}");
}

#[tokio::test]
async fn only_people_who_may_write_type() {
    let server = TestServer::start_with(|config| {
        config.limits.typing = QuotaConfig {
            quota: 2,
            window_seconds: 60,
        };
    })
    .await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    let path = format!("/v1/events/{event}/typing");
    let body = json!({"typing": true});
    assert_eq!(
        server.anybody().post(&path, &body).await.refused(401),
        "unauthenticated"
    );
    let machine = server.machine(&["read"]).await;
    assert_eq!(machine.post(&path, &body).await.refused(403), "forbidden");
    for bad in [
        json!({}),
        json!({"typing": "yes"}),
        json!({"typing": true, "parent_id": "x"}),
    ] {
        assert_eq!(ana.post(&path, &bad).await.refused(400), "invalid-request", "{bad}");
    }
    types(&ana, &event, body.clone()).await;
    types(&ana, &event, body.clone()).await;
    let refused = ana.post(&path, &body).await;
    assert_eq!(refused.refused(429), "rate-limited");
    let cancelled = hanna.starts_event("session").await;
    hanna
        .post(&format!("/v1/events/{cancelled}/cancel"), &Value::Null)
        .await
        .ok();
    let closed = ana.post(&format!("/v1/events/{cancelled}/typing"), &body).await;
    assert_eq!(closed.refused(409), "room-not-open");
    assert_eq!(
        ana.post("/v1/events/nowhere/typing", &body).await.refused(404),
        "event-not-found"
    );
}

#[tokio::test]
async fn a_room_may_keep_it_to_itself_or_let_nobody_type() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    let mut seat = server.anybody().watches(&event).await;
    let room = format!("/v1/events/{event}/room");
    hanna.patch(&room, &json!({"typing": false})).await.ok();
    types(&ana, &event, json!({"typing": true})).await;
    hanna.patch(&room, &json!({"typing": true, "locked": true})).await.ok();
    let refused = ana
        .post(&format!("/v1/events/{event}/typing"), &json!({"typing": true}))
        .await;
    assert_eq!(refused.refused(409), "room-locked");
    // Staff go on, and are the first of whom anybody hears.
    types(&hanna, &event, json!({"typing": true})).await;
    let told = seat.hears("typing.changed").await;
    assert_eq!(names(&told.data()["users"]), ["hanna"]);
}

#[tokio::test]
async fn both_servers_tell_of_everybody_who_types() {
    let redis = RedisServer::start();
    let (one, two, event) = twins(&redis, |_| {}).await;
    let mut seats = [one.anybody().watches(&event).await, two.anybody().watches(&event).await];
    for seat in &mut seats {
        seat.hears("stream.snapshot").await;
    }
    let (ana, ben) = (one.user("ana", &[]), two.user("ben", &[]));
    types(&ana, &event, json!({"typing": true})).await;
    for seat in &mut seats {
        hears_typing(seat, &["ana"]).await;
    }
    types(&ben, &event, json!({"typing": true})).await;
    for seat in &mut seats {
        hears_typing(seat, &["ana", "ben"]).await;
    }
    // What she says through the other server ends it on both.
    two.user("ana", &[]).says(&event, "there").await;
    for seat in &mut seats {
        hears_typing(seat, &["ben"]).await;
    }
}

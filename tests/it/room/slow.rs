//! Slow mode: each speaks once in so many seconds, wherever they are connected.

use serde_json::json;

use super::{edits, posts, tunes};
use crate::support::{TestServer, soon};

#[tokio::test]
async fn in_slow_mode_each_speaks_in_turn_and_hears_how_long_to_wait() {
    let server = TestServer::start().await;
    let (hanna, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let event = hanna.starts_event("session").await;
    let other = hanna.starts_event("session").await;
    tunes(&hanna, &event, &json!({"slow_mode_seconds": 600})).await.ok();
    let posted = posts(&ana, &event, "first").await;
    assert_eq!(posted.header("ratelimit-policy"), "\"slow_mode\";q=1;w=600");
    let said = posted.ok();
    let refused = posts(&ana, &event, "second").await;
    assert_eq!(refused.refused(429), "slow-mode");
    let wait: u32 = refused.header("retry-after").parse().unwrap();
    assert!((590..=600).contains(&wait), "{wait}");
    // Nobody else, nowhere else, and no staff; a word may be corrected.
    ben.says(&event, "mine").await;
    ana.says(&other, "elsewhere").await;
    for _ in 0..3 {
        hanna.says(&event, "host").await;
    }
    edits(&ana, &event, &said, "first!").await.ok();
    // Faster again: nobody waits longer than it says now.
    tunes(&hanna, &event, &json!({"slow_mode_seconds": 1})).await.ok();
    let speaks_again = async {
        loop {
            let again = posts(&ana, &event, "second").await;
            if again.status == 201 {
                return;
            }
            assert_eq!(again.refused(429), "slow-mode");
            assert_eq!(again.header("retry-after"), "1");
        }
    };
    soon("her next turn", speaks_again).await;
    tunes(&hanna, &event, &json!({"slow_mode_seconds": 0})).await.ok();
    for _ in 0..3 {
        ana.says(&event, "chatter").await;
    }
}

#[tokio::test]
async fn a_repeated_send_is_answered_whatever_the_room_says_by_then() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    let path = format!("/v1/events/{event}/messages");
    tunes(&hanna, &event, &json!({"slow_mode_seconds": 600})).await.ok();
    let body = json!({"text": "hello", "client_id": "c1"});
    let first = ana.post(&path, &body).await.ok();
    for change in [
        json!({}),
        json!({"emoji_only": true}),
        json!({"locked": true, "unique_messages": true}),
    ] {
        tunes(&hanna, &event, &change).await.ok();
        let again = ana.post(&path, &body).await;
        assert_eq!((again.status.as_u16(), &again.body), (201, &first), "{change}");
    }
    let other = ana.post(&path, &json!({"text": "else", "client_id": "c1"})).await;
    assert_eq!(other.refused(422), "idempotency-mismatch");
    assert_eq!(
        ana.post(&path, &json!({"text": "hello", "client_id": "c2"}))
            .await
            .refused(409),
        "room-locked"
    );
}

#[tokio::test]
async fn what_the_room_does_not_take_costs_nobody_a_turn() {
    let server = TestServer::start().await;
    let (hanna, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let event = hanna.starts_event("session").await;
    let change = json!({"slow_mode_seconds": 600, "links": "staff", "unique_messages": true});
    tunes(&hanna, &event, &change).await.ok();
    ben.says(&event, "What a goal!").await;
    assert_eq!(
        posts(&ana, &event, "example.com").await.refused(422),
        "links-not-allowed"
    );
    assert_eq!(posts(&ana, &event, "what a GOAL").await.refused(422), "not-unique");
    ana.says(&event, "what a save").await;
    assert_eq!(posts(&ana, &event, "and another").await.refused(429), "slow-mode");
}

#[tokio::test]
async fn a_turn_taken_at_one_server_is_taken_at_the_other() {
    use crate::{concourse::twins, support::redis::Redis};
    let redis = Redis::start();
    let (one, two, event) = twins(&redis, |_| {}).await;
    tunes(&one.host(), &event, &json!({"slow_mode_seconds": 600}))
        .await
        .ok();
    // The other server hears of it as its readers do.
    let mut seat = two.anybody().watches(&event).await;
    let knows = |frame: &crate::support::Frame| {
        let settings = match frame.event.as_str() {
            "room.changed" => &frame.data()["room"],
            _ => &frame.data()["event"]["settings"],
        };
        settings["slow_mode_seconds"] == 600
    };
    seat.hears_that("slow mode", knows).await;
    one.user("ana", &[]).says(&event, "first").await;
    assert_eq!(
        posts(&two.user("ana", &[]), &event, "second").await.refused(429),
        "slow-mode"
    );
    two.user("ben", &[]).says(&event, "mine").await;
    assert_eq!(
        posts(&one.user("ben", &[]), &event, "again").await.refused(429),
        "slow-mode"
    );
}

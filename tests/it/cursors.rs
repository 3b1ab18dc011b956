//! Shared cursors: small, live, the latest wins, for members.

use grandstand::config::QuotaConfig;
use serde_json::{Value, json};

use crate::{
    concourse::twins,
    support::{Actor, Seat, TestServer, redis::Redis as RedisServer},
};

async fn moves(who: &Actor, event: &str, name: &str, data: Value) {
    let path = format!("/v1/events/{event}/cursors");
    let moved = who.post(&path, &json!({"name": name, "data": data})).await;
    assert_eq!(moved.status, 204, "{}", moved.text);
}

/// Reads on until that cursor has those data; gives how many frames it took.
async fn hears_cursor(seat: &mut Seat, user: &str, name: &str, data: &Value) -> usize {
    let wanted = json!({"user_id": user, "name": name, "data": data});
    for frames in 1.. {
        let told = seat.hears("cursors.changed").await;
        assert_eq!(told.seq(), None);
        if told.data()["cursors"].as_array().unwrap().contains(&wanted) {
            return frames;
        }
    }
    unreachable!("it was told")
}

#[tokio::test]
async fn a_cursor_is_seen_where_it_is_now() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    hanna.appoints(&event, "ana", "member").await;
    let mut seat = server.anybody().watches(&event).await;
    seat.hears("stream.snapshot").await;
    let begun = std::time::Instant::now();
    for x in 0..100 {
        moves(&ana, &event, "pen", json!({"x": x, "y": -x})).await;
        moves(&hanna, &event, "draft", json!(format!("word {x}"))).await;
    }
    let frames = hears_cursor(&mut seat, "ana", "pen", &json!({"x": 99, "y": -99})).await;
    let most = begun.elapsed().as_millis() / 250 + 2;
    assert!(frames as u128 <= most, "{frames} frames, at most {most}");
    moves(&ana, &event, "pen", Value::Null).await;
    hears_cursor(&mut seat, "ana", "pen", &Value::Null).await;
    // Nothing of it is in the log.
    assert!(!json!(hanna.reads_log(&event).await).to_string().contains("word 9"));
}

#[tokio::test]
async fn cursors_are_small_and_for_members() {
    let server = TestServer::start_with(|config| {
        config.limits.cursors = QuotaConfig {
            quota: 4,
            window_seconds: 60,
        };
    })
    .await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    let path = format!("/v1/events/{event}/cursors");
    let body = json!({"name": "pen", "data": 1});
    assert_eq!(
        server.anybody().post(&path, &body).await.refused(401),
        "unauthenticated"
    );
    assert_eq!(ana.post(&path, &body).await.refused(403), "forbidden");
    for (name, data, pointer) in [
        ("Pen", json!(1), "/name"),
        ("", json!(1), "/name"),
        (&*"p".repeat(33), json!(1), "/name"),
        ("pen", json!("x".repeat(1_023)), "/data"),
    ] {
        let refused = hanna.post(&path, &json!({"name": name, "data": data})).await;
        assert_eq!(refused.refused(422), "invalid-content");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{name:?}");
    }
    let member = server.user("max", &[]);
    hanna.appoints(&event, "max", "member").await;
    for number in 0..4 {
        moves(&member, &event, "pen", json!(number)).await;
    }
    assert_eq!(member.post(&path, &body).await.refused(429), "rate-limited");
}

#[tokio::test]
async fn cursors_are_seen_from_both_servers() {
    let redis = RedisServer::start();
    let (one, two, event) = twins(&redis, |_| {}).await;
    let (hanna, also) = (one.host(), two.host());
    let mut seats = [one.anybody().watches(&event).await, two.anybody().watches(&event).await];
    for seat in &mut seats {
        seat.hears("stream.snapshot").await;
    }
    moves(&hanna, &event, "pen", json!([1, 2])).await;
    moves(&also, &event, "draft", json!("ha")).await;
    for seat in &mut seats {
        let told = seat.hears("cursors.changed").await;
        let mut seen = told.data()["cursors"].as_array().unwrap().len();
        while seen < 2 {
            seen += seat.hears("cursors.changed").await.data()["cursors"]
                .as_array()
                .unwrap()
                .len();
        }
        assert_eq!(seen, 2, "each once");
    }
}

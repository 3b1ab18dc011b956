//! How often, and how many at once; and that people are told in time.

use grandstand::config::QuotaConfig;
use serde_json::{Value, json};

use crate::support::{Seat, TestServer, soon};

const THREE_A_MINUTE: QuotaConfig = QuotaConfig {
    quota: 3,
    window_seconds: 60,
};

#[tokio::test]
async fn who_posts_too_often_is_told_before_and_when() {
    let server = TestServer::start_with(|config| config.limits.post = THREE_A_MINUTE).await;
    let event = server.host().starts_event("session").await;
    let (ana, ben) = (server.user("ana", &[]), server.user("ben", &[]));
    let path = format!("/v1/events/{event}/messages");
    for left in [2, 1, 0] {
        let posted = ana.post(&path, &json!({"text": "hi"})).await;
        assert_eq!(posted.status, 201);
        assert_eq!(posted.header("ratelimit-policy"), "\"post\";q=3;w=60");
        let limit = posted.header("ratelimit");
        assert!(limit.starts_with(&format!("\"post\";r={left};t=")), "{limit}");
    }
    let refused = ana.post(&path, &json!({"text": "hi"})).await;
    assert_eq!(refused.refused(429), "rate-limited");
    let wait: u32 = refused.header("retry-after").parse().unwrap();
    assert!((1..=20).contains(&wait), "{wait}");
    assert!(refused.header("ratelimit").starts_with("\"post\";r=0;t="));
    // On all devices together, in all events, and nobody else.
    let phone = server.user("ana", &[]);
    let other = server.host().starts_event("session").await;
    let elsewhere = format!("/v1/events/{other}/messages");
    assert_eq!(
        phone.post(&elsewhere, &json!({"text": "hi"})).await.refused(429),
        "rate-limited"
    );
    ben.says(&event, "hi").await;
    assert_eq!(
        ana.get(&path).await.ok()["items"].as_array().unwrap().len(),
        4,
        "reading goes on"
    );
}

#[tokio::test]
async fn a_crowd_is_limited_as_a_whole_by_event_and_by_address_but_not_its_staff() {
    for by_event in [true, false] {
        let server = TestServer::start_with(|config| {
            let limits = &mut config.limits;
            *(if by_event {
                &mut limits.post_event
            } else {
                &mut limits.post_address
            }) = THREE_A_MINUTE;
        })
        .await;
        let hanna = server.host();
        let (event, other) = (hanna.starts_event("session").await, hanna.starts_event("session").await);
        let name = if by_event { "post_event" } else { "post_address" };
        for who in ["ana", "ben", "cem"] {
            let path = format!("/v1/events/{event}/messages");
            let posted = server.user(who, &[]).post(&path, &json!({"text": "hi"})).await;
            assert_eq!(posted.header("ratelimit-policy"), format!("\"{name}\";q=3;w=60"));
            posted.ok();
        }
        let dan = server.user("dan", &[]);
        let refused = dan
            .post(&format!("/v1/events/{event}/messages"), &json!({"text": "hi"}))
            .await;
        assert_eq!(refused.refused(429), "rate-limited");
        hanna.says(&event, "one after the other, please").await;
        let elsewhere = dan
            .post(&format!("/v1/events/{other}/messages"), &json!({"text": "hi"}))
            .await;
        assert_eq!(elsewhere.status == 201, by_event, "{}", elsewhere.text);
    }
}

#[tokio::test]
async fn people_without_a_name_are_counted_by_their_address() {
    let server = TestServer::start_with(|config| {
        config.limits.applaud = THREE_A_MINUTE;
        config.limits.guest_sign_in = THREE_A_MINUTE;
        config.limits.react = THREE_A_MINUTE;
    })
    .await;
    let event = server.host().starts_event("session").await;
    let claps = format!("/v1/events/{event}/applause");
    let (anybody, ana) = (server.anybody(), server.user("ana", &[]));
    for _ in 0..3 {
        anybody.post(&claps, &json!({"kind": "wow", "count": 10})).await.ok();
        server.guest("Gus").await;
    }
    assert_eq!(
        anybody.post(&claps, &json!({"kind": "wow"})).await.refused(429),
        "rate-limited"
    );
    assert_eq!(
        anybody
            .post("/v1/auth/guest", &json!({"name": "Gus"}))
            .await
            .refused(429),
        "rate-limited"
    );
    assert_eq!(
        ana.post(&claps, &json!({"kind": "wow"})).await.ok()["applause"]["wow"],
        31
    );

    let said = ana.says(&event, "hi").await;
    let path = format!(
        "/v1/events/{event}/messages/{}/reactions/",
        said["id"].as_str().unwrap()
    );
    for _ in 0..3 {
        ana.put(&format!("{path}%F0%9F%91%8D"), &Value::Null).await.ok();
    }
    assert_eq!(
        ana.delete(&format!("{path}%F0%9F%91%8D")).await.refused(429),
        "rate-limited"
    );
}

/// A stream that was refused inside a 200, because `EventSource` gives up for good on anything else.
async fn is_turned_away(seat: &mut Seat, reason: &str) {
    let bye = seat.next().await.expect("a word of farewell");
    assert_eq!(
        (bye.event.as_str(), &bye.data()["reason"]),
        ("stream.bye", &json!(reason))
    );
    assert_eq!(bye.data()["reconnect"], true);
    let retry = bye.retry.expect("when to come back").as_millis();
    assert_eq!(bye.data()["retry_ms"], json!(u64::try_from(retry).unwrap()));
    assert!(seat.next().await.is_none());
}

#[tokio::test]
async fn a_user_has_so_many_streams_and_one_who_leaves_makes_room() {
    let server = TestServer::start_with(|config| config.stream.max_seats_per_user = 2).await;
    let event = server.host().starts_event("session").await;
    let (ana, ben) = (server.user("ana", &[]), server.user("ben", &[]));
    let (mut first, _second) = (ana.watches(&event).await, ana.watches(&event).await);
    is_turned_away(&mut ana.watches(&event).await, "too-many-connections").await;
    ben.watches(&event).await.hears("stream.snapshot").await;
    first.hears("stream.snapshot").await;
    drop(first);
    let let_in = async { while ana.watches(&event).await.next().await.unwrap().event == "stream.bye" {} };
    soon("room for another stream", let_in).await;
}

#[tokio::test]
async fn an_address_and_the_house_hold_so_many_streams() {
    let limits = [(1, 9, "too-many-connections"), (9, 1, "overloaded")];
    for (per_address, in_all, reason) in limits {
        let server = TestServer::start_with(|config| {
            config.stream.max_seats_per_address = per_address;
            config.stream.max_seats = in_all;
        })
        .await;
        let event = server.host().starts_event("session").await;
        let _seat = server.anybody().watches(&event).await;
        is_turned_away(&mut server.user("ana", &[]).watches(&event).await, reason).await;
    }
}

//! Without Redis each server goes by what it knows, says so where it matters, and needs no restart afterwards.

use std::sync::atomic::{AtomicU32, Ordering};

use grandstand::config::QuotaConfig;
use reqwest::Method;
use serde_json::{Value, json};

use super::{RedisServer, counts, twins, until};
use crate::support::{Actor, Reply};

const FIVE_A_MINUTE: QuotaConfig = QuotaConfig {
    quota: 5,
    window_seconds: 60,
};
const ALONE: &str = "\"post\";q=5;w=60;grandstand-scope=instance";
const SHARED: &str = "\"post\";q=5;w=60";

async fn posts(who: &Actor, event: &str) -> Reply {
    who.post(&format!("/v1/events/{event}/messages"), &json!({"text": "hi"}))
        .await
}

#[tokio::test]
async fn limits_go_on_per_server_and_come_together_again() {
    let redis = RedisServer::start();
    let (one, two, event) = twins(&redis, |config| config.limits.post = FIVE_A_MINUTE).await;
    let (here, there) = (one.user("ana", &[]), two.user("ana", &[]));
    for who in [&here, &here] {
        assert_eq!(posts(who, &event).await.header("ratelimit-policy"), SHARED);
    }
    redis.dies();
    // What was spent before is not forgiven on the server that knows of it.
    for (who, left) in [(&here, 2), (&here, 1), (&here, 0), (&there, 4)] {
        let posted = posts(who, &event).await;
        assert_eq!(
            (posted.status.as_u16(), posted.header("ratelimit-policy")),
            (201, ALONE)
        );
        assert!(
            posted.header("ratelimit").starts_with(&format!("\"post\";r={left};")),
            "{}",
            posted.header("ratelimit")
        );
    }
    assert_eq!(posts(&here, &event).await.refused(429), "rate-limited");
    redis.comes_back();
    let tries = AtomicU32::new(0);
    let together = || async {
        let name = format!("cem{}", tries.fetch_add(1, Ordering::Relaxed));
        let [here, there] = [
            posts(&one.user(&name, &[]), &event).await,
            posts(&two.user(&name, &[]), &event).await,
        ];
        [here, there]
            .iter()
            .all(|reply| reply.header("ratelimit-policy") == SHARED)
    };
    until("one limit again", together).await;
    // Redis forgot her, this server did not.
    assert_eq!(posts(&here, &event).await.refused(429), "rate-limited");
    let ben = [one.user("ben", &[]), two.user("ben", &[])];
    let mut lefts = Vec::new();
    for who in [&ben[0], &ben[1]] {
        let limit = posts(who, &event).await.header("ratelimit").to_owned();
        lefts.push(limit.split(';').nth(1).unwrap().to_owned());
    }
    assert_eq!(lefts, ["r=4", "r=3"]);
}

#[tokio::test]
async fn a_redis_that_stands_still_holds_nobody_up_for_long() {
    let redis = RedisServer::start();
    let (one, _two, event) = twins(&redis, |config| config.limits.post = FIVE_A_MINUTE).await;
    let ana = one.user("ana", &[]);
    assert_eq!(posts(&ana, &event).await.header("ratelimit-policy"), SHARED);
    redis.freezes();
    for left in [3, 2] {
        let posted = posts(&ana, &event).await;
        assert_eq!(posted.header("ratelimit-policy"), ALONE);
        assert!(posted.header("ratelimit").starts_with(&format!("\"post\";r={left};")));
    }
    ana.watches(&event).await.hears("stream.snapshot").await;
    redis.thaws();
    let tries = AtomicU32::new(0);
    let together = || async {
        let name = format!("ben{}", tries.fetch_add(1, Ordering::Relaxed));
        posts(&one.user(&name, &[]), &event).await.header("ratelimit-policy") == SHARED
    };
    until("one limit again", together).await;
}

#[tokio::test]
async fn a_ticket_made_meanwhile_opens_a_stream_where_it_was_made_once() {
    let redis = RedisServer::start();
    let (one, two, event) = twins(&redis, |_| {}).await;
    redis.dies();
    let made = one
        .user("ana", &[])
        .post(&format!("/v1/events/{event}/stream-tickets"), &Value::Null)
        .await
        .ok();
    let path = format!(
        "/v1/events/{event}/stream?ticket={}&poll=1",
        made["ticket"].as_str().unwrap()
    );
    let [here, there] = [one.anybody(), two.anybody()];
    let opens = |who: Actor| {
        let request = who.request(Method::GET, &path);
        async move { who.send(request).await }
    };
    assert_eq!(opens(there.clone()).await.refused(401), "token-invalid");
    redis.comes_back();
    assert_eq!(opens(there).await.refused(401), "token-invalid");
    assert_eq!(opens(here.clone()).await.status, 200);
    assert_eq!(opens(here).await.refused(401), "token-invalid");
}

#[tokio::test]
async fn people_are_counted_per_server_and_then_together_again() {
    let redis = RedisServer::start();
    let (one, two, event) = twins(&redis, |_| {}).await;
    let (hanna, ben) = (one.host(), two.user("ben", &[]));
    let mut seat = hanna.watches(&event).await;
    let _seats = [one.user("ana", &[]).watches(&event).await, ben.watches(&event).await];
    let both = || async { counts(&hanna, &event).await == (3, 3) && counts(&ben, &event).await == (3, 3) };
    until("all three", both).await;
    redis.dies();
    let alone = || async { counts(&hanna, &event).await == (2, 2) && counts(&ben, &event).await == (1, 1) };
    until("each server its own", alone).await;
    let _stranger = one.anybody().watches(&event).await;
    assert_eq!(counts(&hanna, &event).await, (3, 2));
    // The room is told as well, once the trouble is no short one.
    seat.hears_that("this server's people", |frame| {
        frame.event == "presence.changed"
            && (&frame.data()["viewers"], &frame.data()["users"]) == (&json!(3), &json!(2))
    })
    .await;
    // It comes back empty.
    redis.comes_back();
    seat.hears_that("everybody", |frame| {
        frame.event == "presence.changed"
            && (&frame.data()["viewers"], &frame.data()["users"]) == (&json!(4), &json!(3))
    })
    .await;
    let both = || async { counts(&hanna, &event).await == (4, 3) && counts(&ben, &event).await == (4, 3) };
    until("all four", both).await;
}

#[tokio::test]
async fn a_redis_that_only_starts_anew_is_not_noticed_by_the_room() {
    let redis = RedisServer::start();
    let (one, two, event) = twins(&redis, |_| {}).await;
    let (hanna, ben) = (one.host(), two.user("ben", &[]));
    let mut seat = hanna.watches(&event).await;
    let _ben = ben.watches(&event).await;
    seat.hears_that("both", |frame| {
        frame.event == "presence.changed" && frame.data()["users"] == json!(2)
    })
    .await;
    redis.dies();
    redis.comes_back();
    // Cem comes only when both are counted together again. Until then nobody was told to have left.
    let both = || async { counts(&hanna, &event).await == (2, 2) && counts(&ben, &event).await == (2, 2) };
    until("both again", both).await;
    let _cem = two.user("cem", &[]).watches(&event).await;
    loop {
        let told = seat.hears("presence.changed").await;
        assert_eq!(told.data().get("left"), None, "nobody left");
        if told.data()["users"] == json!(3) {
            break;
        }
    }
}

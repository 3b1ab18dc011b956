//! Several servers that are one house, and servers that die.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use grandstand::{bus::LocalBus, config::Config};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tempfile::TempDir;

use super::{listens, listens_on, mailbox, text_of};
use crate::support::{Process, TestServer, postgres, redis::Redis};

/// Two servers on one database, with buses that know each other or not.
async fn twins(buses: [Arc<LocalBus>; 2], change: impl Fn(&mut Config)) -> [TestServer; 2] {
    let dirs = [Arc::new(TempDir::new().unwrap()), Arc::new(TempDir::new().unwrap())];
    let database = postgres::lay_ground(dirs[0].path()).await;
    postgres::assign(dirs[1].path(), &database);
    let [one, two] = buses;
    let [first, second] = dirs;
    [
        Box::pin(TestServer::start_on(first, one, &change)).await,
        Box::pin(TestServer::start_on(second, two, &change)).await,
    ]
}

async fn calls_are_heard_at_the_other(servers: [TestServer; 2]) {
    let (ana, ben) = (servers[1].user("ana", &[]), servers[0].user("ben", &[]));
    let event = servers[0].host().starts_event("session").await;
    // Known there by what she said here, and listening to herself alone.
    ana.says(&event, "hello").await;
    let mut own = listens_on(&ana).await;
    for number in 0..3 {
        ben.says(&event, &format!("@ana {number}")).await;
        let heard = own.hears("notification.created").await;
        assert_eq!(text_of(&heard), format!("@ana {number}"));
        assert_eq!(heard.data()["unread"], number + 1);
    }
    let elsewhere = servers[0].user("ana", &[]);
    let (items, _) = mailbox(&elsewhere).await;
    let body = json!({"up_to": items[0]["id"]});
    let read = elsewhere.post("/v1/me/notifications/read", &body).await.ok();
    assert_eq!(read["unread"], 0);
    let heard = own.hears("notifications.read").await;
    assert_eq!(heard.data(), &json!({"unread": 0, "up_to": items[0]["id"]}));
    // Moving to the other server is coming back.
    let last_id = own.last_id.clone().unwrap();
    ben.says(&event, "@ana again").await;
    let mut own = listens(&elsewhere, Some(&last_id)).await;
    assert_eq!(text_of(&own.hears("notification.created").await), "@ana again");
}

#[tokio::test]
async fn a_call_at_one_server_is_heard_at_the_other() {
    let bus = LocalBus::default();
    let neighbour = bus.neighbour();
    let far_apart = |config: &mut Config| config.notices.sweep_ms = 600_000;
    calls_are_heard_at_the_other(twins([Arc::new(bus), Arc::new(neighbour)], far_apart).await).await;
}

#[tokio::test]
async fn a_call_is_heard_by_looking_alone() {
    let often = |config: &mut Config| config.notices.sweep_ms = 200;
    calls_are_heard_at_the_other(twins([Arc::default(), Arc::default()], often).await).await;
}

#[tokio::test]
async fn a_call_is_heard_over_redis() {
    let redis = Redis::start();
    let bus = redis.config();
    let over_redis = |config: &mut Config| {
        config.bus = bus.clone();
        config.notices.sweep_ms = 600_000;
    };
    calls_are_heard_at_the_other(twins([Arc::default(), Arc::default()], over_redis).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_called_from_both_at_once_are_notified_of_each_call_once() {
    let servers = twins([Arc::default(), Arc::default()], |_| {}).await;
    let hanna = servers[0].host();
    let mut events = Vec::new();
    for _ in 0..4 {
        events.push(hanna.starts_event("session").await);
    }
    let people = ["ana", "cem", "dan"];
    for event in &events {
        for person in people {
            servers[0].user(person, &[]).says(event, "hello").await;
        }
    }
    // In another order each time: rows locked in the order of arrival would lock each other out.
    let calls = (0..120).map(|number: usize| {
        let fan = servers[number % 2].user(&format!("fan{number}"), &[]);
        let event = events[number / 2 % 4].clone();
        let order = [number % 3, (number + 1) % 3, (number + 2) % 3];
        let text = order.map(|place| format!("@{}", people[place])).join(" ");
        async move { fan.says(&event, &text).await }
    });
    futures_util::future::join_all(calls).await;
    for person in people {
        let page = servers[1]
            .user(person, &[])
            .get("/v1/me/notifications?limit=200")
            .await
            .ok();
        let items = page["items"].as_array().unwrap();
        let messages: BTreeSet<&str> = items.iter().map(|one| one["message_id"].as_str().unwrap()).collect();
        assert_eq!(
            (items.len(), messages.len(), &page["unread"]),
            (120, 120, &json!(120)),
            "{person}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_between_it_notifies_of_each_message_exactly_once() {
    let dir = TempDir::new().unwrap();
    let mut server = Process::start(dir.path(), &[]).await;
    let event = server.user("hanna", &["host"]).starts_event("session").await;
    server.user("ana", &[]).says(&event, "hello").await;
    let path = format!("/v1/events/{event}/messages");
    let sends = async |server: &Process, number: usize| {
        let fan = server.user(&format!("fan{}", number % 8), &[]);
        let body = json!({"text": format!("@ana {number}"), "client_id": format!("c{number}")});
        fan.tries(fan.request(Method::POST, &path).json(&body)).await
    };
    let fans: Vec<_> = (0..60)
        .map(|number| server.user(&format!("fan{}", number % 8), &[]))
        .collect();
    let (acknowledged, path_there) = (AtomicUsize::new(0), path.clone());
    let sending = futures_util::future::join_all(fans.iter().enumerate().map(async |(number, fan)| {
        let body = json!({"text": format!("@ana {number}"), "client_id": format!("c{number}")});
        let request = fan.request(Method::POST, &path_there).json(&body);
        if fan.tries(request).await.is_some() {
            acknowledged.fetch_add(1, Ordering::Relaxed);
        }
    }));
    let killing = async {
        while acknowledged.load(Ordering::Relaxed) < 20 {
            tokio::task::yield_now().await;
        }
        server.gets_killed().await;
    };
    tokio::join!(sending, killing);
    server = Process::start(dir.path(), &[]).await;
    for number in 0..90 {
        assert_eq!(sends(&server, number).await, Some(StatusCode::CREATED));
    }
    let page = server.user("ana", &[]).get("/v1/me/notifications?limit=200").await.ok();
    let items = page["items"].as_array().unwrap();
    let texts: BTreeSet<&str> = items.iter().map(|one| one["text"].as_str().unwrap()).collect();
    assert_eq!((items.len(), texts.len()), (90, 90));
}

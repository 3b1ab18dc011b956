//! Several instances on one database: of what all of them see, one speaks.

use std::sync::Arc;

use grandstand::{bus::LocalBus, config::Config};
use serde_json::Value;
use tempfile::TempDir;

use super::{count, goal, hears_message, posts, reports, told, whistle};
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

/// Goals reported at both in turn, each heard at the other; every one is told once.
async fn each_goal_is_told_once(servers: [TestServer; 2]) {
    let event = servers[0].host().starts_event("football").await;
    let mut seats = Vec::new();
    for server in &servers {
        seats.push(server.anybody().watches(&event).await);
    }
    reports(&servers[0].host(), &event, &[whistle(1, "period_start")]).await;
    for minute in 1..=20_u32 {
        let at = minute as usize % 2;
        let update = goal(&format!("g{minute}"), "home", "Ana", minute);
        reports(&servers[at].host(), &event, &[update]).await;
        let post = hears_message(&mut seats[1 - at]).await;
        assert!(
            post["text"].as_str().unwrap().starts_with(&format!("{minute}' ")),
            "{post}"
        );
        hears_message(&mut seats[at]).await;
    }
    servers[1]
        .host()
        .post(&format!("/v1/events/{event}/end"), &Value::Null)
        .await
        .ok();
    for seat in &mut seats {
        assert_eq!(hears_message(seat).await["assistant"]["kind"], "summary");
    }
    let told = told(&servers[0].anybody(), &event).await;
    assert_eq!(
        (told.len(), count(&told, "goal"), count(&told, "summary")),
        (21, 20, 1),
        "{told:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_instances_that_hear_each_other_one_speaks() {
    let bus = LocalBus::default();
    let neighbour = bus.neighbour();
    each_goal_is_told_once(twins([Arc::new(bus), Arc::new(neighbour)], posts).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_instances_over_redis_one_speaks() {
    let redis = Redis::start();
    let bus = redis.config();
    let over_redis = |config: &mut Config| {
        posts(config);
        config.bus = bus.clone();
    };
    each_goal_is_told_once(twins([Arc::default(), Arc::default()], over_redis).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_instance_owed_another_says() {
    let dirs = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let database = postgres::lay_ground(dirs[0].path()).await;
    postgres::assign(dirs[1].path(), &database);
    let first = Process::start(dirs[0].path(), &[]).await;
    let second = Process::start(dirs[1].path(), &[]).await;
    let host = first.user("hanna", &["host"]);
    let event = host.starts_event("football").await;
    // Nobody has a seat at the second, so it hears nothing of the goal but by looking round.
    let updates = [whistle(1, "period_start"), goal("g1", "home", "Ana", 7)];
    reports(&host, &event, &updates).await;
    first.gets_killed().await;
    let mut seat = second.user("ben", &[]).resumes(&event, "1-0").await;
    hears_message(&mut seat).await;
    let host = second.user("hanna", &["host"]);
    host.post(&format!("/v1/events/{event}/end"), &Value::Null).await.ok();
    assert_eq!(hears_message(&mut seat).await["assistant"]["kind"], "summary");
    let told = told(&host, &event).await;
    assert_eq!((told.len(), count(&told, "goal")), (2, 1), "{told:?}");
}

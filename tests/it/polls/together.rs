//! Several instances on one PostgreSQL and one Redis: they count one poll, tell it no more often, and close it once,
//! whoever of them lives.

use std::{sync::Arc, time::Instant};

use futures_util::future::join_all;
use grandstand::bus::LocalBus;
use serde_json::json;
use tempfile::TempDir;

use super::{
    closes,
    closing::{closings, time_passes},
    opens, standing, told, votes,
};
use crate::support::{Process, TestServer, postgres, redis::Redis as RedisServer};

/// Directories of so many instances that share a new database.
async fn plots<const N: usize>() -> [Arc<TempDir>; N] {
    let dirs = std::array::from_fn(|_| Arc::new(TempDir::new().unwrap()));
    let first: &Arc<TempDir> = &dirs[0];
    let url = postgres::lay_ground(first.path()).await;
    for dir in &dirs {
        postgres::assign(dir.path(), &url);
    }
    dirs
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_count_one_poll_and_tell_it_no_more_often() {
    let [one, two] = plots().await;
    let bus = LocalBus::default();
    let one = TestServer::start_on(one, Arc::new(bus.neighbour()), |_| {}).await;
    let two = TestServer::start_on(two, Arc::new(bus), |_| {}).await;
    let servers = [&one, &two];
    let event = one.host().starts_event("session").await;
    let mut seat = two.anybody().watches(&event).await;
    seat.hears("stream.snapshot").await;
    let poll = opens(&one.host(), &event, json!({})).await;
    let begun = Instant::now();
    // Everybody votes at both, at the same time; each is counted once.
    let crowd = (0..240_u32).map(|number| {
        let voter = servers[number as usize % 2].user(&format!("user{}", number / 2), &[]);
        let (event, poll) = (event.clone(), poll.clone());
        async move { votes(&voter, &event, &poll, &[1 + (number / 2) % 3]).await.ok() }
    });
    let listens = async {
        let mut frames = 0_u32;
        loop {
            let frame = seat.hears("poll.changed").await;
            frames += 1;
            if told(&frame, &poll) == Some((120, vec![40, 40, 40])) {
                return frames;
            }
        }
    };
    let (_, frames) = tokio::join!(join_all(crowd), listens);
    // One turn in 250 ms over both, and the first at once.
    let turns = begun.elapsed().as_millis() / 250 + 2;
    assert!(u128::from(frames) <= turns, "{frames} frames in {turns} turns");
    let closed = closes(&two.host(), &event, &poll).await;
    assert_eq!(standing(&closed), (120, vec![40, 40, 40]));
    assert_eq!(closes(&one.host(), &event, &poll).await, closed);
    assert_eq!(closings(&one.host(), &event, &poll).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_servers_that_know_nothing_of_each_other_close_each_poll_once() {
    let dirs: [_; 3] = plots().await;
    let mut servers = Vec::new();
    for dir in dirs {
        servers.push(TestServer::start_on(dir, Arc::new(LocalBus::default()), |_| {}).await);
    }
    let event = servers[0].host().starts_event("session").await;
    let mut seat = servers[1].anybody().watches(&event).await;
    let host = servers[0].host();
    let mut all = Vec::new();
    for _ in 0..8 {
        all.push(opens(&host, &event, json!({"open_for_seconds": 1})).await);
    }
    for _ in &all {
        seat.hears("poll.closed").await;
    }
    time_passes(&servers[2].host(), &event).await;
    for poll in &all {
        assert_eq!(closings(&host, &event, poll).await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poll_closes_once_when_its_server_is_killed_and_when_all_are() {
    let redis = RedisServer::start();
    let [one, two] = plots().await;
    let url = redis.url();
    let bus = [("BUS__REDIS_URL", url.as_str())];
    let (first, second) = (
        Process::start(one.path(), &bus).await,
        Process::start(two.path(), &bus).await,
    );
    let host = first.user("hanna", &["host"]);
    let event = host.starts_event("session").await;
    let orphan = opens(&host, &event, json!({"open_for_seconds": 2})).await;
    let late = opens(&host, &event, json!({"open_for_seconds": 4, "results": "when_closed"})).await;
    votes(&first.user("ana", &[]), &event, &orphan, &[2]).await.ok();
    votes(&second.user("ben", &[]), &event, &late, &[3]).await.ok();
    first.gets_killed().await;
    let mut seat = second.user("cem", &[]).resumes(&event, "1-0").await;
    let closed = seat.hears("poll.closed").await;
    assert_eq!(closed.data()["poll"]["id"], orphan["id"]);
    assert_eq!(standing(&closed.data()["poll"]), (1, vec![0, 1, 0]));
    // Now nobody is there when the other one's time comes.
    second.gets_killed().await;
    let closes_at: chrono::DateTime<chrono::Utc> = late["closes_at"].as_str().unwrap().parse().unwrap();
    while chrono::Utc::now() < closes_at {
        tokio::time::sleep_until(
            tokio::time::Instant::now() + (closes_at - chrono::Utc::now()).to_std().unwrap_or_default(),
        )
        .await;
    }
    let (first, second) = tokio::join!(Process::start(one.path(), &bus), Process::start(two.path(), &bus));
    let mut seat = first.user("cem", &[]).resumes(&event, "1-0").await;
    let heard = |id: &serde_json::Value| {
        let id = id.clone();
        move |frame: &crate::support::Frame| frame.event == "poll.closed" && frame.data()["poll"]["id"] == id
    };
    let closed = seat.hears_that("the other one's end", heard(&late["id"])).await;
    assert_eq!(standing(&closed.data()["poll"]), (1, vec![0, 0, 1]));
    assert_eq!(closed.data()["poll"]["closed_at"], late["closes_at"]);
    let host = second.user("hanna", &["host"]);
    time_passes(&host, &event).await;
    for poll in [&orphan, &late] {
        assert_eq!(closings(&host, &event, poll).await, 1);
    }
}

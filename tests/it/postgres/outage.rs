//! PostgreSQL dies, or freezes, under load; and comes back.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::server_alone_at;
use crate::support::{Actor, Reader, Reply, TestServer, postgres::Cluster, public_log, soon};

/// A cluster that may be maltreated, with a server on it.
async fn a_fragile_house(answer_within_ms: u32) -> (Cluster, TestServer, String) {
    let cluster = Cluster::start();
    cluster.create("fragile", "template1").await;
    let server = server_alone_at(&cluster.url("fragile"), |config| {
        config.store.answer_within_ms = answer_within_ms;
        config.stream.heartbeat_ms = 1_000;
        config.stream.retry_ms = 200;
    })
    .await;
    let event = server.host().starts_event("session").await;
    (cluster, server, event)
}

/// What all authors did.
#[derive(Default)]
struct Work {
    acknowledged: AtomicUsize,
    refused: AtomicUsize,
    unknown: AtomicUsize,
    done: AtomicBool,
}

#[track_caller]
fn is_truthful_no(reply: &Reply) -> bool {
    let code = reply.refused(503);
    assert!(reply.header("retry-after").parse::<u32>().unwrap() >= 1);
    assert!(["unavailable", "outcome-unknown"].contains(&code), "{code}");
    code == "outcome-unknown"
}

/// Says one thing after the other, each again until it is acknowledged.
async fn says_on(who: Actor, event: String, work: Arc<Work>) -> Vec<String> {
    let path = format!("/v1/events/{event}/messages");
    let mut said = Vec::new();
    for number in 0.. {
        if work.done.load(Ordering::Acquire) {
            break;
        }
        let client_id = format!("{}-{number}", who.id);
        let body = json!({"text": "now", "client_id": client_id});
        loop {
            let reply = who.post(&path, &body).await;
            if reply.status.is_success() {
                work.acknowledged.fetch_add(1, Ordering::AcqRel);
                said.push(client_id);
                break;
            }
            let count = if is_truthful_no(&reply) {
                &work.unknown
            } else {
                &work.refused
            };
            count.fetch_add(1, Ordering::AcqRel);
        }
    }
    said
}

async fn reaches(count: &AtomicUsize, goal: usize) {
    let reached = async {
        while count.load(Ordering::Acquire) < goal {
            tokio::task::yield_now().await;
        }
    };
    soon("enough work", reached).await;
}

async fn is_ready(server: &TestServer) -> Reply {
    server.anybody().get("/health/ready").await
}

async fn until_ready(server: &TestServer) {
    let ready = async { while !is_ready(server).await.status.is_success() {} };
    soon("readiness", ready).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_postgresql_dies_under_load_nothing_acknowledged_is_lost_and_everything_heals() {
    let (cluster, server, event) = a_fragile_house(3_000).await;
    let work = Arc::new(Work::default());
    let mut authors = JoinSet::new();
    for number in 0..8 {
        let who = server.user(&format!("author{number}"), &[]);
        authors.spawn(says_on(who, event.clone(), Arc::clone(&work)));
    }
    let mut reader = Reader::new(&server.anybody(), &event);
    let mut link = reader.connects().await.unwrap();
    for round in 0..3 {
        reaches(&work.acknowledged, 100 + 200 * round).await;
        let refused = work.refused.load(Ordering::Acquire);
        cluster.dies();
        // Everybody is told, again and again, and at once.
        reaches(&work.refused, refused + 40).await;
        let report = is_ready(&server).await;
        assert_eq!(report.status, 503);
        assert_eq!(report.body["checks"]["database"], "does not answer");
        assert!(!is_truthful_no(&server.anybody().get("/v1/events").await));
        // Who comes now is asked to come back, in a stream that browsers do not take for the end.
        let mut stranger = server.anybody().watches(&event).await;
        let bye = stranger.hears("stream.bye").await;
        assert_eq!(bye.data()["reconnect"], true);
        cluster.comes_back();
        until_ready(&server).await;
    }
    let goal = work.acknowledged.load(Ordering::Acquire) + 100;
    reaches(&work.acknowledged, goal).await;
    work.done.store(true, Ordering::Release);
    let mut said = BTreeMap::new();
    while let Some(author) = authors.join_next().await {
        said.extend(author.unwrap().into_iter().map(|client_id| (client_id, 0)));
    }
    server.user("last", &[]).says(&event, "good night").await;
    let log = public_log(&server.host(), &event).await;
    for line in &log[2..log.len() - 1] {
        let entry: Value = serde_json::from_str(&line.json).unwrap();
        let client_id = entry["data"]["message"]["client_id"].as_str().unwrap();
        *said
            .get_mut(client_id)
            .expect("said by somebody who was told so in the end") += 1;
    }
    assert!(said.values().all(|count| *count == 1), "each once");
    // The stream that was open all the time went on without a hole and without a reset.
    while !reader.has_heard(&log.last().unwrap().id) {
        assert!(reader.reads_on(&mut link).await, "the stream ended: {:?}", reader.bye);
    }
    assert!(reader.resets.is_empty());
    reader.agrees_with(&log);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_postgresql_is_not_waited_for() {
    let (cluster, server, event) = a_fragile_house(1_000).await;
    let ana = server.user("ana", &[]);
    ana.says(&event, "the door knows ana").await;
    let mut seat = server.anybody().watches(&event).await;
    seat.hears("stream.snapshot").await;
    cluster.freezes();
    let path = format!("/v1/events/{event}/messages");
    for number in 0..3 {
        let body = json!({"text": "anybody there?", "client_id": format!("c{number}")});
        is_truthful_no(&ana.post(&path, &body).await);
        assert!(!is_truthful_no(&ana.get(&path).await));
    }
    assert_eq!(is_ready(&server).await.status, 503);
    seat.hears("stream.heartbeat").await;
    cluster.thaws();
    until_ready(&server).await;
    for number in 0..3 {
        let body = json!({"text": "anybody there?", "client_id": format!("c{number}")});
        let said = async {
            loop {
                let reply = ana.post(&path, &body).await;
                if reply.status.is_success() {
                    return reply.body;
                }
                is_truthful_no(&reply);
            }
        };
        let said = soon("an answer", said).await;
        let heard = seat.hears("message.created").await;
        assert_eq!(heard.data()["message"]["id"], said["id"]);
    }
    assert_eq!(server.host().reads_log(&event).await.len(), 3 + 3);
}

#[tokio::test]
async fn a_server_stops_in_time_although_its_database_does_not_answer() {
    let (cluster, mut server, event) = a_fragile_house(1_000).await;
    server.user("ana", &[]).says(&event, "hello").await;
    cluster.freezes();
    server.shut_down().await;
    cluster.thaws();
}

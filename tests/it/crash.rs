//! Killed or told to stop: what was acknowledged is there, once, and readers go on where they were.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{io::AsyncReadExt, task::JoinSet};

use crate::support::{Actor, Line, Process, Reader, process, public_log, soon};

/// What one author sent under which `client_id`, and whether a 2xx came back.
type Sent = BTreeMap<String, bool>;

async fn sends(author: &Actor, event: &str, client_id: &str) -> Option<StatusCode> {
    let path = format!("/v1/events/{event}/messages");
    let body = json!({"text": format!("from {}", author.id), "client_id": client_id});
    author.tries(author.request(Method::POST, &path).json(&body)).await
}

/// Sends until the server is gone.
async fn sends_on(author: Actor, event: String, round: u32, acknowledged: Arc<AtomicUsize>) -> Sent {
    let mut sent = Sent::new();
    for number in 0.. {
        let client_id = format!("{round}-{number}");
        if let Some(status) = sends(&author, &event, &client_id).await {
            assert_eq!(status, 201);
            acknowledged.fetch_add(1, Ordering::Relaxed);
            sent.insert(client_id, true);
        } else {
            sent.insert(client_id, false);
            return sent;
        }
    }
    unreachable!("numbers do not end")
}

/// How often each author's client ids are in the log.
fn said(log: &[Line]) -> BTreeMap<(String, String), usize> {
    let mut said = BTreeMap::new();
    for line in log {
        let entry: Value = serde_json::from_str(&line.json).unwrap();
        if entry["type"] == "message.created" {
            let message = &entry["data"]["message"];
            let key = [&message["author"]["id"], &message["client_id"]].map(|id| id.as_str().unwrap().to_owned());
            *said.entry(key.into()).or_default() += 1;
        }
    }
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_being_killed_again_and_again() {
    const ROUNDS: u32 = 4;
    const AUTHORS: usize = 12;
    const READERS: usize = 6;
    let dir = TempDir::new().unwrap();
    let mut server = Process::start(dir.path(), &[]).await;
    let event = server.user("hanna", &["host"]).starts_event("session").await;
    let mut readers: Vec<_> = (0..READERS)
        .map(|number| Reader::new(&server.user(&format!("reader{number}"), &[]), &event))
        .collect();
    let mut all: BTreeMap<(String, String), bool> = BTreeMap::new();
    for round in 0..ROUNDS {
        let acknowledged = Arc::new(AtomicUsize::new(0));
        let mut links = Vec::new();
        for reader in &mut readers {
            links.push(reader.connects().await.unwrap());
        }
        let mut authors = JoinSet::new();
        for number in 0..AUTHORS {
            let author = server.user(&format!("author{number}"), &[]);
            let (event, acknowledged) = (event.clone(), Arc::clone(&acknowledged));
            authors.spawn(async move { (author.id.clone(), sends_on(author, event, round, acknowledged).await) });
        }
        let watching = join_all(readers.iter_mut().zip(links).map(
            async |(reader, mut link)| {
                while reader.reads_on(&mut link).await {}
            },
        ));
        let killing = async {
            while acknowledged.load(Ordering::Relaxed) < 60 + 37 * round as usize {
                tokio::task::yield_now().await;
            }
            server.gets_killed().await;
        };
        tokio::join!(watching, killing);
        while let Some(author) = authors.join_next().await {
            let (id, sent) = author.unwrap();
            all.extend(
                sent.into_iter()
                    .map(|(client_id, done)| ((id.clone(), client_id), done)),
            );
        }

        server = Process::start(dir.path(), &[]).await;
        let host = server.user("hanna", &["host"]);
        let there = said(&public_log(&host, &event).await);
        assert!(there.values().all(|count| *count == 1), "nothing twice");
        for (key, _) in all.iter().filter(|(_, done)| **done) {
            assert!(there.contains_key(key), "{key:?} was acknowledged and is gone");
        }
        // Those without an answer send again: what was written before the end is not written twice.
        for ((author, client_id), done) in all.iter_mut().filter(|(_, done)| !**done) {
            let status = sends(&server.user(author, &[]), &event, client_id).await;
            assert_eq!(status, Some(StatusCode::CREATED));
            *done = true;
        }
        // And one more time, which changes nothing.
        let (author, client_id) = all.keys().next().unwrap();
        assert_eq!(
            sends(&server.user(author, &[]), &event, client_id).await,
            Some(StatusCode::CREATED)
        );
        for reader in &mut readers {
            reader.moves_to(host.clone().nobody());
        }
    }
    let log = public_log(&server.user("hanna", &["host"]), &event).await;
    let there = said(&log);
    assert!(there.keys().eq(all.keys()) && there.values().all(|count| *count == 1));
    for reader in &mut readers {
        reader.reads_to(&log.last().unwrap().id).await;
        assert!(reader.resets.is_empty());
        reader.agrees_with(&log);
    }
}

#[tokio::test]
async fn told_to_stop_it_says_goodbye_to_every_stream_and_ends_well() {
    let dir = TempDir::new().unwrap();
    let mut server = Process::start(dir.path(), &[]).await;
    let host = server.user("hanna", &["host"]);
    let event = host.starts_event("session").await;
    let mut seats = Vec::new();
    for _ in 0..20 {
        let mut seat = host.nobody().watches(&event).await;
        seat.hears("stream.snapshot").await;
        seats.push(seat);
    }
    server.is_told_to_stop().await;
    for seat in &mut seats {
        let bye = seat.hears("stream.bye").await;
        assert_eq!(
            (&bye.data()["reason"], &bye.data()["reconnect"]),
            (&json!("shutdown"), &json!(true))
        );
        // Jittered around the configured two seconds.
        assert!(
            (1_000..=3_000).contains(&bye.data()["retry_ms"].as_u64().unwrap()),
            "{}",
            bye.json
        );
        assert!(seat.next().await.is_none(), "the stream ends after its last word");
    }
    assert_eq!(server.ends().await.code(), Some(0));
}

#[tokio::test]
async fn a_second_server_on_the_same_directory_is_refused_with_a_clear_line() {
    let dir = TempDir::new().unwrap();
    let server = Process::start_as_is(dir.path(), &[]).await;
    let mut second = process::serve(dir.path(), &[]).spawn().unwrap();
    let mut told = String::new();
    soon("its words", second.stderr.take().unwrap().read_to_string(&mut told))
        .await
        .unwrap();
    assert_eq!(soon("its end", second.wait()).await.unwrap().code(), Some(1));
    let line = told.lines().last().unwrap();
    assert!(line.contains("in use by another grandstand"), "{told}");
    assert!(line.contains(dir.path().to_str().unwrap()), "{told}");
    // The first one is none the worse for it.
    server.user("hanna", &["host"]).starts_event("session").await;
    drop(server);
}

//! Many voters at once: exact in the end, few frames on the way, and nothing acknowledged is lost by a kill.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::{at, closes, opens, standing, takes_back, told, votes};
use crate::support::{Actor, Process, TestServer};

/// Votes as often as it takes: on a busy machine the database may be silent for too long, and the same vote again is one.
async fn insists(who: &Actor, event: &str, poll: &Value, options: Option<&[u32]>) {
    loop {
        let reply = match options {
            Some(options) => votes(who, event, poll, options).await,
            None => takes_back(who, event, poll).await,
        };
        if reply.status != 503 {
            assert!(reply.status.is_success(), "{}", reply.text);
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_voters_cost_few_frames_and_end_in_exact_totals() {
    let server = TestServer::start().await;
    let host = server.host();
    let event = host.starts_event("session").await;
    let mut seat = server.anybody().watches(&event).await;
    let fields = json!({"change_allowed": true, "max_choices": 2, "options": ["a", "b", "c", "d"]});
    let poll = opens(&host, &event, fields).await;
    let begun = Instant::now();
    let crowd = (0..500_u32).map(|number| {
        let (who, event, poll) = (server.user(&format!("user{number}"), &[]), event.clone(), poll.clone());
        async move {
            insists(&who, &event, &poll, Some(&[1 + number % 4])).await;
            match number % 5 {
                // Some say it again, some change their mind, some want out.
                0 => insists(&who, &event, &poll, Some(&[1 + number % 4])).await,
                1 => insists(&who, &event, &poll, Some(&[1, 4])).await,
                2 => insists(&who, &event, &poll, None).await,
                _ => {}
            }
        }
    });
    let mut exact = vec![0; 4];
    for number in 0..500_usize {
        match number % 5 {
            1 => {
                exact[0] += 1;
                exact[3] += 1;
            }
            2 => {}
            _ => exact[number % 4] += 1,
        }
    }
    let exact = (400, exact);
    let listens = async {
        let mut frames = 0_u32;
        loop {
            let frame = seat.hears("poll.changed").await;
            frames += 1;
            if told(&frame, &poll).as_ref() == Some(&exact) {
                return frames;
            }
        }
    };
    let (_, frames) = tokio::join!(join_all(crowd), listens);
    let most = begun.elapsed().as_millis() / 250 + 2;
    assert!(u128::from(frames) <= most, "{frames} frames, {most} at most");
    assert_eq!(standing(&closes(&host, &event, &poll).await), exact);
}

/// Votes under ever new names until the server is gone; gives who was acknowledged with what.
async fn votes_on(
    server: Arc<Process>,
    path: String,
    name: String,
    acknowledged: Arc<AtomicUsize>,
) -> BTreeMap<String, Option<u32>> {
    let mut sent = BTreeMap::new();
    for number in 0_u32.. {
        let (id, option) = (format!("{name}-{number}"), 1 + number % 3);
        let voter: Actor = server.user(&id, &[]);
        let body = json!({"options": [option]});
        let status = voter.tries(voter.request(Method::PUT, &path).json(&body)).await;
        sent.insert(id, status.map(|_| option));
        if status.is_none() {
            break;
        }
        acknowledged.fetch_add(1, Ordering::Relaxed);
    }
    sent
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_vote_that_was_acknowledged_survives_a_kill_in_the_middle_of_it() {
    let dir = TempDir::new().unwrap();
    let mut server = Arc::new(Process::start(dir.path(), &[]).await);
    let event = server.user("hanna", &["host"]).starts_event("session").await;
    let poll = opens(&server.user("hanna", &["host"]), &event, json!({})).await;
    let path = format!("{}/vote", at(&event, &poll));
    let mut all = BTreeMap::new();
    for round in 0..3 {
        let acknowledged = Arc::new(AtomicUsize::new(0));
        let mut voters = JoinSet::new();
        for number in 0..12 {
            let (server, path, acknowledged) = (Arc::clone(&server), path.clone(), Arc::clone(&acknowledged));
            voters.spawn(votes_on(server, path, format!("v{round}-{number}"), acknowledged));
        }
        while acknowledged.load(Ordering::Relaxed) < 90 + 31 * round {
            tokio::task::yield_now().await;
        }
        server.is_told("KILL").await;
        while let Some(sent) = voters.join_next().await {
            all.extend(sent.unwrap());
        }
        server = Arc::new(Process::start(dir.path(), &[]).await);
    }
    let host = server.user("hanna", &["host"]);
    let mut exact = vec![0_u64; 3];
    for (id, option) in &all {
        let voter = server.user(id, &[]);
        let found: Value = voter.get(&at(&event, &poll)).await.ok();
        let mine = found["mine"].as_array().unwrap();
        if let Some(option) = option {
            assert_eq!(mine, &[json!(option)], "{id} was acknowledged");
        }
        if let Some(option) = mine.first() {
            exact[usize::try_from(option.as_u64().unwrap()).unwrap() - 1] += 1;
        }
    }
    let exact = (exact.iter().sum(), exact);
    assert!(exact.0 >= 300);
    // Told and stored are the same in the end, though nobody votes any more.
    let mut seat = host.nobody().watches(&event).await;
    let snapshot = seat.hears("stream.snapshot").await;
    if standing(&snapshot.data()["polls"][0]) != exact {
        while told(&seat.hears("poll.changed").await, &poll) != Some(exact.clone()) {}
    }
    assert_eq!(standing(&closes(&host, &event, &poll).await), exact);
}

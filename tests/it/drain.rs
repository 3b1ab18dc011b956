//! Stopping: everybody hears why, not all at once, and what was begun is finished.

use std::time::{Duration, Instant};

use futures_util::{StreamExt, future::join_all, stream::FuturesUnordered};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{Actor, Seat, TestServer, soon};

async fn audience(who: &Actor, event: &str, size: usize) -> Vec<Seat> {
    let seats = (0..size).map(|_| async {
        let mut seat = who.watches(event).await;
        seat.hears("stream.snapshot").await;
        seat
    });
    join_all(seats).await
}

/// Waits for the last word; gives when it came.
async fn leaves(seat: &mut Seat) -> Instant {
    let bye = seat.hears("stream.bye").await;
    assert_eq!(
        (&bye.data()["reason"], &bye.data()["reconnect"]),
        (&json!("shutdown"), &json!(true))
    );
    let when = Instant::now();
    assert!(seat.next().await.is_none(), "nothing follows the last word");
    when
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_are_told_to_leave_spread_over_the_window_while_the_house_turns_others_away() {
    const WINDOW: Duration = Duration::from_secs(2);
    let mut server = TestServer::start_with(|config| config.stream.drain_window_ms = 2_000).await;
    let host = server.host();
    let event = host.starts_event("session").await;
    let anybody = server.anybody();
    let mut seats = audience(&anybody, &event, 150).await;
    assert_eq!(anybody.get("/health/ready").await.status, 200);

    let began = Instant::now();
    server.is_told_to_stop();
    // Whoever was dismissed first shows that it has begun.
    let mut late = seats.split_off(75);
    let leaving = join_all(seats.iter_mut().chain(&mut late).map(leaves));
    let turned_away = async {
        // Readiness falls before the first stream ends; the stop is only told, so wait until it is heard.
        while anybody.get("/health/ready").await.status != 503 {}
        let mut seat = anybody.watches(&event).await;
        let first = seat.next().await.unwrap();
        assert_eq!(
            (first.event.as_str(), &first.data()["reason"]),
            ("stream.bye", &json!("shutdown"))
        );
        assert!(first.data()["retry_ms"].as_u64().unwrap() >= 1_000);
        assert!(seat.next().await.is_none());
        // Writing goes on until the doors close.
        host.says(&event, "last orders").await;
    };
    let (left, ()) = tokio::join!(leaving, turned_away);
    let after: Vec<_> = left.iter().map(|when| when.duration_since(began)).collect();
    let early = after.iter().filter(|after| **after < WINDOW / 2).count();
    assert!((30..=120).contains(&early), "{early} of 150 left in the first half");
    assert!(
        after.iter().max().unwrap() > &(WINDOW * 3 / 4),
        "the last left too soon"
    );
    soon("the end", server.shut_down()).await;
}

#[tokio::test]
async fn without_a_window_everybody_still_hears_the_last_word() {
    let mut server = TestServer::start_with(|config| config.stream.drain_window_ms = 0).await;
    let event = server.host().starts_event("session").await;
    let mut seats = audience(&server.anybody(), &event, 40).await;
    server.is_told_to_stop();
    join_all(seats.iter_mut().map(leaves)).await;
    server.shut_down().await;
}

#[tokio::test]
async fn streams_that_open_while_the_house_closes_hear_why() {
    let mut server = TestServer::start_with(|config| config.stream.drain_window_ms = 0).await;
    let host = server.host();
    let event = host.starts_event("session").await;
    // All of them are being opened when the stop comes; whoever gets an answer hears the reason in it.
    let opening = join_all((0..60).map(|number| {
        let (who, event) = (server.user(&format!("fan{number}"), &[]), &event);
        async move {
            let request = who.request(Method::GET, &format!("/v1/events/{event}/stream"));
            let Ok(response) = soon("a stream or none", request.send()).await else {
                return 0;
            };
            leaves(&mut Seat::new(response)).await;
            1
        }
    }));
    let stop = async { server.is_told_to_stop() };
    let (answered, ()) = tokio::join!(opening, stop);
    assert!(answered.iter().sum::<usize>() <= 60);
    server.shut_down().await;
}

#[tokio::test]
async fn writes_under_way_are_finished_and_answered() {
    let server = TestServer::start_with(|config| {
        config.store.queue_max = 4;
        config.store.answer_within_ms = 60_000;
    })
    .await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let event = host.starts_event("session").await;
    ana.says(&event, "the door knows ana").await;
    let mut seat = server.anybody().watches(&event).await;
    seat.hears("stream.snapshot").await;
    let lock = server.holds_up_writers().await;
    let path = format!("/v1/events/{event}/messages");
    let mut posts: FuturesUnordered<_> = (0..12)
        .map(|number| {
            let body = json!({"text": "hold on", "client_id": number.to_string()});
            let request = ana.request(Method::POST, &path).json(&body);
            let ana = ana.clone();
            async move { (number, ana.tries(request).await) }
        })
        .collect();
    // The first no says that the queue is full: four or more are under way, and stuck before the lock.
    assert_eq!(posts.next().await.unwrap().1, Some(StatusCode::SERVICE_UNAVAILABLE));
    server.is_told_to_stop();
    seat.hears("stream.bye").await;
    lock.close().await.unwrap();
    let mut done: Vec<String> = Vec::new();
    while let Some((number, status)) = posts.next().await {
        if status == Some(StatusCode::CREATED) {
            done.push(number.to_string());
        }
    }
    assert!(done.len() >= 4, "{done:?}");
    let server = server.restart().await;
    let log = server.anybody().reads_log(&event).await;
    let there: Vec<_> = log.iter().map(|entry| &entry["data"]["message"]["client_id"]).collect();
    assert!(
        done.iter().all(|number| there.contains(&&json!(number))),
        "{done:?} in {there:?}"
    );
}

//! The writer: what stands when changes fail, panic, pile up, or nobody waits for the answer any more.

mod bench;

use std::sync::Arc;

use futures_util::{FutureExt, StreamExt, future::join_all, stream::FuturesUnordered};
use grandstand::{
    config::StoreConfig,
    domain::EventId,
    store::{Error, Store},
    telemetry::Metrics,
};
use serde_json::json;
use tempfile::TempDir;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::support::{TestServer, soon};
use bench::{Bench, End, SPEECH, some_entry};

#[tokio::test]
async fn whoever_fails_or_panics_in_a_full_batch_leaves_no_trace_and_burns_no_seq() {
    let bench = Bench::new(1_000).await;
    let end = |number: i32| match number {
        number if number % 7 == 3 => End::Refused,
        number if number % 11 == 5 => End::Panics,
        _ => End::Well,
    };
    let ends: Vec<End> = (0..200).map(end).collect();
    let mut next = 1;
    for (outcome, end) in bench.does_at_once(&ends).await.into_iter().zip(&ends) {
        match (outcome, end) {
            (Ok(recorded), End::Well) => {
                assert_eq!((recorded.value, recorded.head.public), (next, next));
                next += 1;
            }
            (Err(Error::Refused(_)), End::Refused) | (Err(Error::Panicked), End::Panics) => {}
            (outcome, end) => panic!("{end:?} ended as {outcome:?}"),
        }
    }
    let stands: Vec<i32> = (0..200).filter(|number| end(*number) == End::Well).collect();
    assert_eq!(bench.notes().await, stands);
    assert_eq!(bench.length().await, next - 1);
}

#[tokio::test]
async fn whoever_spoils_it_for_all_that_are_done_together_fails_alone() {
    let bench = Bench::new(100).await;
    let ends = [End::Well, End::Refused, End::Well, End::Panics, End::Well];
    let outcomes = bench.does_together(&ends).await;
    assert!(matches!(outcomes[1], Err(Error::Refused(_))) && matches!(outcomes[3], Err(Error::Panicked)));
    let done: Vec<_> = outcomes.into_iter().flatten().collect();
    assert_eq!((done, bench.notes().await), (vec![1, 2, 3], vec![0, 2, 4]));
    assert_eq!(bench.length().await, 3);
    let outcomes = bench.does_together(&[End::Well; 3]).await;
    assert_eq!(outcomes.into_iter().flatten().collect::<Vec<_>>(), [4, 5, 6]);
}

#[tokio::test]
async fn what_is_said_is_written_before_a_crowd_that_came_first_and_the_crowd_is_not_forgotten() {
    let bench = Bench::new(1_000).await;
    let release = bench.holds_the_writer().await;
    let claps = join_all((0..300).map(|number| bench.claps(number)));
    // The first poll of each queues it; only then the writer goes on.
    let (claps, said, ()) = tokio::join!(claps, bench.does(SPEECH, End::Well), async { drop(release) });
    assert_eq!(said.unwrap().value, 1);
    for found in claps {
        assert_eq!(found.unwrap(), 1);
    }
    assert_eq!(bench.notes().await, (0..300).chain([SPEECH]).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_crowd_has_its_part_of_every_batch_however_much_is_said() {
    let bench = Bench::new(1_000).await;
    let release = bench.holds_the_writer().await;
    let claps = join_all((0..100).map(|number| bench.claps(number)));
    let said = join_all((SPEECH..SPEECH + 600).map(|number| bench.does(number, End::Well)));
    let (claps, said, ()) = tokio::join!(claps, said, async { drop(release) });
    assert!(said.into_iter().all(|said| said.is_ok()));
    // A batch takes 256 changes, a quarter of them from the crowd.
    let found: Vec<i64> = claps.into_iter().map(Result::unwrap).collect();
    assert_eq!(found, [vec![192; 64], vec![412; 36]].concat());
}

#[tokio::test]
async fn a_crowd_that_fills_its_queue_leaves_room_for_what_is_said() {
    let bench = Bench::new(2).await;
    let release = bench.holds_the_writer().await;
    let claps = join_all((0..5).map(|number| bench.claps(number)));
    let (claps, said, ()) = tokio::join!(claps, bench.does(SPEECH, End::Well), async { drop(release) });
    assert_eq!(said.unwrap().value, 1);
    let refused = claps.iter().filter(|clap| matches!(clap, Err(Error::Overloaded)));
    assert_eq!(refused.count(), 3);
    assert_eq!(bench.notes().await, [0, 1, SPEECH]);
}

#[tokio::test]
async fn whoever_fails_or_panics_alone_leaves_no_trace_and_the_writer_goes_on() {
    let bench = Bench::new(10).await;
    assert!(matches!(bench.does(1, End::Refused).await, Err(Error::Refused(_))));
    assert!(matches!(bench.does(2, End::Panics).await, Err(Error::Panicked)));
    assert_eq!(bench.does(3, End::Well).await.unwrap().value, 1);
    assert_eq!(bench.notes().await, [3]);
    assert_eq!(bench.length().await, 1);
}

#[tokio::test]
async fn a_batch_whose_transaction_came_apart_fails_as_a_whole_and_the_next_one_is_durable() {
    for at in [0, 3, 5] {
        let bench = Bench::new(100).await;
        let mut ends = [End::Well; 6];
        ends[at] = End::BreaksTransaction;
        for outcome in bench.does_at_once(&ends).await {
            assert!(matches!(outcome, Err(Error::Broken(_))), "{outcome:?}");
        }
        for number in 10..13 {
            bench.does(number, End::Well).await.unwrap();
            // Read by another connection at once: a commit inside some older transaction would not be seen.
            assert_eq!(bench.notes().await.last(), Some(&number), "broken at {at}");
        }
        assert_eq!(bench.notes().await, [10, 11, 12]);
        assert_eq!(bench.length().await, 3);
    }
}

#[tokio::test]
async fn a_listener_that_panics_does_not_stop_the_writer() {
    let dir = TempDir::new().unwrap();
    let config = StoreConfig {
        data_dir: dir.path().to_owned(),
        ..StoreConfig::default()
    };
    let store = Store::open(&config, Arc::new(Metrics::default())).await.unwrap();
    store.on_commit(|_| panic!("a listener with a bug"));
    let event = EventId::generate();
    for seq in 1..=2 {
        let recorded = store.record(event, |scribe| Box::pin(async move { Ok(scribe.say(&some_entry())) }));
        assert_eq!(soon("an answer", recorded).await.unwrap().value, seq);
    }
}

#[tokio::test]
async fn a_caller_who_leaves_before_the_answer_does_not_take_the_change_along() {
    let bench = Bench::new(10).await;
    let release = bench.holds_the_writer().await;
    let mut left = Box::pin(bench.does(1, End::Well));
    assert!(left.as_mut().now_or_never().is_none(), "it is queued");
    drop(left);
    drop(release);
    bench.does(2, End::Well).await.unwrap();
    assert_eq!(bench.notes().await, [1, 2]);
    assert_eq!(bench.length().await, 2);
}

#[tokio::test]
async fn a_full_queue_says_so_at_once_and_what_was_taken_is_done() {
    let server = TestServer::start_with(|config| {
        config.store.queue_max = 2;
        config.store.answer_within_ms = 60_000;
    })
    .await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let event = host.starts_event("session").await;
    ana.says(&event, "the door knows ana").await;
    let lock = server.holds_up_writers().await;
    let path = format!("/v1/events/{event}/messages");
    let body = |number: i32| json!({"text": format!("{number}"), "client_id": format!("c{number}")});
    let mut posts: FuturesUnordered<_> = (0..20)
        .map(|number| {
            let (ana, path) = (ana.clone(), path.clone());
            async move { (number, ana.post(&path, &body(number)).await) }
        })
        .collect();
    // One batch is stuck before the lock with at most two changes, two more wait. Everybody else is told at once.
    let mut refused = Vec::new();
    while refused.len() < 16 {
        let (number, reply) = posts.next().await.unwrap();
        assert_eq!(reply.refused(503), "overloaded");
        assert!(reply.header("retry-after").parse::<u32>().unwrap() >= 1);
        refused.push(number);
    }
    lock.close().await.unwrap();
    while let Some((number, reply)) = posts.next().await {
        if reply.status == 503 {
            refused.push(number);
        } else {
            reply.ok();
        }
    }
    for number in refused {
        ana.post(&path, &body(number)).await.ok();
    }
    let log = host.reads_log(&event).await;
    let said = log.iter().filter(|entry| entry["type"] == "message.created").count();
    assert_eq!(said, 21);
}

#[tokio::test]
async fn two_hundred_posts_at_once_to_ten_events_leave_no_hole_anywhere() {
    let server = TestServer::start().await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let mut events = Vec::new();
    for number in 0..10 {
        events.push(
            host.starts_event(if number % 2 == 0 { "session" } else { "football" })
                .await,
        );
    }
    let mut seats = Vec::new();
    for event in &events {
        let mut seat = ana.watches(event).await;
        seat.hears("stream.snapshot").await;
        seats.push(seat);
    }
    let posts = (0..200).map(|number| {
        let (ana, event) = (ana.clone(), events[number % 10].clone());
        async move { (number % 10, ana.says(&event, "now").await) }
    });
    let said = join_all(posts).await;
    for (index, (event, seat)) in events.iter().zip(&mut seats).enumerate() {
        let mut seqs: Vec<_> = said
            .iter()
            .filter(|(to, _)| *to == index)
            .map(|(_, said)| said["seq"].as_u64())
            .collect();
        seqs.sort_unstable();
        assert_eq!(seqs, (3..=22).map(Some).collect::<Vec<_>>());
        let heard = seat.entries_to(22).await;
        let log = host.reads_log(event).await;
        assert_eq!(
            heard.iter().map(|frame| &frame.json).collect::<Vec<_>>(),
            log[2..].iter().collect::<Vec<_>>()
        );
    }
}

#[tokio::test]
async fn whoever_hangs_up_in_the_middle_is_heard_once_or_not_at_all_and_may_send_again() {
    let server = TestServer::start().await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let event = host.starts_event("session").await;
    let mut seat = server.anybody().watches(&event).await;
    let path = format!("/v1/events/{event}/messages");
    for number in 0..30 {
        let body = json!({"text": "now", "client_id": number.to_string()}).to_string();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            ana.token(),
            body.len()
        );
        let mut socket = TcpStream::connect(server.address()).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
    }
    for number in 0..30 {
        ana.post(&path, &json!({"text": "now", "client_id": number.to_string()}))
            .await
            .ok();
    }
    let entries = seat.entries_to(32).await;
    let mut ids: Vec<_> = entries
        .iter()
        .map(|frame| {
            frame.data()["message"]["client_id"]
                .as_str()
                .unwrap()
                .parse::<i32>()
                .unwrap()
        })
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..30).collect::<Vec<_>>());
    assert_eq!(host.reads_log(&event).await.len(), 32);
}

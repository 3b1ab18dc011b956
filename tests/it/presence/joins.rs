//! A house that fills: exact counts over two servers, at most one frame a second for whoever watches.

use std::time::Instant;

use futures_util::{StreamExt, stream};

use super::counts;
use crate::{
    concourse::twins,
    support::{Frame, Seat, TestServer, redis::Redis as RedisServer},
};

const PEOPLE: u64 = 1_000;
/// Streams opened at the same time.
const AT_ONCE: usize = 32;

fn name(number: u64) -> String {
    format!("fan{number:04}")
}

/// Each comes with one device at each server, in a mixed order; gives their streams, both of one person side by side.
async fn come(servers: [&TestServer; 2], event: &str, people: std::ops::Range<u64>) -> Vec<Seat> {
    let devices = people.flat_map(|number| [(number, 0), (number, 1)]);
    let opened = stream::iter(devices).map(|(number, server): (u64, usize)| async move {
        let mut seat = servers[server].user(&name(number), &[]).watches(event).await;
        seat.hears("stream.snapshot").await;
        seat
    });
    opened.buffered(AT_ONCE).collect().await
}

/// Reads on until it hears those counts; gives all that it was told on the way.
async fn told_until(seat: &mut Seat, wanted: (u64, u64)) -> Vec<(u64, u64)> {
    let mut told = Vec::new();
    while told.last() != Some(&wanted) {
        told.push(counts(seat.hears("presence.changed").await.data()));
    }
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_joins_over_two_servers_cost_a_viewer_one_frame_a_second() {
    let redis = RedisServer::start();
    let (one, two, event) = twins(&redis, |config| {
        config.stream.max_seats_per_address = 10_000;
    })
    .await;
    let servers = [&one, &two];
    let mut viewers = [one.anybody().watches(&event).await, two.anybody().watches(&event).await];
    for viewer in &mut viewers {
        viewer
            .hears_that("both of them", |frame: &Frame| {
                frame.event == "presence.changed" && counts(frame.data()) == (2, 0)
            })
            .await;
    }
    let begun = Instant::now();
    let [first, second] = &mut viewers;
    let all = (2 * PEOPLE + 2, PEOPLE);
    let (mut seats, at_one, at_two) = tokio::join!(
        come(servers, &event, 0..PEOPLE),
        told_until(first, all),
        told_until(second, all)
    );
    let most = begun.elapsed().as_secs() + 2;
    for told in [&at_one, &at_two] {
        assert!(told.len() as u64 <= most, "{} frames, at most {most}", told.len());
        assert!(told.is_sorted(), "nobody left, so no count goes down: {told:?}");
    }
    for server in servers {
        let page = server
            .anybody()
            .get(&format!("/v1/events/{event}/participants?limit=1"))
            .await
            .ok();
        assert_eq!(counts(&page), all);
    }
    // Twenty lose all their streams and come back within the grace: nobody sees any of them go.
    for number in 0..20 {
        drop(seats.drain(..2).collect::<Vec<_>>());
        seats.extend(come(servers, &event, number..number + 1).await);
    }
    let _ben = one.user("ben", &[]).watches(&event).await;
    let told = told_until(first, (all.0 + 1, PEOPLE + 1)).await;
    assert!(
        told.iter().all(|(_, users)| (PEOPLE..=PEOPLE + 1).contains(users)),
        "they never left: {told:?}"
    );
    assert_eq!(seats.len() as u64, 2 * PEOPLE);
}

//! Much happens, many watch: frames stay few, and everybody's are the same.

use serde_json::{Value, json};

use super::{hears, makes, passes, points, reports, watches};
use crate::support::{Frame, TestServer};

fn at_ms(frame: &Frame) -> i64 {
    let at: chrono::DateTime<chrono::Utc> = frame.json["at"].as_str().unwrap().parse().unwrap();
    at.timestamp_millis()
}

fn goal(number: u32) -> Value {
    json!({"source_id": format!("goal-{number}"), "type": "goal", "participant_id": "home", "minute": 7})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_costs_each_stream_one_frame_a_second_and_all_hear_the_same() {
    const GOALS: u32 = 60;
    let server = TestServer::start().await;
    let host = server.host();
    let mut events = Vec::new();
    for number in 0..3 {
        let event = makes(&host, &format!("match-{number}"), json!({"kind": "football"})).await;
        passes(&host, &event, "start").await;
        let start = json!({"source_id": "start", "type": "period_start", "period": {"number": 1}});
        reports(&host, &event, json!([start])).await;
        events.push(event);
    }
    let (mut one, _) = watches(&server.anybody(), "").await;
    let (mut other, _) = watches(&server.user("ana", &[]), "").await;
    let (mut filtered, _) = watches(&server.anybody(), "?kind=football").await;
    let storm = async {
        for number in 0..GOALS {
            for event in &events {
                reports(&host, event, json!([goal(number)])).await;
            }
            tokio::task::yield_now().await;
        }
    };
    let last = |frame: &Frame| {
        let told = frame.data()["events"].as_array().into_iter().flatten();
        told.filter(|told| points(told) == [i64::from(GOALS), 0]).count()
    };
    let listens = async {
        let (mut frames, mut done) = (Vec::new(), 0);
        while done < events.len() {
            let frame = one.hears("lobby.changed").await;
            done += last(&frame);
            frames.push(frame);
        }
        frames
    };
    let ((), frames) = tokio::join!(storm, listens);
    for pair in frames.windows(2) {
        let gap_ms = at_ms(&pair[1]) - at_ms(&pair[0]);
        // By the server's own clock; a few ms, because it is not the clock the server waits by.
        assert!(gap_ms >= 990, "{gap_ms} ms between two frames");
    }
    // The other one has them all, byte for byte as they were made once.
    for frame in &frames {
        let same = other
            .hears_that("the same frame", |heard| heard.json["at"] == frame.json["at"])
            .await;
        assert_eq!(same.json, frame.json);
    }
    for event in &events {
        let told = |told: &Value| points(told) == [i64::from(GOALS), 0];
        let (mut late, first) = watches(&server.anybody(), "?kind=football").await;
        let mut lines = first.as_array().unwrap().iter();
        if !lines.any(|line| line["id"] == *event && told(line)) {
            // Each filter's view is made anew for itself, so this one may come a moment after the one heard above.
            hears(&mut late, "the last goal", event, told).await;
        }
    }
    let quiet = makes(&host, "afterwards", json!({"kind": "football"})).await;
    hears(&mut filtered, "what comes after", &quiet, |told| {
        told["slug"] == "afterwards"
    })
    .await;
}

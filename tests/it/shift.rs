//! Told later: people whose broadcast lags see nothing early and miss nothing, and a finished event can be seen again.

mod reading;
mod replay;

use std::sync::Arc;

use grandstand::{bus::LocalBus, config::Config};
use serde_json::{Value, json};

use crate::support::{Frame, TestServer};

/// Delays in steps of a second, so that nobody has to wait for long.
fn fine_steps(config: &mut Config) {
    config.stream.delay_step_seconds = 1;
}

fn ms(stamp: &Value) -> i64 {
    let text = stamp.as_str().unwrap();
    chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
}

/// Whoever reads it now reads it at least so much after it happened.
#[track_caller]
fn is_late(frame: &Frame, delay_ms: i64) {
    let late_ms = chrono::Utc::now().timestamp_millis() - ms(&frame.json["at"]);
    assert!(
        late_ms >= delay_ms,
        "{} came {late_ms} ms after it happened",
        frame.json
    );
}

fn seqs(frames: &[Frame]) -> Vec<u64> {
    frames.iter().filter_map(Frame::seq).collect()
}

#[tokio::test]
async fn a_delayed_reader_sees_nothing_early_and_misses_nothing() {
    let server = TestServer::start_with(fine_steps).await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let event = host.starts_event("football").await;
    let mut seat = ana.watches_with(&event, "?delay=2s", None).await;
    let ready = seat.hears("stream.ready").await;
    assert_eq!(ready.data()["delay_ms"], 2_000);
    let snapshot = seat.hears("stream.snapshot").await;
    assert_eq!(snapshot.data()["event"]["status"], "scheduled", "nobody has kicked off");
    assert_eq!(snapshot.data()["presence"], Value::Null, "nobody knows who was here");
    let start: u64 = snapshot.id.split('-').nth(1).unwrap().parse().unwrap();

    for number in 0..30 {
        ana.says(&event, &format!("message {number}")).await;
    }
    let end = ana.reads_log(&event).await.len() as u64;
    let mut heard = Vec::new();
    while heard.last() != Some(&end) {
        let frame = seat.next().await.unwrap();
        if frame.event != "stream.heartbeat" {
            is_late(&frame, 2_000);
        }
        heard.extend(frame.seq());
    }
    assert_eq!(heard, (start + 1..=end).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_delayed_reader_goes_on_where_they_stopped_also_after_a_restart() {
    let server = TestServer::start_with(fine_steps).await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let event = host.starts_event("session").await;
    let mut seat = ana.watches_with(&event, "?delay=1", None).await;
    let begin = seat.hears("stream.snapshot").await;
    assert!(["1-1", "1-2"].contains(&begin.id.as_str()));
    for number in 0..5 {
        ana.says(&event, &format!("message {number}")).await;
    }
    let mut heard = seqs(&seat.entries_to(4).await);
    let last = seat.last_id.clone().unwrap();
    drop(seat);

    let mut seat = ana.watches_with(&event, "?delay=1", Some(&last)).await;
    heard.extend(seqs(&seat.entries_to(6).await));
    let last = seat.last_id.clone().unwrap();

    let bus = Arc::new(LocalBus::default());
    let server = TestServer::start_on(server.leave().await, bus, fine_steps).await;
    let ana = server.user("ana", &[]);
    let mut seat = ana.watches_with(&event, "?delay=1", Some(&last)).await;
    ana.says(&event, "after the restart").await;
    let end = ana.reads_log(&event).await.len() as u64;
    let frames = seat.entries_to(end).await;
    is_late(frames.last().unwrap(), 1_000);
    heard.extend(seqs(&frames));
    let first = heard[0];
    assert_eq!(heard, (first..=end).collect::<Vec<_>>());
}

#[tokio::test]
async fn whoever_stood_further_on_waits_until_the_delay_has_come_there() {
    let server = TestServer::start_with(fine_steps).await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let event = host.starts_event("session").await;
    for number in 0..3 {
        ana.says(&event, &format!("message {number}")).await;
    }
    let mut live = ana.watches_with(&event, "?after=0", None).await;
    live.entries_to(5).await;
    let mut seat = ana.watches_with(&event, "?delay=2", live.last_id.as_deref()).await;
    ana.says(&event, "later").await;
    let next = seat.entries_to(6).await;
    is_late(&next[0], 2_000);
    assert_eq!(seqs(&next), [6], "nothing twice");
}

#[tokio::test]
async fn what_is_live_only_is_held_back_as_well() {
    let server = TestServer::start_with(fine_steps).await;
    let (host, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let event = host.starts_event("session").await;
    let mut seat = ana.watches_with(&event, "?delay=1", None).await;
    seat.hears("stream.snapshot").await;
    let _ben = ben.watches(&event).await;
    let heard = seat
        .hears_that("of two people", |frame| frame.data()["users"] == 2)
        .await;
    assert_eq!(heard.event, "presence.changed");
    is_late(&heard, 1_000);
    // Now it is known.
    let snapshot = ana.get(&format!("/v1/events/{event}/snapshot?delay=1")).await.ok();
    assert_eq!(snapshot["presence"]["users"], 2);
}

#[tokio::test]
async fn whoever_is_banned_leaves_at_once_however_far_behind() {
    let server = TestServer::start_with(fine_steps).await;
    let (host, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let event = host.starts_event("session").await;
    let mut seat = ana.watches_with(&event, "?delay=120", None).await;
    let mut other = ben.watches_with(&event, "?delay=120", None).await;
    seat.hears("stream.snapshot").await;
    other.hears("stream.snapshot").await;
    let ban = json!({"user_id": "ana", "kind": "ban", "reason": "enough"});
    host.post(&format!("/v1/events/{event}/sanctions"), &ban).await.ok();
    let bye = seat.hears("stream.bye").await;
    assert_eq!(bye.data()["reason"], "banned");
    assert!(seat.next().await.is_none());
    let again = ana.get(&format!("/v1/events/{event}/stream?delay=120")).await;
    assert_eq!(again.refused(403), "banned");
    drop(other);
}

#[tokio::test]
async fn what_is_taken_back_in_time_is_never_shown() {
    let server = TestServer::start_with(fine_steps).await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let event = host.starts_event("session").await;
    let mut seat = ana.watches_with(&event, "?delay=5", None).await;
    seat.hears("stream.snapshot").await;
    let said = ana.says(&event, "a slip of the tongue").await;
    let id = said["id"].as_str().unwrap();
    ana.delete(&format!("/v1/events/{event}/messages/{id}")).await;
    let told = seat.hears("message.created").await;
    assert_eq!(
        (&told.data()["message"]["id"], &told.data()["message"]["text"]),
        (&json!(id), &json!(""))
    );
    seat.hears("message.deleted").await;
}

#[tokio::test]
async fn everything_that_is_read_with_a_delay_is_as_of_then() {
    let server = TestServer::start_with(fine_steps).await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let event = host.starts_event("football").await;
    let base = format!("/v1/events/{event}");
    ana.says(&event, "what a goal").await;
    for read in [&ana, &host] {
        let snapshot = read.get(&format!("{base}/snapshot?delay=120")).await.ok();
        assert_eq!(
            (&snapshot["cursor"], &snapshot["messages"]),
            (&json!("1-1"), &json!([]))
        );
        assert_eq!(snapshot["held"], Value::Null, "staff see what everybody sees");
        let log = read.get(&format!("{base}/log?delay=120")).await.ok();
        assert_eq!(
            (log["items"].as_array().unwrap().len(), &log["next_cursor"]),
            (1, &json!("1-1"))
        );
        let status = read.get(&format!("{base}/status?delay=120")).await.ok();
        assert_eq!(
            (&status["status"], &status["messages"]),
            (&json!("scheduled"), &json!(0))
        );
        assert_eq!((&status["cursor"], &status["viewers"]), (&json!("1-1"), &Value::Null));
    }
    let now = ana.get(&format!("{base}/status?delay=0")).await.ok();
    assert_eq!((&now["messages"], &now["status"]), (&json!(1), &json!("live")));
}

#[tokio::test]
async fn too_many_delays_and_replays_are_turned_away_and_a_shared_delay_is_one() {
    let server = TestServer::start_with(|config| config.stream.max_shifted_stands = 1).await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let event = host.starts_event("session").await;
    // Rounded up to the same five seconds.
    let mut first = ana.watches_with(&event, "?delay=3", None).await;
    let mut second = ana.watches_with(&event, "?delay=5s", None).await;
    for seat in [&mut first, &mut second] {
        assert_eq!(seat.hears("stream.ready").await.data()["delay_ms"], 5_000);
    }
    let mut third = ana.watches_with(&event, "?delay=10", None).await;
    let bye = third.hears("stream.bye").await;
    assert_eq!(bye.data()["reason"], "overloaded");
    let read = ana.get(&format!("/v1/events/{event}/snapshot?delay=10")).await;
    assert_eq!(read.refused(503), "overloaded");
}

#[tokio::test]
async fn what_is_no_delay_and_no_replay_is_refused_and_says_why() {
    let server = TestServer::start().await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let event = host.starts_event("session").await;
    let base = format!("/v1/events/{event}");
    for delay in ["-1", "121", "abc", "1.5", ""] {
        for path in ["stream", "snapshot", "status", "log"] {
            let reply = ana.get(&format!("{base}/{path}?delay={delay}")).await;
            assert_eq!(reply.refused(400), "invalid-request", "{path} {delay}");
            assert_eq!(reply.body["errors"][0]["pointer"], "/delay");
        }
    }
    for (query, status, code) in [
        ("speed=0", 400, "invalid-request"),
        ("speed=100", 400, "invalid-request"),
        ("from=start", 409, "event-not-over"),
        ("speed=2", 409, "event-not-over"),
        ("at=2020-01-01T00:00:00Z&speed=2", 409, "event-not-over"),
        ("at=tomorrow", 400, "invalid-request"),
        ("at=2099-01-01T00:00:00Z", 400, "invalid-request"),
        ("delay=5&at=2020-01-01T00:00:00Z", 400, "invalid-request"),
        ("from=1&at=2020-01-01T00:00:00Z", 400, "invalid-request"),
    ] {
        let reply = ana.get(&format!("{base}/stream?{query}")).await;
        assert_eq!(reply.refused(status), code, "{query}");
    }
    host.post(&format!("{base}/end"), &Value::Null).await.ok();
    for (query, status, code) in [
        ("from=99", 400, "invalid-cursor"),
        ("from=7-1", 400, "invalid-cursor"),
        ("from=middle", 400, "invalid-cursor"),
    ] {
        let reply = ana.get(&format!("{base}/stream?{query}")).await;
        assert_eq!(reply.refused(status), code, "{query}");
    }
}

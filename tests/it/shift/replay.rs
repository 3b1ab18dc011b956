//! A finished event, seen again in its own rhythm.

use std::time::Instant;

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{ms, seqs};
use crate::support::{Actor, TestServer};

/// A match that is over, in whose log there is an entry every second.
struct Played {
    server: TestServer,
    ana: Actor,
    event: String,
    log: Vec<Value>,
}

impl Played {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let (host, ana) = (server.host(), server.user("ana", &[]));
        let event = host.creates_event(json!({"kind": "football"})).await;
        let base = format!("/v1/events/{event}");
        ana.says(&event, "nearly there").await;
        host.post(&format!("{base}/start"), &Value::Null).await.ok();
        for (number, update) in [
            json!({"type": "period_start", "period": {"number": 1}}),
            json!({"type": "goal", "participant_id": "home", "minute": 7}),
            json!({"type": "goal", "participant_id": "away", "minute": 8}),
            json!({"type": "goal", "participant_id": "home", "minute": 9}),
            json!({"type": "period_end", "period": {"number": 1}}),
        ]
        .into_iter()
        .enumerate()
        {
            let mut update = update;
            update["source_id"] = json!(number.to_string());
            let batch = json!({"source": "feed", "updates": [update]});
            host.post(&format!("{base}/contest/updates"), &batch).await.ok();
            ana.says(&event, &format!("after {number}")).await;
        }
        host.post(&format!("{base}/end"), &Value::Null).await.ok();
        // It was an hour ago.
        let begin = chrono::Utc::now().timestamp_millis() - 3_600_000;
        let database = server.database().await;
        let stretch = format!("UPDATE log_entry SET at_ms = {begin} + 1000 * (seq + other_seq)");
        database.execute_unprepared(&stretch).await.unwrap();
        let log = ana.reads_log(&event).await;
        let started = ms(&log.iter().find(|entry| entry["type"] == "event.started").unwrap()["at"]);
        let sql = format!("UPDATE event SET started_ms = {started}");
        database.execute_unprepared(&sql).await.unwrap();
        database.close().await.unwrap();
        // What it read a moment ago is not so any more.
        let server = server.restart().await;
        let ana = server.user("ana", &[]);
        Self {
            server,
            ana,
            event,
            log,
        }
    }

    fn end(&self) -> u64 {
        self.log.len() as u64
    }
}

#[tokio::test]
async fn a_finished_match_replayed_is_its_log_in_its_rhythm() {
    let played = Played::new().await;
    let begun = Instant::now();
    let mut seat = played.ana.watches_with(&played.event, "?from=0&speed=20", None).await;
    let ready = seat.hears("stream.ready").await;
    assert_eq!(
        (&ready.data()["speed"], &ready.data()["from"]),
        (&json!(20.0), &json!("1-1"))
    );
    let first = seat.hears("stream.snapshot").await;
    assert_eq!(first.data()["event"]["status"], "scheduled");
    let origin = ms(&played.log[0]["at"]);
    for entry in &played.log[1..] {
        let frame = seat.hears_that("an entry", |frame| frame.seq().is_some()).await;
        assert_eq!(&frame.json, entry);
        let watched_ms = i64::try_from(begun.elapsed().as_millis()).unwrap();
        assert!(watched_ms * 20 >= ms(&entry["at"]) - origin, "{entry} came too early");
    }
}

#[tokio::test]
async fn a_replay_begins_with_the_kick_off_unless_asked_otherwise() {
    let played = Played::new().await;
    for query in ["?from=start&speed=60", "?speed=60"] {
        let mut seat = played.ana.watches_with(&played.event, query, None).await;
        let before = seat.hears("stream.snapshot").await;
        assert_eq!(before.data()["messages"].as_array().unwrap().len(), 1);
        let entries = seat.entries_to(played.end()).await;
        assert_eq!(entries[0].event, "event.started");
        assert_eq!(
            seqs(&entries),
            (entries[0].seq().unwrap()..=played.end()).collect::<Vec<_>>()
        );
    }
}

#[tokio::test]
async fn a_replay_goes_on_after_what_was_heard_at_the_same_speed() {
    let played = Played::new().await;
    let mut seat = played.ana.watches_with(&played.event, "?from=0&speed=60", None).await;
    let mut heard = seqs(&seat.entries_to(5).await);
    let last = seat.last_id.clone().unwrap();
    drop(seat);
    let begun = Instant::now();
    let mut seat = played
        .ana
        .watches_with(&played.event, "?from=0&speed=60", Some(&last))
        .await;
    let ready = seat.hears("stream.ready").await;
    assert_eq!(ready.data()["speed"], 60.0);
    seat.hears("stream.resumed").await;
    let rest = seat.entries_to(played.end()).await;
    let watched_ms = i64::try_from(begun.elapsed().as_millis()).unwrap();
    let told_ms = ms(&rest.last().unwrap().json["at"]) - ms(&played.log[heard.len()]["at"]);
    assert!(watched_ms * 60 >= told_ms, "the rest was told at once");
    heard.extend(seqs(&rest));
    assert_eq!(heard, (2..=played.end()).collect::<Vec<_>>());

    let mut astray = played
        .ana
        .watches_with(&played.event, "?from=0&speed=60", Some("1-999"))
        .await;
    assert_eq!(astray.hears("stream.reset").await.data()["reason"], "future");
    assert_eq!(astray.hears("stream.snapshot").await.id, "1-1");
}

#[tokio::test]
async fn a_seek_begins_with_the_score_of_that_moment() {
    let played = Played::new().await;
    let goals: Vec<_> = played
        .log
        .iter()
        .filter(|entry| entry["type"] == "score.changed")
        .collect();
    for (number, goal) in goals.iter().enumerate() {
        // The moment itself is still to come.
        let query = format!("?at={}&speed=60", goal["at"].as_str().unwrap());
        let mut seat = played.ana.watches_with(&played.event, &query, None).await;
        let then = seat.hears("stream.snapshot").await;
        let score = |board: &Value| {
            board["score"]
                .as_array()
                .unwrap()
                .iter()
                .map(|line| line["points"].as_u64().unwrap())
                .sum::<u64>()
        };
        assert_eq!(score(&then.data()["contest"]), number as u64);
        let next = seat.hears("score.changed").await;
        assert_eq!(&&next.json, goal);
    }
    let mut early = played
        .ana
        .watches_with(&played.event, "?at=2001-01-01T00:00:00Z&speed=60", None)
        .await;
    assert_eq!(early.hears("stream.snapshot").await.id, "1-1", "from the beginning");
    early.entries_to(3).await;
}

#[tokio::test]
async fn a_running_event_can_be_gone_back_in() {
    let server = TestServer::start().await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let event = host.starts_event("session").await;
    let said = ana.says(&event, "first").await;
    ana.says(&event, "second").await;
    let query = format!("?at={}", said["created_at"].as_str().unwrap());
    let mut seat = ana.watches_with(&event, &query, None).await;
    let then = seat.hears("stream.snapshot").await;
    assert_eq!(then.data()["messages"], json!([]));
    ana.says(&event, "third").await;
    let entries = seat.entries_to(5).await;
    let said = entries.iter().filter(|frame| frame.event == "message.created");
    let texts: Vec<_> = said.map(|frame| frame.data()["message"]["text"].clone()).collect();
    assert_eq!(texts, ["first", "second", "third"]);
}

#[tokio::test]
async fn who_watches_a_replay_is_not_here_now() {
    let played = Played::new().await;
    let mut live = played.server.host().watches(&played.event).await;
    live.hears("stream.snapshot").await;
    let mut seat = played.ana.watches_with(&played.event, "?speed=60", None).await;
    seat.hears("stream.snapshot").await;
    let here = played
        .ana
        .get(&format!("/v1/events/{}/participants", played.event))
        .await
        .ok();
    assert_eq!(here["users"], 1);
    assert_eq!(here["items"][0]["user"]["id"], "hanna");
}

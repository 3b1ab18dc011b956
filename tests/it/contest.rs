//! The contest over the API: feeds report, readers see.

use grandstand::{
    cli::replay::{self, ReplayArgs, ReplayFormat},
    domain::{contest::Scoreboard, entry::EntryKind},
};
use serde_json::{Value, json};

use crate::support::TestServer;

fn start() -> Value {
    json!({"source_id": "1", "type": "period_start", "period": {"number": 1}})
}

fn goal(source_id: &str, participant: &str) -> Value {
    json!({"source_id": source_id, "type": "goal", "participant_id": participant, "player": "Ana", "minute": 7})
}

fn batch(updates: &[Value]) -> Value {
    json!({"source": "feed", "updates": updates})
}

fn points(scoreboard: &Value) -> Vec<i64> {
    let lines = scoreboard["score"].as_array().unwrap();
    lines.iter().map(|line| line["points"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_feed_reports_and_every_seat_hears() {
    let server = TestServer::start().await;
    let host = server.host();
    let event = host.starts_event("football").await;
    let feed = server.machine(&["ingest"]).await;
    let mut seat = server.anybody().watches(&event).await;
    let snapshot = seat.hears("stream.snapshot").await;
    assert_eq!(points(&snapshot.data()["contest"]), [0, 0]);

    let path = format!("/v1/events/{event}/contest/updates");
    let taken = feed.post(&path, &batch(&[start(), goal("2", "home")])).await.ok();
    assert_eq!(taken["results"][1]["outcome"], "recorded");
    let told = seat.hears("score.changed").await;
    assert_eq!(told.data()["incident_id"], taken["results"][1]["incident_id"]);
    assert_eq!(points(told.data()), [1, 0]);
    // The cursor is where the last of it is.
    assert_eq!(Some(told.id.as_str()), taken["cursor"].as_str());

    let again = feed.post(&path, &batch(&[goal("2", "home")])).await.ok();
    assert_eq!(
        (&again["results"][0]["outcome"], &again["cursor"]),
        (&json!("duplicate"), &taken["cursor"])
    );
}

#[tokio::test]
async fn a_snapshot_and_the_entries_after_it_give_the_fresh_scoreboard() {
    let server = TestServer::start().await;
    let host = server.host();
    let event = host.starts_event("football").await;
    let path = format!("/v1/events/{event}/contest");
    let mut board: Scoreboard = serde_json::from_value(host.get(&path).await.ok()).unwrap();
    let before = host.reads_log(&event).await.len();
    let updates = [
        start(),
        goal("2", "home"),
        json!({"source_id": "3", "type": "amend", "target_source_id": "2", "participant_id": "away"}),
        goal("4", "home"),
        json!({"source_id": "5", "type": "retract", "target_source_id": "4", "reason": "offside"}),
        json!({"source_id": "6", "type": "period_end", "period": {"number": 1}}),
        json!({"source_id": "7", "type": "result", "outcome": "win", "winner_id": "away"}),
    ];
    host.post(&format!("{path}/updates"), &batch(&updates)).await.ok();
    for entry in &host.reads_log(&event).await[before..] {
        let kind = EntryKind::parse(entry["type"].as_str().unwrap()).unwrap();
        board.fold(&kind.read(&entry["data"].to_string()).unwrap());
    }
    let fresh = host.get(&path).await.ok();
    assert_eq!(serde_json::to_value(&board).unwrap(), fresh);
    assert_eq!(
        (points(&fresh), &fresh["result"]["winner_id"]),
        (vec![0, 1], &json!("away"))
    );
}

#[tokio::test]
async fn a_wrong_update_spoils_its_batch_and_is_named() {
    let server = TestServer::start().await;
    let host = server.host();
    let event = host.starts_event("football").await;
    let path = format!("/v1/events/{event}/contest/updates");
    let refused = host.post(&path, &batch(&[start(), goal("2", "nobody")])).await;
    assert_eq!(refused.refused(422), "contest-rule");
    assert_eq!(refused.body["errors"][0]["pointer"], "/updates/1/participant_id");
    let scoreboard = host.get(&format!("/v1/events/{event}/contest")).await.ok();
    assert_eq!(scoreboard["incidents"], json!([]));
}

#[tokio::test]
async fn only_hosts_and_feeds_may_report() {
    let server = TestServer::start().await;
    let event = server.host().starts_event("football").await;
    let path = format!("/v1/events/{event}/contest/updates");
    let body = batch(&[start()]);
    server.anybody().post(&path, &body).await.refused(401);
    server.user("vera", &[]).post(&path, &body).await.refused(403);
    server.machine(&["read"]).await.post(&path, &body).await.refused(403);
    server.machine(&["ingest"]).await.post(&path, &body).await.ok();
}

#[tokio::test]
async fn an_event_without_a_sport_gets_its_contest_when_asked() {
    let server = TestServer::start().await;
    let host = server.host();
    let event = host.starts_event("session").await;
    let path = format!("/v1/events/{event}/contest");
    assert_eq!(host.get(&path).await.refused(404), "not-found");
    let scoreboard = host.put(&path, &json!({"kind": "football"})).await.ok();
    assert_eq!(
        (&scoreboard["kind"], points(&scoreboard)),
        (&json!("football"), vec![0, 0])
    );
}

#[tokio::test]
async fn a_recorded_match_is_replayed_into_a_new_event() {
    let server = TestServer::start().await;
    let file = server.dir().path().join("cup.json");
    let cup = json!({"matches": [{
        "date": "2030-06-01", "team1": "North", "team2": "South", "score": {"ft": [1, 1], "et": [2, 1]},
        "goals1": [{"name": "Ana", "minute": 45, "offset": 2}, {"name": "Bea", "minute": 118}],
        "goals2": [{"name": "Cleo", "minute": 50, "owngoal": true}],
    }]});
    std::fs::write(&file, cup.to_string()).unwrap();
    let args = ReplayArgs {
        file,
        format: ReplayFormat::Openfootball,
        teams: "North-South".into(),
        date: None,
        event: Some("cup-final".into()),
        url: server.url(),
        key: server.host().token().to_owned(),
        speed: 100_000.0,
        create: true,
    };
    replay::run(args.clone()).await.unwrap();
    let anybody = server.anybody();
    let event = anybody.get("/v1/events/cup-final").await.ok();
    assert_eq!(event["status"], "completed");
    let scoreboard = anybody.get("/v1/events/cup-final/contest").await.ok();
    assert_eq!(
        (points(&scoreboard), &scoreboard["result"]["winner_id"]),
        (vec![2, 1], &json!("north"))
    );
    assert_eq!(scoreboard["periods"].as_array().unwrap().len(), 4);

    // Once more changes nothing.
    let told = anybody.reads_log("cup-final").await.len();
    replay::run(args).await.unwrap();
    assert_eq!(anybody.reads_log("cup-final").await.len(), told);
}

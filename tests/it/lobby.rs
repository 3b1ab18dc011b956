//! The lobby: what is on, in a list and in a stream; what people follow, and their feed.

mod ends;
mod feed;
mod follows;
mod storm;
mod together;

use chrono::{TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, Frame, Seat, TestServer, soon};

/// Opens the lobby's stream, with its first words and the snapshot read.
async fn watches(who: &Actor, query: &str) -> (Seat, Value) {
    let mut seat = opens(who, query).await;
    let ready = seat.next().await.unwrap();
    assert_eq!(ready.event, "stream.ready", "{}", ready.json);
    let snapshot = seat.next().await.unwrap();
    assert_eq!(snapshot.event, "lobby.snapshot");
    (seat, snapshot.data()["events"].clone())
}

async fn opens(who: &Actor, query: &str) -> Seat {
    let request = who.request(Method::GET, &format!("/v1/lobby/stream{query}"));
    let response = soon("a stream", request.send()).await.expect("a stream");
    assert_eq!(response.status(), 200);
    Seat::new(response)
}

async fn lists(who: &Actor, query: &str) -> Vec<String> {
    slugs(&who.get(&format!("/v1/lobby{query}")).await.ok()["items"])
}

fn slugs(events: &Value) -> Vec<String> {
    let slug = |event: &Value| event["slug"].as_str().unwrap().to_owned();
    events.as_array().unwrap().iter().map(slug).collect()
}

fn points(event: &Value) -> Vec<i64> {
    let lines = event["score"].as_array().unwrap();
    lines.iter().map(|line| line["points"].as_i64().unwrap()).collect()
}

/// What a frame says of that event.
fn told<'a>(frame: &'a Frame, event: &str) -> Option<&'a Value> {
    let mut events = frame.data()["events"].as_array()?.iter();
    events.find(|told| told["id"] == event)
}

/// Waits until the stream has said something of that event.
async fn hears(seat: &mut Seat, what: &str, event: &str, fits: impl Fn(&Value) -> bool) -> Value {
    let fits = |frame: &Frame| frame.event == "lobby.changed" && told(frame, event).is_some_and(&fits);
    told(&seat.hears_that(what, fits).await, event).unwrap().clone()
}

async fn hears_gone(seat: &mut Seat, event: &str) {
    let went = |frame: &Frame| {
        let gone = frame.data()["gone"].as_array();
        frame.event == "lobby.changed" && gone.is_some_and(|gone| gone.contains(&json!(event)))
    };
    seat.hears_that("that it is gone", went).await;
}

fn hours_from_now(hours: i64) -> Value {
    json!((Utc::now() + TimeDelta::hours(hours)).to_rfc3339())
}

async fn makes(host: &Actor, slug: &str, mut fields: Value) -> String {
    fields["slug"] = json!(slug);
    host.creates_event(fields).await
}

async fn passes(host: &Actor, event: &str, verb: &str) {
    host.post(&format!("/v1/events/{event}/{verb}"), &Value::Null)
        .await
        .ok();
}

async fn reports(host: &Actor, event: &str, updates: Value) {
    let path = format!("/v1/events/{event}/contest/updates");
    host.post(&path, &json!({"source": "feed", "updates": updates}))
        .await
        .ok();
}

/// The kick-off, and a goal of the home side.
async fn scores(host: &Actor, event: &str) {
    let start = json!({"source_id": "1", "type": "period_start", "period": {"number": 1}});
    let goal = json!({"source_id": "2", "type": "goal", "participant_id": "home", "player": "Ana", "minute": 7});
    reports(host, event, json!([start, goal])).await;
}

#[tokio::test]
async fn the_lobby_lists_what_is_live_then_soon_then_just_over() {
    let server = TestServer::start().await;
    let (host, anybody) = (server.host(), server.anybody());
    let over = makes(&host, "over", json!({"kind": "mma"})).await;
    let live = makes(
        &host,
        "live",
        json!({"kind": "football", "title": "Bay Derby", "venue": "Ärena", "featured": true}),
    )
    .await;
    let paused = makes(
        &host,
        "paused",
        json!({"kind": "mma", "scheduled_at": hours_from_now(-1)}),
    )
    .await;
    makes(&host, "tonight", json!({"scheduled_at": hours_from_now(5)})).await;
    makes(&host, "soon", json!({"scheduled_at": hours_from_now(1)})).await;
    makes(&host, "far", json!({"scheduled_at": hours_from_now(50)})).await;
    makes(&host, "forgotten", json!({"scheduled_at": hours_from_now(-50)})).await;
    let secret = makes(&host, "secret", json!({"visibility": "private"})).await;
    for event in [&over, &live, &paused, &secret] {
        passes(&host, event, "start").await;
    }
    passes(&host, &over, "end").await;
    passes(&host, &paused, "pause").await;
    scores(&host, &live).await;

    let whole = anybody.get("/v1/lobby").await.ok();
    assert_eq!(slugs(&whole["items"]), ["live", "paused", "soon", "tonight", "over"]);
    let first = &whole["items"][0];
    assert_eq!((&first["id"], &first["status"]), (&json!(live), &json!("live")));
    assert_eq!((points(first), &first["clock"]["running"]), (vec![1, 0], &json!(true)));
    assert_eq!(
        (&first["period"]["number"], &first["featured"]),
        (&json!(1), &json!(true))
    );
    assert_eq!(first["participants"][0]["name"], "Home");
    assert_eq!(first["viewers"], json!({"connections": 0, "users": 0}));
    assert!(first["changed_at"].as_str() >= first["started_at"].as_str());
    assert_eq!(whole["items"][2].get("score"), None, "nothing to score");
    for (query, found) in [
        ("?status=scheduled", &["soon", "tonight"][..]),
        ("?status=completed,paused", &["paused", "over"]),
        ("?kind=mma", &["paused", "over"]),
        ("?q=bay%20d", &["live"]),
        ("?q=%C3%84RENA", &["live"]),
        ("?participant=home&kind=football", &["live"]),
        ("?participant=nobody", &[]),
        ("?q=%25", &[]),
        ("?limit=2", &["live", "paused"]),
        ("?status=cancelled", &[]),
    ] {
        assert_eq!(lists(&anybody, query).await, found, "{query}");
        if !query.contains("limit") {
            assert_eq!(slugs(&watches(&anybody, query).await.1), found, "{query}, as a stream");
        }
    }
    for query in [
        "?status=nonsense",
        "?kind=chess",
        "?limit=0",
        &format!("?q={}", "x".repeat(101)),
    ] {
        assert_eq!(anybody.get(&format!("/v1/lobby{query}")).await.status, 400, "{query}");
    }
    // Whoever could read it by its own address does not find it here either.
    assert_eq!(
        lists(&server.user("root", &["admin"]), "?q=secret").await,
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn goals_people_and_states_are_pushed() {
    let server = TestServer::start().await;
    let (host, anybody) = (server.host(), server.anybody());
    let event = makes(&host, "derby", json!({"kind": "football"})).await;
    let (mut seat, snapshot) = watches(&anybody, "").await;
    assert_eq!(
        (slugs(&snapshot), &snapshot[0]["status"]),
        (vec!["derby".to_owned()], &json!("scheduled"))
    );
    passes(&host, &event, "start").await;
    let live = hears(&mut seat, "the start", &event, |told| told["status"] == "live").await;
    assert!(live["started_at"].is_string());
    scores(&host, &event).await;
    let goal = hears(&mut seat, "the goal", &event, |told| points(told) == [1, 0]).await;
    assert!(goal["changed_at"].as_str() > live["changed_at"].as_str());
    let _ana = server.user("ana", &[]).watches(&event).await;
    let _stranger = anybody.watches(&event).await;
    let here = json!({"connections": 2, "users": 1});
    hears(&mut seat, "both of them", &event, |told| told["viewers"] == here).await;
    let another = makes(&host, "another", json!({"scheduled_at": hours_from_now(1)})).await;
    hears(&mut seat, "another", &another, |told| told["slug"] == "another").await;
    host.changes_event(&another, &json!({"scheduled_at": hours_from_now(60)}))
        .await;
    hears_gone(&mut seat, &another).await;
    host.changes_event(&event, &json!({"title": "The \u{2028}\"Derby\"\n"}))
        .await;
    hears(&mut seat, "its new name", &event, |told| told["title"] != "Test match").await;
    passes(&host, &event, "end").await;
    hears(&mut seat, "the end", &event, |told| told["status"] == "completed").await;
}

#[tokio::test]
async fn a_private_event_never_shows_and_a_public_one_made_private_goes() {
    let server = TestServer::start().await;
    let host = server.host();
    let secret = makes(&host, "secret", json!({"visibility": "private"})).await;
    let open = makes(&host, "open", json!({})).await;
    for event in [&secret, &open] {
        passes(&host, event, "start").await;
    }
    for who in [
        &server.anybody(),
        &host,
        &server.user("root", &["admin"]),
        &server.machine(&["admin"]).await,
    ] {
        let (mut seat, snapshot) = watches(who, "").await;
        assert_eq!(slugs(&snapshot), ["open"]);
        host.changes_event(&open, &json!({"visibility": "private"})).await;
        hears_gone(&mut seat, &open).await;
        host.changes_event(&open, &json!({"visibility": "public"})).await;
        let back = seat.next().await.unwrap();
        assert_eq!(slugs(&back.data()["events"]), ["open"]);
    }
    host.changes_event(&open, &json!({"visibility": "private"})).await;
    let (_, snapshot) = watches(&server.anybody(), "?q=o").await;
    let late = soon("the list without it", async {
        while !lists(&server.anybody(), "").await.is_empty() {}
    });
    late.await;
    drop(snapshot);
}

#[tokio::test]
async fn lines_are_what_the_data_of_events_would_be() {
    let server = TestServer::start().await;
    makes(&server.host(), "one", json!({"scheduled_at": hours_from_now(1)})).await;
    let anybody = server.anybody();
    let request = anybody.request(Method::GET, "/v1/lobby/stream?format=ndjson");
    let mut response = soon("a stream", request.send()).await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    let mut text = String::new();
    while text.lines().count() < 2 || !text.ends_with('\n') {
        let bytes = soon("bytes", response.chunk()).await.unwrap().unwrap();
        text.push_str(std::str::from_utf8(&bytes).unwrap());
    }
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (&lines[0]["type"], &lines[1]["type"]),
        (&json!("stream.ready"), &json!("lobby.snapshot"))
    );
    assert_eq!(slugs(&lines[1]["data"]["events"]), ["one"]);
}

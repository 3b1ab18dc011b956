//! What happens by itself: rooms open and close, events start and end; told once, whatever number of servers looks.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, FixedOffset, Utc};
use futures_util::future::join_all;
use grandstand::bus::LocalBus;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    postgres::{fresh_database, server_alone_at},
    support::{Actor, Frame, Process, Seat, TestServer, postgres, soon},
};

/// Too far off to matter before the test has set up what it needs.
const FAR: &str = "2099-01-01T00:00:00Z";

fn after(ms: i64) -> DateTime<Utc> {
    Utc::now() + chrono::Duration::milliseconds(ms)
}

/// Kinds of the entries that tell of time passing, in order.
async fn moments(who: &Actor, event: &str) -> Vec<String> {
    let kinds = [
        "room.opened",
        "event.started",
        "event.ended",
        "room.closed",
        "event.cancelled",
    ];
    let log = who.reads_log(event).await;
    let kind = |entry: &Value| entry["type"].as_str().unwrap().to_owned();
    log.iter()
        .map(kind)
        .filter(|kind| kinds.contains(&kind.as_str()))
        .collect()
}

/// The end of the log, as text: kinds only.
async fn last_kinds(who: &Actor, event: &str, count: usize) -> Vec<String> {
    let log = who.reads_log(event).await;
    let kind = |entry: &Value| entry["type"].as_str().unwrap().to_owned();
    log[log.len() - count..].iter().map(kind).collect()
}

async fn schedules(host: &Actor, event: &str, at: DateTime<Utc>) {
    host.changes_event(event, &json!({"scheduled_at": at.to_rfc3339()}))
        .await;
}

/// Hears that kind at its time.
async fn hears_at(seat: &mut Seat, kind: &str, from: DateTime<Utc>) -> Frame {
    let frame = seat.hears(kind).await;
    let at: DateTime<Utc> = frame.json["at"].as_str().unwrap().parse().unwrap();
    assert!(
        at >= from - chrono::Duration::milliseconds(1),
        "{kind} at {at}, not before {from}"
    );
    frame
}

const WHOLE: [&str; 4] = ["room.opened", "event.started", "event.ended", "room.closed"];

#[tokio::test]
async fn an_event_opens_starts_ends_and_closes_by_itself() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let settings = json!({
        "starts_by_itself": true, "opens_before_seconds": 2, "ends_after_seconds": 2, "closes_after_seconds": 2,
    });
    let event = hanna
        .creates_event(json!({"scheduled_at": FAR, "settings": settings}))
        .await;
    let kick_off = after(3_000);
    // Said as a clock on a wall in Kolkata shows it.
    let there = kick_off.with_timezone(&FixedOffset::east_opt(19_800).unwrap());
    hanna
        .changes_event(&event, &json!({"scheduled_at": there.to_rfc3339()}))
        .await;
    let mut seat = server.anybody().watches_with(&event, "?after=1", None).await;
    let a_while = chrono::Duration::seconds(2);
    hears_at(&mut seat, "room.opened", kick_off - a_while).await;
    ana.says(&event, "here we are").await;
    let live = hears_at(&mut seat, "event.started", kick_off).await;
    assert_eq!(live.data()["event"]["status"], "live");
    hears_at(&mut seat, "event.ended", kick_off + a_while).await;
    let closed = seat.hears("room.closed").await;
    let ended = ana.get(&format!("/v1/events/{event}")).await.ok();
    let ended_at: DateTime<Utc> = ended["ended_at"].as_str().unwrap().parse().unwrap();
    let closes_at: DateTime<Utc> = closed.data()["window"]["closes_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(
        (closes_at, &closed.data()["window"]["open"]),
        (ended_at + a_while, &json!(false))
    );
    let path = format!("/v1/events/{event}/messages");
    assert_eq!(
        ana.post(&path, &json!({"text": "hello?"})).await.refused(409),
        "room-not-open"
    );
    assert_eq!(moments(&ana, &event).await, WHOLE);
    let status = ana.get(&format!("/v1/events/{event}/status")).await.ok();
    assert_eq!(
        (&status["status"], &status["room"]["open"]),
        (&json!("completed"), &json!(false))
    );
    assert_eq!(status["room_settings"]["locked"], false);
}

#[tokio::test]
async fn a_room_follows_its_kick_off_and_its_event() {
    let server = TestServer::start().await;
    let hanna = server.host();
    let hours = |hours: i64| after(hours * 3_600_000);
    let event = hanna
        .creates_event(json!({"scheduled_at": hours(5).to_rfc3339()}))
        .await;
    assert_eq!(moments(&hanna, &event).await, [""; 0]);
    // Earlier, later, and a little earlier: told with the change.
    schedules(&hanna, &event, after(60_000)).await;
    assert_eq!(last_kinds(&hanna, &event, 2).await, ["event.updated", "room.opened"]);
    schedules(&hanna, &event, after(120_000)).await;
    assert_eq!(last_kinds(&hanna, &event, 1).await, ["event.updated"]);
    schedules(&hanna, &event, hours(5)).await;
    assert_eq!(last_kinds(&hanna, &event, 2).await, ["event.updated", "room.closed"]);
    schedules(&hanna, &event, hours(4)).await;
    assert_eq!(last_kinds(&hanna, &event, 1).await, ["event.updated"]);
    hanna
        .changes_event(&event, &json!({"settings": {"opens_before_seconds": 5 * 3_600}}))
        .await;
    assert_eq!(last_kinds(&hanna, &event, 2).await, ["event.updated", "room.opened"]);
    hanna
        .post(&format!("/v1/events/{event}/cancel"), &Value::Null)
        .await
        .ok();
    assert_eq!(last_kinds(&hanna, &event, 2).await, ["event.cancelled", "room.closed"]);

    // Its host starts before the time, and gives more time when it is over.
    let early = hanna
        .creates_event(json!({"scheduled_at": hours(5).to_rfc3339(), "settings": {"closes_after_seconds": 0}}))
        .await;
    for (verb, told) in [
        ("start", ["event.started", "room.opened"]),
        ("end", ["event.ended", "room.closed"]),
    ] {
        hanna
            .post(&format!("/v1/events/{early}/{verb}"), &Value::Null)
            .await
            .ok();
        assert_eq!(last_kinds(&hanna, &early, 2).await, told);
    }
    for (seconds, told) in [(3_600, "room.opened"), (0, "room.closed")] {
        hanna
            .changes_event(&early, &json!({"settings": {"closes_after_seconds": seconds}}))
            .await;
        assert_eq!(last_kinds(&hanna, &early, 2).await, ["event.updated", told]);
    }
    assert_eq!(
        moments(&hanna, &early).await,
        [
            "event.started",
            "room.opened",
            "event.ended",
            "room.closed",
            "room.opened",
            "room.closed"
        ]
    );
    // A start that is overdue when it is asked for happens with the asking.
    let now = hanna
        .creates_event(json!({"settings": {"starts_by_itself": true}}))
        .await;
    assert_eq!(last_kinds(&hanna, &now, 2).await, ["event.created", "event.started"]);
}

#[tokio::test]
async fn a_start_in_the_night_when_clocks_change_is_an_instant_like_any_other() {
    let server = TestServer::start().await;
    let hanna = server.host();
    for (local, instant, opens) in [
        (
            "2027-03-28T03:30:00+02:00",
            "2027-03-28T01:30:00.000Z",
            "2027-03-28T00:30:00.000Z",
        ),
        (
            "2027-03-28T01:30:00+01:00",
            "2027-03-28T00:30:00.000Z",
            "2027-03-27T23:30:00.000Z",
        ),
        (
            "2027-10-31T02:30:00+02:00",
            "2027-10-31T00:30:00.000Z",
            "2027-10-30T23:30:00.000Z",
        ),
        (
            "2027-10-31T02:30:00+01:00",
            "2027-10-31T01:30:00.000Z",
            "2027-10-31T00:30:00.000Z",
        ),
    ] {
        let event = hanna.creates_event(json!({"scheduled_at": local})).await;
        let status = hanna.get(&format!("/v1/events/{event}/status")).await.ok();
        assert_eq!(status["room"]["opens_at"], opens, "{local}");
        let read = hanna.get(&format!("/v1/events/{event}")).await.ok();
        assert_eq!(read["scheduled_at"], instant, "{local}");
    }
}

/// Ten events that go from opening to closing within some seconds.
async fn ten_short_events(host: &Actor) -> Vec<String> {
    let settings = json!({
        "starts_by_itself": true, "opens_before_seconds": 1, "ends_after_seconds": 1, "closes_after_seconds": 1,
    });
    let fields = json!({"scheduled_at": FAR, "settings": settings});
    let events = join_all((0..10).map(|_| host.creates_event(fields.clone()))).await;
    let at = after(2_500);
    join_all(events.iter().map(|event| schedules(host, event, at))).await;
    events
}

async fn each_is_told_once(who: &Actor, events: &[String]) {
    for event in events {
        let mut seat = who.watches_with(event, "?after=1", None).await;
        seat.hears("room.closed").await;
        assert_eq!(moments(who, event).await, WHOLE, "{event}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_tell_each_moment_once() {
    let url = fresh_database().await;
    let (one, two) = (server_alone_at(&url, |_| {}).await, server_alone_at(&url, |_| {}).await);
    let events = ten_short_events(&one.host()).await;
    each_is_told_once(&two.host(), &events).await;
    each_is_told_once(&one.host(), &events).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_server_would_have_told_the_other_tells_once() {
    let url = fresh_database().await;
    let dir = TempDir::new().unwrap();
    postgres::assign(dir.path(), &url);
    let one = Process::start(dir.path(), &[]).await;
    let two = server_alone_at(&url, |_| {}).await;
    let events = ten_short_events(&one.user("hanna", &["host"])).await;
    let mut seat = two.anybody().watches_with(&events[0], "?after=1", None).await;
    seat.hears("room.opened").await;
    one.gets_killed().await;
    each_is_told_once(&two.host(), &events).await;
}

#[tokio::test]
async fn what_came_due_while_nobody_was_there_happens_once_and_in_order() {
    let server = TestServer::start().await;
    let settings = json!({
        "starts_by_itself": true, "opens_before_seconds": 1, "ends_after_seconds": 2, "closes_after_seconds": 0,
    });
    let fields = json!({"scheduled_at": FAR, "settings": settings});
    let event = server.host().creates_event(fields).await;
    let due = after(4_000);
    schedules(&server.host(), &event, due).await;
    let dir = server.leave().await;
    let outage = (due - Utc::now()).to_std().unwrap_or_default() + Duration::from_millis(500);
    tokio::time::sleep(outage).await;
    let server = TestServer::start_on(Arc::clone(&dir), Arc::new(LocalBus::default()), |_| {}).await;
    let mut seat = server.anybody().watches_with(&event, "?after=1", None).await;
    seat.hears("event.started").await;
    let server = server.restart().await;
    let hanna = server.host();
    let over = async {
        while moments(&hanna, &event).await.len() < 4 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    soon("its end", over).await;
    let server = server.restart().await;
    assert_eq!(moments(&server.host(), &event).await, WHOLE);
}

#[tokio::test]
async fn events_from_before_are_read_and_seen_to_without_a_word() {
    let server = TestServer::start().await;
    let hanna = server.host();
    let open = hanna.starts_event("session").await;
    let over = hanna
        .creates_event(json!({"settings": {"closes_after_seconds": 0}}))
        .await;
    for verb in ["start", "end"] {
        hanna
            .post(&format!("/v1/events/{over}/{verb}"), &Value::Null)
            .await
            .ok();
    }
    let before = [moments(&hanna, &open).await, moments(&hanna, &over).await];
    // As an older server left them.
    let database = server.database().await;
    let cast = match database.get_database_backend() {
        sea_orm::DbBackend::Postgres => "::jsonb",
        _ => "",
    };
    let settings = json!({
        "opens_before_seconds": 3600, "closes_after_seconds": 0, "hold_messages": true, "edit_window_seconds": 300,
        "small_room_users": 50,
    });
    let sql =
        format!("UPDATE event SET due_ms = 0, room_open = NULL, room_told_ms = NULL, settings = '{settings}'{cast}");
    database.execute_unprepared(&sql).await.unwrap();
    let server = server.restart().await;
    let hanna = server.host();
    let room = hanna.get(&format!("/v1/events/{open}/room")).await.ok();
    assert_eq!(
        (&room["hold_messages"], &room["typing"], &room["locked"]),
        (&json!(true), &json!(true), &json!(false))
    );
    let noted = async {
        let sql = "SELECT id FROM event WHERE due_ms = 0 OR room_open IS NULL";
        let query = || sea_orm::Statement::from_string(database.get_database_backend(), sql);
        while !database.query_all_raw(query()).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    soon("a look at every event", noted).await;
    assert_eq!([moments(&hanna, &open).await, moments(&hanna, &over).await], before);
    // From then on it is told.
    hanna.post(&format!("/v1/events/{open}/end"), &Value::Null).await.ok();
    assert_eq!(last_kinds(&hanna, &open, 2).await, ["event.ended", "room.closed"]);
}

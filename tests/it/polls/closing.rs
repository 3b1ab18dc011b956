//! How polls end: once, by hand or by time, and no vote comes after.

use std::sync::Arc;

use futures_util::future::join_all;
use grandstand::bus::LocalBus;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{at, closes, opens, reads, standing, takes_back, told, votes};
use crate::support::{Actor, TestServer, server::database, soon};

/// How often the log says that the poll closed.
pub(super) async fn closings(reader: &Actor, event: &str, poll: &Value) -> usize {
    let log = reader.reads_log(event).await;
    let closings = log
        .iter()
        .filter(|entry| entry["type"] == "poll.closed" && entry["data"]["poll"]["id"] == poll["id"]);
    closings.count()
}

/// Another poll is opened for a moment and closes by time. Whatever was due before it is over by then.
pub(super) async fn time_passes(host: &Actor, event: &str) {
    let mut seat = host.watches(event).await;
    seat.hears("stream.snapshot").await;
    let poll = opens(host, event, json!({"open_for_seconds": 1})).await;
    seat.hears_that("the end of another poll", |frame| {
        frame.event == "poll.closed" && frame.data()["poll"]["id"] == poll["id"]
    })
    .await;
}

#[tokio::test]
async fn a_poll_closes_by_itself_once_with_every_vote_that_was_accepted() {
    let server = TestServer::start().await;
    let host = server.host();
    let event = host.starts_event("session").await;
    let mut seat = server.anybody().watches(&event).await;
    let poll = opens(&host, &event, json!({"open_for_seconds": 1})).await;
    // One after the other votes until it is too late.
    let crowd = (0..8).map(|number| {
        let (server, event, poll) = (&server, event.clone(), poll.clone());
        async move {
            for accepted in 0.. {
                let voter = server.user(&format!("voter{number}-{accepted}"), &[]);
                let reply = votes(&voter, &event, &poll, &[1 + accepted % 3]).await;
                if !reply.status.is_success() {
                    assert_eq!(reply.refused(409), "poll-closed");
                    return accepted;
                }
            }
            0
        }
    });
    let accepted: u32 = soon("the end", join_all(crowd)).await.iter().sum();
    let closed = seat.hears("poll.closed").await;
    let (voters, by_option) = standing(&closed.data()["poll"]);
    assert_eq!(
        (voters, by_option.iter().sum::<u64>()),
        (accepted.into(), accepted.into())
    );
    assert_eq!(
        closed.data()["poll"]["closed_at"],
        poll["closes_at"],
        "it was over at its time, whenever that was noticed"
    );
    let database = server.database().await;
    let sql = "SELECT COUNT(*) AS late FROM poll_vote JOIN poll ON poll.id = poll_id WHERE voted_ms >= closes_ms";
    let query = sea_orm::Statement::from_string(database.get_database_backend(), sql);
    let row = database.query_one_raw(query).await.unwrap().unwrap();
    assert_eq!(row.try_get::<i64>("", "late").unwrap(), 0);
    time_passes(&host, &event).await;
    assert_eq!(closings(&host, &event, &poll).await, 1);
    assert_eq!(closes(&host, &event, &poll).await, closed.data()["poll"]);
    assert_eq!(closings(&host, &event, &poll).await, 1);
}

#[tokio::test]
async fn a_poll_closed_early_by_hand_does_not_close_again_when_its_time_comes() {
    let server = TestServer::start().await;
    let host = server.host();
    let event = host.starts_event("session").await;
    let poll = opens(&host, &event, json!({"open_for_seconds": 1})).await;
    let void = opens(&host, &event, json!({"open_for_seconds": 1})).await;
    let closed = closes(&host, &event, &poll).await;
    assert!(closed["closed_at"].as_str() < closed["closes_at"].as_str());
    host.post(&format!("{}/retract", at(&event, &void)), &json!({}))
        .await
        .ok();
    time_passes(&host, &event).await;
    assert_eq!(closings(&host, &event, &poll).await, 1);
    assert_eq!(closings(&host, &event, &void).await, 0);
    assert_eq!(reads(&host, &event, &poll).await["closed_at"], closed["closed_at"]);
    assert_eq!(reads(&host, &event, &void).await["status"], "retracted");
}

#[tokio::test]
async fn late_by_one_moment_is_late_whoever_has_noticed() {
    let server = TestServer::start().await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let event = host.starts_event("session").await;
    let poll = opens(&host, &event, json!({"open_for_seconds": 600, "change_allowed": true})).await;
    votes(&ana, &event, &poll, &[1]).await.ok();
    let before = chrono::Utc::now().timestamp_millis();
    // Its time is over; whether anybody has noticed by now makes no difference.
    let database = server.database().await;
    let sql = format!("UPDATE poll SET closes_ms = {before}");
    database.execute_unprepared(&sql).await.unwrap();
    for reply in [
        votes(&server.user("ben", &[]), &event, &poll, &[1]).await,
        votes(&ana, &event, &poll, &[2]).await,
        takes_back(&ana, &event, &poll).await,
    ] {
        assert_eq!(reply.refused(409), "poll-closed");
    }
    // A repeat is not late: it was counted in time.
    votes(&ana, &event, &poll, &[1]).await.ok();
    let mut seat = host.resumes(&event, "1-0").await;
    let closed = seat.hears("poll.closed").await;
    assert_eq!(standing(&closed.data()["poll"]), (1, vec![1, 0, 0]));
}

#[tokio::test]
async fn a_poll_that_fell_due_while_nobody_was_there_closes_at_the_next_start() {
    let server = TestServer::start().await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let event = host.starts_event("session").await;
    let poll = opens(&host, &event, json!({"open_for_seconds": 3_600})).await;
    votes(&ana, &event, &poll, &[3]).await.ok();
    let dir = server.leave().await;
    let due = chrono::Utc::now().timestamp_millis();
    let database = database(dir.path()).await;
    let sql = format!("UPDATE poll SET closes_ms = {due}");
    database.execute_unprepared(&sql).await.unwrap();
    database.close().await.unwrap();

    let server = TestServer::start_on(dir, Arc::new(LocalBus::default()), |_| {}).await;
    let mut seat = server.host().resumes(&event, "1-0").await;
    let closed = seat.hears("poll.closed").await;
    assert_eq!(standing(&closed.data()["poll"]), (1, vec![0, 0, 1]));
    let server = server.restart().await;
    time_passes(&server.host(), &event).await;
    assert_eq!(closings(&server.host(), &event, &poll).await, 1);
}

#[tokio::test]
async fn votes_counted_and_not_told_are_told_after_a_restart() {
    let server = TestServer::start().await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let event = host.starts_event("session").await;
    let poll = opens(&host, &event, json!({})).await;
    votes(&ana, &event, &poll, &[2]).await.ok();
    let dir = server.leave().await;
    // As a crash between the count and the telling leaves it.
    let database = database(dir.path()).await;
    let sql = "UPDATE poll_option_total SET told_count = 0";
    database.execute_unprepared(sql).await.unwrap();
    let query = sea_orm::Statement::from_string(database.get_database_backend(), "SELECT public_seq FROM log_head");
    let row = database.query_one_raw(query).await.unwrap().unwrap();
    let head: i64 = row.try_get("", "public_seq").unwrap();
    database.close().await.unwrap();
    let server = TestServer::start_on(dir, Arc::new(LocalBus::default()), |_| {}).await;
    let anybody = server.anybody();
    let mut seat = anybody.watches_with(&event, &format!("?after={head}"), None).await;
    assert_eq!(told(&seat.hears("poll.changed").await, &poll), Some((1, vec![0, 1, 0])));
}

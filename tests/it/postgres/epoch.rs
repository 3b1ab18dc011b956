//! The database lost the end of a log, or has another one: nobody is told that all is well.

use std::sync::Arc;

use grandstand::bus::LocalBus;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use serde_json::json;

use super::{fresh_database, server_alone_at, server_at};
use crate::support::{Seat, TestServer, postgres};

/// Takes away what stands after a place in all logs, as a failover to a copy that lagged behind does.
async fn loses_what_came_after(database: &DatabaseConnection, seq: u64) {
    for sql in [
        format!("DELETE FROM log_entry WHERE seq > {seq}"),
        format!("DELETE FROM message WHERE seq > {seq}"),
        format!("UPDATE log_head SET public_seq = {seq}"),
    ] {
        database.execute_unprepared(&sql).await.unwrap();
    }
}

async fn epoch_of(database: &DatabaseConnection) -> i32 {
    let sql = sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, "SELECT epoch FROM log_head");
    let row = database.query_one_raw(sql).await.unwrap().unwrap();
    row.try_get("", "epoch").unwrap()
}

/// Hears that its past is over, and the state as it is now; gives its place.
async fn starts_afresh(seat: &mut Seat) -> String {
    let reset = seat.hears("stream.reset").await;
    assert_eq!(reset.data()["reason"], "epoch");
    seat.hears("stream.snapshot").await.id
}

async fn says(server: &TestServer, event: &str, from: u32, to: u32) {
    for number in from..to {
        server.user("ana", &[]).says(event, &format!("number {number}")).await;
    }
}

async fn everybody_starts_afresh(buses: [Arc<LocalBus>; 2]) {
    let url = fresh_database().await;
    let database = postgres::connect(&url).await;
    let [one, two] = buses;
    let servers = [server_at(&url, one, |_| {}).await, server_at(&url, two, |_| {}).await];
    let event = servers[0].host().starts_event("session").await;
    let mut seats = Vec::new();
    for server in &servers {
        seats.push(server.anybody().watches(&event).await);
        seats.push(server.host().watches(&event).await);
    }
    for seat in &mut seats {
        seat.hears("stream.snapshot").await;
    }
    says(&servers[0], &event, 3, 9).await;
    for seat in &mut seats {
        seat.entries_to(8).await;
    }
    loses_what_came_after(&database, 5).await;
    for seat in &mut seats {
        let place = starts_afresh(seat).await;
        assert!(place.starts_with("2-5"), "{place}");
    }
    assert_eq!(epoch_of(&database).await, 2, "once over all instances");
    // What is said from now on takes up the numbers again, in the new epoch.
    says(&servers[1], &event, 6, 8).await;
    for seat in &mut seats {
        let heard = seat.entries_to(7).await;
        assert_eq!(heard.len(), 2);
        assert!(heard[1].id.starts_with("2-7"), "{}", heard[1].id);
    }
    // Whoever was away meanwhile and knows only the old past is told, too.
    for server in &servers {
        for old in ["1-8", "1-7", "1-4"] {
            let mut seat = server.anybody().resumes(&event, old).await;
            let place = starts_afresh(&mut seat).await;
            assert!(place.starts_with("2-"), "{place}");
            // The state may be of a moment ago; then the rest follows.
            if place != "2-7" {
                assert_eq!(seat.entries_to(7).await.last().unwrap().id, "2-7");
            }
        }
        let mut seat = server.anybody().resumes(&event, "2-6").await;
        assert_eq!(seat.hears("message.created").await.id, "2-7");
        assert_eq!(seat.hears("stream.resumed").await.data()["to"], "2-7");
    }
    assert_eq!(epoch_of(&database).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_end_of_a_log_is_lost_everybody_starts_afresh_in_a_new_epoch() {
    everybody_starts_afresh([Arc::default(), Arc::default()]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_with_instances_that_hear_each_other() {
    let bus = LocalBus::default();
    everybody_starts_afresh([Arc::new(bus.neighbour()), Arc::new(bus)]).await;
}

#[tokio::test]
async fn what_is_said_before_anybody_has_noticed_is_in_the_new_epoch_already() {
    let url = fresh_database().await;
    let database = postgres::connect(&url).await;
    // No sweep: the writer is the first to know.
    let server = server_alone_at(&url, |config| config.stream.sweep_ms = 3_600_000).await;
    let event = server.host().starts_event("session").await;
    let mut seat = server.anybody().watches(&event).await;
    seat.hears("stream.snapshot").await;
    says(&server, &event, 3, 9).await;
    seat.entries_to(8).await;
    loses_what_came_after(&database, 5).await;
    let said = server.user("ana", &[]).says(&event, "again").await;
    assert_eq!(said["seq"], 6);
    let place = starts_afresh(&mut seat).await;
    assert_eq!(place, "2-6");
    says(&server, &event, 7, 8).await;
    assert_eq!(seat.hears("message.created").await.id, "2-7");
}

#[tokio::test]
async fn another_past_of_the_same_length_is_noticed_after_the_database_was_away() {
    let url = fresh_database().await;
    let database = postgres::connect(&url).await;
    let server = server_alone_at(&url, |_| {}).await;
    // It sits in no room, so it knows no past.
    let stranger = server_alone_at(&url, |config| config.stream.sweep_ms = 3_600_000).await;
    let event = server.host().starts_event("session").await;
    let mut seat = server.anybody().watches(&event).await;
    seat.hears("stream.snapshot").await;
    says(&server, &event, 3, 6).await;
    seat.entries_to(5).await;
    // Nobody sees the new past over an old connection.
    let rewrite = "BEGIN; UPDATE log_entry SET at_ms = at_ms + 1000 WHERE seq > 3; \
                   SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'grandstand' \
                   AND datname = current_database(); COMMIT";
    database.execute_unprepared(rewrite).await.unwrap();
    says(&stranger, &event, 6, 7).await;
    let place = starts_afresh(&mut seat).await;
    assert_eq!(place, "2-6");
    let state = server.anybody().get(&format!("/v1/events/{event}/snapshot")).await.ok();
    assert_eq!(state["messages"].as_array().unwrap().len(), 4);
    assert_eq!(state["cursor"], json!("2-6"));
    assert_eq!(epoch_of(&database).await, 2);
}

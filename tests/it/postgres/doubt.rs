//! Nobody knows whether it was committed: said so, and harmless to repeat.

use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{
    fresh_database, server_alone_at,
    wire::{Cut, Wire},
};
use crate::support::postgres;

fn port_of(url: &str) -> u16 {
    let (_, rest) = url.rsplit_once(':').unwrap();
    rest.split_once('/').unwrap().0.parse().unwrap()
}

#[tokio::test]
async fn a_commit_without_an_answer_is_said_to_be_unknown_and_repeating_says_it_once() {
    let url = fresh_database().await;
    let wire = Wire::to(port_of(&url)).await;
    let through_wire = url.replace(&format!(":{}/", port_of(&url)), &format!(":{}/", wire.port()));
    let server = server_alone_at(&through_wire, |_| {}).await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let event = host.starts_event("session").await;
    ana.says(&event, "the door knows ana").await;
    let mut seat = server.anybody().watches(&event).await;
    seat.hears("stream.snapshot").await;
    let path = format!("/v1/events/{event}/messages");
    for (number, cut) in (0..).zip([Cut::BeforeCommit, Cut::AfterCommit, Cut::AfterCommit, Cut::BeforeCommit]) {
        let body = json!({"text": format!("number {number}"), "client_id": format!("c{number}")});
        wire.breaks(cut);
        let reply = ana.post(&path, &body).await;
        assert_eq!(reply.refused(503), "outcome-unknown", "{cut:?}");
        assert!(reply.header("retry-after").parse::<u32>().unwrap() >= 1);
        let said = ana.post(&path, &body).await.ok();
        assert_eq!(said["seq"], 4 + number, "{cut:?}");
        // Whoever was committed without anybody knowing is found by the sweep.
        let heard = seat.hears("message.created").await;
        assert_eq!(heard.data()["message"]["id"], said["id"]);
    }
    assert_eq!(host.reads_log(&event).await.len(), 3 + 4);
}

#[tokio::test]
async fn connections_that_the_database_ended_are_replaced_and_nobody_notices() {
    let url = fresh_database().await;
    let server = server_alone_at(&url, |_| {}).await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let event = host.starts_event("session").await;
    let admin = postgres::connect(&url).await;
    let path = format!("/v1/events/{event}/messages");
    for number in 0..5 {
        ana.says(&event, &format!("number {number}")).await;
        ana.get(&path).await.ok();
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'grandstand' \
                   AND datname = current_database()";
        admin.execute_unprepared(end).await.unwrap();
        ana.get(&path).await.ok();
    }
    assert_eq!(host.reads_log(&event).await.len(), 2 + 5);
}

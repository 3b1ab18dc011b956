//! What happens to open streams when somebody's rights change.

use reqwest::Method;
use serde_json::json;

use crate::support::{Seat, TestServer};

#[tokio::test]
async fn who_loses_membership_hears_bye_and_is_not_let_in_again() {
    let server = TestServer::start().await;
    let (hanna, mel) = (server.host(), server.user("mel", &[]));
    let event = hanna.creates_event(json!({"visibility": "private"})).await;
    hanna.appoints(&event, "mel", "member").await;
    let mut seat = mel.watches(&event).await;
    assert_eq!(seat.hears("stream.ready").await.data()["role"], "member");
    hanna.delete(&format!("/v1/events/{event}/members/mel")).await.ok();
    let bye = seat.hears("stream.bye").await;
    assert_eq!(bye.data()["reason"], "role-changed");
    assert!(seat.next().await.is_none());
    let again = mel.get(&format!("/v1/events/{event}/stream")).await;
    assert_eq!(again.refused(404), "event-not-found");
}

#[tokio::test]
async fn who_loses_membership_while_coming_in_does_not_stay() {
    let server = TestServer::start().await;
    let (hanna, mel) = (server.host(), server.user("mel", &[]));
    let event = hanna.creates_event(json!({"visibility": "private"})).await;
    let (member, stream) = (
        format!("/v1/events/{event}/members/mel"),
        format!("/v1/events/{event}/stream"),
    );
    for _ in 0..50 {
        hanna.appoints(&event, "mel", "member").await;
        let opening = mel.request(Method::GET, &stream).send();
        let (opened, dismissed) = tokio::join!(opening, hanna.delete(&member));
        dismissed.ok();
        let opened = opened.unwrap();
        if opened.status() == 200 {
            assert_eq!(
                Seat::new(opened).hears("stream.bye").await.data()["reason"],
                "role-changed"
            );
        } else {
            assert_eq!(opened.status(), 404);
        }
        assert_eq!(mel.get(&stream).await.refused(404), "event-not-found");
    }
}

#[tokio::test]
async fn an_event_made_private_is_left_by_those_who_may_not_stay() {
    let server = TestServer::start().await;
    let (hanna, vera) = (server.host(), server.user("vera", &[]));
    let event = hanna.starts_event("session").await;
    let mut seats = [vera.watches(&event).await, server.anybody().watches(&event).await];
    let edit = hanna.request(Method::PATCH, &format!("/v1/events/{event}"));
    let edit = edit.header("If-Match", "*").json(&json!({"visibility": "private"}));
    hanna.send(edit).await.ok();
    hanna.says(&event, "among us").await;
    for seat in &mut seats {
        loop {
            let frame = seat.next().await.expect("a bye comes before the end");
            assert_ne!(frame.event, "message.created", "not for these ears");
            if frame.event == "stream.bye" {
                break;
            }
        }
    }
    assert_eq!(
        vera.get(&format!("/v1/events/{event}/stream")).await.refused(404),
        "event-not-found"
    );
}

#[tokio::test]
async fn a_new_moderator_comes_back_with_what_moderators_see() {
    let server = TestServer::start().await;
    let (hanna, mo) = (server.host(), server.user("mo", &[]));
    let event = hanna.starts_event("session").await;
    let mut seat = mo.watches(&event).await;
    assert!(seat.hears("stream.snapshot").await.data().get("held").is_none());
    hanna.appoints(&event, "mo", "moderator").await;
    let bye = seat.hears("stream.bye").await;
    assert_eq!(
        (&bye.data()["reason"], &bye.data()["reconnect"]),
        (&json!("role-changed"), &json!(true))
    );
    let mut seat = mo.watches(&event).await;
    assert_eq!(seat.hears("stream.ready").await.data()["role"], "moderator");
    assert_eq!(seat.hears("stream.snapshot").await.data()["held"], json!([]));
}

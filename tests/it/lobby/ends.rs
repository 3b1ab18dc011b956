//! Who may watch, how many, and how it ends.

use grandstand::config::Config;
use reqwest::Method;
use serde_json::{Value, json};

use super::{lists, makes, opens, watches};
use crate::support::{Actor, TestServer, soon};

/// The reason of the stream's only words.
async fn turned_away(who: &Actor, query: &str) -> Value {
    let mut seat = opens(who, query).await;
    let bye = seat.next().await.unwrap();
    assert_eq!(bye.event, "stream.bye", "{}", bye.json);
    assert!(bye.retry.is_some() && seat.next().await.is_none());
    bye.data()["reason"].clone()
}

#[tokio::test]
async fn first_words_say_who_you_are_and_how_often_the_heart_beats() {
    let server = TestServer::start_with(|config| config.stream.heartbeat_ms = 100).await;
    let mut seat = opens(&server.user("ana", &[]), "").await;
    let ready = seat.next().await.unwrap();
    assert_eq!(
        (ready.event.as_str(), &ready.data()["user"]["id"]),
        ("stream.ready", &json!("ana"))
    );
    assert_eq!(ready.data()["heartbeat_ms"], 100);
    assert!(ready.retry.is_some());
    seat.hears("lobby.snapshot").await;
    for _ in 0..3 {
        assert!(seat.hears("stream.heartbeat").await.data()["time"].is_string());
    }
    let mut seat = opens(&server.anybody(), "").await;
    assert_eq!(seat.next().await.unwrap().data().get("user"), None);
}

#[tokio::test]
async fn strangers_read_where_the_house_lets_them_and_tickets_for_events_open_nothing_here() {
    let server = TestServer::start_with(|config| config.auth.anonymous_read = false).await;
    let (ana, anybody) = (server.user("ana", &[]), server.anybody());
    for path in ["/v1/lobby", "/v1/lobby/stream"] {
        assert_eq!(anybody.get(path).await.refused(401), "unauthenticated");
    }
    assert_eq!(lists(&ana, "").await, Vec::<String>::new());
    watches(&ana, "").await;
    let event = makes(&server.host(), "one", json!({})).await;
    let made = ana
        .post(&format!("/v1/events/{event}/stream-tickets"), &Value::Null)
        .await
        .ok();
    let path = format!("/v1/lobby/stream?ticket={}", made["ticket"].as_str().unwrap());
    assert_eq!(anybody.get(&path).await.refused(401), "token-invalid");
    assert_eq!(server.bearing("nonsense").get("/v1/lobby/stream").await.status, 401);
}

#[tokio::test]
async fn streams_of_the_lobby_and_of_events_count_against_one_limit() {
    let few = |config: &mut Config| config.stream.max_seats_per_user = 2;
    let server = TestServer::start_with(few).await;
    let ana = server.user("ana", &[]);
    let event = server.host().starts_event("session").await;
    let (first, _) = watches(&ana, "").await;
    let _second = ana.watches(&event).await;
    assert_eq!(turned_away(&ana, "").await, "too-many-connections");
    drop(first);
    let let_in = async {
        while opens(&ana, "").await.next().await.unwrap().event == "stream.bye" {
            tokio::task::yield_now().await;
        }
    };
    soon("room for another", let_in).await;
}

#[tokio::test]
async fn so_many_look_for_words_of_their_own_and_the_others_are_not_in_their_way() {
    let server = TestServer::start().await;
    let anybody = server.anybody();
    let mut seats = Vec::new();
    for number in 0..64 {
        seats.push(watches(&anybody, &format!("?q=word{number}")).await.0);
    }
    assert_eq!(turned_away(&anybody, "?q=another").await, "overloaded");
    assert_eq!(turned_away(&anybody, "?participant=another").await, "overloaded");
    // One of those that are there already, whatever its case; and what needs no words.
    for query in ["?q=WORD7%20", "", "?kind=mma&status=live", "?q="] {
        watches(&anybody, query).await;
    }
    drop(seats.pop());
    let let_in = async {
        while opens(&anybody, "?q=another").await.next().await.unwrap().event == "stream.bye" {
            tokio::task::yield_now().await;
        }
    };
    soon("room for other words", let_in).await;
}

#[tokio::test]
async fn whoever_watches_hears_why_it_ends() {
    let mut server = TestServer::start().await;
    let exp = chrono::Utc::now().timestamp() + 2;
    let (mut short, _) = watches(&server.user_with("ben", &json!({"exp": exp})), "").await;
    let bye = short.hears("stream.bye").await;
    assert_eq!(
        (&bye.data()["reason"], &bye.data()["reconnect"]),
        (&json!("token-expired"), &json!(false))
    );
    assert!(short.next().await.is_none());

    let (mut banned, _) = watches(&server.user("cem", &[]), "").await;
    let ban = json!({"user_id": "cem", "kind": "ban", "reason": "spam"});
    server.user("root", &["admin"]).post("/v1/sanctions", &ban).await.ok();
    assert_eq!(banned.hears("stream.bye").await.data()["reason"], "banned");

    let mut seats = Vec::new();
    for _ in 0..20 {
        seats.push(watches(&server.anybody(), "").await.0);
    }
    server.is_told_to_stop();
    for seat in &mut seats {
        let bye = seat.hears("stream.bye").await;
        assert_eq!(
            (&bye.data()["reason"], &bye.data()["reconnect"]),
            (&json!("shutdown"), &json!(true))
        );
        assert!(seat.next().await.is_none());
    }
    server.shut_down().await;
}

#[tokio::test]
async fn nothing_but_get_is_answered() {
    let server = TestServer::start().await;
    let anybody = server.anybody();
    for method in [Method::POST, Method::DELETE] {
        let reply = anybody.send(anybody.request(method, "/v1/lobby/stream")).await;
        assert_eq!((reply.status.as_u16(), reply.header("allow")), (405, "GET, HEAD"));
    }
}

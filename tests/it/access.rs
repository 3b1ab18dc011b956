//! Who may do what: the whole table, over the wire.

mod changes;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Actor, TestServer,
    server::{token, token_signed},
};

/// What somebody does, the answers in the order of [`Cast::all`], and the body.
struct Row {
    act: &'static str,
    method: Method,
    path: String,
    body: Value,
    answers: &'static str,
}

struct Cast(Vec<(&'static str, Actor)>);

const CAST: [&str; 16] = [
    "anonymous",
    "guest",
    "user",
    "member",
    "event moderator",
    "event host",
    "global moderator",
    "host elsewhere",
    "admin",
    "key: read",
    "key: ingest",
    "key: moderate",
    "key: admin",
    "expired",
    "forged",
    "other audience",
];

impl Cast {
    async fn of(server: &TestServer, host: &Actor, events: &[&str]) -> Self {
        for event in events {
            for (user, role) in [("mel", "member"), ("mo", "moderator"), ("hugo", "host")] {
                host.appoints(event, user, role).await;
            }
        }
        let now = chrono::Utc::now().timestamp();
        let forged = token_signed("another secret, long enough to be one, but not ours", "eve", &json!({}));
        let actors = [
            server.anybody(),
            server.guest("Gus").await,
            server.user("ulla", &[]),
            server.user("mel", &[]),
            server.user("mo", &[]),
            server.user("hugo", &[]),
            server.user("greta", &["moderator"]),
            server.user("other", &["host"]),
            server.user("root", &["admin"]),
            server.machine(&["read"]).await,
            server.machine(&["ingest"]).await,
            server.machine(&["moderate"]).await,
            server.machine(&["admin"]).await,
            server.bearing(&token("old", &json!({"exp": now - 3_600}))),
            server.bearing(&forged),
            server.bearing(&token("aud", &json!({"aud": "shop"}))),
        ];
        Self(CAST.into_iter().zip(actors).collect())
    }

    async fn plays(&self, row: &Row) {
        let answers: Vec<u16> = row
            .answers
            .split_whitespace()
            .map(|word| word.parse().unwrap())
            .collect();
        assert_eq!(answers.len(), self.0.len(), "{}", row.act);
        for ((who, actor), expected) in self.0.iter().zip(answers) {
            let mut request = actor.request(row.method.clone(), &row.path).header("If-Match", "*");
            if !row.body.is_null() {
                request = request.json(&row.body);
            }
            let reply = actor.send(request).await;
            assert_eq!(
                reply.status.as_u16(),
                expected,
                "{who} wants to {}: {}",
                row.act,
                reply.text
            );
            let code = match (*who, expected) {
                ("expired", 401) => "token-expired",
                ("forged" | "other audience", 401) => "token-invalid",
                (_, 401) => "unauthenticated",
                (_, 403) => "forbidden",
                (_, 404) => "event-not-found",
                (_, 409) => "illegal-transition",
                _ => continue,
            };
            assert_eq!(reply.refused(expected), code, "{who} wants to {}", row.act);
            let challenged = !reply.header("www-authenticate").is_empty();
            assert_eq!(challenged, expected == 401, "{who} is told how to sign in");
        }
    }
}

fn row(act: &'static str, method: Method, path: String, body: Value, answers: &'static str) -> Row {
    Row {
        act,
        method,
        path,
        body,
        answers,
    }
}

#[tokio::test]
async fn everybody_may_do_in_a_public_event_what_the_table_says() {
    let server = TestServer::start().await;
    let hanna = server.host();
    let event = hanna.starts_event("football").await;
    let (plain, doomed) = (hanna.says(&event, "plain").await, hanna.says(&event, "doomed").await);
    let held = holds_one(&server, &hanna, &event).await;
    let cast = Cast::of(&server, &hanna, &[&event]).await;
    let at = |rest: &str| format!("/v1/events/{event}{rest}");
    let of = |message: &Value, rest: &str| at(&format!("/messages/{}{rest}", message["id"].as_str().unwrap()));
    let clock =
        json!({"source": "s", "updates": [{"source_id": "1", "type": "clock", "running": false, "elapsed_ms": 0}]});
    let (get, put, post) = (Method::GET, Method::PUT, Method::POST);
    #[rustfmt::skip]
    let table = [
        //                                                                           ano gue use mem mod hos gmo els adm rea ing mod adm exp for aud
        row("read",     get.clone(), at(""), Value::Null,                           "200 200 200 200 200 200 200 200 200 200 200 200 200 401 401 401"),
        row("listen",   get.clone(), at("/stream?poll=1"), Value::Null,             "200 200 200 200 200 200 200 200 200 200 200 200 200 401 401 401"),
        row("look back", get.clone(), at("/messages"), Value::Null,                 "200 200 200 200 200 200 200 200 200 200 200 200 200 401 401 401"),
        row("list",     get.clone(), "/v1/events".into(), Value::Null,              "200 200 200 200 200 200 200 200 200 200 200 200 200 401 401 401"),
        row("post",     post.clone(), at("/messages"), json!({"text": "hi"}),       "401 201 201 201 201 201 201 201 201 403 403 403 403 401 401 401"),
        row("react",    put.clone(), of(&plain, "/reactions/%E2%9D%A4"), Value::Null, "401 200 200 200 200 200 200 200 200 403 403 403 403 401 401 401"),
        row("applaud",  post.clone(), at("/applause"), json!({"kind": "wow"}),      "200 200 200 200 200 200 200 200 200 200 200 200 200 401 401 401"),
        row("take a ticket", post.clone(), at("/stream-tickets"), Value::Null,      "401 201 201 201 201 201 201 201 201 403 403 403 403 401 401 401"),
        row("pin",      put.clone(), of(&plain, "/pin"), Value::Null,               "401 403 403 403 200 200 200 403 200 403 403 200 200 401 401 401"),
        row("hide",     post.clone(), of(&doomed, "/hide"), Value::Null,            "401 403 403 403 200 200 200 403 200 403 403 200 200 401 401 401"),
        row("delete another's", Method::DELETE, of(&plain, ""), Value::Null,        "401 403 403 403 204 204 204 403 204 403 403 403 403 401 401 401"),
        row("see what is held", get.clone(), at("/messages/held"), Value::Null,     "401 403 403 403 200 200 200 403 200 403 403 200 200 401 401 401"),
        row("release",  post.clone(), of(&held, "/release"), Value::Null,           "401 403 403 403 200 200 200 403 200 403 403 200 200 401 401 401"),
        row("see members", get.clone(), at("/members"), Value::Null,                "401 403 403 403 200 200 200 403 200 403 403 200 200 401 401 401"),
        row("appoint",  put.clone(), at("/members/new"), json!({"role": "member"}), "401 403 403 403 403 204 403 403 204 403 403 403 204 401 401 401"),
        row("edit the event", Method::PATCH, at(""), json!({"venue": "Hall"}),      "401 403 403 403 403 200 403 403 200 403 403 403 200 401 401 401"),
        row("start",    post.clone(), at("/start"), Value::Null,                    "401 403 403 403 403 409 403 403 409 403 403 403 409 401 401 401"),
        row("report",   post.clone(), at("/contest/updates"), clock,                "401 403 403 403 403 200 403 403 200 403 200 403 200 401 401 401"),
        row("see keys", get.clone(), "/v1/keys".into(), Value::Null,                "401 403 403 403 403 403 403 403 200 403 403 403 200 401 401 401"),
        row("make keys", post.clone(), "/v1/keys".into(), json!({"name": "k", "scopes": ["read"]}), "401 403 403 403 403 403 403 403 201 403 403 403 201 401 401 401"),
    ];
    for row in &table {
        cast.plays(row).await;
    }
}

/// A message that waits for a moderator.
async fn holds_one(server: &TestServer, host: &Actor, event: &str) -> Value {
    let path = format!("/v1/events/{event}");
    for hold in [true, false] {
        let edit = host.request(Method::PATCH, &path).header("If-Match", "*");
        host.send(edit.json(&json!({"settings": {"hold_messages": hold}})))
            .await
            .ok();
        if hold {
            server.user("waits", &[]).says(event, "held").await;
        }
    }
    host.get(&format!("{path}/messages/held")).await.ok()["items"][0].clone()
}

#[tokio::test]
async fn a_private_event_does_not_exist_for_outsiders() {
    let server = TestServer::start().await;
    let hanna = server.host();
    let event = hanna
        .creates_event(json!({"kind": "football", "visibility": "private"}))
        .await;
    let cast = Cast::of(&server, &hanna, &[&event]).await;
    let at = |rest: &str| format!("/v1/events/{event}{rest}");
    let (get, post) = (Method::GET, Method::POST);
    #[rustfmt::skip]
    let table = [
        //                                                                     ano gue use mem mod hos gmo els adm rea ing mod adm exp for aud
        row("read",    get.clone(), at(""), Value::Null,                       "401 404 404 200 200 200 200 404 200 200 404 200 200 401 401 401"),
        row("listen",  get.clone(), at("/stream?poll=1"), Value::Null,         "401 404 404 200 200 200 200 404 200 200 404 200 200 401 401 401"),
        row("read the log", get.clone(), at("/log"), Value::Null,              "401 404 404 200 200 200 200 404 200 200 404 200 200 401 401 401"),
        row("see who is here", get.clone(), at("/participants"), Value::Null,  "401 404 404 200 200 200 200 404 200 200 404 200 200 401 401 401"),
        row("see the score", get.clone(), at("/contest"), Value::Null,         "401 404 404 200 200 200 200 404 200 200 404 200 200 401 401 401"),
        row("post",    post.clone(), at("/messages"), json!({"text": "hi"}),   "401 404 404 201 201 201 201 404 201 403 404 403 403 401 401 401"),
        row("applaud", post.clone(), at("/applause"), json!({"kind": "wow"}),  "401 404 404 200 200 200 200 404 200 200 404 200 200 401 401 401"),
        row("take a ticket", post.clone(), at("/stream-tickets"), Value::Null, "401 404 404 201 201 201 201 404 201 403 403 403 403 401 401 401"),
    ];
    for row in &table {
        cast.plays(row).await;
    }
    // Lists show it to those it exists for, and to nobody else.
    for ((who, actor), row) in cast.0.iter().zip(table[0].answers.split(' ')).take(13) {
        let listed = actor.get("/v1/events").await.ok();
        assert_eq!(!listed["items"].as_array().unwrap().is_empty(), row == "200", "{who}");
    }
}

#[tokio::test]
async fn without_anonymous_reading_strangers_are_asked_to_sign_in() {
    let server = TestServer::start_with(|config| config.auth.anonymous_read = false).await;
    let event = server.host().starts_event("session").await;
    let path = format!("/v1/events/{event}");
    for path in [
        path.clone(),
        format!("{path}/stream"),
        format!("{path}/log"),
        "/v1/events".into(),
    ] {
        assert_eq!(server.anybody().get(&path).await.refused(401), "unauthenticated");
        if !path.ends_with("stream") {
            server.user("vera", &[]).get(&path).await.ok();
        }
    }
    let clap = server
        .anybody()
        .post(&format!("{path}/applause"), &json!({"kind": "wow"}))
        .await;
    assert_eq!(clap.refused(401), "unauthenticated");
}

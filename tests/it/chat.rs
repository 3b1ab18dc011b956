//! Saying things: what is taken, what is refused, and that a send happens once.

mod held;
mod history;
mod hostile;
mod search;
mod threads;

use std::collections::BTreeSet;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Actor, Reply, Seat, TestServer, soon};

fn messages(event: &str) -> String {
    format!("/v1/events/{event}/messages")
}

/// The path of one message.
fn at(event: &str, message: &Value, rest: &str) -> String {
    format!("/v1/events/{event}/messages/{}{rest}", message["id"].as_str().unwrap())
}

async fn says_plainly(who: &Actor, event: &str, kind: &str, body: impl Into<reqwest::Body>) -> Reply {
    let request = who.request(Method::POST, &messages(event));
    who.send(request.header("Content-Type", kind).body(body)).await
}

/// The texts of created messages, up to the one with that text.
async fn hears_up_to(seat: &mut Seat, last: &str) -> Vec<String> {
    let mut texts = Vec::new();
    loop {
        let heard = seat.hears("message.created").await;
        let text = heard.data()["message"]["text"].as_str().unwrap().to_owned();
        if text == last {
            return texts;
        }
        texts.push(text);
    }
}

#[tokio::test]
async fn a_message_is_json_or_plain_text_and_carries_its_author() {
    let server = TestServer::start().await;
    let event = server.host().starts_event("session").await;
    let claims = json!({"name": "Ana", "badges": ["VERIFIED"], "picture": "https://example.org/a.png"});
    let ana = server.user_with("ana", &claims);
    let mut seat = server.anybody().watches(&event).await;
    let posted = ana.post(&messages(&event), &json!({"text": "hello"})).await;
    assert_eq!(posted.status, 201);
    let author = json!({"id": "ana", "name": "Ana", "avatar_url": "https://example.org/a.png", "badges": ["VERIFIED"]});
    assert_eq!(
        (&posted.body["author"], &posted.body["status"]),
        (&author, &json!("active"))
    );
    assert_eq!(seat.hears("message.created").await.data()["message"], posted.body);

    for kind in ["text/plain", "text/plain; charset=utf-8"] {
        assert_eq!(
            says_plainly(&ana, &event, kind, "größe & <b>").await.ok()["text"],
            "größe & <b>"
        );
    }
    let form = says_plainly(&ana, &event, "application/x-www-form-urlencoded", "text=hi").await;
    assert_eq!(form.refused(415), "unsupported-media-type");
    assert_eq!(
        says_plainly(&ana, &event, "text/plain", vec![0xff, 0xfe]).await.status,
        400
    );
    assert_eq!(
        says_plainly(&ana, &event, "application/json", "{\"text\":")
            .await
            .refused(400),
        "invalid-request"
    );
}

#[tokio::test]
async fn text_is_made_tidy_or_refused() {
    let server = TestServer::start().await;
    let event = server.host().starts_event("session").await;
    let ana = server.user("ana", &[]);
    let (full, wide) = ("x".repeat(4_096), "é".repeat(2_048));
    for (text, stored) in [
        ("  hi \n", "hi"),
        ("cafe\u{301}", "café"),
        ("a\r\nb\rc\u{2028}d", "a\nb\nc\nd"),
        ("\u{202e}live\u{2066}evil\u{feff}", "liveevil"),
        ("👨\u{200d}👩\u{200d}👧", "👨\u{200d}👩\u{200d}👧"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        (full.as_str(), full.as_str()),
        (wide.as_str(), wide.as_str()),
    ] {
        assert_eq!(ana.says(&event, text).await["text"], stored, "{text:?}");
        assert_eq!(
            says_plainly(&ana, &event, "text/plain", text.to_owned()).await.ok()["text"],
            stored,
            "{text:?}"
        );
    }
    let (long, wide, lines) = ("x".repeat(4_097), "é".repeat(2_049), "a\n".repeat(101) + "a");
    for text in [
        "",
        "  ",
        "\u{200b}",
        "a\u{0}",
        "a\u{1b}[31m",
        "\u{fdd0}",
        &long,
        &wide,
        &lines,
    ] {
        let as_json = ana.post(&messages(&event), &json!({"text": text})).await;
        let as_text = says_plainly(&ana, &event, "text/plain", text.to_owned()).await;
        for refused in [as_json, as_text] {
            assert_eq!(refused.refused(422), "invalid-content", "{text:.20?}");
            assert_eq!(
                refused.body["errors"][0]["pointer"], "/text",
                "{text:.20?}: {}",
                refused.text
            );
        }
    }
    let huge = ana
        .post(&messages(&event), &json!({"text": "x".repeat(2_000_000)}))
        .await;
    assert_eq!(huge.refused(413), "payload-too-large");
    assert_eq!(
        hanna_reads(&server, &event).await.len(),
        16,
        "what was refused was not said"
    );
}

async fn hanna_reads(server: &TestServer, event: &str) -> Vec<Value> {
    let page = server.host().get(&format!("{}?limit=200", messages(event))).await.ok();
    page["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn the_same_send_twice_is_one_message_and_the_same_answer() {
    let server = TestServer::start().await;
    let event = server.host().starts_event("session").await;
    let (ana, ben) = (server.user("ana", &[]), server.user("ben", &[]));
    let send = json!({"text": "hi", "client_id": "c1"});
    let first = ana.post(&messages(&event), &send).await;
    assert_eq!((first.status.as_u16(), &first.body["client_id"]), (201, &json!("c1")));
    let with_key = || {
        ana.request(Method::POST, &messages(&event))
            .header("Idempotency-Key", "c1")
    };
    for again in [
        ana.post(&messages(&event), &send).await,
        ana.send(with_key().json(&json!({"text": " hi "}))).await,
        ana.send(with_key().header("Content-Type", "text/plain").body("hi"))
            .await,
    ] {
        assert_eq!((again.status.as_u16(), &again.body), (201, &first.body));
    }
    let other = [
        json!({"text": "ho", "client_id": "c1"}),
        json!({"text": "hi", "client_id": "c1", "parent_id": first.body["id"]}),
    ];
    for other in other {
        assert_eq!(
            ana.post(&messages(&event), &other).await.refused(422),
            "idempotency-mismatch"
        );
    }
    // Somebody else's ids, and those of another event, are theirs.
    assert_ne!(ben.post(&messages(&event), &send).await.ok()["id"], first.body["id"]);
    let elsewhere = server.host().starts_event("session").await;
    assert_ne!(
        ana.post(&messages(&elsewhere), &send).await.ok()["id"],
        first.body["id"]
    );
    for client_id in ["", "a b", "ü", &"x".repeat(65)] {
        let refused = ana
            .post(&messages(&event), &json!({"text": "hi", "client_id": client_id}))
            .await;
        assert_eq!(refused.refused(422), "invalid-content", "{client_id:?}");
        assert_eq!(refused.body["errors"][0]["pointer"], "/client_id");
    }
    assert_eq!(hanna_reads(&server, &event).await.len(), 2);
}

#[tokio::test]
async fn fifty_sends_at_once_under_one_id_are_one_message_and_one_entry() {
    let server = TestServer::start().await;
    let event = server.host().starts_event("session").await;
    let ana = server.user("ana", &[]);
    let mut seat = server.anybody().watches(&event).await;
    let (path, send) = (messages(&event), json!({"text": "hi", "client_id": "c1"}));
    let all = join_all((0..50).map(|_| ana.post(&path, &send))).await;
    let ids: BTreeSet<_> = all.into_iter().map(|reply| reply.ok()["id"].to_string()).collect();
    assert_eq!(ids.len(), 1);
    ana.says(&event, "after").await;
    assert_eq!(hears_up_to(&mut seat, "after").await, ["hi"]);
    let log = ana.reads_log(&event).await;
    assert_eq!(log.iter().filter(|entry| entry["type"] == "message.created").count(), 2);
    assert_eq!(hanna_reads(&server, &event).await.len(), 2);
}

#[tokio::test]
async fn a_backlog_sent_twice_in_order_ends_up_right() {
    let server = TestServer::start().await;
    let event = server.host().starts_event("session").await;
    let ana = server.user("ana", &[]);
    let backlog: Vec<_> = (0..20)
        .map(|number| json!({"text": format!("{number}"), "client_id": format!("c{number}")}))
        .collect();
    // The connection broke in the middle; the client begins anew.
    for send in backlog[..12].iter().chain(&backlog) {
        ana.post(&messages(&event), send).await.ok();
    }
    let mut read = hanna_reads(&server, &event).await;
    read.reverse();
    let texts: Vec<_> = read
        .iter()
        .map(|message| message["text"].as_str().unwrap().parse::<u32>().unwrap())
        .collect();
    assert_eq!(texts, (0..20).collect::<Vec<u32>>());
}

#[tokio::test]
async fn a_send_whose_sender_hangs_up_is_there_for_everybody_or_for_nobody() {
    let mut server = TestServer::start().await;
    let event = server.host().starts_event("session").await;
    let (ana, mut seat) = (server.user("ana", &[]), server.anybody().watches(&event).await);
    for number in 0..150 {
        let mut socket = tokio::net::TcpStream::connect(server.address()).await.unwrap();
        let body = format!("{{\"text\":\"{number}\"}}");
        let request = format!(
            "POST {} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            messages(&event),
            ana.token(),
            body.len(),
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        // Some leave at once, some a moment later, a few in the middle of the answer; some with a reset.
        for _ in 0..number % 40 {
            tokio::task::yield_now().await;
        }
        if number % 40 == 39 {
            soon("an answer", socket.read_u8()).await.unwrap();
        }
        if number % 3 == 0 {
            socket.set_zero_linger().unwrap();
        }
    }
    let dir = server.dir();
    let listening = tokio::spawn(async move {
        let mut heard = Vec::new();
        while let Some(frame) = seat.next().await {
            if frame.event == "message.created" {
                heard.push(frame.data()["message"].clone());
            }
        }
        heard
    });
    server.shut_down().await;
    let heard = listening.await.unwrap();
    let server = TestServer::start_on(dir, std::sync::Arc::new(grandstand::bus::LocalBus::default()), |_| {}).await;
    let mut rows = hanna_reads(&server, &event).await;
    rows.reverse();
    for row in &mut rows {
        row.as_object_mut().unwrap().remove("mine");
    }
    let log = server.host().reads_log(&event).await;
    let entries: Vec<_> = log
        .iter()
        .filter(|entry| entry["type"] == "message.created")
        .map(|entry| entry["data"]["message"].clone())
        .collect();
    assert!(!rows.is_empty(), "some got through");
    assert_eq!(rows, entries);
    assert_eq!(heard, entries[..heard.len()], "a seat hears them in order");
}

//! The stream that is about one person: where it begins, how it goes on, how it ends.

use reqwest::{Method, header};
use serde_json::json;

use super::{listens, listens_at, listens_on, text_of};
use crate::support::{Actor, Seat, TestServer, soon};

#[tokio::test]
async fn who_comes_back_hears_what_they_missed_and_nothing_twice() {
    let server = TestServer::start().await;
    let (ana, ben) = (server.user("ana", &[]), server.user("ben", &[]));
    let event = server.host().starts_event("session").await;
    ana.says(&event, "hello").await;
    let mut own = listens_on(&ana).await;
    ben.says(&event, "@ana 0").await;
    let first = own.hears("notification.created").await.id;
    drop(own);
    for number in 1..=120 {
        ben.says(&event, &format!("@ana {number}")).await;
    }
    let mut own = listens(&ana, Some(&first)).await;
    own.hears("stream.ready").await;
    for number in 1..=120 {
        let frame = own.next().await.unwrap();
        assert_eq!(
            (frame.event.as_str(), text_of(&frame)),
            ("notification.created", &*format!("@ana {number}"))
        );
    }
    let resumed = own.next().await.unwrap();
    assert_eq!(resumed.event, "stream.resumed");
    assert_eq!(
        resumed.data(),
        &json!({"from": first, "notifications": 120, "unread": 121})
    );
    let last_id = own.last_id.clone().unwrap();
    ben.says(&event, "@ana live").await;
    assert_eq!(text_of(&own.hears("notification.created").await), "@ana live");
    // A new page begins with the latest, from where a reconnect goes on.
    let snapshot = listens(&ana, None).await.hears("me.snapshot").await;
    assert_eq!(snapshot.data()["latest"].as_array().unwrap().len(), 20);
    assert_eq!(snapshot.data()["latest"][0]["text"], "@ana live");
    assert_ne!(snapshot.id, last_id);
    let mut own = listens(&ana, Some(&snapshot.id)).await;
    assert_eq!(own.hears("stream.resumed").await.data()["notifications"], 0);
}

#[tokio::test]
async fn it_comes_as_lines_as_well() {
    let server = TestServer::start().await;
    let ana = server.user("ana", &[]);
    let request = ana.request(Method::GET, "/v1/me/stream?format=ndjson");
    let mut response = soon("a stream", request.send()).await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    let mut text = String::new();
    while text.lines().count() < 2 || !text.ends_with('\n') {
        let bytes = soon("bytes", response.chunk()).await.unwrap().unwrap();
        text.push_str(std::str::from_utf8(&bytes).unwrap());
    }
    let kinds: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (&kinds[0]["type"], &kinds[1]["type"]),
        (&json!("stream.ready"), &json!("me.snapshot"))
    );
}

#[tokio::test]
async fn a_place_that_is_none_of_theirs_is_answered_by_a_reset() {
    let server = TestServer::start().await;
    let (ana, ben) = (server.user("ana", &[]), server.user("ben", &[]));
    let event = server.host().starts_event("session").await;
    ana.says(&event, "hello").await;
    ben.says(&event, "@ana").await;
    let anas = listens(&ana, None).await.hears("me.snapshot").await.id;
    for (who, id, reason) in [
        (&ana, "1-5", "malformed"),
        (&ana, "ntf_01h2xcejqtf2nbrexx3vqjhp41", "gone"),
        (&ben, anas.as_str(), "gone"),
    ] {
        let mut own = listens(who, Some(id)).await;
        assert_eq!(own.hears("stream.reset").await.data()["reason"], reason);
        own.hears("me.snapshot").await;
    }
}

/// Opens a stream as a page does, and gives the cookie it was given.
async fn opens(server: &TestServer, path: &str) -> (Seat, String) {
    let request = server.anybody().request(Method::GET, path);
    let response = soon("a stream", request.send()).await.unwrap();
    assert_eq!(response.status(), 200);
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    (Seat::new(response), cookie)
}

#[tokio::test]
async fn a_ticket_opens_ones_own_stream_and_no_other() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    let made = ana.post("/v1/me/stream-tickets", &json!(null)).await;
    assert_eq!(made.status, 201);
    let ticket = made.ok()["ticket"].as_str().unwrap().to_owned();
    let path = format!("/v1/me/stream?ticket={ticket}");
    let (mut own, cookie) = opens(&server, &path).await;
    assert_eq!(own.hears("stream.ready").await.data()["user"]["id"], "ana");
    assert!(
        cookie.contains("; Path=/v1/me/stream;") && cookie.contains("; HttpOnly"),
        "{cookie}"
    );
    assert_eq!(
        server.anybody().get(&path).await.refused(401),
        "token-invalid",
        "used, and no cookie"
    );
    // The browser comes back with the same address and the cookie.
    let pass = cookie.split(';').next().unwrap().to_owned();
    let page = Actor::new(&server, Some(("Cookie", pass)), "ana");
    let mut own = listens_at(&page, &path, None).await;
    assert_eq!(own.hears("stream.ready").await.data()["user"]["id"], "ana");
    let elsewhere = format!("/v1/events/{event}/stream?ticket={ticket}");
    assert_eq!(page.get(&elsewhere).await.refused(401), "token-invalid");
    for (from, to) in [
        (format!("/v1/events/{event}/stream-tickets"), "/v1/me/stream".to_owned()),
        ("/v1/me/stream-tickets".to_owned(), format!("/v1/events/{event}/stream")),
    ] {
        let ticket = ana.post(&from, &json!(null)).await.ok()["ticket"].clone();
        let path = format!("{to}?ticket={}", ticket.as_str().unwrap());
        assert_eq!(server.anybody().get(&path).await.refused(401), "token-invalid", "{to}");
    }
    assert_eq!(
        server.anybody().get("/v1/me/stream").await.refused(401),
        "unauthenticated"
    );
    let machine = server.machine(&["read"]).await;
    assert_eq!(machine.get("/v1/me/stream").await.refused(403), "forbidden");
}

#[tokio::test]
async fn it_beats_and_has_the_bounds_and_ends_of_other_streams() {
    let mut server = TestServer::start_with(|config| {
        config.stream.heartbeat_ms = 1_000;
        config.stream.max_seats_per_user = 2;
    })
    .await;
    let ana = server.user("ana", &[]);
    let event = server.host().starts_event("session").await;
    let mut own = listens_on(&ana).await;
    let beat = own.hears("stream.heartbeat").await;
    assert!(beat.data()["time"].is_string() && beat.id.is_empty());
    let mut seat = ana.watches(&event).await;
    seat.hears("stream.snapshot").await;
    let mut third = listens(&ana, None).await;
    let bye = third.next().await.unwrap();
    assert_eq!(
        (bye.event.as_str(), &bye.data()["reason"]),
        ("stream.bye", &json!("too-many-connections"))
    );
    assert!(third.next().await.is_none());
    drop(seat);
    // Who hangs up makes room.
    let room = async {
        loop {
            let mut own = listens(&ana, None).await;
            if own.next().await.unwrap().event == "stream.ready" {
                return own;
            }
        }
    };
    let mut second = soon("a place", room).await;
    // A right that ends, ends the stream.
    let soon_over = chrono::Utc::now().timestamp() + 2;
    let short = server.user_with("cem", &json!({"exp": soon_over}));
    let mut shorts = listens_on(&short).await;
    assert_eq!(shorts.hears("stream.bye").await.data()["reason"], "token-expired");
    // So does a ban everywhere.
    let dan = server.user("dan", &[]);
    let mut dans = listens_on(&dan).await;
    let ban = json!({"user_id": "dan", "kind": "ban", "reason": "enough"});
    server.user("root", &["admin"]).post("/v1/sanctions", &ban).await.ok();
    assert_eq!(dans.hears("stream.bye").await.data()["reason"], "banned");
    // And so does the house when it closes.
    server.is_told_to_stop();
    for own in [&mut own, &mut second] {
        let bye = own.hears("stream.bye").await;
        assert_eq!(
            (&bye.data()["reason"], &bye.data()["reconnect"]),
            (&json!("shutdown"), &json!(true))
        );
        assert!(own.next().await.is_none());
    }
    server.shut_down().await;
}

#[tokio::test]
async fn many_calls_at_once_are_all_told_once_and_in_order() {
    let server = TestServer::start().await;
    let ana = server.user("ana", &[]);
    let hanna = server.host();
    let mut events = Vec::new();
    for _ in 0..4 {
        let event = hanna.starts_event("session").await;
        ana.says(&event, "hello").await;
        events.push(event);
    }
    let mut seats = [listens_on(&ana).await, listens_on(&ana).await];
    let calls = (0..80).map(|number| {
        let (fan, event) = (server.user(&format!("fan{number}"), &[]), events[number % 4].clone());
        async move { fan.says(&event, &format!("@ana {number}")).await }
    });
    futures_util::future::join_all(calls).await;
    let mut all = Vec::new();
    for seat in &mut seats {
        let mut ids = Vec::new();
        while ids.len() < 80 {
            ids.push(seat.hears("notification.created").await.id);
        }
        all.push(ids);
    }
    let listed = ana.get("/v1/me/notifications?limit=200").await.ok()["items"].clone();
    let listed: Vec<String> = listed
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!((&all[0], &all[1]), (&listed, &listed));
}

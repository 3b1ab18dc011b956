//! Tickets: how a browser's `EventSource`, which cannot send headers, opens a stream and comes back.

use reqwest::{Method, header};
use serde_json::json;

use crate::support::{Actor, Seat, TestServer, soon};

async fn ticket(person: &Actor, event: &str) -> String {
    let made = person
        .post(&format!("/v1/events/{event}/stream-tickets"), &json!(null))
        .await;
    assert_eq!(made.status, 201);
    let made = made.ok();
    let until: chrono::DateTime<chrono::Utc> = made["expires_at"].as_str().unwrap().parse().unwrap();
    assert!((until - chrono::Utc::now()).num_seconds() <= 60);
    made["ticket"].as_str().unwrap().to_owned()
}

/// Opens a stream as a page does, and gives the cookie it was given.
async fn opens(server: &TestServer, event: &str, ticket: &str) -> (Seat, String) {
    let anybody = server.anybody();
    let request = anybody.request(Method::GET, &format!("/v1/events/{event}/stream?ticket={ticket}"));
    let response = soon("a stream", request.send()).await.unwrap();
    assert_eq!(response.status(), 200);
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    (Seat::new(response), cookie)
}

#[tokio::test]
async fn a_ticket_opens_its_stream_once_and_the_browser_comes_back_with_the_same_url() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    let ticket = ticket(&ana, &event).await;
    let (mut seat, cookie) = opens(&server, &event, &ticket).await;
    let ready = seat.hears("stream.ready").await;
    assert_eq!(
        (&ready.data()["user"]["id"], &ready.data()["role"]),
        (&json!("ana"), &json!("viewer"))
    );
    assert!(cookie.contains(&format!("; Path=/v1/events/{event}/stream;")) && cookie.contains("; HttpOnly"));
    ana.says(&event, "one").await;
    seat.hears("message.created").await;
    let last_id = seat.last_id.clone().unwrap();
    drop(seat);
    ana.says(&event, "two").await;

    let path = format!("/v1/events/{event}/stream?ticket={ticket}");
    assert_eq!(
        server.anybody().get(&path).await.refused(401),
        "token-invalid",
        "used, and no cookie"
    );
    let pass = cookie.split(';').next().unwrap().to_owned();
    let page = Actor::new(&server, Some(("Cookie", pass)), "ana");
    let mut seat = page
        .watches_with(&event, &format!("?ticket={ticket}"), Some(&last_id))
        .await;
    assert_eq!(seat.hears("stream.ready").await.data()["user"]["id"], "ana");
    assert_eq!(seat.hears("message.created").await.data()["message"]["text"], "two");
    assert_eq!(seat.hears("stream.resumed").await.data()["entries"], 1);
}

#[tokio::test]
async fn a_ticket_is_for_one_event_and_one_person() {
    let server = TestServer::start().await;
    let (hanna, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let (event, other) = (hanna.starts_event("session").await, hanna.starts_event("session").await);
    let refused = |event: String, ticket: String, cookie: Option<String>| {
        let page = Actor::new(&server, cookie.map(|cookie| ("Cookie", cookie)), "");
        async move {
            let reply = page.get(&format!("/v1/events/{event}/stream?ticket={ticket}")).await;
            assert_eq!(reply.refused(401), "token-invalid");
        }
    };
    refused(other.clone(), ticket(&ana, &event).await, None).await;
    refused(event.clone(), "nonsense".into(), None).await;
    refused(event.clone(), String::new(), None).await;

    let (anas, bens) = (ticket(&ana, &event).await, ticket(&ben, &event).await);
    let (_seat, cookie) = opens(&server, &event, &anas).await;
    let (_seat, _) = opens(&server, &event, &bens).await;
    let pass = cookie.split(';').next().unwrap().to_owned();
    refused(event.clone(), bens, Some(pass.clone())).await;
    refused(other, anas.clone(), Some(pass.clone())).await;
    let forged = format!("{}x{}", &pass[..40], &pass[41..]);
    refused(event.clone(), anas.clone(), Some(forged)).await;
    // A ticket opens the stream and nothing else.
    let path = format!("/v1/events/{event}/messages?ticket={anas}");
    let post = server.anybody().post(&path, &json!({"text": "hi"})).await;
    assert_eq!(post.refused(401), "unauthenticated");
}

#[tokio::test]
async fn a_ticket_nobody_used_is_good_for_a_moment_only() {
    let server = TestServer::start_with(|config| {
        config.auth.ticket_ttl_seconds = 2;
        config.stream.heartbeat_ms = 1_000;
    })
    .await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    let (mut seat, _) = opens(&server, &event, &ticket(&ana, &event).await).await;
    let unused = ticket(&ana, &event).await;
    // The first heartbeat may come at once; a second lies between each and the next.
    for _ in 0..4 {
        seat.hears("stream.heartbeat").await;
    }
    let path = format!("/v1/events/{event}/stream?ticket={unused}");
    assert_eq!(server.anybody().get(&path).await.refused(401), "token-invalid");
    ana.says(&event, "still here").await;
    seat.hears("message.created").await;
}

#[tokio::test]
async fn a_pass_does_not_outlive_the_right_to_enter() {
    let server = TestServer::start().await;
    let (hanna, mel) = (server.host(), server.user("mel", &[]));
    let event = hanna.creates_event(json!({"visibility": "private"})).await;
    hanna.appoints(&event, "mel", "member").await;
    let ticket = ticket(&mel, &event).await;
    let (mut seat, cookie) = opens(&server, &event, &ticket).await;
    hanna.delete(&format!("/v1/events/{event}/members/mel")).await.ok();
    assert_eq!(seat.hears("stream.bye").await.data()["reason"], "role-changed");
    let pass = cookie.split(';').next().unwrap().to_owned();
    let page = Actor::new(&server, Some(("Cookie", pass)), "mel");
    let again = page.get(&format!("/v1/events/{event}/stream?ticket={ticket}")).await;
    assert_eq!(again.refused(404), "event-not-found");
}

//! How people come in: guests, cookies, tickets, tokens that end, tokens of others.

mod issuers;
mod tickets;

use grandstand::config::GuestPolicy;
use reqwest::Method;
use serde_json::json;

use crate::support::{Actor, Reply, TestServer, server::token};

/// A browser of somebody who signed in with a cookie.
async fn browser(server: &TestServer, person: &Actor) -> (Actor, Reply) {
    let reply = person.post("/v1/auth/session", &json!(null)).await;
    assert_eq!(reply.status, 204, "{}", reply.text);
    let cookie = reply.header("set-cookie").split(';').next().unwrap().to_owned();
    (Actor::new(server, Some(("Cookie", cookie)), &person.id), reply)
}

#[tokio::test]
async fn a_name_is_enough_to_come_in_and_take_part() {
    let server = TestServer::start().await;
    let event = server.host().starts_event("session").await;
    let body = json!({"name": "  Gus \u{202e} ", "avatar_url": "https://example.org/gus.png"});
    let made = server.anybody().post("/v1/auth/guest", &body).await;
    assert_eq!(made.status, 201);
    let made = made.ok();
    let user = &made["user"];
    assert_eq!((&user["name"], &user["guest"]), (&json!("Gus"), &json!(true)));
    assert!(user["id"].as_str().unwrap().starts_with("gst_"));
    let gus = server.bearing(made["token"].as_str().unwrap());
    let me = gus.get("/v1/me").await.ok();
    assert_eq!(
        (&me["user"], &me["role"], &me["expires_at"]),
        (user, &json!("viewer"), &made["expires_at"])
    );
    assert_eq!(gus.says(&event, "hi").await["author"]["id"], user["id"]);
    // The same name again is somebody else.
    assert_ne!(server.guest("Gus").await.id, user["id"].as_str().unwrap());
    // Who comes with a credential that is no good can still start anew.
    server
        .bearing("nonsense")
        .post("/v1/auth/guest", &json!({"name": "Gia"}))
        .await
        .ok();
}

#[tokio::test]
async fn a_guest_has_a_decent_name_and_a_safe_picture() {
    let server = TestServer::start().await;
    for (body, pointer) in [
        (json!({"name": " \u{200b} "}), "/name"),
        (json!({"name": "x".repeat(65)}), "/name"),
        (json!({"name": "a\u{0}b"}), "/name"),
        (
            json!({"name": "Gus", "avatar_url": "http://example.org/gus.png"}),
            "/avatar_url",
        ),
        (
            json!({"name": "Gus", "avatar_url": "javascript:alert(1)"}),
            "/avatar_url",
        ),
    ] {
        let refused = server.anybody().post("/v1/auth/guest", &body).await;
        assert_eq!(refused.refused(422), "invalid-content", "{body}");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{body}");
    }
    for (body, pointer) in [(json!({"name": ["Gus"]}), "/name"), (json!({}), "/name")] {
        let refused = server.anybody().post("/v1/auth/guest", &body).await;
        assert_eq!(refused.refused(400), "invalid-request", "{body}");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{body}");
    }
}

#[tokio::test]
async fn a_server_that_takes_no_guests_says_so() {
    let server = TestServer::start_with(|config| config.auth.guests = GuestPolicy::Never).await;
    let refused = server.anybody().post("/v1/auth/guest", &json!({"name": "Gus"})).await;
    assert_eq!(refused.refused(403), "guests-not-allowed");
    server.user("ana", &[]).get("/v1/me").await.ok();
}

#[tokio::test]
async fn a_session_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let server = TestServer::start().await;
    let event = server.host().starts_event("session").await;
    let (ana, set) = browser(&server, &server.user("ana", &[])).await;
    let cookie = set.header("set-cookie");
    assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax") && cookie.contains("; Path=/"));
    assert_eq!(ana.get("/v1/me").await.ok()["user"]["id"], "ana");

    let own = server.url();
    let path = format!("/v1/events/{event}/messages");
    for (proof, accepted) in [
        (None, false),
        (Some(("Origin", own.as_str())), true),
        (Some(("Sec-Fetch-Site", "same-origin")), true),
        (Some(("Sec-Fetch-Site", "cross-site")), false),
        (Some(("Origin", "https://evil.example")), false),
        (Some(("Origin", "null")), false),
    ] {
        let mut request = ana.request(Method::POST, &path).json(&json!({"text": "hi"}));
        if let Some((name, value)) = proof {
            request = request.header(name, value);
        }
        let reply = ana.send(request).await;
        if accepted {
            assert_eq!(reply.ok()["author"]["id"], "ana");
        } else {
            assert_eq!(reply.refused(403), "csrf", "{proof:?}");
        }
    }
    // The stream reads with the cookie alone.
    assert_eq!(
        ana.watches(&event).await.hears("stream.ready").await.data()["user"]["id"],
        "ana"
    );
}

#[tokio::test]
async fn a_session_ends_when_its_own_page_says_so() {
    let server = TestServer::start().await;
    let (ana, _) = browser(&server, &server.user("ana", &[])).await;
    assert_eq!(ana.delete("/v1/auth/session").await.refused(403), "csrf");
    let leave = ana
        .request(Method::DELETE, "/v1/auth/session")
        .header("Origin", server.url());
    let left = ana.send(leave).await;
    assert_eq!(left.status, 204);
    assert!(left.header("set-cookie").contains("Max-Age=0"));
    // A cookie cannot be made from a cookie, nor by nobody.
    let again = ana
        .request(Method::POST, "/v1/auth/session")
        .header("Origin", server.url());
    assert_eq!(ana.send(again).await.refused(401), "unauthenticated");
    assert_eq!(
        server
            .anybody()
            .post("/v1/auth/session", &json!(null))
            .await
            .refused(401),
        "unauthenticated"
    );
}

#[tokio::test]
async fn a_stream_ends_with_its_token_and_never_goes_on_without_a_name() {
    let server = TestServer::start().await;
    let event = server.host().starts_event("session").await;
    let exp = chrono::Utc::now().timestamp() + 3;
    let ana = server.user_with("ana", &json!({"exp": exp}));
    let (by_cookie, _) = browser(&server, &ana).await;
    let ticket = ana
        .post(&format!("/v1/events/{event}/stream-tickets"), &json!(null))
        .await
        .ok();
    let query = format!("?ticket={}", ticket["ticket"].as_str().unwrap());
    let mut seats = [
        ana.watches(&event).await,
        by_cookie.watches(&event).await,
        server.anybody().watches_with(&event, &query, None).await,
    ];
    for seat in &mut seats {
        let bye = seat.hears("stream.bye").await;
        assert!(chrono::Utc::now().timestamp() >= exp);
        assert_eq!(
            (&bye.data()["reason"], &bye.data()["reconnect"]),
            (&json!("token-expired"), &json!(false))
        );
        assert!(seat.next().await.is_none());
    }
    // Clocks differ, so the token still opens doors for a moment; it does not keep them open.
    let mut again = ana.watches(&event).await;
    assert_eq!(again.hears("stream.ready").await.data()["user"]["id"], "ana");
    assert_eq!(again.hears("stream.bye").await.data()["reason"], "token-expired");
}

#[tokio::test]
async fn an_old_cookie_is_said_to_be_old_rather_than_nobodys() {
    let server = TestServer::start().await;
    let event = server.host().starts_event("session").await;
    let old = token("ana", &json!({"exp": chrono::Utc::now().timestamp() - 3_600}));
    let ana = Actor::new(&server, Some(("Cookie", format!("grandstand_session={old}"))), "ana");
    for path in [
        format!("/v1/events/{event}"),
        format!("/v1/events/{event}/stream"),
        "/v1/me".into(),
    ] {
        assert_eq!(ana.get(&path).await.refused(401), "token-expired", "{path}");
    }
}

//! Grandstand behind real proxies, configured by the files in `deploy/`.

use std::net::SocketAddr;

use futures_util::future::join_all;
use reqwest::{Method, Version};
use serde_json::json;

use crate::support::{Actor, Papers, Proxy, TestServer, server, soon};

/// A server that believes what its proxy says of clients.
async fn house() -> TestServer {
    TestServer::start_with(|config| config.serve.trusted_proxies = vec!["127.0.0.1".to_owned()]).await
}

/// The same server in both places, where one suffices.
fn twice(server: &TestServer) -> [SocketAddr; 2] {
    [server.address(); 2]
}

fn comes(client: reqwest::Client, proxy: &Proxy, name: &str, roles: &[&str]) -> Actor {
    let token = server::token(name, &json!({"roles": roles}));
    Actor::abroad(client, proxy.url(), &token, name)
}

fn plain() -> reqwest::Client {
    from("127.0.0.1")
}

fn from(address: &str) -> reqwest::Client {
    let builder = reqwest::Client::builder().tls_certs_only([]).no_proxy();
    builder
        .local_address(address.parse::<std::net::IpAddr>().unwrap())
        .build()
        .unwrap()
}

/// A proxy that holds anything back would stop this: each is said when everybody has heard the one before.
async fn talk_goes_to_and_fro(host: &Actor) {
    let event = host.starts_event("session").await;
    let mut seats = join_all((0..8).map(|_| host.watches(&event))).await;
    let mut lines = host.watches_with(&event, "?types=message.created", None).await;
    for seat in seats.iter_mut().chain([&mut lines]) {
        seat.hears("stream.snapshot").await;
    }
    for number in 0..20 {
        let said = format!("number {number}");
        host.says(&event, &said).await;
        for seat in seats.iter_mut().chain([&mut lines]) {
            let entry = seat.hears("message.created").await;
            assert_eq!(entry.data()["message"]["text"], json!(said));
        }
    }
}

#[tokio::test]
async fn nothing_is_held_back_by_nginx() {
    let server = house().await;
    let proxy = Proxy::nginx(twice(&server), None).await;
    talk_goes_to_and_fro(&comes(plain(), &proxy, "hanna", &["host"])).await;
}

#[tokio::test]
async fn nothing_is_held_back_by_nginx_with_http_2() {
    let papers = Papers::new().await;
    let server = house().await;
    let proxy = Proxy::nginx(twice(&server), Some(&papers)).await;
    let host = comes(papers.client(), &proxy, "hanna", &["host"]);
    let asked = host.request(Method::GET, "/health/live").send();
    assert_eq!(soon("an answer", asked).await.unwrap().version(), Version::HTTP_2);
    talk_goes_to_and_fro(&host).await;
}

#[tokio::test]
async fn nothing_is_held_back_by_haproxy() {
    let server = house().await;
    let proxy = Proxy::haproxy(twice(&server)).await;
    talk_goes_to_and_fro(&comes(plain(), &proxy, "hanna", &["host"])).await;
}

#[tokio::test]
async fn clients_keep_their_own_address_and_cannot_choose_another() {
    for haproxy in [false, true] {
        let server = TestServer::start_with(|config| {
            config.serve.trusted_proxies = vec!["127.0.0.1".to_owned()];
            config.stream.max_seats_per_address = 1;
        })
        .await;
        let proxy = if haproxy {
            Proxy::haproxy(twice(&server)).await
        } else {
            Proxy::nginx(twice(&server), None).await
        };
        let event = server.host().starts_event("session").await;
        let mut seats = Vec::new();
        for address in ["127.0.0.2", "127.0.0.3"] {
            let mut seat = comes(from(address), &proxy, address, &[]).watches(&event).await;
            seat.hears("stream.snapshot").await;
            seats.push(seat);
        }
        let again = comes(from("127.0.0.2"), &proxy, "another", &[]);
        let path = format!("/v1/events/{event}/stream");
        let request = again.request(Method::GET, &path).header("X-Forwarded-For", "9.9.9.9");
        let response = soon("an answer", request.send()).await.unwrap();
        let said = soon("the end", response.text()).await.unwrap();
        assert!(said.contains("too-many-connections"), "{said}");
    }
}

#[tokio::test]
async fn pages_may_change_things_and_numbers_stay_inside() {
    let server = house().await;
    for proxy in [
        Proxy::nginx(twice(&server), None).await,
        Proxy::haproxy(twice(&server)).await,
    ] {
        let ana = comes(plain(), &proxy, "ana", &["host"]);
        assert_eq!(ana.get("/metrics").await.status, 404);
        let session = ana.post("/v1/auth/session", &json!(null)).await;
        let cookie = session.header("set-cookie").split(';').next().unwrap().to_owned();
        // `Host` arrives as the browser sent it, port and all, so the page's origin is ours.
        let request = ana
            .nobody()
            .request(Method::POST, "/v1/events")
            .header("Cookie", cookie)
            .header("Origin", proxy.url())
            .json(&json!({"title": "By cookie", "kind": "other", "scheduled_at": "2030-01-01T00:00:00Z"}));
        ana.send(request).await.ok();
    }
}

//! Grandstand behind real proxies, configured by the files in `deploy/`.

use std::net::SocketAddr;

use futures_util::future::join_all;
use reqwest::{Method, StatusCode, Version};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Actor, Papers, Process, Proxy, Seat, TestServer, postgres, server, soon};

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

#[tokio::test]
async fn when_nobody_is_there_readers_are_asked_to_come_back() {
    let mut server = house().await;
    for proxy in [
        Proxy::nginx(twice(&server), None).await,
        Proxy::haproxy(twice(&server)).await,
    ] {
        server.shut_down().await;
        let anybody = comes(plain(), &proxy, "ana", &[]);
        let asked = async {
            loop {
                let request = anybody.request(Method::GET, "/v1/events/final/stream");
                let response = request.send().await.unwrap();
                let (status, kind) = (response.status(), response.headers()["content-type"].clone());
                let text = response.text().await.unwrap();
                // HAProxy needs a moment to find out.
                if status == 200 {
                    return (kind, text);
                }
            }
        };
        let (kind, text) = soon("an answer that EventSource can live with", asked).await;
        assert_eq!(kind, "text/event-stream");
        let retry: u64 = text.strip_prefix("retry: ").unwrap().trim().parse().unwrap();
        assert!((3_000..=9_000).contains(&retry) && text.ends_with("\n\n"), "{text}");
        // Everybody else learns that it is an error.
        assert!(anybody.get("/v1/events").await.status.is_server_error());
    }
}

/// Says it until it is taken: between two instances an answer may get lost, and repeating it is harmless.
async fn insists(host: &Actor, event: &str, text: &str) {
    let path = format!("/v1/events/{event}/messages");
    let body = json!({"text": text, "client_id": text.replace(' ', "-")});
    let taken = async {
        loop {
            let request = host.request(Method::POST, &path).json(&body);
            match host.tries(request).await {
                Some(StatusCode::CREATED) => return,
                refused => assert!(refused.is_none_or(|status| status.is_server_error()), "{refused:?}"),
            }
        }
    };
    soon("the message is taken", taken).await;
}

/// Opens the stream as a browser does: a connection that broke is tried again, any status but 200 would be the end.
async fn sits_down(reader: &Actor, event: &str, last_id: Option<&str>) -> Seat {
    let opened = async {
        loop {
            let mut request = reader.request(Method::GET, &format!("/v1/events/{event}/stream?after=0"));
            if let Some(last_id) = last_id {
                request = request.header("Last-Event-ID", last_id);
            }
            if let Ok(response) = request.send().await {
                assert_eq!(response.status(), StatusCode::OK);
                return Seat::new(response);
            }
        }
    };
    soon("a stream", opened).await
}

/// Reads until `last` was heard, coming back after every end; gives all that was heard, and how often it came back.
async fn reads_on(reader: &Actor, event: &str, last: &str) -> (Vec<(u64, Value)>, usize) {
    let (mut heard, mut returns) = (Vec::new(), 0);
    let mut seat = sits_down(reader, event, None).await;
    loop {
        while let Some(frame) = seat.next().await {
            if let Some(seq) = frame.seq() {
                heard.push((seq, frame.data()["message"]["text"].clone()));
                if frame.data()["message"]["text"] == json!(last) {
                    return (heard, returns);
                }
            }
        }
        returns += 1;
        let last_id = seat.last_id.take();
        seat = sits_down(reader, event, last_id.as_deref()).await;
        seat.last_id = last_id;
    }
}

async fn readers_go_on_at_the_other_instance(haproxy: bool, killed: bool) {
    let dirs = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let database = postgres::lay_ground(dirs[0].path()).await;
    postgres::assign(dirs[1].path(), &database);
    let settings = [
        ("SERVE__TRUSTED_PROXIES", r#"["127.0.0.1"]"#),
        ("STREAM__MAX_SEATS_PER_USER", "100"),
        ("STREAM__SWEEP_MS", "200"),
    ];
    let mut first = Process::start(dirs[0].path(), &settings).await;
    let second = Process::start(dirs[1].path(), &settings).await;
    let places = [first.address(), second.address()];
    let proxy = if haproxy {
        Proxy::haproxy(places).await
    } else {
        Proxy::nginx(places, None).await
    };
    let host = comes(plain(), &proxy, "hanna", &["host"]);
    let event = host.starts_event("session").await;
    let readers = join_all((0..8).map(|_| reads_on(&host, &event, "the last")));
    let talk = async {
        for process in [&first, &second] {
            // Both have readers: the proxy spreads streams by how many there are.
            let own = process.user("hanna", &["host"]);
            let seated = async {
                while !own.get("/metrics").await.text.contains("grandstand_seats 4\n") {
                    tokio::task::yield_now().await;
                }
            };
            soon("four readers at each instance", seated).await;
        }
        for number in 0..10 {
            insists(&host, &event, &format!("number {number}")).await;
        }
        if killed {
            first.dies().await;
        } else {
            first.is_told_to_stop().await;
            assert!(first.ends().await.success());
        }
        for number in 10..20 {
            insists(&host, &event, &format!("number {number}")).await;
        }
        insists(&host, &event, "the last").await;
    };
    let (readers, ()) = tokio::join!(readers, talk);
    let log = host.reads_log(&event).await;
    let log: Vec<_> = log
        .iter()
        .map(|entry| (entry["seq"].as_u64().unwrap(), entry["data"]["message"]["text"].clone()))
        .collect();
    assert_eq!(log.len(), 23, "created, started and 21 messages");
    let returned = readers.iter().filter(|(_, returns)| *returns > 0).count();
    assert_eq!(returned, 4, "who sat at the instance that ended came back");
    for (heard, _) in readers {
        assert_eq!(heard, log);
    }
}

#[tokio::test]
async fn behind_nginx_readers_of_an_instance_that_stops_go_on_at_the_other() {
    readers_go_on_at_the_other_instance(false, false).await;
}

#[tokio::test]
async fn behind_nginx_readers_of_an_instance_that_dies_go_on_at_the_other() {
    readers_go_on_at_the_other_instance(false, true).await;
}

#[tokio::test]
async fn behind_haproxy_readers_of_an_instance_that_stops_go_on_at_the_other() {
    readers_go_on_at_the_other_instance(true, false).await;
}

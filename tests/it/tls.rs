//! TLS with HTTP/2 at our own door, as curl and other clients meet it.

mod curl;
mod renewal;

use curl::Curl;
use futures_util::future::join_all;
use reqwest::Version;
use serde_json::json;

use crate::support::{
    Actor, Papers, TestServer,
    papers::{KeyKind, text},
    process, server, soon,
};

async fn house(papers: &Papers) -> TestServer {
    TestServer::start_with(|config| papers.show(config)).await
}

fn user(papers: &Papers, server: &TestServer, name: &str, roles: &[&str]) -> Actor {
    let token = server::token(name, &json!({"roles": roles}));
    Actor::abroad(papers.client(), server.url(), &token, name)
}

#[tokio::test]
async fn curl_posts_and_streams_over_http_2_and_over_http_1() {
    let papers = Papers::new().await;
    let server = house(&papers).await;
    assert!(server.url().starts_with("https://"), "{}", server.url());
    let host = user(&papers, &server, "hanna", &["host"]);
    let event = host.starts_event("session").await;
    for (flag, version) in [("--http2", "2"), ("--http1.1", "1.1")] {
        let curl = Curl::new(&papers, &server, &[flag, "--fail"]);
        let mut seat = curl.streams(&event, host.token());
        seat.hears("stream.snapshot").await;
        let said = format!("hello over {version}");
        assert_eq!(
            curl.says(&event, host.token(), &said).await,
            version,
            "the version it was posted with"
        );
        seat.hears_that("what was said", |frame| frame.data()["message"]["text"] == json!(said))
            .await;
    }
}

#[tokio::test]
async fn tls_1_2_and_1_3_are_spoken_and_nothing_older() {
    for kind in [KeyKind::Elliptic, KeyKind::Rsa] {
        let papers = Papers::of(kind).await;
        let server = house(&papers).await;
        for only in [["--tlsv1.2", "--tls-max", "1.2"], ["--tlsv1.3", "--tls-max", "1.3"]] {
            let curl = Curl::new(&papers, &server, &only);
            assert_eq!(curl.gets("/health/live").await.unwrap(), "2 200", "{only:?}");
        }
        // The client would, at its lowest level of security: it is the server that will not.
        let old = ["--tlsv1.0", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0"];
        let refused = Curl::new(&papers, &server, &old)
            .gets("/health/live")
            .await
            .unwrap_err();
        assert!(refused.contains("alert"), "{refused}");
    }
}

#[tokio::test]
async fn cookies_are_secure_and_hsts_is_said_when_asked_for() {
    let papers = Papers::new().await;
    let server = TestServer::start_with(|config| {
        papers.show(config);
        config.serve.hsts_seconds = 86_400;
    })
    .await;
    let ana = user(&papers, &server, "ana", &[]);
    let signed_in = ana.post("/v1/auth/session", &json!(null)).await;
    assert!(signed_in.header("set-cookie").ends_with("; Secure"), "{signed_in:?}");
    assert_eq!(signed_in.header("strict-transport-security"), "max-age=86400");

    let silent = house(&papers).await;
    let reply = user(&papers, &silent, "ana", &[]).get("/health/live").await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("strict-transport-security")),
        (200, "")
    );
    // Without TLS the wish is nobody's business: browsers ignore it there, and a proxy may say its own.
    let plain = TestServer::start_with(|config| config.serve.hsts_seconds = 86_400).await;
    assert_eq!(
        plain
            .anybody()
            .get("/health/live")
            .await
            .header("strict-transport-security"),
        ""
    );
}

#[tokio::test]
async fn ten_streams_share_one_connection_and_all_hear_everything() {
    let papers = Papers::new().await;
    let server = house(&papers).await;
    let host = user(&papers, &server, "hanna", &["host"]);
    let event = host.starts_event("session").await;
    let mut seats = Vec::new();
    for _ in 0..10 {
        let mut seat = host.watches(&event).await;
        seat.hears("stream.snapshot").await;
        seats.push(seat);
    }
    for number in 0..20 {
        host.says(&event, &format!("number {number}")).await;
    }
    for seat in &mut seats {
        for number in 0..20 {
            let entry = seat.hears("message.created").await;
            assert_eq!(
                entry.data()["message"]["text"].as_str(),
                Some(&*format!("number {number}"))
            );
        }
    }
    let request = host.request(reqwest::Method::GET, "/metrics");
    let response = soon("an answer", request.send()).await.unwrap();
    assert_eq!(response.version(), Version::HTTP_2);
    let metrics = response.text().await.unwrap();
    for line in ["grandstand_connections_open 1\n", "grandstand_seats 10\n"] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
}

#[tokio::test]
async fn shutting_down_says_goodbye_on_every_stream_of_a_connection() {
    let papers = Papers::new().await;
    let mut server = house(&papers).await;
    let host = user(&papers, &server, "hanna", &["host"]);
    let event = host.starts_event("session").await;
    let mut seats = Vec::new();
    for _ in 0..10 {
        let mut seat = host.watches(&event).await;
        seat.hears("stream.snapshot").await;
        seats.push(seat);
    }
    server.is_told_to_stop();
    join_all(seats.iter_mut().map(|seat| async {
        let bye = seat.hears("stream.bye").await;
        assert_eq!(bye.data()["reason"], json!("shutdown"));
        assert!(seat.next().await.is_none(), "nothing follows the last word");
    }))
    .await;
    server.shut_down().await;
}

#[tokio::test]
async fn the_demo_plays_behind_tls() {
    let papers = Papers::new().await;
    let dir = tempfile::tempdir().unwrap();
    let (cert, key) = (papers.cert(), papers.key());
    let server = process::Process::start_with(
        dir.path(),
        &[("SERVE__TLS_CERT", text(&cert)), ("SERVE__TLS_KEY", text(&key))],
        &["--demo"],
    )
    .await;
    let anybody = Actor::abroad(papers.client(), server.url().to_owned(), "", "").nobody();
    let shown = async {
        while anybody.get("/v1/events").await.ok()["items"]
            .as_array()
            .unwrap()
            .is_empty()
        {
            tokio::task::yield_now().await;
        }
    };
    soon("an event of the demo", shown).await;
}

#[tokio::test]
async fn files_that_are_no_good_are_one_line_and_no_server() {
    let (papers, others) = (Papers::new().await, Papers::new().await);
    let dir = tempfile::tempdir().unwrap();
    let absent = dir.path().join("absent.pem");
    let (cert, key, other) = (papers.cert(), papers.key(), others.key());
    for (cert, key, says) in [
        (&absent, &key, "absent.pem cannot be read"),
        (&key, &key, "holds no certificates"),
        (&cert, &cert, "holds no private key"),
        (&cert, &other, "is not the key of the certificate"),
    ] {
        let more = [("SERVE__TLS_CERT", text(cert)), ("SERVE__TLS_KEY", text(key))];
        let ended = process::serve(dir.path(), &more).output();
        let ended = soon("the end", ended).await.unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(!ended.status.success() && said.contains(says), "{says}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    let half = process::serve(dir.path(), &[("SERVE__TLS_CERT", text(&cert))]).output();
    let said = String::from_utf8(soon("the end", half).await.unwrap().stderr).unwrap();
    assert!(said.contains("together or not at all"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

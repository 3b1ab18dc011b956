//! Certificates that are exchanged while the server runs, by SIGHUP.

use serde_json::json;

use crate::support::{Actor, Papers, Process, papers::text, server, soon};

#[tokio::test]
async fn a_new_certificate_is_shown_to_who_comes_next_and_a_bad_one_to_nobody() {
    let (papers, fresh) = (Papers::new().await, Papers::new().await);
    let dir = tempfile::tempdir().unwrap();
    let (cert, key) = (papers.cert(), papers.key());
    let server = Process::start(
        dir.path(),
        &[("SERVE__TLS_CERT", text(&cert)), ("SERVE__TLS_KEY", text(&key))],
    )
    .await;
    let token = server::token("hanna", &json!({"roles": ["host"]}));
    let comes = |papers: &Papers| Actor::abroad(papers.client(), server.url().to_owned(), &token, "hanna");
    let hanna = comes(&papers);
    let event = hanna.starts_event("session").await;
    let mut seat = hanna.watches(&event).await;
    seat.hears("stream.snapshot").await;

    // The renewal is caught half way: the new certificate is there, its key not yet.
    std::fs::copy(fresh.cert(), &cert).unwrap();
    server.is_told("HUP").await;
    server.says("the certificate stays as it is").await;
    comes(&papers).says(&event, "the old one is still good").await;

    fresh.replace(&papers);
    server.is_told("HUP").await;
    server.says("new connections get the certificate").await;
    let later = comes(&fresh);
    later.says(&event, "the new one is good").await;
    let stranger = comes(&papers).request(reqwest::Method::GET, "/health/live").send();
    assert!(soon("a refusal", stranger).await.unwrap_err().is_connect());

    // Who was there has not noticed.
    for text in ["the old one is still good", "the new one is good"] {
        let entry = seat.hears("message.created").await;
        assert_eq!(entry.data()["message"]["text"], json!(text));
    }
}

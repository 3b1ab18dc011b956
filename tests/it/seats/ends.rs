//! How such a stream ends, and the ways to ask for one that leave it where it was.

use crate::support::{TestServer, line::Line};

#[tokio::test]
async fn a_stream_ends_with_its_last_word_then_the_last_chunk_then_the_connection() {
    let mut server = TestServer::start().await;
    let host = server.host();
    let event = host.starts_event("session").await;
    let mut lines = Vec::new();
    for number in 0..20 {
        let mut line = Line::connects(server.address(), None).await;
        let close = if number % 2 == 0 { "Connection: close\r\n" } else { "" };
        line.asks(&event, close).await;
        line.reads_to("event: stream.snapshot").await;
        assert!(line.head.starts_with("http/1.1 200"), "{}", line.head);
        assert!(line.head.contains("connection: close"), "{}", line.head);
        assert!(
            line.head.contains("x-request-id: "),
            "the edge has seen it: {}",
            line.head
        );
        lines.push(line);
    }
    server.is_told_to_stop();
    for line in &mut lines {
        line.reads_to_the_end().await;
        assert!(line.ended, "the last chunk");
        let text = String::from_utf8_lossy(&line.body);
        let last = text.trim_end().rsplit("\n\n").next().unwrap();
        assert!(
            last.contains("event: stream.bye") && last.contains("shutdown"),
            "{last}"
        );
    }
    drop(lines);
    server.shut_down().await;
}

#[tokio::test]
async fn a_dismissed_reader_hears_why_to_the_last_byte_and_the_connection_is_closed() {
    let server = TestServer::start().await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let event = host.starts_event("session").await;
    let mut line = Line::connects(server.address(), None).await;
    line.asks(&event, &format!("Authorization: Bearer {}\r\n", ana.token()))
        .await;
    line.reads_to("event: stream.snapshot").await;
    host.appoints(&event, "ana", "moderator").await;
    line.reads_to_the_end().await;
    assert!(line.ended && String::from_utf8_lossy(&line.body).contains("role-changed"));
}

#[tokio::test]
async fn older_clients_get_bare_bytes_and_a_poll_leaves_the_connection_open() {
    let server = TestServer::start().await;
    let host = server.host();
    let event = host.starts_event("session").await;
    let mut old = Line::connects(server.address(), None).await;
    old.sends(&format!("GET /v1/events/{event}/stream HTTP/1.0\r\nHost: test\r\n\r\n"))
        .await;
    old.reads_to("event: stream.snapshot").await;
    assert!(!old.head.contains("transfer-encoding"), "{}", old.head);
    host.says(&event, "for everybody").await;
    old.reads_to("for everybody").await;

    let mut line = Line::connects(server.address(), None).await;
    for _ in 0..2 {
        line.sends(&format!(
            "GET /v1/events/{event}/stream?poll=1 HTTP/1.1\r\nHost: test\r\n\r\n"
        ))
        .await;
        while !line.ended {
            assert!(line.reads(64 * 1_024).await);
        }
        assert!(!line.head.contains("connection: close"), "{}", line.head);
        assert!(String::from_utf8_lossy(&line.body).contains("for everybody"));
        line.begins_anew();
    }
    line.sends(&format!(
        "HEAD /v1/events/{event}/stream HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
    ))
    .await;
    line.reads_to_the_end().await;
    assert!(
        line.head.starts_with("http/1.1 ") && line.body.is_empty(),
        "{}",
        line.head
    );
}

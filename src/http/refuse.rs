//! What a connection hears that we have no room for. Cheap and bounded: a few at a time, a second each, no hyper.
//!
//! A stream is refused inside a 200, because `EventSource` gives up for good on any other status; its `retry:` is spread
//! over some seconds, so that a turned-away crowd does not come back as one. Everyone else gets a 503.

use std::{io, net::SocketAddr, time::Duration};

use serde_json::json;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::{error::Elapsed, timeout},
};

use super::error::{PROBLEM_JSON, Problem};
use crate::{
    clock,
    domain::{Reason, Refusal},
};

/// How long a refused client may take to say what it wanted, and to go.
const PATIENCE: Duration = Duration::from_secs(1);
/// Enough of the head to see what is asked for.
const HEAD_BYTES: usize = 4_096;

/// For a client that speaks plain HTTP where TLS is spoken.
pub(super) async fn point_to_tls(mut socket: impl AsyncRead + AsyncWrite + Unpin) {
    let polite = async {
        head(&mut socket).await;
        say(
            &mut socket,
            &answer("400 Bad Request", "text/plain", "", "This port speaks HTTPS.\n"),
        )
        .await
    };
    note(&timeout(2 * PATIENCE, polite).await);
}

/// Answers once and waits shortly for the other side to close, so that it reads the answer rather than a reset.
pub(super) async fn turn_away(mut socket: impl AsyncRead + AsyncWrite + Unpin, peer: SocketAddr) {
    let polite = async {
        let head = head(&mut socket).await;
        let answer = if wants_stream(&head) { stream(peer) } else { problem() };
        say(&mut socket, &answer).await
    };
    note(&timeout(2 * PATIENCE, polite).await);
}

/// Says it and listens until the other side is gone.
async fn say(socket: &mut (impl AsyncRead + AsyncWrite + Unpin), answer: &str) -> io::Result<()> {
    socket.write_all(answer.as_bytes()).await?;
    socket.shutdown().await?;
    tokio::io::copy(&mut socket.take(64 * 1_024), &mut tokio::io::sink()).await?;
    Ok(())
}

fn note(went: &Result<io::Result<()>, Elapsed>) {
    if !matches!(went, Ok(Ok(()))) {
        tracing::debug!("a refused client did not leave by itself");
    }
}

/// The head of the request, or what came of it in time.
async fn head(socket: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut head = Vec::with_capacity(1_024);
    let read = async {
        while head.len() < HEAD_BYTES && !head.windows(4).any(|end| end == b"\r\n\r\n") {
            match socket.read_buf(&mut head).await {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
        }
    };
    match timeout(PATIENCE, read).await {
        Ok(()) | Err(_) => head,
    }
}

fn wants_stream(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    head.starts_with("get ") && head.contains("text/event-stream")
}

fn stream(peer: SocketAddr) -> String {
    let retry_ms = 5_000 + u32::from(peer.port() % 10) * 1_000 + u32::from(peer.port() % 997);
    let data = json!({"reason": "overloaded", "reconnect": true, "retry_ms": retry_ms});
    let bye = json!({"type": "stream.bye", "at": clock::now().to_string(), "data": data});
    let body = format!("retry: {retry_ms}\nevent: stream.bye\ndata: {bye}\n\n");
    answer("200 OK", "text/event-stream", "", &body)
}

fn problem() -> String {
    let refusal = Refusal::new(Reason::Overloaded, "All connections are taken. Try again shortly.");
    let body = String::from_utf8(Problem::from(refusal.retry_after(5)).to_json()).unwrap_or_default();
    answer("503 Service Unavailable", PROBLEM_JSON, "Retry-After: 5\r\n", &body)
}

fn answer(status: &str, kind: &str, more: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n{more}Connection: \
         close\r\n\r\n{body}",
        body.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_hear_it_in_a_200_and_others_in_a_503() {
        assert!(wants_stream(
            b"GET /v1/x/stream HTTP/1.1\r\nAccept: text/event-stream\r\n\r\n"
        ));
        assert!(!wants_stream(b"POST / HTTP/1.1\r\nAccept: text/event-stream\r\n\r\n"));
        let stream = stream("127.0.0.1:4242".parse().unwrap());
        assert!(
            stream.starts_with("HTTP/1.1 200") && stream.ends_with("\n\n"),
            "{stream}"
        );
        let (_, data) = stream.rsplit_once("data: ").unwrap();
        let bye: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(bye["data"]["reason"], "overloaded", "the shape of every frame");
        assert!(problem().contains("\r\nConnection: close\r\n"));
    }
}

//! The same door behind TLS, under clients that misbehave.

use poem::endpoint::make;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::client::TlsStream;

use super::door::{DEADLINE, Door, flood, rest};
use crate::support::Papers;

async fn shakes_hands(papers: &Papers, door: &Door, protocols: &[&str]) -> TlsStream<TcpStream> {
    let connector = papers.connector(protocols);
    let greeted = connector.connect("localhost".try_into().unwrap(), door.knock().await);
    timeout(DEADLINE, greeted).await.expect("a handshake").unwrap()
}

async fn all(mut stream: TlsStream<TcpStream>) -> String {
    let mut all = Vec::new();
    let _closed = timeout(DEADLINE, stream.read_to_end(&mut all))
        .await
        .expect("the server closes");
    String::from_utf8_lossy(&all).into_owned()
}

#[tokio::test]
async fn who_is_silent_in_the_handshake_is_cut() {
    let papers = Papers::new().await;
    let door = Door::open_securely(&papers, |_| {}).await;
    for half in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01"] {
        let mut socket = door.knock().await;
        socket.write_all(half).await.unwrap();
        assert_eq!(rest(&mut socket).await, "", "{half:?}");
    }
    door.until_open(0).await;
    assert_eq!(door.metrics.handshakes_failed.get(), 3);
}

#[tokio::test]
async fn who_is_silent_after_the_handshake_is_cut() {
    let papers = Papers::new().await;
    let door = Door::open_securely(&papers, |_| {}).await;
    for protocols in [&[][..], &["http/1.1"], &["h2"]] {
        let stream = shakes_hands(&papers, &door, protocols).await;
        all(stream).await;
    }
    // Half a preface, and one with nothing after it.
    for said in [
        &b"PRI * HTTP/2.0\r\n"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    ] {
        let mut stream = shakes_hands(&papers, &door, &["h2"]).await;
        stream.write_all(said).await.unwrap();
        all(stream).await;
    }
    door.until_open(0).await;
}

#[tokio::test]
async fn what_is_spoken_is_what_was_agreed_on() {
    let papers = Papers::new().await;
    let door = Door::open_securely(&papers, |_| {}).await;
    for (protocols, agreed) in [
        (&["h2", "http/1.1"][..], Some("h2")),
        (&["http/1.1", "h2"], Some("h2")),
        (&["http/1.1"], Some("http/1.1")),
        (&[], None),
    ] {
        let stream = shakes_hands(&papers, &door, protocols).await;
        let spoken = stream.get_ref().1.alpn_protocol().map(String::from_utf8_lossy);
        assert_eq!(spoken.as_deref(), agreed);
    }
    let connector = papers.connector(&["spdy/3"]);
    let refused = connector
        .connect("localhost".try_into().unwrap(), door.knock().await)
        .await;
    assert!(refused.is_err(), "nothing in common");

    let mut plain = shakes_hands(&papers, &door, &["http/1.1"]).await;
    plain
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    assert!(all(plain).await.ends_with("hello"));
}

#[tokio::test]
async fn plain_http_is_told_where_it_is() {
    let papers = Papers::new().await;
    let door = Door::open_securely(&papers, |_| {}).await;
    let answer = door.tell("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(
        answer.starts_with("HTTP/1.1 400") && answer.contains("speaks HTTPS"),
        "{answer}"
    );
    door.until_open(0).await;
}

#[tokio::test]
async fn one_too_many_is_told_so_in_the_tongue_of_the_port() {
    let papers = Papers::new().await;
    let door = Door::open_securely(&papers, |config| {
        config.max_connections = 1;
        config.header_read_timeout_ms = 60_000;
    })
    .await;
    let _first = shakes_hands(&papers, &door, &["http/1.1"]).await;
    let mut second = shakes_hands(&papers, &door, &["h2", "http/1.1"]).await;
    assert_eq!(second.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    second
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n")
        .await
        .unwrap();
    let answer = all(second).await;
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("event: stream.bye"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_reader_that_stops_is_cut_and_its_stream_dropped() {
    let papers = Papers::new().await;
    let (sender, ended) = tokio::sync::oneshot::channel();
    let sender = std::sync::Mutex::new(Some(sender));
    let endpoint = make(move |_| {
        let sender = sender.lock().unwrap().take();
        async move { Ok::<_, poem::Error>(flood(sender)) }
    });
    let door = Door::open_securely_to(&papers, endpoint, |_| {}).await;
    let mut stream = shakes_hands(&papers, &door, &["http/1.1"]).await;
    stream
        .write_all(b"GET /flood HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    // From here on nothing is read. The sender goes when the stream does.
    timeout(DEADLINE, ended)
        .await
        .expect("the stream is dropped")
        .unwrap_err();
    assert_eq!(door.metrics.connections_stalled.get(), 1);
    door.until_open(0).await;
}

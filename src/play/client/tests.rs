//! The client against a little server that plays a script.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

/// Answers one connection after the other with the given heads and bodies; gives what was asked, first lines only.
async fn script(listener: TcpListener, answers: Vec<(&str, &str)>) -> Vec<String> {
    let mut asked = Vec::new();
    for (head, body) in answers {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 16 * 1024];
        let length = socket.read(&mut request).await.unwrap();
        let text = String::from_utf8_lossy(&request[..length]).into_owned();
        asked.push(text.lines().next().unwrap_or_default().to_owned());
        let length = body.len();
        let answer = format!("HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
        socket.write_all(answer.as_bytes()).await.unwrap();
        socket.shutdown().await.unwrap();
    }
    asked
}

async fn talk<T>(answers: Vec<(&str, &str)>, act: impl AsyncFnOnce(Client) -> T) -> (T, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/", listener.local_addr().unwrap());
    let client = Client::new(&url, Some("secret".into())).unwrap();
    tokio::join!(act(client), script(listener, answers))
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    let problem = r#"{"code": "overloaded", "detail": "later"}"#;
    let answers = vec![
        ("503 Busy\r\nRetry-After: 0", problem),
        ("429 Slow\r\nRetry-After: 0", problem),
        ("200 OK", r#"{"id": "evt"}"#),
    ];
    let (got, asked) = talk(answers, async |client| client.get("/events/a").await).await;
    assert_eq!(got.unwrap()["id"], "evt");
    assert_eq!(asked, ["GET /v1/events/a HTTP/1.1"; 3]);
}

#[tokio::test]
async fn a_refusal_says_what_to_mend() {
    let problem = r#"{"code": "contest-rule", "detail": "No.", "errors": [{"pointer": "/updates/0/minute", "detail": "Too late."}]}"#;
    let (got, _) = talk(vec![("422 No", problem)], async |client| {
        client.report("a", "b", &[]).await
    })
    .await;
    let error = got.unwrap_err();
    assert_eq!(error.code(), Some("contest-rule"));
    assert_eq!(
        error.to_string(),
        "No. /updates/0/minute: Too late. (422, contest-rule)"
    );
}

#[tokio::test]
async fn what_is_there_already_is_no_failure() {
    let taken = r#"{"code": "slug-taken", "detail": "taken"}"#;
    let event = serde_json::json!({ "slug": "a" });
    let answers = vec![("409 No", taken), ("200 OK", r#"{"id": "evt"}"#)];
    let (got, asked) = talk(answers, async |client| client.create_event(&event).await).await;
    assert_eq!(got.unwrap()["id"], "evt");
    assert_eq!(asked[1], "GET /v1/events/a HTTP/1.1");
    let over = r#"{"code": "illegal-transition", "detail": "no"}"#;
    let (got, _) = talk(vec![("409 No", over)], async |client| client.pass("a", "start").await).await;
    assert!(!got.unwrap());
}

#[tokio::test]
async fn somebody_elses_server_is_told_apart() {
    let (got, _) = talk(vec![("404 No", "<html>")], async |client| client.get("/x").await).await;
    assert!(matches!(got, Err(ClientError::Odd { .. })));
    for url in ["", "ftp://a", "127.0.0.1:8080"] {
        assert!(matches!(Client::new(url, None), Err(ClientError::Unusable(_))), "{url}");
    }
}

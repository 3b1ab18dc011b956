//! What is secret until a poll closes is not to be found anywhere before.

use reqwest::Method;
use serde_json::{Value, json};

use super::{at, closes, opens, polls, reads, standing, takes_back, votes};
use crate::support::{Actor, TestServer};

/// Everything that anybody can ask of an event, as text.
async fn everything(who: &Actor, event: &str, poll: &Value) -> Vec<(String, String)> {
    let base = format!("/v1/events/{event}");
    let mut found = Vec::new();
    for path in [
        base.clone(),
        format!("{base}/snapshot"),
        format!("{base}/status"),
        format!("{base}/log?limit=200"),
        format!("{base}/log?limit=200&format=ndjson"),
        format!("{base}/stream?poll=1&after=0"),
        format!("{base}/stream?poll=1"),
        format!("{base}/stream?poll=1&format=ndjson&after=0"),
    ] {
        let reply = who.send(who.request(Method::GET, &path)).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        found.push((path, reply.text));
    }
    // What staff see there is said below.
    if who.id != "hanna" {
        for path in [at(event, poll), polls(event)] {
            let text = who.get(&path).await.text;
            found.push((path, text));
        }
    }
    found
}

#[tokio::test]
async fn running_results_of_a_secret_poll_are_nowhere_until_it_closes() {
    let server = TestServer::start().await;
    let host = server.host();
    let event = host.starts_event("session").await;
    let mut seats = [
        server.anybody().watches(&event).await,
        server.user("sam", &[]).watches(&event).await,
        host.watches(&event).await,
    ];
    let secret = json!({"results": "when_closed", "change_allowed": true, "max_choices": 2});
    let poll = opens(&host, &event, secret).await;
    // The word stands nowhere: neither zeros nor counts.
    let word = "\"votes\"";
    let mut answers = Vec::new();
    for number in 0..9_u32 {
        let voter = server.user(&format!("voter{number}"), &[]);
        answers.push(votes(&voter, &event, &poll, &[1 + number % 3]).await);
        if number % 3 == 0 {
            answers.push(votes(&voter, &event, &poll, &[2, 3]).await);
        }
        if number == 8 {
            answers.push(takes_back(&voter, &event, &poll).await);
        }
        answers.push(voter.get(&at(&event, &poll)).await);
        answers.push(voter.get(&polls(&event)).await);
    }
    for answer in answers {
        assert!(!answer.text.contains(word), "{}", answer.text);
    }
    for seat in &mut seats {
        loop {
            let frame = seat.hears("poll.changed").await;
            assert!(!frame.json.to_string().contains(word), "{}", frame.json);
            if frame.data()["polls"][0]["voters"] == json!(8) {
                break;
            }
        }
    }
    let strangers = [server.anybody(), server.user("sam", &[]), server.guest("Gus").await];
    for who in strangers.iter().chain([&host]) {
        for (path, text) in everything(who, &event, &poll).await {
            assert!(!text.contains(word), "{path} for `{}`: {text}", who.id);
        }
    }
    // Staff who ask for it see it, and nobody else.
    let seen = (8, vec![0, 6, 5]);
    assert_eq!(standing(&reads(&host, &event, &poll).await), seen);
    assert_eq!(standing(&host.get(&polls(&event)).await.ok()["items"][0]), seen);
    assert_eq!(standing(&reads(&strangers[1], &event, &poll).await), (8, vec![]));

    let closed = closes(&host, &event, &poll).await;
    assert_eq!(standing(&closed), seen);
    for seat in &mut seats {
        let told = seat.hears("poll.closed").await;
        assert_eq!(told.data()["poll"], closed);
    }
    assert_eq!(
        standing(&server.anybody().reads_snapshot(&event).await["polls"][0]),
        seen
    );
}

#[tokio::test]
async fn a_secret_poll_that_is_retracted_keeps_its_secret() {
    let server = TestServer::start().await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let event = host.starts_event("session").await;
    let poll = opens(&host, &event, json!({"results": "when_closed"})).await;
    votes(&ana, &event, &poll, &[2]).await.ok();
    let path = format!("{}/retract", at(&event, &poll));
    let retracted = host.post(&path, &json!({})).await;
    assert!(!retracted.text.contains("\"votes\""), "{}", retracted.text);
    for who in [server.anybody(), server.user("sam", &[])] {
        for (path, text) in everything(&who, &event, &poll).await {
            assert!(!text.contains("\"votes\""), "{path}: {text}");
        }
    }
}

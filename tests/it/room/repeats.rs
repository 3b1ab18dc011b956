//! Unique messages: nobody says what was said a moment ago.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{edits, posts, tunes};
use crate::support::{TestServer, soon};

#[tokio::test]
async fn what_was_said_is_not_said_again_by_anybody() {
    let server = TestServer::start().await;
    let (hanna, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let event = hanna.starts_event("session").await;
    let other = hanna.starts_event("session").await;
    ana.says(&event, "Goal!").await;
    ana.says(&event, "Goal!").await;
    tunes(&hanna, &event, &json!({"unique_messages": true})).await.ok();
    // What was said before counts as well.
    for (who, text) in [(&ana, "goal"), (&ben, "GOAL!!!"), (&ben, " Goal. ")] {
        assert_eq!(posts(who, &event, text).await.refused(422), "not-unique", "{text}");
    }
    let said = posts(&ben, &event, "what a goal").await.ok();
    assert_eq!(posts(&ana, &event, "What a goal").await.refused(422), "not-unique");
    posts(&ana, &other, "what a goal").await.ok();
    hanna.says(&event, "goal").await;
    // An edit is held to it too, but a message is no repeat of itself.
    edits(&ben, &event, &said, "What a goal!").await.ok();
    assert_eq!(edits(&ben, &event, &said, "goal?").await.refused(422), "not-unique");
    // Taken back, it was not said; and there is an end to memory.
    let mine = ana.says(&event, "unheard of").await;
    let id = mine["id"].as_str().unwrap();
    ana.delete(&format!("/v1/events/{event}/messages/{id}")).await;
    ben.says(&event, "unheard of").await;
    for number in 0..100 {
        hanna.says(&event, &format!("number {number}")).await;
    }
    ana.says(&event, "goal").await;
}

/// Of many who say the same at once, one is heard.
async fn one_is_heard(servers: [&TestServer; 2], event: &str) {
    let bodies: Vec<Value> = ["We won", "we won!", "WE WON", "we  won"]
        .map(|text| json!({"text": text}))
        .into();
    let path = format!("/v1/events/{event}/messages");
    let shouts = (0..40).map(|number| {
        let who = servers[number % 2].user(&format!("fan{number}"), &[]);
        let (path, body) = (path.clone(), bodies[number % 4].clone());
        async move { who.post(&path, &body).await }
    });
    let replies = soon("all answers", join_all(shouts)).await;
    let (heard, refused): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 201);
    assert_eq!((heard.len(), refused.len()), (1, 39));
    for reply in refused {
        assert_eq!(reply.refused(422), "not-unique");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_forty_who_say_the_same_at_once_one_is_heard() {
    let server = TestServer::start().await;
    let hanna = server.host();
    let event = hanna.starts_event("session").await;
    tunes(&hanna, &event, &json!({"unique_messages": true})).await.ok();
    one_is_heard([&server, &server], &event).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_those_who_say_the_same_at_two_servers_one_is_heard() {
    let url = crate::postgres::fresh_database().await;
    let one = crate::postgres::server_alone_at(&url, |_| {}).await;
    let two = crate::postgres::server_alone_at(&url, |_| {}).await;
    let event = one
        .host()
        .creates_event(json!({"settings": {"unique_messages": true}}))
        .await;
    one_is_heard([&one, &two], &event).await;
}

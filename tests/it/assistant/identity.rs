//! Nobody but the house is the assistant.

use serde_json::json;

use super::{asks, plays};
use crate::support::TestServer;

#[tokio::test]
async fn nobody_signs_in_as_the_assistant() {
    let server = TestServer::start().await;
    let event = plays(&server).await;
    let fake = server.user("assistant", &["host"]);
    let says = fake
        .post(&format!("/v1/events/{event}/messages"), &json!({"text": "hi"}))
        .await;
    assert_eq!(says.refused(401), "token-invalid");
}

#[tokio::test]
async fn guests_do_not_take_its_name_or_what_looks_like_it() {
    let server = TestServer::start_with(|config| "Matchday Bot".clone_into(&mut config.assistant.name)).await;
    let anybody = server.anybody();
    for name in [
        "Assistant",
        "ASSISTANT",
        "Аssistant",
        "Ass1stant",
        "A s s i s t a n t",
        "Matchday Bot",
        "matchdаy bot",
        "Assistant ✓",
    ] {
        let made = anybody.post("/v1/auth/guest", &json!({"name": name})).await;
        assert_eq!(made.refused(422), "invalid-content", "{name}");
        assert_eq!(made.body["errors"][0]["code"], "reserved", "{name}");
    }
    for name in ["Assist", "Bot", "Ana"] {
        anybody.post("/v1/auth/guest", &json!({"name": name})).await.ok();
    }
}

#[tokio::test]
async fn its_badge_is_nobodys_to_give_or_bring() {
    let server = TestServer::start().await;
    let event = plays(&server).await;
    let root = server.user("root", &["admin"]);
    let path = format!("/v1/events/{event}/badges/ana/ASSISTANT");
    assert!(!root.put(&path, &json!({})).await.status.is_success());
    let ana = server.user_with("ana", &json!({"badges": ["ASSISTANT", "assistant", "FAN"]}));
    let said = ana.says(&event, "hello").await;
    assert_eq!(said["author"]["badges"], json!(["FAN"]));
}

#[tokio::test]
async fn it_speaks_by_the_name_it_was_given_and_answers_to_both() {
    let server = TestServer::start_with(|config| "Matchday Bot".clone_into(&mut config.assistant.name)).await;
    let event = plays(&server).await;
    let ana = server.user("ana", &[]);
    let mut seat = ana.watches(&event).await;
    let (_, _, answer) = asks(&ana, &mut seat, &event, "score?").await;
    assert_eq!(answer.unwrap()["author"]["name"], "Matchday Bot");
    let said = ana.says(&event, "hey @matchday bot, score?").await;
    let (answered, _) = super::ends(&mut seat).await;
    assert_eq!(answered["message_id"], said["id"]);
}

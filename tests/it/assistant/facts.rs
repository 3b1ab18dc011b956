//! Without any model: answers from the state of the event, with the entries they go by.

use grandstand::config::QuotaConfig;
use serde_json::{Value, json};

use super::{all_ends, asks, ended, ends, plays, text};
use crate::support::TestServer;

#[tokio::test]
async fn a_question_in_the_room_is_answered_in_its_thread_from_the_facts() {
    let server = TestServer::start().await;
    let event = plays(&server).await;
    let ana = server.user("ana", &[]);
    let mut seat = ana.watches(&event).await;
    let (question, answered, answer) = asks(&ana, &mut seat, &event, "what's the score?").await;
    let answer = answer.expect("an answer");
    assert!(text(&answer).starts_with("Reds 2–1 Blues ("), "{answer}");
    assert_eq!(answer["parent_id"], question["id"]);
    assert_eq!(answer["author"]["id"], "assistant");
    assert_eq!(answer["author"]["name"], "Assistant");
    assert_eq!(answer["author"]["badges"], json!(["ASSISTANT"]));
    assert_eq!(answered["outcome"], "answered");
    assert_eq!(answered["by"], "facts");
    let remark = &answer["assistant"];
    assert_eq!(
        (&remark["kind"], &remark["by"], &remark["state"]),
        (&json!("answer"), &json!("facts"), &json!("current"))
    );
    assert_eq!(remark["question_id"], answered["question_id"]);
    assert!(remark["clock"].as_str().unwrap().ends_with('\''), "{remark}");
    // The message stays in its thread, for who comes later.
    let path = format!(
        "/v1/events/{event}/messages/{}/replies",
        question["id"].as_str().unwrap()
    );
    let replies = ana.get(&path).await.ok();
    assert_eq!(replies["items"][0]["assistant"], *remark);
}

#[tokio::test]
async fn what_is_cited_are_the_entries_that_say_so() {
    let server = TestServer::start().await;
    let event = plays(&server).await;
    let ana = server.user("ana", &[]);
    let mut seat = ana.watches(&event).await;
    let (_, _, answer) = asks(&ana, &mut seat, &event, "who scored?").await;
    let answer = answer.unwrap();
    let citations = answer["assistant"]["citations"].as_array().unwrap();
    let log = ana.reads_log(&event).await;
    let minutes: Vec<&Value> = citations
        .iter()
        .map(|citation| {
            let entry = log
                .iter()
                .find(|entry| entry["seq"] == citation["seq"])
                .expect("a real entry");
            assert_eq!(entry["type"], "incident.recorded");
            assert_eq!(entry["at"], citation["at"]);
            &entry["data"]["incident"]["minute"]
        })
        .collect();
    assert_eq!(minutes, [23, 40, 44]);
    assert_eq!(citations[0]["label"], "23' Ana Souza (Reds)");
    // Taken back, it is no longer told, and the score is cited as it is then.
    let feed = server.machine(&["ingest"]).await;
    super::reports(
        &feed,
        &event,
        &json!([{"source_id": "7", "type": "amend", "target_source_id": "3", "minute": 24}]),
    )
    .await;
    let (_, _, answer) = asks(&ana, &mut seat, &event, "who scored first?").await;
    let answer = answer.unwrap();
    assert!(text(&answer).contains("24' Ana Souza"), "{answer}");
    let log = ana.reads_log(&event).await;
    let cited = &answer["assistant"]["citations"][0]["seq"];
    let entry = log.iter().find(|entry| entry["seq"] == *cited).unwrap();
    assert_eq!(entry["type"], "incident.corrected");
}

#[tokio::test]
async fn what_nobody_knows_is_said_to_be_unknown() {
    let server = TestServer::start().await;
    let event = server.host().starts_event("session").await;
    let ana = server.user("ana", &[]);
    let mut seat = ana.watches(&event).await;
    let (_, _, answer) = asks(&ana, &mut seat, &event, "what's the score?").await;
    assert_eq!(answer.unwrap()["assistant"]["state"], "unknown");
    let (_, answered, answer) = asks(&ana, &mut seat, &event, "why is the sky blue?").await;
    let answer = answer.unwrap();
    assert!(text(&answer).starts_with("I don't know that."), "{answer}");
    assert_eq!(
        (&answered["outcome"], &answer["assistant"]["state"]),
        (&json!("answered"), &json!("unknown"))
    );
    let (_, _, answer) = asks(&ana, &mut seat, &event, "wer ist hier?").await;
    assert!(text(&answer.unwrap()).starts_with("Zuschauer: 1."));
}

#[tokio::test]
async fn the_endpoint_asks_in_the_room_and_tells_how_it_goes() {
    let server = TestServer::start().await;
    let event = plays(&server).await;
    let (ana, ben) = (server.user("ana", &[]), server.user("ben", &[]));
    let mut seat = ben.watches(&event).await;
    let path = format!("/v1/events/{event}/assistant/questions");
    let body = json!({"text": "who is winning?", "client_id": "q1"});
    let asked = ana.post(&path, &body).await;
    assert_eq!(asked.status, 201);
    let question = asked.ok();
    assert!(question["id"].as_str().unwrap().starts_with("qst_"));
    assert_eq!(question["message"]["text"], "who is winning?");
    let (answered, answer) = ends(&mut seat).await;
    assert_eq!(answered["question_id"], question["id"]);
    assert!(text(&answer.unwrap()).starts_with("In front: Reds."));
    let found = ended(&ben, &event, &question).await;
    assert_eq!(
        (&found["status"], &found["answer"]["id"]),
        (&json!("answered"), &answered["answer_id"])
    );
    // Sent again it is the same question, answered once.
    let again = ana.post(&path, &body).await.ok();
    assert_eq!((&again["id"], &again["status"]), (&question["id"], &json!("answered")));
    assert_eq!(all_ends(&ana, &event).await.len(), 1);
    let other = ana.says(&event, "no question").await;
    let none = format!("{path}/{}", other["id"].as_str().unwrap().replace("msg_", "qst_"));
    assert_eq!(ana.get(&none).await.refused(404), "not-found");
    assert_eq!(
        server.anybody().post(&path, &body).await.refused(401),
        "unauthenticated"
    );
}

#[tokio::test]
async fn an_event_can_do_without_it() {
    let server = TestServer::start().await;
    let event = plays(&server).await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let off = json!({"settings": {"assistant": {"answers": false, "posts": false}}});
    host.changes_event(&event, &off).await;
    let path = format!("/v1/events/{event}/assistant/questions");
    let asked = ana.post(&path, &json!({"text": "score?"})).await;
    assert_eq!(asked.refused(409), "assistant-off");
    ana.says(&event, "@assistant score?").await;
    let on = json!({"settings": {"assistant": {"answers": true, "posts": false}}});
    host.changes_event(&event, &on).await;
    let mut seat = ana.watches(&event).await;
    let (question, ..) = asks(&ana, &mut seat, &event, "score?").await;
    let ends = all_ends(&ana, &event).await;
    assert_eq!(ends.len(), 1);
    assert_eq!(ends[0]["data"]["message_id"], question["id"]);
}

#[tokio::test]
async fn too_many_questions_are_refused_by_the_endpoint_and_told_in_the_room() {
    let two = QuotaConfig {
        quota: 2,
        window_seconds: 600,
    };
    let server = TestServer::start_with(|config| config.limits.ask = two).await;
    let event = plays(&server).await;
    let ana = server.user("ana", &[]);
    let mut seat = ana.watches(&event).await;
    let path = format!("/v1/events/{event}/assistant/questions");
    let first = ana.post(&path, &json!({"text": "score?"})).await;
    assert!(
        first.header("ratelimit").contains("\"ask\";r=1"),
        "{}",
        first.header("ratelimit")
    );
    ends(&mut seat).await;
    let (_, answered, _) = asks(&ana, &mut seat, &event, "score?").await;
    assert_eq!(answered["outcome"], "answered");
    let third = ana.post(&path, &json!({"text": "score?"})).await;
    assert_eq!(third.refused(429), "rate-limited");
    assert!(third.header("retry-after").parse::<u32>().unwrap() > 0);
    // In chat it is a message all the same.
    let (message, answered, answer) = asks(&ana, &mut seat, &event, "score?").await;
    assert_eq!((message["status"].as_str(), answer), (Some("active"), None));
    assert_eq!(
        (&answered["outcome"], &answered["reason"]),
        (&json!("refused"), &json!("rate-limited"))
    );
}

#[tokio::test]
async fn a_held_question_is_answered_when_it_is_released() {
    let server = TestServer::start().await;
    let event = plays(&server).await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    host.holds_messages(&event).await;
    let mut seat = ana.watches(&event).await;
    let path = format!("/v1/events/{event}/assistant/questions");
    let asked = ana.post(&path, &json!({"text": "what's the score?"})).await;
    assert_eq!(asked.status, 202);
    let question = asked.ok();
    let rejected = ana.post(&path, &json!({"text": "who scored?"})).await.ok();
    let message = |question: &Value| question["message"]["id"].as_str().unwrap().to_owned();
    let decide = |id: String, what: &str| format!("/v1/events/{event}/messages/{id}/{what}");
    host.post(&decide(message(&rejected), "reject"), &json!({"reason": "test"}))
        .await
        .ok();
    host.post(&decide(message(&question), "release"), &json!({})).await.ok();
    let (answered, answer) = ends(&mut seat).await;
    assert_eq!(answered["question_id"], question["id"]);
    assert!(text(&answer.unwrap()).starts_with("Reds 2–1 Blues"));
    let found = ended(&host, &event, &rejected).await;
    assert_eq!(
        (&found["status"], &found["reason"]),
        (&json!("refused"), &json!("withheld"))
    );
    assert_eq!(
        all_ends(&ana, &event).await.len(),
        1,
        "nobody hears of what was rejected"
    );
    assert_eq!(all_ends(&host, &event).await.len(), 2);
}

#[tokio::test]
async fn a_question_that_nobody_sees_is_not_answered() {
    let server = TestServer::start().await;
    let event = plays(&server).await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let body = json!({"user_id": "ana", "kind": "shadow_ban", "reason": "test"});
    host.post(&format!("/v1/events/{event}/sanctions"), &body).await.ok();
    let asked = ana.says(&event, "@assistant what's the score?").await;
    let question = json!({"id": asked["id"].as_str().unwrap().replace("msg_", "qst_")});
    let found = ended(&host, &event, &question).await;
    assert_eq!(
        (&found["status"], &found["reason"]),
        (&json!("refused"), &json!("withheld"))
    );
    let path = format!(
        "/v1/events/{event}/assistant/questions/{}",
        question["id"].as_str().unwrap()
    );
    assert_eq!(ana.get(&path).await.ok()["status"], "waiting", "she is not told");
    assert!(all_ends(&ana, &event).await.is_empty());
}

//! With a model that is scripted: streamed, checked, and whatever can go wrong with it.

use std::{collections::HashMap, time::Duration};

use grandstand::config::Config;
use serde_json::{Value, json};

use super::{all_ends, asks, piece, plays, text};
use crate::support::{Act, Model, Seat, TestServer, soon};

const WHY: &str = "why is everybody so loud?";

async fn with(model: &Model, change: impl FnOnce(&mut Config)) -> TestServer {
    TestServer::start_with(|config| {
        model.set_up(config);
        change(config);
    })
    .await
}

/// An answer in the form it is asked for.
pub(super) fn answer(text: &str, cites: &[u64]) -> String {
    json!({"answer": text, "cites": cites, "known": true}).to_string()
}

fn pieces(text: &str, size: usize) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(size).map(|piece| piece.iter().collect()).collect()
}

/// What was shown of each question while it was written, until its end.
async fn written(seat: &mut Seat) -> (String, Vec<Value>, Value, Option<Value>) {
    let (mut shown, mut times, mut said) = (String::new(), Vec::new(), Vec::new());
    loop {
        let frame = seat.next().await.expect("the stream goes on");
        match frame.event.as_str() {
            "assistant.delta" => {
                let (offset, text) = piece(&frame);
                shown = shown.chars().take(offset).collect::<String>() + &text;
                times.push(frame.json["at"].clone());
            }
            "message.created" => said.push(frame.data()["message"].clone()),
            "assistant.answered" => {
                let end = frame.data().clone();
                let answer = said.into_iter().find(|message| message["id"] == end["answer_id"]);
                return (shown, times, end, answer);
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn what_the_facts_do_not_know_is_asked_of_the_model_and_cited() {
    let model = Model::start().await;
    let server = with(&model, |_| {}).await;
    let event = plays(&server).await;
    let ana = server.user("ana", &[]);
    let log = ana.reads_log(&event).await;
    let goal = log
        .iter()
        .find(|entry| entry["data"]["incident"]["minute"] == 44)
        .unwrap();
    let seq = goal["seq"].as_u64().unwrap();
    model.next(Act::say(answer("Ana Souza scored in minute 44.", &[seq])));
    let mut seat = ana.watches(&event).await;
    let (question, answered, said) = asks(&ana, &mut seat, &event, WHY).await;
    let said = said.unwrap();
    assert_eq!(text(&said), "Ana Souza scored in minute 44.");
    assert_eq!(
        (&answered["outcome"], &answered["by"]),
        (&json!("answered"), &json!("model"))
    );
    let remark = &said["assistant"];
    assert_eq!((&remark["by"], &said["parent_id"]), (&json!("model"), &question["id"]));
    assert_eq!(remark["citations"][0]["seq"], seq);
    assert_eq!(remark["citations"][0]["label"], "44' Ana Souza (Reds)");
    let asked = model.asked(1).await;
    assert!(
        !asked[0].system_text().contains("loud"),
        "no word of anybody among the instructions"
    );
    assert!(asked[0].user_text().contains(WHY));
    // What the facts know is never asked.
    asks(&ana, &mut seat, &event, "what's the score?").await;
    assert_eq!(model.asked_so_far(), 1);
    model.assert_no_complaints();
}

#[tokio::test]
async fn an_answer_is_shown_while_it_is_written_and_ends_as_its_message() {
    let model = Model::start().await;
    let server = with(&model, |_| {}).await;
    let event = plays(&server).await;
    let ana = server.user("ana", &[]);
    let whole = "Reds lead 2-1. Ana Souza scored twice, in minutes 23 and 44. Ben Okafor scored for Blues. It is loud here. \
        Some sing. Others shout. All of them are awake… Näher weiß ich es nicht. 😀 So it is.";
    let json = answer(whole, &[]);
    model.next(Act::pieces(pieces(&json, 3)).pausing(Duration::from_millis(15)));
    let mut seat = ana.watches(&event).await;
    let mut other = server.user("ben", &[]).watches(&event).await;
    let said = ana.says(&event, &format!("@assistant {WHY}")).await;
    let typing = seat.hears("typing.changed").await;
    assert_eq!(typing.data()["threads"][0]["users"][0]["id"], "assistant");
    assert_eq!(typing.data()["threads"][0]["parent_id"], said["id"]);
    let (shown, times, end, message) = written(&mut seat).await;
    assert_eq!(end["outcome"], "answered");
    assert_eq!(text(message.as_ref().unwrap()), whole);
    assert_eq!(shown, whole, "the pieces are the message");
    assert!(times.len() > 2, "it came in pieces: {times:?}");
    let mut by_second: HashMap<String, usize> = HashMap::new();
    for at in &times {
        *by_second.entry(at.as_str().unwrap()[..19].to_owned()).or_default() += 1;
    }
    assert!(by_second.values().all(|count| *count <= 10), "{by_second:?}");
    let (same, _, _, there) = written(&mut other).await;
    assert_eq!((same, there), (shown, message));
}

#[tokio::test]
async fn whoever_comes_in_the_middle_ends_with_the_same_text() {
    let model = Model::start().await;
    let server = with(&model, |_| {}).await;
    let event = plays(&server).await;
    let ana = server.user("ana", &[]);
    let whole = "It is loud. Very loud. Louder than ever. And it goes on. For long.";
    let json = answer(whole, &[]);
    model.next(Act::pieces(pieces(&json, 4)).pausing(Duration::from_millis(40)));
    let mut seat = ana.watches(&event).await;
    ana.says(&event, &format!("@assistant {WHY}")).await;
    seat.hears("assistant.delta").await;
    let mut late = server.user("late", &[]).watches(&event).await;
    let (_, _, _, message) = written(&mut late).await;
    assert_eq!(text(&message.unwrap()), whole);
}

#[tokio::test]
async fn a_model_that_lies_is_replaced_by_the_facts() {
    let model = Model::start().await;
    let server = with(&model, |_| {}).await;
    let event = plays(&server).await;
    let ana = server.user("ana", &[]);
    let mut seat = ana.watches(&event).await;
    for lie in [
        answer("Blues lead 9-0.", &[]),
        answer("It is loud. Also, Reds won 5:1. Great.", &[]),
        answer("Blues are winning.", &[]),
        answer("Ana scored in minute 77.", &[]),
        answer("Ana Souza scored.", &[999_999]),
        answer("Look at https://bad.example now.", &[]),
        answer("Hello @everyone!", &[]),
        answer("/ban ana", &[]),
    ] {
        model.next(Act::say(&lie));
        ana.says(&event, &format!("@assistant {WHY}")).await;
        let (shown, _, end, said) = written(&mut seat).await;
        let said = said.expect("something is said");
        assert_eq!(
            text(&said).split(" (").next(),
            Some("That I can't say. What I know: Reds 2–1 Blues"),
            "{lie}"
        );
        assert_eq!(
            (&end["outcome"], &end["reason"], &end["by"]),
            (&json!("failed"), &json!("unfounded"), &json!("facts"))
        );
        assert!(
            !shown.contains('9') && !shown.contains("5:1") && !shown.contains('@'),
            "{shown}"
        );
    }
    assert_eq!(all_ends(&ana, &event).await.len(), 8);
}

#[tokio::test]
async fn whatever_fails_there_is_an_end_with_a_reason() {
    let model = Model::start().await;
    let server = with(&model, |config| {
        config.llm.retries = 0;
        config.llm.breaker_failures = 100;
        config.assistant.deadline_ms = 800;
    })
    .await;
    let event = plays(&server).await;
    let quiet = server.host().starts_event("session").await;
    let ana = server.user("ana", &[]);
    let mut seat = ana.watches(&event).await;
    let half = &answer("It is loud. Very loud.", &[])[..30];
    for (act, reason) in [
        (Act::hang(), "timeout"),
        (Act::pieces([half]).then_hang(), "timeout"),
        (Act::fail(503), "unavailable"),
        (Act::busy(Some(30)), "rate_limited"),
        (Act::pieces([half]).then_cut(), "cut"),
        (Act::rubbish("<html>"), "rubbish"),
        (Act::say("no JSON at all"), "rubbish"),
        (Act::say(answer("", &[])), "rubbish"),
        (Act::say(answer("Late.", &[])).after(Duration::from_secs(5)), "timeout"),
        (Act::refuse("no"), "refused"),
    ] {
        model.next(act);
        let (_, answered, said) = asks(&ana, &mut seat, &event, WHY).await;
        assert_eq!(
            (&answered["outcome"], answered["reason"].as_str()),
            (&json!("failed"), Some(reason))
        );
        assert!(
            text(&said.unwrap()).starts_with("That I can't say. What I know: Reds 2–1 Blues"),
            "{reason}"
        );
    }
    // Where nothing is known either, it says so.
    let mut seat = ana.watches(&quiet).await;
    model.next(Act::fail(503));
    let (_, answered, said) = asks(&ana, &mut seat, &quiet, WHY).await;
    assert_eq!(text(&said.unwrap()), "I can't answer that right now.");
    assert_eq!(answered["reason"], "unavailable");
}

#[tokio::test]
async fn a_question_that_is_taken_back_meanwhile_is_not_answered() {
    let model = Model::start().await;
    let server = with(&model, |_| {}).await;
    let event = plays(&server).await;
    let (ana, host) = (server.user("ana", &[]), server.host());
    model.next(Act::say(answer("It is loud.", &[])).after(Duration::from_millis(400)));
    let said = ana.says(&event, &format!("@assistant {WHY}")).await;
    model.asked(1).await;
    let path = format!("/v1/events/{event}/messages/{}", said["id"].as_str().unwrap());
    ana.delete(&path).await.ok();
    let question = json!({"id": said["id"].as_str().unwrap().replace("msg_", "qst_")});
    let found = super::ended(&host, &event, &question).await;
    assert_eq!(
        (&found["status"], &found["reason"]),
        (&json!("refused"), &json!("withheld"))
    );
    assert!(all_ends(&ana, &event).await.is_empty());
}

#[tokio::test]
async fn many_questions_at_once_end_each_once() {
    let model = Model::start().await;
    model.answering(|_| answer("It is loud.", &[]));
    let server = with(&model, |config| config.assistant.most_at_once = 4).await;
    let event = plays(&server).await;
    let fans: Vec<_> = (0..20)
        .map(|number| server.user(&format!("fan{number}"), &[]))
        .collect();
    let text = format!("@assistant {WHY}");
    futures_util::future::join_all(fans.iter().map(|fan| fan.says(&event, &text))).await;
    let ana = server.user("ana", &[]);
    let all = async {
        while all_ends(&ana, &event).await.len() < 20 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    soon("all ends", all).await;
    assert!(model.most_at_once() <= 4);
    let log = ana.reads_log(&event).await;
    let answers = log
        .iter()
        .filter(|entry| entry["data"]["message"]["author"]["id"] == "assistant");
    assert_eq!(answers.count(), 20);
}

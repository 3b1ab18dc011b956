//! What the house says by itself about a contest: each occasion once, marked when it does not hold any more.

mod ends;
mod model;
mod together;

use grandstand::config::Config;
use serde_json::{Value, json};

use crate::support::{Actor, TestServer, seat::Seat};

/// Posts are switched on, and nothing waits for a pause.
fn posts(config: &mut Config) {
    config.assistant.posts = true;
    config.assistant.post_pause_seconds = 0;
}

async fn start() -> TestServer {
    TestServer::start_with(posts).await
}

pub fn whistle(number: u32, what: &str) -> Value {
    json!({"source_id": format!("{what}{number}"), "type": what, "period": {"number": number}})
}

pub fn goal(source_id: &str, side: &str, player: &str, minute: u32) -> Value {
    json!({"source_id": source_id, "type": "goal", "participant_id": side, "player": player, "minute": minute})
}

pub async fn reports(host: &Actor, event: &str, updates: &[Value]) {
    let body = json!({"source": "feed", "updates": updates});
    host.post(&format!("/v1/events/{event}/contest/updates"), &body)
        .await
        .ok();
}

/// A match under way.
async fn kicks_off(host: &Actor) -> String {
    let event = host.starts_event("football").await;
    reports(host, &event, &[whistle(1, "period_start")]).await;
    event
}

/// Waits for the next post; gives its occasion and text.
async fn hears_post(seat: &mut Seat) -> (String, String) {
    let message = hears_message(seat).await;
    let occasion = message["assistant"]["occasion"].as_str().unwrap().to_owned();
    (occasion, message["text"].as_str().unwrap().to_owned())
}

async fn hears_message(seat: &mut Seat) -> Value {
    let is_post = |frame: &crate::support::seat::Frame| {
        frame.event == "message.created" && frame.data()["message"]["assistant"].is_object()
    };
    seat.hears_that("a post", is_post).await.data()["message"].clone()
}

/// The posts in an event's log: occasion and text.
pub async fn told(reader: &Actor, event: &str) -> Vec<(String, String)> {
    let log = reader.reads_log(event).await;
    let created = log.iter().filter(|entry| entry["type"] == "message.created");
    let posts = created
        .map(|entry| &entry["data"]["message"])
        .filter(|message| message["assistant"].is_object());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    posts
        .map(|message| (text(&message["assistant"]["occasion"]), text(&message["text"])))
        .collect()
}

/// How often there was such an occasion.
pub fn count(told: &[(String, String)], occasion: &str) -> usize {
    told.iter().filter(|(known, _)| known == occasion).count()
}

#[tokio::test]
async fn each_occasion_of_a_match_is_told_once_in_its_words() {
    let server = start().await;
    let host = server.host();
    let event = host.starts_event("football").await;
    let mut seat = server.anybody().watches(&event).await;
    reports(
        &host,
        &event,
        &[whistle(1, "period_start"), goal("g1", "home", "Ana", 7)],
    )
    .await;
    let first = hears_message(&mut seat).await;
    assert_eq!(first["text"], "7' Goal! Ana puts Home ahead. Home 1–0 Away.");
    assert_eq!(
        (&first["author"]["id"], &first["author"]["badges"], &first["parent_id"]),
        (&json!("assistant"), &json!(["ASSISTANT"]), &Value::Null)
    );
    let remark = &first["assistant"];
    assert_eq!(
        (
            &remark["kind"],
            &remark["by"],
            &remark["occasion"],
            &remark["clock"],
            &remark["state"]
        ),
        (
            &json!("post"),
            &json!("facts"),
            &json!("goal"),
            &json!("7'"),
            &json!("current")
        )
    );
    let cited = &remark["citations"][0];
    assert_eq!(cited["label"], "7' Goal, Ana (Home)");
    let log = host.reads_log(&event).await;
    let entry = log.iter().find(|entry| entry["seq"] == cited["seq"]).unwrap();
    assert_eq!(
        (&entry["type"], &entry["at"]),
        (&json!("incident.recorded"), &cited["at"])
    );

    let mut next = async |update: Value| {
        reports(&host, &event, &[update]).await;
        hears_post(&mut seat).await
    };
    let said = |occasion: &str, text: &str| (occasion.to_owned(), text.to_owned());
    assert_eq!(
        next(goal("g2", "away", "Ben", 20)).await,
        said("goal", "20' Goal! Ben equalises for Away. Home 1–1 Away.")
    );
    let card = json!({"source_id": "c1", "type": "card", "participant_id": "away", "player": "Cem", "color": "red", "minute": 30});
    assert_eq!(
        next(card).await,
        said("red_card", "30' Cem (Away) is sent off with a red card.")
    );
    assert_eq!(
        next(whistle(1, "period_end")).await,
        said("period_end", "Half-time: Home 1–1 Away.")
    );
    reports(&host, &event, &[whistle(2, "period_start")]).await;
    let mut next = async |update: Value| {
        reports(&host, &event, &[update]).await;
        hears_post(&mut seat).await
    };
    let own = json!({"source_id": "g3", "type": "goal", "participant_id": "home", "player": "Dan", "own_goal": true, "minute": 70});
    assert_eq!(
        next(own).await,
        said("goal", "70' Own goal by Dan! Home are ahead. Home 2–1 Away.")
    );
    let result = json!({"source_id": "r", "type": "result", "outcome": "win", "winner_id": "home"});
    assert_eq!(
        next(result).await,
        said("result", "It is over. Home win: Home 2–1 Away.")
    );
    host.post(&format!("/v1/events/{event}/end"), &Value::Null).await.ok();
    let summary = hears_message(&mut seat).await;
    assert_eq!(
        (&summary["assistant"]["kind"], &summary["assistant"]["occasion"]),
        (&json!("summary"), &json!("summary"))
    );
    let text = summary["text"].as_str().unwrap();
    for line in [
        "Home win: Home 2–1 Away.",
        "Goals: 7' Ana (Home); 20' Ben (Away); 70' Dan (Home), own goal.",
        "Sent off: 30' Cem (Away).",
        "After each part: First half 1–1",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert_eq!(told(&host, &event).await.len(), 7);
}

#[tokio::test]
async fn what_is_corrected_or_taken_back_is_marked_where_it_was_said() {
    let server = start().await;
    let host = server.host();
    let event = kicks_off(&host).await;
    let mut seat = server.anybody().watches(&event).await;
    let mut ids = Vec::new();
    for update in [goal("g1", "home", "Ana", 7), goal("g2", "home", "Ben", 9)] {
        reports(&host, &event, &[update]).await;
        ids.push(hears_message(&mut seat).await["id"].clone());
    }
    // Another scorer: the post that named her, not the one that only counted her goal.
    let amend = json!({"source_id": "a1", "type": "amend", "target_source_id": "g1", "player": "Cem"});
    reports(&host, &event, &[amend]).await;
    let marked = seat.hears("message.updated").await.data()["message"].clone();
    let corrected = &marked["assistant"]["corrected"];
    assert_eq!(
        (&marked["id"], &corrected["text"]),
        (&ids[0], &json!("Corrected: 7' Goal, Cem (Home). It is Home 2–0 Away."))
    );
    let log = host.reads_log(&event).await;
    let entry = log.iter().find(|entry| entry["seq"] == corrected["seq"]).unwrap();
    assert_eq!(entry["type"], "incident.corrected");
    // Taken back: both, since the other said a score with it.
    let retract = json!({"source_id": "x1", "type": "retract", "target_source_id": "g1", "reason": "offside"});
    reports(&host, &event, &[retract]).await;
    let mut marks = std::collections::BTreeMap::new();
    for _ in 0..2 {
        let marked = seat.hears("message.updated").await.data()["message"].clone();
        marks.insert(
            marked["id"].as_str().unwrap().to_owned(),
            marked["assistant"]["corrected"]["text"].clone(),
        );
    }
    assert_eq!(
        marks[ids[0].as_str().unwrap()],
        "Taken back: 7' Goal, Cem (Home). It is Home 1–0 Away."
    );
    assert_eq!(
        marks[ids[1].as_str().unwrap()],
        "The score was corrected. It is Home 1–0 Away."
    );
    // What a feed says lower is a correction too.
    let score = json!({"source_id": "s1", "type": "score", "score": [{"participant_id": "home", "points": 0}, {"participant_id": "away", "points": 0}]});
    reports(&host, &event, &[score]).await;
    let marked = seat.hears("message.updated").await.data()["message"].clone();
    assert_eq!(
        marked["assistant"]["corrected"]["text"],
        "The score was corrected. It is Home 0–0 Away."
    );
    // A goal that never was, before anybody heard of it, is not told at all.
    reports(
        &host,
        &event,
        &[
            goal("g3", "away", "Dan", 30),
            json!({"source_id": "x3", "type": "retract", "target_source_id": "g3"}),
        ],
    )
    .await;
    reports(&host, &event, &[goal("g4", "away", "Eva", 40)]).await;
    assert_eq!(
        hears_post(&mut seat).await.1,
        "40' Goal! Eva puts Away ahead. Home 0–1 Away."
    );
}

#[tokio::test]
async fn nothing_is_said_where_it_is_switched_off_nor_later_of_that_time() {
    let server = start().await;
    let host = server.host();
    let event = kicks_off(&host).await;
    let mut seat = server.anybody().watches(&event).await;
    let posts = |on: bool| json!({"settings": {"assistant": {"posts": on}}});
    host.changes_event(&event, &posts(false)).await;
    reports(&host, &event, &[goal("g1", "home", "Ana", 7)]).await;
    host.changes_event(&event, &posts(true)).await;
    reports(&host, &event, &[goal("g2", "home", "Ben", 9)]).await;
    assert_eq!(
        hears_post(&mut seat).await.1,
        "9' Goal! Ben scores for Home. Home 2–0 Away."
    );
    assert_eq!(told(&host, &event).await.len(), 1);
}

#[tokio::test]
async fn a_burst_is_told_in_few_posts() {
    let server = start().await;
    let host = server.host();
    let event = kicks_off(&host).await;
    let mut seat = server.anybody().watches(&event).await;
    let goals: Vec<_> = (1..=50)
        .map(|minute| goal(&format!("g{minute}"), "home", "Ana", minute))
        .collect();
    reports(&host, &event, &goals).await;
    let last = seat
        .hears_that("the last goal", |frame| {
            frame.event == "message.created"
                && frame.data()["message"]["text"]
                    .as_str()
                    .is_some_and(|text| text.starts_with("50'"))
        })
        .await;
    assert_eq!(
        last.data()["message"]["text"],
        "50' Goal! Ana scores for Home. Goal number 50 for Ana! Home 50–0 Away."
    );
    let told = told(&host, &event).await;
    assert_eq!(
        (told.len(), count(&told, "recap"), count(&told, "goal")),
        (5, 1, 4),
        "{told:?}"
    );
    assert!(told[0].1.ends_with("Home 46–0 Away."), "{}", told[0].1);
}

#[tokio::test]
async fn a_name_that_the_rules_refuse_is_left_out_and_none_calls_anybody() {
    let server = start().await;
    let host = server.host();
    let event = kicks_off(&host).await;
    let list = json!({"name": "bad", "category": "insult", "action": "hold", "words": ["badword"]});
    let path = format!("/v1/events/{event}/rules");
    let version = host.get(&path).await.header("etag").to_owned();
    let request = host.request(reqwest::Method::PUT, &path).header("If-Match", version);
    host.send(request.json(&json!({"rules": {"words": [list]}}))).await.ok();
    let mut seat = server.anybody().watches(&event).await;
    reports(&host, &event, &[goal("g1", "home", "Badword Jones", 7)]).await;
    let post = hears_message(&mut seat).await;
    assert_eq!(
        (&post["text"], &post["assistant"]["citations"][0]["label"]),
        (
            &json!("7' Goal! Home go ahead. Home 1–0 Away."),
            &json!("7' Goal, Home")
        )
    );
    let long = "x".repeat(60);
    let name = format!("@everyone {long}");
    reports(&host, &event, &[goal("g2", "home", &name, 8)]).await;
    let post = hears_message(&mut seat).await;
    let text = post["text"].as_str().unwrap();
    assert!(
        text.starts_with("8' Goal! everyone xxx") && text.contains("x… scores"),
        "{text}"
    );
    assert_eq!(post["mentions"], Value::Null);
}

#[tokio::test]
async fn points_are_told_when_the_lead_changes_and_not_oftener_than_the_pause() {
    let server = TestServer::start_with(|config| {
        config.assistant.posts = true;
        config.assistant.post_pause_seconds = 3_600;
    })
    .await;
    let host = server.host();
    let event = host.starts_event("basketball").await;
    let mut seat = server.anybody().watches(&event).await;
    reports(&host, &event, &[whistle(1, "period_start")]).await;
    let score = |number: u32, home: i64, away: i64| {
        json!({"source_id": format!("s{number}"), "type": "score",
            "score": [{"participant_id": "home", "points": home}, {"participant_id": "away", "points": away}]})
    };
    for (number, home, away) in [(1, 2, 0), (2, 2, 3)] {
        reports(&host, &event, &[score(number, home, away)]).await;
    }
    assert_eq!(
        hears_post(&mut seat).await,
        (
            "lead_change".to_owned(),
            "Away take the lead: Home 2–3 Away.".to_owned()
        )
    );
    reports(&host, &event, &[score(3, 4, 3)]).await;
    reports(&host, &event, &[score(4, 52, 3)]).await;
    reports(&host, &event, &[whistle(1, "period_end")]).await;
    assert_eq!(
        hears_post(&mut seat).await,
        (
            "period_end".to_owned(),
            "The end of Quarter 1: Home 52–3 Away.".to_owned()
        )
    );
    assert_eq!(told(&host, &event).await.len(), 2);
}

//! Having a model look at what people say: before it appears or afterwards, in time or late, and what people see of it.

mod chat;
mod late;
mod together;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Act, Actor, Frame, Model, Reply, Seat, TestServer, soon};

const RUDE: &[(&str, f64)] = &[("harassment", 0.93), ("hate", 0.31)];

/// A server whose model thinks badly of idiots.
async fn house(change: impl FnOnce(&mut grandstand::config::Config)) -> (TestServer, Model) {
    let model = Model::start().await;
    model.scores("idiot", RUDE);
    let server = TestServer::start_with(|config| {
        model.set_up_judging(config);
        config.screening.batch_wait_ms = 20;
        change(config);
    })
    .await;
    (server, model)
}

async fn screened(host: &Actor, mode: &str, late: &str) -> String {
    let settings = json!({"screening": {"mode": mode, "late": late}});
    let event = host.creates_event(json!({"title": "Derby"})).await;
    host.changes_event(&event, &json!({"settings": settings})).await;
    event
}

async fn posts(who: &Actor, event: &str, text: &str) -> Reply {
    who.post(&format!("/v1/events/{event}/messages"), &json!({"text": text}))
        .await
}

/// Decisions about messages, the oldest first.
async fn record(host: &Actor, event: &str) -> Vec<Value> {
    let page = host.get(&format!("/v1/events/{event}/audit?limit=200")).await.ok();
    let mut items = page["items"].as_array().unwrap().clone();
    items.reverse();
    items
}

async fn decision_on(seat: &mut Seat, message: &Value, action: &str) -> Value {
    let fits = |frame: &Frame| {
        let decision = || &frame.data()["decision"];
        frame.event == "moderation.decided"
            && decision()["message_id"] == message["id"]
            && decision()["action"] == action
    };
    seat.hears_that(action, fits).await.data()["decision"].clone()
}

async fn held(host: &Actor, event: &str) -> Vec<Value> {
    let page = host.get(&format!("/v1/events/{event}/messages/held")).await.ok();
    page["items"].as_array().unwrap().clone()
}

async fn status_of(who: &Actor, event: &str, message: &Value) -> String {
    let path = format!("/v1/events/{event}/messages/{}", message["id"].as_str().unwrap());
    who.get(&path).await.ok()["status"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_house_without_a_model_says_that_nobody_looks() {
    let server = TestServer::start().await;
    let host = server.host();
    let event = host.creates_event(json!({"title": "Derby"})).await;
    let path = format!("/v1/events/{event}");
    let patched = async |screening: Value| {
        let request = host.request(Method::PATCH, &path).header("If-Match", "\"1\"");
        host.send(request.json(&json!({"settings": {"screening": screening}})))
            .await
    };
    for mode in ["after", "before"] {
        let mut fields = json!({"title": "Derby", "kind": "session", "scheduled_at": "2026-06-11T19:00:00Z"});
        fields["settings"] = json!({"screening": {"mode": mode}});
        assert_eq!(host.post("/v1/events", &fields).await.refused(409), "no-model");
        assert_eq!(patched(json!({"mode": mode})).await.refused(409), "no-model");
    }
    let kept = patched(json!({"mode": "off", "late": "keep"})).await.ok();
    assert_eq!(kept["settings"]["screening"]["late"], "keep", "{kept}");
}

#[tokio::test]
async fn before_it_appears_a_message_waits_for_its_verdict() {
    let (server, model) = house(|config| config.screening.late_after_ms = 600_000).await;
    let (hanna, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let event = screened(&hanna, "before", "keep").await;
    let (mut staff, mut public) = (hanna.watches(&event).await, ben.watches(&event).await);
    let (fine, rude) = (
        posts(&ana, &event, "well played").await,
        posts(&ben, &event, "you idiot").await,
    );
    assert_eq!((fine.status.as_u16(), rude.status.as_u16()), (202, 202));
    assert_eq!(fine.body["status"], "held");
    let decision = decision_on(&mut staff, &rude.body, "message.held").await;
    assert_eq!(
        (&decision["code"], &decision["rule_version"]),
        (&json!("screening"), &json!(1))
    );
    let appeared = public.hears("message.released").await;
    assert_eq!(appeared.data()["message"]["text"], "well played");
    let bad = |frame: &Frame| frame.event == "moderation.decided" && frame.data()["decision"]["code"] == "abuse";
    let decision = staff.hears_that("the verdict", bad).await.data()["decision"].clone();
    assert_eq!(decision["message_id"], rude.body["id"]);
    let verdict = &decision["model"];
    assert_eq!(verdict["scores"][0], json!({"category": "harassment", "score": 0.93}));
    assert_eq!(
        (&verdict["provider"], &verdict["model"], &verdict["cached"]),
        (&json!("127.0.0.1"), &json!("omni-moderation-2024-09-26"), &json!(false))
    );
    // It waits on, with its scores, for a person.
    let waiting = held(&hanna, &event).await;
    assert_eq!((waiting.len(), &waiting[0]["model"]), (1, verdict));
    assert_eq!(status_of(&ben, &event, &rude.body).await, "held");
    let own = ben.get(&format!("/v1/events/{event}/decisions/mine")).await.ok();
    assert!(
        own["items"][0]["code"] == "abuse" && !own.to_string().contains("0.93"),
        "{own}"
    );
    let released = record(&hanna, &event).await;
    let released = released.iter().find(|one| one["action"] == "message.released").unwrap();
    assert!(released["model"]["scores"][0]["score"].is_number() && released["message_id"] == fine.body["id"]);
    for path in ["snapshot", "log", "messages"] {
        let seen = ana.get(&format!("/v1/events/{event}/{path}")).await.text;
        assert!(!seen.contains("harassment") && !seen.contains("idiot"), "{path}");
    }
    let path = format!(
        "/v1/events/{event}/messages/{}/release",
        rude.body["id"].as_str().unwrap()
    );
    hanna.post(&path, &Value::Null).await.ok();
    assert_eq!(
        public.hears("message.released").await.data()["message"]["text"],
        "you idiot"
    );
    model.assert_no_complaints();
}

#[tokio::test]
async fn afterwards_a_bad_message_is_taken_away_and_its_author_told() {
    let (server, model) = house(|_| {}).await;
    let (hanna, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let event = screened(&hanna, "after", "release").await;
    let (mut public, mut own) = (ana.watches(&event).await, ben.watches(&event).await);
    let rude = posts(&ben, &event, "you idiot").await;
    assert_eq!(rude.status, 201);
    posts(&ana, &event, "well played").await.ok();
    let hidden = public.hears("message.hidden").await;
    assert_eq!(hidden.data()["message_id"], rude.body["id"]);
    let told = own.hears("moderation.told").await;
    assert!(
        told.data()["action"] == "message.hidden" && told.data()["code"] == "abuse",
        "{told:?}"
    );
    model.judged(1).await;
    let decisions = record(&hanna, &event).await;
    assert_eq!(decisions.len(), 1, "what is fine needs no decision: {decisions:?}");
    assert_eq!(decisions[0]["model"]["scores"][0]["score"], 0.93);
    // What a person restored stays, however often it is looked at.
    let path = format!(
        "/v1/events/{event}/messages/{}/restore",
        rude.body["id"].as_str().unwrap()
    );
    hanna.post(&path, &Value::Null).await.ok();
    assert_eq!(status_of(&ana, &event, &rude.body).await, "active");
    model.assert_no_complaints();
}

#[tokio::test]
async fn new_words_are_looked_at_as_well() {
    for mode in ["after", "before"] {
        let (server, model) = house(|_| {}).await;
        let (hanna, ben) = (server.host(), server.user("ben", &[]));
        let event = screened(&hanna, mode, "keep").await;
        let mut staff = hanna.watches(&event).await;
        let said = posts(&ben, &event, "well played").await.body;
        if mode == "before" {
            staff.hears("message.released").await;
        }
        let path = format!("/v1/events/{event}/messages/{}", said["id"].as_str().unwrap());
        ben.patch(&path, &json!({"text": "you idiot"})).await.ok();
        decision_on(&mut staff, &said, "message.hidden").await;
        assert_eq!(status_of(&hanna, &event, &said).await, "hidden", "{mode}");
        model.assert_no_complaints();
    }
}

#[tokio::test]
async fn the_same_words_are_asked_about_once_and_many_at_a_time() {
    let (server, model) = house(|config| config.screening.batches_at_once = 1).await;
    let hanna = server.host();
    let event = screened(&hanna, "before", "keep").await;
    let mut staff = hanna.watches(&event).await;
    // The first request takes its time; what is said meanwhile goes together.
    model.next_judgement(Act::say("").after(std::time::Duration::from_secs(2)));
    let said = posts(&server.user("first", &[]), &event, "the first").await.body;
    model.judged(1).await;
    let fans = (0..40).map(|number| {
        let (fan, event) = (server.user(&format!("fan{number}"), &[]), event.clone());
        async move { posts(&fan, &event, &format!("goal {}", number % 20)).await.ok() }
    });
    futures_util::future::join_all(fans).await;
    decision_on(&mut staff, &said, "message.released").await;
    for _ in 0..40 {
        staff.hears("message.released").await;
    }
    let asked: Vec<String> = model
        .judged(1)
        .await
        .iter()
        .flat_map(crate::support::model::Request::inputs)
        .collect();
    assert_eq!(asked.len(), 21, "{asked:?}");
    assert!(model.judged_so_far() <= 8, "{} requests", model.judged_so_far());
    let decisions = record(&hanna, &event).await;
    let cached = decisions.iter().filter(|one| one["model"]["cached"] == true).count();
    assert!(cached > 0 && cached <= 20, "{cached}");
    model.assert_no_complaints();
}

#[tokio::test]
async fn who_is_trusted_or_not_seen_is_not_looked_at() {
    let (server, model) = house(|_| {}).await;
    let hanna = server.host();
    let event = screened(&hanna, "before", "keep").await;
    assert_eq!(posts(&hanna, &event, "you idiot").await.status, 201);
    let sanction = json!({"user_id": "sam", "kind": "shadow_ban", "reason": "spam"});
    hanna
        .post(&format!("/v1/events/{event}/sanctions"), &sanction)
        .await
        .ok();
    assert_eq!(posts(&server.user("sam", &[]), &event, "you idiot").await.status, 201);
    let open = hanna.creates_event(json!({})).await;
    assert_eq!(posts(&server.user("ben", &[]), &open, "you idiot").await.status, 201);
    // Somebody who is looked at, after all of them.
    posts(&server.user("ben", &[]), &event, "well played").await.ok();
    assert_eq!(model.judged(1).await[0].inputs(), ["well played"]);
}

#[tokio::test]
async fn a_house_may_reject_at_once() {
    let (server, _model) = house(|config| config.screening.reject = true).await;
    let (hanna, ben) = (server.host(), server.user("ben", &[]));
    let event = screened(&hanna, "before", "keep").await;
    let mut own = ben.watches(&event).await;
    let rude = posts(&ben, &event, "you idiot").await;
    assert_eq!(rude.status, 202);
    let rejected = |frame: &Frame| frame.event == "moderation.told" && frame.data()["action"] == "message.rejected";
    let told = own.hears_that("the verdict", rejected).await;
    assert_eq!(told.data()["reason"], "It looks like an attack on somebody.");
    assert!(held(&hanna, &event).await.is_empty());
}

/// Waits until a message has that status.
async fn becomes(who: &Actor, event: &str, message: &Value, status: &str) {
    let asked = async {
        while status_of(who, event, message).await != status {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    soon(status, asked).await;
}

#[tokio::test]
async fn a_question_that_waits_for_its_verdict_is_answered_when_it_appears() {
    let (server, model) = house(|_| {}).await;
    let (hanna, ben) = (server.host(), server.user("ben", &[]));
    let event = screened(&hanna, "before", "keep").await;
    let mut public = hanna.watches(&event).await;
    model.next_judgement(Act::say("").after(std::time::Duration::from_millis(500)));
    let asked = posts(&ben, &event, "@assistant when does it start?").await;
    assert_eq!(asked.status, 202);
    public.hears("message.released").await;
    let answered = public.hears("assistant.answered").await;
    assert_eq!(answered.data()["message_id"], asked.body["id"]);
    model.assert_no_complaints();
}

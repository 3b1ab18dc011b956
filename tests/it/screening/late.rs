//! A model that is late, hangs or fails: nobody who writes waits for it, and each event says what becomes of what waits.

use futures_util::FutureExt;
use grandstand::config::Config;
use serde_json::{Value, json};

use super::{becomes, decision_on, held, house, posts, record, screened, status_of};
use crate::support::{Act, Frame};

fn hasty(config: &mut Config) {
    config.screening.late_after_ms = 300;
    config.screening.answer_within_ms = 1_500;
    config.llm.retries = 0;
}

#[tokio::test]
async fn what_waits_for_a_late_verdict_appears_and_is_taken_away_when_it_comes() {
    let (server, model) = house(hasty).await;
    let (hanna, ben) = (server.host(), server.user("ben", &[]));
    let event = screened(&hanna, "before", "release").await;
    let mut staff = hanna.watches(&event).await;
    model.next_judgement(Act::hang());
    let rude = posts(&ben, &event, "you idiot").await;
    assert_eq!(rude.status, 202, "the answer does not wait for the model");
    let released = decision_on(&mut staff, &rude.body, "message.released").await;
    assert_eq!(
        (&released["code"], &released["model"]),
        (&json!("screening_late"), &Value::Null)
    );
    let hidden = decision_on(&mut staff, &rude.body, "message.hidden").await;
    assert!(hidden["code"] == "abuse" && hidden["model"]["scores"][0]["score"] == 0.93);
    model.is_left(1).await;
    model.assert_no_complaints();
}

#[tokio::test]
async fn it_appears_while_the_model_still_hangs_over_it() {
    let (server, model) = house(|config| {
        hasty(config);
        config.screening.answer_within_ms = 20_000;
    })
    .await;
    let (hanna, ben) = (server.host(), server.user("ben", &[]));
    let event = screened(&hanna, "before", "release").await;
    let mut staff = hanna.watches(&event).await;
    model.next_judgement(Act::hang());
    let said = posts(&ben, &event, "well played").await.body;
    model.judged(1).await;
    decision_on(&mut staff, &said, "message.released").await;
    assert!(model.is_left(1).now_or_never().is_none(), "the model is still asked");
}

#[tokio::test]
async fn or_it_waits_on_until_a_person_or_the_verdict_decides() {
    let (server, model) = house(hasty).await;
    let (hanna, ben) = (server.host(), server.user("ben", &[]));
    let event = screened(&hanna, "before", "keep").await;
    let mut staff = hanna.watches(&event).await;
    model.next_judgement(Act::hang());
    let fine = posts(&ben, &event, "well played").await.body;
    model.is_left(1).await;
    let released = decision_on(&mut staff, &fine, "message.released").await;
    assert_eq!(released["code"], "screening", "the second try: {released}");
    // A person is quicker than the model, and the model does not overrule them.
    model.next_judgement(Act::say("").after(std::time::Duration::from_millis(600)));
    let rude = posts(&ben, &event, "idiot, but a friend").await.body;
    model.judged(3).await;
    assert_eq!(held(&hanna, &event).await.len(), 1);
    let path = format!("/v1/events/{event}/messages/{}/release", rude["id"].as_str().unwrap());
    hanna.post(&path, &Value::Null).await.ok();
    let after = posts(&ben, &event, "idiot again").await.body;
    decision_on(&mut staff, &after, "message.held").await;
    let verdict = |frame: &Frame| frame.event == "moderation.decided" && frame.data()["decision"]["code"] == "abuse";
    let decided = staff.hears_that("a verdict", verdict).await;
    assert_eq!(decided.data()["decision"]["message_id"], after["id"]);
    assert_eq!(status_of(&ben, &event, &rude).await, "active");
}

#[tokio::test]
async fn a_model_that_fails_is_asked_again_and_each_message_is_decided_once() {
    let (server, model) = house(|config| {
        hasty(config);
        config.screening.late_after_ms = 600_000;
        config.llm.breaker_open_seconds = 1;
        config.llm.breaker_failures = 2;
    })
    .await;
    let (hanna, ben) = (server.host(), server.user("ben", &[]));
    let event = screened(&hanna, "before", "keep").await;
    for act in [Act::fail(500), Act::rubbish("no"), Act::fail(429)] {
        model.next_judgement(act);
    }
    let said = [
        posts(&ben, &event, "one").await.body,
        posts(&ben, &event, "two idiots").await.body,
    ];
    becomes(&ben, &event, &said[0], "active").await;
    let mut staff = hanna.watches(&event).await;
    posts(&ben, &event, "three").await.ok();
    staff.hears("message.released").await;
    let decisions = record(&hanna, &event).await;
    for (message, actions) in said
        .iter()
        .zip([["message.held", "message.released"], ["message.held", "message.held"]])
    {
        let about = decisions.iter().filter(|one| one["message_id"] == message["id"]);
        let done: Vec<_> = about.map(|one| one["action"].as_str().unwrap()).collect();
        assert_eq!(done, actions);
    }
}

#[tokio::test]
async fn what_cannot_be_judged_is_left_alone_after_a_while() {
    let (server, model) = house(|config| {
        hasty(config);
        config.screening.give_up_after_seconds = 1;
        config.llm.breaker_failures = 1_000;
    })
    .await;
    let (hanna, ben) = (server.host(), server.user("ben", &[]));
    let event = screened(&hanna, "after", "release").await;
    for _ in 0..10 {
        model.next_judgement(Act::fail(500));
    }
    let said = posts(&ben, &event, "you idiot").await.body;
    let db = server.database().await;
    let gone = async {
        use sea_orm::ConnectionTrait;
        loop {
            let count = sea_orm::Statement::from_string(db.get_database_backend(), "SELECT COUNT(*) AS n FROM job");
            let row = db.query_one_raw(count).await.unwrap().unwrap();
            if row.try_get::<i64>("", "n").unwrap() == 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    crate::support::soon("the end of the job", gone).await;
    assert_eq!(status_of(&ben, &event, &said).await, "active");
}

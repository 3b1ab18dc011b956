//! Those who speak to themselves and do not know it.

use serde_json::{Value, json};

use super::{at, below, sanctions};
use crate::support::TestServer;

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one evening, told from three places")]
async fn a_shadow_banned_author_sees_nothing_strange_and_others_see_nothing() {
    let server = TestServer::start().await;
    let (hanna, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let event = hanna.starts_event("session").await;
    let (mut staff, mut own, mut public) = (
        hanna.watches(&event).await,
        ana.watches_with(&event, "?types=message.created", None).await,
        ben.watches(&event).await,
    );
    let before = ben.says(&event, "before").await;
    own.hears("message.created").await;
    sanctions(&hanna, &event, "ana", "shadow_ban", json!({"note": "quietly"})).await;
    let posted = ana
        .post(&below(&event, "messages"), &json!({"text": "psst", "client_id": "c1"}))
        .await;
    assert_eq!(
        (posted.status.as_u16(), &posted.body["status"]),
        (201, &json!("active"))
    );
    assert_eq!(posted.body["seq"].as_u64(), before["seq"].as_u64().map(|seq| seq + 1));
    let echo = own.hears("message.created").await;
    assert_eq!(
        (&echo.json["type"], &echo.data()["message"]),
        (&json!("message.created"), &posted.body)
    );
    let again = ana
        .post(&below(&event, "messages"), &json!({"text": "psst", "client_id": "c1"}))
        .await;
    assert_eq!((again.status.as_u16(), &again.body["id"]), (201, &posted.body["id"]));
    let told = staff.hears("message.held").await;
    assert_eq!(told.data()["message"]["status"], "shadowed");

    // Nobody else finds it anywhere.
    let after = ben.says(&event, "after").await;
    let first = public.hears("message.created").await;
    let second = public.hears("message.created").await;
    assert_eq!(
        (&first.data()["message"]["text"], &second.data()["message"]["text"]),
        (&json!("before"), &json!("after"))
    );
    for rest in [
        "messages",
        "messages/search?q=psst",
        "snapshot",
        "log",
        "stream?poll=1&after=0",
    ] {
        let page = ben.get(&below(&event, rest)).await;
        assert!(!page.text.contains("psst"), "{rest}");
    }
    assert_eq!(
        ben.get(&at(&event, &posted.body, "")).await.refused(404),
        "message-not-found"
    );
    let react = ben
        .put(&at(&event, &posted.body, "/reactions/%E2%9A%BD"), &Value::Null)
        .await;
    assert_eq!(react.refused(404), "message-not-found");
    let reply = json!({"text": "what?", "parent_id": posted.body["id"]});
    assert_eq!(
        ben.post(&below(&event, "messages"), &reply).await.refused(404),
        "message-not-found"
    );

    // Its author finds it where it would be, answers it, edits it.
    let texts = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap();
        items
            .iter()
            .map(|one| one["text"].as_str().unwrap().to_owned())
            .collect()
    };
    let history = ana.get(&below(&event, "messages")).await.ok();
    assert_eq!(texts(&history), ["after", "psst", "before"]);
    assert!(
        history["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["status"] == "active")
    );
    assert_eq!(ana.get(&at(&event, &posted.body, "")).await.ok()["status"], "active");
    let thread = ana
        .post(
            &below(&event, "messages"),
            &json!({"text": "hm", "parent_id": posted.body["id"]}),
        )
        .await;
    assert_eq!(thread.status, 201);
    let edited = ana
        .patch(&at(&event, &posted.body, ""), &json!({"text": "psst!"}))
        .await
        .ok();
    assert_eq!(
        (&edited["text"], &edited["status"]),
        (&json!("psst!"), &json!("active"))
    );
    let mine = ana.get(&below(&event, "decisions/mine")).await.ok();
    assert_eq!(mine["items"], json!([]), "she is not told");

    // Staff may let it be seen.
    assert_eq!(
        hanna.get(&at(&event, &posted.body, "")).await.ok()["status"],
        "shadowed"
    );
    let released = hanna
        .post(&at(&event, &posted.body, "/release"), &Value::Null)
        .await
        .ok();
    assert!(released["seq"].as_u64() > after["seq"].as_u64());
    assert_eq!(
        public.hears("message.released").await.data()["message"]["text"],
        "psst!"
    );
    // Every seq of the public log is there once.
    let seqs: Vec<u64> = ben
        .reads_log(&event)
        .await
        .iter()
        .map(|entry| entry["seq"].as_u64().unwrap())
        .collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_shadow_banned_author_types_and_points_unseen() {
    let server = TestServer::start().await;
    let (hanna, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let event = hanna.starts_event("session").await;
    for user in ["ana", "ben"] {
        hanna.appoints(&event, user, "member").await;
    }
    let mut public = ben.watches(&event).await;
    public.hears("stream.snapshot").await;
    sanctions(&hanna, &event, "ana", "shadow_ban", json!({})).await;
    for who in [&ana, &ben] {
        let typed = who.post(&below(&event, "typing"), &json!({"typing": true})).await;
        let pointed = who
            .post(&below(&event, "cursors"), &json!({"name": "pen", "data": 1}))
            .await;
        assert_eq!((typed.status.as_u16(), pointed.status.as_u16()), (204, 204));
    }
    let mut untold = vec!["typing.changed", "cursors.changed"];
    while !untold.is_empty() {
        let all = |frame: &crate::support::Frame| untold.contains(&frame.event.as_str());
        let frame = public.hears_that("what ben does", all).await;
        let told = frame.data().to_string();
        assert!(told.contains("ben") && !told.contains("ana"), "{told}");
        untold.retain(|kind| *kind != frame.event);
    }
}

//! Who sees what: nothing that cannot be seen any more, or not yet, or not by them.

use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use super::{at, listens_on, mailbox, mention, text_of, told};
use crate::support::TestServer;

#[tokio::test]
async fn a_held_message_notifies_when_it_is_released() {
    let server = TestServer::start().await;
    let (hanna, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let event = hanna.starts_event("session").await;
    let first = ana.says(&event, "hello").await;
    hanna.holds_messages(&event).await;
    let call = ben.says(&event, "@ana, look").await;
    let answer = super::replies(&ben, &event, &first, "yes").await;
    let never = ben.says(&event, "@ana, never").await;
    assert_eq!(mailbox(&ana).await, (vec![], 0));
    let mut own = listens_on(&ana).await;
    hanna.post(&at(&event, &call, "/release"), &Value::Null).await.ok();
    assert_eq!(text_of(&own.hears("notification.created").await), "@ana, look");
    hanna.post(&at(&event, &answer, "/release"), &Value::Null).await.ok();
    assert_eq!(text_of(&own.hears("notification.created").await), "yes");
    hanna
        .post(&at(&event, &never, "/reject"), &json!({"reason": "no"}))
        .await
        .ok();
    // Released twice, told once.
    hanna.post(&at(&event, &call, "/release"), &Value::Null).await.ok();
    assert_eq!(
        told(&ana).await,
        [("reply".to_owned(), "yes".to_owned()), mention("@ana, look")]
    );
}

#[tokio::test]
async fn who_is_shadowed_calls_nobody() {
    let server = TestServer::start().await;
    let (hanna, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let event = hanna.starts_event("session").await;
    let first = ana.says(&event, "hello").await;
    let sanction = json!({"user_id": "ben", "kind": "shadow_ban", "reason": "spam"});
    hanna
        .post(&format!("/v1/events/{event}/sanctions"), &sanction)
        .await
        .ok();
    let said = ben.says(&event, "@ana, buy this").await;
    assert_eq!(
        (&said["status"], &said["mentions"][0]["user_id"]),
        (&json!("active"), &json!("ana"))
    );
    super::replies(&ben, &event, &first, "and this").await;
    assert_eq!(mailbox(&ana).await, (vec![], 0));
}

#[tokio::test]
async fn what_is_deleted_or_hidden_takes_its_notifications_along() {
    let server = TestServer::start().await;
    let (hanna, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let event = hanna.starts_event("session").await;
    ana.says(&event, "hello").await;
    let deleted = ben.says(&event, "@ana my password is hunter2").await;
    let hidden = ben.says(&event, "@ana you are a fool").await;
    assert_eq!(mailbox(&ana).await.1, 2);
    let mut own = listens_on(&ana).await;
    ben.delete(&at(&event, &deleted, "")).await;
    assert_eq!(own.hears("notifications.read").await.data(), &json!({"unread": 1}));
    hanna.post(&at(&event, &hidden, "/hide"), &Value::Null).await.ok();
    assert_eq!(own.hears("notifications.read").await.data(), &json!({"unread": 0}));
    assert_eq!(mailbox(&ana).await, (vec![], 0));
    // Nothing of it stays behind: not its text, not who was called.
    let log = hanna.reads_log(&event).await;
    assert!(!Value::from(log).to_string().contains("hunter2"));
    let gone = ben.get(&at(&event, &deleted, "")).await.ok();
    assert!(gone.get("mentions").is_none(), "{gone}");
    let db = server.database().await;
    for (table, column) in [("notification", "text"), ("message", "text"), ("log_entry", "data")] {
        let sql = format!("SELECT {column} FROM {table} WHERE {column} LIKE '%hunter2%'");
        let found = db
            .query_all_raw(Statement::from_string(db.get_database_backend(), sql))
            .await;
        assert_eq!(found.unwrap().len(), 0, "{table}");
    }
    // What is seen again is to be read again, and told once.
    hanna.post(&at(&event, &hidden, "/restore"), &Value::Null).await.ok();
    assert_eq!(mailbox(&ana).await.1, 1);
    assert_eq!(told(&ana).await, [mention("@ana you are a fool")]);
}

#[tokio::test]
async fn who_may_not_enter_an_event_any_more_sees_nothing_from_it() {
    let server = TestServer::start().await;
    let (hanna, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let private = hanna.creates_event(json!({"visibility": "private"})).await;
    hanna
        .post(&format!("/v1/events/{private}/start"), &Value::Null)
        .await
        .ok();
    let public = hanna.starts_event("session").await;
    for person in ["ana", "ben"] {
        hanna.appoints(&private, person, "member").await;
    }
    for event in [&private, &public] {
        ana.says(event, "hello").await;
        ben.says(event, &format!("@ana in {event}")).await;
    }
    assert_eq!(mailbox(&ana).await.1, 2);
    let ban = json!({"user_id": "ana", "kind": "ban", "reason": "enough"});
    hanna.post(&format!("/v1/events/{public}/sanctions"), &ban).await.ok();
    assert_eq!(told(&ana).await, [mention(&format!("@ana in {private}"))]);
    hanna.delete(&format!("/v1/events/{private}/members/ana")).await;
    assert_eq!(mailbox(&ana).await, (vec![], 0));
    let mut own = super::listens(&ana, None).await;
    assert_eq!(
        own.hears("me.snapshot").await.data(),
        &json!({"unread": 0, "latest": []})
    );
    ben.says(&private, "@ana is gone").await;
    hanna.appoints(&private, "ana", "member").await;
    ben.says(&private, "@ana is back").await;
    // What came while they might not see it was passed over on this stream, and is in the list now.
    assert_eq!(mailbox(&ana).await.1, 3);
}

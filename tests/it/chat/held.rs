//! Rooms in which a moderator sees everything first.

use serde_json::{Value, json};

use super::{at, messages};
use crate::support::TestServer;

#[tokio::test]
async fn a_held_message_is_between_its_author_and_staff_until_it_is_released() {
    let server = TestServer::start().await;
    let (hanna, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let event = hanna.creates_event(json!({"settings": {"hold_messages": true}})).await;
    let (mut staff, mut public) = (hanna.watches(&event).await, ben.watches(&event).await);
    let posted = ana
        .post(&messages(&event), &json!({"text": "may I?", "client_id": "c1"}))
        .await;
    assert_eq!(posted.status, 202);
    let held = posted.body.clone();
    assert_eq!((&held["status"], &held["seq"]), (&json!("held"), &json!(0)));
    let again = ana
        .post(&messages(&event), &json!({"text": "may I?", "client_id": "c1"}))
        .await;
    assert_eq!((again.status.as_u16(), &again.body), (202, &held));
    assert_eq!(staff.hears("message.held").await.data()["message"], held);

    // Its author and staff find it; for others it is not there.
    for who in [&ana, &hanna] {
        assert_eq!(who.get(&at(&event, &held, "")).await.ok()["text"], "may I?");
    }
    for who in [&ben, &server.anybody()] {
        assert_eq!(who.get(&at(&event, &held, "")).await.refused(404), "message-not-found");
        for rest in [
            "messages",
            "messages/search?q=may",
            "snapshot",
            "log",
            "status",
            "stream?poll=1&after=0",
        ] {
            let page = who.get(&format!("/v1/events/{event}/{rest}")).await;
            assert!(!page.text.contains("may I?"), "{rest}");
        }
    }
    let react = ben
        .put(&at(&event, &held, "/reactions/%F0%9F%91%8D"), &Value::Null)
        .await;
    assert_eq!(react.refused(404), "message-not-found");
    let reply = json!({"text": "yes", "parent_id": held["id"]});
    assert_eq!(
        ben.post(&messages(&event), &reply).await.refused(404),
        "message-not-found"
    );
    assert_eq!(
        hanna.get(&at(&event, &json!({"id": "held"}), "")).await.ok()["items"][0]["id"],
        held["id"]
    );
    let snapshot = hanna.reads_snapshot(&event).await;
    assert_eq!(snapshot["held"][0]["id"], held["id"]);

    assert_eq!(
        hanna.put(&at(&event, &held, "/pin"), &Value::Null).await.refused(409),
        "conflict"
    );

    // Staff speak at once; what is released appears in its place after that.
    let welcome = hanna.says(&event, "welcome").await;
    assert_eq!(welcome["status"], "active");
    let released = hanna.post(&at(&event, &held, "/release"), &Value::Null).await.ok();
    assert_eq!(
        (&released["status"], released["seq"].as_u64()),
        (&json!("active"), welcome["seq"].as_u64().map(|seq| seq + 1))
    );
    assert_eq!(public.hears("message.created").await.seq(), welcome["seq"].as_u64());
    let heard = public.hears("message.released").await;
    assert_eq!(
        (&heard.data()["message"], heard.seq()),
        (&released, released["seq"].as_u64())
    );
    assert_eq!(staff.hears("message.released").await.data()["message"], released);
    assert_eq!(
        hanna.post(&at(&event, &held, "/release"), &Value::Null).await.ok(),
        released,
        "twice is once"
    );
    let sent = ana
        .post(&messages(&event), &json!({"text": "may I?", "client_id": "c1"}))
        .await;
    assert_eq!((sent.status.as_u16(), &sent.body["id"]), (201, &held["id"]));
    assert_eq!(ben.get(&messages(&event)).await.ok()["items"][0]["id"], held["id"]);
}

#[tokio::test]
async fn a_held_message_that_never_appears_leaves_no_trace_in_public() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.creates_event(json!({"settings": {"hold_messages": true}})).await;
    let question = hanna.says(&event, "questions?").await;
    let mut staff = hanna.watches(&event).await;
    let hold = |text: &'static str| {
        let send = json!({"text": text, "parent_id": question["id"]});
        let (ana, event) = (ana.clone(), event.clone());
        async move { ana.post(&messages(&event), &send).await.ok() }
    };
    let (rude, regretted, fixed) = (hold("rude").await, hold("regretted").await, hold("fxied").await);
    assert_eq!(
        hanna.get(&at(&event, &question, "")).await.ok()["reply_count"],
        0,
        "not counted while held"
    );
    hanna.post(&at(&event, &rude, "/hide"), &Value::Null).await.ok();
    assert_eq!(staff.hears("message.hidden").await.data()["message_id"], rude["id"]);
    ana.delete(&at(&event, &regretted, "")).await.ok();
    assert_eq!(
        staff.hears("message.deleted").await.data()["message_id"],
        regretted["id"]
    );
    ana.patch(&at(&event, &fixed, ""), &json!({"text": "fixed"})).await.ok();
    assert_eq!(staff.hears("message.updated").await.data()["message"]["text"], "fixed");
    for gone in [&rude, &regretted] {
        assert_eq!(
            hanna
                .post(&at(&event, gone, "/release"), &Value::Null)
                .await
                .refused(409),
            "message-deleted"
        );
    }
    let public = server.anybody().reads_log(&event).await;
    assert_eq!(
        public.last().unwrap()["data"]["message"]["id"],
        question["id"],
        "nothing was said in public"
    );
    hanna.post(&at(&event, &fixed, "/release"), &Value::Null).await.ok();
    assert_eq!(hanna.get(&at(&event, &question, "")).await.ok()["reply_count"], 1);
    let waiting = hanna.get(&format!("{}/held", messages(&event))).await.ok();
    assert_eq!(waiting["items"], json!([]));
    // Those who missed it all hear only what appeared.
    let mut late = server.anybody().watches_with(&event, "?after=2", None).await;
    assert_eq!(late.hears("message.released").await.data()["message"]["text"], "fixed");
}

#[tokio::test]
async fn staff_who_come_back_miss_neither_sequence() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.creates_event(json!({"settings": {"hold_messages": true}})).await;
    let mut staff = hanna.watches(&event).await;
    ana.says(&event, "one").await;
    staff.hears("message.held").await;
    let last = staff.last_id.clone().unwrap();
    drop(staff);
    let two = ana.says(&event, "two").await;
    hanna.says(&event, "three").await;
    hanna.post(&at(&event, &two, "/release"), &Value::Null).await.ok();
    let mut staff = hanna.resumes(&event, &last).await;
    let heard = [
        staff.hears("message.held").await,
        staff.hears("message.created").await,
        staff.hears("message.released").await,
    ];
    let texts: Vec<_> = heard
        .iter()
        .map(|frame| frame.data()["message"]["text"].clone())
        .collect();
    assert_eq!(texts, ["two", "three", "two"]);
    // The fourth is the decision itself.
    assert_eq!(staff.hears("stream.resumed").await.data()["entries"], 4);
}

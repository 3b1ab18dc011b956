//! Whoever follows an event, or somebody who takes part in it, is told that it begins and that it is over.

use serde_json::{Value, json};

use super::{listens_on, mailbox};
use crate::support::{Actor, TestServer};

async fn follows(who: &Actor, what: &str) {
    let followed = who.put(&format!("/v1/me/follows/{what}"), &Value::Null).await;
    assert_eq!(followed.status, 204);
}

async fn kinds(who: &Actor) -> Vec<String> {
    let (items, _) = mailbox(who).await;
    let kind = |one: &Value| one["kind"].as_str().unwrap().to_owned();
    items.iter().map(kind).collect()
}

#[tokio::test]
async fn followers_are_notified_once_that_it_begins_and_ends() {
    let server = TestServer::start().await;
    let (hanna, ana, ben, cem) = (
        server.host(),
        server.user("ana", &[]),
        server.user("ben", &[]),
        server.user("cem", &[]),
    );
    let derby = json!({
        "title": "Derby", "kind": "football", "scheduled_at": "2030-01-01T12:00:00Z",
        "participants": [{"id": "reds", "name": "Reds"}, {"id": "blues", "name": "Blues"}],
    });
    let event = hanna.post("/v1/events", &derby).await.ok();
    let id = event["id"].as_str().unwrap().to_owned();
    for what in [format!("event/{id}"), "participant/reds".to_owned()] {
        follows(&ana, &what).await;
    }
    follows(&ben, "participant/blues").await;
    follows(&cem, "participant/greens").await;
    let mut own = listens_on(&ana).await;
    for act in ["start", "pause", "resume", "end"] {
        hanna.post(&format!("/v1/events/{id}/{act}"), &Value::Null).await.ok();
    }
    for kind in ["event-started", "event-ended"] {
        let told = own.hears("notification.created").await;
        assert_eq!(
            (
                &told.data()["notification"]["kind"],
                &told.data()["notification"]["event"]["title"]
            ),
            (&json!(kind), &json!("Derby"))
        );
    }
    for who in [&ana, &ben] {
        assert_eq!(
            kinds(who).await,
            ["event-ended", "event-started"],
            "once each, though she follows twice"
        );
    }
    assert!(kinds(&cem).await.is_empty());
}

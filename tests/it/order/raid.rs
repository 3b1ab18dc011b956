//! Raids: called out, and noticed.

use serde_json::json;

use super::{below, says, writes_rules};
use crate::support::TestServer;

#[tokio::test]
async fn while_a_raid_is_on_newcomers_wait() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    let guest = server.guest("Gina").await;
    let mut staff = hanna.watches(&event).await;
    assert_eq!(says(&guest, &event, "hi").await.status, 201);
    assert_eq!(
        guest
            .put(&below(&event, "raid"), &json!({"on": true}))
            .await
            .refused(403),
        "forbidden"
    );
    let raid = hanna
        .put(&below(&event, "raid"), &json!({"on": true, "seconds": 600}))
        .await
        .ok();
    assert_eq!(raid["on"], true);
    let started = staff.hears("moderation.decided").await;
    assert_eq!(started.data()["decision"]["action"], "raid.started");
    assert_eq!(says(&guest, &event, "hi").await.status, 202);
    assert_eq!(says(&ana, &event, "I have an account").await.status, 201);
    hanna.appoints(&event, &guest.id, "member").await;
    assert_eq!(says(&guest, &event, "I am known").await.status, 201);
    hanna.put(&below(&event, "raid"), &json!({"on": false})).await.ok();
    let other = server.guest("Gus").await;
    assert_eq!(says(&other, &event, "hi").await.status, 201);
    assert_eq!(hanna.get(&below(&event, "raid")).await.ok(), json!({"on": false}));

    let book = json!({"rules": {}, "raid": {"joins_per_minute": 0, "speakers_per_minute": 0, "seconds": 60, "action": "members_only"}});
    writes_rules(&hanna, &below(&event, "rules"), &book).await.ok();
    hanna.put(&below(&event, "raid"), &json!({"on": true})).await.ok();
    assert_eq!(says(&other, &event, "hi").await.refused(422), "message-blocked");
    assert_eq!(says(&guest, &event, "I am known").await.status, 201);
}

#[tokio::test]
async fn many_newcomers_at_once_are_a_raid_that_is_told_once() {
    let server = TestServer::start().await;
    let hanna = server.host();
    for (setting, joins) in [("speakers_per_minute", false), ("joins_per_minute", true)] {
        let event = hanna.starts_event("session").await;
        let mut book = json!({"rules": {}, "raid": {"joins_per_minute": 0, "speakers_per_minute": 0, "seconds": 600, "action": "hold"}});
        book["raid"][setting] = json!(5);
        writes_rules(&hanna, &below(&event, "rules"), &book).await.ok();
        let mut staff = hanna.watches(&event).await;
        let mut seats = Vec::new();
        for number in 0..5 {
            let guest = server.guest(&format!("Guest {number}")).await;
            if joins {
                seats.push(guest.watches(&event).await);
            } else {
                let expected = if number < 4 { 201 } else { 202 };
                assert_eq!(
                    says(&guest, &event, &format!("hi {number}")).await.status,
                    expected,
                    "{number}"
                );
            }
        }
        let told = staff
            .hears_that("a raid", |frame| frame.data()["decision"]["action"] == "raid.started")
            .await;
        assert_eq!(told.data()["decision"].get("by"), None);
        assert_eq!(says(&server.guest("One more").await, &event, "hi").await.status, 202);
        let record = hanna.get(&below(&event, "audit?action=raid.started")).await.ok();
        assert_eq!(record["items"].as_array().unwrap().len(), 1, "{setting}");
    }
}

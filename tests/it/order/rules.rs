//! What rules do with what people say, and how rules are written and tried.

use serde_json::json;

use super::{at, below, says, word_rules, writes_rules};
use crate::support::TestServer;

#[tokio::test]
async fn each_action_of_a_rule_does_what_it_says() {
    let server = TestServer::start().await;
    let (hanna, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let event = hanna.starts_event("session").await;
    let written = writes_rules(&hanna, &below(&event, "rules"), &json!({"rules": word_rules()})).await;
    assert_eq!((written.status.as_u16(), &written.body["version"]), (200, &json!(1)));
    let (mut public, mut staff, mut own) = (
        ben.watches(&event).await,
        hanna.watches(&event).await,
        ana.watches(&event).await,
    );
    for seat in [&mut public, &mut staff, &mut own] {
        seat.hears("stream.snapshot").await;
    }

    let held = says(&ana, &event, "a holdword here").await;
    assert_eq!((held.status.as_u16(), &held.body["status"]), (202, &json!("held")));
    assert_eq!(
        staff.hears("message.held").await.data()["message"]["id"],
        held.body["id"]
    );
    let decided = staff.hears("moderation.decided").await;
    let decision = &decided.data()["decision"];
    assert_eq!(
        (
            &decision["action"],
            &decision["code"],
            &decision["rule_version"],
            &decision["message_id"]
        ),
        (
            &json!("message.held"),
            &json!("listed-word"),
            &json!(1),
            &held.body["id"]
        )
    );
    assert_eq!(own.hears("moderation.told").await.data()["message_id"], held.body["id"]);

    let blocked = says(&ana, &event, "a bounceword here").await;
    assert_eq!(blocked.refused(422), "message-blocked");
    assert_eq!(blocked.body["errors"][0]["code"], "listed-word");

    let shadowed = says(&ana, &event, "a hideword here").await;
    assert_eq!(
        (shadowed.status.as_u16(), &shadowed.body["status"]),
        (201, &json!("active"))
    );
    assert_eq!(
        ben.get(&at(&event, &shadowed.body, "")).await.refused(404),
        "message-not-found"
    );

    // An edit is judged as well, and the message keeps its old text.
    let fine = says(&ana, &event, "all fine").await.ok();
    for word in ["holdword", "hideword", "bounceword"] {
        let edit = ana.patch(&at(&event, &fine, ""), &json!({"text": word})).await;
        assert_eq!(edit.refused(422), "message-blocked", "{word}");
    }
    assert_eq!(ben.get(&at(&event, &fine, "")).await.ok()["text"], "all fine");

    let timed = says(&ana, &event, "a timeword here").await;
    assert_eq!(timed.refused(422), "message-blocked");
    assert!(!timed.header("retry-after").is_empty());
    assert_eq!(says(&ana, &event, "sorry").await.refused(403), "timed-out");
    let sanctions = hanna.get(&below(&event, "sanctions")).await.ok();
    assert_eq!(
        (&sanctions["items"][0]["kind"], sanctions["items"][0].get("by")),
        (&json!("timeout"), None)
    );

    // Staff are not judged, and nobody heard anything but what was fine.
    let last = says(&hanna, &event, "the bounceword is not welcome").await.ok();
    let mut texts = Vec::new();
    loop {
        let heard = public.hears("message.created").await;
        texts.push(heard.data()["message"]["text"].clone());
        if heard.data()["message"]["id"] == last["id"] {
            break;
        }
    }
    assert_eq!(texts, ["all fine", "the bounceword is not welcome"]);
    let record = hanna.get(&below(&event, "audit?user=ana")).await.ok();
    let actions: Vec<&str> = record["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["action"].as_str().unwrap())
        .collect();
    for action in ["sanction.given", "message.blocked", "message.shadowed", "message.held"] {
        assert!(actions.contains(&action), "{actions:?}");
    }
}

#[tokio::test]
async fn rules_have_versions_and_hold_below_each_other() {
    let server = TestServer::start().await;
    let (hanna, root, ana) = (server.host(), server.user("root", &["admin"]), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    let path = below(&event, "rules");
    let first = hanna.get(&path).await;
    assert_eq!((first.header("etag"), &first.body["version"]), ("\"0\"", &json!(0)));
    assert_eq!(
        hanna.put(&path, &json!({"rules": {}})).await.refused(428),
        "precondition-required"
    );
    writes_rules(&root, "/v1/rules", &json!({"rules": word_rules()}))
        .await
        .ok();
    assert_eq!(says(&ana, &event, "bounceword").await.refused(422), "message-blocked");
    // An event that does not inherit goes by its own rules alone.
    writes_rules(&hanna, &path, &json!({"rules": {"inherit": false}}))
        .await
        .ok();
    assert_eq!(says(&ana, &event, "bounceword").await.status, 201);
    let request = hanna.request(reqwest::Method::PUT, &path).header("If-Match", "\"0\"");
    let late = hanna.send(request.json(&json!({"rules": {}}))).await;
    assert_eq!(late.refused(412), "version-mismatch");
    let wrong = json!({"rules": {"patterns": [{"name": "x", "category": "spam", "action": "bounce", "pattern": "("}]}});
    let refused = writes_rules(&hanna, &path, &wrong).await;
    assert_eq!(refused.refused(422), "invalid-content");
    let pointer = refused.body["errors"][0]["pointer"].as_str().unwrap();
    assert!(pointer.starts_with("/rules/patterns/0"), "{pointer}");
    assert_eq!(ana.get(&path).await.refused(403), "forbidden");
    assert_eq!(hanna.get("/v1/rules").await.refused(403), "forbidden");
    // The names of guests go by the house's.
    let named = server
        .anybody()
        .post("/v1/auth/guest", &json!({"name": "bounceword"}))
        .await;
    assert_eq!(named.refused(422), "invalid-content");
    assert_eq!(named.body["errors"][0]["pointer"], "/name");
}

#[tokio::test]
async fn a_repeated_send_is_no_flood() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    let flood = json!({"rules": {"flood": {"messages": 3, "seconds": 60, "action": "bounce"}}});
    writes_rules(&hanna, &below(&event, "rules"), &flood).await.ok();
    let send = |id: &str| json!({"text": format!("message {id}"), "client_id": id});
    for id in ["a", "b", "c"] {
        assert_eq!(ana.post(&below(&event, "messages"), &send(id)).await.status, 201);
    }
    let fourth = ana.post(&below(&event, "messages"), &send("d")).await;
    assert_eq!(fourth.refused(422), "message-blocked");
    assert_eq!(fourth.body["errors"][0]["code"], "message-flood");
    for _ in 0..3 {
        assert_eq!(ana.post(&below(&event, "messages"), &send("c")).await.status, 201);
    }
    // What was refused is refused again.
    assert_eq!(
        ana.post(&below(&event, "messages"), &send("d")).await.refused(422),
        "message-blocked"
    );
}

#[tokio::test]
async fn rules_can_be_tried_on_what_was_said() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    let now =
        json!({"rules": {"words": [{"name": "old", "category": "insult", "action": "hold", "words": ["holdword"]}]}});
    writes_rules(&hanna, &below(&event, "rules"), &now).await.ok();
    for text in ["hello", "a holdword", "a bounceword", "bye"] {
        says(&ana, &event, text).await.ok();
    }
    let tried = hanna
        .post(&below(&event, "rules/try"), &json!({"rules": word_rules()}))
        .await
        .ok();
    assert_eq!((&tried["tried"], &tried["changed"]), (&json!(4), &json!(1)));
    let change = &tried["changes"][0];
    assert_eq!(
        (
            &change["text"],
            &change["before"]["action"],
            &change["after"]["action"],
            &change["after"]["code"]
        ),
        (
            &json!("a bounceword"),
            &json!("allow"),
            &json!("bounce"),
            &json!("listed-word")
        )
    );
    let few = hanna
        .post(
            &below(&event, "rules/try"),
            &json!({"rules": {"inherit": false}, "limit": 2, "since": "2020-01-01T00:00:00Z"}),
        )
        .await
        .ok();
    assert_eq!((&few["tried"], &few["changed"]), (&json!(2), &json!(0)));
    // Nothing came of it.
    assert_eq!(says(&ana, &event, "a bounceword").await.status, 201);
    assert_eq!(
        ana.post(&below(&event, "rules/try"), &json!({"rules": {}}))
            .await
            .refused(403),
        "forbidden"
    );
    assert_eq!(
        hanna
            .post(&below(&event, "rules/try"), &json!({"rules": {}, "limit": 5000}))
            .await
            .status,
        422
    );
}

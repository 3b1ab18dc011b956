//! Mutes, timeouts and bans, here and everywhere.

use reqwest::Method;
use serde_json::{Value, json};

use super::{below, sanctions, says};
use crate::support::{Seat, TestServer};

#[tokio::test]
async fn whoever_is_muted_reads_on_and_writes_again_when_it_is_lifted() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    let (mut staff, mut own) = (hanna.watches(&event).await, ana.watches(&event).await);
    let mute = sanctions(&hanna, &event, "ana", "mute", json!({})).await;
    assert_eq!((&mute["by"], &mute["in_force"]), (&json!("hanna"), &json!(true)));
    let decided = staff.hears("moderation.decided").await;
    let decision = &decided.data()["decision"];
    assert_eq!(
        (
            &decision["action"],
            &decision["code"],
            &decision["user_id"],
            &decision["reason"]
        ),
        (
            &json!("sanction.given"),
            &json!("mute"),
            &json!("ana"),
            &json!("enough")
        )
    );
    let told = own.hears("moderation.told").await;
    assert_eq!(
        (&told.data()["code"], &told.data()["reason"]),
        (&json!("mute"), &json!("enough"))
    );

    assert_eq!(says(&ana, &event, "but").await.refused(403), "muted");
    let clap = ana.post(&below(&event, "applause"), &json!({"kind": "wow"})).await;
    assert_eq!(clap.refused(403), "muted");
    ana.get(&below(&event, "messages")).await.ok();

    let lift = below(&event, &format!("sanctions/{}", mute["id"].as_str().unwrap()));
    for _ in 0..2 {
        assert_eq!(hanna.delete(&lift).await.status, 204);
    }
    assert_eq!(own.hears("moderation.told").await.data()["action"], "sanction.lifted");
    assert_eq!(says(&ana, &event, "thanks").await.status, 201);
    let all = hanna.get(&below(&event, "sanctions")).await.ok();
    assert_eq!(
        (&all["items"][0]["in_force"], &all["items"][0]["lifted_by"]),
        (&json!(false), &json!("hanna"))
    );
    let now = hanna.get(&below(&event, "sanctions?in_force=true")).await.ok();
    assert_eq!(now["items"], json!([]));
}

#[tokio::test]
async fn a_timeout_says_until_when_and_ends_by_itself() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    let timeout = sanctions(&hanna, &event, "ana", "timeout", json!({"seconds": 600})).await;
    let refused = says(&ana, &event, "but").await;
    assert_eq!(refused.refused(403), "timed-out");
    assert_eq!(refused.body["until_at"], timeout["until_at"]);
    let wait: u32 = refused.header("retry-after").parse().unwrap();
    assert!((590..=600).contains(&wait), "{wait}");
    // A shorter one takes its place.
    sanctions(&hanna, &event, "ana", "timeout", json!({"seconds": 1})).await;
    let again = async { while says(&ana, &event, "again").await.status != 201 {} };
    crate::support::soon("the end of the timeout", again).await;
    let endless = json!({"user_id": "ana", "kind": "timeout", "reason": "enough"});
    let refused = hanna.post(&below(&event, "sanctions"), &endless).await;
    assert_eq!(refused.refused(422), "invalid-content");
    assert_eq!(refused.body["errors"][0]["pointer"], "/seconds");
}

/// Reads on until the stream is over; gives its last frame.
async fn last_words(seat: &mut Seat) -> Value {
    let mut last = Value::Null;
    while let Some(frame) = seat.next().await {
        last = json!({"event": frame.event, "data": frame.data()});
    }
    last
}

#[tokio::test]
async fn a_ban_ends_open_streams_and_keeps_them_shut() {
    let server = TestServer::start().await;
    let (hanna, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let event = hanna.starts_event("session").await;
    let other = hanna.starts_event("session").await;
    let said = ben.says(&event, "hello").await;
    let (mut seat, mut bens) = (ana.watches(&event).await, ben.watches(&event).await);
    seat.hears("stream.snapshot").await;
    let ban = sanctions(&hanna, &event, "ana", "ban", json!({})).await;
    let last = last_words(&mut seat).await;
    assert_eq!(
        (&last["event"], &last["data"]["reason"], &last["data"]["reconnect"]),
        (&json!("stream.bye"), &json!("banned"), &json!(false))
    );
    for rest in ["stream", "messages", "snapshot", "log", ""] {
        let refused = ana.get(below(&event, rest).trim_end_matches('/')).await;
        assert_eq!(refused.refused(403), "banned", "{rest}");
    }
    assert_eq!(says(&ana, &event, "but").await.refused(403), "banned");
    let path = below(
        &event,
        &format!("messages/{}/reactions/%E2%9A%BD", said["id"].as_str().unwrap()),
    );
    assert_eq!(ana.put(&path, &Value::Null).await.refused(403), "banned");
    // Elsewhere nothing happened, nor to others here.
    assert_eq!(says(&ana, &other, "hello").await.status, 201);
    ben.says(&event, "go on").await;
    bens.hears("message.created").await;

    let lift = below(&event, &format!("sanctions/{}", ban["id"].as_str().unwrap()));
    assert_eq!(hanna.delete(&lift).await.status, 204);
    ana.watches(&event).await.hears("stream.snapshot").await;
}

#[tokio::test]
async fn an_admin_bans_everywhere() {
    let server = TestServer::start().await;
    let (hanna, root, ana) = (server.host(), server.user("root", &["admin"]), server.user("ana", &[]));
    let events = [hanna.starts_event("session").await, hanna.starts_event("session").await];
    let mut seats = [ana.watches(&events[0]).await, ana.watches(&events[1]).await];
    for seat in &mut seats {
        seat.hears("stream.snapshot").await;
    }
    let body = json!({"user_id": "ana", "kind": "ban", "reason": "enough", "seconds": 3600});
    assert_eq!(hanna.post("/v1/sanctions", &body).await.refused(403), "forbidden");
    assert_eq!(
        server.anybody().get("/v1/sanctions").await.refused(401),
        "unauthenticated"
    );
    let ban = root.post("/v1/sanctions", &body).await.ok();
    assert_eq!(ban.get("event_id"), None);
    for (seat, event) in seats.iter_mut().zip(&events) {
        assert_eq!(last_words(seat).await["data"]["reason"], "banned");
        assert_eq!(says(&ana, event, "but").await.refused(403), "banned");
    }
    assert_eq!(
        root.get("/v1/sanctions?user=ana").await.ok()["items"][0]["id"],
        ban["id"]
    );
    // It is not the event's to lift.
    let id = ban["id"].as_str().unwrap();
    let here = hanna.delete(&below(&events[0], &format!("sanctions/{id}"))).await;
    assert_eq!(here.refused(404), "not-found");
    assert_eq!(root.delete(&format!("/v1/sanctions/{id}")).await.status, 204);
    assert_eq!(says(&ana, &events[0], "thanks").await.status, 201);
}

#[tokio::test]
async fn staff_cannot_be_sanctioned_by_their_equals() {
    let server = TestServer::start().await;
    let (hanna, mia, max) = (server.host(), server.user("mia", &[]), server.user("max", &[]));
    let event = hanna.starts_event("session").await;
    for name in ["mia", "max"] {
        hanna.appoints(&event, name, "moderator").await;
    }
    let body = |user: &str| json!({"user_id": user, "kind": "mute", "reason": "enough"});
    for (who, user) in [(&mia, "max"), (&mia, "hanna"), (&mia, "mia"), (&hanna, "hanna")] {
        let refused = who.post(&below(&event, "sanctions"), &body(user)).await;
        assert_eq!(refused.refused(403), "forbidden", "{} on {user}", who.id);
    }
    let viewer = server
        .user("ana", &[])
        .post(&below(&event, "sanctions"), &body("ben"))
        .await;
    assert_eq!(viewer.refused(403), "forbidden");
    hanna.post(&below(&event, "sanctions"), &body("max")).await.ok();
    assert_eq!(says(&max, &event, "but").await.refused(403), "muted");
    // What a host decided is not a moderator's to lift.
    let mutes = hanna.get(&below(&event, "sanctions?kind=mute")).await.ok();
    let lift = below(
        &event,
        &format!("sanctions/{}", mutes["items"][0]["id"].as_str().unwrap()),
    );
    assert_eq!(mia.delete(&lift).await.refused(403), "forbidden");
    // Whoever has the role by a token is found out at the door, where it does not hold.
    let root = server.user("root", &["admin"]);
    sanctions(&mia, &event, "root", "mute", json!({})).await;
    assert_eq!(says(&root, &event, "quiet, please").await.status, 201);
}

#[tokio::test]
async fn sanctions_are_listed_in_pages() {
    let server = TestServer::start().await;
    let hanna = server.host();
    let event = hanna.starts_event("session").await;
    for number in 0..5 {
        sanctions(
            &hanna,
            &event,
            &format!("fan{number}"),
            "mute",
            json!({"note": "seen twice"}),
        )
        .await;
    }
    let (mut users, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = hanna
            .get(&below(&event, &format!("sanctions?limit=2{cursor}")))
            .await
            .ok();
        users.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["user_id"].clone()),
        );
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&after={next}");
    }
    assert_eq!(users, ["fan4", "fan3", "fan2", "fan1", "fan0"]);
    let ana = server.user("ana", &[]);
    assert_eq!(ana.get(&below(&event, "sanctions")).await.refused(403), "forbidden");
    let hostile = json!({"user_id": "ana", "kind": "ban", "reason": " \u{202e} "});
    let refused = hanna
        .send(hanna.request(Method::POST, &below(&event, "sanctions")).json(&hostile))
        .await;
    assert_eq!(refused.refused(422), "invalid-content");
}

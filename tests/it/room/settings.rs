//! Settings: read by all, changed by moderators, told to everybody, obeyed at once.

use serde_json::{Value, json};

use super::{edits, posts, tunes, tunes_with};
use crate::support::{TestServer, percent};

#[tokio::test]
async fn a_moderator_changes_the_room_and_everybody_hears_of_it() {
    let server = TestServer::start().await;
    let (hanna, mo, ana) = (server.host(), server.user("mo", &[]), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    hanna.appoints(&event, "mo", "moderator").await;
    let path = format!("/v1/events/{event}/room");
    let read = server.anybody().get(&path).await;
    let usual = json!({
        "slow_mode_seconds": 0, "members_only": false, "emoji_only": false, "unique_messages": false, "links": "everybody",
        "min_account_age_seconds": 0, "locked": false, "hold_messages": false, "hold_seconds": 0, "receipts": "auto", "typing": true,
    });
    assert_eq!(read.clone().ok(), usual);
    let mut seat = server.anybody().watches(&event).await;
    seat.hears("stream.snapshot").await;

    let changed = tunes(&mo, &event, &json!({"links": "staff", "typing": false})).await;
    let mut expected = usual.clone();
    expected["links"] = "staff".into();
    expected["typing"] = false.into();
    assert_eq!(changed.body, expected);
    let told = seat.hears("room.changed").await;
    assert_eq!(told.data()["room"], expected);
    assert_eq!(changed.header("etag"), format!("\"{}\"", told.data()["version"]));
    // The event shows the same, everywhere, under the same version.
    let read = ana.get(&format!("/v1/events/{event}")).await;
    assert_eq!(
        (read.header("etag"), read.body["settings"]["links"].as_str()),
        (changed.header("etag"), Some("staff"))
    );
    let snapshot = ana.reads_snapshot(&event).await;
    assert_eq!(snapshot["event"], read.body);
    assert_eq!(snapshot["event"]["settings"]["small_room_users"], 50);
    assert_eq!(ana.get(&path).await.ok(), expected);

    // Null goes back to the default, what is left out stays.
    let back = tunes(&mo, &event, &json!({"links": null, "slow_mode_seconds": 7}))
        .await
        .ok();
    assert_eq!(
        (&back["links"], &back["slow_mode_seconds"], &back["typing"]),
        (&json!("everybody"), &json!(7), &json!(false))
    );
    // Nothing changed, nothing told.
    let before = ana.reads_log(&event).await.len();
    tunes(&mo, &event, &json!({})).await.ok();
    tunes(&mo, &event, &json!({"slow_mode_seconds": 7})).await.ok();
    assert_eq!(ana.reads_log(&event).await.len(), before);
}

#[tokio::test]
async fn only_moderators_change_a_room_and_only_as_it_can_be() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    let change = json!({"locked": true});
    assert_eq!(tunes(&ana, &event, &change).await.refused(403), "forbidden");
    assert_eq!(
        tunes(&server.anybody(), &event, &change).await.refused(401),
        "unauthenticated"
    );
    assert_eq!(tunes(&hanna, "nowhere", &change).await.refused(404), "event-not-found");
    for (change, pointer) in [
        (json!({"slow_mode_seconds": 21_601}), "/slow_mode_seconds"),
        (json!({"slow_mode_seconds": -1}), "/slow_mode_seconds"),
        (json!({"links": "nobody"}), "/links"),
        (
            json!({"min_account_age_seconds": 31_536_001}),
            "/min_account_age_seconds",
        ),
        (json!({"hold_seconds": 86_401}), "/hold_seconds"),
        (json!({"locked": "yes"}), "/locked"),
    ] {
        let refused = tunes(&hanna, &event, &change).await;
        assert!(refused.status.is_client_error(), "{change}: {}", refused.text);
        assert_eq!(
            refused.body["errors"][0]["pointer"], pointer,
            "{change}: {}",
            refused.text
        );
    }
    // With a tag, only what was read is changed.
    let tag = hanna
        .get(&format!("/v1/events/{event}/room"))
        .await
        .header("etag")
        .to_owned();
    tunes_with(&hanna, &event, &tag, &json!({"typing": false})).await.ok();
    let late = tunes_with(&hanna, &event, &tag, &json!({"typing": true})).await;
    assert_eq!(late.refused(412), "version-mismatch");
    tunes_with(&hanna, &event, "*", &json!({"typing": true})).await.ok();
}

#[tokio::test]
async fn hosts_set_up_a_room_with_its_event() {
    let server = TestServer::start_with(|config| config.room.slow_mode_seconds = 3).await;
    let hanna = server.host();
    let event = hanna
        .creates_event(json!({"settings": {"emoji_only": true, "edit_window_seconds": 9}}))
        .await;
    let room = hanna.get(&format!("/v1/events/{event}/room")).await.ok();
    assert_eq!(
        (&room["emoji_only"], &room["slow_mode_seconds"]),
        (&json!(true), &json!(3))
    );
    let refused = hanna
        .post(
            "/v1/events",
            &json!({"title": "x", "kind": "draw", "scheduled_at": "2030-06-01T18:00:00Z", "settings": {"slow_mode_seconds": 99_999}}),
        )
        .await;
    assert_eq!(
        refused.body["errors"][0]["pointer"], "/settings/slow_mode_seconds",
        "{}",
        refused.text
    );
    // Changed with the event, the room is told of as well.
    let changed = hanna
        .changes_event(
            &event,
            &json!({"settings": {"emoji_only": false, "slow_mode_seconds": null}}),
        )
        .await;
    assert_eq!(
        (
            &changed["settings"]["emoji_only"],
            &changed["settings"]["slow_mode_seconds"]
        ),
        (&json!(false), &json!(3))
    );
    let log = hanna.reads_log(&event).await;
    let last = &log[log.len() - 2..];
    assert_eq!(
        (&last[0]["type"], &last[1]["type"]),
        (&json!("event.updated"), &json!("room.changed"))
    );
    assert_eq!(last[1]["data"]["version"], changed["version"]);
}

#[tokio::test]
async fn a_locked_room_is_for_staff_and_readers() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    hanna.appoints(&event, "mel", "member").await;
    let mel = server.user("mel", &[]);
    let said = ana.says(&event, "before").await;
    tunes(&hanna, &event, &json!({"locked": true})).await.ok();
    for who in [&ana, &mel] {
        assert_eq!(posts(who, &event, "hello?").await.refused(409), "room-locked");
    }
    assert_eq!(edits(&ana, &event, &said, "after").await.refused(409), "room-locked");
    hanna.says(&event, "calm down, everybody").await;
    // Reactions and taking back are not talk.
    let id = said["id"].as_str().unwrap();
    let path = format!("/v1/events/{event}/messages/{id}");
    ana.put(&format!("{path}/reactions/{}", percent("👍")), &Value::Null)
        .await
        .ok();
    assert_eq!(ana.delete(&path).await.status, 204);
    tunes(&hanna, &event, &json!({"locked": false})).await.ok();
    ana.says(&event, "thanks").await;
}

#[tokio::test]
async fn a_room_for_members_is_read_by_all_and_written_by_members() {
    let server = TestServer::start().await;
    let (hanna, ana, mel) = (server.host(), server.user("ana", &[]), server.user("mel", &[]));
    let event = hanna.starts_event("session").await;
    let said = ana.says(&event, "before").await;
    hanna.appoints(&event, "mel", "member").await;
    tunes(&hanna, &event, &json!({"members_only": true})).await.ok();
    assert_eq!(posts(&ana, &event, "hi").await.refused(403), "members-only");
    assert_eq!(edits(&ana, &event, &said, "hi").await.refused(403), "members-only");
    mel.says(&event, "hi").await;
    hanna.appoints(&event, "ana", "member").await;
    ana.says(&event, "hi").await;
}

#[tokio::test]
async fn emoji_and_links_are_looked_for_in_what_is_sent_and_in_what_is_edited() {
    let server = TestServer::start().await;
    let (hanna, ana, mel) = (server.host(), server.user("ana", &[]), server.user("mel", &[]));
    let event = hanna.starts_event("session").await;
    hanna.appoints(&event, "mel", "member").await;
    tunes(&hanna, &event, &json!({"emoji_only": true})).await.ok();
    let said = posts(&ana, &event, "⚽ ❤️👍🏽🇩🇪").await.ok();
    let refused = posts(&ana, &event, "⚽ goal").await;
    assert_eq!(refused.refused(422), "emoji-only");
    assert_eq!(refused.body["errors"][0]["pointer"], "/text");
    assert_eq!(edits(&ana, &event, &said, "goal").await.refused(422), "emoji-only");
    hanna.says(&event, "words are for the host").await;

    tunes(&hanna, &event, &json!({"emoji_only": null, "links": "members"}))
        .await
        .ok();
    assert_eq!(
        posts(&ana, &event, "see example.com").await.refused(422),
        "links-not-allowed"
    );
    assert_eq!(
        edits(&ana, &event, &said, "https://example.org").await.refused(422),
        "links-not-allowed"
    );
    edits(&ana, &event, &said, "no link at all. None").await.ok();
    mel.says(&event, "see example.com").await;
    tunes(&hanna, &event, &json!({"links": "staff"})).await.ok();
    assert_eq!(
        posts(&mel, &event, "see example.com").await.refused(422),
        "links-not-allowed"
    );
    hanna.says(&event, "see example.com").await;
}

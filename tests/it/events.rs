//! Events: made, listed, changed, passed from state to state, and when their rooms are open.

mod lists;
mod rooms;

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, Reply, TestServer};

async fn edits(host: &Actor, event: &str, tag: Option<&str>, body: &Value) -> Reply {
    let mut request = host.request(Method::PATCH, &format!("/v1/events/{event}")).json(body);
    if let Some(tag) = tag {
        request = request.header("If-Match", tag);
    }
    host.send(request).await
}

fn new_event(title: &str) -> Value {
    json!({"title": title, "kind": "football", "scheduled_at": "2030-06-01T18:00:00Z"})
}

#[tokio::test]
async fn an_event_is_made_and_found_by_its_id_and_its_slug() {
    let server = TestServer::start().await;
    let hanna = server.host();
    let body = json!({
        "title": "  Zürich –  Łódź ", "kind": "football", "scheduled_at": "2030-06-01T20:00:00+02:00", "venue": "Letzigrund",
        "participants": [{"name": "FC Zürich", "short_name": "FCZ"}, {"name": "FC Zürich"}, {"id": "lodz", "name": "Łódź"}],
        "cover_url": "https://example.org/cover.jpg", "featured": true, "settings": {"edit_window_seconds": 7},
    });
    let made = hanna.post("/v1/events", &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let event = made.body.clone();
    let id = event["id"].as_str().unwrap();
    assert_eq!(made.header("location"), format!("/v1/events/{id}"));
    assert_eq!(made.header("etag"), "\"1\"");
    assert_eq!(
        (&event["title"], &event["slug"]),
        (&json!("Zürich – Łódź"), &json!("zurich-lodz"))
    );
    assert_eq!(
        (&event["scheduled_at"], &event["status"]),
        (&json!("2030-06-01T18:00:00.000Z"), &json!("scheduled"))
    );
    let ids: Vec<_> = event["participants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|team| team["id"].clone())
        .collect();
    assert_eq!(ids, ["fc-zurich", "fc-zurich-2", "lodz"]);
    assert_eq!(
        (
            &event["settings"]["edit_window_seconds"],
            &event["settings"]["small_room_users"]
        ),
        (&json!(7), &json!(50))
    );
    for name in [id, "zurich-lodz"] {
        assert_eq!(server.anybody().get(&format!("/v1/events/{name}")).await.ok(), event);
    }
    for name in ["nobody", "evt_00000000000000000000000000", "%25", "zurich_lodz"] {
        assert_eq!(
            server.anybody().get(&format!("/v1/events/{name}")).await.refused(404),
            "event-not-found"
        );
    }
    // Its log begins with it, and it was born with a contest.
    assert_eq!(hanna.reads_log(id).await[0]["data"]["event"], event);
    assert_eq!(
        hanna.get(&format!("/v1/events/{id}/contest")).await.ok()["score"][2]["participant_id"],
        "lodz"
    );
}

#[tokio::test]
async fn slugs_are_unique_whether_wished_for_or_made() {
    let server = TestServer::start().await;
    let hanna = server.host();
    let mut wished = new_event("Final");
    wished["slug"] = "the-final".into();
    hanna.post("/v1/events", &wished).await.ok();
    assert_eq!(hanna.post("/v1/events", &wished).await.refused(409), "slug-taken");

    let same = new_event("Same title");
    let made = futures_util::future::join_all((0..10).map(|_| hanna.post("/v1/events", &same))).await;
    let slugs: BTreeSet<_> = made.into_iter().map(|made| made.ok()["slug"].to_string()).collect();
    assert_eq!(slugs.len(), 10, "{slugs:?}");

    let other = edits(&hanna, "same-title", Some("*"), &json!({"slug": "the-final"})).await;
    assert_eq!(other.refused(409), "slug-taken");
    edits(&hanna, "same-title", Some("*"), &json!({"slug": "renamed"}))
        .await
        .ok();
    assert_eq!(hanna.get("/v1/events/same-title").await.refused(404), "event-not-found");
    hanna.get("/v1/events/renamed").await.ok();
    // Titles without a Latin letter have slugs as well.
    assert_eq!(hanna.post("/v1/events", &new_event("試合")).await.ok()["slug"], "event");
}

#[tokio::test]
async fn what_is_wrong_with_an_event_is_said_field_by_field() {
    let server = TestServer::start().await;
    let hanna = server.host();
    for (field, value, pointer) in [
        ("title", json!(" \u{200b} "), "/title"),
        ("title", json!("x".repeat(201)), "/title"),
        ("title", json!("a\u{7}b"), "/title"),
        ("slug", json!("Not A Slug"), "/slug"),
        ("slug", json!("-x"), "/slug"),
        ("kind", json!("chess"), "/kind"),
        ("cover_url", json!("javascript:alert(1)"), "/cover_url"),
        ("stream_url", json!("https://user:secret@example.org/"), "/stream_url"),
        ("visibility", json!("secret"), "/visibility"),
        ("participants", json!([{"name": ""}]), "/participants/0/name"),
        (
            "participants",
            json!([{"id": "a", "name": "A"}, {"id": "a", "name": "B"}]),
            "/participants/1/id",
        ),
        (
            "settings",
            json!({"edit_window_seconds": 99_999_999}),
            "/settings/edit_window_seconds",
        ),
        (
            "settings",
            json!({"opens_before_seconds": -1}),
            "/settings/opens_before_seconds",
        ),
    ] {
        let mut body = new_event("Match");
        body[field] = value.clone();
        let refused = hanna.post("/v1/events", &body).await;
        assert_eq!(refused.refused(422), "invalid-content", "{field}: {value}");
        assert_eq!(
            refused.body["errors"][0]["pointer"], pointer,
            "{field}: {value}: {}",
            refused.text
        );
    }
    let crowd: Vec<_> = (0..65)
        .map(|number| json!({"name": format!("Runner {number}")}))
        .collect();
    let mut body = new_event("Marathon");
    body["participants"] = crowd.into();
    assert_eq!(hanna.post("/v1/events", &body).await.refused(422), "invalid-content");
    for missing in ["title", "kind", "scheduled_at"] {
        let mut body = new_event("Match");
        body.as_object_mut().unwrap().remove(missing);
        let refused = hanna.post("/v1/events", &body).await;
        assert_eq!(refused.refused(400), "invalid-request");
        assert_eq!(refused.body["errors"][0]["pointer"], format!("/{missing}"));
    }
    for (field, value) in [
        ("scheduled_at", json!("tomorrow")),
        ("title", json!(["a"])),
        ("featured", json!("yes")),
    ] {
        let mut body = new_event("Match");
        body[field] = value;
        let refused = hanna.post("/v1/events", &body).await;
        assert_eq!(refused.refused(400), "invalid-request");
        assert_eq!(refused.body["errors"][0]["pointer"], format!("/{field}"));
    }
}

#[tokio::test]
async fn an_edit_names_the_version_it_was_made_from() {
    let server = TestServer::start().await;
    let hanna = server.host();
    let event = hanna.creates_event(json!({"venue": "Old hall"})).await;
    let mut seat = server.anybody().watches(&event).await;
    let path = format!("/v1/events/{event}");
    let venue = |name: &str| json!({"venue": name});
    assert_eq!(
        edits(&hanna, &event, None, &venue("A")).await.refused(428),
        "precondition-required"
    );
    for tag in ["\"7\"", "W/\"1\"", "nonsense"] {
        assert_eq!(
            edits(&hanna, &event, Some(tag), &venue("A")).await.refused(412),
            "version-mismatch"
        );
    }
    let edited = edits(&hanna, &event, Some("\"1\""), &venue("New hall")).await;
    assert_eq!((edited.status.as_u16(), edited.header("etag")), (200, "\"2\""));
    assert_eq!(edited.body["version"], 2);
    assert_eq!(seat.hears("event.updated").await.data()["event"], edited.body);
    assert_eq!(
        edits(&hanna, &event, Some("\"1\""), &venue("Late")).await.refused(412),
        "version-mismatch"
    );

    // Of many at once who saw the same version, one wins.
    let names: Vec<_> = (0..10).map(|number| venue(&format!("Hall {number}"))).collect();
    let all = futures_util::future::join_all(names.iter().map(|name| edits(&hanna, &event, Some("\"2\""), name))).await;
    assert_eq!(all.iter().filter(|reply| reply.status == 200).count(), 1);
    assert!(
        all.iter()
            .all(|reply| reply.status == 200 || reply.refused(412) == "version-mismatch")
    );

    // Left out stays, null clears, and what changes nothing is no news.
    let cleared = edits(&hanna, &event, Some("\"3\""), &json!({"venue": null, "featured": true}))
        .await
        .ok();
    assert_eq!((cleared.get("venue"), &cleared["featured"]), (None, &json!(true)));
    let told = hanna.reads_log(&event).await.len();
    let same = edits(&hanna, &event, Some("\"4\""), &json!({"featured": true})).await;
    assert_eq!((same.status.as_u16(), same.header("etag")), (200, "\"4\""));
    assert_eq!(hanna.reads_log(&event).await.len(), told);

    let known = hanna.request(Method::GET, &path).header("If-None-Match", "\"4\"");
    let unchanged = hanna.send(known).await;
    assert_eq!(
        (
            unchanged.status.as_u16(),
            unchanged.text.as_str(),
            unchanged.header("etag")
        ),
        (304, "", "\"4\"")
    );
    let known = hanna.request(Method::GET, &path).header("If-None-Match", "\"3\"");
    assert_eq!(hanna.send(known).await.ok()["version"], 4);
}

#[tokio::test]
async fn an_event_passes_along_lawful_ways_only_and_everybody_hears() {
    let server = TestServer::start().await;
    let hanna = server.host();
    for (way, refused) in [
        ("start pause resume pause end", "start pause resume end cancel"),
        ("start end", "start pause resume end cancel"),
        ("cancel", "start pause resume end cancel"),
        ("start", "start resume"),
        ("start pause", "start pause"),
        ("", "pause resume end"),
        ("start pause cancel", "resume end"),
    ] {
        let event = hanna.creates_event(json!({})).await;
        let mut seat = server.anybody().watches(&event).await;
        let at = |verb: &str| format!("/v1/events/{event}/{verb}");
        for verb in way.split_whitespace() {
            let now = hanna.post(&at(verb), &Value::Null).await.ok();
            let said = match verb {
                "end" => "event.ended".to_owned(),
                "cancel" => "event.cancelled".to_owned(),
                "pause" => "event.paused".to_owned(),
                verb => format!("event.{}ed", verb.trim_end_matches('e')),
            };
            assert_eq!(seat.hears(&said).await.data()["event"], now);
        }
        for verb in refused.split_whitespace() {
            assert_eq!(
                hanna.post(&at(verb), &Value::Null).await.refused(409),
                "illegal-transition",
                "{way}, then {verb}"
            );
        }
    }
    // Of many who start it at once, one does.
    let event = hanna.creates_event(json!({})).await;
    let path = format!("/v1/events/{event}/start");
    let all = futures_util::future::join_all((0..10).map(|_| hanna.post(&path, &Value::Null))).await;
    assert_eq!(all.iter().filter(|reply| reply.status == 200).count(), 1);
}

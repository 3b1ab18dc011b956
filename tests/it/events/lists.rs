//! Finding events: filters, and pages that stay whole while new events come.

use serde_json::{Value, json};

use crate::support::{Actor, TestServer};

/// Slugs of a list, in its order.
async fn finds(who: &Actor, query: &str) -> Vec<String> {
    let page = who.get(&format!("/v1/events?{query}")).await.ok();
    slugs(&page)
}

fn slugs(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|event| event["slug"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn events_are_found_by_what_they_are() {
    let server = TestServer::start().await;
    let hanna = server.host();
    let make = |slug: &'static str, day: u32, mut fields: Value| {
        let hanna = hanna.clone();
        async move {
            fields["slug"] = slug.into();
            fields["scheduled_at"] = format!("2030-06-{day:02}T18:00:00Z").into();
            hanna.creates_event(fields).await
        }
    };
    let team = |name: &str| json!([{"name": name, "short_name": "BAY"}]);
    make(
        "cup",
        1,
        json!({"title": "Cup 100% final", "kind": "football", "participants": team("Bayern_A")}),
    )
    .await;
    make(
        "fight",
        2,
        json!({"title": "Fight night", "kind": "mma", "featured": true, "venue": "Ärena"}),
    )
    .await;
    let live = make(
        "live",
        3,
        json!({"title": "Éclair 1000 final", "kind": "football", "participants": team("BayernXA")}),
    )
    .await;
    let paused = make("paused", 4, json!({"title": "Back\\slash", "kind": "tennis"})).await;
    for (event, verbs) in [(&live, &["start"][..]), (&paused, &["start", "pause"])] {
        for verb in verbs {
            hanna
                .post(&format!("/v1/events/{event}/{verb}"), &Value::Null)
                .await
                .ok();
        }
    }
    for (query, found) in [
        ("", &["paused", "live", "fight", "cup"][..]),
        ("status=live", &["live"]),
        ("status=live,paused", &["paused", "live"]),
        ("status=scheduled", &["fight", "cup"]),
        ("status=completed", &[]),
        ("kind=football", &["live", "cup"]),
        ("kind=football&status=live", &["live"]),
        ("participant=bayern", &["live", "cup"]),
        ("participant=BAYERN_A", &["cup"]),
        ("participant=final", &[]),
        ("q=FINAL", &["live", "cup"]),
        ("q=100%25", &["cup"]),
        ("q=%25", &["cup"]),
        ("q=_", &["cup"]),
        ("q=%5C", &["paused"]),
        ("q=%C3%A4rena", &["fight"]),
        ("q=%C3%89CLAIR", &["live"]),
        ("q='%20OR%201=1%20--", &[]),
        ("q=bay", &["live", "cup"]),
        ("featured=true", &["fight"]),
        ("featured=false", &["paused", "live", "cup"]),
        (
            "starts_after=2030-06-02T18:00:00Z&starts_before=2030-06-04T18:00:00Z",
            &["live", "fight"],
        ),
        ("starts_after=2030-06-04T20:00:00%2B02:00", &["paused"]),
    ] {
        assert_eq!(finds(&server.anybody(), query).await, found, "{query}");
    }
}

#[tokio::test]
async fn what_cannot_be_looked_for_is_refused() {
    let server = TestServer::start().await;
    let anybody = server.anybody();
    for (query, code) in [
        ("limit=201", "limit-too-large"),
        ("limit=0", "invalid-request"),
        ("limit=-1", "invalid-request"),
        ("limit=many", "invalid-request"),
        ("after=nonsense", "invalid-cursor"),
        ("after=bWVzc2FnZXMxOjE", "invalid-cursor"),
        ("status=asleep", "invalid-request"),
        ("kind=chess", "invalid-request"),
        ("featured=maybe", "invalid-request"),
        ("starts_after=yesterday", "invalid-request"),
    ] {
        let refused = anybody.get(&format!("/v1/events?{query}")).await;
        assert_eq!(refused.status, 400, "{query}");
        assert_eq!(refused.refused(400), code, "{query}");
    }
    anybody.get("/v1/events?limit=200").await.ok();
}

#[tokio::test]
async fn pages_stay_whole_while_new_events_come() {
    let server = TestServer::start().await;
    let hanna = server.host();
    // Some at the very same time: the id decides then.
    for number in 0..12 {
        let day = 10 + number / 3;
        let scheduled = format!("2030-06-{day}T18:00:00Z");
        hanna
            .creates_event(json!({"slug": format!("old-{number}"), "scheduled_at": scheduled}))
            .await;
    }
    let before = finds(&hanna, "limit=200").await;
    let (mut seen, mut after) = (Vec::new(), String::new());
    for round in 0.. {
        let page = hanna.get(&format!("/v1/events?limit=5{after}")).await.ok();
        seen.extend(slugs(&page));
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        after = format!("&after={next}");
        // One before and one after the place the reader is at.
        for day in [1, 30] {
            let scheduled = format!("2030-06-{day:02}T18:00:00Z");
            hanna
                .creates_event(json!({"slug": format!("new-{round}-{day}"), "scheduled_at": scheduled}))
                .await;
        }
    }
    let old: Vec<_> = seen.iter().filter(|slug| slug.starts_with("old")).cloned().collect();
    assert_eq!(old, before);
    let mut once = seen.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), seen.len(), "nothing twice");
}

#[tokio::test]
async fn members_are_listed_in_pages() {
    let server = TestServer::start().await;
    let hanna = server.host();
    let event = hanna.starts_event("session").await;
    for number in 0..5 {
        hanna.appoints(&event, &format!("user{number}"), "member").await;
    }
    hanna.appoints(&event, "user0", "moderator").await;
    let (mut members, mut after) = (Vec::new(), String::new());
    loop {
        let page = hanna
            .get(&format!("/v1/events/{event}/members?limit=4{after}"))
            .await
            .ok();
        members.extend(page["items"].as_array().unwrap().iter().map(|member| {
            format!(
                "{} {}",
                member["user_id"].as_str().unwrap(),
                member["role"].as_str().unwrap()
            )
        }));
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        after = format!("&after={next}");
    }
    let expected = [
        "hanna host",
        "user0 moderator",
        "user1 member",
        "user2 member",
        "user3 member",
        "user4 member",
    ];
    assert_eq!(members, expected);
    let at = |user: &str| format!("/v1/events/{event}/members/{user}");
    for role in ["viewer", "admin", "king"] {
        assert_eq!(
            hanna.put(&at("x"), &json!({"role": role})).await.refused(422),
            "invalid-content",
            "{role}"
        );
    }
    assert_eq!(hanna.delete(&at("stranger")).await.refused(404), "not-found");
    assert_eq!(hanna.delete(&at("user1")).await.status, 204);
}

//! The feed: what is live, next and just over of what somebody follows.

use serde_json::{Value, json};

use super::{hours_from_now, makes, passes, points, scores};
use crate::support::{Actor, TestServer};

async fn follows(who: &Actor, what: &str) {
    assert_eq!(
        who.put(&format!("/v1/me/follows/{what}"), &Value::Null).await.status,
        204
    );
}

/// Where each event of the feed stands, and its slug.
async fn feed(who: &Actor) -> Vec<(String, String)> {
    let page = who.get("/v1/me/feed").await.ok();
    page["items"].as_array().unwrap().iter().map(entry).collect()
}

fn entry(item: &Value) -> (String, String) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&item["when"]), text(&item["event"]["slug"]))
}

fn expected(entries: &[(&str, &str)]) -> Vec<(String, String)> {
    entries
        .iter()
        .map(|(when, slug)| ((*when).to_owned(), (*slug).to_owned()))
        .collect()
}

fn of(participant: &str, at: &Value) -> Value {
    json!({"kind": "football", "scheduled_at": at, "participants": [{"id": participant, "name": participant}, {"name": "Other"}]})
}

#[tokio::test]
async fn a_feed_is_what_is_live_then_next_then_just_over_of_what_one_follows() {
    let server = TestServer::start().await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    assert!(feed(&ana).await.is_empty());
    let live = makes(&host, "live", json!({"kind": "football"})).await;
    let over = makes(&host, "over", of("real", &hours_from_now(-2))).await;
    makes(&host, "later", of("real", &hours_from_now(500))).await;
    makes(&host, "sooner", of("real", &hours_from_now(30))).await;
    makes(&host, "elsewhere", of("city", &hours_from_now(1))).await;
    for event in [&live, &over] {
        passes(&host, event, "start").await;
    }
    passes(&host, &over, "end").await;
    scores(&host, &live).await;
    follows(&ana, "event/live").await;
    follows(&ana, "participant/real").await;
    let all = [
        ("live", "live"),
        ("next", "sooner"),
        ("next", "later"),
        ("ended", "over"),
    ];
    assert_eq!(feed(&ana).await, expected(&all));
    let page = ana.get("/v1/me/feed").await.ok();
    let (first, second) = (&page["items"][0], &page["items"][1]);
    assert_eq!(
        (points(&first["event"]), &first["follows_event"]),
        (vec![1, 0], &json!(true))
    );
    assert_eq!(first["follows_participants"], json!([]));
    assert_eq!(
        (&second["follows_event"], &second["follows_participants"]),
        (&json!(false), &json!(["real"]))
    );

    let (mut paged, mut after) = (Vec::new(), String::new());
    loop {
        let page = ana.get(&format!("/v1/me/feed?limit=1{after}")).await.ok();
        paged.extend(page["items"].as_array().unwrap().iter().map(entry));
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        after = format!("&after={next}");
    }
    assert_eq!(paged, expected(&all));

    // Who comes, comes into the feed; who is taken off, goes.
    let _ben = server.user("ben", &[]).watches(&live).await;
    let viewers = &ana.get("/v1/me/feed").await.ok()["items"][0]["event"]["viewers"];
    assert_eq!(viewers, &json!({"connections": 1, "users": 1}));
    let elsewhere = json!({"participants": [{"id": "real", "name": "Real"}]});
    host.changes_event("elsewhere", &elsewhere).await;
    host.changes_event("later", &json!({"participants": []})).await;
    host.changes_event("sooner", &json!({"title": "Renamed"})).await;
    let all = [
        ("live", "live"),
        ("next", "elsewhere"),
        ("next", "sooner"),
        ("ended", "over"),
    ];
    assert_eq!(feed(&ana).await, expected(&all));
    ana.delete("/v1/me/follows/event/live").await;
    assert_eq!(feed(&ana).await, expected(&all[1..]));
}

#[tokio::test]
async fn private_events_are_in_their_members_feeds_only() {
    let server = TestServer::start().await;
    let (host, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let secret = makes(&host, "secret", json!({"visibility": "private"})).await;
    let shown = makes(&host, "shown", json!({"participants": []})).await;
    host.appoints(&secret, "ana", "member").await;
    let by_token = server.user_with("cem", &json!({"events": {(secret.clone()): "member"}}));
    for who in [&ana, &ben, &by_token, &host] {
        follows(who, "participant/home").await;
        follows(who, "event/shown").await;
    }
    host.changes_event(&shown, &json!({"visibility": "private"})).await;
    let secret_only = expected(&[("next", "secret")]);
    assert_eq!(feed(&ana).await, secret_only);
    assert_eq!(feed(&by_token).await, secret_only);
    assert!(feed(&ben).await.is_empty(), "followed while it was public");
    assert_eq!(feed(&host).await.len(), 2);
    let removed = host.delete(&format!("/v1/events/{secret}/members/ana")).await;
    assert_eq!(removed.status, 204);
    assert!(feed(&ana).await.is_empty());
    // What one may not see any more, one can still let go.
    assert_eq!(ben.delete(&format!("/v1/me/follows/event/{shown}")).await.status, 204);
}

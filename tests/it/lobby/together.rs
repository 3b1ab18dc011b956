//! Two servers on one PostgreSQL and one Redis have one lobby.

use serde_json::json;

use super::{hears, hears_gone, lists, makes, passes, points, scores, watches};
use crate::{
    concourse::twins,
    support::{TestServer, redis::Redis as RedisServer},
};

#[tokio::test]
async fn a_goal_on_one_server_shows_on_the_other_with_the_people_of_both() {
    let redis = RedisServer::start();
    let (one, two, _) = twins(&redis, |_| {}).await;
    let (mut seat, snapshot) = watches(&two.anybody(), "?kind=football").await;
    assert_eq!(snapshot, json!([]));
    let host = one.host();
    let event = makes(&host, "derby", json!({"kind": "football"})).await;
    hears(&mut seat, "that there is one", &event, |told| {
        told["status"] == "scheduled"
    })
    .await;
    passes(&host, &event, "start").await;
    scores(&host, &event).await;
    hears(&mut seat, "the goal", &event, |told| points(told) == [1, 0]).await;

    // Nobody is on the server that is watched, then somebody is on both.
    let here = [("ana", &one), ("ben", &one), ("ana", &two)];
    let mut people = Vec::new();
    for (count, (name, server)) in here.into_iter().enumerate() {
        people.push(server.user(name, &[]).watches(&event).await);
        let users = if count == 0 { 1 } else { 2 };
        let viewers = json!({"connections": count + 1, "users": users});
        hears(&mut seat, "how many there are", &event, |told| {
            told["viewers"] == viewers
        })
        .await;
    }
    people.push(one.anybody().watches(&event).await);
    let all = json!({"connections": 4, "users": 2});
    hears(&mut seat, "strangers too", &event, |told| told["viewers"] == all).await;
    let (mut late, snapshot) = watches(&one.anybody(), "?q=match&kind=football").await;
    if snapshot[0]["viewers"] != all {
        hears(&mut late, "the same there", &event, |told| told["viewers"] == all).await;
    }
    // They leave both, and are missed after their grace.
    drop(people);
    let nobody = json!({"connections": 0, "users": 0});
    for seat in [&mut seat, &mut late] {
        hears(seat, "that they are gone", &event, |told| told["viewers"] == nobody).await;
    }
    host.changes_event(&event, &json!({"visibility": "private"})).await;
    hears_gone(&mut seat, &event).await;
    hears_gone(&mut late, &event).await;
}

#[tokio::test]
async fn what_is_followed_on_one_server_is_in_the_feed_of_the_other() {
    let redis = RedisServer::start();
    let (one, two, _): (TestServer, TestServer, String) = twins(&redis, |_| {}).await;
    let event = makes(&one.host(), "derby", json!({})).await;
    let (here, there) = (one.user("ana", &[]), two.user("ana", &[]));
    assert_eq!(
        here.put(&format!("/v1/me/follows/event/{event}"), &json!(null))
            .await
            .status,
        204
    );
    passes(&two.host(), &event, "start").await;
    for ana in [&here, &there] {
        let feed = ana.get("/v1/me/feed").await.ok();
        assert_eq!(
            (&feed["items"][0]["event"]["id"], &feed["items"][0]["when"]),
            (&json!(event), &json!("live"))
        );
    }
    assert_eq!(lists(&two.anybody(), "?q=test").await.len(), 2);
}

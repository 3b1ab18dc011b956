//! Badges: what comes with a role, what hosts award, what tokens bring; on every card from then on.

use serde_json::{Value, json};

use crate::{
    concourse::twins,
    postgres::{fresh_database, server_alone_at},
    support::{Actor, Frame, Seat, TestServer, redis::Redis as RedisServer},
};

fn path(event: &str, user: &str, badge: &str) -> String {
    format!("/v1/events/{event}/badges/{user}/{badge}")
}

async fn awards(host: &Actor, event: &str, user: &str, badge: &str) -> Value {
    host.put(&path(event, user, badge), &Value::Null).await.ok()
}

/// Their card in the list of those who are here; null as long as they are not.
async fn card(who: &Actor, event: &str, user: &str) -> Value {
    let page = who.get(&format!("/v1/events/{event}/participants")).await.ok();
    let people = page["items"].as_array().unwrap().clone();
    let person = people.into_iter().find(|person| person["user"]["id"] == user);
    person.map_or(Value::Null, |person| person["user"].clone())
}

#[tokio::test]
async fn a_role_shows_on_the_card_in_its_event_only() {
    let server = TestServer::start().await;
    let hanna = server.host();
    let event = hanna.starts_event("session").await;
    hanna.appoints(&event, "mia", "moderator").await;
    hanna.appoints(&event, "max", "member").await;
    let vip = |name: &str| server.user_with(name, &json!({"badges": ["VIP"]}));
    for (who, badges) in [
        (hanna.clone(), json!(["HOST"])),
        (vip("mia"), json!(["MODERATOR", "VIP"])),
        (vip("max"), json!(["VIP"])),
        (server.user("root", &["admin"]), json!(["MODERATOR"])),
        (server.user("ana", &[]), json!([])),
    ] {
        let said = who.says(&event, "hi").await;
        assert_eq!(said["author"]["badges"], badges, "{}", who.id);
        let mut seat = who.watches(&event).await;
        assert_eq!(seat.hears("stream.ready").await.data()["user"]["badges"], badges);
        assert_eq!(card(&hanna, &event, &who.id).await["badges"], badges);
    }
    let other = server.user("olga", &["host"]).starts_event("session").await;
    assert_eq!(hanna.says(&other, "hi").await["author"]["badges"], json!([]));
}

#[tokio::test]
async fn a_winner_is_a_winner_for_everybody_at_once() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user_with("ana", &json!({"badges": ["VIP"]})));
    let event = hanna.starts_event("draw").await;
    let mut seat = server.anybody().watches(&event).await;
    let _hers = ana.watches(&event).await;
    let before = ana.says(&event, "is it me?").await;
    assert_eq!(
        awards(&hanna, &event, "ana", "WINNER").await,
        json!({"user_id": "ana", "badges": ["WINNER"]})
    );
    let told = seat.hears("badges.changed").await;
    assert_eq!(
        told.data(),
        &json!({"user_id": "ana", "badges": ["WINNER"], "badge": "WINNER", "given": true})
    );
    // Who is here, who writes and who comes later.
    assert_eq!(card(&hanna, &event, "ana").await["badges"], json!(["VIP", "WINNER"]));
    assert_eq!(
        ana.says(&event, "it is!").await["author"]["badges"],
        json!(["WINNER", "VIP"])
    );
    let snapshot = hanna.reads_snapshot(&event).await;
    assert_eq!(snapshot["badges"], json!([{"user_id": "ana", "badges": ["WINNER"]}]));
    let kept = &snapshot["messages"][0];
    assert_eq!(
        (&kept["id"], &kept["author"]["badges"]),
        (&before["id"], &json!(["VIP"])),
        "as it was"
    );
    // Twice is once.
    let head = told.seq().unwrap();
    awards(&hanna, &event, "ana", "WINNER").await;
    awards(&hanna, &event, "ana", "MVP").await;
    let next = seat.hears("badges.changed").await;
    assert_eq!(
        (next.seq().unwrap(), &next.data()["badges"]),
        (head + 2, &json!(["MVP", "WINNER"]))
    );
    // And taken back.
    let left = hanna.delete(&path(&event, "ana", "WINNER")).await.ok();
    assert_eq!(left["badges"], json!(["MVP"]));
    let told = seat.hears("badges.changed").await;
    assert_eq!(
        (&told.data()["given"], &told.data()["badge"]),
        (&json!(false), &json!("WINNER"))
    );
    assert_eq!(card(&hanna, &event, "ana").await["badges"], json!(["VIP", "MVP"]));
    assert_eq!(
        hanna.delete(&path(&event, "ana", "WINNER")).await.refused(404),
        "not-found"
    );
}

#[tokio::test]
async fn badges_are_awarded_by_hosts_and_within_bounds() {
    let server = TestServer::start().await;
    let (hanna, mia, ana) = (server.host(), server.user("mia", &[]), server.user("ana", &[]));
    let event = hanna.starts_event("draw").await;
    hanna.appoints(&event, "mia", "moderator").await;
    let winner = path(&event, "ana", "WINNER");
    for who in [&mia, &ana] {
        assert_eq!(who.put(&winner, &Value::Null).await.refused(403), "forbidden");
        assert_eq!(who.delete(&winner).await.refused(403), "forbidden");
    }
    assert_eq!(
        server.anybody().put(&winner, &Value::Null).await.refused(401),
        "unauthenticated"
    );
    for (badge, code) in [
        ("HOST", "reserved"),
        ("MODERATOR", "reserved"),
        ("ASSISTANT", "reserved"),
        ("VERIFIED", "reserved"),
        ("winner", "pattern"),
        ("%F0%9F%8F%86", "pattern"),
        (&"W".repeat(25), "pattern"),
    ] {
        let refused = hanna.put(&path(&event, "ana", badge), &Value::Null).await;
        assert_eq!(refused.refused(422), "invalid-content", "{badge}");
        assert_eq!(refused.body["errors"][0]["code"], code, "{badge}");
    }
    let root = server.user("root", &["admin"]);
    awards(&root, &event, "ana", "VERIFIED").await;
    for number in 1..8 {
        awards(&hanna, &event, "ana", &format!("B{number}")).await;
    }
    let refused = hanna.put(&winner, &Value::Null).await;
    assert_eq!(
        (refused.refused(422), &refused.body["errors"][0]["code"]),
        ("invalid-content", &json!("too-many"))
    );
}

#[tokio::test]
async fn a_guest_brings_no_badge_that_others_rely_on() {
    let server = TestServer::start().await;
    let event = server.host().starts_event("session").await;
    let claims = json!({"guest": true, "badges": ["Host", "W.I.N.N.E.R", "VERIFIED", "VIP"]});
    let said = server.user_with("gst_gina", &claims).says(&event, "hi").await;
    assert_eq!(said["author"]["badges"], json!(["VIP"]));
}

#[tokio::test]
async fn an_award_is_known_on_both_servers() {
    let redis = RedisServer::start();
    let (one, two, event) = twins(&redis, |_| {}).await;
    let (hanna, ana) = (one.host(), two.user("ana", &[]));
    let mut seat: Seat = ana.watches(&event).await;
    seat.hears("stream.snapshot").await;
    let came = |frame: &Frame| frame.event == "presence.changed" && frame.data()["users"] == 1;
    seat.hears_that("herself", came).await;
    awards(&hanna, &event, "ana", "WINNER").await;
    seat.hears("badges.changed").await;
    assert_eq!(ana.says(&event, "me!").await["author"]["badges"], json!(["WINNER"]));
    for host in [&hanna, &two.host()] {
        crate::concourse::until("her card shows it", || async {
            card(host, &event, "ana").await["badges"] == json!(["WINNER"])
        })
        .await;
    }
}

#[tokio::test]
async fn whoever_heard_of_their_award_has_it_also_where_the_bus_said_nothing() {
    let url = fresh_database().await;
    let (one, two) = (server_alone_at(&url, |_| {}).await, server_alone_at(&url, |_| {}).await);
    let (hanna, ana) = (one.host(), two.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    let mut seat = ana.watches(&event).await;
    seat.hears("stream.snapshot").await;
    assert_eq!(ana.says(&event, "and I?").await["author"]["badges"], json!([]));
    awards(&hanna, &event, "ana", "WINNER").await;
    seat.hears("badges.changed").await;
    assert_eq!(ana.says(&event, "me!").await["author"]["badges"], json!(["WINNER"]));
}

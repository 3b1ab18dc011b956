//! Who is here: counted by person, missed after a grace, told one by one where that is bearable.

mod joins;

use serde_json::{Value, json};

use crate::support::{Actor, Frame, Seat, TestServer, soon};

async fn participants(who: &Actor, event: &str, query: &str) -> Value {
    who.get(&format!("/v1/events/{event}/participants{query}")).await.ok()
}

fn counts(data: &Value) -> (u64, u64) {
    (data["viewers"].as_u64().unwrap(), data["users"].as_u64().unwrap())
}

fn ids(users: &Value) -> Vec<&str> {
    let users = users.as_array().map(Vec::as_slice).unwrap_or_default().iter();
    users
        .map(|user| user.as_str().unwrap_or_else(|| user["id"].as_str().unwrap()))
        .collect()
}

async fn hears_counts(seat: &mut Seat, viewers: u64, users: u64) -> Frame {
    let fits = |frame: &Frame| frame.event == "presence.changed" && counts(frame.data()) == (viewers, users);
    seat.hears_that("those counts", fits).await
}

#[tokio::test]
async fn one_user_on_two_devices_is_one_participant() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    let mut seat = server.anybody().watches(&event).await;
    let _phone = ana.watches(&event).await;
    let tablet = ana.watches(&event).await;
    let _stranger = server.anybody().watches(&event).await;
    let here = participants(&hanna, &event, "").await;
    assert_eq!((counts(&here), here["items"].as_array().unwrap().len()), ((4, 1), 1));
    assert_eq!(
        (&here["items"][0]["user"]["id"], &here["items"][0]["status"]),
        (&json!("ana"), &json!("online"))
    );
    hears_counts(&mut seat, 4, 1).await;
    let status = hanna.get(&format!("/v1/events/{event}/status")).await.ok();
    assert_eq!(counts(&status).1, 1);
    // One device less is one viewer less, and nobody left.
    drop(tablet);
    let told = hears_counts(&mut seat, 3, 1).await;
    assert_eq!(told.data().get("left"), None);
    // The same person in another room is there on their own account.
    let other = hanna.starts_event("session").await;
    assert_eq!(counts(&participants(&hanna, &other, "").await), (0, 0));
}

#[tokio::test]
async fn a_reconnect_is_not_a_leave_and_a_leave_is_told_in_the_end() {
    let server = TestServer::start().await;
    let (hanna, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let event = hanna.starts_event("session").await;
    let mut seat = hanna.watches(&event).await;
    let (first, bens) = (ana.watches(&event).await, ben.watches(&event).await);
    hears_counts(&mut seat, 3, 3).await;
    // Both go; only Ana comes back. Ben's leave, told after the grace, shows that Ana's would have been due as well.
    drop(first);
    drop(bens);
    let _again = ana.watches(&event).await;
    let mut left = Vec::new();
    while left.is_empty() {
        let told = seat.hears("presence.changed").await;
        assert!(!ids(&told.data()["joined"]).contains(&"ana"), "she never left");
        left = ids(&told.data()["left"]).into_iter().map(str::to_owned).collect();
    }
    assert_eq!(left, ["ben"]);
    assert_eq!(counts(&participants(&hanna, &event, "").await), (2, 2));
}

#[tokio::test]
async fn comings_are_told_by_name_in_small_rooms_only() {
    let server = TestServer::start().await;
    let hanna = server.host();
    for (small, named) in [(50, true), (1, false)] {
        let event = hanna
            .creates_event(json!({"settings": {"small_room_users": small}}))
            .await;
        let mut seat = server.anybody().watches(&event).await;
        let _ana = server
            .user_with("ana", &json!({"badges": ["VIP"]}))
            .watches(&event)
            .await;
        let _ben = server.user("ben", &[]).watches(&event).await;
        let mut joined = Vec::new();
        loop {
            let told = seat.hears("presence.changed").await;
            if counts(told.data()).1 > 1 || small > 1 {
                joined.extend(told.data()["joined"].as_array().cloned().unwrap_or_default());
            }
            if counts(told.data()) == (3, 2) {
                break;
            }
        }
        let mut names: Vec<_> = joined.iter().map(|user| user["id"].as_str().unwrap()).collect();
        names.sort_unstable();
        assert_eq!(names, if named { vec!["ana", "ben"] } else { vec![] });
        if named {
            let ana = joined.iter().find(|user| user["id"] == "ana").unwrap();
            assert_eq!(ana["badges"], json!(["VIP"]));
        }
    }
}

#[tokio::test]
async fn a_full_room_is_listed_in_pages() {
    let server = TestServer::start().await;
    let hanna = server.host();
    let event = hanna.starts_event("session").await;
    let mut seats = Vec::new();
    for number in 0..7 {
        seats.push(server.user(&format!("user{number}"), &[]).watches(&event).await);
    }
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = participants(&server.anybody(), &event, &format!("?limit=3{after}")).await;
        assert_eq!(counts(&page), (7, 7));
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|person| person["user"]["id"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        after = format!("&after={next}");
    }
    assert_eq!(seen, (0..7).map(|number| format!("user{number}")).collect::<Vec<_>>());
    let path = format!("/v1/events/{event}/participants");
    assert_eq!(
        hanna.get(&format!("{path}?limit=201")).await.refused(400),
        "limit-too-large"
    );
    assert_eq!(
        hanna.get(&format!("{path}?after=x")).await.refused(400),
        "invalid-cursor"
    );
}

#[tokio::test]
async fn who_looks_away_is_away_until_they_look_again() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    let path = format!("/v1/events/{event}/presence");
    let away = json!({"status": "away"});
    assert_eq!(
        ana.put(&path, &away).await.refused(409),
        "conflict",
        "who is not here is not away"
    );
    let mut seat = hanna.watches(&event).await;
    let _phone = ana.watches(&event).await;
    hears_counts(&mut seat, 2, 2).await;
    let status = |page: Value| page["items"][0]["status"].clone();
    assert_eq!(ana.put(&path, &away).await.status, 204);
    assert_eq!(status(participants(&hanna, &event, "").await), "away");
    seat.hears("presence.changed").await;
    let _tablet = ana.watches(&event).await;
    assert_eq!(
        status(participants(&hanna, &event, "").await),
        "online",
        "another stream is a look"
    );
    assert_eq!(
        ana.put(&path, &json!({"status": "asleep"})).await.refused(422),
        "invalid-content"
    );
    assert_eq!(server.anybody().put(&path, &away).await.refused(401), "unauthenticated");
}

#[tokio::test]
async fn an_empty_room_has_nobody_in_it() {
    let server = TestServer::start().await;
    let event = server.host().starts_event("session").await;
    let seats = [
        server.anybody().watches(&event).await,
        server.user("ana", &[]).watches(&event).await,
    ];
    assert_eq!(counts(&participants(&server.anybody(), &event, "").await), (2, 1));
    drop(seats);
    let empty = async {
        while counts(&participants(&server.anybody(), &event, "").await) != (0, 0) {
            tokio::task::yield_now().await;
        }
    };
    soon("an empty room", empty).await;
}

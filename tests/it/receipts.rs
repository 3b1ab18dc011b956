//! Accepted, delivered, read: how far people have read, on all their devices, and how far messages have come.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    concourse::twins,
    support::{Actor, Frame, Seat, TestServer, redis::Redis as RedisServer},
};

async fn reads(who: &Actor, event: &str, message: &Value) -> Value {
    let path = format!("/v1/events/{event}/receipt");
    who.put(&path, &json!({"message_id": message["id"]})).await.ok()
}

async fn standing(who: &Actor, event: &str) -> Value {
    who.get(&format!("/v1/events/{event}/receipt")).await.ok()
}

/// Reads on until it hears that `user` has read up to `seq`.
async fn hears_reader(seat: &mut Seat, user: &str, seq: &Value) -> Frame {
    let fits = |frame: &Frame| {
        let mut readers = frame.data()["readers"].as_array().into_iter().flatten();
        frame.event == "receipt.changed" && readers.any(|mark| mark["user_id"] == user && mark["seq"] == *seq)
    };
    seat.hears_that(&format!("that {user} has read"), fits).await
}

async fn hears_delivery(seat: &mut Seat, seq: &Value) -> Frame {
    let fits =
        |frame: &Frame| frame.event == "receipt.changed" && frame.data()["delivered_seq"].as_u64() >= seq.as_u64();
    seat.hears_that("that it was delivered", fits).await
}

#[tokio::test]
async fn an_author_sees_accepted_delivered_and_read() {
    let server = TestServer::start().await;
    let (ana, ben) = (server.user("ana", &[]), server.user("ben", &[]));
    let event = server.host().starts_event("session").await;
    let mut hers = ana.watches(&event).await;
    let said = ana.says(&event, "anybody?").await;
    hers.hears("message.created").await;
    // Nobody but her has it. Her own other device is nobody else.
    let _phone = ana.watches(&event).await;
    reads(&ana, &event, &said).await;
    let alone = hears_reader(&mut hers, "ana", &said["seq"]).await;
    assert_eq!(alone.data().get("delivered_seq"), None);
    let mut his = ben.watches(&event).await;
    his.hears("stream.snapshot").await;
    hears_delivery(&mut hers, &said["seq"]).await;
    let next = ana.says(&event, "there you are").await;
    hears_delivery(&mut hers, &next["seq"]).await;
    let mark = reads(&ben, &event, &next).await;
    assert_eq!((&mark["user_id"], &mark["seq"]), (&json!("ben"), &next["seq"]));
    let told = hears_reader(&mut hers, "ben", &next["seq"]).await;
    assert_eq!(told.data()["readers"][0], mark);
    hears_reader(&mut his, "ben", &next["seq"]).await;
}

#[tokio::test]
async fn a_mark_moves_forward_only_and_is_the_same_on_all_devices() {
    let server = TestServer::start().await;
    let (ana, ben) = (server.user("ana", &[]), server.user("ben", &[]));
    let event = server.host().starts_event("session").await;
    let mut said = Vec::new();
    for number in 0..4 {
        said.push(ana.says(&event, &format!("number {number}")).await);
    }
    ben.says(&event, "mine").await;
    let fresh = standing(&ben, &event).await;
    assert_eq!(
        (fresh.get("receipt"), &fresh["unread"], &fresh["told"]),
        (None, &json!(4), &json!(true))
    );
    // Late, twice, out of order, and at the same time.
    assert_eq!(reads(&ben, &event, &said[1]).await["seq"], said[1]["seq"]);
    let marks = join_all([3, 0, 2, 3, 1].map(|index| reads(&ben, &event, &said[index]))).await;
    assert!(marks.iter().any(|mark| mark["seq"] == said[3]["seq"]));
    assert_eq!(reads(&ben, &event, &said[0]).await["message_id"], said[3]["id"]);
    let now = standing(&ben, &event).await;
    assert_eq!((&now["receipt"]["seq"], &now["unread"]), (&said[3]["seq"], &json!(0)));
    assert_eq!(standing(&ana, &event).await["unread"], 1);
    // A reply and a held message: the one counts, the other has no place yet.
    let reply = json!({"text": "yes?", "parent_id": said[0]["id"]});
    ana.post(&format!("/v1/events/{event}/messages"), &reply).await.ok();
    assert_eq!(standing(&ben, &event).await["unread"], 1);
}

#[tokio::test]
async fn marks_are_listed_in_pages() {
    let server = TestServer::start().await;
    let hanna = server.host();
    let event = hanna.starts_event("session").await;
    let said = hanna.says(&event, "read this").await;
    let people: Vec<Actor> = (0..5).map(|number| server.user(&format!("fan{number}"), &[])).collect();
    join_all(people.iter().map(|who| reads(who, &event, &said))).await;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = people[0]
            .get(&format!("/v1/events/{event}/receipts?limit=2{after}"))
            .await
            .ok();
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|mark| mark["user_id"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        after = format!("&after={next}");
    }
    assert_eq!(seen, ["fan0", "fan1", "fan2", "fan3", "fan4"]);
}

#[tokio::test]
async fn big_rooms_keep_marks_to_their_readers() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.creates_event(json!({"settings": {"small_room_users": 1}})).await;
    let (mut hers, mut tablet, mut other) = (
        ana.watches(&event).await,
        ana.watches(&event).await,
        hanna.watches(&event).await,
    );
    let crowded = |frame: &Frame| frame.event == "presence.changed" && frame.data()["users"] == 2;
    other.hears_that("two people", crowded).await;
    let said = hanna.says(&event, "hello").await;
    reads(&ana, &event, &said).await;
    for seat in [&mut hers, &mut tablet] {
        let told = hears_reader(seat, "ana", &said["seq"]).await;
        assert_eq!(told.data().get("delivered_seq"), None);
    }
    reads(&hanna, &event, &said).await;
    let mut told = hears_reader(&mut other, "hanna", &said["seq"]).await;
    assert_eq!(told.data()["readers"].as_array().map(Vec::len), Some(1), "not ana's");
    told = other.hears("stream.heartbeat").await;
    assert_eq!(told.event, "stream.heartbeat");
    let listed = hanna.get(&format!("/v1/events/{event}/receipts")).await.ok();
    assert_eq!(
        (
            listed["items"].as_array().unwrap().len(),
            &listed["items"][0]["user_id"]
        ),
        (1, &json!("hanna"))
    );
    assert_eq!(standing(&hanna, &event).await["told"], false);
}

#[tokio::test]
async fn a_room_tells_as_its_moderators_set_it_from_then_on() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    let room = format!("/v1/events/{event}/room");
    let mut hers = hanna.watches(&event).await;
    hers.hears("stream.snapshot").await;
    let mut last = hanna.says(&event, "one").await;
    hanna.patch(&room, &json!({"receipts": "off"})).await.ok();
    hers.hears("room.changed").await;
    reads(&ana, &event, &last).await;
    assert_eq!(standing(&hanna, &event).await["told"], false);
    last = hanna.says(&event, "two").await;
    hanna
        .changes_event(&event, &json!({"settings": {"small_room_users": 0}}))
        .await;
    hanna.patch(&room, &json!({"receipts": "on"})).await.ok();
    hers.hears("room.changed").await;
    reads(&ana, &event, &last).await;
    let first = hers.hears("receipt.changed").await;
    assert_eq!(
        first.data()["readers"][0]["seq"],
        last["seq"],
        "the earlier mark was not told"
    );
}

#[tokio::test]
async fn nobody_marks_what_is_not_there_or_without_a_name() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let (event, other) = (hanna.starts_event("session").await, hanna.starts_event("session").await);
    let said = hanna.says(&other, "elsewhere").await;
    let path = format!("/v1/events/{event}/receipt");
    let mark = |id: Value| json!({"message_id": id});
    assert_eq!(
        ana.put(&path, &mark(said["id"].clone())).await.refused(404),
        "message-not-found"
    );
    assert_eq!(
        ana.put(&path, &mark(json!("msg_01m7yqq6jsevya8b41vxs5xya8")))
            .await
            .refused(404),
        "message-not-found"
    );
    assert_eq!(ana.put(&path, &mark(json!("x"))).await.refused(400), "invalid-request");
    hanna.holds_messages(&event).await;
    let held = ana.says(&event, "hold me").await;
    assert_eq!(
        ana.put(&path, &mark(held["id"].clone())).await.refused(404),
        "message-not-found"
    );
    let anybody = server.anybody();
    assert_eq!(
        anybody.put(&path, &mark(said["id"].clone())).await.refused(401),
        "unauthenticated"
    );
    for path in [path, format!("/v1/events/{event}/receipts")] {
        assert_eq!(anybody.get(&path).await.refused(401), "unauthenticated");
    }
}

#[tokio::test]
async fn a_room_that_reads_is_told_once_a_second() {
    let server = TestServer::start().await;
    let hanna = server.host();
    let event = hanna.starts_event("session").await;
    let mut seat = hanna.watches(&event).await;
    seat.hears("stream.snapshot").await;
    let people: Vec<Actor> = (0..40)
        .map(|number| server.user(&format!("fan{number:02}"), &[]))
        .collect();
    let begun = std::time::Instant::now();
    let mut last = Value::Null;
    for round in 0..4 {
        last = hanna.says(&event, &format!("round {round}")).await;
        join_all(people.iter().map(|who| reads(who, &event, &last))).await;
    }
    let (mut frames, mut done) = (0, std::collections::BTreeSet::new());
    while done.len() < people.len() {
        let told = seat.hears("receipt.changed").await;
        frames += 1;
        let marks = told.data()["readers"].as_array().unwrap();
        done.extend(
            marks
                .iter()
                .filter(|mark| mark["seq"] == last["seq"])
                .map(|mark| mark["user_id"].to_string()),
        );
    }
    let most = begun.elapsed().as_secs() + 2;
    assert!(frames <= most, "{frames} frames, at most {most}");
}

#[tokio::test]
async fn reading_and_delivery_are_seen_from_both_servers() {
    let redis = RedisServer::start();
    let (one, two, event) = twins(&redis, |_| {}).await;
    let (ana, ben) = (one.user("ana", &[]), two.user("ben", &[]));
    let mut hers = ana.watches(&event).await;
    let early = ana.says(&event, "first!").await;
    hers.hears("message.created").await;
    let mut his = ben.watches(&event).await;
    // What was said before he came has come to him as well.
    hears_delivery(&mut hers, &early["seq"]).await;
    let both = |frame: &Frame| frame.event == "presence.changed" && frame.data()["users"] == 2;
    his.hears_that("both of them", both).await;
    let said = ana.says(&event, "over there?").await;
    his.hears("message.created").await;
    hears_delivery(&mut hers, &said["seq"]).await;
    reads(&ben, &event, &said).await;
    hears_reader(&mut hers, "ben", &said["seq"]).await;
    hears_reader(&mut his, "ben", &said["seq"]).await;
    // He reads on through the other server; the mark is one.
    let next = ana.says(&event, "and now?").await;
    reads(&one.user("ben", &[]), &event, &next).await;
    hears_reader(&mut his, "ben", &next["seq"]).await;
    assert_eq!(standing(&ben, &event).await["receipt"]["seq"], next["seq"]);
    assert_eq!(standing(&one.user("ben", &[]), &event).await["unread"], 0);
}

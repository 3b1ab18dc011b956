//! Reactions and applause: exact in the end, a few frames a second on the way.

mod storm;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use futures_util::future::join_all;
use reqwest::Method;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::support::{Actor, Frame, Reply, TestServer, percent, server::database};

async fn reacts(who: &Actor, event: &str, message: &Value, emoji: &str, on: bool) -> Reply {
    let id = message["id"].as_str().unwrap();
    let path = format!("/v1/events/{event}/messages/{id}/reactions/{}", percent(emoji));
    let method = if on { Method::PUT } else { Method::DELETE };
    who.send(who.request(method, &path)).await
}

/// Totals of one message as a frame tells them.
fn totals(frame: &Frame, message: &Value) -> BTreeMap<String, u64> {
    let messages = frame.data()["messages"].as_array().unwrap().iter();
    let mut of_message = messages.filter(|told| told["message_id"] == message["id"]);
    let told = of_message
        .next()
        .map(|told| told["reactions"].as_array().unwrap().clone());
    told.into_iter()
        .flatten()
        .map(|count| {
            (
                count["emoji"].as_str().unwrap().to_owned(),
                count["count"].as_u64().unwrap(),
            )
        })
        .collect()
}

#[tokio::test]
async fn a_reaction_is_put_once_and_taken_back_once() {
    let server = TestServer::start().await;
    let (ana, ben) = (server.user("ana", &[]), server.user("ben", &[]));
    let event = server.host().starts_event("session").await;
    let said = ana.says(&event, "goal").await;
    let mut seat = server.anybody().watches(&event).await;
    for _ in 0..2 {
        let reply = reacts(&ana, &event, &said, "❤", true).await.ok();
        assert_eq!(
            reply,
            json!({"message_id": said["id"], "emoji": "❤", "count": 1, "mine": true})
        );
    }
    assert_eq!(
        reacts(&ben, &event, &said, "❤\u{fe0f}", true).await.ok()["count"],
        2,
        "one emoji in two spellings"
    );
    while totals(&seat.hears("reactions.changed").await, &said) != BTreeMap::from([("❤".to_owned(), 2)]) {}
    for _ in 0..2 {
        assert_eq!(reacts(&ana, &event, &said, "❤", false).await.ok()["count"], 1);
    }
    reacts(&ben, &event, &said, "❤", false).await.ok();
    while !totals(&seat.hears("reactions.changed").await, &said).is_empty() {}
    let read = ana
        .get(&format!("/v1/events/{event}/messages/{}", said["id"].as_str().unwrap()))
        .await
        .ok();
    assert_eq!(read["reactions"], json!([]));
}

#[tokio::test]
async fn any_single_emoji_will_do_and_nothing_else() {
    let server = TestServer::start().await;
    let ana = server.user("ana", &[]);
    let event = server.host().starts_event("session").await;
    let said = ana.says(&event, "goal").await;
    for emoji in [
        "👍🏽",
        "🇩🇪",
        "👨‍👩‍👧‍👦",
        "1\u{fe0f}\u{20e3}",
        "#\u{fe0f}\u{20e3}",
        "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
        "🫠",
        "⚽",
        "🏳️‍🌈",
        "‼",
    ] {
        let reply = reacts(&ana, &event, &said, emoji, true).await.ok();
        assert_eq!(
            (&reply["count"], reply["emoji"].as_str().unwrap()),
            (&json!(1), emoji.replace('\u{fe0f}', "").as_str())
        );
    }
    for wrong in [
        "a",
        "1",
        "👍👍",
        "👍a",
        ":)",
        "<b>",
        "\n",
        "\0",
        "../../pin",
        "' OR 1=1",
        &"👍".repeat(100),
    ] {
        let refused = reacts(&ana, &event, &said, wrong, true).await;
        assert_eq!(refused.refused(422), "invalid-content", "{wrong:?}");
        assert_eq!(refused.body["errors"][0]["pointer"], "/emoji", "{wrong:?}");
    }
    let nowhere = json!({"id": "msg_00000000000000000000000000"});
    assert_eq!(
        reacts(&ana, &event, &nowhere, "👍", true).await.refused(404),
        "message-not-found"
    );
    let other = server.host().starts_event("session").await;
    assert_eq!(
        reacts(&ana, &other, &said, "👍", true).await.refused(404),
        "message-not-found"
    );
}

#[tokio::test]
async fn a_storm_of_reactions_costs_few_frames_and_ends_in_exact_totals() {
    let server = TestServer::start().await;
    let event = server.host().starts_event("session").await;
    let said = server.user("ana", &[]).says(&event, "goal").await;
    let mut seat = server.anybody().watches(&event).await;
    let emoji = ["❤", "👍", "⚽", "😂", "🔥"];
    let begin = Instant::now();
    let crowd = (0..40).map(|number| {
        let (who, event, said) = (server.user(&format!("user{number}"), &[]), event.clone(), said.clone());
        async move {
            for (index, emoji) in emoji.iter().enumerate() {
                reacts(&who, &event, &said, emoji, true).await.ok();
                // Some change their mind, some twice, some say it again.
                if number % 4 == 0 {
                    reacts(&who, &event, &said, emoji, false).await.ok();
                    if index % 2 == 0 {
                        reacts(&who, &event, &said, emoji, true).await.ok();
                    }
                } else if number % 4 == 1 {
                    reacts(&who, &event, &said, emoji, true).await.ok();
                }
            }
        }
    });
    let exact: BTreeMap<_, _> = emoji
        .iter()
        .enumerate()
        .map(|(index, emoji)| ((*emoji).to_owned(), if index % 2 == 0 { 40 } else { 30 }))
        .collect();
    let listen = async {
        let mut frames = 0;
        loop {
            let frame = seat.hears("reactions.changed").await;
            frames += 1;
            if totals(&frame, &said) == exact {
                return frames;
            }
        }
    };
    let (_, frames) = tokio::join!(join_all(crowd), listen);
    let most = begin.elapsed().as_millis() / 250 + 2;
    assert!(frames <= most, "{frames} frames, {most} at most");
    let read = server.anybody().get(&format!("/v1/events/{event}/messages")).await.ok();
    let read: BTreeMap<_, _> = read["items"][0]["reactions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|count| {
            (
                count["emoji"].as_str().unwrap().to_owned(),
                count["count"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(read, exact);
}

#[tokio::test]
async fn everybody_may_applaud_and_it_is_told_in_bursts() {
    let server = TestServer::start().await;
    let event = server.host().starts_event("session").await;
    let mut seat = server.anybody().watches(&event).await;
    let path = format!("/v1/events/{event}/applause");
    let crowd = [server.anybody(), server.user("ana", &[]), server.guest("Gus").await];
    let begin = Instant::now();
    let all = (0..60).map(|number| {
        let (who, path) = (crowd[number % 3].clone(), path.clone());
        async move {
            who.post(
                &path,
                &json!({"kind": (["like", "wow"][number % 2]), "count": 1 + number % 10}),
            )
            .await
            .ok()
        }
    });
    let listen = async {
        let (mut frames, mut bursts) = (0, BTreeMap::<String, u64>::new());
        loop {
            let frame = seat.hears("applause.changed").await;
            frames += 1;
            for (kind, count) in frame.data()["burst"].as_object().unwrap() {
                *bursts.entry(kind.clone()).or_default() += count.as_u64().unwrap();
            }
            assert_eq!(frame.data()["applause"], json!(bursts), "totals are the bursts so far");
            if bursts.values().sum::<u64>() == 330 {
                return (frames, bursts);
            }
        }
    };
    let (_, (frames, bursts)) = tokio::join!(join_all(all), listen);
    assert!(frames <= begin.elapsed().as_millis() / 250 + 2, "{frames}");
    assert_eq!(
        bursts,
        BTreeMap::from([("like".to_owned(), 150), ("wow".to_owned(), 180)])
    );
    let status = server.anybody().get(&format!("/v1/events/{event}/status")).await.ok();
    assert_eq!(status["applause"], json!(bursts));
    for body in [
        json!({"kind": "boo"}),
        json!({"kind": "like", "count": 0}),
        json!({"kind": "like", "count": 11}),
    ] {
        assert_eq!(
            server.anybody().post(&path, &body).await.refused(422),
            "invalid-content",
            "{body}"
        );
    }
}

#[tokio::test]
async fn what_was_counted_and_not_told_is_told_after_a_restart() {
    let server = TestServer::start().await;
    let ana = server.user("ana", &[]);
    let event = server.host().starts_event("session").await;
    let said = ana.says(&event, "goal").await;
    reacts(&ana, &event, &said, "⚽", true).await.ok();
    ana.post(
        &format!("/v1/events/{event}/applause"),
        &json!({"kind": "wow", "count": 7}),
    )
    .await
    .ok();
    let dir = server.leave().await;
    // As a crash between the count and the telling leaves it.
    let database = database(dir.path()).await;
    for table in ["reaction_total", "applause_total"] {
        database
            .execute_unprepared(&format!("UPDATE {table} SET told_count = 0"))
            .await
            .unwrap();
    }
    let query = sea_orm::Statement::from_string(database.get_database_backend(), "SELECT public_seq FROM log_head");
    let row = database.query_one_raw(query).await.unwrap().unwrap();
    let head: i64 = row.try_get("", "public_seq").unwrap();
    database.close().await.unwrap();

    let server = TestServer::start_on(dir, std::sync::Arc::new(grandstand::bus::LocalBus::default()), |_| {}).await;
    let mut seat = server
        .anybody()
        .watches_with(&event, &format!("?after={head}"), None)
        .await;
    let mut told = BTreeSet::new();
    while told.len() < 2 {
        let frame = seat.next().await.unwrap();
        match frame.event.as_str() {
            "reactions.changed" => assert_eq!(totals(&frame, &said), BTreeMap::from([("⚽".to_owned(), 1)])),
            "applause.changed" => assert_eq!(frame.data()["applause"], json!({"wow": 7})),
            _ => continue,
        }
        told.insert(frame.event);
    }
}
